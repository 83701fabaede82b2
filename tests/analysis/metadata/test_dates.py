"""When a picture was taken: which of all dates counts, and by which tags."""

import pytest

from app.analysis.formats.xmp import NO_XMP
from app.analysis.metadata.beside import Beside
from app.analysis.metadata.dates import find_taken_at
from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.takeout import NO_TAKEOUT, Takeout
from app.analysis.metadata.written_dates import format_avi_date, format_iso_date


def taken(exif=None, xmp=None, iptc=None, texts=None, *, sidecar=NO_XMP, takeout=NO_TAKEOUT):
    found = Embedded(exif=exif or {}, xmp=xmp or {}, iptc=iptc or {}, texts=texts or {})
    moment = find_taken_at(found, Beside(sidecar, takeout))
    return moment and (moment.at, moment.rule)


ORIGINAL = {"EXIF DateTimeOriginal": "2008:05:30 15:56:01"}
GPS = {"GPS GPSDateStamp": "2008:05:30", "GPS GPSTimeStamp": (13.0, 56.0, 1.5)}


@pytest.mark.parametrize(
    ("exif", "at", "rule"),
    [
        (ORIGINAL, "2008-05-30T15:56:01", "exif DateTimeOriginal"),
        (
            ORIGINAL | {"EXIF OffsetTimeOriginal": "+02:00"},
            "2008-05-30T15:56:01+02:00",
            "exif DateTimeOriginal, OffsetTimeOriginal",
        ),
        (
            ORIGINAL | {"EXIF OffsetTimeOriginal": "-03:30", "EXIF SubsecTimeOriginal": "05 "},
            "2008-05-30T15:56:01.050000-03:30",
            "exif DateTimeOriginal, OffsetTimeOriginal, SubsecTimeOriginal",
        ),
        (
            ORIGINAL | {"EXIF OffsetTimeOriginal": "+2:00"},
            "2008-05-30T15:56:01+02:00",
            "exif DateTimeOriginal, OffsetTimeOriginal",
        ),
        (
            GPS | {"GPS GPSTimeStamp": (10.0, 59.0, 60.0)},
            "2008-05-30T11:00:00+00:00",
            "exif GPSDateStamp, GPSTimeStamp",
        ),
        (ORIGINAL | {"EXIF OffsetTime": "+02:00"}, "2008-05-30T15:56:01", "exif DateTimeOriginal"),
        (ORIGINAL | {"EXIF OffsetTimeOriginal": "   :  "}, "2008-05-30T15:56:01", "exif DateTimeOriginal"),
        ({"Image DateTimeOriginal": "2008:05:30 15:56:01"}, "2008-05-30T15:56:01", "exif DateTimeOriginal"),
        (
            {"EXIF DateTimeOriginal": "0000:00:00 00:00:00", "EXIF DateTimeDigitized": "2001:02:03 04:05:06"} | GPS,
            "2001-02-03T04:05:06",
            "exif DateTimeDigitized",
        ),
        (
            GPS | {"Image DateTime": "2020:01:01 00:00:00"},
            "2008-05-30T13:56:01.500000+00:00",
            "exif GPSDateStamp, GPSTimeStamp",
        ),
        (
            {"Image DateTime": "2008:05:30 15:56:01", "EXIF OffsetTime": "+01:00"},
            "2008-05-30T15:56:01+01:00",
            "exif DateTime, OffsetTime",
        ),
    ],
)
def test_exif_dates_in_the_order_of_what_they_say_about_the_taking(exif, at, rule):
    assert taken(exif) == (at, rule)


@pytest.mark.parametrize(
    "time", [(24.0, 0.0, 0.0), (1.0, 60.0, 0.0), (1.0, 0.0, 61.0), (1.0, 2.0), (float("nan"), 0.0, 0.0), "12:00"]
)
def test_a_time_of_the_satellites_that_no_clock_shows_is_none(time):
    assert taken(GPS | {"GPS GPSTimeStamp": time}) is None
    assert taken(GPS | {"GPS GPSDateStamp": "    :  :  "}) is None


@pytest.mark.parametrize(
    ("offset", "zone"),
    [
        ("+2:00", "+02:00"),
        ("-3:30", "-03:30"),
        ("+02", "+02:00"),
        ("+2", "+02:00"),
        ("+0200", "+02:00"),
        ("-930", "-09:30"),
        ("Z", "+00:00"),
        ("+99:00", ""),
        ("2:00", ""),
        ("+2:0", ""),
        ("CET", ""),
    ],
)
def test_an_offset_in_every_form_that_programs_write(offset, zone):
    assert format_iso_date("2008:05:30 15:56:01", offset) == f"2008-05-30T15:56:01{zone}"
    if zone:
        assert format_iso_date(f"2008-05-30T15:56:01{offset}") == f"2008-05-30T15:56:01{zone}"


