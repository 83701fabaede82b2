"""Completes an image file that was cut off, so that a decoder takes it and shows what is there.

What is put in stands for what is missing. A pixel that comes out the same whatever was put in is of the file; that is
how `pictures/partial.py` tells what was seen. It decodes nothing.
"""

import os
import random
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from app.analysis.formats.blocks import walk_riff_chunks
from app.analysis.formats.completeness import count_missing_bytes, lacks_only_its_end
from app.formats import FORMAT_OF_NAME, Ending

ATTEMPTS = 10
"""How many ways there are to complete a file: not every decoder makes something of each."""
MAX_BYTES = 256 * 1024 * 1024  # of a file, and of what it lacks: a length may be any number
_FEW_ZEROS = 8  # that may belong to a picture: one stands behind each FF
_NOISE_BYTES = 4096  # of a JPEG: enough for what follows to come out otherwise
_START_OF_SCAN, _FILL, _END_OF_IMAGE = 0xDA, 0xFF, b"\xff\xd9"
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")  # behind a scan: neither a byte of it nor a restart
_FRAMES = frozenset((0xC0, 0xC1, 0xC2))
_NO_SCAN = b"\xff\xda\0\x08\1\1\0\0\x3f\0"  # a scan without anything in it: decoders read the headers up to there
_NO_PIXELS = b"\0\0\0\0IDAT\x35\xaf\x06\x1e"
_LOSSLESS, _LOSSLESS_HEADER = b"VP8L", 13  # bytes, of the chunk and of what is in it
_FEW_PIXELS = 32  # bytes, so that another number of them shows where what was put in begins
_FILLS = (b"\0", b"\x55", b"\xff", b"\xaa")
_PADDED = frozenset((Ending.RIFF, Ending.BOXES, Ending.BOXES_OR_MARK))


def complete(stream: BinaryIO, format_: str, attempt: int = 0) -> bytes | None:
    """Complete the content of an image file with something in place of what is missing; None where it cannot be.

    Each `attempt`, from 0 on, puts in something else. Raises OSError where the disk fails.
    """
    size = stream.seek(0, os.SEEK_END)
    missing = count_missing_bytes(stream, format_)
    if not missing or max(size, missing) > MAX_BYTES:
        return None
    stream.seek(0)
    content = stream.read()
    if format_ == "jpeg":
        return _complete_jpeg(content, attempt)
    if format_ == "png":
        return _complete_png(content)
    if FORMAT_OF_NAME[format_].ending is Ending.DIRECTORY:
        return content.ljust(size + missing, b"\0")
    if format_ == "webp":
        at = next((at - 8 for kind, at, _ in walk_riff_chunks(stream) if kind == _LOSSLESS), size)
        if at + _LOSSLESS_HEADER < size:
            return _complete_lossless(content, at, attempt)
    if format_ == "jpeg2000" and lacks_only_its_end(missing, format_):
        return content + _END_OF_IMAGE[-missing:]
    if FORMAT_OF_NAME[format_].ending in _PADDED:
        # zeros: what decoders of arithmetic codes make most of; a few bytes sooner, as luck is better there
        unsure = attempt * (attempt + 1) // 2
        return content[: max(0, size - unsure)].ljust(size + missing, b"\0")
    return None


