"""Camera raw files: recognised, described and shown by their previews, upright, whatever is missing or wrong."""

import os
import shutil
import struct
import subprocess
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from app.analysis.analyzer import Analyzer
from app.analysis.formats import tiff
from app.analysis.formats.makers.camera_raw import CameraRaw, read_camera_raw
from app.analysis.formats.makers.cr3 import read_cr3
from app.analysis.formats.tiff import TiffContent
from app.analysis.pictures.image import decode_image, open_image
from app.analysis.pictures.picture import make_picture
from app.analysis.recipes import APPLIES, VERSIONS
from app.errors import FILE_CAUSES
from app.formats import FORMATS, Kind
from app.media import OPTIONAL, Analysis, Failure, FoundFile, Job, Keyword, Rating, Recipe, Stage
from app.models import NsfwModel
from app.texts import clean_json
from tests.analysis.formats import raws
from tests.analysis.formats.packets import packet
from tests.analysis.formats.tiffs import block
from tests.support.clock import at_most
from tests.support.server import shared

EVERY = frozenset(Stage) - OPTIONAL
RECIPE = Recipe(dict(VERSIONS), dict(APPLIES), nsfw_model=NsfwModel("none", "0" * 64, "nowhere.xml"))
WITHOUT_NSFW = Recipe(dict(VERSIONS), dict(APPLIES), {Stage.NSFW: "no weights"})
SIDECAR = raws.PACKET.replace('Rating="4"', 'Rating="2"').replace("boat", "lake")
WITH_TAGS_OF_THEIR_OWN = [format_ for format_ in raws.FORMATS if format_ != "raf"]  # and not those of the preview


def analysed(folder, name, content, recipe=WITHOUT_NSFW):
    (folder / name).write_bytes(content)
    file = FoundFile("r", os.fsencode(name), 1, 1)
    return Analyzer({"r": str(folder)}, recipe)(Job(file, EVERY, EVERY))


def failed(found):
    return {stage.value: ended.cause for stage, ended in found.stages.items() if ended.cause}


def bits_apart(one, other):
    return (int(one, 16) ^ int(other, 16)).bit_count()


def looks_like(made, orientation):
    """Whether a thumbnail is the drawing turned so."""
    return bits_apart(made.phash, make_picture(raws.drawing(), orientation).phash) <= 4


@pytest.mark.parametrize("format_", raws.FORMATS)
def test_a_camera_raw_file_is_described_by_its_tags_and_shown_upright_by_its_preview(tmp_path, format_):
    found = analysed(tmp_path, f"a.{format_}", raws.raw(format_, orientation=6))
    identity, told = found.identity, found.metadata
    assert (identity.format, identity.width, identity.height) == (format_, *raws.SIZE)
    assert (identity.mode, identity.notes) == ("RGB", ())
    assert (told.camera_make, told.camera_model) == raws.MODELS[format_]
    assert (told.taken_at, told.iso, told.exposure_seconds, told.orientation) == (raws.TAKEN, 800, 0.004, 6)
    assert Image.open(BytesIO(found.picture.webp)).size == (160, 240)
    assert looks_like(found.picture, 6)
    assert failed(found) == {}


@pytest.mark.parametrize("format_", WITH_TAGS_OF_THEIR_OWN)
def test_its_xmp_gives_rating_and_keywords(tmp_path, format_):
    found = analysed(tmp_path, f"a.{format_}", raws.raw(format_))
    assert (found.rating, found.keywords) == (Rating(4, "xmp"), (Keyword("boat", "xmp"),))


def test_a_sidecar_of_the_same_stem_counts_before_the_file(tmp_path):
    (tmp_path / "a.xmp").write_text(SIDECAR)
    found = analysed(tmp_path, "a.cr2", raws.raw("cr2"))
    assert found.rating == Rating(2, "sidecar")
    assert Keyword("lake", "sidecar") in found.keywords


def test_the_place_of_a_cr3_is_read_from_its_own_box(tmp_path):
    told = analysed(tmp_path, "a.cr3", raws.raw("cr3")).metadata
    assert (told.latitude, told.longitude) == (50.5, 8.0)


def test_a_nef_carries_iptc_like_any_tiff():
    records = b"\x1c\x02\x78\x00\x09A caption"
    tags = {0x10F: raws.text("NIKON"), 0x100: (4, (9,)), 0x101: (4, (9,)), 33723: (7, records)}
    assert read_camera_raw(BytesIO(block((tags,))), "nef").iptc == records


@pytest.mark.parametrize(("own", "size"), [(1, (240, 160)), (6, (160, 240))])
def test_a_sidecar_turns_neither_the_preview_nor_the_size(tmp_path, own, size):
    (tmp_path / "a.xmp").write_bytes(packet("", 'tiff:Orientation="8"'))
    found = analysed(tmp_path, "a.cr2", raws.raw("cr2", orientation=own))
    assert (found.metadata.orientation, Image.open(BytesIO(found.picture.webp)).size) == (own, size)


