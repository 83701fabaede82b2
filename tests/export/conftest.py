"""A media root whose files are in a library, as selections of it are taken away."""

import numpy as np
import pytest

from app.export.selection import Selection
from app.ingest.disk.folders import Folders
from tests.library.finding.stock import add, file

AI = {"model": "xl", "seed": 18446744073709551617, "steps": 20, "cfg": 7, "loras": [{"name": "a"}, {"name": "b; c"}]}


class Shelf:
    """Files on disk with their rows."""

    def __init__(self, folder, library):
        self.root = folder / "photos"
        self.out = folder / "out"
        self.folders = Folders({"m": self.root})
        self.library = library
        self.rows = 0

    def put(self, path, content=b"x", *, keywords=(), **columns):
        """A file and its row, whose id it answers with."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        found = place.stat()
        self.rows += 1
        known = {"size": found.st_size, "mtime_ns": found.st_mtime_ns, "path": path.encode(), **columns}
        words = [(self.rows, text, source) for text, source in keywords]
        add(self.library, [file(self.rows, name=place.name) | known], words)
        return self.rows

    def selection(self, *ids, threshold=0.8):
        """These rows, all without any."""
        chosen = np.array(ids or range(1, self.rows + 1), np.int64)
        return Selection(self.library.finder, chosen, threshold, {"files": len(chosen)})


@pytest.fixture
def shelf(tmp_path, library):
    return Shelf(tmp_path, library)


@pytest.fixture
def plain_shelf(tmp_path, sqlite_url):
    """A shelf on SQLite, for what no database decides."""
    from app.library.library import Library

    opened = Library(sqlite_url)
    yield Shelf(tmp_path, opened)
    opened.close()
