"""A planned session at work: its files are taken in one at a time, each committed before the next is begun.

The order for each file is thumbnail, database, listeners, journal, session file: anything later in the chain may be
lost in a crash, never wrong. What follows the database is done while the next file is read.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial

from app.crash_points import crash_point
from app.errors import STILL_CHANGING, MediaIngestError, NeedsAttention
from app.ingest.run.describing import Describer, settled
from app.ingest.run.gone import count_missed, lookout, mark_missing
from app.ingest.run.planning import Planned
from app.ingest.run.run import HEARTBEAT_SECONDS, Run, Stopped
from app.ingest.run.turns import Turns
from app.ingest.session.state import MAX_DEATHS, Status
from app.ingest.workers.executor import Results
from app.ingest.workers.worker import Result, failed
from app.library.values import Event, now
from app.media import Analysis, Failure, FoundFile, Job, Stage, StageStatus
from app.texts import counted

_PERHAPS_THE_DISK = frozenset({"vanished", "unreadable"})  # what every file says whose disk has gone


class Running:
    """The jobs of a plan, as they are taken in."""

    def __init__(self, run: Run, planned: Planned) -> None:
        deaths = run.session.suspects
        self._run = run
        self._guard = planned.guard
        self._recipe = planned.recipe
        self._some_are_gone = planned.some_are_gone
        self._deadly = [job for job in planned.jobs if deaths and deaths.get(job.file.shown, 0) >= MAX_DEATHS]
        spared = (job for job in planned.jobs if job not in self._deadly)
        self._turns = Turns(spared, self._as_it_is_now, run.parts.settled_seconds, run.parts.clock)
        self._lookout = lookout(run)
        self._untold: Event | None = None  # of the file that was committed last
        self._shown: FoundFile | None = None
        self._describer: Describer | None = None

    def process(self) -> None:
        """Analyses and commits file after file until none is left. Raises Stopped where somebody says stop."""
        run = self._run
        run.move(Status.PROCESSING)
        run.log_stages("stage_start", {stage: {"total_files": run.session.total_files} for stage in Stage})
        for job in self._deadly:
            sentence = f"Media Ingest was killed {MAX_DEATHS} times while it read this file."
            self._record(failed(job, "server_died", sentence))
        self._show()
        self._take_turns()
        while self._turns.waiting and run.control.stop is None:
            self._wait_until_settled()
            for job in self._turns.begin_again():
                self._record(failed(job, STILL_CHANGING, "The file changed each time that it was to be read."))
            self._take_turns()
        if run.control.stop is not None and run.session.pending:
            raise Stopped

    def complete(self) -> None:
        """Ends the session if every file is answered for. Raises NeedsAttention if the sums do not close."""
        run, session = self._run, self._run.session
        faults = session.faults_of_the_sums(run.parts.library.outcomes(session.session_id))
        if faults:
            raise NeedsAttention(" ".join(faults), cause="sum_does_not_close")
        if self._some_are_gone:
            mark_missing(run, self._guard)
        run.session = replace(run.session, marked_missing=count_missed(run))
        run.log_stages("stage_complete", {stage: session.stages[stage.value].as_end() for stage in Stage})
        run.move(Status.COMPLETED)

    def _as_it_is_now(self, file: FoundFile) -> FoundFile | None:
        return self._run.parts.folders.found(file.place)

    def _take_turns(self) -> None:
        """Lets every file that has settled have its turn."""
        run = self._run
        active_before, began = run.session.active_seconds, time.monotonic()
        workers, analyze = run.session.parameters.workers, run.parts.analyzer(self._recipe)

        def active() -> float:
            return round(active_before + time.monotonic() - began, 3)

        with closing(self._described(run.parts.executor.map(analyze, self._jobs(), workers=workers))) as results:
            try:
                self._take_in(results, active)
            except NeedsAttention as trouble:
                self._await_answers(results, trouble)
                raise
            finally:
                run.session = replace(run.session, active_seconds=active())
                if self._untold is not None:
                    self._tell()
        if self._trouble is not None and run.control.stop is None:
            raise self._trouble

    def _take_in(self, results: Results, active: Callable[[], float]) -> None:
        """Commits result after result until none is left, or somebody says stop."""
        run = self._run
        for result in results:
            if result is None:
                run.session = replace(run.session, active_seconds=active())
            self._follow_descriptions()
            self._tell()
            if self._owes_answers:  # a server that dies while a provider is slow did not die of the file
                run.session = replace(run.session, current_started_at=None)
            if result is None:
                run.heartbeat()
            elif self._turns.end(result):
                self._commit(result)
            if run.control.at_once or (self._is_to_end and result is not None and not self._owes_answers):
                break

    def _described(self, results: Results) -> Results:
        """The results, with what a model says of the pictures where that is asked for."""
        request = self._run.session.parameters.describe
        if request is None or Stage.DESCRIBE in self._run.session.unavailable:
            yield from results
            return
        if self._describer is not None:  # of the files that had settled before
            self._describer.ledger.check()
        self._describer = Describer(self._run.parts, self._run.session, request)
        try:
            for _ in self._describer.catch_up():
                yield None
            with closing(results), closing(self._describer.describing.map(results)) as described:
                yield from described
        finally:
            self._run.session = settled(self._run.parts, self._run.session)

    def _await_answers(self, results: Results, trouble: NeedsAttention) -> None:
        """Waits for answers that are under way, because they are paid for; each is in the journal when it is there."""
        if self._describer is None:
            return
        self._describer.describing.stop(trouble)
        with contextlib.suppress(MediaIngestError, StopIteration):
            results.throw(trouble)
            while not self._run.control.at_once:
                self._run.heartbeat()
                next(results)

    def _follow_descriptions(self) -> None:
        """Tells how the descriptions stand; once somebody said stop, no more of them are asked for."""
        if self._describer is None:
            return
        run, ledger = self._run, self._describer.ledger
        run.session = replace(run.session, describe=self._describer.told(), activity=ledger.waits_for)
        if run.control.stop is not None:
            self._describer.describing.let_go()

    @property
    def _owes_answers(self) -> bool:
        """Whether there are files with descriptions to come, which are paid for."""
        return self._describer is not None and self._describer.describing.owes

    @property
    def _trouble(self) -> NeedsAttention | None:
        """What keeps files of descriptions from being written."""
        return None if self._describer is None else self._describer.trouble

    @property
    def _is_to_end(self) -> bool:
        """Whether no other file is to begin."""
        return self._run.control.stop is not None or self._trouble is not None

    def _jobs(self) -> Iterator[Job]:
        """The jobs in order, none once somebody said stop."""
        while not self._is_to_end and (job := self._turns.next()) is not None:
            yield job

    def _wait_until_settled(self) -> None:
        """Waits until a file that was put back may be read, or somebody says stop."""
        run, count = self._run, self._turns.waiting
        run.prepare(f"waiting for {counted(count, 'file')} to be written completely")
        until = time.monotonic() + self._turns.seconds_to_wait()
        while run.control.stop is None and (left := until - time.monotonic()) > 0:
            run.control.asked.wait(min(left, HEARTBEAT_SECONDS / 2))
            run.live()
        run.prepare(None)

    def _record(self, result: Result) -> None:
        """Commits one result, and tells it."""
        self._commit(result)
        self._tell()

    def _commit(self, result: Result) -> None:
        """Commits one result; it is counted when it is told."""
        run, parts = self._run, self._run.parts
        crash_point("answered")
        session = replace(run.session, current_started_at=None)  # what is slow from here on is not the file
        run.session = session
        parts.store.check_lock()
        if isinstance(result, Failure):
            if result.cause in _PERHAPS_THE_DISK:
                self._guard.check()
            result = replace(result, version=self._recipe.failure_version(result.stage))
        elif result.picture is not None:
            parts.store.save_thumbnail(result.identity.sha256, result.picture.webp)
            crash_point("thumbnail_saved")
        commit = partial(
            parts.library.commit_single_file_to_database,
            session.session_id,
            result,
            asked=session.parameters.wanted,
            nsfw_threshold=session.parameters.nsfw_threshold,
            look=partial(self._lookout.look, result.file),
            checkpoints=partial(session.checkpoints, interval=parts.progress_interval),
            models=self._recipe.models_in(
                [stage for stage, end in result.stages.items() if end.status is StageStatus.DONE]
            ),
        )
        self._untold = run.patiently(commit)
        run.session = session  # without what was said of waiting
        crash_point("committed")
        if self._describer is not None:
            run.session = replace(session, describe=self._describer.told())
            if isinstance(result, Analysis):
                self._describer.committed(result)

    def _tell(self) -> None:
        """Counts and tells what was committed last, if that was not yet done, and which file is at work now."""
        run, event, self._untold = self._run, self._untold, None
        if event is not None:
            run.session = run.session.advance(event)
        if event is not None or self._turns.current not in (None, self._shown):
            self._show()
        if event is not None:
            crash_point("told")
            run.parts.store.append_to_journal(event)
            crash_point("journal_written")
            run.save()
            crash_point("session_saved")

    def _show(self) -> None:
        """Says which file is at work, or comes next."""
        run, current = self._run, self._turns.current
        self._shown = current
        run.session = run.session.at_work_on(current.shown if current else None, now())
        run.publish(run.session)
