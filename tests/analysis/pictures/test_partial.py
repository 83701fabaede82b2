"""What is seen of images that are damaged: as much as there is, how much that is, and never more than that."""

from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageStat

from app.analysis.formats.completeness import count_missing_bytes
from app.analysis.formats.recognise import recognise
from app.analysis.metadata.embedded import read_embedded
from app.analysis.pictures.image import open_image, prepare_pillow, silence_warnings
from app.analysis.pictures.partial import see_image
from app.errors import CannotRead
from app.formats import FORMAT_OF_NAME, Ending
from tests.analysis.formats.examples import ENCODERS, drawing, encoded
from tests.samples import landscape

SCENE = landscape("peaks", (640, 480))
TIFF_IN_FRONT = ("TIFF", {})  # Pillow writes the directory in front of pixels that are not packed
ENDING = {"bmp", *(name for name in ENCODERS if FORMAT_OF_NAME[name].ending is not Ending.UNTOLD)} - {"tiff"}
EVERY = {name: form for name, form in ENCODERS.items() if name in ENDING} | {"tiff": TIFF_IN_FRONT}
PARTLY_SEEN = sorted(EVERY.keys() - {"avif", "webp"})  # of which any part can be decoded without the rest


def seen(content, name=None):
    with silence_warnings():
        return see_image(open_image(BytesIO(content), name or recognise(content[:65536]).name))


