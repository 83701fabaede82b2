"""Pictures of ours as documents take them."""

import io

import pytest
from PIL import Image

from app.analysis.pictures.picture import PREVIEW_SIDE
from app.analysis.pictures.printing import PRINTED_SIDE, as_printed


def coded(format_, size=(64, 48), mode="RGB", colour="red", **options):
    buffer = io.BytesIO()
    Image.new(mode, size, colour).save(buffer, format_, **options)
    return buffer.getvalue()


def test_a_webp_becomes_a_jpeg_that_fits_a_page():
    made = Image.open(io.BytesIO(as_printed(coded("WEBP", (PREVIEW_SIDE, 1024)))))
    assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (PRINTED_SIDE, 640))
    assert Image.open(io.BytesIO(as_printed(coded("WEBP")))).size == (64, 48)


def test_what_is_not_covered_is_white():
    made = Image.open(io.BytesIO(as_printed(coded("WEBP", mode="RGBA", colour=(0, 0, 0, 0), lossless=True))))
    assert min(made.getpixel((5, 5))) > 250


@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_what_a_document_takes_stays_as_it_is(format_):
    assert as_printed(coded(format_)) == coded(format_)


@pytest.mark.parametrize(
    "drawn",
    [b"", b"RIFF", coded("WEBP")[:60], coded("TIFF"), coded("GIF"), coded("WEBP", (PREVIEW_SIDE + 1, 1))],
    ids=["nothing", "a beginning", "cut short", "tiff", "gif", "too large"],
)
def test_what_is_no_picture_of_ours_is_none(drawn):
    assert as_printed(drawn) is None
