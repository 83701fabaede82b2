"""Politeness to one provider: how many requests at once, how many a minute, and how long to stay away.

One for each provider, shared by all that ask it in one event loop.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

WAIT_SECONDS = 60.0
"""The most that is waited for a provider that asks for it, about one picture, in all."""
FIRST_WAIT_SECONDS = 1.0
"""How long the first wait is where nobody says; each after it is twice as long."""


def asked_to_wait(retry_after: str | None, now: datetime) -> float | None:
    """Seconds that a header Retry-After asks for, as a number or an HTTP date; None where it says nothing sensible.

    Source: RFC 9110, 10.2.3.
    """
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            when = parsedate_to_datetime(retry_after)
        except (ValueError, OverflowError):
            return None
        seconds = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def next_wait(tried: int, waited: float, asked: float | None = None) -> float | None:
    """Seconds to wait after the `tried`-th request that failed; None where that is more than is ever waited.

    `waited` are the seconds that were waited so far, `asked` what the provider asks for: never less than our own.
    """
    own = FIRST_WAIT_SECONDS * 2.0 ** min(tried - 1, 20)
    wait = own if asked is None else max(asked, FIRST_WAIT_SECONDS)
    return wait if waited + wait <= WAIT_SECONDS else None


class Manners:
    """Turns at one provider. `clock` and `sleep` are those of the event loop, unless a test has its own."""

    def __init__(
        self,
        concurrency: int = 1,
        requests_per_minute: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._turns = asyncio.Semaphore(concurrency)
        self._apart = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self._clock, self._sleep = clock, sleep
        self._next = self._clock() + self._apart  # another session, or another process, may just have asked

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits until one more request may be sent, and holds that place within."""
        async with self._turns:
            while (wait := self._next - self._clock()) > 0:  # which another's hold_off may have made longer meanwhile
                await self._sleep(wait)
            self._next = self._clock() + self._apart
            yield

    def hold_off(self, seconds: float) -> None:
        """Lets nobody begin a request for so many seconds."""
        self._next = max(self._next, self._clock() + seconds)
