"""Finds in the name of a file when it was taken: messengers strip everything else.

The forms are those of phones, messengers and systems, which write the year first. It never guesses which of two numbers
is the day, and takes no date that no calendar has.
"""

import re
from datetime import date, datetime, timedelta

from app.analysis.metadata.written_dates import count_hours

_YEAR, _MONTH, _DAY = r"(?P<year>(?:19|20)\d\d)", r"(?P<month>\d\d)", r"(?P<day>\d\d)"
_ENDS = r"(?![^\W_])"  # no letter or digit follows
_HALVES = {"上午": "AM", "午前": "AM", "오전": "AM", "下午": "PM", "午後": "PM", "오후": "PM"}  # of the day, on macOS
_SPOKEN = (
    r"(?P<hour>\d\d|\d(?=[-_.:]))(?P<between>[-_.:]?)(?P<minute>\d\d)(?P=between)(?P<second>\d\d)"
    r"(?:\s?(?P<half>[AP]M))?"
)
_BEFORE = rf"(?:(?P<before>{'|'.join(_HALVES)})\s?)?"
_FORMS = (
    # PXL_20240501_101112345, IMG_20240501_101112_HDR, 20240501-101112, VID20240501101112, BURST20240501101112
    rf"(?<!\d){_YEAR}{_MONTH}{_DAY}[-_ T]?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?P<part>\d{{3}})?{_ENDS}",
    # Screenshot_2024-05-01-10-11-12, signal-2024-05-01-101112, 2024-05-01 10.11.12, photo_2024-05-01_10-11-12,
    # Screen Shot 2024-05-01 at 5.11.12 PM, WP_20240501_10_11_12_Pro
    rf"(?<!\d){_YEAR}[-_.]?{_MONTH}[-_.]?{_DAY}(?:[-_ T]|,? \D{{1,8}} ){_BEFORE}{_SPOKEN}{_ENDS}",
    # photo_5@01-05-2024_10-11-12: Telegram's export, the day always first
    rf"@{_DAY}-{_MONTH}-{_YEAR}_(?P<hour>\d\d)-(?P<minute>\d\d)-(?P<second>\d\d)(?!\d)",
)
_DAYS = (
    # IMG-20240501-WA0001, IMG_20240501_1, 20240501
    rf"(?:^|(?:IMG|VID|PTT|STK|GIF|MVIMG|PXL|DSC|Screenshot)[-_ ]){_YEAR}{_MONTH}{_DAY}{_ENDS}(?![-_ T]\d{{6}}(?!\d))",
    # 2024-05-01 in the garden
    rf"(?<![\d-]){_YEAR}-{_MONTH}-{_DAY}(?![\d-])",
)
_TIME_FORMS, _DAY_FORMS = ([re.compile(form, re.IGNORECASE) for form in forms] for forms in (_FORMS, _DAYS))


def find_date_in_name(name: str, today: date) -> str | None:
    """Find the time or day in a file's name, as ISO 8601 without an offset; None without one, or later than tomorrow.

    `PXL_20220812_153341290.jpg` -> `2022-08-12T15:33:41.290000`; `IMG-20240501-WA0001.jpg` -> `2024-05-01`. Numbers in
    the form of a time that are none spoil the day, too: they are something else.
    """
    for form in _TIME_FORMS:
        if match := form.search(name):
            return _time(match.groupdict(), today)
    for form in _DAY_FORMS:
        if match := form.search(name):
            return _day(match.groupdict(), today)
    return None


def _day(said: dict[str, str | None], today: date) -> str | None:
    try:
        day = date(*(int(said[name] or 0) for name in ("year", "month", "day")))
    except ValueError:
        return None
    return day.isoformat() if day <= today + timedelta(days=1) else None


def _time(said: dict[str, str | None], today: date) -> str | None:
    day, half = _day(said, today), said.get("half") or _HALVES.get(said.get("before") or "")
    hour, minute, second = (int(said[name] or 0) for name in ("hour", "minute", "second"))
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = count_hours(hour, half)
    try:
        clock = f"{hour:02}:{minute:02}:{second:02}.{said.get('part') or '0'}"
        return datetime.fromisoformat(f"{day}T{clock.ljust(len('10:11:12.000'), '0')}").isoformat() if day else None
    except ValueError:
        return None
