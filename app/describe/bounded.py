"""The body of an answer, of which no more is read than an answer has: a server may send without end."""

from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpx2 import AsyncByteStream

MOST_BYTES = 4 * 2**20
"""Of an answer; one that is longer ends there, and is no JSON any more."""


def bounded(stream: "AsyncByteStream") -> "AsyncByteStream":
    """The beginning of a stream. Needs the package of the extra `describe`."""
    return _kind()(stream)


@cache
def _kind() -> "Callable[[AsyncByteStream], AsyncByteStream]":
    from httpx2 import AsyncByteStream

    class Bounded(AsyncByteStream):
        def __init__(self, stream: AsyncByteStream) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            left = MOST_BYTES
            async for piece in self._stream:
                yield piece[:left]
                left -= len(piece)
                if left <= 0:
                    return

        async def aclose(self) -> None:
            await self._stream.aclose()

    return Bounded
