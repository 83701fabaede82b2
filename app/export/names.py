"""The names of files in a folder that is taken away: those that they have, as every system takes them, each once."""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np

from app.ingest.disk.inbox import numbered

_NOT_EVERYWHERE = re.compile('[\x00-\x1f\x7f\\\\:*?"<>|]|[. ]+(?=/|$)')
# Windows takes these for devices, whatever stands behind their first dot
# (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
_DEVICE = re.compile(
    r"(?<![^/])(?=(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³]) *(?:[./]|$))", re.IGNORECASE
)


class Names:
    """Names for these paths, `ROOT/relative` as shown, asked for once each.

    A name differs from all others, on systems that do not tell capitals apart, too; where it would not, it gets a
    number. With `stems` what stands before the suffix differs, so that a text can lie beside each. Of a million paths
    some 16 MB are kept.
    """

    def __init__(self, paths: Iterable[str], *, stems: bool) -> None:
        self._stems = stems
        keys = np.fromiter((self._key(portable(path)) for path in paths), np.int64)
        self._keys, counts = np.unique(keys, return_counts=True)
        self._several = self._keys[counts > 1]
        self._given = np.zeros(len(self._several), np.int32)

    def of(self, path: str) -> str | None:
        """The name for a path; None for one that was not among them."""
        name = portable(path)
        key = self._key(name)
        if not _holds(self._keys, key):
            return None
        if not _holds(self._several, key):
            return name
        at = int(np.searchsorted(self._several, key))
        number = int(self._given[at]) + 1
        while number > 1 and _holds(self._keys, self._key(_numbered(name, number))):
            number += 1  # a file is called so
        self._given[at] = number
        return _numbered(name, number)

    def _key(self, name: str) -> int:
        """A number that is the same for names that cannot lie side by side, and hardly ever for others."""
        compared = name.rpartition(".")[0] if self._stems else name
        return hash(unicodedata.normalize("NFC", compared).casefold())


def portable(name: str) -> str:
    """A path whose parts every file system takes, and no terminal obeys."""
    return _DEVICE.sub("_", _NOT_EVERYWHERE.sub("_", name))


def _numbered(name: str, number: int) -> str:
    return numbered(name.encode(), number).decode()


def _holds(ordered: "np.typing.NDArray[np.int64]", key: int) -> bool:
    at = int(np.searchsorted(ordered, key))
    return at < len(ordered) and int(ordered[at]) == key
