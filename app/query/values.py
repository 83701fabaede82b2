"""What a written number, size, time or date means: the stretch of values that it stands for.

`2024-05` is a month, `1:30` the second from 1:30 to 1:31, `f:2.8` whatever a camera rounds to it, and `800` itself. All
signs go by the stretch: `:` lies within, `>=` from its beginning, `>` after its end.
"""

import math
import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from app.errors import QueryError
from app.query.fields import Asked, Field
from app.query.tree import Between, Near
from app.query.words import ANY


class Stretch(NamedTuple):
    """From `low` to `high`, which belongs to it unless it is `half_open`."""

    low: float
    high: float
    half_open: bool = False


_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_ROUNDED = 0.001
"""How far a measured value may lie from the one that is written, of 1: a camera's 1.7799999713880652 is f/1.78."""
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?", re.ASCII)
_COUNT = re.compile(r"-?\d{1,15}", re.ASCII)
_PIXELS = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*mp", re.ASCII | re.IGNORECASE)
_MEASURE = re.compile(r"(\d{1,12}(?:\.\d{1,15})?)\s*(?:mm)?", re.ASCII | re.IGNORECASE)
_EXPOSURE = re.compile(r"(?:(1)/(\d{1,9}(?:\.\d{1,3})?)|(\d{1,9}(?:\.\d{1,9})?))\s*s?", re.ASCII | re.IGNORECASE)
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]i?b|b)?", re.ASCII | re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d{1,6}):)?(\d{1,6}):(\d\d)(\.\d{1,6})?", re.ASCII)
_SPANS = re.compile(
    r"(?=\d)(?:(\d{1,9}(?:\.\d{1,6})?)\s*h)?\s*(?:(\d{1,9}(?:\.\d{1,6})?)\s*m(?:in)?)?"
    r"\s*(?:(\d{1,9}(?:\.\d{1,6})?)\s*s?)?",
    re.ASCII | re.IGNORECASE,
)
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d))?)?)?)?",
    re.ASCII,
)
_PLACE = re.compile(
    r"(-?\d{1,3}(?:\.\d{1,15})?)\s*,\s*(-?\d{1,3}(?:\.\d{1,15})?)\s*,\s*(\d{1,9}(?:\.\d{1,9})?)\s*(km|m)",
    re.ASCII | re.IGNORECASE,
)
_WITHOUT_UNIT = re.compile(r"(?:[^,]*,){2}\s*(\d[\d.]{0,20})", re.ASCII)
_LONGEST = 64
"""Characters of a value that can be a number, a time or a place."""
_BYTES = {"k": 1, "m": 2, "g": 3, "t": 4}


def between(field: Field, sign: str, value: str, text: str, at: int) -> Between:
    """The bounds that a comparison asks for. Raises QueryError with the position `at`, where the value begins."""
    if sign == ":" and ".." in value:
        return _range(field, value, text, at)
    stretch = _stretch(field, value, at)
    low, high, half_open = stretch
    match sign:
        case ":":
            return Between(field.name, low, high, low_open=False, high_open=half_open, text=text)
        case ">=":
            return Between(field.name, low, None, low_open=False, high_open=False, text=text)
        case ">":
            return Between(field.name, high, None, low_open=not half_open, high_open=False, text=text)
        case "<=":
            return Between(field.name, None, high, low_open=False, high_open=half_open, text=text)
        case _:
            return Between(field.name, None, low, low_open=False, high_open=True, text=text)


def _range(field: Field, value: str, text: str, at: int) -> Between:
    first, _, last = value.partition("..")
    behind = at + len(first) + 2
    if not first and not last:
        raise QueryError(f"A range has one end at least: {field.name}:{field.example}..", at)
    low = _stretch(field, first, at) if first else None
    high = _stretch(field, last, behind) if last else None
    if low and high and high.low < low.low:
        raise QueryError(f"The range ends before it begins: '{first}' is more than '{last}'.", at)
    return Between(
        field.name,
        low.low if low else None,
        high.high if high else None,
        low_open=False,
        high_open=high.half_open if high else False,
        text=text,
    )


def near(value: str, text: str, at: int) -> Near:
    """A place and a distance from it. Raises QueryError with the position `at`, where the value begins."""
    match = _PLACE.fullmatch(value.strip()) if len(value) <= _LONGEST else None
    if not match and value.endswith(","):
        raise QueryError("A space ends the place: write near:41.9,12.5,10km without any, or put it in quotes.", at)
    if not match and (bare := _WITHOUT_UNIT.fullmatch(value)):
        behind = text.rindex(bare[1]) - text.index(":") - 1
        raise QueryError("The distance needs km or m directly behind it: near:41.9,12.5,10km.", at + behind)
    if not match:
        raise QueryError("A place is latitude, longitude and distance, between commas alone: near:41.9,12.5,10km.", at)
    latitude, longitude, distance = float(match[1]), float(match[2]), float(match[3])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise QueryError("A latitude lies between -90 and 90, a longitude between -180 and 180.", at)
    return Near(latitude, longitude, distance / (1 if match[4].lower() == "km" else 1000), text)


