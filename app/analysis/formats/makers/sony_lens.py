"""Writes out what a lens says of itself to a camera of Sony's: focal lengths, apertures and features in 8 bytes.

The form is that of exiftool's tag LensSpec (12.57, Sony.pm). Lenses that share a number are told apart by it.
"""

from collections.abc import Mapping

_BEFORE: tuple[tuple[int, Mapping[int, str]], ...] = (
    (0x0300, {0x0100: "DT", 0x0200: "FE", 0x0300: "E"}),
    (0x4000, {0x4000: "PZ"}),
)
_BEHIND: tuple[tuple[int, Mapping[int, str]], ...] = (
    (0x00E0, {0x0020: "STF", 0x0040: "Reflex", 0x0060: "Macro", 0x0080: "Fisheye"}),
    (0x000C, {0x0004: "ZA", 0x0008: "G"}),
    (0x0003, {0x0001: "SSM", 0x0002: "SAM"}),
    (0x8000, {0x8000: "OSS"}),
    (0x2000, {0x2000: "LE"}),
    (0x0800, {0x0800: "II"}),
)
"""Bits of the first and the last byte, and what they say."""


def name_sony_lens(specification: bytes) -> str | None:
    """Name the lens, `DT 18-55mm F3.5-5.6 SAM`; None where it says nothing that can be."""
    if len(specification) != 8:
        return None
    digits = (specification[1:3].hex(), specification[3:5].hex())
    if not all(part.isdecimal() for part in digits):
        return None
    short, long = (int(part) for part in digits)
    wide, narrow = (_aperture(byte) for byte in specification[5:7])
    if not (short and wide) or 0 < long < short or 0 < narrow < wide:
        return None
    focal = f"{short}" if long in (0, short) else f"{short}-{long}"
    aperture = f"{wide:g}" if narrow in (0, wide) else f"{wide:g}-{narrow:g}"
    flags = specification[0] << 8 | specification[7]
    before, behind = ([bits.get(flags & mask, "") for mask, bits in part] for part in (_BEFORE, _BEHIND))
    return " ".join(filter(None, (*before, f"{focal}mm F{aperture}", *behind)))


def _aperture(byte: int) -> float:
    """Tens and units of tenths, the tens beyond 9 in hexadecimal: B0 is 11."""
    return (byte >> 4) + (byte & 0x0F) / 10
