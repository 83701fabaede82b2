"""Reads what cameras of the nineties (Agfa, Epson, Olympus, Polaroid) say of a picture, before there was EXIF.

They are lines `name=value` in a segment APP12 of a JPEG, with the names of exiftool's APP12 module (12.57). The time is
that of the camera's own clock, counted as if it were UTC.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.analysis.formats.blocks import Segments
from app.analysis.formats.numbers import parse_number

_SECTION = re.compile(rb"\[(?:picture|camera) info\]", re.IGNORECASE)
_LINE = re.compile(rb"([\w#-]{1,40})=([\x20-\x7e]{1,200}?)[ ]*(?=[\r\n\0]|\Z)")
_BYTES, _LINES = 8 * 1024, 100
_TIME, _SHUTTER, _F_NUMBER = "TimeDate", ("Shutter", "shtr"), "FNumber"
_MICROSECONDS = 1e-6
_BEGIN = 10_000_000  # seconds since 1970 of a clock that was set


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What it says: `taken_at` as EXIF writes it, seconds, f-number, None where it does not; the lines as written."""

    taken_at: str = ""
    exposure_seconds: float | None = None
    f_number: float | None = None
    lines: Mapping[str, str] = field(default_factory=dict)


def read_picture_info(segments: Segments) -> PictureInfo | None:
    """Read the segment of a JPEG that says how it was taken; None without one."""
    for name, content in segments:
        if name == "APP12" and (start := _SECTION.search(content, 0, 200)):
            found = _LINE.findall(content, start.end(), start.end() + _BYTES)[:_LINES]
            lines = {key.decode("ascii", "replace"): text.decode("ascii") for key, text in found}
            return PictureInfo(_clock(lines.get(_TIME, "")), _exposure(lines), _f_number(lines), lines)
    return None


def _clock(text: str) -> str:
    """The time, in seconds since 1970 or in words."""
    if not text.isdecimal():
        return text
    seconds = int(text[:12])
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y:%m:%d %H:%M:%S") if _BEGIN < seconds < 2**32 else ""


def _exposure(lines: Mapping[str, str]) -> float | None:
    written = next((parse_number(lines[name]) for name in _SHUTTER if name in lines), None)
    return round(written * _MICROSECONDS, 9) if written and written > 0 else None


def _f_number(lines: Mapping[str, str]) -> float | None:
    number = parse_number(lines.get(_F_NUMBER, "").lstrip("Ff "))
    return number if number and number > 0 else None
