"""TIFF of 16 bits and of floating numbers: planes that are not packed, and white that is zero."""

import struct
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from app.analysis.pictures.image import decode_image, open_image
from app.analysis.pictures.partial import see_image
from app.analysis.pictures.picture import make_resizable
from tests.analysis.formats.examples import drawing

SIZE = (90, 70)


def tiff(bands: list[bytes], tags: dict[int, tuple[int, ...]]) -> bytes:
    """A TIFF, not packed, of one strip for each of its bands."""
    numbers = {256: (SIZE[0],), 257: (SIZE[1],), 259: (1,), 277: (len(bands),), 278: (SIZE[1],), **tags}
    places = 8 + 2 + 12 * (len(numbers) + 2) + 4
    wide = b""
    at = places + 16 * (len(numbers) + 2)
    numbers[279] = tuple(map(len, bands))
    numbers[273] = tuple(at + sum(map(len, bands[:number])) for number in range(len(bands)))
    directory = struct.pack("<H", len(numbers))
    for tag, values in sorted(numbers.items()):
        content = struct.pack(f"<{len(values)}I", *values)
        if len(values) > 1:
            content, wide = struct.pack("<I", places + len(wide)), wide + content
        directory += struct.pack("<HHI", tag, 4, len(values)) + content
    return (b"II*\0\x08\0\0\0" + directory + bytes(4) + wide).ljust(at, b"\0") + b"".join(bands)


def deep(band: bytes) -> bytes:
    return b"".join(bytes((255 - value, value)) for value in band)  # the lower byte first, and another one


@pytest.mark.parametrize(("pillow", "tags"), [("RGB", {}), ("RGBA", {338: (2,)})])
@pytest.mark.parametrize("turn", [1, 6])
def test_planes_of_16_bits_look_as_they_do_in_8(pillow, tags, turn):
    image = drawing(size=SIZE).convert(pillow)
    bands = [deep(band.tobytes()) for band in image.split()]
    content = tiff(bands, {258: (16,) * len(bands), 262: (2,), 284: (2,), 274: (turn,)} | tags)
    decoded = decode_image(open_image(BytesIO(content), "tiff"))
    assert (decoded.mode, ImageChops.difference(decoded, image).getbbox(alpha_only=False)) == (pillow, None)


def test_planes_of_16_bits_that_were_cut_are_drawn_as_far_as_they_go():
    bands = [deep(band.tobytes()) for band in drawing(size=SIZE).split()]
    seen = see_image(open_image(BytesIO(tiff(bands, {258: (16,) * 3, 262: (2,), 284: (2,)})[:-1000]), "tiff"))
    assert seen.problem is not None
    assert seen.problem.cause == "truncated_image"
    assert seen.image is not None


@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize(("bits", "form"), [(16, 1), (32, 3)])
def test_white_is_white_whether_it_is_zero_or_not(photometric, bits, form):
    image = Image.linear_gradient("L").resize(SIZE)
    written = image if photometric else ImageChops.invert(image)
    band = deep(written.tobytes()) if form == 1 else struct.pack(f"<{SIZE[0] * SIZE[1]}f", *written.tobytes())
    content = tiff([band], {258: (bits,), 262: (photometric,), 339: (form,)})
    decoded = make_resizable(decode_image(open_image(BytesIO(content), "tiff")))
    first, last = decoded.getpixel((0, 0)), decoded.getpixel((0, SIZE[1] - 1))
    assert isinstance(first, int | float)
    assert isinstance(last, int | float)
    assert first < last