def _complete_lossless(content: bytes, at: int, attempt: int) -> bytes:
    """A WebP of prefix codes, the chunk `VP8L` at `at`: no code is known that fits, so several are tried (RFC 9649, 3).

    What is put in may take more room than what is missing: 16 bits for each pixel.
    """
    fill, unsure = _FILLS[attempt % len(_FILLS)], _FEW_PIXELS * (attempt // len(_FILLS))
    start = at + _LOSSLESS_HEADER
    written = content[:start] + content[start:].rstrip(b"\0")
    written = written[: max(start, len(written) - unsure)]
    sides = int.from_bytes(content[at + 9 : start], "little")
    more = 2 * ((sides & 0x3FFF) + 1) * ((sides >> 14 & 0x3FFF) + 1)
    filled = written + fill * (more + len(written) % 2)
    riff, chunk = (len(filled) - 8).to_bytes(4, "little"), (len(filled) - at - 8).to_bytes(4, "little")
    return filled[:4] + riff + filled[8 : at + 4] + chunk + filled[at + 8 :]


def _complete_jpeg(content: bytes, attempt: int) -> bytes:
    """A JPEG up to the last segment that is whole, then something that is no marker, and the end (T.81, annex B).

    Zeros at the end are what a disk shows where nothing was written.
    """
    written = content.rstrip(b"\0")
    if len(content) - len(written) > _FEW_ZEROS:
        content = written
    content, has_scan = _whole_segments(content)
    noise = random.Random(attempt).choices(range(1, 0xFF), k=_NOISE_BYTES if attempt else 0)  # noqa: S311 - any will do
    return content + (b"" if has_scan else _NO_SCAN) + bytes(noise) + _END_OF_IMAGE


def _whole_segments(content: bytes) -> tuple[bytes, bool]:
    """What there is without a last segment that is cut off, and whether a scan is in it."""
    at, has_scan = 2, False
    while at + 4 <= len(content):
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        if content[at] != _FILL or at + 2 + length > len(content):
            return content[:at], has_scan
        if content[at + 1] != _START_OF_SCAN:
            at += 1 if content[at + 1] == _FILL else 2 + length
            continue
        has_scan = True
        behind = _MARKER.search(content, at + 2 + length)
        if behind is None:
            return content.removesuffix(b"\xff"), True
        at = behind.start()
    return content[:at], has_scan


def _complete_png(content: bytes) -> bytes | None:
    """A PNG without the zeros at its end; if it ends in front of its pixels, with none: then its header is read."""
    content, at = content.rstrip(b"\0"), 8
    while at + 8 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        if kind == b"IDAT":
            return content
        if at + 12 + length > len(content):
            break
        at += 12 + length
    return content[:at] + _NO_PIXELS if at > 8 else None


class Scans(NamedTuple):
    """What came of the scans of a picture: every one, though the last may not be whole; one of each part, whole."""

    every: bool
    coarse: bool


class _Scan(NamedTuple):
    """A scan of a JPEG (T.81, B.2.3): its components, its first and last coefficient, and how many bits are to come."""

    components: frozenset[int]
    first: int
    last: int
    low: int


def count_scans(content: bytes) -> Scans:
    """Count what came of the scans of a JPEG: a progressive one comes in several, the coarsest first."""
    components, scans = _scans(content)
    every = components and all(_bits_of(name, scans) == set(range(64)) for name in components)
    begun = {name for scan in scans[:-1] if not scan.first for name in scan.components}
    return Scans(bool(every), bool(components) and begun.issuperset(components))


def _bits_of(name: int, scans: list[_Scan]) -> set[int]:
    """The coefficients of a component that are to get no more bits."""
    own = [scan for scan in scans if name in scan.components and not scan.low]
    return {coefficient for scan in own for coefficient in range(scan.first, scan.last + 1)}


def _scans(content: bytes) -> tuple[list[int], list[_Scan]]:
    """The components of a JPEG, and its scans as far as they came."""
    components: list[int] = []
    scans: list[_Scan] = []
    for marker, body in _segments(content):
        if marker == _START_OF_SCAN and len(body) >= 4 + 2 * body[0]:
            first, last, low = body[1 + 2 * body[0] :][:3]
            scans.append(_Scan(frozenset(body[1 : 1 + 2 * body[0] : 2]), first, last or first, low & 15))
        elif marker in _FRAMES and len(body) > 5:
            components = [*body[6 : 6 + 3 * body[5] : 3]]
    return components, scans


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(content) and content[at] == _FILL:
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        marker = content[at + 1]
        if marker == _FILL:
            at += 1
            continue
        yield marker, content[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == _START_OF_SCAN:
            behind = _MARKER.search(content, at)
            at = behind.start() if behind else len(content)
