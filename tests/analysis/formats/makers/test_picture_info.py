"""Lines in which cameras said how they took a picture before there was EXIF."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.formats.makers.picture_info import PictureInfo, read_picture_info
from app.analysis.metadata.fields import interpret_image
from tests.analysis.pictures.pictures import read, saved


def segment(*lines, head=b"ACME OPTICAL   \0 713\r\n"):
    return head + b"[picture info]\r\n" + b"\r\n".join(lines) + b"\r\n[end]\r\n"


def with_segment(content):
    jpeg = saved()
    return jpeg[:2] + b"\xff\xec" + struct.pack(">H", len(content) + 2) + content + jpeg[2:]


def test_what_a_camera_without_exif_says_is_read():
    lines = (b"TimeDate=946729845", b"Shutter=8000", b"FNumber=F2.8 ", b"[camera info]", b"Serial#=#0042")
    told = interpret_image(read(with_segment(segment(*lines))))
    assert (told.taken_at, told.exposure_seconds, told.f_number) == ("2000-01-01T12:30:45", 0.008, 2.8)
    assert {told.sources[name].value for name in ("taken_at", "exposure_seconds", "f_number")} == {"maker"}
    assert told.raw["maker"]["Serial#"] == "#0042"


def test_other_spellings_count_and_a_clock_that_was_not_set_does_not():
    told = read_picture_info([("APP12", segment(b"TimeDate=2001:02:03 04:05:06", b"shtr=500"))])
    assert (told.taken_at, told.exposure_seconds, told.f_number) == ("2001:02:03 04:05:06", 0.0005, None)
    for clock in (b"0", b"5000", b"99999999999"):
        assert read_picture_info([("APP12", segment(b"TimeDate=" + clock))]).taken_at == ""


@pytest.mark.parametrize("content", [b"", b"Ducky\0\1\0\4", b"TimeDate=946729845", b"x" * 300 + segment(b"FNumber=F2")])
def test_another_segment_says_nothing(content):
    assert read_picture_info([("APP12", content), ("APP1", segment(b"FNumber=F2"))]) is None


@given(st.binary(max_size=200))
def test_no_line_raises_anything(junk):
    assert isinstance(read_picture_info([("APP12", b"[Picture Info]\r\n" + junk)]), PictureInfo)
