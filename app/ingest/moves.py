"""Whether the file of a row is gone from where the library knows it, so that its row may follow it to another place."""

import os

from app.ingest.folders import Folders
from app.media import FoundFile


def is_absent(folders: Folders, root: str, path: bytes) -> bool:
    """Whether the disk says that there is nothing at `path`, while its root is there. No answer is no absence."""
    if root not in folders.roots or not os.path.isdir(folders.roots[root]):
        return False
    try:
        os.lstat(folders.absolute(root, path))
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def is_gone(folders: Folders, root: str, path: bytes, now: FoundFile) -> bool:
    """Whether the file that was at `path` is there no more. `now` is the file with the same bytes.

    Where upper and lower case are one, a file that was renamed from `A.JPG` to `a.jpg` still answers to both: only the
    listing of its folder tells.
    """
    if is_absent(folders, root, path):
        return True
    names = {os.fsdecode(name).casefold() for name in (path, now.path)}
    return root in folders.roots and root == now.root and len(names) == 1 and not _is_listed(folders.roots[root], path)


def _is_listed(top: bytes, path: bytes) -> bool:
    """Whether every part of a path is the very name that its folder lists."""
    for name in path.split(b"/"):
        try:
            if name not in os.listdir(top):
                return False
        except OSError:
            return True  # nobody can tell
        top = os.path.join(top, name)
    return True
