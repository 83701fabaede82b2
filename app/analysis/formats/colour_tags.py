"""Reads what a file says of its colours where Pillow does not look: code points of ITU-T H.273, ICC profiles.

In PNG, AVIF, BMP, JPEG 2000 and in profiles themselves. What makes no sense is as if it were not there. It converts
nothing.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from app.analysis.formats.blocks import read_at, walk_boxes

PQ, HLG = 16, 18  # transfers by their code points
LINEAR, GAMMA_22, GAMMA_28 = 8, 4, 5
SRGB_CORNERS = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
_CORNERS = {  # by the code point of the primaries; those of BT.601 are so near that players draw them as sRGB
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),  # BT.2020
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),  # DCI P3
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),  # Display P3
}
_PNG_SIGNATURE_BYTES, _MAX_CHUNKS = 8, 1000  # in front of the pixels
_PROFILE_BYTES = 4 * 1024 * 1024  # the largest profiles of printers have two
_MAX_TAGS = 200  # of a profile
_BMP_V5_BYTES, _BMP_EMBEDDED = 124, b"DEBM"
_META_BYTES = 1024 * 1024

CodePoints = tuple[int, int]
"""Those of the primaries and of the transfer."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What the numbers of a picture stand for: code points of ITU-T H.273, those of sRGB unless they are said.

    `gamma` is an exponent that stands in place of the transfer, `corners` the x and y of red, green, blue and white in
    place of the primaries.
    """

    primaries: int = 1
    transfer: int = 13
    gamma: float | None = None
    corners: tuple[float, ...] | None = None

    @property
    def is_hdr(self) -> bool:
        """Whether it has light that is brighter than white."""
        return self.gamma is None and self.transfer in (PQ, HLG)

    @property
    def is_srgb(self) -> bool:
        """Whether its numbers are those of sRGB, or so nearly that players draw them as such."""
        curved = self.gamma is not None or self.is_hdr or self.transfer in (LINEAR, GAMMA_22, GAMMA_28)
        return not curved and corners_of(self) == SRGB_CORNERS


def corners_of(signal: Signal) -> tuple[float, ...]:
    """The x and y of a signal's red, green, blue and white; those of sRGB for primaries that are drawn as such."""
    return signal.corners or _CORNERS.get(signal.primaries, SRGB_CORNERS)


def are_corners(corners: tuple[float, ...]) -> bool:
    """Whether these are the x and y of four colours, of which the first three span a triangle."""
    if len(corners) != len(SRGB_CORNERS) or not all(0 < value <= 1 for value in corners):
        return False
    x, y = corners[::2], corners[1::2]
    return abs((x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0])) > 0.01


def read_cicp_of_png(stream: BinaryIO) -> CodePoints | None:
    """Read the chunk cICP of a PNG (PNG specification 3rd edition, 11.3.2.6), which stands in front of the pixels."""
    at = _PNG_SIGNATURE_BYTES
    for _ in range(_MAX_CHUNKS):
        chunk = read_at(stream, at, 10)
        if len(chunk) < 10 or chunk[4:8] in (b"IDAT", b"PLTE"):
            break
        if chunk[4:8] == b"cICP":
            return chunk[8], chunk[9]
        at += 12 + int.from_bytes(chunk[:4], "big")
    return None


def read_cicp_of_avif(stream: BinaryIO) -> CodePoints | None:
    """Read the code points of an AVIF's primary picture, a property `nclx` of it (ISO 14496-12, 12.1.5); None without.

    Other pictures of the file, such as what a gain map makes of it, have properties of their own.
    """
    own, properties = find_properties(stream)
    for number, (name, place) in enumerate(properties, 1):
        if name == b"colr" and number in own and (nclx := read_at(stream, place, 8))[:4] == b"nclx" and len(nclx) == 8:
            primaries, transfer = struct.unpack_from(">HH", nclx, 4)
            return primaries, transfer
    return None


def read_depth_of_avif(stream: BinaryIO) -> int:
    """Read how many bits a channel of an AVIF has: 8, 10 or 12, by its first `av1C` (AV1 in ISOBMFF, 2.3.3)."""
    place = next((place for name, place in find_properties(stream)[1] if name == b"av1C"), None)
    flags = read_at(stream, place + 2, 1) if place is not None else b""
    if not flags or not flags[0] & 0x40:
        return 8
    return 12 if flags[0] & 0x20 else 10


