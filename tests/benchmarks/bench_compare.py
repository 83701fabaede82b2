"""What `media-ingest compare` costs beside hashing the same files, and that it names exactly what is amiss.

    python tests/benchmarks/bench_compare.py      prints a table, exit 1 where a bar is missed; `make bench` runs it

A card of 20,000 files of 50 to 150 KB, and a library with copies of them, on one disk: 100 of them are not in the
library, 50 are damaged on the card, 20 have another name there. Each round is `sha256sum` of the card and `compare`,
then `sha256sum` of card and library and `compare --rehash`, as commands; a ratio is the median of the rounds, and the
start of the program is part of it. All files are in the page cache.
"""

import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sqlalchemy import insert, select

from app.library.library import Library
from app.library.migrations import bring_to_head
from app.library.tables import MEDIA
from tests.benchmarks.figures import report
from tests.compare.shelf import Shelf, flip, write
from tests.support.server import PROGRAM, settings_for

FILES, MISSING, DAMAGED, RENAMED = 20_000, 100, 50, 20
MEAN_BYTES = 100_000
ROUNDS = 3
RATIO = 1.1
SUMS = {"files": FILES, "in_library": FILES - MISSING - DAMAGED, "not_in_library": MISSING + DAMAGED}


def fill(shelf: Shelf) -> None:
    """The card, and a library of its files; its rows are made from one that was written as every other is."""
    shelf.take_in("first.jpg", b"first")
    row = dict(shelf.library._engines.read(lambda connection: connection.execute(select(MEDIA)).mappings().one()))
    del row["id"]
    rng, rows = random.Random(1), []
    pixels = rng.randbytes(2 * MEAN_BYTES)
    for number in range(FILES):
        content = b"\xff\xd8\xff%08d" % number + pixels[: MEAN_BYTES // 2 + rng.randrange(MEAN_BYTES)]
        name = f"{number // 500:02d}/IMG_{number:05d}.jpg"
        card = write(shelf.card / name, content)
        if number < MISSING:
            continue
        status = write(shelf.media / name, content).stat()
        if number < MISSING + DAMAGED:
            flip(card)
        elif number < MISSING + DAMAGED + RENAMED:
            card.rename(card.with_name(f"renamed {number}.jpg"))
        here = {"path": os.fsencode(name), "folder": os.fsencode(name[:2]), "name": name[3:], "size": len(content)}
        rows.append(row | here | {"mtime_ns": status.st_mtime_ns, "sha256": hashlib.sha256(content).hexdigest()})
    for at in range(0, len(rows), 500):
        shelf.library._engines.write(lambda connection, at=at: connection.execute(insert(MEDIA), rows[at : at + 500]))


def hashed(*folders: Path) -> float:
    """Seconds that `sha256sum` takes for all files of these folders."""
    began = time.perf_counter()
    find = subprocess.run(["find", *folders, "-type", "f", "-print0"], stdout=subprocess.PIPE, check=True)
    subprocess.run(["xargs", "-0", "sha256sum"], input=find.stdout, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def compared(env: dict[str, str], card: Path, *options: str) -> float:
    """Seconds that the command takes; its sums are exactly those that were made."""
    began = time.perf_counter()
    command = [PROGRAM, "compare", str(card), "--json", *options]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=False)
    seconds = time.perf_counter() - began
    told = json.loads(done.stdout)
    assert (done.returncode, {name: told[name] for name in SUMS}) == (1, SUMS), told
    names = {Path(file["path"]).name for file in told["not_in"]}
    assert names == {f"IMG_{number:05d}.jpg" for number in range(MISSING + DAMAGED)}
    return seconds


def main() -> int:
    """Prints the table; 1 where a bar is missed."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        url = f"sqlite:///{folder / 'library.db'}"
        bring_to_head(url)
        library = Library(url)
        shelf = Shelf(folder, library)
        fill(shelf)
        library.close()
        env = settings_for(folder, {"m": shelf.media})
        rounds = [
            (
                compared(env, shelf.card) / hashed(shelf.card),
                compared(env, shelf.card, "--rehash") / hashed(shelf.card, shelf.media),
            )
            for _ in range(ROUNDS)
        ]
    looked, read = (statistics.median(ratios) for ratios in zip(*rounds, strict=True))
    passed = [
        report("compare, to sha256sum of the card", looked, RATIO, "x"),
        report("compare --rehash, to sha256sum of card and library", read, RATIO, "x"),
    ]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
