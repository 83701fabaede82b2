"""The records of thermal cameras in segments of a JPEG: the lens and the number of the camera."""

import struct

import pytest

from app.analysis.formats.makers.flir import Flir, read_flir
from app.analysis.metadata.fields import interpret_image
from tests.analysis.pictures.pictures import read, saved


def records(order=">", lens=b"FOL18", version=100):
    camera = struct.pack("<H", 2).ljust(0x104, b"\0") + b"470001234".ljust(16, b"\0")
    camera = camera.ljust(0x170, b"\0") + lens.ljust(32, b"\0")
    entries = [(1, 0x40 + 64, 0), (0x20, 0x40 + 64, len(camera))]
    head = b"FFF\0" + b"MAKER".ljust(16, b"\0") + struct.pack(order + "III", version, 0x40, len(entries))
    table = b"".join(struct.pack(order + "H10xII12x", *entry) for entry in entries)
    return head.ljust(0x40, b"\0") + table + camera


def segments(content, size=200):
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    return [("APP1", b"FLIR\0\1" + bytes((number, len(pieces) - 1)) + piece) for number, piece in enumerate(pieces)]


@pytest.mark.parametrize("order", [">", "<"])
def test_the_lens_of_a_thermal_camera_is_read_of_any_number_of_pieces(order):
    assert read_flir(segments(records(order))[::-1]) == Flir("FOL18", "470001234")


def test_a_picture_says_which_lens_the_thermal_camera_had():
    jpeg = saved()
    for name, piece in segments(records())[::-1]:
        assert name == "APP1"
        jpeg = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(piece) + 2) + piece + jpeg[2:]
    told = interpret_image(read(jpeg))
    assert (told.lens_model, told.lens_source, told.raw["maker"]["serial_number"]) == ("FOL18", "maker", "470001234")


def test_damaged_records_say_nothing_that_was_not_there():
    whole = records()
    for end in range(len(whole)):
        found = read_flir(segments(whole[:end])) or Flir()
        assert "FOL18".startswith(found.lens)
        assert "470001234".startswith(found.serial_number)
    assert read_flir(segments(records(version=9))) is read_flir([("APP1", b"FLIR\0")]) is read_flir([]) is None
