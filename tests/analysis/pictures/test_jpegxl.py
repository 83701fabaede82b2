"""JPEG XL: its header by our reader, its pixels by imagecodecs, its turn and its colours."""

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from app.analysis.formats.colour_tags import Signal
from app.analysis.formats.jxl import read_jxl
from app.analysis.metadata.embedded import read_embedded
from app.analysis.pictures import jpegxl
from app.analysis.pictures.image import decode_image, find_turn, open_image, sample_frames
from app.analysis.pictures.picture import make_picture
from app.errors import CannotRead
from tests.analysis.formats.examples import drawing
from tests.analysis.pictures.profiles import BT2020, P3, by_gamma, in_space, matrix_profile, to_pq

imagecodecs = pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")


def jxl(picture, **options):
    return imagecodecs.jpegxl_encode(np.asarray(picture), **{"lossless": True} | options)


def opened(content):
    return open_image(BytesIO(content), "jxl")


def thumbnail(content):
    image = opened(content)
    decoded = decode_image(image)
    return Image.open(BytesIO(make_picture(decoded, find_turn(image, decoded, 1)).webp)).convert("RGB")


def box(kind, content):
    return struct.pack(">I4s", 8 + len(content), kind) + content


def boxed(codestream, *more):
    """A codestream in a container, in two pieces, between other boxes."""
    half = len(codestream) // 2
    return (
        b"\0\0\0\x0cJXL \r\n\x87\n" + box(b"ftyp", b"jxl \0\0\0\0jxl ") + b"".join(more)
        + box(b"jxlp", b"\0\0\0\0" + codestream[:half]) + box(b"jxlp", b"\x80\0\0\1" + codestream[half:])
    )  # fmt: skip