def test_a_sixtieth_second_is_the_first_of_the_next_minute():
    assert format_iso_date("2008:12:31 23:59:60", "Z") == "2009-01-01T00:00:00+00:00"
    assert format_iso_date("9999:12:31 23:59:60") is None
    assert format_iso_date("2008:12:31 23:59:61") is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2019:08:05 24:10:00", "2019-08-05T00:10:00"),
        ("2019:08:05 24:00:00", "2019-08-05T00:00:00"),
        ("2019:08:05 25:10:00", None),
        ("1985", "1985"),
        ("1985-06", "1985-06"),
        ("1985:06", "1985-06"),
        ("1985:00:00 00:00:00", "1985"),
        ("1985:06:00 00:00:00", "1985-06"),
        ("1985-00-00", "1985"),
        ("1985:  :     :  :  ", "1985"),
        ("1985:06:     :  :  ", "1985-06"),
        ("1985:06:07   :  :  ", "1985-06-07"),
        ("1985:06:07 08:09:  ", "1985-06-07T08:09:00"),
        ("1985: 6: 7 10:11:12", "1985-06-07T10:11:12"),
        ("1985-06-07T10:11", "1985-06-07T10:11:00"),
        ("1985:13:00 00:00:00", None),
        ("1985:13", None),
        ("0000:00:00 00:00:00", None),
        ("    :  :     :  :  ", None),
        ("20190:01:01 00:00:00", None),
        ("198", None),
        ("1985 or so", None),
        ("1985:" + " " * 100_000 + "x", None),
    ],
)
def test_a_date_goes_as_far_as_it_is_known(text, at):
    assert format_iso_date(text) == at


@pytest.mark.parametrize(
    ("first", "second", "at"),
    [
        ("1985", "1985-06-07T10:11:12", "1985-06-07T10:11:12"),
        ("1985", "1985-06", "1985-06"),
        ("1985", "2015-01-02T03:04:05", "1985"),
        ("1985-06", "1985-07-01", "1985-06"),
    ],
)
def test_a_year_or_a_month_alone_gives_way_to_what_goes_further_and_agrees(first, second, at):
    assert taken(xmp={"photoshop:DateCreated": (first,), "xmp:CreateDate": (second,)})[0] == at
    assert taken({"EXIF DateTimeOriginal": first.replace("-", ":")}, {"xmp:CreateDate": (second,)})[0] == at


def test_the_last_change_of_the_file_says_nothing_of_the_month_in_which_it_was_taken():
    changed = {"Image DateTime": "1985:12:31 23:00:00"}
    assert taken(changed, {"photoshop:DateCreated": ("1985",)})[0] == "1985"
    assert taken(changed, {"photoshop:DateCreated": ("1985-12-31",)})[0] == "1985-12-31T23:00:00"


@pytest.mark.parametrize(("day", "at"), [("19850000", "1985"), ("19850600", "1985-06"), ("00000000", None)])
def test_iptc_has_zeros_for_what_is_not_known(day, at):
    found = taken(iptc={"DateCreated": (day,), "TimeCreated": ("101112+0200",)})
    assert found == (at and (at, "iptc DateCreated"))


@pytest.mark.parametrize(
    ("zone", "read"),
    [("+0000", ""), ("-0000", ""), ("+00:00", ""), ("+0200", "+02:00"), ("-0330", "-03:30"), ("", "")],
)
@pytest.mark.parametrize("kind", ["Created", "Digital"])
def test_the_zone_of_iptc_that_editors_write_where_nobody_set_one_is_none(zone, read, kind):
    names = ("DateCreated", "TimeCreated") if kind == "Created" else ("DigitalCreationDate", "DigitalCreationTime")
    iptc = dict(zip(names, (("20131126",), (f"155355{zone}",)), strict=True))
    assert taken(iptc=iptc)[0] == f"2013-11-26T15:53:55{read}"
    local = {"EXIF DateTimeOriginal": "2013:11:26 15:53:55"}
    assert taken(local, iptc=iptc)[0] == f"2013-11-26T15:53:55{read}"


