"""Sound files of variants that Pillow does not decode: no damage, and all but their picture is taken in."""

import struct
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from app.analysis.metadata.embedded import read_embedded
from app.analysis.pictures.image import OpenedImage, open_image
from app.analysis.pictures.partial import see_image
from app.errors import CannotRead
from tests.analysis.formats.examples import drawing, encoded

SIZE = (90, 70)


def tiff(tags: dict[int, int]) -> OpenedImage:
    """A TIFF, not packed, with other values in some of its tags of one SHORT, and the model of a camera."""
    content = bytearray(encoded(drawing(size=SIZE).convert("L"), "TIFF", tiffinfo={272: "Lens 9000"}))
    at = int.from_bytes(content[4:8], "little")
    for entry in range(at + 2, at + 2 + 12 * int.from_bytes(content[at : at + 2], "little"), 12):
        if (tag := int.from_bytes(content[entry : entry + 2], "little")) in tags:
            content[entry + 2 : entry + 12] = struct.pack("<HIHxx", 3, 1, tags[tag])
    return open_image(BytesIO(bytes(content)), "tiff")


def jpeg(at: int, value: int) -> OpenedImage:
    """A JPEG with another byte in its frame header."""
    exif = Image.Exif()
    exif[272] = "Lens 9000"
    content = bytearray(encoded(drawing(size=SIZE), "JPEG", exif=exif))
    content[content.index(b"\xff\xc0") + at] = value
    return open_image(BytesIO(bytes(content)), "jpeg")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (lambda: tiff({259: 34712}), "JPEG 2000"),
        (lambda: tiff({259: 34887}), "LERC"),
        (lambda: tiff({259: 50002}), "JPEG XL"),
        (lambda: tiff({259: 50001}), "WebP"),
        (lambda: tiff({258: 24}), "pixel mode"),
        (lambda: jpeg(4, 12), "12 bits"),
        (lambda: jpeg(1, 0xF7), "JPEG-LS"),
        (lambda: jpeg(1, 0xC5), "hierarchical"),
    ],
)
def test_a_variant_without_decoder_is_told_and_says_the_rest_of_itself(found, words):
    opened = found()
    assert (opened.size, read_embedded(opened).exif["Image Model"]) == (SIZE, "Lens 9000")
    with pytest.raises(CannotRead, match=words) as caught:
        see_image(opened)
    assert caught.value.cause == "unsupported_format"


def test_an_animation_that_no_decoder_opens_any_more_keeps_its_size_and_its_damage():
    frames = [ImageChops.offset(drawing(size=SIZE), 11 * step, 0) for step in range(5)]
    content = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    opened = open_image(BytesIO(content[: len(content) // 5]), "webp")  # not even the first frame is whole
    assert (opened.picture, opened.size) == (None, SIZE)
    with pytest.raises(CannotRead, match="bytes are missing") as caught:
        see_image(opened)
    assert caught.value.cause == "truncated_image"
