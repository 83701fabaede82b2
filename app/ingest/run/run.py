"""One run of one session: plan it, then take its files in one at a time, each committed before the next is begun.

The order for each file is thumbnail, database, listeners, journal, session file: anything later in the chain may be
lost in a crash, never wrong. What follows the database is done while the next file is read.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TypeVar

from app.crash_points import crash_point
from app.errors import STILL_CHANGING, MediaIngestError, NeedsAttention
from app.ingest.disk.guard import ROOT_CHANGED, Guard, directory_missing, shrunk
from app.ingest.disk.moves import Lookout, is_absent
from app.ingest.plan.survey import Tally, Verdict
from app.ingest.run.control import Control
from app.ingest.run.parts import Parts, mend_journal, patiently, recounted
from app.ingest.run.turns import Turns
from app.ingest.session.state import MAX_DEATHS, SessionState, Status, attention_for
from app.ingest.workers.worker import Result, failed
from app.library.values import Event, now
from app.media import Failure, FoundFile, Job, Recipe, Stage

HEARTBEAT_SECONDS = 1.0
STOP_SECONDS = 3.0  # how long a run that was told to stop waits for a database that another program has locked
_PERHAPS_THE_DISK = frozenset({"vanished", "unreadable"})  # what every file says whose disk has gone
T = TypeVar("T")


class Stopped(Exception):
    """Somebody said stop, and there is still work to do."""


class Run:
    """One run of one session; `session` is always what has been counted so far."""

    def __init__(
        self, parts: Parts, session: SessionState, control: Control, publish: Callable[[SessionState], None]
    ) -> None:
        self.parts = parts
        self.session = session
        self.control = control
        self.publish = publish
        self.guard: Guard
        self.lookout: Lookout
        self.jobs: list[Job] = []
        self.turns = Turns(self.jobs, self._as_it_is_now)
        self.recipe: Recipe
        self.some_are_gone = False
        self._untold: Event | None = None  # of the file that was committed last
        self._saved_at = time.monotonic()

    def move(self, status: Status) -> None:
        """Puts the session into another status, in the log and durably on disk."""
        self.session = self._patiently(lambda: self.parts.move(self.session, status))
        self.publish(self.session)

    def stop(self) -> None:
        """Ends the run as was asked; a pause that was asked for while planning is one of a session that processes."""
        status = Status(str(self.control.stop))
        if self.session.status is Status.PLANNING and status is Status.PAUSED:
            self.session = self.session.to(Status.PROCESSING, now())
        try:
            self.session = patiently(lambda: self.parts.move(self.session, status), STOP_SECONDS, self._heartbeat)
        except NeedsAttention:  # what a person wanted is kept wherever it can be
            self.session = self.session.to(status, now())
            self.parts.leave(self.session)
        self.publish(self.session)

    def move_to_attention(self, trouble: MediaIngestError) -> None:
        """Keeps the session's place and says what a person must mend; writes what can still be written."""
        taken_up = replace(self.session, confirmed=False)
        if taken_up.status is Status.QUEUED:  # the very move to `planning` could not be written
            taken_up = taken_up.to(Status.PLANNING, now())
        self.session = replace(taken_up.to(Status.ATTENTION, now()), attention=attention_for(trouble))
        self.parts.leave(self.session)
        self.publish(self.session)

    def plan(self) -> None:
        """Counts every file and lists those to process: about 300 bytes of memory each, gone with the run."""
        self.move(Status.PLANNING)
        self.guard = Guard(self.parts.folders, self.parts.guarded(self.session))
        self.session, answered = recounted(self.session, self.parts.library, self._live)
        mend_journal(self.parts, self.session.session_id, len(answered))
        self.recipe = self.parts.recipes.prepared(self.session.parameters.wanted, self._preparing)
        self._preparing(None)
        tally, jobs = Tally(answered_before=len(answered)), []
        for verdict in self.parts.survey(self.session, answered, self.recipe):
            tally.add(verdict)
            if isinstance(verdict, Verdict) and verdict.job is not None:
                jobs.append(verdict.job)
            self._live()
        self.guard.check()  # or a lost disk would look empty
        self._compare_with_library(tally)
        self.session = replace(self.session.planned(tally.as_plan(), self.recipe), confirmed=False)
        self.jobs = jobs

    def _compare_with_library(self, tally: Tally) -> None:
        """Raises NeedsAttention where so many files are gone that it may be the wrong disk, unless that is confirmed.

        What a person confirmed is marked at once: it must not have to be confirmed again.
        """
        if self.session.parameters.retry_of:
            return
        rows = self.parts.rows_in(self.session)
        self.some_are_gone = sum(rows.values()) != tally.known
        sentence = shrunk(tally.media, rows)
        if sentence and not self.session.confirmed:
            raise NeedsAttention(sentence, cause=ROOT_CHANGED, needs_confirm=True)
        for shown in () if self.session.confirmed else self.guard.absent:
            raise directory_missing(shown)
        if sentence:
            self._mark_missing()

    def process(self) -> None:
        """Analyses and commits file after file until none is left or somebody says stop."""
        self.move(Status.PROCESSING)
        self.lookout = self._lookout()
        self._log_stages("stage_start", {stage: {"total_files": self.session.total_files} for stage in Stage})
        deaths = self.session.suspects
        for job in [job for job in self.jobs if deaths.get(job.file.shown, 0) >= MAX_DEATHS]:
            self.jobs.remove(job)
            sentence = f"Media Ingest was killed {MAX_DEATHS} times while it read this file."
            self._record(failed(job, "server_died", sentence))
        self.turns = Turns(self.jobs, self._as_it_is_now, self.parts.settled_seconds)
        self._show()
        self._take_turns()
        while self.turns.waiting and self.control.stop is None:
            self._wait_until_settled()
            for job in self.turns.begin_again():
                self._record(failed(job, STILL_CHANGING, "The file changed each time that it was to be read."))
            self._take_turns()
        if self.control.stop is not None and self.session.pending:
            raise Stopped

    def _as_it_is_now(self, file: FoundFile) -> FoundFile | None:
        return self.parts.folders.found(file.root, file.path)

    def _take_turns(self) -> None:
        """Lets every file that has settled have its turn."""
        active_before, began = self.session.active_seconds, time.monotonic()
        workers, analyze = self.session.parameters.workers, self.parts.analyzer(self.recipe)
        with closing(self.parts.executor.map(analyze, self._jobs(), workers=workers)) as results:
            try:
                for result in results:
                    active = round(active_before + time.monotonic() - began, 3)
                    self.session = replace(self.session, active_seconds=active)
                    self._tell()
                    if result is None:
                        self._heartbeat()
                    elif self.turns.end(result):
                        self._commit(result)
                    if self.control.at_once or (self.control.stop is not None and result is not None):
                        break
            finally:
                if self._untold is not None:
                    self._tell()

    def _jobs(self) -> Iterator[Job]:
        """The jobs in order, none once somebody said stop."""
        while self.control.stop is None and (job := self.turns.next()) is not None:
            yield job

    def _wait_until_settled(self) -> None:
        """Waits until a file that was put back may be read, or somebody says stop."""
        count = self.turns.waiting
        self._preparing(f"waiting for {count} file{'' if count == 1 else 's'} to be written completely")
        until = time.monotonic() + self.turns.seconds_to_wait()
        while self.control.stop is None and (left := until - time.monotonic()) > 0:
            self.control.asked.wait(min(left, HEARTBEAT_SECONDS / 2))
            self._live()
        self._preparing(None)

    def complete(self) -> None:
        """Ends the session if every file is answered for. Raises NeedsAttention if the sums do not close."""
        session = self.session
        faults = session.faults_of_the_sums(self.parts.library.outcomes(session.session_id))
        if faults:
            raise NeedsAttention(" ".join(faults), cause="sum_does_not_close")
        if self.some_are_gone:
            self._mark_missing()
        self.session = replace(self.session, marked_missing=self._missed())
        counts = {stage: session.stages[stage.value] for stage in Stage}
        self._log_stages(
            "stage_complete",
            {stage: {"processed_files": c.ended, "failed_files": c.failed} for stage, c in counts.items()},
        )
        self.move(Status.COMPLETED)

    def _missed(self) -> int:
        """How many rows of the session's folders were marked missing since it began, and still are."""
        at, below = self.session.started_at or self.session.created_at, self.session.parameters.recursive
        folders, presence = self.parts.folders_of(self.session), self.parts.library.presence
        return sum(presence.missed_since(at, folder.root, folder.path, below=below) for folder in folders)

    def _mark_missing(self) -> None:
        """Notes in the library which of the session's files are gone; their rows stay."""
        below, presence = self.session.parameters.recursive, self.parts.library.presence
        look = partial(self._lookout().look, None)
        for folder in self.parts.folders_of(self.session):
            after = b""
            while page := presence.paths(folder.root, folder.path, below=below, after=after):
                gone = [path for path in page if is_absent(self.parts.folders, folder.root, path)]
                self.guard.check()
                self._patiently(partial(presence.mark_missing, folder.root, gone, look))
                after = page[-1]
                self._live()

    def _lookout(self) -> Lookout:
        walked, below = self.parts.folders_of(self.session), self.session.parameters.recursive
        return Lookout(self.parts.folders, self.parts.library.presence, walked, below=below)

    def _record(self, result: Result) -> None:
        """Commits one result, and tells it."""
        self._commit(result)
        self._tell()

    def _commit(self, result: Result) -> None:
        """Commits one result; it is counted when it is told."""
        parts, session = self.parts, self.session
        crash_point("answered")
        self.session = session = replace(session, current_started_at=None)  # what is slow from here on is not the file
        parts.store.check_lock()
        if isinstance(result, Failure):
            if result.cause in _PERHAPS_THE_DISK:
                self.guard.check()
            result = replace(result, version=self.recipe.versions[result.stage])
        elif result.picture is not None:
            parts.store.save_thumbnail(result.identity.sha256, result.picture.webp)
            crash_point("thumbnail_saved")
        commit = partial(
            parts.library.commit_single_file_to_database,
            session.session_id,
            result,
            nsfw_threshold=session.parameters.nsfw_threshold,
            look=partial(self.lookout.look, result.file),
        )
        self._untold = self._patiently(commit)
        self.session = session  # without what was said of waiting
        crash_point("committed")

    def _tell(self) -> None:
        """Counts and tells what was committed last, if that was not yet done, and which file is at work now."""
        event, self._untold = self._untold, None
        if event is not None:
            self.session = self.session.advance(event)
        current = self.turns.current
        if event is not None or (current is not None and current.shown != self.session.current_file):
            self._show()
        if event is not None:
            crash_point("told")
            self.parts.store.append_to_journal(event)
            crash_point("journal_written")
            self._save()
            crash_point("session_saved")

    def _patiently(self, write: Callable[[], T]) -> T:
        """What `write` gives; while another program holds the database's lock it is tried again. Raises Stopped."""
        began = time.monotonic()

        def beat() -> None:
            self.session = replace(self.session, activity="waiting for another program to give the database free")
            self._live()
            if self.control.stop is not None and time.monotonic() - began > STOP_SECONDS:
                raise Stopped

        return patiently(write, beat=beat)

    def _show(self) -> None:
        """Says which file is at work, or comes next."""
        current = self.turns.current
        self.session = self.session.at_work_on(current.shown if current else None, now())
        self.publish(self.session)

    def _preparing(self, activity: str | None) -> None:
        """Says what is being prepared; None when nothing is any more."""
        if activity != self.session.activity:
            self.session = replace(self.session, activity=activity)
            self.publish(self.session)
        self._live()

    def _live(self) -> None:
        """Shows that the session is alive. Raises Stopped where that must end at once."""
        if self.control.at_once:
            raise Stopped
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
