"""The program with a stand-in for its analysis: nothing is decoded; what becomes of a file, its name says.

How many files pass, a file beside the state folder says, so that a test can hold the program and kill it. `Gate` is the
test's side of that file, `main` the program.
"""

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import app.cli.main
import app.wiring
from app.ingest.workers.worker import Result, Task, failed
from app.media import Failure, Job, Stage
from tests.ingest.builders import RECIPE, Standing, analysis, failure

GATE = "MEDIA_INGEST_GATE"  # the variable that names the file
_LOOK_SECONDS = 0.01


def answered(roots: Mapping[str, str], job: Job) -> Result:
    """What the name of a file says of it."""
    asked = job.stale or job.wanted
    decoded = next((stage for stage in (Stage.THUMBNAIL, Stage.NSFW) if stage in asked), None)
    try:
        content = (Path(roots[job.file.root]) / os.fsdecode(job.file.path)).read_bytes()
    except FileNotFoundError:
        return Failure(job.file, Stage.IDENTIFY, "vanished", "It is gone.")
    match job.file.name.rstrip(b"0123456789.jpgn"):
        case b"cut" if decoded:
            return failure(job.file, stage=decoded)
        case b"empty":
            return failure(job.file, stage=Stage.IDENTIFY, cause="empty_file")
        case b"lock":
            return Failure(job.file, Stage.IDENTIFY, "unreadable", "Permission is denied.")
        case b"dead":
            return failed(job, "decoder_crashed", "The decoder crashed.")
        case b"lack":
            lacking = {stage: "damaged_metadata" for stage in (Stage.METADATA, Stage.KEYWORDS) if stage in asked}
            return analysis(job.file, content=content, ran=asked, failed=lacking)
        case b"part" if Stage.NSFW in asked:
            return analysis(job.file, content=content, ran=asked, failed={Stage.NSFW: "model_unusable"})
        case _:
            return analysis(job.file, content=content, ran=asked)


class Gate:
    """Says how many files may pass; each word takes the place of the one before."""

    def __init__(self, path: Path) -> None:
        self._path, self._words = path, 0

    def hold(self) -> None:
        self.let(0)

    def let(self, files: int) -> None:
        self._say(str(files))

    def open(self) -> None:
        self._say("all")

    def _say(self, files: str) -> None:
        self._words += 1
        new = self._path.with_suffix(".new")
        new.write_text(f"{self._words} {files}")
        new.replace(self._path)


class Gated:
    """Analyses in this process, as many files as the gate lets pass."""

    def __init__(self, path: Path) -> None:
        self._path, self._word, self._left = path, "", 0

    def map(self, task: Task, jobs: Iterable[Job], *, workers: int | None = None) -> Iterator[Result | None]:
        del workers
        for job in jobs:
            while not self._passes():
                time.sleep(_LOOK_SECONDS)
                yield None
            yield task(job)

    def call(self, task: Task, job: Job) -> Result:
        return task(job)

    def close(self) -> None:
        """Has nothing to end."""

    def _passes(self) -> bool:
        word = self._path.read_text()
        if word != self._word:
            self._word, files = word, word.rpartition(" ")[2]
            self._left = -1 if files == "all" else int(files)
        if self._left > 0:
            self._left -= 1
            return True
        return self._left < 0


def main() -> None:
    """Runs the command line, `serve` for one."""
    app.wiring.Recipes = lambda *_: Standing(RECIPE)
    app.wiring.Analyzer = lambda roots, _recipe, _side: partial(answered, roots)
    app.wiring.PoolExecutor = lambda *_: Gated(Path(os.environ[GATE]))
    app.cli.main.main()
