"""Runs the analysis of one file after another, in worker processes that can be killed.

Results come in the order of the jobs; with one worker a job is begun when the result before it has been dealt with, and
closing the iterator stops the rest. `None` between results means "at work": it comes before each result, once the next
jobs are begun, and every half second that a result takes. The caller may stop then.
"""

import contextlib
import fcntl
import multiprocessing
import os
import pickle
import select
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext
from typing import TYPE_CHECKING, Any, TypeAlias

from app.crash_points import crash_point
from app.errors import NeedsAttention
from app.ingest.workers.worker import (
    LENGTH,
    OUT_OF_TIME,
    Limits,
    Result,
    Task,
    detects,
    failed,
    serve,
    without_detector,
)
from app.media import Failure, Job

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Results: TypeAlias = Generator[Result | None, None, None]

HEARTBEAT_SECONDS = 0.5
GRACE_SECONDS = 4.0  # for a process to start, beyond the time of its first file, and to end
PIPE_BYTES = 2**20  # what a pipe holds, where the system allows it
PIECE_BYTES = 2**16  # of an answer, at a time
JOBS_PER_WORKER = 2_000  # a worker is replaced after so many files: leaks of native decoders stay small

_ending = threading.Lock()  # starting a process asks all others whether they have ended: one may tell its code once


class PoolExecutor:
    """The task in worker processes, forked from a clean server process that has imported `preload` once.

    A worker that crashes or overruns its limits is replaced. Its file becomes a Failure: at once after a limit, after a
    crash at the second time; where a detector was asked for, after one more try without it. Workers die with this
    process. `prepare` runs once in each worker before its first file.
    """

    def __init__(self, workers: int, limits: Limits, prepare: Callable[[], None], preload: list[str]) -> None:
        self._size = self._usual_size = workers
        self._limits = limits
        self._prepare = prepare
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(preload)
        self._life, self._never_written = self._context.Pipe(duplex=False)  # its end is the end of this process
        self._workers: list[_Worker] = []
        self._changing = threading.RLock()

    def map(self, task: Task, jobs: Iterable[Job], *, workers: int | None = None) -> Results:
        """The results in the order of the jobs. Raises NeedsAttention if no worker can be started.

        One worker begins a file only when the one before it has been dealt with, so that a kill finds one file begun;
        several have one more job begun than they are.
        """
        self._resize(workers or self._usual_size)
        most = 1 if self._size == 1 else self._size + 1
        waiting: deque[_Begun] = deque()
        jobs = iter(jobs)
        try:
            while True:
                while len(waiting) < most and (job := next(jobs, None)) is not None:
                    waiting.append(self._begin(task, job))
                if not waiting:
                    return
                yield None  # what the caller has to do besides is done while the workers work
                first = waiting[0]
                first.worker.attend(first, HEARTBEAT_SECONDS)
                if not first.ended:
                    continue
                if (again := self._again(task, first)) is not None:
                    waiting[0] = again
                else:
                    waiting.popleft()
                    yield first.outcome()
        finally:
            for begun in waiting:
                if not begun.ended:
                    begun.worker.stop()

    def call(self, task: Task, job: Job) -> Result:
        """One job, now: its result or a Failure. Raises NeedsAttention if no worker can be started."""
        begun = self._begin(task, job)
        while True:
            begun.worker.attend(begun, HEARTBEAT_SECONDS)
            if begun.ended:
                again = self._again(task, begun)
                if again is None:
                    return begun.outcome()
                begun = again

    def close(self) -> None:
        """Ends every worker at once."""
        with self._changing:
            for worker in self._workers:
                worker.stop()
            self._workers = []

    def _resize(self, size: int) -> None:
        with self._changing:
            if size != self._size:
                self.close()
                self._size = size

    def _begin(self, task: Task, job: Job, before: "_Begun | None" = None) -> "_Begun":
        """Gives a job to the worker that will come to it first."""
        with self._changing:
            begun = self._next_worker(job).give(task, job, before)
        crash_point("begun")
        return begun

    def _next_worker(self, job: Job) -> "_Worker":
        """A worker that has had a detector is for others with one: what it takes is lacking in decoding."""
        detected = detects(job)
        for worker in self._workers:
            worker.catch_up()
            spent = worker.given >= JOBS_PER_WORKER or (worker.detects and not detected)
            if spent and not worker.jobs_ahead:
                worker.stop()
        self._workers = [worker for worker in self._workers if not worker.ended]
        for worker in self._workers[self._size :]:
            if not worker.jobs_ahead:
                worker.stop()
        usable = [worker for worker in self._workers if not worker.ended and (detected or not worker.detects)]
        next_free = min(usable, key=lambda worker: (worker.jobs_ahead, worker.since), default=None)
        if next_free is not None and (not next_free.jobs_ahead or len(self._workers) >= self._size):
            return next_free
        try:
            new = _Worker(self._context, self._limits, self._prepare, self._life)
        except (OSError, EOFError) as error:
            raise _cannot_start(str(error)) from error
        self._workers.append(new)
        return new

    def _again(self, task: Task, begun: "_Begun") -> "_Begun | None":
        """A second task for a job that did not have its chance; None where its outcome is known."""
        if begun.result is not None or begun.deaths > 1:  # at the first crash, memory may have been short
            left = without_detector(begun.job, begun.outcome())
            return self._begin(task, left) if left else None
        if begun.unstarted > 1:
            raise _cannot_start(begun.worker.complaint)
        return self._begin(task, begun.job, begun)


