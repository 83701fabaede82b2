"""Which picture of a TIFF is the picture: reduced copies, masks, pages, and directories below others."""

from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image

from app.analysis.formats.directories import Pages, find_pages
from app.analysis.formats.tiff import find_orientation
from app.analysis.metadata.embedded import read_embedded
from app.analysis.pictures.image import decode_image, open_image
from tests.analysis.formats.examples import drawing, encoded

SMALL, LARGE = (40, 30), (400, 300)


def pixels(size, colour="navy"):
    return np.asarray(Image.new("RGB", size, colour))


def tiff(*pages, below=(), **options):
    """A TIFF of pages, each a size and its NewSubfileType; those `below` are SubIFDs of the first."""
    buffer = BytesIO()
    with tifffile.TiffWriter(buffer, **options) as writer:
        for number, (size, kind) in enumerate(pages):
            subifds = len(below) if not number else 0
            writer.write(
                pixels(size, "red" if size == LARGE else "navy"), subfiletype=kind, subifds=subifds, photometric="rgb"
            )
            for size_below, kind_below in below if not number else ():
                writer.write(pixels(size_below, "red"), subfiletype=kind_below, photometric="rgb")
    return buffer.getvalue()


def shown(content):
    opened = open_image(BytesIO(content), "tiff")
    orientation = find_orientation(read_embedded(opened).exif)
    return opened, decode_image(opened, orientation)


@pytest.mark.parametrize("options", [{}, {"byteorder": ">"}, {"bigtiff": True}])
@pytest.mark.parametrize(
    "parts",
    [
        {"pages": [(SMALL, 1), (LARGE, 0)]},
        {"pages": [(SMALL, 3), (SMALL, 1), (LARGE, 0)]},
        {"pages": [(SMALL, 1)], "below": [(LARGE, 0)]},
        {"pages": [(SMALL, 1)], "below": [(SMALL, 1), (LARGE, 0)]},
    ],
)
def test_the_picture_is_the_first_that_is_no_reduced_copy(parts, options):
    opened, decoded = shown(tiff(*parts["pages"], below=parts.get("below", ()), **options))
    assert (opened.size, opened.frames, opened.pages) == (LARGE, 1, 1)
    assert decoded.size == LARGE
    assert decoded.getpixel((200, 150)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("pages", "below"), [([(LARGE, 0), (SMALL, 1)], ()), ([(LARGE, 0)], [(SMALL, 1)]), ([(LARGE, 2), (LARGE, 2)], ())]
)
def test_a_first_directory_that_is_a_picture_stays_the_picture(pages, below):
    content = tiff(*pages, below=below)
    found = find_pages(BytesIO(content))
    assert found == Pages(None, sum(kind != 1 for _, kind in pages))
    opened, decoded = shown(content)
    assert (opened.size, opened.frames, opened.pages, decoded.size) == (LARGE, 1, found.count, LARGE)


def test_where_all_are_reduced_copies_the_first_is_shown():
    assert shown(tiff((SMALL, 1), (LARGE, 1)))[0].size == SMALL


def test_the_picture_is_turned_by_its_own_directory_and_described_by_both():
    first, second = Image.new("RGB", SMALL, "navy"), drawing(size=LARGE)
    first.encoderinfo = {"tiffinfo": {254: 1, 315: "Ada"}}
    second.encoderinfo = {"tiffinfo": {254: 0, 274: 6}}
    content = encoded(first, "TIFF", save_all=True, append_images=[second], tiffinfo={254: 1, 315: "Ada"})
    opened = open_image(BytesIO(content), "tiff")
    tags = read_embedded(opened).exif
    assert tags["Image Artist"] == "Ada"
    if opened.size == LARGE and find_orientation(tags) == 6:
        assert decode_image(opened, 6).size == LARGE[::-1]


@pytest.mark.parametrize("length", range(0, 60, 3))
def test_what_is_cut_off_or_makes_no_sense_has_one_page(length):
    content = tiff((SMALL, 1), (LARGE, 0))
    assert find_pages(BytesIO(content[:length])) == Pages(None, 1)
    assert find_pages(BytesIO(b"II*\0" + bytes([length]) * 60)).count == 1


def test_directories_that_lead_in_a_circle_end():
    content = bytearray(encoded(drawing(size=SMALL), "TIFF"))
    at = int.from_bytes(content[4:8], "little")
    count = int.from_bytes(content[at : at + 2], "little")
    content[at + 2 + 12 * count : at + 6 + 12 * count] = content[4:8]
    assert find_pages(BytesIO(bytes(content))) == Pages(None, 1)
