"""Photoshop documents of more than 8 bits a channel: drawn where there is a decoder, opened in any case."""

import struct
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from app.analysis.metadata.embedded import read_embedded
from app.analysis.pictures.image import OpenedImage, decode_image, open_image
from app.analysis.pictures.partial import see_image
from app.errors import CannotRead
from tests.analysis.formats.examples import drawing

SIZE = (90, 70)
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>'
)


def packed(row: bytes) -> bytes:
    return b"".join(bytes([len(piece) - 1]) + piece for piece in (row[at : at + 128] for at in range(0, len(row), 128)))


def document(image: Image.Image, mode: int, depth: int, *, pack: bool = False) -> bytes:
    """A PSD of the bands of an image, each value followed by as many zeros as make up its depth."""
    width, height = image.size
    bands = [band.tobytes() for band in image.split()]
    step = depth // 8
    deep = [b"".join(bytes([value]) + bytes(step - 1) for value in band) for band in bands]
    resource = b"8BIM" + struct.pack(">HHI", 1060, 0, len(XMP)) + XMP + bytes(len(XMP) % 2)
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, len(bands), height, width, depth, mode)
    head += struct.pack(">II", 0, len(resource)) + resource + struct.pack(">I", 0)
    if not pack:
        return head + struct.pack(">H", 0) + b"".join(deep)
    length = width * step
    rows = [packed(band[at : at + length]) for band in deep for at in range(0, len(band), length)]
    return head + struct.pack(f">H{len(rows)}H", 1, *map(len, rows)) + b"".join(rows)


def opened(content: bytes) -> OpenedImage:
    return open_image(BytesIO(content), "psd")


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize(("pillow", "mode"), [("RGB", 3), ("RGBA", 3), ("L", 1), ("L", 8)])
def test_a_document_of_16_bits_looks_as_one_of_8(pillow, mode, pack):
    image = drawing(size=SIZE).convert(pillow)
    decoded = decode_image(opened(document(image, mode, 16, pack=pack)))
    assert (decoded.mode, ImageChops.difference(decoded, image).getbbox(alpha_only=False)) == (pillow, None)


@pytest.mark.parametrize(
    ("pillow", "mode", "depth", "words"),
    [("RGB", 3, 32, "32 bits of RGB"), ("CMYK", 4, 16, "16 bits of CMYK"), ("LAB", 9, 16, "16 bits of Lab")],
)
def test_what_cannot_be_drawn_is_told_and_says_the_rest_of_itself(pillow, mode, depth, words):
    found = opened(document(Image.new(pillow, SIZE), mode, depth))
    assert (found.size, read_embedded(found).xmp["xmp:Rating"]) == (SIZE, ("4",))
    with pytest.raises(CannotRead, match=words) as caught:
        see_image(found)
    assert caught.value.cause == "unsupported_format"


def test_a_document_of_16_bits_that_was_cut_is_drawn_as_far_as_it_goes():
    image = drawing(size=SIZE).convert("L")
    content = document(image, 1, 16)
    seen = see_image(opened(content[: -SIZE[0] * 2 * 20]))
    assert seen.problem is not None
    assert seen.problem.cause == "truncated_image"
    assert seen.image is not None
    assert ImageChops.difference(seen.image.crop((0, 0, 90, 40)), image.crop((0, 0, 90, 40))).getbbox() is None