def test_an_rw2_says_more_in_its_preview_than_itself_and_its_own_word_counts_first(tmp_path):
    preview = raws.jpeg(exif=b"Exif\0\0" + raws.exif("pef", 3))
    told = analysed(tmp_path, "a.rw2", raws.raw("rw2", preview=preview, orientation=1)).metadata
    assert (told.camera_model, told.orientation, told.taken_at) == ("DMC-GH5", 1, raws.TAKEN)
    assert "Image InteropIndex" not in told.raw["exif"], "below 254 the tags are Panasonic's own"


def test_an_rw2_of_a_newer_camera_has_a_second_preview_in_full_size():
    tags = raws.camera("rw2", 1) | {0x2E: (7, raws.jpeg((60, 40))), 0x127: (7, raws.jpeg())}
    found = read_camera_raw(BytesIO(block((tags,), magic=0x55, front=bytes(16))), "rw2")
    assert [preview.size for preview in found.previews] == [(240, 160), (60, 40)]


def test_the_size_is_that_of_the_directory_that_says_that_it_is_whole():
    first = raws.sized(None, 9_000, 9_000, compression=1) | {0x14A: ("to", 1, 2)}
    below = raws.sized(0, *raws.SIZE, compression=1), raws.sized(1, 9_000, 9_000, compression=1)
    assert read_camera_raw(BytesIO(block((first, *below))), "dng").size == raws.SIZE
    assert read_camera_raw(BytesIO(block((first | {0x14A: ("to", 1)}, below[1]))), "dng").size == (9_000, 9_000)


# -- which one it is ---------------------------------------------------------------------------------------------------


def test_every_format_is_one_of_the_table():
    assert set(raws.FORMATS) == {format_.name for format_ in FORMATS if format_.raw}


@pytest.mark.parametrize("format_", raws.FORMATS)
def test_it_is_recognised_by_content_under_the_name_of_a_tiff(tmp_path, format_):
    identity = analysed(tmp_path, "a.tif", raws.raw(format_)).identity
    assert identity.format == format_
    assert identity.notes == (f"The suffix .tif promises tiff, the content is {format_}.",)


@pytest.mark.parametrize(
    ("name", "make", "format_"),
    [
        ("a.tif", "NIKON CORPORATION", "tiff"),
        ("a.tif", "SONY", "tiff"),
        ("a.tif", "PENTAX Corporation", "tiff"),
        ("a.nef", "EPSON", "tiff"),
        ("a.arw", "NIKON CORPORATION", "tiff"),
        ("a.cr2", "Canon", "tiff"),
        ("a.nef", "NIKON CORPORATION", "nef"),
        ("a.nrw", "NIKON", "nef"),
        ("a.arw", "SONY", "arw"),
        ("a.pef", "RICOH IMAGING COMPANY, LTD.", "pef"),
    ],
)
def test_a_plain_tiff_of_a_maker_stays_a_tiff_unless_its_suffix_says_otherwise(tmp_path, name, make, format_):
    buffer = BytesIO()
    raws.drawing().save(buffer, "TIFF", tiffinfo={271: make})
    found = analysed(tmp_path, name, buffer.getvalue())
    assert (found.identity.format, found.identity.width) == (format_, 240)
    assert (found.picture is None) == (format_ != "tiff")


# -- previews ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", WITH_TAGS_OF_THEIR_OWN)
@pytest.mark.parametrize("own", [1, 6, 8])
def test_a_preview_is_turned_as_the_raw_picture_and_not_as_it_says_itself(tmp_path, format_, own):
    exif = Image.Exif()
    exif[0x0112] = own
    found = analysed(tmp_path, f"a.{format_}", raws.raw(format_, preview=raws.jpeg(exif=exif), orientation=6))
    assert looks_like(found.picture, 6)


def test_a_preview_that_stands_upright_already_is_not_turned_again(tmp_path):
    upright = BytesIO()
    raws.drawing().transpose(Image.Transpose.ROTATE_270).save(upright, "JPEG")
    found = analysed(tmp_path, "a.nef", raws.raw("nef", preview=upright.getvalue(), orientation=6))
    assert Image.open(BytesIO(found.picture.webp)).size == (160, 240)
    assert looks_like(found.picture, 6)


@pytest.mark.parametrize("value", [0, 9, 99])
def test_an_orientation_that_there_is_not_turns_nothing(value):
    found = CameraRaw(TiffContent({"Image Orientation": (value,)}), b"", b"", None, (), 0)
    assert found.find_turn((2, 1)) == 1


