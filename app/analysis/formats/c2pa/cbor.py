"""Decodes CBOR (RFC 8949) as C2PA has it, within bounds: texts, numbers, lists and mappings; the rest is None."""

import struct
from typing import Any

_DEPTH, _ITEMS = 32, 100_000
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG, _SIMPLE = range(8)
_WIDTHS = {24: 1, 25: 2, 26: 4, 27: 8}
_INDEFINITE, _BREAK = 31, 0xFF
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_CONSTANTS = {20: False, 21: True}


def decode_cbor(content: bytes) -> Any:
    """Decode the first item; None where it is damaged. Bytes are None, too: nobody here asks for them."""
    try:
        return _Decoder(content).item(_DEPTH)
    except (ValueError, IndexError, struct.error):
        return None


class _Decoder:
    def __init__(self, content: bytes) -> None:
        self.content, self.at, self.left = content, 0, _ITEMS

    def item(self, depth: int) -> Any:
        """The item that begins here. Raises ValueError, IndexError, struct.error where there is none."""
        self.left -= 1
        if not depth or self.left < 0:
            raise ValueError
        head = self._take(1)[0]
        major, short = head >> 5, head & 0x1F
        if major == _SIMPLE:
            return self._simple(short)
        length = None if short == _INDEFINITE else self._number(short)
        if major in (_BYTES, _TEXT):
            return self._string(length, text=major == _TEXT, depth=depth)
        if major == _LIST:
            return [self.item(depth - 1) for _ in self._count(length)]
        if major == _MAP:
            pairs = [(self.item(depth - 1), self.item(depth - 1)) for _ in self._count(length)]
            return {key: value for key, value in pairs if isinstance(key, str)}
        if length is None:
            raise ValueError
        return self.item(depth - 1) if major == _TAG else length if major == _UNSIGNED else -1 - length

    def _take(self, length: int) -> bytes:
        piece = self.content[self.at : self.at + length]
        if len(piece) < length:
            raise ValueError
        self.at += length
        return piece

    def _number(self, short: int) -> int:
        if short < 24:
            return short
        return int.from_bytes(self._take(_WIDTHS.get(short) or self._none()), "big")

    def _none(self) -> int:
        raise ValueError

    def _count(self, length: int | None) -> Any:
        """As many times as there are items; where nobody says how many, until the mark of the end."""
        if length is not None:
            yield from range(min(length, _ITEMS + 1))
            return
        while self.content[self.at] != _BREAK:
            yield None
        self.at += 1

    def _string(self, length: int | None, *, text: bool, depth: int) -> str | None:
        if length is None:
            pieces = [self.item(depth - 1) for _ in self._count(None)]
            return "".join(piece for piece in pieces if isinstance(piece, str)) if text else None
        content = self._take(length)
        return content.decode("utf-8", "replace") if text else None

    def _simple(self, short: int) -> Any:
        if short in _FLOATS:
            return struct.unpack(_FLOATS[short], self._take(_WIDTHS[short]))[0]
        if short == 24:
            self._take(1)
        elif short > 27:
            raise ValueError
        return _CONSTANTS.get(short)