def find_properties(stream: BinaryIO) -> tuple[frozenset[int], list[tuple[bytes, int]]]:
    """Find the properties of a HEIF file: the numbers, from 1, of its primary picture's, and of all kind and place."""
    size = stream.seek(0, 2)
    properties: list[tuple[bytes, int]] = []
    own: frozenset[int] = frozenset()
    meta = next(((at, length) for kind, at, length in walk_boxes(stream, 0, size) if kind == b"meta"), None)
    if meta is None:
        return own, properties
    at, length = meta
    boxes = {kind: (start, bytes_) for kind, start, bytes_ in walk_boxes(stream, at + 4, at + length)}
    if b"pitm" not in boxes or b"iprp" not in boxes:
        return own, properties
    start = boxes[b"pitm"][0]
    version = read_at(stream, start, 1)
    primary = int.from_bytes(read_at(stream, start + 4, 2 if version == b"\0" else 4), "big")
    start, bytes_ = boxes[b"iprp"]
    for kind, inside, inner in walk_boxes(stream, start, start + bytes_):
        if kind == b"ipco":
            properties = [(name, place) for name, place, _ in walk_boxes(stream, inside, inside + inner)]
        elif kind == b"ipma" and not own:
            own = _associated(read_at(stream, inside, min(inner, _META_BYTES)), primary)
    return own, properties


def _associated(content: bytes, item: int) -> frozenset[int]:
    """The numbers of the properties of an item, from 1, by the content of a box `ipma` (ISO 23008-12, 9.3.2)."""
    if len(content) < 8:
        return frozenset()
    wide, step = content[0] > 0, 2 if content[3] & 1 else 1
    mask = 0x7FFF if step == 2 else 0x7F
    at, name = 8, 4 if wide else 2
    for _ in range(min(int.from_bytes(content[4:8], "big"), len(content))):
        own, count = int.from_bytes(content[at : at + name], "big"), content[at + name : at + name + 1]
        if not count:
            break
        at += name + 1
        entries = content[at : at + count[0] * step]
        if own == item:
            return frozenset(
                int.from_bytes(entries[i : i + step], "big") & mask for i in range(0, len(entries) - step + 1, step)
            )
        at += count[0] * step
    return frozenset()


def find_profile_in_jpeg2000(stream: BinaryIO) -> bytes | None:
    """Find the ICC profile of a JPEG 2000 file (ISO 15444-1, I.5.3.3; ISO 15444-2, M.11.7.3.1); None without one."""
    size = stream.seek(0, 2)
    for kind, at, length in walk_boxes(stream, 0, size):
        if kind == b"jp2h":
            for inner, start, bytes_ in walk_boxes(stream, at, at + length):
                if inner == b"colr" and read_at(stream, start, 1) in (b"\2", b"\3"):
                    return _bounded(read_at(stream, start + 3, min(bytes_ - 3, _PROFILE_BYTES + 1)))
    return None


def find_profile_in_bmp(stream: BinaryIO) -> bytes | None:
    """Find the ICC profile of a BMP: of those with a BITMAPV5HEADER, where it says that one is embedded."""
    head = read_at(stream, 0, 14 + _BMP_V5_BYTES)
    if (
        len(head) < 14 + _BMP_V5_BYTES
        or int.from_bytes(head[14:18], "little") < _BMP_V5_BYTES
        or head[70:74] != _BMP_EMBEDDED
    ):
        return None
    at, length = struct.unpack_from("<II", head, 14 + 112)
    return _bounded(read_at(stream, 14 + at, length)) if length <= _PROFILE_BYTES else None


def _bounded(profile: bytes) -> bytes | None:
    return profile if 128 < len(profile) <= _PROFILE_BYTES else None


def find_cicp_in_profile(profile: bytes) -> CodePoints | None:
    """Find the code points that an ICC profile names (ICC.1:2022, 9.2.17 and 10.3); None without."""
    count = min(int.from_bytes(profile[128:132], "big"), _MAX_TAGS)
    for number in range(count):
        entry = profile[132 + 12 * number : 144 + 12 * number]
        if entry[:4] == b"cicp":
            at = int.from_bytes(entry[4:8], "big")
            tag = profile[at : at + 12]
            return (tag[8], tag[9]) if len(tag) == 12 and tag[:4] == b"cicp" else None
    return None
