"""A time of taking, moved and given a zone; and what is known too little of for that."""

import pytest

from app.library.saying.times import NotTold, told_anew, zone_named

NOON = "2024-07-04T12:00:00"


@pytest.mark.parametrize(
    ("at", "seconds", "zone", "told"),
    [
        (NOON, 3_600, None, "2024-07-04T13:00:00"),
        (NOON, -43_201, None, "2024-07-03T23:59:59"),
        (f"{NOON}+02:00", 60, None, "2024-07-04T12:01:00+02:00"),
        ("2024-07-04T12:00:00.250000", 1, None, "2024-07-04T12:00:01.250000"),
        (NOON, 0, "+02:00", f"{NOON}+02:00"),
        (NOON, 0, "-03:30", f"{NOON}-03:30"),
        (f"{NOON}+02:00", 0, "Asia/Tokyo", f"{NOON}+09:00"),
        (NOON, 0, "Europe/Berlin", f"{NOON}+02:00"),
        ("2024-01-04T12:00:00", 0, "Europe/Berlin", "2024-01-04T12:00:00+01:00"),
        ("2024-03-31T01:30:00", 7_200, "Europe/Berlin", "2024-03-31T03:30:00+02:00"),
        ("2024-03-31T02:30:00", 0, "Europe/Berlin", NotTold.AMBIGUOUS_TIME),
        ("2024-10-27T02:30:00", 0, "Europe/Berlin", NotTold.AMBIGUOUS_TIME),
        ("2024-10-27T02:30:00", 0, "+01:00", "2024-10-27T02:30:00+01:00"),
        (None, 1, None, NotTold.NO_TIME),
        ("2024", 1, None, NotTold.NO_CLOCK),
        ("2024-07", 1, None, NotTold.NO_CLOCK),
        ("2024-07-04", 0, "+02:00", NotTold.NO_CLOCK),
        ("9999-12-31T23:59:59", 1, None, NotTold.OUT_OF_RANGE),
        ("0001-01-01T00:00:00", -1, None, NotTold.OUT_OF_RANGE),
        ("0001-01-01T00:00:00", 0, "Europe/Berlin", NotTold.OFFSET_WITH_SECONDS),
        ("1890-06-01T12:00:00", 0, "Europe/Berlin", NotTold.OFFSET_WITH_SECONDS),
        ("1890-06-01T12:00:00", 0, "America/New_York", "1890-06-01T12:00:00-05:00"),
    ],
)
def test_a_time_is_moved_first_and_then_given_a_zone_and_its_clock_stays(at, seconds, zone, told):
    assert told_anew(at, seconds, zone) == told


@pytest.mark.parametrize(
    "name", ["", "America", "Nowhere/City", "../etc/passwd", "+2:00", "+15:00", "-02:60", "\0", "02:00"]
)
def test_what_is_no_zone_is_refused(name):
    with pytest.raises(ValueError, match=r"must be an offset such as \+02:00"):
        zone_named(name)
