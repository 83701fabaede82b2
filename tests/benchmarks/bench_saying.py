"""What it costs a person to edit 10,000 files at once, and to take that back: the figures of docs/operations.md.

    python tests/benchmarks/bench_saying.py [--engine sqlite|postgresql]      exit 1 where a bar is missed

A library of 20,000 rows, each with tags of 4 KB and three keywords of its own. Half of them are edited, first by a
score, then by everything that can be said; each edit is undone, and then the rows are exactly as they were. Meanwhile
another thread asks for one file after the other, as a page does: the longest that it waits is a figure, too.
"""

import argparse
import hashlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sqlalchemy import insert, select

from app.library.library import Library
from app.library.linking import link_each
from app.library.migrations import bring_to_head
from app.library.saying.editing import parse_edit
from app.library.saying.edits import Asked
from app.library.tables import LINKS, MEDIA
from app.media import Metadata, Place
from tests.benchmarks.figures import report
from tests.benchmarks.stocking import postgresql_at
from tests.ingest.builders import SESSION, analysis, found

ROWS, EDITED = 20_000, 10_000
SECONDS, PAGE_SECONDS = 3.0, 0.5
BOOKKEEPING = frozenset({"updated_at"})
EDITS: dict[str, dict[str, Any]] = {
    "a score": {"score": 4},
    "two keywords": {"add_keywords": ["holiday", "sea"]},
    "everything": {
        "score": 5,
        "title": "a title",
        "caption": "a caption",
        "creator": "a creator",
        "copyright": "a copyright",
        "label": "Red",
        "nsfw": False,
        "shift_taken_at": 3_600,
        "zone": "Europe/Berlin",
        "add_keywords": ["holiday", "sea", "sand"],
    },
}


def fill(library: Library) -> None:
    """Rows that are made from one that was written as every other is."""
    read = Metadata(
        taken_at="2001-02-03T04:05:06", sources={"taken_at": "exif"}, raw={f"tag {n}": "x" * 80 for n in range(40)}
    )
    library.commit_single_file_to_database(SESSION, analysis(found(b"first.jpg"), metadata=read), nsfw_threshold=0.8)
    engines = library._engines
    row = dict(engines.read(lambda connection: connection.execute(select(MEDIA)).mappings().one()))
    del row["id"]
    for first in range(0, ROWS, 1_000):
        names = [b"%02d/IMG_%05d.jpg" % (number // 500, number) for number in range(first, first + 1_000)]
        rows = [
            row
            | {
                "path": name,
                "folder": name[:2],
                "name": os.fsdecode(name[3:]),
                "sha256": hashlib.sha256(name).hexdigest(),
            }
            for name in names
        ]
        engines.write(lambda connection, rows=rows: connection.execute(insert(MEDIA), rows))
    ids = engines.read(lambda connection: connection.execute(select(MEDIA.c.id)).scalars().all())
    words = [{(f"word {(number * factor) % 997}", "xmp"): None for factor in (1, 3, 7)} for number in ids]
    engines.write(lambda connection: link_each(connection, zip(ids, words, strict=True)))


def all_in(library: Library) -> list[Any]:
    """All rows and links, but for when they were written."""
    columns = [column for column in MEDIA.c if column.name not in BOOKKEEPING]

    def work(connection: Any) -> list[Any]:
        rows = connection.execute(select(*columns).order_by(MEDIA.c.id)).all()
        return [
            rows,
            sorted(map(tuple, connection.execute(select(LINKS.c.media_id, LINKS.c.keyword_id, LINKS.c.source)))),
        ]

    return library._engines.read(work)


@contextmanager
def page_beside(library: Library) -> Iterator[Callable[[], float]]:
    """Asks for one file after the other; gives the longest that an answer took, in seconds."""
    over, longest = threading.Event(), [0.0]

    def ask() -> None:
        while not over.wait(0.02):
            began = time.perf_counter()
            library.file(Place("m", b"first.jpg"))
            longest[0] = max(longest[0], time.perf_counter() - began)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield lambda: longest[0]
    finally:
        over.set()
        thread.join()


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work gives, and how many seconds it took."""
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def measured(url: str) -> Iterator[bool]:
    """Whether each figure of a library on this address keeps within its bar."""
    bring_to_head(url)
    library = Library(url)
    try:
        fill(library)
        places = [Place("m", b"%02d/IMG_%05d.jpg" % (number // 500, number)) for number in range(EDITED)]
        ids = [*library.edits.ids_of(places).values()]
        before = all_in(library)
        with page_beside(library) as longest:
            for name, body in EDITS.items():
                asked = Asked(ids, parse_edit(body))
                done, seconds = timed(lambda asked=asked: library.edits.write(asked))
                assert done.changed == EDITED
                yield report(f"{name} of {EDITED:,} files", seconds, SECONDS, "s")
                undone, seconds = timed(lambda done=done: library.edits.undo(done.undo))
                assert undone.changed == EDITED
                yield report(f"its undo, after which {ROWS:,} rows are as they were", seconds, SECONDS, "s")
                assert all_in(library) == before
            yield report("meanwhile one file is shown, the longest wait", longest(), PAGE_SECONDS, "s")
    finally:
        library.close()


def main() -> int:
    """Prints the table; 1 where a bar is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    engine = parser.parse_args().engine
    with tempfile.TemporaryDirectory() as temporary:
        if engine == "sqlite":
            return 0 if all([*measured(f"sqlite:///{temporary}/library.db")]) else 1
        with postgresql_at(Path(temporary) / "pg") as server:
            return 0 if all([*measured(server)]) else 1


if __name__ == "__main__":
    sys.exit(main())
