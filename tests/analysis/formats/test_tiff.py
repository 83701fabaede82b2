"""The reader of TIFF structures: every directory, both byte orders, and whatever is wrong with them."""

import math
import struct
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.analysis.formats import tiff
from app.analysis.formats.tiff import read_tiff
from app.texts import clean_json
from tests.analysis.formats.tiffs import block, rational
from tests.support.clock import at_most


def read(content):
    return read_tiff(BytesIO(content))


WHOLE = (
    {0x010F: (2, b"Maker\0"), 0x8769: ("to", 1), 0x8825: ("to", 2), 0x014A: ("to", 5), 700: (1, b"<x:xmpmeta/>")},
    {0x829A: rational((1, 250)), 0x9204: (10, ((-1, 3),)), 0xA005: ("to", 3), 0x927C: (7, b"note of the maker")},
    {2: rational((33, 1), (51, 1), (3000, 100)), 29: (2, b"2008:05:30\0"), 5: (1, (1,))},
    {1: (2, b"R98\0")},
    {0x0103: (3, (6,))},
    {0x0100: (4, (4000,))},
)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_every_directory_is_read_in_both_byte_orders_and_sizes(order, big):
    found = read(block(WHOLE, order=order, big=big, links=((0, 4),)))
    assert found.problem is None
    assert found.blocks == {700: b"<x:xmpmeta/>"}
    assert found.tags == {
        "Image Make": "Maker",
        "EXIF ExposureTime": (0.004,),
        "EXIF ExposureBiasValue": (-1 / 3,),
        "GPS GPSLatitude": (33.0, 51.0, 30.0),
        "GPS GPSDateStamp": "2008:05:30",
        "GPS GPSAltitudeRef": (1,),
        "Interoperability InteropIndex": "R98",
        "Image0 ImageWidth": (4000,),
        "Thumbnail Compression": (6,),
    }


def test_texts_end_at_nul_and_a_copyright_has_two_parts():
    found = read(block([{0x010F: (2, b"Maker\0junk"), 0x8298: (2, b"one\0two\0"), 0x013B: (2, b"Caf\xe9\0")}])).tags
    assert found == {"Image Make": "Maker", "Image Copyright": "one\ntwo", "Image Artist": "Caf\u00e9"}


def test_a_ratio_without_denominator_is_no_number():
    (value,) = read(block([{0x829A: rational((0, 0))}])).tags["Image ExposureTime"]
    assert math.isnan(value)


def test_a_value_outside_of_the_file_is_left_out_and_the_others_are_read():
    content = block([{0x010F: (2, b"Maker, a long one\0"), 0x0112: (3, (6,))}])
    found = read(content[:-4])
    assert (found.tags, found.problem) == ({"Image Orientation": (6,)}, None)


@pytest.mark.parametrize(
    "content",
    [b"", b"II", b"nonsense", b"II*\0\xff\xff\xff\x7f", b"II*\0\x08\0\0\0\xff\xff", b"MM\0+\0\x08\0\0" + b"\xff" * 8],
)
def test_a_directory_that_cannot_be_read_is_a_problem(content):
    found = read(content)
    assert found.tags == {}
    assert found.problem.cause == "damaged_metadata"
    assert found.problem.sentence.endswith(".")


def test_what_was_read_before_a_damaged_directory_is_kept():
    found = read(block([{0x010F: (2, b"Maker\0"), 0x8825: (4, (9_999_999,))}]))
    assert found.tags == {"Image Make": "Maker"}
    assert "GPS directory" in found.problem.sentence


def test_directories_that_lead_in_circles_are_read_once():
    found = read(
        block([{0x010F: (2, b"A\0"), 0x8769: ("to", 1)}, {0x8769: ("to", 0), 0x8825: ("to", 1)}], links=((0, 0),))
    )
    assert found.tags == {"Image Make": "A"}


def test_tags_and_bytes_are_bounded(monkeypatch):
    monkeypatch.setattr(tiff, "MAX_BYTES", 50)
    found = read(block([{0x010F: (2, b"a" * 40 + b"\0"), 0x0110: (2, b"b" * 40 + b"\0")}]))
    assert set(found.tags) == {"Image Make"}
    many = struct.pack("<H", 60_000) + bytes(60_000 * 12 + 4)
    assert read(b"II*\0\x08\0\0\0" + many).problem is not None


def test_a_maker_note_that_claims_a_billion_bytes_is_no_endless_loop():
    note = struct.pack("<HHIIIH", 1, 0x927C, 7, 1_006_641_184, 44, 0)
    assert read(b"II*\0\x08\0\0\0" + note + bytes(64)).tags == {}


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_bytes_give_an_answer_at_once(data):
    start = data.draw(
        st.sampled_from([b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"", block(WHOLE), block(WHOLE, order=">")])
    )
    content = bytearray(start + data.draw(st.binary(max_size=400)))
    for _ in range(data.draw(st.integers(0, 8))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with at_most(1):
        found = read(bytes(content))
    clean_json(found.tags)
