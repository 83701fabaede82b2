"""Reads what Google Takeout writes beside a photo. It never believes it before what the file itself says."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeGuard

from app.errors import CannotRead
from app.texts import shown_name

_KEYS = frozenset(("photoTakenTime", "geoData", "geoDataExif", "people", "googlePhotosOrigin", "creationTime"))
_NUMBER = re.compile(r"\(\d{1,6}\)\Z")
_ODD = re.compile(r"\W")


@dataclass(frozen=True, slots=True)
class Takeout:
    """What it tells: `taken_at` in UTC as ISO 8601, degrees, metres; `raw` is the JSON as read."""

    taken_at: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    caption: str | None = None
    people: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)


NO_TAKEOUT = Takeout()


def parse_takeout(content: bytes) -> Takeout:
    """Parse the JSON; `NO_TAKEOUT` for JSON of another kind. Raises CannotRead `damaged_sidecar`."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CannotRead("it is not JSON.", cause="damaged_sidecar") from error
    if not isinstance(told, dict) or not _KEYS & told.keys():
        return NO_TAKEOUT
    latitude, longitude, altitude = _place(told.get("geoData")) or _place(told.get("geoDataExif")) or (None,) * 3
    people = told.get("people")
    names = (person.get("name") for person in people if isinstance(person, dict)) if isinstance(people, list) else ()
    description = told.get("description")
    return Takeout(
        _taken_at(told.get("photoTakenTime")),
        latitude,
        longitude,
        altitude,
        description.strip() or None if isinstance(description, str) else None,
        tuple(name for name in names if isinstance(name, str)),
        told,
    )


def speaks_of(told: Takeout, name: bytes) -> bool:
    """Whether it is about a file of this name, where its own name was cut off and may be that of another file's.

    Takeout writes `_` for what other systems do not allow in names, and cuts the names of files off, too.
    """
    stem = _NUMBER.sub("", shown_name(name).rpartition(".")[0])
    title = told.raw.get("title")
    return not isinstance(title, str) or _ODD.sub("_", title).startswith(_ODD.sub("_", stem))


def is_titled(told: Takeout, name: bytes) -> bool:
    """Whether its title is the name of the file without the suffix."""
    stem = _NUMBER.sub("", shown_name(name).rpartition(".")[0])
    title = told.raw.get("title")
    return isinstance(title, str) and _ODD.sub("_", title) == _ODD.sub("_", stem)


def _taken_at(time: Any) -> str | None:
    """The time in UTC; 0 is how Takeout says that there is none."""
    try:
        seconds = int(time["timestamp"])
        return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None
    except (TypeError, KeyError, ValueError, OverflowError, OSError):
        return None


def _place(geo: Any) -> tuple[float, float, float | None] | None:
    """Latitude, longitude and altitude; 0, 0 is how Takeout says that there is none."""
    if not isinstance(geo, dict):
        return None
    latitude, longitude, altitude = geo.get("latitude"), geo.get("longitude"), geo.get("altitude")
    if not (_within(latitude, 90) and _within(longitude, 180)) or (latitude == 0 and longitude == 0):
        return None
    return float(latitude), float(longitude), float(altitude) if altitude and _within(altitude, 1e5) else None


def _within(number: Any, limit: float) -> TypeGuard[float]:
    """Whether it is a number whose size is at most the limit."""
    return isinstance(number, int | float) and math.isfinite(number) and abs(number) <= limit