class Bits:
    """Writes a header, the lowest bit of each byte first."""

    def __init__(self):
        self.value = self.length = 0

    def put(self, *pairs):
        for value, count in pairs:
            self.value |= value << self.length
            self.length += count
        return self

    def codestream(self):
        return b"\xff\x0a" + self.value.to_bytes(-(-self.length // 8) + 8, "little")


def header(*, orientation=1, colours=((1, 1),), alpha=False):
    """A header of 8 x 16 pixels, with these fields of its colours behind it."""
    bits = Bits().put((1, 1), (1, 5), (0, 3), (0, 5))  # 16 high, 8 wide, in eights
    bits.put((0, 1), (1, 1), (orientation - 1, 3), (0, 1), (0, 1), (0, 1))  # nothing but the turn
    bits.put((0, 1), (0, 2), (1, 1))  # integers of 8 bits
    bits.put((1, 2), (1, 1)) if alpha else bits.put((0, 2))
    return read_jxl(BytesIO(bits.put((1, 1), *colours).codestream()))


P3_PQ = ((0, 1), (0, 1), (0, 2), (1, 2), (2, 2), (9, 4), (0, 1), (2, 2), (14, 4))


def test_a_header_says_size_turn_and_colours():
    assert header().size == (8, 16)
    assert (header(orientation=6).orientation, header(alpha=True).alpha) == (6, True)
    assert header().signal == Signal()
    assert header(colours=P3_PQ).signal == Signal(12, 16)
    dci = (*P3_PQ[:3], (2, 2), (9, 4), *P3_PQ[4:])
    assert header(colours=dci).signal == Signal(11, 16)
    gamma = (*P3_PQ[:3], (1, 2), (1, 2), (1, 1), (4_545_455, 24))
    assert header(colours=gamma).signal.gamma == pytest.approx(2.2, abs=1e-5)
    senseless = (*P3_PQ[:3], (1, 2), (2, 2), (0, 4), *[(0, 2), (0, 19)] * 6, (0, 1), (2, 2), (14, 4))
    assert header(colours=senseless).signal == Signal(2, 16), "corners that span no triangle are passed over"
    profiled = header(colours=((0, 1), (1, 1), (0, 2)))
    assert (profiled.has_profile, profiled.signal) == (True, None)


def test_a_header_that_ends_too_soon_is_no_picture():
    whole = jxl(drawing(size=(300, 200)))
    for cut in (2, 3):
        with pytest.raises(ValueError, match="too soon"):
            read_jxl(BytesIO(whole[:cut]))
    with pytest.raises(ValueError, match="no JPEG XL"):
        read_jxl(BytesIO(boxed(b"")))
    with pytest.raises(CannotRead) as error:
        opened(whole[:3])
    assert error.value.cause in ("truncated_image", "damaged_image")


@pytest.mark.parametrize("size", [(300, 200), (8, 8), (1, 1), (1920, 1080), (257, 9000)])
def test_the_size_is_read_without_decoding(size):
    content = jxl(np.zeros((size[1], size[0]), np.uint8))
    assert read_jxl(BytesIO(content)).size == opened(content).size == size


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("deep", [False, True])
def test_pixels_of_every_kind_are_decoded(mode, deep):
    picture = drawing(mode)
    pixels = np.asarray(picture)
    content = jxl(pixels.astype(np.uint16) * 4, bitspersample=10) if deep else jxl(pixels)
    image = opened(content)
    assert (image.mode, image.size, image.frames) == (mode, picture.size, 1)
    if not deep:
        assert decode_image(image).tobytes() == picture.tobytes()
    else:  # imagecodecs calls whole numbers of more than 8 bits linear light
        assert decode_image(image).size == picture.size


def test_what_a_file_says_of_itself_is_read_packed_or_not():
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    block, codestream = exif.tobytes().removeprefix(b"Exif\0\0"), jxl(drawing())
    packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    packet += b"<rdf:Description xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='4'/></rdf:RDF></x:xmpmeta>"
    plain = (box(b"Exif", b"\0\0\0\0" + block), box(b"xml ", packet))
    packed = [box(b"brob", kind + imagecodecs.brotli_encode(body)) for kind, body in
              ((b"Exif", b"\0\0\0\0" + block), (b"xml ", packet))]  # fmt: skip
    for boxes in (plain, packed):
        found = read_embedded(opened(boxed(codestream, *boxes)))
        assert found.exif["Image Make"] == "Maker"
        assert found.exif["Image Orientation"] == (1,), "that of the codestream counts"
        assert found.xmp["xmp:Rating"] == ["4"] or found.xmp["xmp:Rating"] == ("4",)
    damaged = read_embedded(opened(boxed(codestream, box(b"brob", b"Exif\1\2\3"), box(b"Exif", b"\0"))))
    assert damaged.exif == {"Image Orientation": (1,)}


def test_a_jpeg_that_was_packed_stands_and_looks_as_it_did():
    buffer, exif = BytesIO(), Image.Exif()
    exif[0x0112] = 6
    wide = Image.fromarray(in_space(Image.new("RGB", (320, 200), (200, 30, 60)), P3, by_gamma(2.2)))
    wide.save(buffer, "JPEG", quality=95, exif=exif, icc_profile=matrix_profile(P3, 2.2))
    content = imagecodecs.jpegxl_encode_jpeg(buffer.getvalue(), usecontainer=True)
    assert opened(content).size == (200, 320)
    shown = thumbnail(content)
    assert shown.size == (200, 320)
    assert all(abs(a - b) <= 6 for a, b in zip(shown.getpixel((100, 160)), (200, 30, 60), strict=True))


def test_light_of_more_than_8_bits_is_drawn_in_srgb(monkeypatch):
    scene = drawing(size=(320, 240))
    numbers = in_space(scene, BT2020, to_pq, 65535)
    image = opened(jxl(numbers))
    image.image.info["signal"] = Signal(9, 16)
    apart = np.abs(np.asarray(decode_image(image)).astype(int) - np.asarray(scene))
    assert apart.max() <= 1
    image = opened(jxl(np.repeat(np.repeat(numbers, 9, axis=0), 9, axis=1)))
    image.image.info["signal"] = Signal(9, 16)
    assert decode_image(image).size == (1440, 1080), "it is drawn no larger than needed"


def test_an_animation_has_its_frames():
    pictures = [np.full((48, 64, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    image = opened(imagecodecs.jpegxl_encode(np.stack(pictures), lossless=True))
    decoded = decode_image(image)
    assert image.frames == 3
    assert [frame.getpixel((5, 5)) for frame in sample_frames(image, decoded, 8)] == [
        (255, 0, 0), (0, 255, 0), (0, 0, 255),
    ]  # fmt: skip


def test_without_imagecodecs_a_file_is_known_and_says_why_it_is_not_seen(monkeypatch):
    content = boxed(jxl(drawing()), box(b"brob", b"Exif" + imagecodecs.brotli_encode(b"\0\0\0\0MM")))
    monkeypatch.setattr(jpegxl, "find_spec", lambda _: None)
    image = opened(content)
    assert image.size == (640, 480)
    with pytest.raises(CannotRead, match=r"media-ingest\[jxl\]") as error:
        decode_image(image)
    assert error.value.cause == "unsupported_format"


def test_a_bare_codestream_that_was_cut_off_is_told_from_one_that_is_damaged():
    content = jxl(drawing())
    for part, cause in ((content[:-1], "truncated_image"), (content[: len(content) // 2], "truncated_image")):
        with pytest.raises(CannotRead) as caught:
            decode_image(opened(part))
        assert caught.value.cause == cause
    at = len(content) // 3
    with pytest.raises(CannotRead) as caught:
        decode_image(opened(content[:at] + bytes(byte ^ 0x5A for byte in content[at : at + 99]) + content[at + 99 :]))
    assert caught.value.cause == "damaged_image"
