"""The headers of videos: how the pictures stand, their length, and what is left where libav refuses the file."""

import dataclasses
import errno
import io
import json
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from app.analysis.formats.blocks import find_xmp_in_avi
from app.analysis.formats.films.matroska import read_matroska
from app.analysis.formats.films.movie import Movie, read_movie
from app.analysis.formats.films.xtra import read_xtra
from app.analysis.pictures.container import Film, FilmInfo, read_film_header
from app.analysis.pictures.picture import turn_upright
from app.errors import FILE_CAUSES
from app.media import Stage
from app.texts import clean_json
from tests.analysis.formats.packets import packet
from tests.analysis.pictures.films import SIZE, analysed, boxed, colour, flag, told, turned
from tests.analysis.pictures.films import flag_film as made
from tests.samples import box
from tests.support.server import shared


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
    upright = turn_upright(flag(), orientation)
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
    assert read_movie(io.BytesIO(content)).seconds == 2.5


# ------------------------------------------------------------------------------------------- turned by the container

QUARTER, HALF = (0, 1, -1, 0), (-1, 0, 0, -1)


def upright_poster(result):
    poster = Image.open(io.BytesIO(result.picture.webp))
    return poster.size, colour(poster.crop((2, 2, 6, 6)))


@pytest.mark.parametrize(
    ("of_the_track", "of_the_whole", "orientation"),
    [((1, 0, 0, 1), QUARTER, 6), (QUARTER, QUARTER, 3), (QUARTER, HALF, 8), ((-1, 0, 0, 1), QUARTER, 7)],
)
def test_a_movie_that_is_turned_as_a_whole_turns_its_tracks_further(of_the_track, of_the_whole, orientation, tmp_path):
    result = analysed(tmp_path, turned(turned(made(), of_the_track), of_the_whole, whole=True))
    assert result.metadata.orientation == orientation
    upright = turn_upright(flag(), orientation)
    assert upright_poster(result) == (upright.size, colour(upright.crop((2, 2, 6, 6))))


@pytest.mark.parametrize(("turn", "orientation"), [(90, 8), (180, 3), (-90, 6), (45, 1)])
@pytest.mark.parametrize(("muxer", "codec"), [("matroska", "libx264"), ("webm", "libvpx")])
def test_a_matroska_file_stands_as_its_pose_says(turn, orientation, muxer, codec, tmp_path):
    result = analysed(tmp_path, made(muxer, codec, turn=turn), "a.mkv")
    assert (result.metadata.orientation, result.metadata.sources["orientation"]) == (orientation, "video")
    assert (result.identity.width, result.identity.height) == SIZE
    upright = turn_upright(flag(), orientation)
    assert upright_poster(result) == (upright.size, colour(upright.crop((2, 2, 6, 6))))


@pytest.mark.parametrize(
    ("matrix", "orientation"),
    [((-1, 0, 0, 1), 2), ((1, 0, 0, -1), 4), ((0, 1, 1, 0), 5), ((0, -1, -1, 0), 7)],
)
def test_a_matroska_file_that_is_mirrored_stands_as_its_pose_says(matrix, orientation, tmp_path):
    result = analysed(tmp_path, made("matroska", turn=matrix), "a.mkv")
    assert result.metadata.orientation == orientation
    upright = turn_upright(flag(), orientation)
    assert upright_poster(result) == (upright.size, colour(upright.crop((2, 2, 6, 6))))


@pytest.mark.parametrize(("muxer", "codec", "name"), [("avi", "mpeg4", "a.avi"), ("matroska", "libx264", "a.mkv")])
def test_no_sidecar_turns_a_film(muxer, codec, name, tmp_path):
    (tmp_path / f"{name}.xmp").write_bytes(packet("", 'tiff:Orientation="6" xmp:Rating="3"'))
    result = analysed(tmp_path, made(muxer, codec), name)
    assert (result.metadata.orientation, "orientation" in result.metadata.sources) == (None, False)
    assert (result.rating.score, upright_poster(result)[0]) == (3, SIZE)


def test_a_film_that_is_shown_all_around_is_not_turned():
    content = made("matroska", turn=90)
    for pose in (b"\x76\x73\x88", b"\x76\x74\x88"):  # a yaw or a pitch of 20 degrees in place of the roll
        assert told(content.replace(b"\x76\x75\x88", pose).replace(QUARTER_ROLL, TWENTY), "mkv").orientation is None
    assert told(made("matroska"), "mkv").orientation is None


QUARTER_ROLL, TWENTY = struct.pack(">d", 90), struct.pack(">d", 20)


# --------------------------------------------------------------------------------------------- what libav refuses


