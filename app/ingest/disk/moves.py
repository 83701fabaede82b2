"""Where the files of rows are, so that a row may follow its file, and a person's words find a copy that is there."""

import os
import stat
from collections.abc import Iterable

from app.ingest.disk.folders import Folders
from app.ingest.disk.guard import MIN_SHARE
from app.library.presence import Presence
from app.library.whereabouts import RowFile, Whereabouts
from app.media import FoundFile, Place

SAMPLE = 200  # rows whose files are looked for, to tell a disk that is away from files that are


def is_absent(folders: Folders, place: Place) -> bool:
    """Whether the disk says that no regular file is at a place, while its root is there. No answer is no absence."""
    if place.root not in folders.roots:
        return False
    try:
        status = os.lstat(folders.absolute(place))
    except (FileNotFoundError, NotADirectoryError):
        return os.path.isdir(folders.roots[place.root])
    except OSError:
        return False
    return not stat.S_ISREG(status.st_mode)


class Lookout:
    """Looks for the files of rows, for one run over some folders (and those below them, if `below`).

    There the guard has looked already. Elsewhere an empty folder may be the place of a disk that is not connected: a
    file counts as gone only if most of the files that the library knows around it are there.
    """

    def __init__(self, folders: Folders, presence: Presence, walked: Iterable[Place], *, below: bool) -> None:
        self._folders = folders
        self._presence = presence
        self._walked = tuple(walked)
        self._below = below
        self._trusted: dict[Place, bool] = {}

    def look(self, now: FoundFile | None, row: RowFile) -> Whereabouts:
        """Where the file of a row is.

        `now` is the file at hand. Where upper and lower case are one, a file that was renamed from `A.JPG` to `a.jpg`
        still answers to both names: only the listing of its folder tells.
        """
        place = row.place
        if is_absent(self._folders, place):
            return Whereabouts.GONE if self._is_trusted(place) else Whereabouts.UNSURE
        there = self._folders.found(place) if place.root in self._folders.roots else None
        if there is None:
            return Whereabouts.UNKNOWN
        if now is not None and _is_same_but_for_case(place, now.place) and not self._is_listed(place):
            return Whereabouts.GONE
        known = (there.size, there.mtime_ns) == (row.size, row.mtime_ns)
        return Whereabouts.IN_PLACE if known else Whereabouts.CHANGED

    def _is_trusted(self, place: Place) -> bool:
        """Whether the absence of a file says that it is gone, and not its disk."""
        folder = place.folder
        if any(walked.holds(folder) if self._below else walked == folder for walked in self._walked):
            return True
        while folder.path and not os.path.isdir(self._folders.absolute(folder)):
            folder = folder.folder
        if folder not in self._trusted:
            known = self._presence.paths(folder, below=True, limit=SAMPLE)
            there = sum(not is_absent(self._folders, Place(folder.root, path)) for path in known)
            self._trusted[folder] = there >= MIN_SHARE * len(known)
        return self._trusted[folder]

    def _is_listed(self, place: Place) -> bool:
        """Whether every part of a path is the very name that its folder lists."""
        top = self._folders.roots[place.root]
        for name in place.path.split(b"/"):
            try:
                if name not in os.listdir(top):
                    return False
            except OSError:
                return True  # nobody can tell
            top = os.path.join(top, name)
        return True


def _is_same_but_for_case(place: Place, other: Place) -> bool:
    return place.root == other.root and os.fsdecode(place.path).casefold() == os.fsdecode(other.path).casefold()
