"""Motion photos and Live Photos as one file shows them: the video behind a picture, and Apple's identifier."""

import struct
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.analysis.formats import tiff
from app.analysis.formats.makers import apple
from app.analysis.formats.makers.apple import find_content_identifier
from app.analysis.formats.motion import find_video_bytes
from app.analysis.formats.recognise import recognise
from app.analysis.formats.tiff import read_tiff
from app.analysis.metadata.embedded import read_embedded
from app.analysis.metadata.fields import interpret_image
from app.analysis.pictures.image import open_image, prepare_pillow
from tests.analysis.formats.tiffs import block
from tests.support.clock import at_most

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "ianare+exif-samples" / "heic"
VIDEO = struct.pack(">I4s4sI", 16, b"ftyp", b"mp42", 0) + b"moov" * 50
UUID = b"570F1469-09C7-4E50-9875-05F21D5BD166"
SPACES = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:C="http://ns.google.com/photos/1.0/container/" '
    'xmlns:I="http://ns.google.com/photos/1.0/container/item/" xmlns:G="http://ns.google.com/photos/1.0/camera/"'
)


def jpeg(attributes="", inside="", **options):
    """A JPEG whose XMP says this; nothing where it says nothing."""
    if attributes or inside:
        packet = (
            f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {SPACES}><rdf:Description rdf:about="" {attributes}>{inside}'
            "</rdf:Description></rdf:RDF></x:xmpmeta>"
        )
        options["xmp"] = packet.encode()
    Image.new("RGB", (16, 12), "teal").save(buffer := BytesIO(), "JPEG", **options)
    return buffer.getvalue()


def items(*items_):
    """Google's directory of what stands in the file: semantic, and length where it is said."""
    listed = "".join(
        f'<rdf:li rdf:parseType="Resource"><C:Item I:Mime="x/y" I:Semantic="{semantic}" {length}/></rdf:li>'
        for semantic, length in items_
    )
    return f"<C:Directory><rdf:Seq>{listed}</rdf:Seq></C:Directory>"


def long(length):
    return f'I:Length="{length}" I:Padding="0"'


def samsung(video, *, mark=b"SEFT", kind=0x0A30):
    """What Samsung writes behind a picture: the video in a block with a name, and a directory of such blocks."""
    name = b"MotionPhoto_Data"
    whole = struct.pack("<HHI", 0, kind, len(name)) + name + video
    directory = b"SEFH" + struct.pack("<II", 107, 1) + struct.pack("<HHII", 0, kind, len(whole), len(whole))
    return whole + directory + struct.pack("<I", len(directory)) + mark


def found(content):
    return read_embedded(open_image(BytesIO(content), recognise(content).name))


def video_bytes(content):
    return interpret_image(found(content)).embedded_video_bytes


# -- the video behind a picture ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        jpeg(f'G:MicroVideo="1" G:MicroVideoOffset="{len(VIDEO)}"') + VIDEO,
        jpeg('G:MotionPhoto="1"', items(("Primary", ""), ("MotionPhoto", long(len(VIDEO))))) + VIDEO,
        jpeg('G:MotionPhoto="1"', items(("Primary", long(0)), ("MotionPhoto", long(len(VIDEO))))) + VIDEO,
        jpeg("", items(("Primary", ""), ("GainMap", long(9)), ("MotionPhoto", long(len(VIDEO))))) + bytes(9) + VIDEO,
        jpeg("", items(("Primary", ""), ("MotionPhoto", long(len(VIDEO))), ("GainMap", long(9)))) + VIDEO + bytes(9),
        jpeg() + samsung(VIDEO),
        jpeg('G:MicroVideoOffset="12"') + samsung(VIDEO),
    ],
    ids=["MicroVideo", "MotionPhoto", "with a length of 0", "with a gain map", "and behind it", "Samsung", "both"],
)
def test_the_video_of_a_motion_photo_is_measured(content):
    assert video_bytes(content) == len(VIDEO)


