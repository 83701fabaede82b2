"""What taking files in costs beside reading them: the figures that docs/operations.md promises.

    python tests/benchmarks/bench_ingest.py       prints a table, exit 1 where a bar is missed; `make bench` runs it

1. Everything for one file that is not its analysis (thumbnail, commit, event, listeners, journal, session file): the
   time from the return of one analysis to the call of the next, in a session of 10,000 files with the real library on
   SQLite, the real store and the real loop, and an analysis that costs nothing and runs in this process.
2. A full ingest without NSFW of 200 PNGs of 1,024 x 1,024 with one worker process, against a bare loop that reads,
   hashes and decodes the same files. Each round is both, one after the other, in processes of their own; the ratio is
   the median of the rounds. The time of the ingest runs from the request to the status `completed`: the start of the
   worker process and the planning are part of it. The import of the program is not, nor that of Pillow in the loop.
3. One `session` frame of a stream, from the session in memory to the bytes that are sent.
"""

import hashlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from fastapi.sse import format_sse_event

from app.formats import Kind
from app.ingest.disk.folders import Folders
from app.ingest.run.ingestor import Ingestor
from app.ingest.run.runner import Runner
from app.ingest.session.parameters import Parameters
from app.ingest.session.state import SessionState
from app.ingest.session.store import IngestionState, new_session_id
from app.library.library import Library
from app.library.migrations import bring_to_head
from app.library.values import Event, now
from app.media import (
    Analysis,
    Identity,
    Job,
    Keyword,
    Metadata,
    Picture,
    Rating,
    Recipe,
    Stage,
    StageResult,
    StageStatus,
)
from app.web.events import session_frame
from tests.benchmarks.figures import report
from tests.benchmarks.houses import house_of
from tests.ingest.workers.in_process import InProcess
from tests.samples import benchmark_pngs

MANY_FILES = 10_000
MEDIAN_MS = 2.0
GROWTH = 1.15  # median of the last thousand files to that of the first
PICTURES, SIDE = 200, 1024
RATIO = 1.8
ROUNDS = 5
FRAME_MS = 0.3
FRAMES = 500

_RECIPE = Recipe(dict.fromkeys(Stage, "1"), dict.fromkeys(Stage, frozenset(Kind)))


class _Standing:
    """A recipe that stays what it is, with nothing to prepare."""

    @staticmethod
    def now() -> Recipe:
        return _RECIPE

    @staticmethod
    def prepared(_wanted: frozenset[Stage], _beat: object) -> Recipe:
        return _RECIPE


class CountedAnalysis:
    """An analysis of no cost, its results as large as real ones; it notes when it was called and when it returned."""

    def __init__(self) -> None:
        self.called: list[float] = []
        self.returned: list[float] = []
        self._stages = {stage: StageResult(StageStatus.DONE, "1", 0.001) for stage in Stage if stage is not Stage.NSFW}
        self._stages[Stage.NSFW] = StageResult(StageStatus.SKIPPED, "1")
        self._raw = {f"EXIF Tag{number}": f"value {number}" for number in range(40)}

    def __call__(self, job: Job) -> Analysis:
        self.called.append(time.perf_counter())
        sha256 = hashlib.sha256(job.file.path).hexdigest()
        number = len(self.called)
        analysis = Analysis(
            job.file,
            Identity(sha256, Kind.IMAGE, "jpeg", "RGB", 4000, 3000),
            self._stages,
            Metadata(taken_at="2026-07-04T11:20:03", camera_make="Maker", camera_model="Model", raw=self._raw),
            (Keyword("sea", "xmp"), Keyword(f"day {number % 365}", "xmp"), Keyword(f"place {number % 50}", "iptc")),
            Rating(number % 6, "xmp"),
            Picture((sha256 * 150).encode(), sha256[:16]),  # 9,600 bytes
        )
        self.returned.append(time.perf_counter())
        return analysis


def overhead_ms(folder: Path, files: int = MANY_FILES) -> list[float]:
    """Milliseconds from the return of each analysis to the call of the next, in order."""
    media = folder / "media"
    for start in range(0, files, 500):
        below = media / f"{start:06d}"
        below.mkdir(parents=True)
        for number in range(start, min(files, start + 500)):
            (below / f"{number:06d}.jpg").write_bytes(b"x")
    url = f"sqlite:///{folder}/library.db"
    bring_to_head(url)
    library, store, analysis = Library(url), IngestionState(folder / "state"), CountedAnalysis()
    store.acquire("the benchmark")
    runner = Runner(Ingestor(Folders({"media": media}), library, store, InProcess(), lambda _: analysis, _Standing()))
    runner.listen(lambda _session: None)
    runner.recover(auto_resume=False)
    session = _completed(runner, Parameters(directories=("media",), enable_nsfw_detection=False))
    runner.close()
    library.close()
    store.release()
    assert session.outcomes["added"] == files, session.as_status()
    pairs = zip(analysis.returned, analysis.called[1:], strict=False)
    return [1000 * (called - returned) for returned, called in pairs]