@pytest.mark.parametrize("format_", raws.FORMATS)
def test_without_a_preview_it_is_taken_in_and_says_why_it_cannot_be_shown(tmp_path, format_):
    if format_ == "raf":
        content = raws.raw("raf", preview=b"\xff\xd8" + bytes(50))
    else:
        content = raws.raw(format_, preview=b"", thumbnail=b"")
    found = analysed(tmp_path, f"a.{format_}", content, RECIPE)
    assert isinstance(found, Analysis)
    assert (found.identity.width, found.identity.height, found.identity.mode) == (*raws.SIZE, None)
    assert failed(found) == {"thumbnail": "no_preview", "nsfw": "no_preview"}
    assert found.picture is None
    assert format_ == "raf" or found.metadata.camera_model == raws.MODELS[format_][1]
    assert "no_preview" in FILE_CAUSES


@pytest.mark.parametrize("format_", ["cr2", "dng"])
def test_raw_data_that_is_packed_as_a_lossless_jpeg_is_no_preview(format_):
    content = raws.raw(format_)
    assert raws.lossless() in content
    found = read_camera_raw(BytesIO(content), format_)
    assert [preview.size for preview in found.previews] == [(240, 160), (60, 40)]


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 100, "subsampling": 0}])
def test_baseline_and_progressive_jpegs_are_previews(options):
    (largest, *_) = read_camera_raw(BytesIO(raws.raw("arw", preview=raws.jpeg(**options))), "arw").previews
    assert largest.size == (240, 160)


