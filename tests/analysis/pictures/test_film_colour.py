"""The colours of a film's pictures: those that players show, also where the film does not say which they are."""

import io
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from app.analysis.pictures.container import Film
from app.analysis.pictures.frames import choose_poster, sample_pictures
from tests.analysis.pictures.profiles import BT2020, P3, by_gamma, in_space, to_hlg, to_pq
from tests.samples import landscape

av = pytest.importorskip("av", reason="PyAV is not installed")

COLOUR = (200, 30, 60)
MPEG, JPEG = 1, 2  # ranges: 16 to 235, and all of 0 to 255
SD, HD, UPRIGHT = (640, 480), (1280, 720), (480, 960)
BT709, BT601, BT2020_MATRIX = 1, 6, 9
NAMES = {BT709: "itu709", BT601: "itu601", BT2020_MATRIX: "bt2020"}


def film(numbers, matrix, *, said=True, pixels="yuv420p", range_=MPEG, primaries=2, transfer=2):
    """A film of half a second whose frames hold these numbers of red, green and blue, and what it says of itself."""
    output = io.BytesIO()
    with av.open(output, "w", format="mp4") as file:
        track = file.add_stream("libx264", rate=12, options={"crf": "4"})
        track.height, track.width = numbers.shape[:2]
        track.pix_fmt = pixels
        codec = track.codec_context
        codec.color_primaries, codec.color_trc, codec.color_range = primaries, transfer, range_
        if said:
            codec.colorspace = matrix
        for number in range(6):
            frame = av.VideoFrame.from_ndarray(numbers, format="rgb24" if numbers.dtype == np.uint8 else "rgb48le")
            frame = frame.reformat(format=pixels, dst_colorspace=NAMES[matrix], dst_color_range=range_)
            frame.color_range = range_
            frame.colorspace = matrix if said else 2
            frame.color_primaries, frame.color_trc = primaries, transfer
            frame.pts, frame.time_base = number, Fraction(1, 12)
            file.mux(track.encode(frame))
        file.mux(track.encode(None))
    return Film(io.BytesIO(output.getvalue()), "mp4")


def plain(size):
    return np.full((size[1], size[0], 3), COLOUR, np.uint8)


def middle(picture):
    return picture.getpixel((picture.width // 2, picture.height // 2))


@pytest.mark.parametrize("range_", [MPEG, JPEG], ids=["limited", "full"])
@pytest.mark.parametrize(
    ("size", "matrix", "said"),
    [
        (SD, BT601, False),
        (HD, BT709, False),
        (UPRIGHT, BT709, False),
        (SD, BT709, True),
        (HD, BT601, True),
        (HD, BT2020_MATRIX, True),
    ],
)
def test_the_matrix_is_the_one_that_is_said_or_that_of_the_size(size, matrix, said, range_):
    made = film(plain(size), matrix, said=said, range_=range_)
    for picture in (choose_poster(made), sample_pictures(made, 1)[0]):
        assert all(abs(a - b) <= 6 for a, b in zip(middle(picture), COLOUR, strict=True)), middle(picture)


@pytest.mark.parametrize(
    ("corners", "encode", "primaries", "transfer", "said"),
    [(BT2020, to_hlg, 9, 18, True), (BT2020, to_pq, 9, 16, True), (BT2020, to_hlg, 9, 18, False)],
    ids=["HLG", "PQ", "HLG without its matrix"],
)
def test_an_hdr_film_looks_like_its_scene_in_srgb(corners, encode, primaries, transfer, said):
    scene = landscape("coast", (320, 240))
    numbers = in_space(scene, corners, encode, 65535)
    made = film(numbers, BT2020_MATRIX, said=said, pixels="yuv420p10le", primaries=primaries, transfer=transfer)
    for picture in (choose_poster(made), sample_pictures(made, 1)[0]):
        apart = np.abs(np.asarray(picture).astype(int) - np.asarray(scene))
        assert (picture.mode, picture.size) == ("RGB", scene.size)
        assert apart.mean() < 4


def test_the_gamut_of_a_film_without_hdr_is_that_of_srgb_too():
    wide = in_space(Image.new("RGB", SD, COLOUR), P3, by_gamma(2.2))
    made = film(wide, BT709, primaries=12, transfer=1)
    assert all(abs(a - b) <= 8 for a, b in zip(middle(choose_poster(made)), COLOUR, strict=True))


def test_a_film_is_seen_over_white():
    output = io.BytesIO()
    with av.open(output, "w", format="mov") as file:
        track = file.add_stream("png", rate=12)
        track.width, track.height, track.pix_fmt = 64, 48, "rgba"
        picture = Image.new("RGBA", (64, 48), (255, 0, 0, 0))
        picture.paste((*COLOUR, 255), (0, 0, 32, 48))
        for number in range(6):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgba")
            frame.pts, frame.time_base = number, Fraction(1, 12)
            file.mux(track.encode(frame))
        file.mux(track.encode(None))
    shown = choose_poster(Film(io.BytesIO(output.getvalue()), "mov"))
    assert shown.getpixel((60, 20)) == (255, 255, 255)
    assert shown.getpixel((4, 20)) == COLOUR
