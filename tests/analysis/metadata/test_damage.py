"""What is damaged, too large or not to be stored costs its own part of the metadata."""

import dataclasses
import json
import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.formats.iptc import parse_iptc
from app.analysis.metadata import embedded, raw
from app.analysis.metadata.beside import Beside
from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.fields import interpret_image
from app.analysis.metadata.raw import collect_raw
from app.analysis.metadata.score import read_exif_stars, read_xmp_stars
from app.texts import clean_json
from tests.analysis.formats.packets import packet
from tests.analysis.formats.pngs import with_chunks
from tests.analysis.metadata.test_fields import ALL_OF_XMP, CAMERA, dataset, exif_of
from tests.analysis.pictures.pictures import read, saved


def test_one_damaged_part_is_noted_and_the_others_are_read():
    found = read(saved(exif=CAMERA, xmp=b"<x:xmpmeta"))
    assert found.find_problem("exif", "iptc") is None
    assert found.find_problem("exif", "xmp").cause == "damaged_metadata"
    assert interpret_image(found).camera_make == "Canon"
    found = read(saved(exif=b"Exif\0\0nonsense", xmp=packet("", 'tiff:Make="Nikon"')))
    assert found.find_problem("exif").cause == "damaged_metadata"
    assert interpret_image(found).camera_make == "Nikon"


def test_a_damaged_text_of_a_png_is_noted():
    content = saved("PNG")
    broken = b"worse\0\0nonsense"
    assert read(with_chunks(content, (b"zTXt", broken))).find_problem("text").cause == "damaged_metadata"


def test_an_iptc_record_that_ends_too_early_is_damaged():
    found, problem = parse_iptc(dataset(2, 25, b"sea") + dataset(2, 25, b"harbour")[:-2])
    assert found == {"Keywords": ("sea",)}, "what came before it was read"
    assert "ends in the middle" in problem.sentence


def test_an_exif_block_beyond_its_limit_is_too_large(monkeypatch):
    monkeypatch.setattr(embedded, "EXIF_BYTES", 100)
    assert read(saved(exif=CAMERA)).find_problem("exif").cause == "text_too_large"


def test_a_maker_note_that_claims_a_billion_bytes_is_no_endless_loop():
    first = struct.pack("<HHHIII", 1, 0x8769, 4, 1, 26, 0)
    photo = struct.pack("<HHHIII", 1, 0x927C, 7, 1_006_641_184, 44, 0)
    block = b"Exif\0\0II*\0\x08\0\0\0" + first + photo + bytes(64)
    assert interpret_image(read(saved(exif=block))).taken_at is None


@pytest.mark.parametrize(
    ("comment", "text"),
    [
        (b"UNICODE\0" + "gr\u00fcn".encode("utf-16-be"), "gr\u00fcn"),
        (b"UNICODE\0" + "gr\u00fcn".encode("utf-16-le"), "gr\u00fcn"),
        (b"UNICODE\0" + "gr\u00fcn, hell\n".encode(), "gr\u00fcn, hell\n"),
        (b"UNICODE\0" + "\u7eff\u8272\u7684\u6811".encode("utf-16-be"), "\u7eff\u8272\u7684\u6811"),
        (b"ASCII\0\0\0hello \0", "hello"),
        (b"\0\0\0\0\0\0\0\0hello", "hello"),
        (b"hello, without a code", "hello, without a code"),
        ("as text", "as text"),
    ],
)
def test_user_comments_are_read_in_every_encoding(comment, text):
    assert read(saved(exif=exif_of(photo={0x9286: comment}))).texts["UserComment"] == text


def test_comments_of_jpeg_and_gif_are_kept():
    assert read(saved("JPEG", comment=b"caf\xe9")).texts == {"comment": "caf\xe9"}
    assert read(saved("GIF", comment=b"hello")).texts == {"comment": "hello"}


def test_raw_tags_stay_within_64_kb_and_say_what_was_dropped():
    texts = {"small": "kept", "workflow": "x" * 100_000} | {f"many{n}": "\u00fc" * 300 for n in range(200)}
    found = collect_raw(Embedded(texts=texts))
    assert len(json.dumps(found)) <= raw.RAW_BYTES
    assert found["text"]["small"] == "kept"
    assert len(found["dropped"]) == 20
    assert collect_raw(Embedded(texts={"a": "x" * 70_000}))["dropped"] == {"text.a": 70_009}


def test_what_an_ai_image_was_made_from_is_kept_before_tags_and_its_drawing_goes_first():
    tags = {f"tag {number}": "x" * 900 for number in range(40)}
    found = collect_raw(Embedded(xmp=tags, texts={"prompt": "p" * 40_000, "workflow": "w" * 300_000}))
    assert (len(found["text"]["prompt"]), len(found["xmp"])) == (40_000, 18)
    assert found["dropped"]["text.workflow"] == 300_016
    huge = collect_raw(Embedded(xmp=tags, texts={"prompt": "p" * 300_000}))
    assert (huge["dropped"], huge["xmp"]) == ({"text.prompt": 300_014}, tags)


def test_raw_tags_are_safe_for_json_and_both_databases():
    tags = {
        "Image A": (math.nan,),
        "EXIF B": (1, 2),
        "Image C": b"0220\0",
        "Image D": b"\xff",
        "EXIF UserComment": b"x",
    }
    assert collect_raw(Embedded(exif=tags, texts={"nul\0": "a\0b\ud800"})) == {
        "exif": {"EXIF B": [1, 2], "Image A": None, "Image C": "0220", "Image D": "ff"},
        "text": {"nul": "ab\ufffd"},
    }


_NAMES = sorted(ALL_OF_XMP | dict.fromkeys(("photoshop:DateCreated", "exif:GPSAltitudeRef", "xmp:Rating")))
_TAGS = ("Image Make", "EXIF FNumber", "EXIF ISOSpeedRatings", "GPS GPSLatitude", "GPS GPSLatitudeRef", "Image XPTitle",
         "GPS GPSAltitude", "GPS GPSAltitudeRef", "GPS GPSTimeStamp", "GPS GPSDateStamp", "EXIF DateTimeOriginal",
         "EXIF OffsetTimeOriginal", "EXIF SubsecTimeOriginal", "Image Orientation", "Image Rating")  # fmt: skip
_VALUES = st.one_of(st.text(max_size=30), st.binary(max_size=30), st.lists(st.floats(), max_size=4).map(tuple))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.dictionaries(st.sampled_from(_TAGS), _VALUES),
    st.dictionaries(st.sampled_from(_NAMES), st.lists(st.text(max_size=30), min_size=1, max_size=3).map(tuple)),
)
def test_any_tags_and_properties_give_values_that_are_safe_for_json(tags, properties):
    found = interpret_image(Embedded(exif=tags, xmp=properties), Beside(properties))
    json.dumps(clean_json(dataclasses.asdict(found)), allow_nan=False)
    assert set(found.sources.values()) <= {"exif", "xmp", "sidecar", "prompt"}
    read_exif_stars(tags)
    read_xmp_stars(properties)