def test_where_the_largest_preview_is_not_whole_the_next_is_shown(tmp_path):
    whole = raws.jpeg((600, 400))
    found = analysed(tmp_path, "a.arw", raws.raw("arw", preview=whole[: len(whole) // 2]))
    assert failed(found) == {}
    assert Image.open(BytesIO(found.picture.webp)).size == (60, 40)


@pytest.mark.parametrize("format_", raws.FORMATS)
def test_exiftool_finds_the_same_preview_and_the_same_size(tmp_path, format_):
    if shutil.which("exiftool") is None:
        pytest.skip("there is no exiftool here; on Debian: apt-get install libimage-exiftool-perl")
    content = raws.raw(format_)
    path = tmp_path / f"a.{format_}"
    path.write_bytes(content)

    def told(*options):
        return subprocess.run(["exiftool", *options, path], capture_output=True, check=True).stdout

    ours = read_camera_raw(BytesIO(content), format_)
    theirs = [extracted for tag in ("-JpgFromRaw", "-PreviewImage") if (extracted := told("-b", tag))]
    assert content[ours.previews[0].at :][: ours.previews[0].length] in theirs
    assert told("-s3", "-FileType", "-ImageSize").decode().split() == [format_.upper(), "{}x{}".format(*ours.size)]


# -- what is missing or wrong ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", raws.FORMATS)
def test_a_file_that_was_cut_off_is_never_taken_for_whole(tmp_path, format_):
    content = raws.raw(format_)
    for share in (0.02, 0.1, 0.5, 0.9, *(() if format_ == "rw2" else (0.999,))):
        found = analysed(tmp_path, f"a.{format_}", content[: int(len(content) * share)])
        if isinstance(found, Failure):
            assert found.cause in ("truncated_image", "damaged_image", "not_media")
        else:
            assert "bytes are missing" in found.identity.notes[-1]
            assert failed(found).get("thumbnail", "truncated_image") == "truncated_image"


@pytest.mark.parametrize("format_", sorted(set(raws.FORMATS) - {"raf", "cr3", "rw2"}))
def test_a_file_without_its_first_directory_is_truncated(tmp_path, format_):
    content = raws.raw(format_)
    at = int.from_bytes(content[4:8], "little" if content[:2] == b"II" else "big")
    found = analysed(tmp_path, f"a.{format_}", content[:at])
    assert (found.cause, found.stage) == ("truncated_image", Stage.IDENTIFY)


@pytest.mark.parametrize(
    "magic", [b"IIRO\x08\0\0\0", b"IIU\0\x18\0\0\0", b"II*\0\x10\0\0\0CR\2\0", b"FUJIFILMCCD-RAW "]
)
def test_a_file_of_which_nothing_can_be_read_is_damaged(tmp_path, magic):
    found = analysed(tmp_path, "a.dat", magic + bytes(400))
    assert (found.cause, found.stage) == ("damaged_image", Stage.IDENTIFY)


def test_a_file_that_holds_nothing_but_a_preview_that_cannot_be_opened_is_damaged(tmp_path):
    preview = raws.jpeg()
    frame = preview.index(b"\xff\xc0")
    spoilt = preview[: frame + 9] + b"\x63" + preview[frame + 10 :]  # 99 components
    found = analysed(
        tmp_path, "a.nef", block(({0x10F: raws.text("NIKON")} | raws.link(200, spoilt),)).ljust(200) + spoilt
    )
    assert (found.cause, found.stage) == ("damaged_image", Stage.IDENTIFY)


def test_a_thousand_directories_and_boxes_are_not_followed(tmp_path):
    track = raws.box(b"trak", raws.box(b"mdia", raws.box(b"minf", raws.box(b"stbl", bytes(64)))))
    hostile = raws.box(b"ftyp", b"crx \0\0\0\1crx isom") + raws.box(b"moov", track * 9_000) * 3
    pointers = block(({0x14A: (4, tuple(range(8, 260))), 0x10F: raws.text("NIKON"), 0x112: (3, (1,))},))
    for name, content in (("a.cr3", hostile), ("a.nef", pointers)):
        with at_most(1):
            assert analysed(tmp_path, name, content).cause in FILE_CAUSES


def test_canons_box_counts_once_however_often_it_stands_there(tmp_path):
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    claims = struct.pack(">I4s", tiff.MAX_BYTES - 1, b"CMT1")
    head = raws.box(b"ftyp", b"crx \0\0\0\0crx isom")
    for content in (
        raws.box(b"moov", raws.box(b"uuid", canon + claims) * 5_000 + bytes(tiff.MAX_BYTES)),
        raws.box(b"moov", raws.box(b"uuid", canon + raws.box(b"CMT1", bytes(tiff.MAX_BYTES // 20)) * 60)),
        raws.box(b"moov", raws.box(b"uuid", canon + claims)) * 5_000 + bytes(tiff.MAX_BYTES),
    ):
        stream = Counted(head + content)
        read_cr3(stream)
        assert stream.bytes < 2 * tiff.MAX_BYTES


class Counted(BytesIO):
    """Counts what is read of it."""

    bytes = 0

    def read(self, *size):
        content = super().read(*size)
        self.bytes += len(content)
        return content


STARTS = [
    b"II*\0", b"MM\0*", b"II*\0\x10\0\0\0CR\2\0", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FUJIFILMCCD-RAW 0201",
    raws.box(b"ftyp", b"crx \0\0\0\1crx isom"),
]  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_bytes_behind_any_magic_give_an_answer_at_once(tmp_path, data):
    format_ = data.draw(st.sampled_from(raws.FORMATS))
    whole = raws.raw(format_)
    start = data.draw(st.sampled_from([*STARTS, whole, whole]))
    content = bytearray(start + data.draw(st.binary(max_size=300)))
    for _ in range(data.draw(st.integers(0, 12))):
        at = data.draw(st.integers(0, min(len(content), 1_200) - 1))
        content[at] = data.draw(st.integers(0, 255))
    with at_most(1):
        found = analysed(tmp_path, f"a.{format_}", bytes(content[: data.draw(st.integers(1, len(content)))]))
    assert isinstance(found, Analysis | Failure)
    if isinstance(found, Failure):
        assert found.cause in FILE_CAUSES
    else:
        sides = found.identity.width, found.identity.height
        assert found.identity.kind is Kind.VIDEO or all(0 < side < 2**31 for side in sides)
        clean_json(found.metadata.raw if found.metadata else {})
    assert "internal_error" not in failed(found).values()


@pytest.mark.parametrize(
    ("name", "size", "model", "cause"),
    [
        ("CanonRaw.cr2", (3456, 2304), "Canon EOS 350D DIGITAL", "no_preview"),
        ("CanonRaw.cr3", (6000, 4000), "Canon EOS M50", "truncated_image"),
        ("DNG.dng", (3516, 2328), "Canon EOS 350D DIGITAL", "no_preview"),
        ("FujiFilm.raf", (4256, 1424), "FinePix S5Pro", None),
        ("Nikon.nef", (3040, 2014), "NIKON D70", "no_preview"),
        ("Panasonic.rw2", (3648, 2736), "DMC-LX3", None),
    ],
)
def test_files_of_real_cameras_without_their_pictures_are_described(name, size, model, cause):
    """exiftool's own samples: their pictures are cut out or replaced by a line of text."""
    found = next(iter(shared("corpus", "INGEST_TEST_CORPUS").rglob(name)), None)
    if found is None:
        pytest.skip(f"{name} is not in the corpus")
    file = FoundFile("r", os.fsencode(found.name), 1, 1)
    answer = Analyzer({"r": str(found.parent)}, WITHOUT_NSFW)(Job(file, EVERY, EVERY))
    assert (answer.identity.width, answer.identity.height) == size
    assert answer.metadata.camera_model == model
    assert answer.metadata.taken_at is not None
    assert failed(answer) == ({"thumbnail": cause} if cause else {})


def test_image_opens_a_camera_raw_file_as_any_other():
    opened = open_image(BytesIO(raws.raw("pef")), "pef")
    assert (opened.format, opened.size, opened.frames) == ("pef", raws.SIZE, 1)
    assert decode_image(opened).size == (240, 160)
