"""Finds the video that a motion photo carries behind its picture: Google's by its XMP, Samsung's by its trailer.

What XMP says is a claim, and editors copy it without the video: it is believed only where a video begins. It is part of
the one file that it lies in, which has one row: there is nothing to link.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from app.analysis.formats.blocks import read_at
from app.analysis.formats.makers import samsung
from app.analysis.formats.makers.samsung import find_blocks
from app.analysis.formats.xmp import Xmp
from app.formats import FORMAT_OF_NAME

_OFFSET = "GCamera:MicroVideoOffset"
_ITEM = "Container:Directory/Container:Item/Item:"
_VIDEO = "MotionPhoto"
_MAX_ITEMS = 100


def find_video_bytes(stream: BinaryIO, format_: str, xmp: Xmp) -> int | None:
    """Find the size in bytes of the video inside an image file; None without one."""
    if not FORMAT_OF_NAME[format_].motion_photo:
        return None
    end = stream.seek(0, os.SEEK_END)
    for start, length in (*_claimed(xmp, end), *find_blocks(stream, samsung.VIDEO)):
        if 0 < start < start + length <= end and _begins_a_video(stream, start):
            return length
    return None


def _claimed(xmp: Xmp, end: int) -> Iterator[tuple[int, int]]:
    """Start and length of the video as XMP tells them: counted from the end of the file (Motion Photo format 1.0)."""
    semantics, lengths = xmp.get(f"{_ITEM}Semantic", ()), _numbers(xmp.get(f"{_ITEM}Length", ()))
    if _VIDEO in semantics[:_MAX_ITEMS]:
        behind = len(semantics) - semantics.index(_VIDEO)  # with what follows; the first item need not say its length
        if behind <= len(lengths):
            yield end - sum(lengths[-behind:]), lengths[-behind]
    for offset in _numbers(xmp.get(_OFFSET, ())):
        yield end - offset, offset


def _numbers(texts: tuple[str, ...]) -> list[int]:
    return [int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0 for text in texts[:_MAX_ITEMS]]


def _begins_a_video(stream: BinaryIO, at: int) -> bool:
    return read_at(stream, at, 8)[4:] == b"ftyp"
