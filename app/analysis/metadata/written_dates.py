"""Turns dates as tags write them into ISO 8601, as far as they go. A date that no calendar has is none."""

import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime

DAY = len("2003-11-23")
"""Characters of a day; what is shorter is a month or a year, what is longer a time."""
_CHARACTERS = 64  # of a date; the expression looks at longer ones in vain for long
_DATE = re.compile(
    r"(?P<year>\d{4})(?:[:/-](?P<month>[ \d]\d| {0,2})(?:[:/-](?P<day>[ \d]\d| {0,2}))?)?"
    r"(?:[ T]{1,2}(?P<hour>[ \d]\d):(?P<minute>[ \d]\d)(?::(?P<second>[ \d]\d| {0,2})(?:[.,](?P<part>\d*))?)?"
    r"\s*(?P<offset>Z|[+-]\d{1,2}(?::?\d\d)?)?|[ :]*)\Z",
    re.ASCII,
)
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d\d))?\Z", re.ASCII)
_SECONDS = 60  # of a minute; one more is what some clocks round to, and a leap second
_AFTER_MIDNIGHT = "24"  # how phones of LG write the first hour of a day
_AVI = re.compile(
    r"\w{3}\s+(?P<month>\w{3})\s+(?P<day>\d{1,2})\s+(?P<clock>\d\d:\d\d:\d\d)\s+(?P<year>\d{4})", re.ASCII
)
_CASIO = re.compile(
    r"(?P<year>\d{4})/\s*(?P<month>\d{1,2})/\s*(?P<day>\d{1,2})/?\s+(?P<hour>\d{1,2}):\s*(?P<minute>\d{1,2})"
    r"(?::(?P<second>\d\d))?\s*(?P<half>[AP]M)?",
    re.ASCII | re.IGNORECASE,
)
_HALVED = re.compile(r"(?P<hour>\d{1,2})(?P<rest>:\d\d(?::\d\d)?)\s?(?P<half>[AP])\.?M\b\.?", re.ASCII | re.IGNORECASE)
_NOON = 12
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def format_iso_date(text: str, offset: str = "", part: str = "") -> str | None:
    """Format an EXIF or XMP date as ISO 8601, with an offset only if one is given; None for an impossible day or time.

    `part` are digits of a second. `2003:11:23 18:00:00` -> `2003-11-23T18:00:00`; `2003-11-23` stays a date. Without a
    day, or with 0 for it, a month is left; without a month a year. Hour 24 is the first one of the same day.
    """
    stripped = text.strip(" \0\t\r\n")
    if len(stripped) > _CHARACTERS or not (match := _DATE.match(stripped)):
        return None
    year, month, day = match["year"], *((match[name] or "").strip().rjust(2, "0") for name in ("month", "day"))
    zone = _zone(match["offset"] or offset.strip(" \0"))
    digits = (match["part"] or part.strip(" \0"))[:6]
    try:
        if "00" in (month, day):
            known = date(int(year), int(month) or 1, 1).isoformat()
            return known[:4] if month == "00" else known[: len("2003-11")]
        if match["hour"] is None:
            return date.fromisoformat(f"{year}-{month}-{day}").isoformat()
        hour, minute, second = ((match[name] or "00").replace(" ", "0") for name in ("hour", "minute", "second"))
        hour = "00" if hour == _AFTER_MIDNIGHT else hour
        over = int(second) == _SECONDS
        moment = datetime.fromisoformat(f"{year}-{month}-{day}T{hour}:{minute}:{'59' if over else second}")
        moment += timedelta(seconds=over)
    except (ValueError, OverflowError):
        return None
    if digits.isascii() and digits.isdigit():
        moment = moment.replace(microsecond=int(digits.ljust(6, "0")))
    try:
        return datetime.fromisoformat(moment.isoformat() + zone).isoformat()
    except ValueError:  # an offset that is none: the date is still one
        return moment.isoformat()


def _zone(offset: str) -> str:
    """`+02:00` of `+2:00`, `+0200`, `+02`, `Z`; nothing where it is no offset."""
    if offset == "Z":
        return "+00:00"
    match = _OFFSET.match(offset)
    return f"{match[1]}{int(match[2]):02}:{match[3] or '00'}" if match else ""


def format_mail_date(text: str) -> str | None:
    """Format a date as in mail, which the PNG specification suggests: `Mon, 24 Nov 2003 18:00:00 +0000`.

    Desktops write it as their language has it, in English with halves of a day: `Mon 24 Nov 2003 06:00:00 PM CET`.
    """
    try:
        return parsedate_to_datetime(_HALVED.sub(_in_whole_days, text[:_CHARACTERS])).isoformat()
    except (ValueError, IndexError, TypeError, OverflowError):
        return None


def _in_whole_days(clock: re.Match[str]) -> str:
    return f"{count_hours(int(clock['hour']), clock['half']):02}{clock['rest']}"


def count_hours(hour: int, half: str) -> int:
    """Count the hours since midnight of a clock that shows AM or PM; one that shows more than 12 counts them itself."""
    return hour if hour > _NOON else hour % _NOON + (_NOON if half.upper().startswith("P") else 0)


def format_avi_date(text: str) -> str | None:
    """Format the date of a chunk `IDIT` of an AVI file as ISO 8601; None where it is no date.

    It is that of C's `ctime`, `Mon Mar 10 15:04:43 2003`; of Casio's cameras `2001/ 1/27  1:42PM` or
    `2005/11/28/ 09:19`; of others `2002-12-16  15:35:01` (exiftool, RIFF.pm).
    """
    said = text.strip(" \0\t\r\n")[:_CHARACTERS]
    with suppress(ValueError):
        if match := _AVI.match(said):
            month = _MONTHS.index(match["month"].lower()) + 1
            return format_iso_date(f"{match['year']}-{month:02}-{int(match['day']):02} {match['clock']}")
        if match := _CASIO.match(said):
            hour = int(match["hour"])
            if match["half"]:
                hour = count_hours(hour, match["half"])
            day = "-".join((match["year"], match["month"].rjust(2, "0"), match["day"].rjust(2, "0")))
            return format_iso_date(f"{day} {hour:02}:{int(match['minute']):02}:{match['second'] or '00'}")
    return format_iso_date(said)
