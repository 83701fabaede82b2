"""A second of processor time, on whatever machine: limits are meant for one that runs at its full pace."""

import time

_ROUNDS, _FULL_PACE_SECONDS = 200_000, 0.012  # what a present processor takes for them


def within_a_second(began: float) -> bool:
    """Whether less than a second has passed since `began`, by `time.process_time()`.

    A shared machine may run at a fraction of its pace: where it does, the second is as much longer, as measured now.
    """
    passed = time.process_time() - began
    return passed < 1 or passed < _slowness()


def _slowness() -> float:
    began, numbers = time.process_time(), {}
    for number in range(_ROUNDS):
        numbers[str(number & 1023)] = number
    return (time.process_time() - began) / _FULL_PACE_SECONDS
