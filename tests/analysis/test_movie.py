"""The headers of videos: how the pictures stand, their length, and what is left where libav refuses the file."""

import io

import pytest
from PIL import Image

from app.analysis import movie
from app.analysis.picture import upright as upright_as
from tests.analysis.films import SIZE, analysed, boxed, colour, flag, told, turned
from tests.analysis.films import flag_film as made
from tests.server import shared


@pytest.mark.parametrize(
    ("matrix", "orientation"),
    [
        ((1, 0, 0, 1), 1),
        ((-1, 0, 0, 1), 2),
        ((-1, 0, 0, -1), 3),
        ((1, 0, 0, -1), 4),
        ((0, 1, 1, 0), 5),
        ((0, 1, -1, 0), 6),
        ((0, -1, -1, 0), 7),
        ((0, -1, 1, 0), 8),
    ],
)
def test_a_film_stands_as_a_photo_of_that_orientation_would(matrix, orientation, tmp_path):
    result = analysed(tmp_path, turned(made(), matrix))
    assert result.metadata.orientation == orientation
    assert result.metadata.sources["orientation"] == "video"
    assert (result.identity.width, result.identity.height) == SIZE
    poster = Image.open(io.BytesIO(result.picture.webp))
    upright = upright_as(flag(), orientation)
    assert poster.size == upright.size
    for corner in ((4, 4), (poster.width - 4, 4), (4, poster.height - 4)):
        assert colour(poster.crop((*corner, corner[0] + 1, corner[1] + 1))) == colour(
            upright.crop((*corner, corner[0] + 1, corner[1] + 1))
        )


def test_a_matrix_that_turns_by_no_quarter_is_left_alone():
    content = turned(made(), (1, 1, -1, 1))
    assert told(content).orientation == 1


def test_the_length_is_what_the_file_says_where_it_says_so():
    content = bytearray(made())
    at = boxed(content, b"moov", b"mvhd")[-1] + 8 + 12
    scale = int.from_bytes(content[at : at + 4], "big")
    content[at + 4 : at + 8] = (5 * scale).to_bytes(4, "big")
    assert told(bytes(content)).duration_seconds == 5
    content[at + 4 : at + 8] = b"\xff" * 4
    assert told(bytes(content)).duration_seconds == pytest.approx(2, abs=0.1)


def test_an_avi_file_that_is_cut_off_still_tells_its_length():
    content = shared("corpus/exiftool+exiftool/t/images/RIFF.avi").read_bytes()
    assert told(content, "avi").duration_seconds == pytest.approx(15.533, abs=0.001)


def test_a_long_header_is_read_too():
    long = bytes([1]) + bytes(3 + 16) + (1000).to_bytes(4, "big") + (2500).to_bytes(8, "big")
    header = b"\0\0\0\x28mvhd" + long
    content = (len(header) + 8).to_bytes(4, "big") + b"moov" + header
    stream = io.BytesIO(content)
    stream.seek(3)
    assert (movie.read(stream).seconds, stream.tell()) == (2.5, 3)
