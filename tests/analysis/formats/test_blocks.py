"""Blocks in containers: extended XMP, Photoshop's resources, GIF and JPEG 2000; and how long an animation lasts."""

import errno
import hashlib
import struct
import tracemalloc
from io import BytesIO

import pytest
from PIL import Image

from app.analysis.formats import blocks
from app.analysis.formats.animation import read_animation_seconds
from app.analysis.formats.blocks import find_photoshop_in_jpeg, join_extended_xmp, read_at, walk_boxes
from app.analysis.formats.completeness import count_missing_bytes
from app.analysis.formats.iptc import find_iptc_in_photoshop, parse_iptc
from app.errors import CannotRead
from tests.analysis.pictures.pictures import read, saved
from tests.support.clock import at_most

EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
RDF = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" {}/></rdf:RDF></x:xmpmeta>'
)
EXTENDED = RDF.format('dc:format="image/jpeg" xmp:Label="Blue"').encode()
WHOLE = len(EXTENDED)
GUID = hashlib.md5(EXTENDED, usedforsecurity=False).hexdigest().upper()


def piece(at, content, *, guid=GUID, whole=WHOLE):
    return ("APP1", EXTENSION + struct.pack(">32sII", guid.encode(), whole, at) + content)


def test_extended_xmp_is_put_together_in_the_right_order():
    pieces = [piece(50, EXTENDED[50:]), piece(0, b"other", guid="0" * 32), ("APP13", b""), piece(0, EXTENDED[:50])]
    assert join_extended_xmp(pieces, GUID) == EXTENDED
    assert join_extended_xmp([("APP1", EXTENSION)], GUID) == b""


@pytest.mark.parametrize(
    ("pieces", "cause"),
    [
        ([piece(0, EXTENDED[:50])], "damaged_metadata"),
        ([piece(0, EXTENDED[:-1] + b"?")], "damaged_metadata"),
        ([piece(0, b"x", whole=blocks.EXTENDED_BYTES + 1)], "text_too_large"),
    ],
)
def test_extended_xmp_that_is_not_whole_or_too_large_is_refused(pieces, cause):
    with pytest.raises(CannotRead) as caught:
        join_extended_xmp(pieces, GUID)
    assert caught.value.cause == cause


def test_extended_xmp_adds_to_the_packet_and_does_not_overrule_it():
    main = RDF.format(f'xmp:Label="Red" xmpNote:HasExtendedXMP="{GUID}"').encode()
    plain = saved(xmp=main)
    extension = piece(0, EXTENDED)[1]
    content = plain[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(extension)) + extension + plain[2:]
    found = read(content)
    assert (found.xmp["dc:format"], found.xmp["xmp:Label"]) == (("image/jpeg",), ("Red",))
    assert found.problems == {}
    found = read(content.replace(b'Label="Blue"', b'Label="Gold"'))
    assert (found.xmp["xmp:Label"], found.find_problem("xmp").cause) == (("Red",), "damaged_metadata")


def dataset(number, content):
    return struct.pack(">BBBH", 0x1C, 2, number, len(content)) + content


def resource(number, content, name=b"\0\0"):
    return (
        b"8BIM"
        + struct.pack(">H", number)
        + name
        + struct.pack(">I", len(content))
        + content
        + b"\0" * (len(content) % 2)
    )


def test_photoshop_s_resources_may_go_on_in_the_next_segment():
    whole = resource(0x0400, b"odd", b"\4name\0") + resource(0x0404, dataset(25, b"harbour"))
    segments = [("APP13", b"Photoshop 3.0\0" + part) for part in (whole[:30], whole[30:])]
    records = find_iptc_in_photoshop(find_photoshop_in_jpeg(segments))
    assert parse_iptc(records)[0] == {"Keywords": ("harbour",)}


def test_a_caption_of_more_than_32_kb_has_an_extended_length():
    caption = b"x" * 40_000
    block = struct.pack(">BBBHI", 0x1C, 2, 120, 0x8004, len(caption)) + caption
    assert parse_iptc(block) == ({"Caption": (caption.decode(),)}, None)


def test_xmp_is_found_in_a_gif():
    plain = saved("GIF")
    trailer = b"\1" + bytes(range(255, -1, -1)) + b"\0"
    extension = b"\x21\xff\x0bXMP DataXMP" + RDF.format('xmp:Label="Red"').encode() + trailer
    assert read(plain[:-1] + extension + plain[-1:]).xmp == {"xmp:Label": ("Red",)}


