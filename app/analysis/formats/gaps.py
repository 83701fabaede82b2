"""Finds zeros in the midst of a JPEG, where a disk or a transfer lost a block: decoders pass over them in silence.

It decodes nothing, and is silent where a picture might have them of its own.
"""

import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from app.analysis.formats.jpeg import find_scan

_BLOCK = bytes(512)  # what a disk writes at once
_BASELINE = frozenset((0xC0, 0xC1))
_FRAMES = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))
_TABLES = 0xC4
_BEHIND = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")  # a scan: neither a byte of it nor a restart
_PLAIN = frozenset((0x00, 0xF0))  # symbols of nothing but zero coefficients (ITU-T T.81, F.1.2.2.1)
_AC = 0x10
_MAX_BYTES = 256 * 1024 * 1024


def count_lost_bytes(stream: BinaryIO) -> int:
    """Count the zeros in a row, 512 or more, in the first scan of a JPEG that is coded in one pass; 0 without them.

    The code that is all zeros stands for the symbol that comes first. Where that says "nothing more in this block", as
    in tables that are made for a plain picture, zeros are a plain area; else they would be one coefficient 63 times in
    each block. Raises OSError where the disk fails.
    """
    start, size = find_scan(stream), stream.seek(0, os.SEEK_END)
    if not start or size > _MAX_BYTES:
        return 0
    stream.seek(0)
    content = stream.read()
    at = content.find(_BLOCK, start)
    if at < 0:
        return 0
    behind = _BEHIND.search(content, start + 2 + int.from_bytes(content[start + 2 : start + 4], "big"))
    if behind is None or at > behind.start() or not _has_zeros_for_damage(content, start):
        return 0
    return len(content) - at - len(content[at:].lstrip(b"\0"))


def _has_zeros_for_damage(content: bytes, start: int) -> bool:
    """Whether the scan that starts there is coded in one pass, and in no table in which zeros make a plain area."""
    first: dict[int, int] = {}
    baseline = False
    for marker, body in _segments(content, start):
        if marker in _FRAMES:
            baseline = marker in _BASELINE
        elif marker == _TABLES:
            first |= _first_symbols(body)
    count = content[start + 4]
    tables = content[start + 6 : start + 6 + 2 * count : 2]  # of each component that for DC, that for AC
    return baseline and bool(tables) and first.get(_AC | (tables[0] & 0x0F), 1) not in _PLAIN


def _segments(content: bytes, end: int) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= end and content[at] == 0xFF:
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if content[at + 1] == 0xFF:
            at += 1
            continue
        yield content[at + 1], content[at + 4 : at + 2 + length]
        at += 2 + length


def _first_symbols(body: bytes) -> dict[int, int]:
    """The symbol that comes first in each table of a segment DHT, by class and number (B.2.4.2)."""
    found, at = {}, 0
    while at + 17 < len(body):
        found[body[at]] = body[at + 17]
        at += 17 + sum(body[at + 1 : at + 17])
    return found
