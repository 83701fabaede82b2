"""How a folder is reached whose path is longer than the system takes (PATH_MAX, 4,096 bytes with the last NUL).

Owns nothing else: who asks works with the name that it is given, and sees no difference. Without it the files of such
folders would be missing from the counts of a plan, which are to name every file.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

SHORT_BYTES = 3_500  # with a name of 255 bytes, and that of a folder of scores, below PATH_MAX
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Descent:
    """The way down from a folder whose path is short. `reached` names the folder where it stands, until it goes on.

    Where the path is too long, folders are opened one by one, and no link is followed: `realpath` does not see so far.
    """

    def __init__(self, folder: bytes) -> None:
        self._absolute = self.reached = folder
        self._descriptor: int | None = None

    def go(self, name: bytes) -> None:
        """Goes down to the folder of this name. Raises OSError, and stands where it stood."""
        absolute = self._absolute + b"/" + name
        if len(absolute) <= SHORT_BYTES:
            self._absolute = self.reached = absolute
            return
        inner = os.open(self.reached + b"/" + name, _FOLDER)
        self.close()
        self._absolute, self._descriptor, self.reached = absolute, inner, b"/proc/self/fd/%d" % inner

    def close(self) -> None:
        """Closes the folder where it stands."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def reachable(absolute: bytes) -> Iterator[bytes]:
    """A name that leads to a folder while the context lasts: its path, or a short one if that is too long.

    Raises OSError.
    """
    if len(absolute) <= SHORT_BYTES:
        yield absolute
        return
    cut = absolute.rindex(b"/", 0, SHORT_BYTES)
    with closing(Descent(absolute[:cut])) as descent:
        for name in absolute[cut + 1 :].split(b"/"):
            descent.go(name)
        yield descent.reached
