"""Builders of the values that many tests need, and a whole house in one process."""

import hashlib
import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.describe.orders import Take, nobody
from app.formats import Kind
from app.ingest.disk.folders import Folders
from app.ingest.run.ingestor import Ingestor
from app.ingest.run.runner import Runner
from app.ingest.session.counts import PlanCounts
from app.ingest.session.parameters import Parameters, parse_parameters
from app.ingest.session.state import SessionState, Status
from app.ingest.session.store import IngestionState
from app.library.library import Library
from app.library.values import Event
from app.library.whereabouts import Look, RowFile, Whereabouts
from app.media import (
    OPTIONAL,
    Analysis,
    Failure,
    FoundFile,
    Identity,
    Job,
    Keyword,
    Metadata,
    Nsfw,
    Picture,
    Rating,
    Recipe,
    Skip,
    Stage,
    StageResult,
    StageStatus,
)
from tests.ingest.workers.in_process import InProcess
from tests.support import sums

SESSION = "00000000-0000-4000-8000-000000000001"
OTHER_SESSION = "00000000-0000-4000-8000-000000000002"
AT = "2026-11-20T10:00:00.000+00:00"
EVERY_STAGE = frozenset(Stage) - OPTIONAL
WAIT_SECONDS = 20.0
RECIPE = Recipe(dict.fromkeys(Stage, "1"), dict.fromkeys(Stage, frozenset(Kind)))


class Standing:
    """Recipes that stay what they are, with nothing to prepare."""

    def __init__(self, recipe: Recipe = RECIPE) -> None:
        self.recipe = recipe

    def now(self) -> Recipe:
        return self.recipe

    def prepared(self, wanted: frozenset[Stage], beat: Callable[[str], None]) -> Recipe:
        return self.recipe


def found(
    path: bytes = b"a.jpg", *, root: str = "m", size: int = 100, mtime_ns: int = 5, sidecar: str = ""
) -> FoundFile:
    return FoundFile(root, path, size, mtime_ns, sidecar)


def analysis(
    file: FoundFile | None = None,
    *,
    content: bytes = b"content",
    ran: Iterable[Stage] = EVERY_STAGE,
    failed: Mapping[Stage, str] | None = None,
    metadata: Metadata | None = None,
    keywords: Iterable[str | Keyword] = ("sea",),
    score: int | None = 3,
    probability: float = 0.1,
    version: str = "1",
    kind: Kind = Kind.IMAGE,
) -> Analysis:
    """An analysis in which every stage in `ran` was done, except those that `failed` with a cause."""
    file, failed, ran = file or found(), failed or {}, {Stage.IDENTIFY, *ran}
    stages = {}
    for stage in Stage:
        status = StageStatus.DONE if stage in ran else StageStatus.SKIPPED
        stages[stage] = StageResult(status, version, 0.001 if stage in ran else 0.0)
        if stage in failed:
            stages[stage] = StageResult(StageStatus.FAILED, version, 0.001, failed[stage], f"It is {failed[stage]}.")
    done = {stage for stage, result in stages.items() if result.status is StageStatus.DONE}
    words = tuple(Keyword(word, "xmp") if isinstance(word, str) else word for word in keywords)
    return Analysis(
        file,
        Identity(hashlib.sha256(content).hexdigest(), kind, "jpeg" if kind is Kind.IMAGE else "mp4", "RGB", 40, 30),
        stages,
        metadata=(metadata or Metadata(camera_make="Box", raw={"tag": 1})) if Stage.METADATA in done else None,
        keywords=words if Stage.KEYWORDS in done else None,
        rating=Rating(score, None if score is None else "xmp") if Stage.SCORE in done else None,
        picture=Picture(b"RIFF", "0123456789abcdef") if Stage.THUMBNAIL in done else None,
        nsfw=Nsfw(probability, probability, 1, "fake") if Stage.NSFW in done else None,
        to_send=content if Stage.DESCRIBE in done else None,
    )


def failure(
    file: FoundFile | None = None,
    *,
    stage: Stage = Stage.THUMBNAIL,
    cause: str = "truncated_image",
    reason: str = "It ends too soon.",
    version: str = "1",
) -> Failure:
    ran = {Stage.IDENTIFY: StageResult(StageStatus.DONE, version, 0.001)} if stage is not Stage.IDENTIFY else {}
    return Failure(
        file or found(),
        stage,
        cause,
        reason,
        {**ran, stage: StageResult(StageStatus.FAILED, version, 0.001, cause, reason)},
        version,
    )


def without(*lost: bytes) -> Look:
    """A disk on which the files of all rows are, but for these."""

    def look(place: RowFile) -> Whereabouts:
        return Whereabouts.GONE if place.path in lost else Whereabouts.IN_PLACE

    return look


def parameters(*directories: str, **others: Any) -> Parameters:
    return parse_parameters({"directories": list(directories or ("m",)), **others})


def plan_of(total_files: int, **skipped: int) -> PlanCounts:
    counts = {skip.value: skipped.get(skip.value, 0) for skip in Skip}
    return PlanCounts(total_files + sum(counts.values()), counts, total_files, {"new": total_files})


def session_of(status: Status = Status.QUEUED, *, session_id: str = SESSION, **changes: Any) -> SessionState:
    made = SessionState(session_id, changes.pop("parameters", parameters()), AT, status, queued_at=AT, heartbeat_at=AT)
    total = changes.pop("total_files", None)
    return made if total is None else made.planned(plan_of(total), RECIPE)


def file_event(number: int, outcome: str = "added", *, session_id: str = SESSION, **detail: Any) -> Event:
    path = f"m/{number}.jpg".encode()
    return Event(number, session_id, AT, "file_complete", path, outcome, detail=detail or None)