def unlike(one, other):
    """How far two pictures are apart in the upper part of their height, in grey levels."""
    upper = (0, 0, one.width, one.height // 5)
    both = [picture.convert("RGB").resize(one.size).crop(upper) for picture in (one, other)]
    return max(ImageStat.Stat(ImageChops.difference(*both)).mean)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_a_file_that_was_cut_off_is_opened_and_said_to_be(name, share):
    form, options = EVERY[name]
    content = encoded(SCENE, form, **options)
    found = seen(content[: int(len(content) * share)], name)
    assert found.problem.cause == "truncated_image"
    assert found.problem.sentence.startswith("The image ends before its data does")
    with pytest.raises(CannotRead):
        _ = found.whole


@pytest.mark.parametrize("name", PARTLY_SEEN)
def test_the_picture_is_seen_as_far_as_it_came(name):
    form, options = EVERY[name]
    content = encoded(SCENE, form, **options)
    part = seen(content[: int(len(content) * 0.7)], name)
    assert part.image.size == SCENE.size
    if name not in ("bmp", "jpeg2000"):  # which begins at the bottom, or is seen as a whole, less sharp
        assert unlike(SCENE, part.image) < 20
    assert any(words in part.problem.sentence for words in ("% are missing", "finer details are missing"))


@pytest.mark.parametrize("quality", [60, 95])
@pytest.mark.parametrize("share", [0.25, 0.5, 0.8])
def test_how_much_of_a_jpeg_is_missing_is_told_from_its_rows(quality, share):
    """A picture of noise has as many bytes in each row."""
    noise = Image.effect_noise((640, 640), 60).convert("RGB")
    content = encoded(noise, "JPEG", quality=quality)
    sentence = seen(content[: int(len(content) * share)]).problem.sentence
    missing = int(sentence.partition("the last ")[2].partition(" %")[0])
    assert abs(missing - 100 * (1 - share)) <= 4


def test_a_progressive_jpeg_that_was_cut_off_is_seen_whole_but_not_sharp():
    content = encoded(SCENE, "JPEG", progressive=True, quality=90)
    for share in (0.4, 0.6, 0.9):
        part = seen(content[: int(len(content) * share)])
        assert "finer details are missing" in part.problem.sentence
        assert unlike(SCENE, part.image) < 25
    for at in range(len(content) // 2, len(content) - 2, len(content) // 40):
        assert seen(content[:at]).problem is not None, f"{at} of {len(content)} bytes"


@pytest.mark.parametrize("name", ["jpeg", "png", "gif"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_a_picture_that_lacks_only_its_end_mark_is_whole(name, options):
    content = encoded(SCENE, EVERY[name][0], **EVERY[name][1], **(options if name == "jpeg" else {}))
    for lacking in range(1, {"jpeg": 2, "png": 12, "gif": 1}[name] + 1):
        found = seen(content[:-lacking])
        assert found.problem is None, lacking
        assert found.whole.convert("RGB").tobytes() == seen(content).whole.convert("RGB").tobytes()


def test_words_that_are_missing_behind_a_picture_leave_it_whole():
    plain, worded = encoded(SCENE, "WEBP", quality=70), encoded(SCENE, "WEBP", quality=70, xmp=b"<x>" + b" " * 9_000)
    found = seen(worded[:-4_000], "webp")
    assert found.whole.tobytes() == seen(plain).whole.tobytes()


def test_the_mark_of_a_thumbnail_in_the_headers_ends_no_picture():
    exif = Image.Exif()
    exif[0x9286] = b"ASCII\0\0\0" + encoded(drawing(size=(64, 48)), "JPEG")
    content = encoded(SCENE, "JPEG", exif=exif)
    assert count_missing_bytes(BytesIO(content), "jpeg") == 0
    assert count_missing_bytes(BytesIO(content[:-2]), "jpeg") == 2
    half = content[: len(content) // 2]
    assert seen(half + bytes(len(content) - len(half))).problem.cause == "truncated_image"


def test_a_video_behind_a_jpeg_is_not_taken_for_a_missing_end():
    content = encoded(SCENE, "JPEG") + b"\0" * 2_000_000
    assert count_missing_bytes(BytesIO(content), "jpeg") == 0
    assert seen(content).problem is None


@pytest.mark.parametrize("name", ["jpeg", "png", "gif", "webp", "avif", "jpeg2000"])
@pytest.mark.parametrize("share", [0.4, 0.8])
def test_zeros_where_nothing_was_written_are_no_picture(name, share):
    content = encoded(SCENE, EVERY[name][0], **EVERY[name][1])
    kept = content[: int(len(content) * share)]
    found = seen(kept + bytes(len(content) - len(kept)))
    assert found.problem.cause in ("truncated_image", "damaged_image")


@pytest.mark.parametrize("name", ["png", "tiff"])
def test_bytes_that_were_changed_damage_a_picture_from_there_on(name):
    content = encoded(SCENE, EVERY[name][0], **({"compression": "tiff_lzw"} if name == "tiff" else {}))
    at = len(content) * 6 // 10
    found = seen(content[:at] + bytes(byte ^ 0x5A for byte in content[at : at + 40]) + content[at + 40 :], name)
    assert found.problem.cause == "damaged_image"
    assert "are missing" in found.problem.sentence
    assert found.image is not None


def test_an_animation_that_was_cut_off_lacks_frames_though_the_first_is_there():
    more = [SCENE.rotate(90 * turn) for turn in (1, 2)]
    for form in ("GIF", "PNG"):
        content = encoded(SCENE, form, save_all=True, append_images=more)
        found = seen(content[: int(len(content) * 0.8)])
        assert "some of its frames are missing" in found.problem.sentence, form
        assert unlike(SCENE, found.image) < 20, form


@pytest.mark.parametrize("name", ["jpeg", "png"])
def test_a_file_that_ends_in_front_of_its_pixels_still_says_its_size_and_its_words(name):
    exif = Image.Exif()
    exif[0x010E] = "a quiet lake"
    content = encoded(SCENE, EVERY[name][0], exif=exif)
    end = content.find(b"IDAT") - 4 if name == "png" else content.find(b"\xff\xda")
    with silence_warnings():
        opened = open_image(BytesIO(content[:end]), name)
    assert opened.size == SCENE.size
    assert read_embedded(opened).exif["Image ImageDescription"] == "a quiet lake"
    found = see_image(opened)
    assert (found.image, found.problem.cause) == (None, "truncated_image")


def test_a_picture_of_which_nothing_came_has_none():
    prepare_pillow()
    content = encoded(SCENE, "WEBP", lossless=True)
    found = seen(content[:40], "webp")
    assert (found.image, found.problem.cause) == (None, "truncated_image")


@pytest.mark.parametrize("method", [0, 4, 6])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("tail", [b"", bytes(4096)], ids=["cut off", "not written"])
def test_a_lossless_webp_is_seen_as_far_as_it_came(method, share, tail):
    content = encoded(SCENE, "WEBP", lossless=True, method=method)
    found = seen(content[: int(len(content) * share)] + tail, "webp")
    missing = int(found.problem.sentence.partition("the last ")[2].partition(" %")[0])
    rows = SCENE.height * (100 - missing) // 100 - 10  # what was put in may begin as what is missing does
    assert rows > 20
    upper = (0, 0, SCENE.width, rows)
    assert found.image.convert("RGB").crop(upper).tobytes() == SCENE.crop(upper).tobytes()


def test_zeros_at_the_end_of_a_plain_webp_are_its_own():
    content = encoded(Image.new("RGB", (3_200, 2_400), "black"), "WEBP")
    assert content.endswith(bytes(512))
    assert seen(content).problem is None


def test_of_a_packed_tiff_without_its_directory_it_is_known_how_many_bytes_are_missing():
    content = encoded(SCENE, "TIFF", compression="tiff_lzw")
    directory = int.from_bytes(content[4:8], "little")
    assert directory > len(content) * 0.9
    half = len(content) // 2
    for part in (content[: len(content) * 4 // 5], content[:half] + bytes(len(content) - half)):
        with silence_warnings():
            opened = open_image(BytesIO(part), "tiff")
        assert (opened.size, opened.picture) == ((0, 0), None)
        with pytest.raises(CannotRead, match=r"at least [\d,]+ bytes are missing") as caught:
            see_image(opened)
        assert caught.value.cause == "truncated_image"


def test_a_packed_tiff_that_lacks_a_little_of_its_directory_is_seen_as_far_as_that_says():
    content = encoded(SCENE, "TIFF", compression="tiff_lzw")
    assert seen(content[:-1]).problem is None
    short = seen(content[:-12])
    assert (short.problem.cause, short.image.size) == ("truncated_image", SCENE.size)
    assert unlike(SCENE, short.image) == 0


def test_a_bare_codestream_of_jpeg_2000_is_seen_like_one_in_boxes():
    content = encoded(SCENE, "JPEG2000", no_jp2=True)
    assert count_missing_bytes(BytesIO(content), "jpeg2000") == 0
    assert count_missing_bytes(BytesIO(content[:-500]), "jpeg2000") == 500
    part = seen(content[: len(content) * 4 // 5], "jpeg2000")
    assert "finer details are missing" in part.problem.sentence
    assert unlike(SCENE, part.image) < 25
    assert seen(content[:-2], "jpeg2000").problem is None


def test_a_palette_of_more_colours_than_pixels_can_name_leaves_nothing_to_be_seen():
    content = bytearray(encoded(SCENE.convert("P"), "BMP"))
    start, more = int.from_bytes(content[10:14], "little"), 44 * 4
    content[10:14] = (start + more).to_bytes(4, "little")
    content[46:50] = (300).to_bytes(4, "little")  # biClrUsed
    content[start:start] = bytes(more)
    content[2:6] = len(content).to_bytes(4, "little")
    found = seen(bytes(content), "bmp")
    assert (found.image, found.problem.cause) == (None, "damaged_image")
