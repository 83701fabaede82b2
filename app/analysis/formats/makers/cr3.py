"""Finds in Canon's CR3 what its boxes hold: the directories of EXIF, and the places where JPEGs stand.

The boxes are those of ISO 14496-12 and, inside Canon's own, of github.com/lclevy/canon_cr3. CMT3, the maker note, is
not read. Everything is bounded in boxes and bytes.
"""

import os
from io import BytesIO
from itertools import islice
from typing import BinaryIO

from app.analysis.formats import tiff
from app.analysis.formats.blocks import read_at, walk_boxes
from app.analysis.formats.jpeg import Span
from app.analysis.formats.tiff import TiffContent, read_tiff

_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_PREVIEW = bytes.fromhex("eaf42b5e1c984b88b9fbb7dc406e4d16")
_DIRECTORIES = {b"CMT1": "Image", b"CMT2": "EXIF", b"CMT4": "GPS"}
_BEFORE_JPEG = 16  # bytes of THMB and PRVW: version, size of the picture, and where the length of the JPEG stands
_LENGTH_IN = {b"THMB": 8, b"PRVW": 12}
_MAX_TRACKS, _MAX_BOXES = 8, 64


def read_cr3(stream: BinaryIO) -> tuple[TiffContent, list[Span]]:
    """Read the tags of a CR3, and the spans that may hold a JPEG: thumbnail, preview and full-size picture."""
    found: TiffContent | None = None
    places: list[Span] = []
    end = stream.seek(0, os.SEEK_END)
    for kind, at, length in walk_boxes(stream, 0, end):
        if kind == b"moov" and found is None:
            found, more = _of_movie(stream, at, at + length)
            places += more
        elif kind == b"uuid" and read_at(stream, at, 16) == _PREVIEW:
            places += _in_box(stream, b"PRVW", _child(stream, at + 24, at + length, b"PRVW"))
    return found or TiffContent(), places


def _of_movie(stream: BinaryIO, at: int, end: int) -> tuple[TiffContent, list[Span]]:
    """What the tracks have, and the first of Canon's boxes."""
    found: TiffContent | None = None
    places: list[Span] = []
    tracks = 0
    for kind, start, length in walk_boxes(stream, at, end):
        if kind == b"trak" and tracks < _MAX_TRACKS:
            tracks += 1
            places += _sample(stream, start, start + length)
        elif kind == b"uuid" and found is None and read_at(stream, start, 16) == _CANON:
            found, more = _of_canon(stream, start + 16, start + length)
            places += more
    return found or TiffContent(), places


def _of_canon(stream: BinaryIO, at: int, end: int) -> tuple[TiffContent, list[Span]]:
    """Each directory stands once, in a box of its own with a TIFF header of its own."""
    found, places = TiffContent(), []
    left, room = dict(_DIRECTORIES), tiff.MAX_BYTES
    for kind, start, length in islice(walk_boxes(stream, at, end), _MAX_BOXES):
        if kind in left and length <= room:
            room -= length
            block = read_tiff(BytesIO(read_at(stream, start, length)), group=left.pop(kind), pages=1)
            found.tags = block.tags | found.tags
            found.problem = found.problem or block.problem
        elif kind == b"THMB":
            places += _in_box(stream, kind, (start, length))
    return found, places


def _in_box(stream: BinaryIO, kind: bytes, box: Span | None) -> list[Span]:
    """The JPEG of a box of previews, whose length stands in front of it."""
    if box is None:
        return []
    length = int.from_bytes(read_at(stream, box[0] + _LENGTH_IN[kind], 4), "big")
    return [(box[0] + _BEFORE_JPEG, length)]


def _sample(stream: BinaryIO, at: int, end: int) -> list[Span]:
    """The first sample of a track (ISO 14496-12, 8.7): in one of them it is the picture in full size."""
    box: Span | None = (at, end - at)
    for kind in (b"mdia", b"minf", b"stbl"):
        box = _child(stream, box[0], box[0] + box[1], kind) if box else None
    if box is None:
        return []
    found = {kind: place for kind, place, _ in islice(walk_boxes(stream, box[0], box[0] + box[1]), _MAX_BOXES)}
    wide = b"co64" in found
    chunks = found.get(b"co64" if wide else b"stco")
    if chunks is None or b"stsz" not in found:
        return []
    place = int.from_bytes(read_at(stream, chunks + 8, 8 if wide else 4), "big")
    all_alike, first = (int.from_bytes(read_at(stream, found[b"stsz"] + at, 4), "big") for at in (4, 12))
    return [(place, all_alike or first)]


def _child(stream: BinaryIO, at: int, end: int, wanted: bytes) -> Span | None:
    found = ((start, length) for kind, start, length in walk_boxes(stream, at, end) if kind == wanted)
    return next(found, None)