@pytest.mark.parametrize(
    ("format_", "muxer", "codec"),
    [("mp4", "mp4", "libx264"), ("mov", "mov", "mpeg4"), ("mkv", "matroska", "libx264"), ("webm", "webm", "libvpx")],
)
def test_the_header_alone_says_what_libav_says(format_, muxer, codec):
    content = made(muxer, codec, turn=90, tags={"creation_time": "2024-02-02T19:05:06.000000Z"})
    whole, header = told(content, format_), read_film_header(io.BytesIO(content), format_)
    assert header.size == whole.size == SIZE
    assert header.orientation == whole.orientation == 8
    assert header.duration_seconds == pytest.approx(whole.duration_seconds, abs=0.01)
    assert header.frame_rate == pytest.approx(whole.frame_rate, abs=0.01) == 12
    assert whole.tags["creation_time"] == "2024-02-02T19:05:06.000000Z"
    assert header.tags.items() - {("encoder", whole.tags["encoder"])} == {
        ("creation_time", "2024-02-02T19:05:06+00:00")
    }


@pytest.mark.parametrize(
    ("name", "size", "told_by_it"),
    [
        ("exiftool+exiftool/t/images/Matroska.mkv", (768, 576), (148.608, 25, "2010-02-03T21:17:48+00:00")),
        ("mozilla+mp4parse-rust/mp4parse_capi/tests/chunk_out_of_range.mp4", (176, 144), (0.68, 25, None)),
    ],
)
def test_of_a_video_that_libav_refuses_the_header_is_read(name, size, told_by_it, tmp_path):
    path = shared("corpus") / name
    result = analysed(tmp_path, path.read_bytes(), path.name)
    assert (result.identity.width, result.identity.height) == size
    found = result.metadata
    assert (found.duration_seconds, found.frame_rate, found.taken_at) == told_by_it
    assert {result.stages[stage].cause for stage in (Stage.METADATA, Stage.THUMBNAIL)} == {"damaged_video"}


def test_a_matroska_file_that_ends_behind_its_header_still_says_how_large_and_long_it_is(tmp_path):
    content = made("matroska")
    result = analysed(tmp_path, content[: content.index(b"\x1f\x43\xb6\x75")], "a.mkv")
    assert (result.identity.width, result.identity.height) == SIZE
    assert (result.metadata.duration_seconds, result.metadata.frame_rate) == (pytest.approx(2, abs=0.1), 12)
    assert result.stages[Stage.THUMBNAIL].cause == "damaged_video"


def test_a_disk_that_fails_says_so_and_the_header_says_nothing():
    class Broken(io.BytesIO):
        def read(self, *_size):
            raise OSError(errno.EIO, "the disk is broken")

    assert read_film_header(Broken(made()), "mov") == FilmInfo()
    assert read_film_header(io.BytesIO(made("avi", "mpeg4")), "avi") == FilmInfo()


# --------------------------------------------------------------------------------------------------- any header


def element(kind, *content, length=None):
    """An EBML element; its length as eight bytes, or the one given."""
    body = b"".join(content)
    return bytes.fromhex(kind) + (length or (1 << 56 | len(body)).to_bytes(8, "big")) + body


def entry(number, *inside):
    return element("ae", element("d7", bytes([number])), element("83", b"\1"), *inside)


def segment(*inside, length=None):
    return element("1a45dfa3", element("4282", b"matroska")) + element("18538067", *inside, length=length)


PIXELS = element("b0", b"\x02\xc0"), element("ba", b"\x02\x40")


@pytest.mark.parametrize(
    ("picture", "size"),
    [
        ((*PIXELS, element("54b0", b"\3\0"), element("54ba", b"\2\x40")), (768, 576)),
        ((*PIXELS, element("54b0", b"\x10"), element("54ba", b"\x09"), element("54b2", b"\3")), (1024, 576)),
        ((*PIXELS, element("54b0", b"\x10"), element("54ba", b"\x09"), element("54b2", b"\4")), (704, 576)),
        ((*PIXELS, element("54b0", b"\x10"), element("54ba", b"")), (704, 576)),
        ((element("b0", b"\1"), element("ba", bytes(9))), None),
        ((element("b0", b"\2\0\0\0"), element("ba", b"\1")), None),
        ((element("b0", b"\1"), element("ba", b"\2\0\0\0")), None),
        ((), None),
    ],
)
def test_the_size_of_a_matroska_picture_is_that_at_which_it_is_shown(picture, size):
    content = segment(element("1654ae6b", entry(1, element("e0", *picture))))
    assert read_matroska(io.BytesIO(content)).find_track().size == size


def test_lengths_that_nobody_knew_and_lengths_that_lie_are_borne():
    tracks = element("1654ae6b", entry(1), entry(2, element("e0", *PIXELS)), length=b"\xff")
    for unknown in (b"\x01" + b"\xff" * 7, b"\x01\xff\xff\xff\xff\xff\xff\xfe"):
        found = read_matroska(io.BytesIO(segment(element("1549a966"), tracks, length=unknown)))
        assert [track.size for track in found.tracks] == [None, (704, 576)]
        assert found.find_track(2).number == found.tracks[1].number == 2
        assert found.find_track(7) == found.tracks[0]
    assert read_matroska(io.BytesIO(b"")) == read_movie(io.BytesIO(b"")) == Movie()


