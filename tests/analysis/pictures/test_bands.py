"""Pictures that are larger than memory: decoded in bands they are the same, and what does not fit is told."""

import resource
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image

from app.analysis.formats.recognise import recognise
from app.analysis.metadata.embedded import read_embedded
from app.analysis.pictures import bands, image, room
from app.analysis.pictures.bands import decode_in_bands, reduce_in_bands
from app.analysis.pictures.image import decode_image, open_image
from app.analysis.pictures.partial import see_image
from app.analysis.pictures.picture import make_resizable
from app.errors import CannotRead
from tests.analysis.formats.examples import encoded
from tests.analysis.formats.tiffs import block
from tests.samples import landscape

SCENE = landscape("coast", (600, 440))
SHORT_SIDE, FACTOR = 88, 5
MODES = {
    "PNG": ("RGB", "RGBA", "L", "LA", "P", "I;16"),
    "TIFF": ("RGB", "RGBA", "L", "CMYK", "P", "YCbCr"),
    "BMP": ("RGB", "L", "P", "1"),
}
PACKED = (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")


def drawn(mode):
    if mode == "I;16":
        return SCENE.convert("L").convert("I").point(lambda value: value * 257).convert("I;16")
    return SCENE.convert(mode)


def opened(content):
    return open_image(BytesIO(content), recognise(content[:65536]).name)


def reduced(content):
    """The picture as Pillow decodes it in whole."""
    with Image.open(BytesIO(content)) as whole:
        return make_resizable(whole).reduce(FACTOR)


def in_bands(content, orientation=None, monkeypatch=None):
    found = opened(content)
    return decode_in_bands(found.image, found.stream, found.format, orientation, SHORT_SIDE)


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    """Bands of a few rows, as those of a large picture are."""
    monkeypatch.setattr(bands, "BAND_BYTES", 30_000)


@pytest.mark.parametrize(("form", "mode"), [(form, mode) for form, modes in MODES.items() for mode in modes])
def test_a_picture_in_bands_is_the_same(form, mode):
    content = encoded(drawn(mode), form)
    found, whole = in_bands(content), reduced(content)
    assert (found.mode, found.size) == (whole.mode, whole.size)
    assert found.tobytes() == whole.tobytes()


@pytest.mark.parametrize("packing", PACKED)
def test_a_tiff_in_strips_of_any_packing_is_the_same(packing):
    content = encoded(SCENE, "TIFF", compression=packing)
    assert in_bands(content).tobytes() == reduced(content).convert("RGB").tobytes()


@pytest.mark.parametrize(
    "layout",
    [
        {"tile": (64, 128)},
        {"tile": (64, 64), "compression": "zlib", "predictor": True},
        {"rowsperstrip": 7, "compression": "zlib"},
        {"rowsperstrip": 440},
        {"bigtiff": True, "tile": (64, 64)},
    ],
)
@pytest.mark.parametrize("order", "<>")
def test_a_tiff_in_tiles_or_strips_of_any_height_is_the_same_and_upright(layout, order):
    if layout.get("bigtiff") and order == ">":
        pytest.skip("Pillow opens no BigTIFF that begins with the high bytes")
    buffer = BytesIO()
    tifffile.imwrite(buffer, np.asarray(SCENE), photometric="rgb", byteorder=order, **layout)
    found = in_bands(buffer.getvalue(), orientation=6)
    assert found.tobytes() == SCENE.reduce(FACTOR).transpose(Image.Transpose.ROTATE_270).tobytes()


def test_what_cannot_be_cut_into_bands_is_not():
    assert in_bands(encoded(SCENE.convert("1"), "PNG")) is None
    assert in_bands(encoded(SCENE, "GIF")) is None


def test_a_decoded_picture_is_reduced_as_if_in_whole():
    content = encoded(SCENE, "PNG")
    assert reduce_in_bands(opened(content).image, SHORT_SIDE).tobytes() == reduced(content).tobytes()


@pytest.mark.parametrize("form", ["PNG", "TIFF", "BMP"])
def test_a_large_picture_that_was_cut_off_is_known_but_not_seen(form, monkeypatch):
    monkeypatch.setattr(image, "LARGE_PIXELS", 1_000)
    monkeypatch.setattr("app.analysis.pictures.partial.LARGE_PIXELS", 1_000)
    content = encoded(SCENE, form)
    found = see_image(opened(content[: len(content) * 3 // 4]))
    assert (found.image, found.problem.cause) == (None, "truncated_image")


@pytest.mark.parametrize(
    ("form", "options"), [("JPEG", {"progressive": True}), ("WEBP", {}), ("AVIF", {}), ("GIF", {})]
)
def test_what_needs_more_memory_than_there_is_keeps_its_row(form, options, monkeypatch):
    monkeypatch.setattr(image, "LARGE_PIXELS", 1_000)
    monkeypatch.setattr(room, "UNLIMITED_BYTES", 1_000)
    exif = Image.Exif()
    exif[0x010E] = "a quiet lake"
    found = opened(encoded(SCENE, form, **options, **({} if form == "GIF" else {"exif": exif})))
    assert found.size == SCENE.size
    if form != "GIF":
        assert read_embedded(found).exif["Image ImageDescription"] == "a quiet lake"
    with pytest.raises(CannotRead, match="MB of memory") as caught:
        see_image(found)
    assert caught.value.cause == "decoder_memory"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "BMP", "WEBP", "AVIF", "GIF", "JPEG2000"])
def test_a_large_picture_is_decoded_smaller_and_looks_the_same(form, monkeypatch):
    monkeypatch.setattr(image, "LARGE_PIXELS", 1_000)
    content = encoded(SCENE, form)
    found = decode_image(opened(content), None, 55)
    assert min(found.size) >= 55
    both = [picture.convert("RGB").resize((60, 44)) for picture in (found, SCENE)]
    assert np.abs(np.subtract(*(np.asarray(picture, dtype=int) for picture in both))).mean() < 12


def test_the_free_memory_is_that_below_the_limit(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (2**40, resource.RLIM_INFINITY))
    assert 2**40 - 2**36 < room.count_free_bytes() < 2**40
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1, 1))
    assert room.count_free_bytes() == 0


