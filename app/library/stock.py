"""The rows of the library as they are held against the disk: in path order, a page at a time, and without a write.

Even on SQLite nothing of the library changes by it: the file is opened read-only for every page.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.library.tables import MEDIA
from app.media import Place

PAGE_ROWS = 1_000
_HELD = select(MEDIA.c.root, MEDIA.c.path, MEDIA.c.size, MEDIA.c.mtime_ns, MEDIA.c.sha256, MEDIA.c.missing_at).order_by(
    MEDIA.c.path
)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What the library holds of one file: size in bytes, mtime in ns, SHA-256, and since when it is known to be gone.

    `path` is relative to the root, as the bytes of the file system.
    """

    root: str
    path: bytes
    size: int
    mtime_ns: int
    sha256: str
    missing_at: str | None = None

    @property
    def place(self) -> Place:
        """Where it was when its row was written."""
        return Place(self.root, self.path)

    @property
    def shown(self) -> str:
        """`ROOT/relative/path` as people see it."""
        return self.place.shown


@dataclass(frozen=True, slots=True)
class Stock:
    """Every row of the library. `read` runs a piece of work on a connection that cannot write."""

    read: Callable[[Callable[[Any], Any]], Any]

    def roots(self) -> list[str]:
        """The name of every media root that has rows, configured or not, in order."""
        statement = select(MEDIA.c.root).distinct()
        return sorted(self.read(lambda connection: connection.execute(statement).scalars().all()))

    def below(self, folder: Place, *, page_rows: int = PAGE_ROWS) -> Iterator[StoredFile]:
        """The rows of a folder and of all folders below it, in the order of their paths' bytes, read in pages."""
        path = folder.path
        after, end = (path + b"/", path + b"0") if path else (b"", None)  # `0` is the byte after `/`
        rows = _HELD.where(MEDIA.c.root == folder.root).limit(page_rows)
        if end is not None:
            rows = rows.where(MEDIA.c.path < end)
        while page := self._page(rows.where(MEDIA.c.path > after)):
            yield from page
            after = page[-1].path

    def _page(self, statement: Any) -> list[StoredFile]:
        page: list[StoredFile] = self.read(
            lambda connection: [StoredFile(*row) for row in connection.execute(statement)]
        )
        return page
