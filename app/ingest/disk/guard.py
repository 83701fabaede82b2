"""Whether the folders of a session are what they were: the guard against taking a lost disk for deleted files.

A root that is missing, that became another folder (a mount point whose disk has gone), or that holds far fewer media
files than the library knows there, stops the session before any row changes.
"""

import contextlib
import os
from collections.abc import Iterable, Mapping

from app.errors import NeedsAttention
from app.ingest.disk.folders import Folders
from app.media import Place
from app.texts import counted

MIN_SHARE = 0.7
ROOT_CHANGED = "root_changed"


class Guard:
    """The roots and directories of one session. It remembers which folders they are when it is made.

    Raises NeedsAttention where a root is not there; `absent` are the directories that are not, as shown.
    """

    def __init__(self, folders: Folders, directories: Iterable[str]) -> None:
        self._folders = folders
        self._directories = tuple(directories)
        self._seen = self._look()
        self.absent = [folder.shown for folder, identity in self._seen.items() if identity is None]

    def check(self) -> None:
        """Raises NeedsAttention if a folder is not there any more, or is not the one that it was."""
        for folder, identity in self._look().items():
            if identity is None and self._seen[folder] is not None:
                raise directory_missing(folder.shown)
            if identity != self._seen[folder]:
                sentence = f"{folder.shown} is not the folder that it was a moment ago. Is the disk connected?"
                raise NeedsAttention(sentence, cause=ROOT_CHANGED)

    def _look(self) -> dict[Place, tuple[int, int] | None]:
        found: dict[Place, tuple[int, int] | None] = {}
        for shown in self._directories:
            folder = self._folders.locate(shown)
            root = self._folders.roots[folder.root]
            if not os.path.isdir(root):
                sentence = f"The media root '{folder.root}' is not there: {os.fsdecode(root)} does not exist."
                raise NeedsAttention(f"{sentence} Is the disk connected?", cause=ROOT_CHANGED)
            found[folder] = None
            with contextlib.suppress(OSError):
                status = self._folders.status(folder)
                found[folder] = (status.st_dev, status.st_ino)
        return found


def directory_missing(shown: str) -> NeedsAttention:
    """A directory of a session is gone, while its root is there."""
    return NeedsAttention(f"The directory {shown} is not there any more.", cause="directory_missing")


def shrunk(on_disk: Mapping[str, int], in_library: Mapping[str, int]) -> str | None:
    """What is wrong where a root holds fewer than 70 % as many media files as the library has rows there, else None.

    Both map a root's name to the number of files in the folders of the session.
    """
    for root, rows in sorted(in_library.items()):
        found = on_disk.get(root, 0)
        if found < MIN_SHARE * rows:
            return (
                f"The library knows {counted(rows, 'file')} in these folders of '{root}', "
                f"but only {found:,} are there now. "
                f"Is the right disk connected? If the others are really gone, confirm it: they are then marked missing."
            )
    return None