@pytest.mark.parametrize(
    "said",
    [
        {"exif:GPSTimeStamp": ("2023-11-15T12:30:00Z",)},
        {"exif:GPSTimeStamp": ("2023-11-15T12:30:00",)},
        {"exif:GPSTimeStamp": ("2023-11-15T14:30:00+02:00",)},
        {"exif:GPSTimeStamp": ("12:30:00",), "exif:GPSDateStamp": ("2023:11:15",)},
    ],
)
def test_the_time_of_the_satellites_in_xmp_counts_as_that_of_exif(said):
    at = "2023-11-15T12:30:00+00:00"
    assert taken({"Image DateTime": "2024:01:01 00:00:00"}, said) == (at, "xmp exif:GPSTimeStamp")
    assert taken(sidecar=said) == (at, "sidecar exif:GPSTimeStamp")
    assert taken(xmp={"exif:GPSTimeStamp": ("0001-01-01T00:00:00+14:00",)}) is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Mon Mar 10 15:04:43 2003\n\0", "2003-03-10T15:04:43"),
        ("SUN AUG  3 09:08:07 2008", "2008-08-03T09:08:07"),
        ("2001/ 1/27  1:42PM", "2001-01-27T13:42:00"),
        ("2001/ 1/27 12:42AM", "2001-01-27T00:42:00"),
        ("2005/11/28/ 09:19", "2005-11-28T09:19:00"),
        ("2002-12-16  15:35:01\0\0", "2002-12-16T15:35:01"),
        ("2002:12:16 15:35:01", "2002-12-16T15:35:01"),
        ("Mon Foo 10 15:04:43 2003", None),
        ("Mon Feb 30 15:04:43 2003", None),
        ("2001/13/27  1:42PM", None),
        ("yesterday", None),
    ],
)
def test_avi_dates_in_every_form_that_cameras_write(text, at):
    assert format_avi_date(text) == at


def test_what_a_person_wrote_counts_before_the_last_change_of_the_file():
    changed = {"Image DateTime": "2020:01:01 00:00:00"}
    assert taken(changed, {"photoshop:DateCreated": ("1999-12-31",)}) == ("1999-12-31", "xmp photoshop:DateCreated")
    iptc = {"DateCreated": ("19991231",), "TimeCreated": ("235958-0500",)}
    assert taken(changed, iptc=iptc) == ("1999-12-31T23:59:58-05:00", "iptc DateCreated, TimeCreated")
    assert taken(changed, iptc={"DateCreated": ("00000000",)}) == ("2020-01-01T00:00:00", "exif DateTime")


def test_a_day_alone_gives_way_to_the_time_of_the_same_day_only():
    xmp = {"photoshop:DateCreated": ("2006-10-29",)}
    iptc = {"DateCreated": ("20061029",), "TimeCreated": ("062751-0500",)}
    assert taken(xmp=xmp, iptc=iptc)[0] == "2006-10-29T06:27:51-05:00"
    assert taken(xmp=xmp, iptc=iptc | {"DateCreated": ("20061030",)})[0] == "2006-10-29"


def test_the_sidecar_speaks_first_and_takeout_last():
    takeout = Takeout(taken_at="2011-01-01T00:00:00+00:00")
    sidecar = {"exif:DateTimeOriginal": ("2010-01-01T10:00:00.25+01:00",)}
    at = "2010-01-01T10:00:00.250000+01:00"
    assert taken(ORIGINAL, sidecar=sidecar, takeout=takeout) == (at, "sidecar exif:DateTimeOriginal")
    assert taken(ORIGINAL, takeout=takeout)[1] == "exif DateTimeOriginal"
    assert taken(takeout=takeout) == (takeout.taken_at, "takeout photoTakenTime")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Mon 24 Nov 2003 06:00:00 PM CET", "2003-11-24T18:00:00"),
        ("Mon 24 Nov 2003 06:00:00 AM CET", "2003-11-24T06:00:00"),
        ("Mon 24 Nov 2003 12:00:01 AM GMT", "2003-11-24T00:00:01+00:00"),
        ("Mon 24 Nov 2003 12:00:01PM", "2003-11-24T12:00:01"),
        ("24 Nov 2003 6:00:00 p.m.", "2003-11-24T18:00:00"),
        ("Mon 24 Nov 2003 18:00:00 PM", "2003-11-24T18:00:00"),
        ("Mon 24 Nov 2003 18:00:00", "2003-11-24T18:00:00"),
    ],
)
def test_the_half_of_the_day_in_the_creation_time_of_a_png_counts(text, at):
    assert taken(texts={"Creation Time": text}) == (at, "png Creation Time")


@pytest.mark.parametrize("text", ["2003-11-24T18:00:00+00:00", "Mon, 24 Nov 2003 18:00:00 +0000"])
def test_the_creation_time_of_a_png_is_a_date(text):
    assert taken(texts={"Creation Time": text}) == ("2003-11-24T18:00:00+00:00", "png Creation Time")
    assert taken(texts={"Creation Time": "last summer"}) is None


BESIDE = {"exif:DateTimeOriginal": ("2008-05-30T15:56:01",)}
IN_FULL = ORIGINAL | {"EXIF OffsetTimeOriginal": "+02:00", "EXIF SubsecTimeOriginal": "45"}
TAGS = "exif DateTimeOriginal, OffsetTimeOriginal, SubsecTimeOriginal"


