"""Zeros in the midst of a JPEG: told where no picture has them, and never where one may."""

from io import BytesIO

import pytest
from PIL import Image

from app.analysis.formats.gaps import count_lost_bytes
from app.analysis.pictures.image import open_image
from app.analysis.pictures.partial import see_image
from tests.analysis.formats.examples import drawing, encoded
from tests.samples import landscape

SCENE = landscape("peaks", (640, 480))


def lost(content):
    return count_lost_bytes(BytesIO(content))


def with_zeros(content, count, share=0.5):
    at = int(len(content) * share)
    return content[:at] + bytes(count) + content[at + count :]


@pytest.mark.parametrize("options", [{}, {"quality": 95, "subsampling": 0}])
@pytest.mark.parametrize("count", [512, 4096])
def test_a_block_that_was_lost_damages_a_jpeg(options, count):
    content = encoded(SCENE, "JPEG", **{"quality": 90} | options)
    assert lost(content) == 0
    assert 0 <= lost(with_zeros(content, count)) - count < 9
    found = see_image(open_image(BytesIO(with_zeros(content, count)), "jpeg"))
    assert (found.problem.cause, found.image.size) == ("damaged_image", SCENE.size)
    assert "bytes in its midst are lost" in found.problem.sentence


@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"progressive": True}, {"quality": 20}])
@pytest.mark.parametrize("colour", ["black", "white", "navy"])
def test_the_zeros_of_a_plain_picture_are_its_own(options, colour):
    plain = Image.new("RGB", (1_600, 1_200), colour)
    plain.paste(drawing(size=(64, 48)))
    assert lost(encoded(plain, "JPEG", **options)) == 0
    assert lost(encoded(plain.convert("L"), "JPEG", **options)) == 0
    assert lost(encoded(plain.convert("CMYK"), "JPEG", **options)) == 0


def test_zeros_behind_a_jpeg_and_in_its_headers_are_no_part_of_it():
    content = encoded(SCENE, "JPEG", comment=bytes(2_000))
    assert lost(content + bytes(4_096)) == 0


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"\xff\xd8\xff\xda", b"\xff\xd8\xff\xda\0\x08" + bytes(600)])
def test_what_is_no_whole_jpeg_has_no_gap(content):
    assert lost(content) == 0
