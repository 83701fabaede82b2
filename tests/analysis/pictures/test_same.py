"""The hash of the picture alone: the same whatever is said in a file, and how its pixels are packed; and only then."""

import hashlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

from app.analysis.analyzer import Analyzer
from app.analysis.pictures.image import decode_image
from app.analysis.pictures.same import compute_picture_sha256
from app.media import FoundFile, Job, Stage
from tests.analysis.pictures.pictures import RECIPE, opened
from tests.samples import landscape, photo

WANTED = frozenset({Stage.IDENTIFY, Stage.THUMBNAIL})
CLEAR = [{"transparency": 301}, {"transparency": 2_000}]
SMALL = landscape("dunes", (64, 48), seed=7)


def hashed(content: bytes, turn: int = 1) -> str | None:
    image = opened(content)
    return compute_picture_sha256(image, decode_image(image), turn)


def saved(picture: Image.Image, format_: str, **options: object) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, format_, **options)
    return buffer.getvalue()


def test_it_is_that_of_the_pixels_as_its_definition_says():
    whole = hashlib.sha256(b"P6\n64 48\n255\n" + SMALL.tobytes()).hexdigest()
    assert hashed(saved(SMALL, "PNG")) == whole


def test_it_does_not_depend_on_how_the_pixels_are_packed_or_what_is_said_of_them():
    told = PngImagePlugin.PngInfo()
    told.add_text("parameters", "a boat")
    files = [
        saved(SMALL, "PNG", compress_level=9, pnginfo=told),
        saved(SMALL, "PNG", compress_level=0),
        saved(SMALL, "BMP"),
        saved(SMALL, "TIFF"),
        saved(SMALL, "TIFF", compression="tiff_lzw"),
        saved(SMALL, "WEBP", lossless=True, quality=0),
        saved(SMALL.convert("RGBA"), "PNG"),
    ]
    assert len({hashed(file) for file in files}) == 1
    jpeg = saved(SMALL, "JPEG", quality=80)
    again = saved(Image.open(BytesIO(jpeg)), "PNG")
    assert hashed(jpeg) == hashed(again) != hashed(files[0])


def test_grey_palettes_and_colours_that_look_the_same_are_the_same():
    grey = SMALL.convert("L")
    assert hashed(saved(grey, "PNG")) == hashed(saved(grey.convert("RGB"), "PNG"))
    few = SMALL.quantize(16)
    assert hashed(saved(few, "PNG")) == hashed(saved(few.convert("RGB"), "PNG")) == hashed(saved(few, "GIF"))


def test_what_is_wholly_transparent_has_no_colour_and_what_is_half_transparent_has():
    clear = SMALL.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(clear.size).point(lambda value: max(0, value - 100)))
    other = np.array(clear)
    other[other[..., 3] == 0] = (255, 0, 255, 0)
    assert hashed(saved(clear, "PNG")) == hashed(saved(Image.fromarray(other, "RGBA"), "PNG"))
    other[other[..., 3] == 0] = (0, 0, 0, 1)
    assert hashed(saved(clear, "PNG")) != hashed(saved(Image.fromarray(other, "RGBA"), "PNG"))
    assert hashed(saved(clear, "PNG")) != hashed(saved(SMALL, "PNG"))


@pytest.mark.parametrize("turn", range(2, 9))
def test_a_picture_is_the_same_turned_by_its_pixels_or_by_what_is_said(turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    upright = ImageOps.exif_transpose(Image.open(BytesIO(saved(SMALL, "PNG", exif=exif))))
    assert hashed(saved(SMALL, "PNG"), turn) == hashed(saved(upright, "PNG"))


def test_sixteen_bits_count_with_all_of_them():
    ramp = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64) * 20
    one = saved(Image.fromarray(ramp), "PNG")
    assert hashed(one) == hashed(saved(Image.fromarray(ramp), "TIFF"))
    assert hashed(one) != hashed(saved(Image.fromarray(ramp + 1), "PNG"))


def test_sixteen_bits_count_with_all_of_them_also_where_one_number_is_transparent():
    ramp = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64) + 300
    pictures = [Image.fromarray(ramp), Image.fromarray(ramp + 256)]
    files = [saved(picture, "PNG", **options) for picture in pictures for options in ({}, *CLEAR)]
    assert opened(files[1]).info["transparency"] == CLEAR[0]["transparency"]
    assert len({hashed(file) for file in files}) == len(files)
    assert hashed(files[1]) == hashed(saved(pictures[0], "PNG", compress_level=0, **CLEAR[0]))


def test_a_large_jpeg_which_is_decoded_smaller_goes_by_its_image_data(tmp_path):
    large = landscape("dunes", (2600, 1940), seed=7)
    plain = photo(tmp_path / "plain.jpg", picture=large).read_bytes()
    told = photo(tmp_path / "told.jpg", picture=large, keywords=["sea"], rating=3, make="Maker").read_bytes()
    assert hashed(plain) == hashed(told) is not None
    assert hashed(plain) != hashed(plain, 6)
    assert hashed(plain) != hashed(saved(large, "JPEG", quality=60))


def test_animations_go_by_their_image_data_and_where_that_is_not_known_by_nothing():
    frames = [landscape("dunes", (64, 48), seed=seed) for seed in (1, 2, 3)]
    films = {
        format_: [
            saved(frames[0], format_, save_all=True, append_images=more, duration=100)
            for more in (frames[1:], frames[:0:-1])
        ]
        for format_ in ("PNG", "WEBP", "GIF")
    }
    for format_ in ("PNG", "WEBP"):
        one, other = map(hashed, films[format_])
        assert None is not one != other
    assert [hashed(film) for film in films["GIF"]] == [None, None]


def test_pages_have_no_hash():
    assert hashed(saved(SMALL, "TIFF", save_all=True, append_images=[SMALL])) is None


def test_the_analysis_gives_it_of_what_was_seen_whole_and_never_of_a_preview(tmp_path):
    (tmp_path / "a.png").write_bytes(saved(SMALL, "PNG"))
    (tmp_path / "cut.jpg").write_bytes(saved(landscape("dunes", (640, 480), seed=7), "JPEG")[:-9_000])

    def seen(name: str, **options: int) -> str | None:
        job = Job(FoundFile("r", name.encode(), 1, 1), WANTED, WANTED)
        return Analyzer({"r": str(tmp_path)}, RECIPE, **options)(job).picture.sha256

    assert seen("a.png") == hashed(saved(SMALL, "PNG"))
    assert seen("a.png", side=2048) is None
    assert seen("cut.jpg") is None