def _stretch(field: Field, value: str, at: int) -> Stretch:
    way = _WAYS[field.asked]
    stretch = way.read(value.strip()) if len(value) <= _LONGEST else None
    if stretch is None:
        raise QueryError(f"'{brief(value)}' is no {way.called}: write {field.name}:{way.example or field.example}.", at)
    return stretch


def brief(value: str) -> str:
    """A value as a sentence quotes it: in one line, and no longer than it has to be."""
    line = " ".join(value.replace(ANY, "*").split())
    return line if len(line) <= 40 else f"{line[:40]}..."


def _point(number: float) -> Stretch:
    return Stretch(number, number)


def _rounded(number: float) -> Stretch:
    return Stretch(number * (1 - _ROUNDED), number * (1 + _ROUNDED))


def _count(value: str) -> Stretch | None:
    return _point(int(value)) if _COUNT.fullmatch(value) else None


def _pixels(value: str) -> Stretch | None:
    match = _PIXELS.fullmatch(value)
    return _point(round(float(match[1]) * 1_000_000)) if match else _count(value)


def _measure(value: str) -> Stretch | None:
    match = _MEASURE.fullmatch(value)
    return _rounded(float(match[1])) if match else None


def _exposure(value: str) -> Stretch | None:
    if not (match := _EXPOSURE.fullmatch(value)):
        return None
    if not match[1]:
        return _rounded(float(match[3]))
    return _rounded(1 / float(match[2])) if float(match[2]) else None


def _size(value: str) -> Stretch | None:
    if not (match := _SIZE.fullmatch(value)):
        return None
    unit = (match[2] or "b").lower()
    return _point(round(float(match[1]) * (1024 if "i" in unit else 1000) ** _BYTES.get(unit[0], 0)))


def _duration(value: str) -> Stretch | None:
    if match := _CLOCK.fullmatch(value):
        if float(match[3]) >= 60 or (match[1] and int(match[2]) >= 60):
            return None
        seconds = int(match[1] or 0) * 3600 + int(match[2]) * 60 + int(match[3]) + float(match[4] or 0)
    elif match := _SPANS.fullmatch(value):
        seconds = sum(float(part or 0) * unit for part, unit in zip(match.groups(), (3600, 60, 1), strict=True))
    else:
        return None
    return Stretch(seconds, seconds + 1, half_open=True) if seconds == math.floor(seconds) else _point(seconds)


def _probability(value: str) -> Stretch | None:
    return _point(float(value)) if _NUMBER.fullmatch(value) and 0 <= float(value) <= 1 else None


def _date(value: str) -> Stretch | None:
    """Seconds from the start of 1970 to a date as written, in a calendar without zones."""
    if not (match := _DATE.fullmatch(value)):
        return None
    year, month, day, hour, minute, second = (int(part) if part else None for part in match.groups())
    try:
        first = date(year or 0, month or 1, day or 1)
    except ValueError:
        return None
    start = (first.toordinal() - _EPOCH) * _DAY
    if month is None:
        return Stretch(start, start + (366 if monthrange(first.year, 2)[1] == 29 else 365) * _DAY, half_open=True)
    if day is None:
        return Stretch(start, start + monthrange(first.year, first.month)[1] * _DAY, half_open=True)
    if hour is None or minute is None:
        return Stretch(start, start + _DAY, half_open=True)
    if hour > 23 or minute > 59 or (second or 0) > 59:
        return None
    start += hour * 3600 + minute * 60 + (second or 0)
    return Stretch(start, start + (60 if second is None else 1), half_open=True)


class _Way(NamedTuple):
    """How values are read, and what one is called."""

    read: Callable[[str], Stretch | None]
    called: str
    example: str = ""  # where that of the field is of another kind


_WAYS: Mapping[Asked, _Way] = MappingProxyType(
    {
        Asked.COUNT: _Way(_count, "whole number"),
        Asked.PIXELS: _Way(_pixels, "number of pixels"),
        Asked.MEASURE: _Way(_measure, "number"),
        Asked.EXPOSURE: _Way(_exposure, "exposure time"),
        Asked.SIZE: _Way(_size, "size"),
        Asked.DURATION: _Way(_duration, "length"),
        Asked.DATE: _Way(_date, "date"),
        Asked.PROBABILITY: _Way(_probability, "probability from 0 to 1", "0.5..0.8"),
    }
)
