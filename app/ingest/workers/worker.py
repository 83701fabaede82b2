"""What a worker process does, and what one file may cost it.

It answers job after job until nobody can give it another. Whatever goes wrong in a task becomes a Failure here; what
ends the process is seen by the other side, which has the other ends of its pipes.
"""

import contextlib
import fcntl
import math
import os
import pickle
import resource
import signal
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from app.formats import Kind
from app.media import Analysis, Failure, Job, Stage
from app.own_process import die_with_parent

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Task: TypeAlias = Callable[[Job], Analysis | Failure]
Result: TypeAlias = Analysis | Failure

BYTES_PER_EXTRA_SECOND = 20_000_000
LENGTH = struct.Struct("!Q")
_MEMORY = "decoder_memory"
_ENDS = {
    "decoder_timeout": "the picture took too long",
    _MEMORY: "the picture needed more memory than a worker may have",
    "decoder_crashed": "the worker crashed",
}
"""How a worker comes to its limits at a picture."""
OUT_OF_TIME = -signal.SIGXCPU
"""How a worker ends that has used up its processor time."""


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


def failed(job: Job, cause: str, reason: str) -> Failure:
    """A file whose worker gave no answer; the shared decode is what can hang or crash, where it was asked for."""
    asked = job.stale or job.wanted  # of a file that is known, only what is stale was to run
    of_pixels = (Stage.THUMBNAIL, Stage.NSFW, Stage.BARCODES, Stage.DETECT, Stage.DESCRIBE)
    stage = next((stage for stage in of_pixels if stage in asked), Stage.IDENTIFY)
    return Failure(job.file, stage, cause, reason)


def detects(job: Job) -> bool:
    """Whether a worker may load the detector for a job, if there is one."""
    return job.without_detector is None and Stage.DETECT in job.wanted | job.stale


def without_detector(job: Job, result: Result) -> Job | None:
    """The job once more without the detector, where that may be why a worker came to its limits; else None."""
    if not detects(job) or job.file.kind is Kind.VIDEO:
        return None
    if isinstance(result, Failure):
        ended = result.cause if result.cause in _ENDS else None
    else:
        ended = next((each.cause for each in result.stages.values() if each.cause == _MEMORY), None)
    if ended is None:
        return None
    failure = Failure(job.file, Stage.DETECT, ended, f"The detector was left out, for with it {_ENDS[ended]}.")
    return replace(job, without_detector=failure)


def serve(
    jobs: "Connection[Any, Any]",
    answers: "Connection[Any, Any]",
    life: "Connection[Any, Any]",
    prepare: Callable[[], None],
    memory_mb: int,
) -> None:
    """The life of a worker: says why it cannot start, or an empty text, then answers `(task, seconds, job)`.

    Before each word stands its length, as `LENGTH`: the other side takes it in pieces and never waits for one.
    """
    with contextlib.suppress(EOFError), open(answers.fileno(), "wb", closefd=False) as out:

        def say(word: bytes) -> None:
            out.write(LENGTH.pack(len(word)))
            out.write(word)
            out.flush()

        try:
            start_worker(prepare, memory_mb, life)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody has to hear of it
            say(pickle.dumps(f"{type(error).__name__}: {error}"))
            return
        say(pickle.dumps(""))
        while True:
            task, seconds, job = pickle.loads(jobs.recv_bytes())  # noqa: S301 - from the program that started this one
            say(_answer(task, seconds, job, memory_mb))


def _answer(task: Task, seconds: float, job: Job, memory_mb: int) -> bytes:
    """The result of a task, ready to be sent."""
    try:
        return pickle.dumps(within_limits(task, seconds, job))
    except MemoryError:
        sentence = f"Decoding the file needs more than {memory_mb} MB of memory."
        return pickle.dumps(failed(job, _MEMORY, sentence))
    except Exception as error:  # noqa: BLE001 - a fault of ours must name itself, and must not stop the session
        sentence = f"Media Ingest failed on this file: {type(error).__name__}: {error}."
        return pickle.dumps(failed(job, "internal_error", sentence))


def within_limits(task: Task, seconds: float, job: Job) -> Result:
    """The task in a worker, with so many seconds of processor time: the kernel ends it even if the server hangs."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds + 1)  # the wall's limit comes first where there is one
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
    try:
        return task(job)
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def start_worker(prepare: Callable[[], None], memory_mb: int, life: "Connection[Any, Any]") -> None:
    """Runs first in each worker: it dies with its parents and at a SIGTERM, and may not grow beyond its limit."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which lets the file at work be finished
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