@pytest.mark.parametrize(
    "content",
    [
        jpeg(),
        jpeg() + VIDEO,
        jpeg(f'G:MicroVideo="1" G:MicroVideoOffset="{len(VIDEO)}"'),
        jpeg(f'G:MicroVideo="1" G:MicroVideoOffset="{len(VIDEO) - 1}"') + VIDEO,
        jpeg('G:MicroVideoOffset="99999999999999999999999"') + VIDEO,
        jpeg('G:MicroVideoOffset="-5"') + VIDEO,
        jpeg("", items(("Primary", ""), ("MotionPhoto", long(len(VIDEO))))),
        jpeg("", items(("Primary", ""), ("MotionPhoto", ""))) + VIDEO,
        jpeg("", items(("Primary", ""), ("GainMap", long(len(VIDEO))))) + VIDEO,
        jpeg() + samsung(b"not a video at all"),
        jpeg() + samsung(VIDEO, mark=b"SEFX"),
        jpeg() + samsung(VIDEO, kind=0x0A01),
    ],
)
def test_a_claim_without_a_video_is_not_believed(content):
    assert video_bytes(content) is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (b"1660308678123", "2022-08-12T12:51:18.123000+00:00"),
        (b"1660308678123\0", "2022-08-12T12:51:18.123000+00:00"),
        (b"", None),
        (b"yesterday", None),
        (b"9" * 16, None),
    ],
)
def test_when_a_phone_of_samsungs_saved_a_picture_is_found(text, at):
    assert found(jpeg() + samsung(text, kind=0x0A01)).saved_at == at
    assert found(jpeg() + samsung(text, kind=0x0A02)).saved_at is None


def box(kind, content=b""):
    return struct.pack(">I4s", 8 + len(content), kind) + content


FILM = box(b"ftyp", b"mp42\0\0\0\0") + box(b"mdat", b"\xff\xd8frames") + box(b"moov", box(b"mvhd", bytes(8)))
HUAWEI = b"v2_f27_c            LIVE_1234567        "


@pytest.mark.parametrize(
    "content",
    [
        jpeg() + FILM,
        jpeg() + FILM + HUAWEI,
        jpeg() + bytes(9) + jpeg() + FILM,
        jpeg() + FILM + bytes(5),
        jpeg(f'G:MicroVideoOffset="{len(FILM) + 3}"') + FILM,
        jpeg("", items(("Primary", ""), ("GainMap", long(9)))) + FILM,
    ],
)
def test_a_film_behind_the_picture_is_measured_whoever_says_so(content):
    assert video_bytes(content) == len(FILM)


@pytest.mark.parametrize(
    "behind",
    [
        FILM[:-1],
        box(b"ftyp", b"mp42"),
        box(b"ftyp", b"mp42") + box(b"mdat", b"frames"),
        box(b"ftyp", b"mp42") + struct.pack(">I4s", 1, b"moov"),
        b"ftyp",
        FILM + b"\xff\xd9",
    ],
)
def test_what_is_no_whole_film_behind_a_picture_is_none(behind):
    assert video_bytes(jpeg() + behind) is None


def test_many_beginnings_of_films_keep_nobody_waiting():
    with at_most(1):
        assert video_bytes(jpeg() + box(b"ftyp") * 20_000 + b"no film") is None


def test_the_box_of_a_heic_holds_its_video_with_or_without_xmp():
    picture = box(b"ftyp", b"heic\0\0\0\0") + struct.pack(">I4sQ", 1, b"mdat", 20) + bytes(4)
    assert find_video_bytes(BytesIO(picture + box(b"mpvd", FILM)), "heic", {}) == len(FILM)
    assert find_video_bytes(BytesIO(picture + box(b"mpvd", b"no film")), "heic", {}) is None
    assert find_video_bytes(BytesIO(picture + FILM), "heic", {}) is None


