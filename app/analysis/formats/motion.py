"""Finds the video that a motion photo carries behind its picture: by XMP, Samsung's trailer, a box, or its own form.

What XMP says is a claim, and editors copy it without the video: it is believed only where a video begins. Huawei,
Honor and others put a film behind the JPEG without a word. It is part of the one file that it lies in, which has one
row: there is nothing to link.
"""

import os
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from app.analysis.formats.blocks import read_at, walk_boxes
from app.analysis.formats.makers import samsung
from app.analysis.formats.makers.samsung import find_blocks
from app.analysis.formats.xmp import Xmp
from app.formats import FORMAT_OF_NAME

_OFFSET = "GCamera:MicroVideoOffset"
_ITEM = "Container:Directory/Container:Item/Item:"
_VIDEO = "MotionPhoto"
_MAX_ITEMS, _MAX_BOXES, _MAX_FILMS = 100, 1000, 20
_FILM, _END_OF_PICTURE = b"ftyp", b"\xff\xd9"
_TAIL_BYTES, _PIECE_BYTES = 64, 8 * 1024 * 1024


def find_video_bytes(stream: BinaryIO, format_: str, xmp: Xmp) -> int | None:
    """Find the size in bytes of the video inside an image file; None without one."""
    if not FORMAT_OF_NAME[format_].motion_photo:
        return None
    end = stream.seek(0, os.SEEK_END)
    for start, length in (*_claimed(xmp, end), *find_blocks(stream, samsung.VIDEO), *_boxed(stream, format_, end)):
        if 0 < start < start + length <= end and _begins_a_video(stream, start):
            return length
    return _find_film_behind(stream, end) if format_ == "jpeg" else None


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


def _boxed(stream: BinaryIO, format_: str, end: int) -> Iterator[tuple[int, int]]:
    """Start and length of the video in a box `mpvd` of a HEIC (Motion Photo format 1.0, "ISOBMFF image-specific")."""
    if format_ != "jpeg":
        yield from ((at, length) for kind, at, length in walk_boxes(stream, 0, end) if kind == b"mpvd")


def _find_film_behind(stream: BinaryIO, end: int) -> int | None:
    """The size of the first whole film behind the picture; a file that ends with its picture is not searched."""
    if read_at(stream, end - _TAIL_BYTES, _TAIL_BYTES).rstrip(b"\0").endswith(_END_OF_PICTURE):
        return None
    for start in islice(_find_beginnings(stream, end), _MAX_FILMS):
        if length := _measure_film(stream, start, end):
            return length
    return None


def _find_beginnings(stream: BinaryIO, end: int) -> Iterator[int]:
    """Where a film may begin; in packed pixels these four letters stand by chance once in 4 GB."""
    for start in range(0, end, _PIECE_BYTES):
        piece, at = read_at(stream, start, _PIECE_BYTES + len(_FILM) - 1), -1
        while (at := piece.find(_FILM, at + 1)) >= 0:
            yield start + at - 4


def _measure_film(stream: BinaryIO, start: int, end: int) -> int:
    """How many bytes the boxes from there take that are boxes beyond doubt; 0 where they make no film."""
    at, kinds = start, set[bytes]()
    for _ in range(_MAX_BOXES):
        header = read_at(stream, at, 16)
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:], "big")
        length = length or end - at
        if not (8 <= length <= end - at and kind.isalnum()):
            break
        kinds.add(kind)
        at += length
    return at - start if start > 0 and {b"moov", b"mdat"} <= kinds else 0
