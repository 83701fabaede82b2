"""Runs the analysis of one file after another, here or in worker processes that can be killed.

Both executors keep the same promise: results come in the order of the jobs, with one worker a job is begun when the
result before it has been dealt with, and closing the iterator stops the rest. `None` between results means "at work":
it comes before each result, once the next jobs are begun, and while a result takes long. The caller may stop then.
"""

import contextlib
import fcntl
import math
import multiprocessing
import os
import resource
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from pebble import CONSTS, ProcessExpired, ProcessFuture, ProcessPool

from app.crash_points import crash_point
from app.errors import NeedsAttention
from app.media import Analysis, Failure, Job, Kind, Stage
from app.own_process import die_with_parent

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Task: TypeAlias = Callable[[Job], Analysis | Failure]
Result: TypeAlias = Analysis | Failure
Results: TypeAlias = Generator[Result | None, None, None]

HEARTBEAT_SECONDS = 0.5
GRACE_SECONDS = 4.0  # beyond a file's limit, after which the pool itself must have lost it
CONSTS.channel_lock_timeout = 1.0  # here and in each worker: one that is killed with the lock would hold it for ever
_OUT_OF_TIME = -signal.SIGXCPU
TASKS_PER_WORKER = 2_000  # a worker is replaced after so many files: leaks of native decoders stay small
BYTES_PER_EXTRA_SECOND = 20_000_000


class Executor(Protocol):
    """Runs a task over jobs."""

    def map(self, task: Task, jobs: Iterable[Job], *, workers: int | None = None) -> Results:
        """The results in the order of the jobs; None before each of them, and every half second that one takes."""

    def close(self) -> None:
        """Ends every worker at once."""


class SerialExecutor:
    """The task in this process, one job at a time: no limits, no heartbeat. For tests and debugging."""

    def map(self, task: Task, jobs: Iterable[Job], *, workers: int | None = None) -> Results:
        """The results one by one; `workers` is not asked."""
        del workers
        for job in jobs:
            yield None
            yield task(job)

    def close(self) -> None:
        """Has nothing to end."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost: seconds by kind (plus 1 s for each 20 MB), address space in MiB.

    The seconds are those of the wall, kept by the server, and a second more of the processor, kept by the kernel.
    """

    image_seconds: float = 30.0
    video_seconds: float = 120.0
    memory_mb: int = 1536

    def seconds_for(self, job: Job) -> float:
        """The time for one job, in seconds."""
        seconds = self.video_seconds if job.file.kind is Kind.VIDEO else self.image_seconds
        return seconds + job.file.size / BYTES_PER_EXTRA_SECOND


class PoolExecutor:
    """The task in worker processes, forked from a clean server process that has imported `preload` once.

    A worker that crashes or overruns its limits is replaced. Its file becomes a Failure: at once after a limit, after a
    crash at the second time. Workers die with this process. `prepare` runs once in each worker before its first file.
    """

    def __init__(self, workers: int, limits: Limits, prepare: Callable[[], None], preload: list[str]) -> None:
        self._workers = workers
        self._limits = limits
        self._prepare = prepare
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(preload)
        self._life, self._never_written = self._context.Pipe(duplex=False)  # its end is the end of this process
        self._pool: ProcessPool | None = None
        self._pool_size = 0
        self._changing = threading.RLock()

    def map(self, task: Task, jobs: Iterable[Job], *, workers: int | None = None) -> Results:
        """The results in the order of the jobs.

        One worker begins a file only when the one before it has been dealt with, so that a kill finds one file begun;
        several have one more job begun than they are.
        """
        size = workers or self._workers
        most = 1 if size == 1 else size + 1
        waiting: deque[_Begun] = deque()
        jobs = iter(jobs)
        try:
            while True:
                while len(waiting) < most and (job := next(jobs, None)) is not None:
                    waiting.append(self._submit(task, job, size))
                if not waiting:
                    return
                yield None  # what the caller has to do besides is done while the workers work
                first = waiting[0]
                if not first.settled() and not self._overdue(first):
                    continue
                if (again := self._again(task, first, size)) is not None:
                    waiting[0] = again
                else:
                    waiting.popleft()
                    if waiting:  # only now it is sure to have a worker: until then it may have stood in line
                        waiting[0] = replace(waiting[0], at=time.monotonic())
                    yield self._result(first)
        finally:
            for begun in waiting:
                begun.future.cancel()

    def _overdue(self, begun: "_Begun") -> bool:
        """Whether a job never came to a worker, or its end never came back; its pool is given up then."""
        if begun.seconds() <= self._limits.seconds_for(begun.job) + GRACE_SECONDS:
            return False
        self.close()
        return True

    def _again(self, task: Task, begun: "_Begun", size: int) -> "_Begun | None":
        """The same job once more, where it was lost with its pool or its worker; None where there is a result to tell.

        Raises NeedsAttention if no worker can be started.
        """
        if begun.lost and not begun.again:
            return replace(self._submit(task, begun.job, size), again=True)
        if begun.lost and not self._overdue(begun):
            raise NeedsAttention("The analysis processes cannot be started here.", cause="workers_cannot_start")
        if begun.died and not begun.died_before:  # perhaps not of this file: memory may have been short
            if size == 1:
                self.close()  # it may have died with a lock in its hands
            return replace(self._submit(task, begun.job, size), died_before=True)
        return None

    def call(self, task: Task, job: Job) -> Result:
        """One job, now: its result or a Failure."""
        begun = self._submit(task, job, None)
        while not begun.settled():
            continue
        return self._result(begun)

    def _submit(self, task: Task, job: Job, size: int | None) -> "_Begun":
        """Begins a job in a pool of this size; None takes the pool as it is."""
        with self._changing:
            size = size or self._pool_size or self._workers
            with contextlib.suppress(BrokenProcessPool, RuntimeError):
                return self._schedule(task, job, size)
            self.close()  # an idle worker was killed: pebble gives the whole pool up, a new one takes over
            return self._schedule(task, job, size)

    def _schedule(self, task: Task, job: Job, size: int) -> "_Begun":
        pool, seconds = self._pool_of(size), self._limits.seconds_for(job)
        begun = _Begun(job, pool.schedule(within_limits, args=(task, seconds, job), timeout=seconds), pool)
        crash_point("begun")
        return begun

    def _pool_of(self, size: int) -> ProcessPool:
        if self._pool is not None and (self._pool_size != size or not self._pool.active):
            self.close()
        if self._pool is None:
            self._pool_size = size
            self._pool = ProcessPool(
                max_workers=size,
                max_tasks=TASKS_PER_WORKER,
                initializer=start_worker,
                initargs=(self._prepare, self._limits.memory_mb, self._life),
                context=self._context,
            )
        return self._pool

    def _result(self, begun: "_Begun") -> Result:
        """The result of a job, or why its worker gave none."""
        job = begun.job
        if begun.lost:
            if self._overdue(begun):
                return self._timed_out(job)
            return failed(job, "decoder_crashed", "The decoder crashed on this file.")
        try:
            return begun.future.result()
        except FutureTimeout:
            return self._timed_out(job)
        except ProcessExpired as error:
            if error.exitcode == _OUT_OF_TIME:
                return self._timed_out(job)
            return failed(job, "decoder_crashed", f"The decoder crashed on this file ({_exit_words(error.exitcode)}).")
        except MemoryError:
            megabytes = self._limits.memory_mb
            return failed(job, "decoder_memory", f"Decoding the file needs more than {megabytes} MB of memory.")
        except Exception as error:  # noqa: BLE001 - a fault of ours must name itself, and must not stop the session
            return failed(job, "internal_error", f"Media Ingest failed on this file: {type(error).__name__}: {error}.")

    def _timed_out(self, job: Job) -> Failure:
        seconds = self._limits.seconds_for(job)
        return failed(
            job, "decoder_timeout", f"Reading the file took longer than {seconds:.0f} s; the worker was stopped."
        )

    def close(self) -> None:
        """Ends every worker at once."""
        with self._changing:
            if self._pool is not None:
                self._pool.stop()
                self._pool.join()
                self._pool = None


