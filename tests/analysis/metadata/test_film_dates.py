"""When a film was taken: what its maker says of the content, then what the container says of the file."""

import struct

import pytest

from app.analysis.metadata.beside import Beside
from app.analysis.metadata.film import interpret_film, sort_film_tags
from app.analysis.metadata.takeout import Takeout
from app.analysis.pictures.container import FilmInfo
from tests.analysis.pictures.films import boxed, made, read

MADE = "2025-03-29T20:14:32Z"


def interpreted(**tags):
    found = FilmInfo(tags=tags)
    return interpret_film(found, sort_film_tags(found))


def named(name, text):
    """An entry of Nikon's list: a tag, the type of a text, its length, and the text."""
    content = text.encode() + b"\0"
    return struct.pack(">IHH", name, 2, len(content)) + content


def in_user_box(content, inside):
    """The film with this box in a `udta` of its own at the end of its `moov`, which has to be the last box."""
    start = boxed(content, b"moov")[0]
    moov = bytearray(content[start:])
    user = struct.pack(">I4s", 8 + len(inside), b"udta") + inside
    moov[:4] = (len(moov) + len(user)).to_bytes(4, "big")
    return content[:start] + moov + user


def nikon(*entries):
    listed = b"".join(entries)
    inside = struct.pack(">I4s", 8 + len(listed), b"NCTG") + listed
    return struct.pack(">I4s", 8 + len(inside), b"NCDT") + inside


def test_the_clock_in_the_header_of_a_film_by_nikon_is_no_utc():
    number = struct.pack(">IHHI", 0x13, 4, 1, 467)
    entries = (named(1, "NIKON"), number, named(2, "NIKON Z50_2"), named(0x12, "2025:03:29 20:14:31"))
    content = in_user_box(made("mov", tags={"creation_time": MADE}), nikon(*entries))
    found = read(content, "mov")
    assert (found.camera_make, found.camera_model) == ("NIKON", "NIKON Z50_2")
    assert (found.taken_at, found.taken_at_rule) == ("2025-03-29T20:14:31", "video datetimeoriginal")


@pytest.mark.parametrize("cut", [False, True], ids=["by libav", "by its header alone"])
def test_a_film_by_nikon_that_says_no_time_of_its_own_has_that_of_the_header(cut):
    content = in_user_box(made("mov", tags={"creation_time": MADE}), nikon(named(1, "NIKON")))
    content = content.replace(b"stsd", b"xxxx") if cut else content
    found = read(content, "mov")
    assert (found.taken_at, found.taken_at_rule) == ("2025-03-29T20:14:32", "video creation_time")
    assert read(made("mov", tags={"creation_time": MADE}), "mov").taken_at == "2025-03-29T20:14:32+00:00"


@pytest.mark.parametrize("block", [b"", b"\0\0\0\1\0\2", b"\0\0\0\1\0\xff\0\1a", named(1, "N")[:-3] + b"\xff"])
def test_a_list_of_nikons_that_is_damaged_stops_nothing(block):
    content = in_user_box(made("mov", tags={"creation_time": MADE}), nikon(block))
    assert read(content, "mov").taken_at == "2025-03-29T20:14:32"


@pytest.mark.parametrize(
    ("tags", "at", "rule"),
    [
        ({"date": "2008-07-06T15:30:00+0200", "creation_time": MADE}, "2008-07-06T15:30:00+02:00", "date"),
        ({"date": "2008-07-06", "creation_time": MADE}, "2008-07-06", "date"),
        ({"date": "2008", "creation_time": MADE}, "2008", "date"),
        ({"date": "2025", "creation_time": MADE}, "2025-03-29T20:14:32+00:00", "creation_time"),
        ({"date_recorded": "2019-05-03 14:20:00", "creation_time": MADE}, "2019-05-03T14:20:00", "date_recorded"),
        ({"date_recorded": "2019-05", "creation_time": MADE}, "2019-05", "date_recorded"),
        ({"date_digitized": "2019-05-03", "creation_time": MADE}, "2019-05-03", "date_digitized"),
        ({"date_recorded": "1985", "date_digitized": "2019-05-03"}, "1985", "date_recorded"),
        (
            {"datetimeoriginal": "2001/ 1/27  1:42PM", "creation_time": "2001-01-28"},
            "2001-01-27T13:42:00",
            "datetimeoriginal",
        ),
        ({"creation_time": "2003-03-10 15:04:43"}, "2003-03-10T15:04:43", "creation_time"),
    ],
)
def test_when_the_content_was_made_counts_before_when_the_file_was(tags, at, rule):
    found = interpreted(**tags)
    assert (found.taken_at, found.taken_at_rule) == (at, f"video {rule}")


def avi(text, *, listed=b"hdrl"):
    """An AVI file of libav's, with this date at the end of a list."""
    content = bytearray(made("avi", "mpeg4"))
    date = b"IDIT" + struct.pack("<I", len(text)) + text + bytes(len(text) % 2)
    if listed != b"hdrl":
        inside = listed + date
        return bytes(content) + b"LIST" + struct.pack("<I", len(inside)) + inside
    at = content.index(b"LIST")
    (length,) = struct.unpack_from("<I", content, at + 4)
    struct.pack_into("<I", content, at + 4, length + len(date))
    return bytes(content[: at + 8 + length] + date + content[at + 8 + length :])


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (b"Mon Mar 10 15:04:43 2003\n\0", "2003-03-10T15:04:43"),
        (b"2001/ 1/27  1:42PM", "2001-01-27T13:42:00"),
        (b"2005/11/28/ 09:19\0", "2005-11-28T09:19:00"),
        (b"2002-12-16  15:35:01\0\0", "2002-12-16T15:35:01"),
        (b"no date", None),
        (b"x" * 200, None),
    ],
)
@pytest.mark.parametrize("listed", [b"hdrl", b"INFO"])
def test_the_date_of_an_avi_file_is_that_of_the_cameras_clock(text, at, listed):
    assert read(avi(text, listed=listed), "avi").taken_at == at


def test_what_lies_beside_a_film_speaks_in_its_turn():
    told = FilmInfo(tags={"creation_time": MADE})
    name, takeout = "VID_20240501_101112.mp4", Takeout("2019-01-01T00:00:00+00:00")

    def taken(info, beside):
        found = interpret_film(info, sort_film_tags(info), beside)
        return found.taken_at, found.sources.get("taken_at")

    assert taken(told, Beside(takeout=takeout, name=name)) == ("2025-03-29T20:14:32+00:00", "video")
    assert taken(FilmInfo(), Beside(takeout=takeout, name=name)) == (takeout.taken_at, "takeout")
    assert taken(FilmInfo(), Beside(name=name)) == ("2024-05-01T10:11:12", "name")
    assert taken(told, Beside({"xmp:CreateDate": ("2001-01-01T00:00:00",)})) == ("2001-01-01T00:00:00", "sidecar")


def test_a_film_that_says_where_and_no_zone_has_that_of_the_place():
    pytest.importorskip("timezonefinder")
    assert interpreted(date="2024-07-06T15:30:00", location="+41.9+012.5/").taken_at == "2024-07-06T15:30:00+02:00"
    assert interpreted(creation_time=MADE, location="+41.9+012.5/").taken_at == "2025-03-29T20:14:32+00:00"
