"""Sessions under everything that people, files and the machine may do, in any order: hypothesis looks for the bad one.

The loop stands still at each file until it is let go on, and whenever a rule has ended nothing is on its way any more.
"""

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from app.errors import AlreadyActive, IllegalMove, NothingMatches
from app.ingest.disk.guard import MIN_SHARE
from app.ingest.run.runner import Runner
from app.ingest.session.state import SessionState, Status
from app.library.values import KnownFile
from app.media import Analysis, Failure, Job, Place
from tests.faults.answers import LONG_AGO
from tests.ingest.builders import Reader, Workplace, assert_sums_close, parameters
from tests.support.server import until

NAMES = ("0.jpg", "1.jpg", "2.png", "sub/3.jpg", "sub/4.png", "broken-5.jpg")
MOMENTS = ("file", "journal", "session file")
LEGAL = {  # the table of docs: what a session may become
    "queued": {"planning", "cancelled", "interrupted"},
    "planning": {"processing", "attention", "completed", "cancelled", "interrupted"},
    "processing": {"paused", "attention", "completed", "cancelled", "interrupted"},
    "paused": {"queued", "cancelled", "interrupted"},
    "attention": {"queued", "cancelled", "interrupted"},
    "interrupted": {"queued", "cancelled"},
    "completed": set(),
    "cancelled": set(),
}


class Killed(BaseException):
    """Ends the thread of a runner without a word, as a kill ends a server."""


class Turns(Reader):
    """Reads a file when it is let; `held` while the loop stands at one. Gives way where somebody said stop."""

    def __init__(self, media: Path, stopped: Callable[[], bool]) -> None:
        super().__init__(media)
        self.stopped = stopped
        self.turns = 0
        self.free = False
        self.held = False

    def __call__(self, job: Job) -> Analysis | Failure:
        self.held = True
        until(lambda: self.turns or self.free or self.stopped(), what="a turn")
        self.turns = max(0, self.turns - 1)
        self.held = False
        return super().__call__(job)