@dataclass(frozen=True, slots=True)
class _Begun:
    """A job that a pool was given.

    `again` once an earlier pool was given up with the job in it, `died_before` once a worker died with it. `at` is the
    monotonic time since when it has, or should have, a worker.
    """

    job: Job
    future: "ProcessFuture[Result]"
    pool: ProcessPool
    again: bool = False
    died_before: bool = False
    at: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        """How long the job has, or should have, had a worker."""
        return time.monotonic() - self.at

    def settled(self) -> bool:
        """Waits half a second for the answer; also true when the pool was given up, and none will come."""
        return bool(wait([self.future], timeout=HEARTBEAT_SECONDS).done) or not self.pool.active

    @property
    def lost(self) -> bool:
        """Whether a settled job has no answer because of its pool: most likely another worker was killed."""
        if not self.future.done() or self.future.cancelled():
            return True
        return self._ended_by(BrokenProcessPool)

    @property
    def died(self) -> bool:
        """Whether a settled job has no answer because its own worker died, though it kept within its limits."""
        if not self.future.done() or not self._ended_by(ProcessExpired):
            return False
        return getattr(self.future.exception(), "exitcode", None) != _OUT_OF_TIME

    def _ended_by(self, kind: type[BaseException]) -> bool:
        return not self.future.cancelled() and isinstance(self.future.exception(), kind)


def within_limits(task: Task, seconds: float, job: Job) -> Result:
    """The task in a worker, with so many seconds of processor time: the kernel ends it even if the server hangs."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds + 1)  # the wall's limit comes first where there is one
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
    try:
        return task(job)
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def failed(job: Job, cause: str, reason: str) -> Failure:
    """A file whose worker gave no answer; the shared decode is what can hang or crash, where it was asked for."""
    asked = job.stale or job.wanted  # of a file that is known, only what is stale was to run
    stage = next((stage for stage in (Stage.THUMBNAIL, Stage.NSFW) if stage in asked), Stage.IDENTIFY)
    return Failure(job.file, stage, cause, reason)


def _exit_words(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def start_worker(prepare: Callable[[], None], memory_mb: int, life: "Connection[Any, Any]") -> None:
    """Runs first in each worker: it dies with its parents and at a SIGTERM, and may not grow beyond its limit."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with(life)
    die_with_parent(os.getppid())
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20, memory_mb * 2**20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prepare()


def _die_with(life: "Connection[Any, Any]") -> None:
    """Lets the kernel end this process when the other end of a pipe closes, even in the middle of native code.

    The fork server outlives the program while a worker is busy, so its death says nothing. Each process needs an
    opening of the pipe of its own: who is signalled belongs to the opening.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    own = os.open(f"/proc/self/fd/{life.fileno()}", os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(own, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(own, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)
    if life.poll():
        os._exit(1)
