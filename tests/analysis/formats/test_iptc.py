"""IPTC records behind the end of a picture, as archives of the nineties put them."""

import struct
from io import BytesIO

import pytest

from app.analysis.formats.iptc import find_iptc_behind_picture
from app.analysis.metadata.fields import interpret_image
from tests.analysis.pictures.pictures import read, saved

CAPTION = b"\x1c\x02\x78\0\x05Boats"


def afcp(picture, order, records=CAPTION):
    mark = b"AXS!" if order == ">" else b"AXS*"
    start = len(picture)
    head = mark + struct.pack(order + "HHI", 1, 2, 0)
    table = b"TEXT" + struct.pack(order + "II", 1, start) + b"IPTC"
    table += struct.pack(order + "II", len(records), start + len(head) + 24)
    return picture + head + table + records + mark + struct.pack(order + "II", start, 0)


def fotostation(picture, records=CAPTION):
    def record(kind, content):
        return content + struct.pack(">HII", kind, len(content) + 10, 0xA1B2C3D4)

    return picture + record(1, records) + record(2, bytes(48))


TRAILERS = {
    "AFCP, big-endian": lambda picture: afcp(picture, ">"),
    "AFCP, little-endian": lambda picture: afcp(picture, "<"),
    "FotoStation": fotostation,
}


@pytest.mark.parametrize("trailer", TRAILERS)
def test_a_caption_behind_the_picture_is_read(trailer):
    told = interpret_image(read(TRAILERS[trailer](saved())))
    assert (told.caption, told.sources["caption"].value) == ("Boats", "iptc")


@pytest.mark.parametrize("trailer", TRAILERS)
def test_a_damaged_trailer_says_nothing(trailer):
    whole = TRAILERS[trailer](b"picture")
    for at in range(len(whole)):
        for byte in (b"\0", b"\xff"):
            damaged = whole[:at] + byte + whole[at + 1 :]
            assert isinstance(find_iptc_behind_picture(BytesIO(damaged)), bytes)
    assert find_iptc_behind_picture(BytesIO(whole[-12:])) == find_iptc_behind_picture(BytesIO(b"")) == b""
