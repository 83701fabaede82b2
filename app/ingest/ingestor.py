"""The loop: plan a session, then take its files in one at a time, each committed before the next is answered for.

The order for each file is thumbnail, database, listeners, journal, session file: anything later in the chain may be
lost in a crash, never wrong. What stops a session (a person, the server, trouble) is decided here and nowhere else.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from app.errors import MediaIngestError, NeedsAttention
from app.ingest.executor import Executor, Result, Task
from app.ingest.folders import Folders
from app.ingest.session import SessionState, Status, attention_for
from app.ingest.store import IngestionState
from app.ingest.survey import Survey, Tally, Verdict
from app.library.library import Library
from app.library.values import now
from app.media import Failure, Job, Recipe, Stage

HEARTBEAT_SECONDS = 1.0
_PERHAPS_THE_DISK = frozenset({"vanished", "unreadable"})  # what every file says whose disk has gone


class Stop(StrEnum):
    """What a session becomes that must stop."""

    PAUSE = "paused"
    CANCEL = "cancelled"
    INTERRUPT = "interrupted"


_STRENGTH = (Stop.INTERRUPT, Stop.PAUSE, Stop.CANCEL)


class _Stopped(Exception):
    """Somebody said stop, and there is still work to do."""


@dataclass(slots=True)
class Control:
    """What others want of a running session; written by any thread, read by the loop between files.

    What a person asked for outlives the end of the server, and a cancel outlives a pause. `at_once` breaks off the file
    at work, which a pause alone lets end.
    """

    stop: Stop | None = None
    at_once: bool = False

    def ask(self, stop: Stop) -> None:
        """Adds a wish; the strongest stays."""
        if self.stop is None or _STRENGTH.index(stop) > _STRENGTH.index(self.stop):
            self.stop = stop
        self.at_once = self.at_once or stop is not Stop.PAUSE


class Recipes(Protocol):
    """What the analysis can do, which may change while the program runs."""

    def now(self) -> Recipe:
        """What it can do as things stand."""

    def prepared(self, wanted: frozenset[Stage], beat: Callable[[str], None]) -> Recipe:
        """What it can do after what must be done once for these stages has been done.

        `beat` is told what that is several times a second; whatever it raises breaks it off.
        """


@dataclass(frozen=True, slots=True)
class Ingestor:
    """The parts that the loop needs: where files are, what is known, how to analyse, where to write, whom to tell."""

    folders: Folders
    library: Library
    store: IngestionState
    executor: Executor
    analyzer: Callable[[Recipe], Task]
    recipes: Recipes

    def process_files_sequential(
        self, session: SessionState, control: Control, publish: Callable[[SessionState], None]
    ) -> SessionState:
        """Takes a queued session as far as it goes: completed, or stopped with the reason in its status."""
        run = _Run(self, session, control, publish)
        try:
            run.plan()
            run.process()
            run.complete()
        except _Stopped:
            run.stop()
        except MediaIngestError as trouble:
            run.move_to_attention(trouble)
        return run.session

    def survey(
        self, session: SessionState, answered: frozenset[bytes] = frozenset(), recipe: Recipe | None = None
    ) -> Survey:
        """The walk of a session's folders with its parameters, judged by a recipe, by default the present one."""
        parameters = session.parameters
        folders = self.folders.resolve_all(parameters.directories, recursive=parameters.recursive)
        return Survey(self.folders.read, self.library, recipe or self.recipes.now(), folders, parameters, answered)

    def check(self, session: SessionState) -> None:
        """Raises NeedsAttention while a session that stopped for a person could not go on."""
        self.store.prepare()
        self.library.check()
        check_roots(self.folders, session.parameters.directories)

    def move(self, session: SessionState, status: Status) -> SessionState:
        """The session in another status: in the log, then durably on disk."""
        session = session.to(status, now())
        session = session.advance(self.library.append(session.session_id, "session", session.as_log()))
        self.store.save(session, durable=True)
        return session


