"""The body of an answer, of which no more is read than an answer has: a server may send without end.

Imported only where something is asked, for it needs the package of the extra `describe`.
"""

from collections.abc import AsyncIterator

import httpx2

MOST_BYTES = 4 * 2**20
"""Of an answer; one that is longer ends there, and is no JSON any more."""


class Bounded(httpx2.AsyncByteStream):
    """The beginning of a stream."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Its pieces, until there are too many."""
        left = MOST_BYTES
        async for piece in self._stream:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    async def aclose(self) -> None:
        """Ends the whole stream."""
        await self._stream.aclose()
