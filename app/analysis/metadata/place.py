"""Decides where a picture was taken: degrees and metres out of EXIF, XMP and ISO 6709. It guesses no half."""

import re
from collections.abc import Mapping

from app.analysis.formats.numbers import parse_number, read_numbers
from app.analysis.formats.tiff import Tags
from app.analysis.formats.xmp import Xmp

Position = tuple[float, float]
_NORTH_SOUTH: Mapping[str, int] = {"N": 1, "S": -1}
_EAST_WEST: Mapping[str, int] = {"E": 1, "W": -1}
_POLES, _DATE_LINE = 90.0, 180.0
_COORDINATE = re.compile(r"(\d{1,3}),\s*(\d{1,2}(?:\.\d{1,20})?)(?:,\s*(\d{1,2}(?:\.\d{1,20})?))?\s*([NSEWnsew]?)\Z")
_DECIMAL = re.compile(r"([+-]?)(\d{1,3}(?:\.\d{1,20})?)\s*([NSEWnsew]?)\Z")
_ISO_6709 = re.compile(
    r"([+-])(\d{1,2}|\d{4}|\d{6})(\.\d{0,20})?([+-])(\d{1,3}|\d{5}|\d{7})(\.\d{0,20})?([+-]\d{1,9}(?:\.\d{1,20})?)?(?:CRS\w*)?/?\Z",
    re.ASCII,
)
_HIGHEST = 100_000.0  # m: beyond it is nonsense


def is_unset(position: Position) -> bool:
    """Whether it is 0, 0: how cameras and phones write that they do not know where they are."""
    return position == (0, 0)


def read_exif_position(exif: Tags) -> Position | None:
    """Read latitude and longitude from EXIF, in degrees, north and east positive; both or neither."""
    latitude = _degrees(exif, "GPS GPSLatitude", _NORTH_SOUTH, _POLES)
    longitude = _degrees(exif, "GPS GPSLongitude", _EAST_WEST, _DATE_LINE)
    return (latitude, longitude) if latitude is not None and longitude is not None else None


def read_xmp_position(properties: Xmp) -> Position | None:
    """Read degrees from `exif:GPSLatitude` and `exif:GPSLongitude`: `33,51.5S`, `33,51,30S`, or also `-33.86`.

    A number without a letter or a minus has its half of the globe from the `Ref` beside it, as Apple Photos writes it.
    """
    latitude = _coordinate(properties, "exif:GPSLatitude", _NORTH_SOUTH, _POLES)
    longitude = _coordinate(properties, "exif:GPSLongitude", _EAST_WEST, _DATE_LINE)
    return (latitude, longitude) if latitude is not None and longitude is not None else None


def parse_iso6709(text: str) -> tuple[float, float, float | None] | None:
    """Parse latitude, longitude (degrees) and altitude (metres) of ISO 6709: `+37.3318-122.0312+065.000/`.

    Also degrees with minutes, and seconds (`+3719.9-12201.9/`), and degrees without the zeros in front; no position
    that `is_unset`.
    """
    if not (match := _ISO_6709.match(text.strip(" \0"))):
        return None
    latitude = _sexagesimal(match[1], match[2], match[3], 2, _POLES)
    longitude = _sexagesimal(match[4], match[5], match[6], 3, _DATE_LINE)
    if latitude is None or longitude is None or is_unset((latitude, longitude)):
        return None
    return latitude, longitude, _signed(float(match[7]), below=match[7].startswith("-")) if match[7] else None


def _sexagesimal(sign: str, digits: str, part: str | None, whole: int, limit: float) -> float | None:
    """Degrees of `digits`: `whole` of them are degrees, then two each minutes and seconds; the part is of the last."""
    pieces = [digits[:whole], *(digits[at : at + 2] for at in range(whole, len(digits), 2))]
    numbers_ = [float(piece) for piece in pieces]
    numbers_[-1] += float(f"{part or ''}0")
    degrees = sum(number_ / 60**power for power, number_ in enumerate(numbers_))
    return _within(-degrees if sign == "-" else degrees, limit)


def read_exif_altitude(exif: Tags) -> float | None:
    """Read the altitude from EXIF in metres, negative below the sea."""
    metres, below = read_numbers(exif, "GPS GPSAltitude"), _below(exif.get("GPS GPSAltitudeRef"))
    return _signed(metres[0], below=below) if metres else None


def read_xmp_altitude(properties: Xmp) -> float | None:
    """Read the altitude in metres from `exif:GPSAltitude` and its reference, negative below the sea."""
    metres = parse_number(properties.get("exif:GPSAltitude", ("",))[0])
    return None if metres is None else _signed(metres, below=properties.get("exif:GPSAltitudeRef", ("0",))[0] == "1")


def _below(reference: object) -> bool:
    """Whether the reference says "below the sea": 1, and 3 of EXIF 3.0, which measures from another zero."""
    match reference:
        case (1 | 3, *_):
            return True
        case bytes() | str():
            return reference[:1] in (b"\1", b"1", "1", "\1")
    return False


def _signed(metres: float, *, below: bool) -> float | None:
    signed = -abs(metres) if below else metres
    return round(signed, 3) if abs(signed) <= _HIGHEST else None


def _degrees(exif: Tags, name: str, signs: Mapping[str, int], limit: float) -> float | None:
    """Degrees, minutes and seconds with a letter for the half of the globe (EXIF 2.32, 4.6.6) as signed degrees."""
    letter = exif.get(f"{name}Ref", "")
    sign = signs.get(letter.strip(" \0").upper()[:1]) if isinstance(letter, str) else None
    parts = read_numbers(exif, name)
    if sign is None or len(parts) not in (1, 2, 3):
        return None
    return _within(sign * sum(part / 60**power for power, part in enumerate(parts)), limit)


def _coordinate(properties: Xmp, name: str, signs: Mapping[str, int], limit: float) -> float | None:
    text = properties.get(name, ("",))[0].strip()
    beside = properties.get(f"{name}Ref", ("",))[0].strip()[:1].upper()
    if match := _COORDINATE.match(text):
        sign = signs.get(match[4].upper() or beside)
        degrees = int(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
        return None if sign is None else _within(sign * degrees, limit)
    if not (match := _DECIMAL.match(text)):
        return None
    degrees, letter = float(match[2]), match[3].upper()
    if match[1] and not letter:  # its own sign says more than what stands beside it
        return _within(-degrees if match[1] == "-" else degrees, limit)
    sign = signs.get(letter) if letter else signs.get(beside, 1)
    return None if sign is None else _within(sign * degrees, limit)


def _within(degrees: float, limit: float) -> float | None:
    return round(degrees, 7) if abs(degrees) <= limit else None