def _cannot_start(why: str) -> NeedsAttention:
    sentence = "The analysis processes cannot be started here"
    return NeedsAttention(f"{sentence}: {why.rstrip('.')}." if why else f"{sentence}.", cause="workers_cannot_start")


@dataclass(slots=True, eq=False)
class _Begun:
    """A job that a worker was given, and what became of it.

    At its end it has a `result`, or the `exit_code` of the worker that ended at it, or it is `lost`: its worker ended
    without having come to it. `before` is the try before this one.
    """

    job: Job
    worker: "_Worker"
    before: "_Begun | None" = None
    result: Result | None = None
    exit_code: int | None = None
    lost: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.lost or self.result is not None or self.exit_code is not None

    @property
    def deaths(self) -> int:
        """How many workers have ended at the job."""
        return (self.exit_code is not None) + (self.before.deaths if self.before else 0)

    @property
    def unstarted(self) -> int:
        """How many workers in turn could not even start with it; one that was stopped might have."""
        if self.worker.started:
            return 0
        return (not self.worker.stopped) + (self.before.unstarted if self.before else 0)

    def outcome(self) -> Result:
        """The result of a job that has ended, or why its worker gave none."""
        if self.result is not None:
            return self.result
        reason = f"The decoder crashed on this file ({_exit_words(self.exit_code)})."
        return failed(self.job, "decoder_crashed", reason)