def tree(folder: Path, *names: str | bytes) -> None:
    """Writes a file for each relative name; what is in it is its name, so that no two are alike."""
    for name in names:
        path = os.path.join(os.fsencode(folder), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as stream:
            stream.write(os.fsencode(name))


def far_future(path: Path) -> int:
    """Gives a file a time in the year 2300 and returns it, in ns: more than 64 bits. Skips where there is no such."""
    far = 10_413_792_000 * 10**9
    os.utime(path, ns=(far, far))
    if path.stat().st_mtime_ns != far:
        pytest.skip("this file system knows no year 2300")
    return far


class Reader:
    """A task for the loop: reads the file and finds nothing in it; `broken...` files fail, and a file may be a gate.

    `seen` are the names in the order of their turns. `gates` maps a name to what is called when its turn comes.
    """

    def __init__(self, media: Path) -> None:
        self.media = media
        self.seen: list[bytes] = []
        self.gates: dict[bytes, Callable[[], object]] = {}

    def __call__(self, job: Job) -> Analysis | Failure:
        name = job.file.name
        self.seen.append(name)
        if name in self.gates:
            self.gates[name]()
        try:
            with open(os.path.join(os.fsencode(self.media), job.file.path), "rb") as stream:
                content = stream.read()
        except FileNotFoundError:
            return failure(job.file, stage=Stage.IDENTIFY, cause="vanished", reason="It is gone.")
        if name.startswith(b"broken"):
            return failure(job.file)
        return analysis(job.file, content=content, ran=job.wanted)


class Gate:
    """Holds the loop at a file until it is opened; `reached` is set when the loop stands at it."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self._open.wait(WAIT_SECONDS), "the gate was never opened"

    def open(self) -> None:
        self._open.set()

    def arrived(self) -> None:
        assert self.reached.wait(WAIT_SECONDS), "the loop never came to the gate"


class Workplace:
    """Everything that a session needs, in one process: a root `m`, a state folder, a library and a runner."""

    def __init__(self, folder: Path, url: str, recipe: Recipe = RECIPE) -> None:
        self.media = folder / "media"
        self.media.mkdir(exist_ok=True)
        self.url, self.recipe = url, recipe
        self.folders = Folders({"m": self.media})
        self.store = IngestionState(folder / "state")
        self.store.prepare()
        self.reader = Reader(self.media)
        self.ends: list[Callable[[], object]] = []
        self.take: Take = nobody
        self.outputs_of: Callable[[Library], Any] = lambda _: None
        self.open()

    def open(self) -> None:
        """What a start of the server makes: nothing of it survives its end."""
        self.library = Library(self.url)
        self.executor = InProcess()
        self.ingestor = Ingestor(
            self.folders,
            self.library,
            self.store,
            self.executor,
            self._analyzer,
            Standing(self.recipe),
            settled_seconds=0.0,
            outputs=self.outputs_of(self.library),
            take=lambda request: self.take(request),  # noqa: PLW0108 - a test may set another one later
        )
        self.runner = Runner(self.ingestor)

    def _analyzer(self, recipe: Recipe) -> Callable[[Job], Analysis | Failure]:
        """The reader of the moment; whom a session asks is the version of its own stage."""
        return lambda job: _at_version(self.reader(job), recipe.versions[Stage.DESCRIBE])

    def recover(self, *, auto_resume: bool = True) -> Runner:
        self.runner.recover(auto_resume=auto_resume)
        return self.runner

    def restart(self, *, auto_resume: bool = True) -> Runner:
        """The server goes and comes again."""
        self.close()
        self.open()
        return self.recover(auto_resume=auto_resume)

    def close(self) -> None:
        self.runner.close()
        self.library.close()

    def run(self, **asked: Any) -> SessionState:
        """A session from start to end."""
        started = self.runner.start(parameters("m", **asked))
        return self.until(started.session_id, Status.COMPLETED)

    def until(self, session_id: str, *statuses: Status) -> SessionState:
        session = self.runner.wait(session_id, lambda s: s.status in statuses, WAIT_SECONDS)
        assert session.status in statuses, session
        return session

    def gate(self, name: bytes) -> Gate:
        gate = self.reader.gates[name] = Gate()
        self.ends.append(gate.open)
        return gate


def _at_version(result: Analysis | Failure, version: str) -> Analysis | Failure:
    if Stage.DESCRIBE not in result.stages:
        return result
    described = replace(result.stages[Stage.DESCRIBE], version=version)
    return replace(result, stages={**result.stages, Stage.DESCRIBE: described})


@contextmanager
def workplace(folder: Path, url: str, recipe: Recipe = RECIPE) -> Iterator[Workplace]:
    place = Workplace(folder, url, recipe)
    try:
        yield place
    finally:
        for end in place.ends:
            end()
        place.close()


def assert_sums_close(session: SessionState) -> None:
    """The promise of closed accounting, for a session that has been planned."""
    plan = session.plan
    assert plan is not None
    sums.assert_sums_close(session.as_status())
    assert session.stats["errors"] == session.outcomes["failed"]
    for stage, count in session.stages.items():
        asked = Stage(stage) in session.parameters.wanted
        assert (count.total, count.pending) == ((plan.total_files, session.pending) if asked else (0, 0)), stage
        assert asked or count.ended == 0, stage


def leave_socket(folder: Path, name: str) -> None:
    """Leaves a socket in a folder, as a program that died does."""
    old = os.open(".", os.O_RDONLY)
    os.chdir(folder)  # the path of a socket may have 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as plug:
            plug.bind(name)
    finally:
        os.chdir(old)
        os.close(old)
