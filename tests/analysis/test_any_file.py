"""Whatever a file holds, an analysis or a failure comes of it: any bytes, any damage, hostile files."""

import dataclasses
import json
import os
import pickle
import runpy
import struct
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from app.analysis.analyzer import Analyzer
from app.errors import FILE_CAUSES
from app.media import Failure, Stage, StageStatus
from app.texts import clean_json
from tests.analysis.test_analyzer import WITHOUT_NSFW, XMP, analysed, job_for
from tests.support.clock import at_most

CORPUS = Path(os.environ.get("INGEST_TEST_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
HOSTILE = Path(__file__).parents[3] / "shared" / "hostile" / "make_hostile.py"


def answer(analyzer_, job):
    """The answer to a job, held to what every answer must be."""
    result = analyzer_(job)
    assert set(result.stages) == set(Stage)
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301 - our own values
    json.dumps(clean_json(dataclasses.asdict(result)), allow_nan=False)
    ended = [(stage.cause, stage.reason) for stage in result.stages.values() if stage.status is StageStatus.FAILED]
    for cause, reason in [*ended, *([(result.cause, result.reason)] if isinstance(result, Failure) else [])]:
        assert cause in FILE_CAUSES
        assert reason.endswith(".")
        assert "unknown error" not in reason.lower()
        assert "Traceback" not in reason
    return result


MAGICS = (
    b"\xff\xd8\xff\xe1\0\x20Exif\0\0",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"GIF89a",
    b"II*\0\x08\0\0\0",
    b"MM\0*\0\0\0\x08",
    b"BM",
    b"RIFF\x40\0\0\0WEBPVP8 ",
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    b"\0\0\0\x18ftypavif\0\0\0\0mif1avif",
    b"\xff\x4f\xff\x51",
    b"\0\0\0\x0cjP  \r\n\x87\n",
    b"\x1aE\xdf\xa3",
    b"",
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(magic=st.sampled_from(MAGICS), content=st.binary(max_size=300))
def test_any_bytes_give_an_analysis_or_a_failure(tmp_path, magic, content):
    (tmp_path / "a.jpg").write_bytes(magic + content)
    answer(Analyzer({"r": str(tmp_path)}, WITHOUT_NSFW), job_for(tmp_path, "a.jpg"))


def samples():
    exif = Image.Exif()
    exif.update({0x010F: "Canon", 0x0112: 6, 0x4746: 3})
    exif.get_ifd(0x8825).update({1: "N", 2: (1.0, 2.0, 3.0), 3: "E", 4: (1.0, 2.0, 3.0)})
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.format(3, "sea"), zip=True)
    for format_, options in (
        ("JPEG", {"exif": exif, "xmp": XMP.format(3, "sea").encode()}),
        ("PNG", {"exif": exif, "pnginfo": info}),
        ("TIFF", {"exif": exif.tobytes(), "tiffinfo": {700: XMP.format(3, "sea").encode()}}),
        ("WEBP", {"exif": exif}),
        ("GIF", {}),
        ("BMP", {}),
        ("AVIF", {"exif": exif}),
    ):
        buffer = BytesIO()
        Image.linear_gradient("L").resize((24, 18)).convert("RGB").save(buffer, format_, **options)
        yield buffer.getvalue()


SAMPLES = tuple(samples())


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    content=st.sampled_from(SAMPLES),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=12),
    kept=st.floats(0.1, 1),
)
def test_any_damage_to_a_picture_gives_an_analysis_or_a_failure(tmp_path, content, changes, kept):
    damaged = bytearray(content[: int(len(content) * kept)])
    for place, byte in changes:
        damaged[int(place * len(damaged))] = byte
    (tmp_path / "a.jpg").write_bytes(damaged)
    answer(Analyzer({"r": str(tmp_path)}, WITHOUT_NSFW), job_for(tmp_path, "a.jpg"))


def test_hostile_files_fail_by_name_or_are_taken_in(tmp_path):
    if not HOSTILE.exists():
        pytest.skip(f"the hostile files are not here: {HOSTILE}")
    root = tmp_path / "hostile"
    runpy.run_path(str(HOSTILE))["main"](root)
    expected = {
        "empty.jpg": "empty_file",
        "html_in_disguise.jpg": "not_media",
        "outside.jpg": "not_a_file",
        "pipe.jpg": "not_a_file",
        "playlist_in_disguise.mp4": "not_media",
        "svg_in_disguise.png": "unsupported_format",
    }
    analyzer_ = pickle.loads(pickle.dumps(Analyzer({"r": str(root)}, WITHOUT_NSFW)))  # noqa: S301 - our own value
    for name in sorted(os.listdir(os.fsencode(root))):
        if name == b"loop":
            continue
        with at_most(10):
            result = answer(analyzer_, job_for(root, name))
        assert getattr(result, "cause", None) == expected.get(os.fsdecode(name)), name
    for name in ("bomb_170_megapixels.png", "bomb_289_megapixels.png"):  # without a pixel in them
        assert analyzer_(job_for(root, name)).stages[Stage.THUMBNAIL].cause == "truncated_image"
    assert analyzer_(job_for(root, "truncated.jpg")).stages[Stage.THUMBNAIL].cause == "truncated_image"
    assert analyzer_(job_for(root, "xmp_entity.jpg")).stages[Stage.METADATA].cause == "damaged_metadata"
    # 2 MB of text: the picture is taken in, the text is named as dropped from the raw tags
    for name, key in (("text_bomb.png", "text.parameters"), ("long_workflow.png", "text.workflow")):
        assert key in analyzer_(job_for(root, name)).metadata.raw["dropped"]


def test_a_camera_in_the_corpus_is_read_as_exiftool_reads_it():
    path = "ianare+exif-samples/jpg/gps/DSCN0010.jpg"
    if not (CORPUS / path).is_file():
        pytest.skip(f"the corpus is not here: {CORPUS} (set INGEST_TEST_CORPUS)")
    found = analysed(CORPUS, path).metadata
    assert (found.camera_make, found.camera_model, found.taken_at) == (
        "NIKON",
        "COOLPIX P6000",
        "2008-10-22T16:28:39+02:00",  # the zone by its satellites
    )
    assert (found.latitude, found.longitude) == (43.4674483, 11.8851267)


def test_tiff_tags_that_warn_are_no_noise_and_no_failure(tmp_path):
    first = struct.pack("<HHHII", 1, 0x010F, 2, 1000, 5000) + struct.pack("<I", 0)
    (tmp_path / "a.tif").write_bytes(b"II*\0\x08\0\0\0" + first)
    assert analysed(tmp_path, "a.tif").cause == "damaged_image"