class _Worker:
    """This side of one worker process, which has two pipes of its own and shares nothing with the others.

    So whichever way it ends, its pipe says so, and the first job without an answer is the one that it ended at. Any
    thread may give it jobs and attend to them; one at a time hears what it says, for all of them.
    """

    def __init__(
        self, context: ForkServerContext, limits: Limits, prepare: Callable[[], None], life: "Connection[Any, Any]"
    ) -> None:
        """Starts the process. Raises OSError, EOFError if the system will not have it."""
        self._limits = limits
        self._giving, self._hearing = threading.Lock(), threading.Lock()
        self._given: deque[_Begun] = deque()
        self._said = bytearray()  # the beginning of a word that has not come whole
        self._blameless = False  # whether its end is not held against the job at the head
        self.since = time.monotonic()  # when the job at the head had its turn
        self.given = 0
        self.ended = self.started = self.stopped = self.detects = False
        self.complaint = ""
        jobs, self._jobs = context.Pipe(duplex=False)
        self._answers, answers = context.Pipe(duplex=False)
        with jobs, answers:
            for pipe in (jobs, answers):  # else both sides might wait for room, each for the other
                with contextlib.suppress(OSError):
                    fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            arguments = (jobs, answers, life, prepare, limits.memory_mb)
            self._process = context.Process(target=serve, args=arguments, daemon=True)
            with _ending:
                self._process.start()
        self._poll = select.poll()
        self._poll.register(self._answers, select.POLLIN)

    @property
    def jobs_ahead(self) -> int:
        """How many jobs it still has to answer."""
        return len(self._given)

    def give(self, task: Task, job: Job, before: _Begun | None) -> _Begun:
        """Begins a job, after those that were given before; it is lost if the worker has ended meanwhile."""
        begun, message = _Begun(job, self, before), pickle.dumps((task, self._limits.seconds_for(job), job))
        with self._giving:
            if not self.ended:
                if not self._given:
                    self.since = time.monotonic()
                self._given.append(begun)
                self.given += 1
                self.detects |= detects(job)
                with contextlib.suppress(OSError):
                    self._jobs.send_bytes(message)
                    return begun
        self._lose()
        if not begun.ended:
            begun.lost = True
        return begun

    def attend(self, begun: _Begun, seconds: float) -> None:
        """Waits for a job's end, so many seconds at most."""
        until = time.monotonic() + seconds
        if self._hearing.acquire(timeout=seconds):
            try:
                while not begun.ended and (left := until - time.monotonic()) > 0:
                    self._hear(left)
            finally:
                self._hearing.release()

    def catch_up(self) -> None:
        """Hears what the worker has said already, unless somebody else does."""
        if self._hearing.acquire(blocking=False):
            try:
                while not self.ended and self._given and self._poll.poll(0):
                    self._hear(0)
            finally:
                self._hearing.release()

    def stop(self) -> None:
        """Ends the process at once; the jobs that it has not answered are lost."""
        self.stopped = True
        self._lose()

    def _lose(self) -> None:
        self._blameless = True
        self._kill()
        with self._hearing:
            if not self.ended:
                self._bury()

    def _kill(self) -> None:
        """Ends the process, unless it has: its number may be another one's by now."""
        if not self.ended and not wait([self._process.sentinel], 0):
            self._process.kill()

    def _hear(self, seconds: float) -> None:
        """Hears the next piece of what the worker says, or sees its end, or ends it where its time is over."""
        head = self._given[0].job
        until = self.since + self._limits.seconds_for(head) + (0 if self.started else GRACE_SECONDS)
        left = until - time.monotonic()
        if self._poll.poll(1000 * max(0.0, min(seconds, left))):
            if not self._heard():
                self._bury()
        elif left <= seconds:
            self._kill()
            self._bury(overran=True)

    def _heard(self) -> bool:
        """Takes what the worker has said by now, False if there will be no more."""
        piece = os.read(self._answers.fileno(), PIECE_BYTES)
        self._said += piece
        while len(self._said) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(self._said)[0]
            if len(self._said) < end:
                break
            self._take(bytes(self._said[LENGTH.size : end]))
            del self._said[:end]
        return bool(piece)

    def _take(self, word: bytes) -> None:
        """Takes a whole word: how the start went, or the answer to the job at the head."""
        self.since = time.monotonic()
        if not self.started:
            self.complaint = pickle.loads(word)  # noqa: S301 - of our own worker
            self.started = not self.complaint
            return
        begun = self._given.popleft()
        try:
            begun.result = pickle.loads(word)  # noqa: S301 - of our own worker
        except Exception as error:  # noqa: BLE001 - a fault of ours must name itself, and shift no answer
            reason = f"Media Ingest failed on this file: {type(error).__name__}: {error}."
            begun.result = failed(begun.job, "internal_error", reason)

    def _bury(self, *, overran: bool = False) -> None:
        """Says of every job without an answer what became of it: the first one is what the worker ended at."""
        head = self._given[0] if self._given else None
        with _ending:
            self._process.join(GRACE_SECONDS)
            if self._process.exitcode is None:  # it has only closed its end of the pipe
                self._process.kill()
                self._process.join(GRACE_SECONDS)
        while self._poll.poll(0) and self._heard():
            continue  # what it said last still counts
        with self._giving:
            self.ended = True
            left, code = list(self._given), self._process.exitcode
            self._given.clear()
            self._jobs.close()
        self._answers.close()
        for begun in left:
            if begun is not head or self._blameless or not self.started:
                begun.lost = True
            elif overran or code == OUT_OF_TIME:
                begun.result = self._timed_out(begun.job)
            else:
                begun.exit_code = -signal.SIGKILL if code is None else code

    def _timed_out(self, job: Job) -> Failure:
        seconds = self._limits.seconds_for(job)
        reason = f"Reading the file took longer than {seconds:.0f} s; the worker was stopped."
        return failed(job, "decoder_timeout", reason)


def _exit_words(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
