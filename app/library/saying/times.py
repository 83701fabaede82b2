"""A time of taking, moved by a duration or given a zone. Pure; the text of a time stays what ISO 8601 calls one."""

import re
from datetime import datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.metadata import Precision, precision_of

_OFFSET = re.compile(r"([+-])(0\d|1[0-4]):([0-5]\d)")
_MINUTE = timedelta(minutes=1)


class NotTold(StrEnum):
    """Why a time cannot be changed so."""

    NO_TIME = "no_time"  # nobody knows when it was taken
    NO_CLOCK = "no_clock"  # it is known to the day, month or year only
    OUT_OF_RANGE = "out_of_range"  # it would be before the year 1, or after 9999
    OFFSET_WITH_SECONDS = "offset_with_seconds"  # the zone had no standard time yet: no offset is written so
    AMBIGUOUS_TIME = "ambiguous_time"  # clocks of this zone showed this time twice, or never: they were changed then


def zone_named(text: str) -> tzinfo:
    """The zone of an offset such as `+02:00`, or of a name such as `Europe/Berlin`. Raises ValueError."""
    if found := _OFFSET.fullmatch(text):
        sign, hours, minutes = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-offset if sign == "-" else offset)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the last for the name of a folder, such as `America`
        raise ValueError("must be an offset such as +02:00, or a zone such as Europe/Berlin") from None


def told_anew(at: str | None, seconds: int, zone: str | None) -> str | NotTold:
    """The time that was `at`, so many seconds later, and in a zone: the clock then stays, and its offset is told.

    Why not, where it is known too little of. Raises ValueError for what is no zone.
    """
    if at is None:
        return NotTold.NO_TIME
    if precision_of(at) is not Precision.SECOND:
        return NotTold.NO_CLOCK
    try:
        moved = datetime.fromisoformat(at) + timedelta(seconds=seconds)
    except ValueError:
        return NotTold.NO_CLOCK
    except OverflowError:
        return NotTold.OUT_OF_RANGE
    if zone is not None:
        place = zone_named(zone)
        first, second = (moved.replace(tzinfo=place, fold=fold).utcoffset() for fold in (0, 1))
        if first is None or first != second:
            return NotTold.AMBIGUOUS_TIME
        if first % _MINUTE:
            return NotTold.OFFSET_WITH_SECONDS
        moved = moved.replace(tzinfo=timezone(first))
    return moved.isoformat()