def test_a_heic_is_looked_at_and_a_png_is_not():
    xmp = {"GCamera:MicroVideoOffset": (str(len(VIDEO)),)}
    content = BytesIO(b"picture" + VIDEO)
    assert find_video_bytes(content, "heic", xmp) == len(VIDEO)
    assert find_video_bytes(content, "png", xmp) is None


@given(st.binary(max_size=80), st.sampled_from((b"", b"SEFH", b"SEFT")), st.integers(0, 2**32 - 1))
def test_no_trailer_makes_it_fail(content, mark, length):
    tail = content + mark + content + struct.pack("<I", length) + b"SEFT"
    assert find_video_bytes(BytesIO(tail), "jpeg", {}) is None
    close = content + b"SEFH" + content + struct.pack("<I", len(content) + 4) + b"SEFT"
    find_video_bytes(BytesIO(close), "jpeg", {})


@given(
    st.lists(st.text(max_size=25), max_size=5), st.lists(st.sampled_from(("Primary", "MotionPhoto", "")), max_size=5)
)
def test_no_claim_makes_it_fail(lengths, semantics):
    name = "Container:Directory/Container:Item/Item:"
    xmp = {
        f"{name}Length": tuple(lengths),
        f"{name}Semantic": tuple(semantics),
        "GCamera:MicroVideoOffset": tuple(lengths),
    }
    assert find_video_bytes(BytesIO(b"\0" * 40), "jpeg", xmp) is None


# -- Apple's identifier ------------------------------------------------------------------------------------------


def note(identifier=UUID + b"\0", *, order=">", tag=0x0011, kind=2):
    """A maker note as iOS writes it: one directory, whose offsets count from the first byte of the note."""
    head = b"Apple iOS\0\0\1" + (b"MM" if order == ">" else b"II")
    entries = struct.pack(f"{order}HHII", 1, 9, 1, 12) + struct.pack(f"{order}HHII", tag, kind, len(identifier), 44)
    return head + struct.pack(f"{order}H", 2) + entries + bytes(4) + identifier


@pytest.mark.parametrize("order", "<>")
def test_the_identifier_of_a_live_photo_is_read_from_apples_maker_note(order):
    assert len(note()) == 44 + len(UUID) + 1
    assert find_content_identifier(note(order=order)) == UUID.decode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Nikon\0" + note(),
        note()[:40],
        note()[:13],
        note(tag=0x0012),
        note(kind=7),
        note(b"\0"),
        note(b"x" * 65),
    ],
)
def test_what_is_no_identifier_is_none(content):
    assert find_content_identifier(content) is None


@given(st.binary(max_size=200), st.sampled_from((b"", b"Apple iOS\0\0\1MM", b"Apple iOS\0\0\1II")))
def test_no_maker_note_makes_it_fail(content, head):
    find_content_identifier(head + content)


def test_it_is_a_value_of_the_metadata_with_its_source_and_no_raw_tag():
    directories = [{0x8769: ("to", 1)}, {0x927C: (7, note())}]
    told = interpret_image(found(jpeg(exif=b"Exif\0\0" + block(directories))))
    assert (told.content_identifier, told.sources) == (UUID.decode(), {"content_identifier": "exif"})
    assert "MakerNote" not in str(told.raw)


def test_a_maker_note_that_is_too_long_or_another_makers_is_not_even_kept():
    for content, is_kept in ((note(), True), (note() + bytes(apple.NOTE_BYTES), False), (b"Nikon\0", False)):
        read = read_tiff(BytesIO(block([{0x8769: ("to", 1)}, {tiff.MAKER_NOTE: (7, content)}])))
        assert (tiff.MAKER_NOTE in read.blocks) is is_kept


def test_it_agrees_with_exiftool_on_a_photo_of_the_corpus():
    """`exiftool -MediaGroupUUID`, as it calls it, gives the same."""
    if not (photo := CORPUS / "IMG_5195.HEIC").exists():
        pytest.skip("the corpus is not here")
    prepare_pillow()
    with photo.open("rb") as stream:
        told = read_embedded(open_image(stream, "heic"))
    assert told.content_identifier == UUID.decode()