class _Run:
    """One run of one session; `session` is always what has been counted so far."""

    def __init__(
        self, parts: Ingestor, session: SessionState, control: Control, publish: Callable[[SessionState], None]
    ) -> None:
        self.parts = parts
        self.session = session
        self.control = control
        self.publish = publish
        self.jobs: list[Job] = []
        self.recipe: Recipe
        self._saved_at = time.monotonic()

    def move(self, status: Status) -> None:
        self.session = self.parts.move(self.session, status)
        self.publish(self.session)

    def stop(self) -> None:
        """Ends the run as was asked; a pause that was asked for while planning is one of a session that processes."""
        if self.session.status is Status.PLANNING and self.control.stop is Stop.PAUSE:
            self.move(Status.PROCESSING)
        self.move(Status(str(self.control.stop)))

    def move_to_attention(self, trouble: MediaIngestError) -> None:
        """Keeps the session's place and says what a person must mend; writes what can still be written."""
        attention = attention_for(trouble.cause, trouble.sentence)
        taken_up = self.session
        if taken_up.status is Status.QUEUED:  # the very move to `planning` could not be written
            taken_up = taken_up.to(Status.PLANNING, now())
        session = replace(taken_up.to(Status.ATTENTION, now()), attention=attention)
        for write in (
            lambda: self.parts.library.append(session.session_id, "session", session.as_log()),
            lambda: self.parts.store.save(session, durable=True),
        ):
            try:
                write()
            except NeedsAttention:
                continue  # the very thing that needs attention
        self.session = session
        self.publish(session)

    def plan(self) -> None:
        """Counts every file and lists those to process: about 300 bytes of memory each, gone with the run."""
        self.move(Status.PLANNING)
        check_roots(self.parts.folders, self.session.parameters.directories)
        counted_before = self.session.processed_files
        self.session, answered = recounted(self.session, self.parts.library)
        if answered or counted_before:
            events = self.parts.library.all_events(self.session.session_id)
            self.parts.store.rewrite_journal(self.session.session_id, events)
        self.recipe = self.parts.recipes.prepared(self.session.parameters.wanted, self._preparing)
        self._preparing(None)
        tally = Tally(answered_before=len(answered))
        for verdict in self.parts.survey(self.session, answered, self.recipe):
            tally.add(verdict)
            if isinstance(verdict, Verdict) and verdict.job is not None:
                self.jobs.append(verdict.job)
            self._live()
        check_roots(self.parts.folders, self.session.parameters.directories)  # or a lost disk would look empty
        self.session = self.session.planned(tally.as_plan(), self.recipe)

    def process(self) -> None:
        """Analyses and commits file after file until none is left or somebody says stop."""
        self.move(Status.PROCESSING)
        self._log_stages("stage_start", {stage: {"total_files": self.session.total_files} for stage in Stage})
        active_before, began = self.session.active_seconds, time.monotonic()
        self._show(0)
        workers = self.session.parameters.workers
        analyze = self.parts.analyzer(self.recipe)
        with closing(self.parts.executor.map(analyze, self._jobs(), workers=workers)) as results:
            for result in results:
                active = round(active_before + time.monotonic() - began, 3)
                self.session = replace(self.session, active_seconds=active)
                if result is not None:
                    self._take_in(result)
                else:
                    self._heartbeat()
                if self.control.at_once or (self.control.stop is not None and result is not None):
                    break
        if self.control.stop is not None and self.session.pending:
            raise _Stopped

    def complete(self) -> None:
        """Ends the session if every file is answered for. Raises NeedsAttention if the sum does not close."""
        session = self.session
        if session.pending:
            sentence = f"{session.pending} of {session.total_files} files were not answered for."
            raise NeedsAttention(sentence, cause="sum_does_not_close")
        counts = {stage: session.stages[stage.value] for stage in Stage}
        self._log_stages(
            "stage_complete",
            {stage: {"processed_files": c.ended, "failed_files": c.failed} for stage, c in counts.items()},
        )
        self.move(Status.COMPLETED)

    def _take_in(self, result: Result) -> None:
        """Commits one result, then counts, tells and saves it."""
        parts, session = self.parts, self.session
        if isinstance(result, Failure):
            if result.cause in _PERHAPS_THE_DISK:
                check_roots(parts.folders, session.parameters.directories)
            result = replace(result, version=self.recipe.versions[result.stage])
        elif result.picture is not None:
            parts.store.save_thumbnail(result.identity.sha256, result.picture.webp)
        event = parts.library.commit_single_file_to_database(
            session.session_id, result, nsfw_threshold=session.parameters.nsfw_threshold
        )
        self.session = session.advance(event)
        self._show(self._position + 1)
        parts.store.append_to_journal(event)
        self._save()

    def _jobs(self) -> Iterator[Job]:
        """The jobs in order, none once somebody said stop."""
        for job in self.jobs:
            if self.control.stop is not None:
                return
            yield job

    def _show(self, position: int) -> None:
        """Says which file is at work now."""
        self._position = position
        current = self.jobs[position].file.shown if position < len(self.jobs) else None
        self.session = replace(self.session, current_file=current, heartbeat_at=now())
        self.publish(self.session)

    def _preparing(self, activity: str | None) -> None:
        """Says what is being prepared; None when nothing is any more."""
        if activity != self.session.activity:
            self.session = replace(self.session, activity=activity)
            self.publish(self.session)
        self._live()

    def _live(self) -> None:
        """Shows that the session is alive. Raises _Stopped where that must end at once."""
        if self.control.at_once:
            raise _Stopped
        self._heartbeat()

    def _heartbeat(self) -> None:
        if time.monotonic() - self._saved_at >= HEARTBEAT_SECONDS:
            self.session = replace(self.session, heartbeat_at=now())
            self._save()
            self.publish(self.session)

    def _save(self) -> None:
        self._saved_at = time.monotonic()
        self.parts.store.save(self.session)

    def _log_stages(self, kind: str, details: Mapping[Stage, Mapping[str, object]]) -> None:
        """Logs an event for each stage that was asked for, all of them at once and once in the life of a session."""
        session_id, wanted = self.session.session_id, self.session.parameters.wanted
        rows = [{"stage": stage.value, **details[stage]} for stage in Stage if stage in wanted]
        for event in self.parts.library.append_once(session_id, kind, rows):
            self.session = self.session.advance(event)


def check_roots(folders: Folders, directories: Iterable[str]) -> None:
    """Raises NeedsAttention if a root or a directory of a session is not there: nothing of it may be called missing."""
    for shown in directories:
        folder = folders.locate(shown)
        root = os.fsdecode(folders.absolute(folder.root, b""))
        if not os.path.isdir(root):
            sentence = f"The media root '{folder.root}' is not there: {root} does not exist. Is the disk connected?"
            raise NeedsAttention(sentence, cause="root_missing")
        if not os.path.isdir(folders.absolute(folder.root, folder.path)):
            raise NeedsAttention(f"The directory {shown} is not there any more.", cause="directory_missing")


def recounted(session: SessionState, library: Library) -> tuple[SessionState, frozenset[bytes]]:
    """The session with every counter made again from its events, and the files that it has answered for.

    The database wins: after a crash, a commit whose answer was lost, or a database that was put back from a copy.
    """
    session, answered = session.without_answers(), set()
    for event in library.all_events(session.session_id):
        session = session.advance(event)
        if event.kind == "file_complete" and event.path is not None:
            answered.add(event.path)
    return session, frozenset(answered)