def test_exif_xmp_and_iptc_are_found_in_the_boxes_of_jpeg_2000():
    uuids = {
        b"JpgTiffExif->JP2": b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x0112, 3, 1, 6, 0),
        bytes.fromhex("be7acfcb97a942e89c71999491e3afac"): RDF.format('xmp:Label="Red"').encode(),
        bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"): dataset(25, b"harbour"),
    }
    boxes = b"".join(struct.pack(">I4s", 24 + len(body), b"uuid") + uuid + body for uuid, body in uuids.items())
    found = read(saved("JPEG2000") + boxes)
    assert found.exif == {"Image Orientation": (6,)}
    assert (found.xmp, found.iptc) == ({"xmp:Label": ("Red",)}, {"Keywords": ("harbour",)})


@pytest.mark.parametrize("at", [-1, -(2**70), 6, 2**44 + 1, 2**62, 2**63 - 1, 2**63, 2**64, 2**200])
def test_a_place_that_no_file_has_holds_nothing(at, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abcdef")
    with path.open("rb") as file:
        for stream in (file, BytesIO(b"abcdef")):
            assert read_at(stream, at, 4) == b""


@pytest.mark.parametrize(("length", "found"), [(-1, b""), (0, b""), (3, b"cde"), (99, b"cdef"), (2**200, b"cdef")])
def test_what_is_read_ends_where_the_file_does(length, found, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abcdef")
    with path.open("rb") as file:
        for stream in (file, BytesIO(b"abcdef")):
            assert read_at(stream, 2, length) == found


def test_no_more_is_read_at_once_than_16_mib_and_a_broken_disk_is_told_of():
    class Broken(BytesIO):
        def seek(self, *place):
            raise OSError(errno.EIO, "Input/output error")

    assert len(read_at(BytesIO(bytes(17 * 1024**2)), 0, 2**30)) == 16 * 1024**2
    with pytest.raises(OSError, match="Input/output"):
        read_at(Broken(), 0, 1)


def large(kind, length, content=b""):
    return struct.pack(">I4sQ", 1, kind, length) + content


@pytest.mark.parametrize("length", [17, 2**32, 2**62, 2**63 - 1, 2**63, 2**63 + 5, 2**64 - 1])
def test_a_box_ends_where_what_it_stands_in_does(length):
    content = large(b"free", 16) + large(b"mdat", length, b"abc") + b"rest"
    (_, *places), (kind, at, counted) = list(walk_boxes(BytesIO(content), 0, len(content) - 4))[:2]
    assert (places, kind, at, counted) == ([16, 0], b"mdat", 32, min(length - 16, 3))


@pytest.mark.parametrize("header", [b"\0\0\0\1moov", large(b"moov", 15), b"\0\0\0\7moov", b"\0\0\0\x08moo"])
def test_a_header_that_is_cut_off_or_too_short_is_no_box(header):
    assert list(walk_boxes(BytesIO(header + bytes(40)), 0, len(header))) == []


def film(format_, **options):
    frames = [Image.new("RGB", (16, 12), colour) for colour in ("teal", "red", "blue")]
    buffer = BytesIO()
    frames[0].save(buffer, format_, save_all=True, append_images=frames[1:], duration=250, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP", "AVIF"])
def test_an_animation_lasts_as_long_as_its_frames(format_):
    assert read(film(format_)).duration_seconds == 0.75
    assert read(saved(format_)).duration_seconds is None


@pytest.mark.parametrize("format_", ["gif", "webp", "png", "avif"])
def test_a_film_that_is_cut_off_lasts_as_long_as_what_is_left(format_):
    content = film(format_.upper())
    for length in range(0, len(content), 7):
        assert (read_animation_seconds(BytesIO(content[:length]), format_, 3) or 0) <= 0.75


def test_where_a_file_ends_is_found_in_little_room_and_time_whatever_it_is_made_of():
    gif = saved("GIF")[:-1] + b"\x21\xfe\0" * 100_000
    tracemalloc.start()
    try:
        assert count_missing_bytes(BytesIO(gif), "gif") == 1
        assert tracemalloc.get_traced_memory()[1] < 4 * len(gif)
    finally:
        tracemalloc.stop()
    boxes = saved("AVIF") + struct.pack(">I4s", 8, b"free") * 3_000_000
    with at_most(0.7):
        assert count_missing_bytes(BytesIO(boxes), "avif") == 0
