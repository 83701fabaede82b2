"""Limits of time in seconds of a machine at its full pace: on one that runs slower they are as much longer."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

_ROUNDS, _FULL_PACE_SECONDS = 200_000, 0.012  # what a present processor takes for them

T = TypeVar("T")


def within(seconds: float, work: Callable[[], T], tries: int = 40) -> T:
    """What `work` gives at the first try that is done in so many seconds by the wall clock.

    For what another process does, whose time this one does not have. Load delays some tries; what is slow, all of them.
    """
    passed = []
    while len(passed) < tries:
        began = time.monotonic()
        given = work()
        passed.append(time.monotonic() - began)
        if passed[-1] < seconds:
            return given
    raise AssertionError(f"{min(passed):.3f} s passed at the quickest of {tries} tries, {seconds} s are allowed")


@contextmanager
def at_most(seconds: float, clock: Callable[[], float] = time.process_time) -> Iterator[None]:
    """Fails if what is done within takes longer: of the processor's time, unless another clock is given.

    A shared machine may run at a fraction of its pace. How slow it is is only measured where the limit is passed. What
    other tests have left is not collected meanwhile: to look through all of it takes longer than most limits.
    """
    gc.disable()
    try:
        began = clock()
        yield
        passed = clock() - began
    finally:
        gc.enable()
    assert passed < seconds or passed < seconds * slowness(clock), (
        f"{passed:.3f} s passed, at most {seconds} s are allowed"
    )


def slowness(clock: Callable[[], float]) -> float:
    """How many times as long as a machine at its full pace this one takes now, by that clock."""
    began, numbers = clock(), {}
    for number in range(_ROUNDS):
        numbers[str(number & 1023)] = number
    return (clock() - began) / _FULL_PACE_SECONDS
