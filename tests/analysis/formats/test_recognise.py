"""Formats are recognised by their content alone."""

import pytest

from app.analysis.formats.recognise import recognise
from app.errors import CannotRead
from app.formats import FORMAT_OF_NAME, FORMATS, NOT_TAKEN_IN
from tests.analysis.formats.examples import NAMES, drawing, encoded, example, iso


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_format_is_recognised_by_content(name):
    found = recognise(example(name))
    assert found in (FORMAT_OF_NAME[name], FORMAT_OF_NAME["tiff"] if FORMAT_OF_NAME[name].raw else None)


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.name)
def test_no_row_is_hidden_by_one_above_it(format_):
    heads = [iso(brand.ljust(4)) for brand in (*format_.brands, *format_.major)]
    for magic in format_.magics:
        head = bytearray(512)
        for place, content in magic.items():
            at = 32 if place is None else place
            head[at : at + len(content)] = content
        heads.append(bytes(head))
    assert [recognise(head).name for head in heads] == [format_.name] * len(heads)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (encoded(drawing(size=(20, 10)), "DIB"), "bmp"),
        (iso(b"avif", b"mif1"), "avif"),
        (iso(b"mif1", b"avif"), "avif"),
        (iso(b"mif1", b"heic"), "heic"),
        (iso(b"heix"), "heic"),
        (iso(b"isom", b"crx "), "cr3"),
        (iso(b"mp42", b"mp42", b"isom"), "mp4"),
        (b"\0\0\0\x08wide\0\0\0\x10mdat", "mov"),
        (b"\0\0\x10\0moov\0\0\0\x6cmvhd", "mov"),
        (b"\0\0\1\0moov\0\0\0\x6cmvhd", "mov"),  # 256 bytes long: as an icon begins
        (b"\0\0\2\0free\0\0\0\0\0\0\0\0", "mov"),  # 512: as a cursor does
    ],
)
def test_what_a_format_looks_like_besides(head, name):
    assert recognise(head) is FORMAT_OF_NAME[name]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"BMW is a car, not a bitmap",
        b"hello",
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/segment.ts\n",
        b"<!doctype html><script>alert(1)</script>",
        b"\x1aE\xdf\xa3 of another kind",
        b"RIFF\0\1\0\0WAVEfmt ",
        iso(b"M4A ", b"M4A "),
        iso(b"jxl ", b"jxl "),
        b"\0\0\1\0" + iso(b"M4A ")[4:],  # its length reads as an icon does
    ],
)
def test_what_is_no_image_and_no_video_is_none(head):
    assert recognise(head) is None


@pytest.mark.parametrize("blank", [b"\n", b" ", b"\r\n", b"\t"])
def test_white_space_of_any_kind_follows_the_mark_of_a_portable_map(blank):
    found = recognise(b"P6" + blank + b"640 480 255\n")
    assert found is not None
    assert found.name == "ppm"


@pytest.mark.parametrize(("head", "title"), [*NOT_TAKEN_IN, (b"<?xml?><SVG width='1'>", "SVG")])
def test_other_pictures_are_refused_by_name(head, title):
    with pytest.raises(CannotRead) as caught:
        recognise(head)
    assert title in caught.value.sentence
    assert caught.value.cause == "unsupported_format"
