"""Finds the zone of a camera's clock where no tag says it: by a clock in UTC that ran beside it, or by the place.

It opens no file but those of timezonefinder, an extra, which knows the zones of the world offline.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.analysis.metadata.place import Position

_DRIFT = timedelta(minutes=5)  # between a camera's clock and that of satellites, whose last fix may be older
_HALVES = (-9.5, -3.5, -2.5, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 10.5, 12.75)
_OFFSETS = tuple(timedelta(hours=hours) for hours in (*range(-12, 15), *_HALVES))  # that are in use, or were lately
_AT_SEA = "Etc/"  # a clock on board shows what its people agree on


def find_offset_by_clocks(at: datetime, clocks: Iterable[datetime]) -> timedelta | None:
    """Find the offset of the clock that showed `at`, without a zone, when one of these showed its time in UTC.

    None where none is as far from it as a zone in use is from UTC, give or take five minutes.
    """
    for clock in clocks:
        apart = at.replace(tzinfo=UTC) - clock
        nearest = min(_OFFSETS, key=lambda offset: abs(apart - offset))
        if abs(apart - nearest) <= _DRIFT:
            return nearest
    return None


def find_offset_by_position(at: datetime, position: Position) -> timedelta | None:
    """Find the offset that clocks showed at `at`, a time without a zone, at a place in degrees.

    None at sea, for an hour that a change of clocks skips or shows twice, and without timezonefinder.
    """
    finder = _finder()
    name = finder.timezone_at(lat=position[0], lng=position[1]) if finder else None
    if not name or name.startswith(_AT_SEA):
        return None
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):  # this system does not know it
        return None
    first, second = (at.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return first if first == second else None


@cache
def _finder() -> Any:
    """What knows the zones of the world, loaded in half a second when it is first asked; None where it is missing."""
    if not find_spec("timezonefinder"):
        return None
    from timezonefinder import TimezoneFinder

    return TimezoneFinder(in_memory=True)  # else it leaves its files open; 33 MB