def test_a_png_of_400_megapixels_without_pixels_is_refused_at_once():
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 6, 0, 0, 0)
    content = encoded(SCENE, "PNG")
    checksum = struct.pack(">I", zlib.crc32(b"IHDR" + header))
    found = opened(content[:16] + header + checksum + content[33:])
    assert found.size == (20_000, 20_000)
    assert see_image(found).image is None


def grey_tiff(bits, photometric):
    """The scene in grey, in strips of 40 rows, of numbers of 12 or 16 bits."""
    numbers = np.asarray(SCENE.convert("L"), np.uint16) * 257 >> (16 - bits)
    numbers = (1 << bits) - 1 - numbers if photometric == "miniswhite" else numbers
    pairs = numbers.reshape(-1, 2)
    if bits == 16:
        content = numbers.astype("<u2").tobytes()
    else:
        halves = (pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255)
        content = np.stack(halves, 1).astype(np.uint8).tobytes()
    length = 40 * SCENE.width * bits // 8
    places = tuple(range(8, 8 + len(content), length))
    tags = {256: (3, (SCENE.width,)), 257: (3, (SCENE.height,)), 258: (3, (bits,)), 259: (3, (1,)), 277: (3, (1,))}
    tags |= {262: (3, (0 if photometric == "miniswhite" else 1,)), 273: (4, places), 278: (3, (40,))}
    return block([tags | {279: (4, (length,) * len(places))}], front=content)


GREYS = {
    "16 bits": lambda: grey_tiff(16, "minisblack"),
    "16 bits, 0 is white": lambda: grey_tiff(16, "miniswhite"),
    "12 bits": lambda: grey_tiff(12, "minisblack"),
    "PGM": lambda: encoded(drawn("I;16"), "PPM"),
}


@pytest.mark.parametrize("name", GREYS)
@pytest.mark.parametrize("large", [False, True])
def test_grey_is_as_bright_as_it_was_meant_whatever_its_numbers(name, large, monkeypatch):
    if large:
        monkeypatch.setattr(image, "LARGE_PIXELS", 1000)
    found = opened(GREYS[name]())
    decoded = make_resizable(decode_image(found, None, SHORT_SIDE))
    assert make_resizable(decoded).tobytes() == decoded.tobytes(), "nothing is left to do"
    seen = np.asarray(decoded.reduce(SCENE.height // SHORT_SIDE) if decoded.size == SCENE.size else decoded, int)
    meant = np.asarray(SCENE.convert("L").reduce(FACTOR), int)
    assert np.abs(seen - meant).max() <= 1
