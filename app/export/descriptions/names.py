"""The names of files of descriptions: those of the files they are about, as every system takes them, each once."""

import re
import unicodedata

from app.export.names import portable
from app.ingest.disk.inbox import numbered
from app.texts import clean_text

_UNSEEN = re.compile("[\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""What a terminal obeys, or turns the direction round and so disguises a suffix."""
MOST_BYTES = 200  # a number, a suffix and what a temporary file is called by may follow: 255 are the most


class GivenNames:
    """Which name belongs to which path; a name that is taken gets a number, in the order in which they come."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._taken: set[int] = set()  # of names that nobody asks for again a number is enough
        self._numbers: dict[int, int] = {}  # the last that a name got: thousands of files may be called alike

    def of(self, path: str) -> str | None:
        """The name that is kept for a path; None without one."""
        return self._names.get(path)

    def all(self) -> list[str]:
        """Every name that is kept for a path."""
        return [*self._names.values()]

    def keep(self, path: str, name: str) -> None:
        """Keeps a name for a path."""
        self._names[path] = name
        self._taken.add(_compared(name))

    def take(self, name: str) -> str:
        """A name as every system takes it, or the next with a number that is free; it is taken from now on."""
        wanted = _cut(_UNSEEN.sub("_", portable(clean_text(name))))
        number = self._numbers.get(_compared(wanted), 1)
        while (compared := _compared(taken := numbered(wanted.encode(), number).decode())) in self._taken:
            number += 1
        if number > 1:
            self._numbers[_compared(wanted)] = number
        self._taken.add(compared)
        return taken


def _compared(name: str) -> int:
    """A number that is the same for names that cannot lie side by side on some system, and hardly ever for others."""
    return hash(unicodedata.normalize("NFC", name).casefold())


def _cut(name: str) -> str:
    """A name of at most 200 bytes, which keeps its suffix; never one that is hidden."""
    stem, dot, suffix = name.rpartition(".")
    if len(name.encode()) > MOST_BYTES:
        room = MOST_BYTES - len(f"{dot}{suffix}".encode())
        name = f"{stem.encode()[:room].decode(errors='ignore')}{dot}{suffix}" if stem and room > 0 else name
        name = name.encode()[:MOST_BYTES].decode(errors="ignore")
    return f"_{name[1:]}" if name.startswith(".") else name or "_"