def _completed(runner: Runner, parameters: Parameters) -> SessionState:
    session = runner.start(parameters)
    session = runner.wait(session.session_id, lambda now: now.status.ended or now.status.resumable)
    assert session.status.ended, session.as_status()
    return session


def bare_loop(folder: Path) -> float:
    """Seconds to read, hash and decode every file of the folder, and nothing else."""
    from PIL import Image

    paths = sorted(folder.iterdir())
    began = time.perf_counter()
    for path in paths:
        content = path.read_bytes()
        hashlib.sha256(content).hexdigest()
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
    return time.perf_counter() - began


def full_ingest(folder: Path) -> float:
    """Seconds from the request to the end of a session over the folder, with one worker process."""
    with house_of(folder) as house:
        began = time.perf_counter()
        session = _completed(house.records.runner, Parameters(directories=("bench",), enable_nsfw_detection=False))
        seconds = time.perf_counter() - began
        if "--stages" in sys.argv:
            print({stage: round(count.seconds, 2) for stage, count in session.stages.items()}, file=sys.stderr)
    assert session.outcomes["added"] == len(list(folder.iterdir())), session.as_status()
    return seconds


def in_a_process_of_its_own(work: Callable[[Path], float], folder: Path) -> float:
    """What `work` measures, in a fresh interpreter: nothing is warm that would not be warm for a person."""
    more = [flag for flag in ("--stages",) if flag in sys.argv]
    done = subprocess.run(
        [sys.executable, __file__, work.__name__, str(folder), *more], stdout=subprocess.PIPE, check=True
    )
    return float(json.loads(done.stdout))


def rounds_over(folder: Path) -> list[tuple[float, float]]:
    """Seconds of the bare loop and of the ingest for each round; they take turns in who comes first."""
    benchmark_pngs(folder, PICTURES, SIDE)
    bare_loop(folder)  # the files are in memory for both
    seconds = []
    for number in range(ROUNDS):
        works = (bare_loop, full_ingest) if number % 2 == 0 else (full_ingest, bare_loop)
        measured = {work.__name__: in_a_process_of_its_own(work, folder) for work in works}
        seconds.append((measured["bare_loop"], measured["full_ingest"]))
    return seconds


def frame_ms() -> float:
    """Milliseconds that a `session` frame of a session with 20 errors takes, the median of many."""
    session = SessionState(new_session_id(), Parameters(directories=("bench",)), now())
    for number in range(20):
        path = f"bench/a folder of 2024/IMG_{number:04}.jpg".encode()
        failures = [["thumbnail", "truncated_image", "The image ends before its data does."]]
        told = Event(
            number + 1, session.session_id, now(), "file_complete", path, "failed", detail={"failures": failures}
        )
        session = session.advance(told)
    seconds = []
    for _ in range(FRAMES):
        began = time.perf_counter()
        frame = session_frame(session)
        format_sse_event(data_str=frame.raw_data, event=frame.event, id=frame.id)
        seconds.append(time.perf_counter() - began)
    return 1000 * statistics.median(seconds)


def main() -> int:
    """Measures all of it and prints the table."""
    with tempfile.TemporaryDirectory() as place:
        costs = overhead_ms(Path(place))
        first, last = statistics.median(costs[:1000]), statistics.median(costs[-1000:])
        passed = [
            report(f"beside the analysis, median of {MANY_FILES:,} files", statistics.median(costs), MEDIAN_MS, " ms"),
            report(f"last thousand to first thousand ({last:.2f} ms to {first:.2f} ms)", last / first, GROWTH),
        ]
    passed.append(report("a session frame of a stream", frame_ms(), FRAME_MS, " ms"))
    with tempfile.TemporaryDirectory() as place:
        rounds = rounds_over(Path(place))
    for bare, ingest in rounds:
        print(f"    bare loop {bare:.2f} s, full ingest {ingest:.2f} s: {ingest / bare:.2f}")
    name = f"full ingest to bare loop, {PICTURES} PNGs of {SIDE} x {SIDE}, one worker"
    passed.append(report(name, statistics.median(ingest / bare for bare, ingest in rounds), RATIO))
    print(f"({os.cpu_count()} processors, {sys.platform}, Python {sys.version.split()[0]})")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    if sys.argv[1:2] in (["bare_loop"], ["full_ingest"]):
        print(json.dumps({"bare_loop": bare_loop, "full_ingest": full_ingest}[sys.argv[1]](Path(sys.argv[2]))))
    else:
        sys.exit(main())
