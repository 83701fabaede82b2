"""The zone of a clock that says none: by clocks in UTC beside it, and by the place."""

from datetime import datetime, timedelta

import pytest

from app.analysis.metadata import zones
from app.analysis.metadata.beside import Beside
from app.analysis.metadata.dates import find_taken_at
from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.zones import find_offset_by_clocks, find_offset_by_position

ROME, SOUTH_ATLANTIC = (41.9, 12.5), (-30.0, -15.0)
LOCAL = {"EXIF DateTimeOriginal": "2013:11:26 15:53:55"}
SATELLITES = {"GPS GPSDateStamp": "2013:11:26", "GPS GPSTimeStamp": (13.0, 53.0, 46.0)}


def at(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("local", "utc", "hours"),
    [
        ("2013-11-26T15:53:55", "2013-11-26T13:53:46+00:00", 2),
        ("2013-11-26T00:53:55", "2013-11-26T08:53:57+00:00", -8),
        ("2013-11-27T02:23:00", "2013-11-26T20:53:00+00:00", 5.5),
        ("2013-11-27T02:38:00", "2013-11-26T20:53:00+00:00", 5.75),
        ("2013-11-26T13:57:00", "2013-11-26T13:53:46+00:00", 0),
        ("2013-11-26T16:13:00", "2013-11-26T13:53:46+00:00", None),
        ("2013-11-28T16:00:00", "2013-11-26T13:53:46+00:00", None),
    ],
)
def test_a_clock_in_utc_tells_the_offset_of_another(local, utc, hours):
    found = find_offset_by_clocks(at(local), [at(utc)])
    assert found == (None if hours is None else timedelta(hours=hours))


def taken(exif, *, beside=None, place=None, **parts):
    moment = find_taken_at(Embedded(exif=exif, **parts), beside or Beside(), place)
    return moment.at, moment.rule


def test_satellites_and_the_phones_own_clock_give_the_zone():
    zoned = "2013-11-26T15:53:55+02:00"
    assert taken(LOCAL | SATELLITES) == (zoned, "exif DateTimeOriginal + exif GPSDateStamp, GPSTimeStamp")
    xmp = {"exif:GPSTimeStamp": ("2013-11-26T13:53:46Z",)}
    assert taken(LOCAL, xmp=xmp) == (zoned, "exif DateTimeOriginal + xmp exif:GPSTimeStamp")
    assert taken(LOCAL, beside=Beside(xmp))[0] == zoned
    saved = "2013-11-26T06:53:56.124000+00:00"
    assert taken(LOCAL, saved_at=saved) == (
        "2013-11-26T15:53:55+09:00",
        "exif DateTimeOriginal + Samsung Image_UTC_Data",
    )
    said = LOCAL | SATELLITES | {"EXIF OffsetTimeOriginal": "+01:00"}
    assert taken(said)[0] == "2013-11-26T15:53:55+01:00"


def test_the_last_change_of_a_file_has_no_zone_from_the_place_it_was_taken_at():
    assert taken({"Image DateTime": "2013:11:26 15:53:55"}, place=ROME)[0] == "2013-11-26T15:53:55"


def test_the_place_gives_the_zone_where_no_clock_does():
    pytest.importorskip("timezonefinder")
    assert taken(LOCAL, place=ROME) == ("2013-11-26T15:53:55+01:00", "exif DateTimeOriginal + position")
    summer = {"EXIF DateTimeOriginal": "2013:07:26 15:53:55"}
    assert taken(summer, place=ROME)[0] == "2013-07-26T15:53:55+02:00"
    assert taken(LOCAL, place=SOUTH_ATLANTIC)[0] == "2013-11-26T15:53:55"
    assert taken({"EXIF DateTimeOriginal": "2013:11:26"}, place=ROME)[0] == "2013-11-26"


@pytest.mark.parametrize(("clock", "hours"), [("02:30:00", None), ("03:30:00", 2), ("01:30:00", 1)])
def test_an_hour_that_clocks_skip_has_no_zone(clock, hours):
    pytest.importorskip("timezonefinder")
    found = find_offset_by_position(at(f"2024-03-31T{clock}"), ROME)
    assert found == (None if hours is None else timedelta(hours=hours))
    assert find_offset_by_position(at("2024-10-27T02:30:00"), ROME) is None  # shown twice


def test_without_the_extra_there_is_no_zone(monkeypatch):
    monkeypatch.setattr(zones, "_finder", lambda: None)
    assert find_offset_by_position(at("2013-11-26T15:53:55"), ROME) is None
