"""Tasks for the executors. Worker processes import this module by its name, so it imports little."""

import os
import signal
import threading

from app.media import Failure, Job, Stage


def prepare() -> None:
    """What a worker does before its first file: nothing."""


def cannot_prepare() -> None:
    """What a worker does that cannot start."""
    raise RuntimeError("a library is missing here")


def never_prepared() -> None:
    """What a worker does that hangs before its first file."""
    threading.Event().wait()


def _die_the_first_time(path: bytes, how: signal.Signals = signal.SIGKILL) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), how)


def by_name(job: Job) -> Failure:
    """Does what the file's name says; the answer carries the worker's process id as its reason."""
    name = job.file.name
    if name.startswith(b"crash"):
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith(b"once"):
        _die_the_first_time(job.file.path)
    if name.startswith(b"processor"):
        _die_the_first_time(job.file.path, signal.SIGXCPU)
    if name.startswith(b"segfault"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if name.startswith(b"exit"):
        os._exit(3)
    if name.startswith((b"nap", b"hang")):
        threading.Event().wait(0.8 if name.startswith(b"nap") else None)
    if name.startswith(b"memory"):
        bytearray(4 << 30)
    if name.startswith(b"fault"):
        raise ValueError("a fault of ours")
    if name.startswith(b"fifo"):  # says that it has begun, then never ends
        with open(job.file.path, "w", encoding="ascii") as begun:
            begun.write(str(os.getpid()))
        threading.Event().wait()
    return Failure(job.file, Stage.IDENTIFY, "answered", str(os.getpid()))