def test_what_stands_behind_the_first_cluster_is_not_read():
    tracks = element("1654ae6b", entry(1))
    assert read_matroska(io.BytesIO(segment(tracks, element("1f43b675")))).tracks
    assert not read_matroska(io.BytesIO(segment(element("1f43b675"), tracks))).tracks


@pytest.mark.parametrize(("nanoseconds", "rate"), [(40_000_000, 25), (1, None), (2**62, None), (0, None)])
def test_a_clock_is_no_frame_rate(nanoseconds, rate):
    content = segment(element("1654ae6b", entry(1, element("23e383", nanoseconds.to_bytes(8, "big")))))
    assert read_matroska(io.BytesIO(content)).find_track().frame_rate == rate


@pytest.mark.parametrize(("muxer", "codec", "format_"), [("mov", "mpeg4", "mov"), ("avi", "mpeg4", "avi")])
def test_the_stream_stays_where_libav_reads_on(muxer, codec, format_):
    stream = io.BytesIO(made(muxer, codec))
    opened = Film(stream, format_)
    before = stream.tell()
    opened.read_info()
    assert stream.tell() == before
    stream.seek(3)
    assert read_film_header(stream, format_) is not None
    assert stream.tell() == 3


@pytest.mark.parametrize(
    "content",
    [
        lambda: box(b"moov", *[box(b"trak", *[box(b"free")] * 10_000)] * 100),
        lambda: box(b"moov", *[box(b"trak", box(b"mdia", *[box(b"minf")] * 10_000))] * 100),
        lambda: segment(element("1654ae6b", *[entry(1, *[element("ec")] * 5_000)] * 100)),
        lambda: segment(*[element("ec")] * 200_000),
    ],
    ids=["tracks", "media", "entries", "elements"],
)
def test_headers_of_countless_parts_are_left_after_some(content):
    class Counted(io.BytesIO):
        reads = 0

        def read(self, *size):
            self.reads += 1
            return super().read(*size)

    stream = Counted(content())
    for reads in (read_movie, read_matroska, read_xtra, find_xmp_in_avi):
        reads(stream)
    assert stream.reads < 150_000


@pytest.mark.parametrize("length", [2**63 - 1, 2**63, 2**63 + 5, 2**64 - 1])
def test_a_box_that_claims_more_than_any_file_has_spoils_nothing(length, tmp_path):
    huge = struct.pack(">I4sQ", 1, b"junk", length)
    content = made()
    at = content.rindex(b"moov") - 4
    inside = content[:at] + box(b"moov", content[at + 8 :] + huge)
    for film in (content + huge, inside):
        result = analysed(tmp_path, film)
        assert {ended.cause for ended in result.stages.values()} == {None}
        assert result.metadata.duration_seconds == analysed(tmp_path, content).metadata.duration_seconds
    lost = box(b"ftyp", b"isom\0\0\0\0isom") + huge + bytes(64)
    assert read_film_header(io.BytesIO(lost), "mp4") == FilmInfo()


HEADS = (
    b"\0\0\0\x18ftypisom\0\0\2\0isomiso2",
    b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
    b"\0\0\0\x08wide",
    b"\x1aE\xdf\xa3\xa3B\x86\x81\1B\xf7\x81\1B\x82\x88matroska",
    b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\x82\x84webm",
    b"RIFF\0\1\0\0AVI ",
)
PARTS = [bytes.fromhex(kind) for kind in ("18538067", "1549a966", "1654ae6b", "ae", "e0", "7670", "1f43b675", "4461")]
PARTS += [b"moov", b"trak", b"mdia", b"mvhd", b"tkhd", b"hdlr", b"vide", b"stsz", b"LIST", b"_PMX", b"uuid", b"udta"]
LENGTHS = [b"\0\0\0\x08", b"\0\0\0\x40", b"\0\0\0\1", b"\0\0\0\0", b"\xff" * 8, b"\x88", b"\1\0\0\0\0\0\0\x20"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from(HEADS),
    pieces=st.lists(st.one_of(st.sampled_from(PARTS), st.sampled_from(LENGTHS), st.binary(max_size=40)), max_size=40),
)
def test_any_bytes_behind_the_head_of_a_video_give_an_analysis_or_a_failure(tmp_path, head, pieces):
    result = analysed(tmp_path, head + b"".join(pieces), "a.mp4")
    json.dumps(clean_json(dataclasses.asdict(result)), allow_nan=False)
    assert {ended.cause for ended in result.stages.values()} <= FILE_CAUSES.keys() | {None}
