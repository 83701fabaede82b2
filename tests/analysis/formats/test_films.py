"""Headers of Windows Media files, and the notes of AVCHD camcorders between pictures."""

import struct
from io import BytesIO
from uuid import UUID

from app.analysis.formats.films.asf import read_asf
from app.analysis.formats.films.avchd import AvchdNotes, read_avchd
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


def test_the_notes_of_a_camcorder_are_found_across_packets():
    notes = [b"\x18\x00\x20\x24\x05", b"\x19\x01\x10\x11\x12", b"\xe0\x01\x08\x00\x00\x03\x01"]
    content = bytes(140) + _MDPM + bytes((len(notes),)) + b"".join(notes) + bytes(300)
    for clock in (True, False):
        assert read_avchd(transport_stream(content, clock=clock)) == AvchdNotes("2024:05:01 10:11:12", "Sony")


def test_a_stream_without_notes_or_with_strange_ones_says_nothing():
    strange = _MDPM + b"\x02" + b"\x18\xff\xff\xff\xff" + b"\xe0\xff\xff\xff\xff"
    for content in (b"", bytes(400), strange):
        assert read_avchd(transport_stream(content, clock=True)) == AvchdNotes()
    assert read_avchd(BytesIO(b"no packets" * 50)) == AvchdNotes()
