"""Interprets what an image says about itself: when it was taken, with what, where, how it was made.

It never reads a file: `embedded.py` has. What is not understood is None, never a guess, and stays in `raw`.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from exifread.serialize import convert_types

from app.analysis import prompts
from app.analysis.embedded import Embedded
from app.media import Metadata, clean_json, clean_text

RAW_BYTES = 64 * 1024  # of raw tags as JSON
_DROPPED_BYTES, _DROPPED_NAMES, _DROPPED_CHARACTERS = 8 * 1024, 20, 60  # kept free for, and at most, what was dropped
_DATE = re.compile(
    r"(?P<year>\d{4})[:-](?P<month>\d\d)[:-](?P<day>\d\d)"
    r"(?:[ T](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d*)?)?\s*(?P<offset>Z|[+-]\d\d:?\d\d)?)?\Z"
)
# In order of how much they say about the moment of taking; EXIF DateTime is when the file was last changed
_EXIF_DATES = (
    ("EXIF DateTimeOriginal", "EXIF OffsetTimeOriginal"),
    ("EXIF DateTimeDigitized", "EXIF OffsetTimeDigitized"),
    ("Image DateTime", "EXIF OffsetTime"),
)
_XMP_DATES = ("photoshop:DateCreated", "xmp:CreateDate")
_ORIENTATIONS = range(1, 9)
_POLES, _DATE_LINE = 90.0, 180.0


def interpret(found: Embedded) -> Metadata:
    """The metadata that every part together gives, EXIF before XMP."""
    made = prompts.read(found.texts)
    latitude, longitude = _position(found.exif)
    return Metadata(
        taken_at=_taken_at(found),
        camera_make=_text(found, "Image Make", "tiff:Make"),
        camera_model=_text(found, "Image Model", "tiff:Model"),
        lens_model=_text(found, "EXIF LensModel", "exifEX:LensModel", "aux:Lens"),
        orientation=_orientation(found.exif),
        latitude=latitude,
        longitude=longitude,
        generator=made.generator,
        prompt=made.prompt and clean_text(made.prompt),
        negative_prompt=made.negative_prompt and clean_text(made.negative_prompt),
        generation=clean_json(made.generation),
        raw=raw(found),
    )


def iso_date(text: str, offset: str = "") -> str | None:
    """ISO 8601 of an EXIF or XMP date, with the offset only if one is given; None if there is no such day or time.

    `2003:11:23 18:00:00` -> `2003-11-23T18:00:00`; `2003-11-23` stays a date.
    """
    if not (match := _DATE.match(text.strip(" \0"))):
        return None
    day = f"{match['year']}-{match['month']}-{match['day']}"
    zone = (match["offset"] or offset.strip(" \0")).replace("Z", "+00:00")
    try:
        if match["hour"] is None:
            return datetime.fromisoformat(day).date().isoformat()
        moment = datetime.fromisoformat(f"{day}T{match['hour']}:{match['minute']}:{match['second'] or '00'}")
    except ValueError:
        return None
    try:
        return datetime.fromisoformat(moment.isoformat() + zone).isoformat()
    except ValueError:  # an offset that is none: the date is still one
        return moment.isoformat()


def _taken_at(found: Embedded) -> str | None:
    candidates = [(_printed(found.exif, date), _printed(found.exif, offset)) for date, offset in _EXIF_DATES]
    candidates += [(found.xmp.get(name, ("",))[0], "") for name in _XMP_DATES]
    return next((date for text, offset in candidates if (date := iso_date(text, offset))), None)


def _printed(exif: Mapping[str, Any], name: str) -> str:
    """An EXIF text as written; bytes that are not UTF-8 are Latin-1."""
    values = exif[name].values if name in exif else ""
    return values.decode("latin-1") if isinstance(values, bytes) else values if isinstance(values, str) else ""


def _text(found: Embedded, tag: str, *properties: str) -> str | None:
    texts = (_printed(found.exif, tag), *(found.xmp.get(name, ("",))[0] for name in properties))
    return next((cleaned for text in texts if (cleaned := clean_text(text).strip())), None)


def _orientation(exif: Mapping[str, Any]) -> int | None:
    values = _numbers(exif, "Image Orientation")
    return int(values[0]) if values and values[0] in _ORIENTATIONS else None


def _position(exif: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """Latitude and longitude in degrees, north and east positive; both or neither."""
    latitude = _degrees(exif, "GPS GPSLatitude", {"N": 1, "S": -1}, _POLES)
    longitude = _degrees(exif, "GPS GPSLongitude", {"E": 1, "W": -1}, _DATE_LINE)
    return (latitude, longitude) if latitude is not None and longitude is not None else (None, None)


def _degrees(exif: Mapping[str, Any], name: str, signs: Mapping[str, int], limit: float) -> float | None:
    """Degrees, minutes and seconds with a letter for the half of the globe (EXIF 2.32, 4.6.6) as signed degrees."""
    sign = signs.get(_printed(exif, f"{name}Ref").strip(" \0").upper()[:1])
    parts = _numbers(exif, name)
    if sign is None or len(parts) not in (1, 2, 3):
        return None
    degrees = sum(part / 60**power for power, part in enumerate(parts))
    return round(sign * degrees, 7) if 0 <= degrees <= limit else None


def _numbers(exif: Mapping[str, Any], name: str) -> Sequence[float]:
    """The numbers of a tag; none if any of them is not finite (a ratio with denominator 0)."""
    values = exif[name].values if name in exif else ()
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError, ZeroDivisionError):
        return ()
    return numbers if all(map(math.isfinite, numbers)) else ()


def raw(found: Embedded) -> dict[str, Any]:
    """The parts as read, JSON-safe, at most 64 KB as JSON; what was too much is in `dropped` with its size in bytes.

    The smallest entries are kept first: one huge workflow does not push out a hundred tags.
    """
    parts = {"exif": _plain(found.exif), "xmp": found.xmp, "iptc": found.iptc, "text": found.texts}
    entries = [
        (len(json.dumps([cleaned_name := clean_text(name), cleaned := clean_json(value)])), part, cleaned_name, cleaned)
        for part, values in parts.items()
        for name, value in values.items()
        if value is not None
    ]
    kept: dict[str, Any] = {}
    dropped: dict[str, int] = {}
    room = RAW_BYTES - _DROPPED_BYTES
    for size, part, name, value in sorted(entries, key=lambda entry: entry[:3]):
        room -= size
        if room >= 0:
            kept.setdefault(part, {})[name] = value
        elif len(dropped) < _DROPPED_NAMES:
            dropped[f"{part}.{name}"[:_DROPPED_CHARACTERS]] = size
    return kept | ({"dropped": dropped} if dropped else {})


def _plain(exif: Mapping[str, Any]) -> dict[str, Any]:
    """The EXIF tags as plain values; one that ExifRead cannot convert as the text that it prints."""
    plain: dict[str, Any] = {}
    for name, tag in exif.items():
        try:
            plain |= convert_types({name: tag})
        except (ValueError, TypeError, OverflowError):
            plain[name] = tag.printable
    return plain
