"""Tasks for the executors. Worker processes import this module by its name, so it imports little."""

import os
import signal
import threading
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

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


class _Unreadable:
    """Is written, and cannot be read again."""

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return int, ("no number",)


def by_name(job: Job) -> Failure:
    """Does what the file's name says; the answer carries the worker's process id as its reason."""
    for start, does in _DEEDS.items():
        if job.file.name.startswith(start):
            does(job)
    return _SAID.get(job.file.name, _answered)(job)


def _die_of_detector(job: Job) -> None:
    if job.without_detector is None:
        os.kill(os.getpid(), signal.SIGXCPU if b"slow" in job.file.name else signal.SIGKILL)


def _answered(job: Job, reason: str = "") -> Failure:
    return Failure(job.file, Stage.IDENTIFY, "answered", reason or str(os.getpid()))


def _unreadable(_job: Job) -> Any:
    return _Unreadable()


def _large(job: Job) -> Failure:
    return _answered(job, "x" * 5_000_000)


def _stalling(job: Job) -> Failure:
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGSTOP)).start()
    return _answered(job, "x" * 300_000_000)


def _fault(_job: Job) -> NoReturn:
    raise ValueError("a fault of ours")


def _begin_for_ever(job: Job) -> None:
    """Says that it has begun, then never ends."""
    with open(job.file.path, "w", encoding="ascii") as begun:
        begun.write(str(os.getpid()))
    threading.Event().wait()


_DEEDS: Mapping[bytes, Callable[[Job], object]] = {
    b"crash": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    b"once": lambda job: _die_the_first_time(job.file.path),
    b"processor": lambda job: _die_the_first_time(job.file.path, signal.SIGXCPU),
    b"segfault": lambda _: os.kill(os.getpid(), signal.SIGSEGV),
    b"detect": _die_of_detector,
    b"exit": lambda _: os._exit(3),
    b"nap": lambda _: threading.Event().wait(0.8),
    b"hang": lambda _: threading.Event().wait(),
    b"memory": lambda _: bytearray(4 << 30),
    b"fault": _fault,
    b"fifo": _begin_for_ever,
}
_SAID: Mapping[bytes, Callable[[Job], Failure]] = {
    b"unreadable.jpg": _unreadable,
    b"large.jpg": _large,
    b"stall.jpg": _stalling,
}