def test_a_zone_and_parts_of_a_second_are_completed_by_another_that_says_the_same_second():
    full = "2008-05-30T15:56:01.450000+02:00"
    assert taken(IN_FULL, sidecar=BESIDE) == (full, f"sidecar exif:DateTimeOriginal + {TAGS}")
    zoned = {"exif:DateTimeOriginal": ("2008-05-30T15:56:01+09:00",)}
    at = "2008-05-30T15:56:01+09:00"
    assert taken(ORIGINAL, zoned) == (at, "exif DateTimeOriginal + xmp exif:DateTimeOriginal")
    parts = {"exif:DateTimeOriginal": ("2008-05-30T15:56:01.45",)}
    rule = "sidecar exif:DateTimeOriginal + exif DateTimeOriginal, OffsetTimeOriginal"
    assert taken(ORIGINAL | {"EXIF OffsetTimeOriginal": "+02:00"}, sidecar=parts) == (full, rule)
    day = {"exif:DateTimeOriginal": ("2008-05-30",)}
    assert taken(ORIGINAL, zoned, sidecar=day)[0] == at


@pytest.mark.parametrize("other", ["2008-05-30T15:56:02+02:00", "2008-05-30T14:56:01+02:00", "2008-05-30"])
def test_what_says_another_second_completes_nothing(other):
    assert taken(ORIGINAL, {"exif:DateTimeOriginal": (other,)}) == ("2008-05-30T15:56:01", "exif DateTimeOriginal")


def test_a_moment_in_another_zone_and_a_clock_that_always_shows_utc_complete_nothing():
    zoned = {"exif:DateTimeOriginal": ("2008-05-30T15:56:01+09:00",)}
    assert taken(IN_FULL, sidecar=zoned) == ("2008-05-30T15:56:01+09:00", "sidecar exif:DateTimeOriginal")
    satellites = {"GPS GPSDateStamp": "2008:05:30", "GPS GPSTimeStamp": (15.0, 56.0, 1.0)}
    takeout = Takeout(taken_at="2008-05-30T15:56:01+00:00")
    assert taken(ORIGINAL, takeout=takeout) == ("2008-05-30T15:56:01", "exif DateTimeOriginal")
    assert taken(ORIGINAL | satellites)[1] == "exif DateTimeOriginal + exif GPSDateStamp, GPSTimeStamp"  # by the zone


EVERY_DATE = (
    ("sidecar", "exif:DateTimeOriginal"),
    ("exif", "DateTimeOriginal"),
    ("xmp", "exif:DateTimeOriginal"),
    ("sidecar", "photoshop:DateCreated"),
    ("xmp", "photoshop:DateCreated"),
    ("iptc", "DateCreated"),
    ("sidecar", "xmp:CreateDate"),
    ("sidecar", "exif:DateTimeDigitized"),
    ("exif", "DateTimeDigitized"),
    ("xmp", "xmp:CreateDate"),
    ("xmp", "exif:DateTimeDigitized"),
    ("iptc", "DigitalCreationDate"),
    ("sidecar", "exif:GPSTimeStamp"),
    ("exif", "GPSDateStamp, GPSTimeStamp"),
    ("xmp", "exif:GPSTimeStamp"),
    ("exif", "DateTime"),
    ("png", "Creation Time"),
    ("takeout", "photoTakenTime"),
)


@pytest.mark.parametrize("rank", range(len(EVERY_DATE)))
def test_originals_count_before_digitized_whatever_holds_them(rank):
    exif, xmp, iptc, sidecar, texts = {}, {}, {}, {}, {}
    for year, (source, name) in enumerate(EVERY_DATE[rank:], 2000 + rank):
        match source:
            case "exif" if name.startswith("GPS"):
                exif |= {"GPS GPSDateStamp": f"{year}:01:01", "GPS GPSTimeStamp": (1.0, 2.0, 3.0)}
            case "exif":
                exif[f"Image {name}" if name == "DateTime" else f"EXIF {name}"] = f"{year}:01:01 00:00:00"
            case "xmp" | "sidecar":
                (xmp if source == "xmp" else sidecar)[name] = (f"{year}-01-01T00:00:00",)
            case "iptc":
                iptc[name] = (f"{year}0101",)
            case "png":
                texts[name] = f"{year}-01-01T00:00:00"
    takeout = Takeout(taken_at=f"{1999 + len(EVERY_DATE)}-01-01T00:00:00+00:00")
    at, rule = taken(exif, xmp, iptc, texts, sidecar=sidecar, takeout=takeout)
    assert (int(at[:4]), rule) == (2000 + rank, " ".join(EVERY_DATE[rank]))