class Machine(RuleBasedStateMachine):
    """One state folder and one database through the lives of many servers."""

    def __init__(self, folder: Path, migrated: Path) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self.place = Workplace(self.folder, f"sqlite:///{shutil.copy(migrated, self.folder / 'library.db')}")
        self.reader = self.place.reader = Turns(self.place.media, self.somebody_said_stop)
        self.dies_at: str | None = None
        for name, moment in (("append_to_journal", "journal"), ("save", "session file")):
            setattr(self.place.store, name, self.mortal(getattr(self.place.store, name), moment))
        self.statuses: dict[str, Status] = {}
        self.faults: list[str] = []
        self.written = 0
        self.begin()

    # -- the house -----------------------------------------------------------------------------------------------

    @property
    def runner(self) -> Runner:
        return self.place.runner

    def begin(self, *, auto_resume: bool = True) -> None:
        self.runner.listen(self.look)
        self.runner._thread = threading.Thread(target=self.until_killed, args=(self.runner._work,), name="runner")
        self.place.recover(auto_resume=auto_resume)
        self.settle()

    @staticmethod
    def until_killed(work: Callable[[], None]) -> None:
        with contextlib.suppress(Killed):
            work()

    def somebody_said_stop(self) -> bool:
        if self.dies_at == "file":
            raise Killed
        return self.dies_at is not None or any(control.stop for control in list(self.runner._controls.values()))

    def mortal(self, work: Callable[..., None], moment: str) -> Callable[..., None]:
        """Work whose thread may be killed before it begins."""

        def die_or_work(*args: object, **options: object) -> None:
            if self.dies_at == moment and threading.current_thread().name == "runner":
                raise Killed
            work(*args, **options)

        return die_or_work

    def settle(self) -> None:
        """Until the loop stands at a file or has nothing to do."""

        def look() -> bool:
            if not self.runner.alive or (self.reader.held and not self.reader.turns):
                return True
            under_way = [session for session in self.runner.sessions() if session.status.under_way]
            return not under_way and not self.runner._controls

        until(look, seconds=20, what="rest")

    # -- what must hold ------------------------------------------------------------------------------------------

    def look(self, session: SessionState) -> None:
        """Every change that a page would be told of."""
        before = self.statuses.get(session.session_id)
        if session.status is Status.ATTENTION and before is not Status.ATTENTION and not self.too_few_are_there():
            self.faults.append(str(session.attention))
        if before is not None and session.status is not before and session.status not in LEGAL[before]:
            self.faults.append(f"{before} became {session.status}")
        self.statuses[session.session_id] = session.status
        try:
            if session.plan is not None and session.status is not Status.PLANNING:
                assert_sums_close(session)
                assert session.pending >= 0
            assert session.status is not Status.COMPLETED or session.pending == 0
        except AssertionError as error:
            self.faults.append(str(error))

    def too_few_are_there(self) -> bool:
        """Whether so many files were removed that a session has to ask: the wrong disk might be connected."""
        return len(self.on_disk()) < MIN_SHARE * sum(
            known.size is not None and not known.missing for known in self.known().values()
        )

    @invariant()
    def nothing_was_wrong(self) -> None:
        assert self.faults == []

    @invariant()
    def every_file_is_answered_for_once(self) -> None:
        for session in self.runner.sessions():
            events = self.place.library.all_events(session.session_id)
            paths = [event.path for event in events if event.kind == "file_complete"]
            assert len(paths) == len(set(paths)) == session.processed_files
            journal = self.place.store.folder / f"{session.session_id}.files.jsonl"
            assert len(paths) == (journal.read_bytes().count(b"\n") if journal.exists() else 0)

    # -- what people do ------------------------------------------------------------------------------------------

    @rule(pattern=st.sampled_from(["*", "*.jpg"]), skip_existing=st.booleans())
    def start(self, pattern: str, skip_existing: bool) -> None:
        active = {s.session_id: s.parameters for s in self.runner.sessions() if not s.status.ended}
        asked = parameters("m", pattern=pattern, skip_existing=skip_existing)
        twin = next((session_id for session_id, given in active.items() if given == asked), None)
        try:
            session = self.runner.start(asked)
        except AlreadyActive as error:
            told = error.session_id
            assert told == twin
        except NothingMatches:
            assert not [name for name in self.on_disk() if pattern == "*" or name.endswith(".jpg")]
        else:
            assert twin is None
            assert session.session_id not in active
        self.settle()

    def some_session(self, data: st.DataObject) -> SessionState:
        return data.draw(st.sampled_from(self.runner.sessions()[::-1]), label="session")

    @precondition(lambda self: self.runner.sessions())
    @rule(data=st.data(), name=st.sampled_from(["pause", "cancel"]))
    def stop(self, data: st.DataObject, name: str) -> None:
        session = self.some_session(data)
        legal = session.status.working if name == "pause" else not session.status.ended
        try:
            getattr(self.runner, name)(session.session_id)
        except IllegalMove:
            assert not legal
        else:
            assert legal
        self.settle()
        if legal:
            now = self.runner.session(session.session_id).status
            assert now in {Status.PAUSED if name == "pause" else Status.CANCELLED, Status.COMPLETED}
            assert now is not Status.COMPLETED or session.status.working  # its last file was at work

    @precondition(lambda self: self.runner.sessions())
    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        session = self.some_session(data)
        _, resumed = self.runner.resume(session.session_id)
        assert resumed == session.status.resumable
        self.settle()

    @precondition(lambda self: hasattr(Runner, "retry") and self.runner.sessions())
    @rule(data=st.data(), cause=st.sampled_from([None, "truncated_image"]))
    def retry(self, data: st.DataObject, cause: str | None) -> None:
        session = self.some_session(data)
        try:
            again = self.runner.retry(session.session_id, cause=cause)
        except (AlreadyActive, IllegalMove, NothingMatches):
            assert not session.status.ended or not session.outcomes["failed"] or self.under_way_again(session)
        else:
            assert again.session_id != session.session_id
        self.settle()

    def under_way_again(self, session: SessionState) -> bool:
        """Whether a retry of the session has not ended, or its failed files are gone."""
        return len(self.runner.sessions()) > 1 or not any("broken" in name for name in self.on_disk())

    @rule(files=st.integers(1, 4))
    def go_on(self, files: int) -> None:
        for _ in range(files):
            if self.reader.held:
                self.reader.turns = 1
                until(lambda: not self.reader.turns, what="the turn's end")
                self.settle()

    # -- what befalls the machine --------------------------------------------------------------------------------

    @rule(auto_resume=st.booleans())
    def restart(self, auto_resume: bool) -> None:
        self.place.close()
        assert not [s for s in self.runner.sessions() if s.status.working]
        self.place.open()
        self.begin(auto_resume=auto_resume)

    @precondition(lambda self: self.reader.held)
    @rule(moment=st.sampled_from(MOMENTS), auto_resume=st.booleans())
    def kill(self, moment: str, auto_resume: bool) -> None:
        self.dies_at = moment
        until(lambda: not self.runner.alive, what="the end of the thread")
        self.place.library.close()
        self.dies_at, self.reader.held = None, False
        self.place.open()
        self.begin(auto_resume=auto_resume)

    # -- what befalls the files ----------------------------------------------------------------------------------

    def on_disk(self) -> list[str]:
        return [name for name in NAMES if (self.place.media / name).exists()]

    @rule(name=st.sampled_from(NAMES))
    def write_a_file(self, name: str) -> None:
        self.written += 1
        path = self.place.media / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"content %d" % self.written)
        os.utime(path, (LONG_AGO + self.written,) * 2)

    @rule(name=st.sampled_from(NAMES))
    def remove_a_file(self, name: str) -> None:
        (self.place.media / name).unlink(missing_ok=True)

    # -- the end -------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """All go on to their end; a last session then finds every file, and none is lost."""
        try:
            self.reader.free = True
            until(self.all_have_ended, seconds=20, what="the end of every session")
            if self.on_disk():
                self.runner.start(parameters("m"))
            until(self.all_have_ended, seconds=20, what="the end of the last session")
            self.settle()
            self.nothing_was_wrong()
            self.every_file_is_answered_for_once()
            self.no_file_is_lost()
        finally:
            self.place.close()
            shutil.rmtree(self.folder)

    def all_have_ended(self) -> bool:
        unfinished = [session.session_id for session in self.runner.sessions() if not session.status.ended]
        for session_id in unfinished:
            self.runner.resume(session_id, confirm=True)
        return not unfinished

    def known(self) -> dict[bytes, KnownFile]:
        return {**self.place.library.known(Place("m")), **self.place.library.known(Place("m", b"sub"))}

    def no_file_is_lost(self) -> None:
        known = self.known()
        for name in self.on_disk():
            found, status = known[name.encode()], (self.place.media / name).stat()
            if "broken" in name:
                assert any(failed.fingerprint == f"{status.st_size}:{status.st_mtime_ns}:" for failed in found.failures)
            else:
                assert (found.size, found.mtime_ns) == (status.st_size, status.st_mtime_ns)


@pytest.mark.parametrize(
    ("part", "runs"), [(0, 25), *(pytest.param(part, 125, marks=pytest.mark.faults) for part in range(1, 9))]
)
def test_whatever_happens_in_whatever_order_no_file_is_lost_and_every_sum_closes(part, runs, migrated_sqlite, tmp_path):
    def machine() -> Machine:
        return Machine(tmp_path, migrated_sqlite)

    chosen = settings(max_examples=runs, stateful_step_count=20)
    run_state_machine_as_test(seed(part)(machine), settings=chosen)
