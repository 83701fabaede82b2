"""What was expected in the pictures against what was found there: how long `/expected` and its answer take.

    python tests/benchmarks/bench_expected.py [--rows N] [--planograms N] [--at FOLDER]

The library is made by `stocking.py`, in FOLDER, where it stays for the next run, or in a folder that goes with the run;
its pictures get three regions each. Four of five planograms are of a folder, the others of a search each.
"""

import argparse
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks import asking
from tests.benchmarks.figures import report
from tests.benchmarks.stocking import make_sqlite
from tests.support.server import Server

ROWS, PLANOGRAMS, LABELS = 100_000, 5_000, 40
COMPARE_SECONDS, PAGE_SECONDS = 3, 1
_REGIONS = (
    "INSERT INTO detections (media_id, label, kind, x, y, w, h, source, at)"
    f" SELECT id, 'label ' || ((id * 7 + n * 13) % {LABELS}), 'object', 0.2 + 0.3 * n, 0.5, 0.1, 0.1, 'yolo',"
    " updated_at FROM media_files, (SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2)"
    " WHERE NOT EXISTS (SELECT 1 FROM detections)"
)
_LOOKS = "INSERT OR IGNORE INTO region_looks SELECT id, 'yolo', updated_at FROM media_files WHERE id % 50"


def _labelled(folder: Path, rows: int) -> tuple[str, list[str]]:
    """The URL of the library, and its folders."""
    url = make_sqlite(folder, rows)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute(_REGIONS)
        connection.execute(_LOOKS)
        connection.commit()
        listed = connection.execute("SELECT DISTINCT root, folder FROM media_files ORDER BY 1, 2")
        return url, [f"{root}/{path.decode()}" for root, path in listed]


def _planogram(number: int, folders: list[str]) -> dict[str, str | int]:
    said: dict[str, str | int] = {"label": f"label {number * 3 % LABELS}", "expected": number % 50}
    if number % 5:
        return {"folder": folders[number % len(folders)], **said}
    return {"q": f"folder:{folders[number % len(folders)]} width>{number}", **said}


def measure(folder: Path, rows: int, planograms: int) -> bool:
    """All of them compared for the first time, and the first page of them."""
    url, folders = _labelled(folder, rows)
    roots = {name: folder / name for name in ("photos", "archive")}  # of which no file is there
    for place in roots.values():
        place.mkdir(exist_ok=True)
    with Server(folder, roots, new=True, DATABASE_URL=url) as server:
        while asking.asked(server, "files", {"limit": 1})["total_is"] == "counting":
            time.sleep(1)
        given = [_planogram(number, folders) for number in range(planograms)]
        assert server.client.put("/api/planograms", json=given, timeout=60).status_code == 200
        took, page = (
            asking.seconds_of(lambda at=path: server.client.get(at, timeout=300).raise_for_status())
            for path in ("/api/planograms/compare", "/expected")
        )
        counts = server.client.get("/api/planograms/compare", timeout=300).json()["counts"]
        server.terminate()
    print(f"    {planograms:,} planograms over {rows:,} rows: {counts}")
    compared = report("all compared", took, COMPARE_SECONDS, " s")
    return report("the page then, while nothing changes", page, PAGE_SECONDS, " s") and compared


def main() -> int:
    """Measures, and says by the exit whether it is within the bars."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rows", type=int, default=ROWS)
    asked.add_argument("--planograms", type=int, default=PLANOGRAMS)
    asked.add_argument("--at", type=Path)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.at or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        return 0 if measure(folder, given.rows, given.planograms) else 1


if __name__ == "__main__":
    sys.exit(main())
