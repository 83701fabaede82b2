"""The size of a picture by its header alone, and what becomes of files that no decoder here opens."""

import struct
from io import BytesIO

import pytest
from PIL import Image

from app.analysis.formats.recognise import recognise
from app.analysis.formats.sizes import read_size
from app.media import OPTIONAL, Analysis, Stage
from tests.analysis.formats.examples import ENCODERS, HEADS, drawing, encoded
from tests.analysis.formats.packets import packet
from tests.analysis.formats.pngs import chunk
from tests.analysis.formats.tiffs import block
from tests.analysis.pictures.pictures import analysed, read

TOLD = ("jpeg", "png", "webp", "gif", "tiff", "bmp", "avif", "jpeg2000", "qoi")
EVERY = frozenset(Stage) - OPTIONAL
TITLE = packet("<dc:title><rdf:Alt><rdf:li>a lake</rdf:li></rdf:Alt></dc:title>")
MADE = {271: (2, b"Canon\0"), 306: (2, b"2024:05:01 10:11:12\0"), 700: (1, TITLE)}


def size_of(content, name):
    return read_size(BytesIO(content), name)


@pytest.mark.parametrize("name", TOLD)
def test_a_header_tells_the_size(name):
    content = encoded(drawing(), ENCODERS[name][0], **ENCODERS[name][1])
    assert size_of(content, name) == (640, 480)


@pytest.mark.parametrize("name", [*TOLD, *HEADS])
def test_a_header_that_is_cut_off_tells_none(name):
    content = HEADS[name] if name in HEADS else encoded(drawing(), ENCODERS[name][0])
    assert size_of(content[:10], name) in (None, (640, 480) if name == "gif" else None)


def test_each_form_of_a_header_is_known():
    assert size_of(b"BM" + bytes(12) + struct.pack("<IHH", 12, 30, 20), "bmp") == (30, 20), "the oldest one"
    assert size_of(struct.pack("<Iii", 40, 30, -20), "bmp") == (30, 20), "bare, from the top"
    siz = b"\xff\x4f\xff\x51\0\x29\0\0" + struct.pack(">4I", 130, 70, 100, 50)
    assert size_of(siz, "jpeg2000") == (30, 20), "a bare codestream, whose picture does not begin at its corner"
    thumbnail = {254: (4, (1,)), 256: (3, (3,)), 257: (3, (2,))}
    full = {254: (4, (0,)), 256: (3, (30,)), 257: (3, (20,))}
    assert size_of(block([thumbnail, full], links=[(0, 1)]), "tiff") == (30, 20), "not that of the reduced copy"
    frame = b"\xff\xc9\0\x0b\x0c" + struct.pack(">HH", 20, 30) + b"\1\1\x11\0"
    assert size_of(b"\xff\xd8\xff\xff\xfe\0\4hi" + frame, "jpeg") == (30, 20), (
        "arithmetic, of 12 bits, behind a comment"
    )


def test_a_size_that_no_picture_has_is_none():
    assert size_of(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">II5B", 0, 20, 8, 2, 0, 0, 0)), "png") is None
    assert size_of(b"qoif" + struct.pack(">II", 2**31, 2**31), "qoi") is None


def psd(bits):
    resource = b"8BIM" + struct.pack(">HHI", 1060, 0, len(TITLE)) + TITLE + bytes(len(TITLE) % 2)
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 20, 30, bits, 3) + bytes(4)
    return head + struct.pack(">I", len(resource)) + resource + bytes(4 + 2 + 30 * 20 * 3 * bits // 8)


def jpeg_of_12_bits():
    content = bytearray(encoded(drawing(size=(30, 20)), "JPEG", xmp=TITLE))
    content[content.index(b"\xff\xc0") + 4] = 12
    return bytes(content)


def tiff_of(bits, form):
    """Three channels of so many bits, which Pillow does not decode."""
    pixels = {258: (3, (bits,) * 3), 259: (3, (1,)), 262: (3, (2,)), 277: (3, (3,)), 339: (3, (form,) * 3)}
    pixels |= {256: (3, (30,)), 257: (3, (20,)), 273: (4, (8,)), 278: (3, (20,)), 279: (4, (30 * 20 * 3 * bits // 8,))}
    return block([pixels | MADE])


VARIANTS = {
    "32.psd": lambda: psd(32),
    "12.jpg": jpeg_of_12_bits,
    "float.tif": lambda: tiff_of(32, 3),
    "whole.tif": lambda: tiff_of(32, 1),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_that_no_decoder_opens_has_its_row_and_what_it_says(name, tmp_path):
    (tmp_path / name).write_bytes(VARIANTS[name]())
    found = analysed(tmp_path / name, EVERY)
    assert isinstance(found, Analysis)
    assert (found.identity.width, found.identity.height) == (30, 20)
    assert found.metadata.title == "a lake"
    ended = found.stages[Stage.THUMBNAIL]
    assert (ended.status, ended.cause) == ("failed", "unsupported_format")
    assert found.stages[Stage.METADATA].status == "done"


def test_a_picture_whose_header_is_all_that_is_sound_has_its_row(tmp_path):
    content = bytearray(encoded(Image.new("RGB", (30, 20)), "PNG"))
    content[29] ^= 1  # the checksum of its header
    (tmp_path / "a.png").write_bytes(content)
    assert recognise(bytes(content)).name == "png"
    found = analysed(tmp_path / "a.png", EVERY)
    assert (found.identity.width, found.stages[Stage.THUMBNAIL].cause, found.picture) == (30, "damaged_image", None)


def test_an_animation_that_no_decoder_opens_lasts_as_long_as_it_says():
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
    content = bytearray(encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=500))
    content[29] ^= 1  # the checksum of its header
    assert read(bytes(content)).duration_seconds == 1
