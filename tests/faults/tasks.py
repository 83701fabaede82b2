"""A task that misbehaves where a file's name says so. Worker processes import this module, so it imports little."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from app.media import Analysis, Failure, Job

MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Misbehaving:
    """Another task, except for files named `segfault-`, `busy-`, `asleep-` or `memory-`.

    Each process that runs it leaves its process id as the name of a file in `workers`.
    """

    task: Callable[[Job], Analysis | Failure]
    workers: str

    def __call__(self, job: Job) -> Analysis | Failure:
        with open(os.path.join(self.workers, str(os.getpid())), "wb"):
            pass
        name = job.file.name
        if name.startswith(b"segfault-"):
            os.kill(os.getpid(), signal.SIGSEGV)
        if name.startswith(b"busy-"):
            spin()
        if name.startswith(b"asleep-"):
            threading.Event().wait()
        if name.startswith(b"memory-"):
            swallow()
        return self.task(job)


def spin() -> NoReturn:
    while True:
        pass


def swallow() -> NoReturn:
    """Takes memory until there is none."""
    swallowed = []
    while True:
        swallowed.append(bytes(64 * MEGABYTE))  # of zeros: asked for, and never touched
