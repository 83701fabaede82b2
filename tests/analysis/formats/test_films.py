"""Headers of Windows Media files, and the notes of AVCHD camcorders between pictures."""

import struct
from io import BytesIO
from uuid import UUID

import pytest

from app.analysis.formats.films.asf import read_asf
from app.analysis.formats.films.avchd import read_avchd
from app.analysis.formats.films.movie import Movie, Track

_MDPM = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM"


def asf_object(kind, content):
    return UUID(kind).bytes_le + struct.pack("<Q", 24 + len(content)) + content


def asf(*, length, preroll, size):
    times = bytes(40) + struct.pack("<QQQ", length, length, preroll) + bytes(16)
    picture = UUID("bc19efc0-5b4d-11cf-a8fd-00805f5c442b").bytes_le + bytes(32) + struct.pack("<H", 2) + bytes(4)
    inside = asf_object("8cabdca1-a947-11cf-8ee4-00c00c205365", times)
    inside += asf_object("b7dc0791-a9b7-11cf-8ee6-00c00c205365", picture + struct.pack("<II", *size) + bytes(11))
    return BytesIO(bytes(30) + inside)


def test_the_length_of_an_asf_is_what_is_played_and_its_size_that_of_its_pictures():
    found = read_asf(asf(length=94 * 10_000_000, preroll=4_000, size=(640, 480)))
    assert found == Movie(seconds=90.0, tracks=(Track(2, (640, 480)),))


def test_an_asf_that_says_nothing_true_has_neither():
    assert read_asf(asf(length=0, preroll=5_000, size=(0, 2**31))) == Movie()
    assert read_asf(BytesIO(b"")) == read_asf(BytesIO(bytes(100))) == Movie()


def transport_stream(content, *, clock):
    """Packets of one stream, with a clock of 4 bytes in front of each as in AVCHD, or without."""
    packets = []
    for place in range(0, len(content), 150):
        piece = content[place : place + 150]
        filler = 188 - 4 - len(piece)
        adapted = bytes((filler - 1,)) + bytes(filler - 1)
        packets.append((b"1234" if clock else b"") + b"\x47\x10\x11\x30" + adapted + piece)
    return BytesIO(b"".join(packets))


def noted(*notes, clock=True):
    content = bytes(140) + _MDPM + bytes((len(notes),)) + b"".join(notes) + bytes(300)
    return read_avchd(transport_stream(content, clock=clock))


def note(name, *numbers):
    return struct.pack(">B2H", name, *numbers)


def test_the_notes_of_a_camcorder_are_found_across_packets():
    notes = [b"\x18\x00\x20\x24\x05", b"\x19\x01\x10\x11\x12", b"\xe0\x01\x08\x00\x00\x03\x01"]
    for clock in (True, False):
        assert noted(*notes, clock=clock) == {"datetimeoriginal": "2024:05:01 10:11:12", "make": "Sony"}


@pytest.mark.parametrize(
    ("byte", "zone"),
    [(0x02, "+01:00"), (0x2B, "-05:30"), (0x00, ""), (0x42, ""), (0xFF, ""), (0x1E, ""), (0x01, "+00:30")],
)
def test_the_zone_of_a_camcorder_counts_where_it_is_beyond_doubt(byte, zone):
    told = noted(bytes((0x18, byte, 0x20, 0x24, 0x05)), b"\x19\x01\x10\x11\x12")
    assert told == {"datetimeoriginal": f"2024:05:01 10:11:12{zone}"}


def test_a_camcorder_notes_how_it_exposed():
    old = noted(b"\x70\xca\xf4\xff\xff", b"\x7f\0\0\x65\x84", b"\xe0\x10\x11\0\0")
    assert old == {"make": "Canon", "exposuretime": "0.04", "fnumber": "2.4"}
    new = noted(b"\x70\xff\xff\xff\xff", note(0xA0, 1, 50), note(0xA1, 28, 10), note(0xA9, 35, 1))
    assert new == {"exposuretime": "0.02", "fnumber": "2.8", "focallengthin35mmformat": "35"}
    assert noted(b"\x70\xff\xff\xff\xff", b"\x7f\xff\xff\xff\xff", note(0xA0, 1, 0)) == {}


def test_a_camcorder_notes_its_model_and_where_it_was():
    place = [b"\xb1S\0\0\0", note(0xB2, 33, 1), note(0xB3, 51, 1), note(0xB4, 3600, 100)]
    place += [b"\xb5E\0\0\0", note(0xB6, 151, 1), note(0xB7, 12, 1), note(0xB8, 0, 1)]
    high = [b"\xb9\0\0\0\0", note(0xBA, 125, 10)]
    model = [b"\xe0\x01\x08\0\0", b"\xe4HDR-", b"\xe5CX11", b"\xe65\0\0\0"]
    told = noted(*place, *high, b"\xbeA\0\0\0", *model)
    assert told == {"location": "-33.860000+151.200000+12.5/", "make": "Sony", "model": "HDR-CX115"}
    assert noted(*place)["location"] == "-33.860000+151.200000/"
    assert noted(*place, b"\xbeV\0\0\0") == noted(*place[:4]) == noted(*place[1:]) == {}


def test_a_stream_without_notes_or_with_strange_ones_says_nothing():
    strange = _MDPM + b"\x02" + b"\x18\xff\xff\xff\xff" + b"\xe0\xff\xff\xff\xff"
    for content in (b"", bytes(400), strange):
        assert read_avchd(transport_stream(content, clock=True)) == {}
    assert read_avchd(BytesIO(b"no packets" * 50)) == {}
