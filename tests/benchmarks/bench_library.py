"""Finding files in a library of a million rows: the figures that docs/operations.md promises.

    python tests/benchmarks/bench_library.py [--rows N] [--at FOLDER] [--engine sqlite|postgresql] [PIECE...]

The library is made by `stocking.py`, in FOLDER, where it stays for the next run, or in a folder that goes with the run.
A real server answers over HTTP, on one connection. The pieces, all of them unless some are named:

pages    first pages of filters without words, in any order: the 95th of a hundred
words    the same with words
facets   all facets of a search
session  pages while a session takes in files, to those before it
memory   of the server: with all columns in it, to a server without files; and while it exports every row as CSV
start    the first start on a library of the version before this one (SQLite): the first page, then the last row
ingest   taking in files with the full-text index, to without
dragging the scrollbar through all files in Chromium: frames a second, and the longest task of the page

Beside each stands the naive query over the same rows, as SQL alone would ask it; the ratio says how many times longer
that takes. Times hang on the machine, ratios hardly.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from alembic import command
from PIL import Image

from app.library.engine import Engines
from app.library.finding.keeping import NAME as COLUMNS
from app.library.migrations import config_for
from tests.benchmarks import asking, dragging
from tests.benchmarks.figures import report
from tests.benchmarks.stocking import ROWS, make_postgresql, make_sqlite, postgresql_at, write_all_words
from tests.benchmarks.taking_in import words_cost
from tests.support.server import Server

PAGES_MS, WORDS_MS, FACETS_MS = 100, 150, 300
COLUMNS_MB, EXPORT_MB = 200, 40
BESIDE_A_SESSION = 1.5
WORDS_COST = 1.05
FIRST_PAGE_SECONDS = 10
BEFORE = "0005"
"""The revision of the database of the version before this one, 0.5.0."""
NEW_FILES = 1_500
_MB = 2**20


@dataclass(frozen=True)
class Stock:
    """The library that is asked: its folder, its address and how many rows it has."""

    folder: Path
    url: str
    rows: int

    @contextmanager
    def server(self, folder: Path | None = None, roots: Sequence[str] = ("new",)) -> Iterator[Server]:
        """A server on it, which has read all rows; its roots lie in the folder, else in that of the library."""
        folder = folder or self.folder
        places = {name: folder / name for name in roots}
        for place in places.values():
            place.mkdir(parents=True, exist_ok=True)
        with Server(folder, places, new=True, DATABASE_URL=self.url) as server:
            self.wait_for_all(server)
            yield server
            server.terminate()

    def wait_for_all(self, server: Server) -> float:
        """Seconds until every row is in the columns."""
        began = time.perf_counter()
        while asking.asked(server, "files", {"limit": 1})["total_is"] == "counting":
            time.sleep(2)  # each look costs the server what it would read with
        return time.perf_counter() - began

    def naive(self, statements: Sequence[str]) -> list[float]:
        """Seconds of each of these statements."""
        engines = Engines(self.url)
        texts = [statement.format(half=self.rows // 2).replace("%", "%%") for statement in statements]
        if engines.is_sqlite:
            texts = [text.replace("%%", "%") for text in texts]
        seconds = [
            asking.seconds_of(lambda t=text: engines.read(lambda c: c.exec_driver_sql(t).all())) for text in texts
        ]
        engines.close()
        return seconds


def _beside_naive(stock: Stock, statements: Sequence[str], took: dict[str, asking.Took]) -> None:
    naive = sum(stock.naive(statements)) / len(statements)
    ours = statistics.median(one.seconds for one in took.values())
    print(f"    a naive query takes {1000 * naive:.0f} ms, these {1000 * ours:.0f} (median): ratio {naive / ours:.1f}")


def measure_pages(stock: Stock) -> bool:
    """First pages of any filter, sort and direction."""
    with stock.server() as server:
        sorts = [{"q": "", "sort": str(sort), "order": "asc", "limit": 1} for sort in asking.Sort]
        first = asking.times(server, "files", sorts)
        took = asking.times(server, "files", asking.pages())
    passed = asking.told(f"a first page of {stock.rows:,}, p95", took, PAGES_MS)
    print(f"    the first use of an order after a start: at most {1000 * max(first.values()).seconds:.0f} ms")
    _beside_naive(stock, asking.NAIVE_PAGES, took)
    return passed


def measure_words(stock: Stock) -> bool:
    """First pages of searches for words."""
    questions = [{"q": q, "limit": asking.PAGE} for q in asking.WORDS]
    with stock.server() as server:
        took = asking.times(server, "files", questions)
        again = asking.times(server, "files", [question | {"order": "asc"} for question in questions])
    passed = asking.told(f"words in {stock.rows:,}, p95", took, WORDS_MS)
    asking.told("the same words in the other order, p95", again, WORDS_MS)
    _beside_naive(stock, asking.NAIVE_WORDS, took)
    return passed


def measure_facets(stock: Stock) -> bool:
    """All facets of a search."""
    questions = [{"q": q} for q in asking.FILTERS]
    with stock.server() as server:
        took = asking.times(server, "facets", questions)
        timeline = asking.times(server, "timeline", [{"q": q, "by": "day"} for q in asking.FILTERS])
    passed = asking.told(f"all seventeen facets of {stock.rows:,}, p95", took, FACETS_MS)
    asking.told("a timeline of days, p95", timeline, FACETS_MS)
    _beside_naive(stock, asking.NAIVE_FACETS, took)
    return passed


def measure_session(stock: Stock) -> bool:
    """Pages while a session takes files in, to pages before it."""
    new = stock.folder / "new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for number in range(NEW_FILES):
        Image.new("RGB", (64, 48), (number % 256, number // 256 % 256, time.time_ns() % 256)).save(
            new / f"{number}.png"
        )
    with stock.server() as server:
        asking.times(server, "files", asking.pages(1))
        idle = asking.times(server, "files", asking.pages(2))
        session = server.begin("new", enable_nsfw_detection=False)
        server.wait_for(session, "processing", "completed")
        beside: dict[str, asking.Took] = {}
        while server.status(session)["status"] == "processing":
            beside |= asking.times(server, "files", asking.pages(1))
    p95s = [asking.p95([one.seconds for one in took.values()]) for took in (idle, beside)]
    print(f"    p95 {p95s[0]:.0f} ms, beside {NEW_FILES:,} files that come {p95s[1]:.0f} ms")
    return report("pages while a session runs, p95 to idle", p95s[1] / p95s[0], BESIDE_A_SESSION)


def measure_memory(stock: Stock) -> bool:
    """What the columns and an export take."""
    with tempfile.TemporaryDirectory() as empty:
        (Path(empty) / "new").mkdir()
        with Server(Path(empty), {"new": Path(empty) / "new"}, new=True) as server:
            _look_around(server)
            before = server.resident_bytes()
    with stock.server() as server:
        _look_around(server)
        columns = server.resident_bytes() - before
        print(f"    a server without files has {before / _MB:.0f} MB")
        passed = [report(f"memory of {stock.rows:,} rows in columns", columns / _MB, COLUMNS_MB, " MB")]
        passed.append(report("memory while all are exported", _peak_of_export(server) / _MB, EXPORT_MB, " MB"))
    return all(passed)


def _look_around(server: Server) -> None:
    asking.asked(server, "facets", {"q": ""})
    asking.asked(server, "files", {"q": "score>=4", "limit": asking.PAGE})


def _exported(server: Server) -> int:
    """Takes a CSV of every row; how many bytes it has."""
    size = 0
    with server.client.stream("GET", "/api/library/export", params={"format": "csv"}, timeout=600) as answer:
        for piece in answer.iter_bytes():
            size += len(piece)
    return size


def _peak_of_export(server: Server) -> int:
    """Bytes by which the server grows, at most, while it sends the CSV."""
    before, peak, done = server.resident_bytes(), 0, threading.Event()

    def look() -> None:
        nonlocal peak
        while not done.wait(0.05):
            peak = max(peak, server.resident_bytes())

    watching = threading.Thread(target=look)
    watching.start()
    size = _exported(server)
    done.set()
    watching.join()
    print(f"    {size / _MB:.0f} MB of CSV")
    return peak - before


def measure_start(stock: Stock) -> bool:
    """The first start on the rows as the version before this one left them."""
    if not stock.url.startswith("sqlite"):
        print("the first start is measured on SQLite")
        return True
    folder = stock.folder / "before"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(stock.url.removeprefix("sqlite:///"), folder / "library.db")
    engines = Engines(f"sqlite:///{folder / 'library.db'}", foreign_keys=False)
    engines.write(lambda connection: command.downgrade(config_for(connection), BEFORE))
    engines.close()
    began = time.perf_counter()
    (folder / "new").mkdir()
    with Server(folder, {"new": folder / "new"}, new=True) as server:
        answers = time.perf_counter() - began
        asking.asked(server, "files", {"limit": asking.PAGE})
        page = time.perf_counter() - began
        stock.wait_for_all(server)
        read = time.perf_counter() - began
        told = asking.asked(server, "files", {"q": "red", "limit": 1})["coverage"]
    print(f"    it answers after {answers:.1f} s, has all rows after {read:.1f} s; a search for words says then {told}")
    shutil.rmtree(folder)
    return report(f"the first start on {stock.rows:,} rows: a page after", page, FIRST_PAGE_SECONDS, " s")


def measure_ingest(_stock: Stock) -> bool:
    """Files taken in with the full-text index and the feed of changes, to without."""
    return report("ingest with words, processor time to without", words_cost(), WORDS_COST)


def measure_dragging(stock: Stock) -> bool:
    """The scrollbar dragged through all files, each with a thumbnail."""
    folder = stock.folder / "dragging"
    dragging.hang_pictures(folder / "state", stock.url)
    kept = stock.folder / "state" / COLUMNS
    if kept.exists():  # which saves reading all rows once more
        shutil.copy(kept, folder / "state")
    with stock.server(folder, ("photos", "archive")) as server:
        return dragging.measure(server.address)


PIECES: dict[str, Callable[[Stock], bool]] = {
    "pages": measure_pages,
    "words": measure_words,
    "facets": measure_facets,
    "session": measure_session,
    "memory": measure_memory,
    "start": measure_start,
    "ingest": measure_ingest,
    "dragging": measure_dragging,
}


def main() -> int:
    """Prints the table; 1 where a bar is missed."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--rows", type=int, default=ROWS)
    wanted.add_argument("--at", type=Path)
    wanted.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    wanted.add_argument("pieces", nargs="*", choices=[*PIECES, []], metavar="PIECE")
    given = wanted.parse_args()
    with ExitStack() as stack:
        folder = given.at or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        if given.engine == "sqlite":
            url = make_sqlite(folder, given.rows)
        else:
            url = make_postgresql(folder, given.rows, stack.enter_context(postgresql_at(folder)))
        number, seconds = write_all_words(url)
        if number:
            print(f"    the words of {number:,} files were written in {seconds:.0f} s")
        stock = Stock(folder, url, given.rows)
        passed = [PIECES[piece](stock) for piece in given.pieces or PIECES]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
