"""Pictures out of a video: which moments, how they stand, and what becomes of everything that is no sound video.

The videos are made here with PyAV; each shows one colour after the other, so that a picture tells its time.
"""

import errno
import io
import os
import random
import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.formats.recognise import recognise
from app.analysis.pictures import container, frames
from app.analysis.pictures.container import Film
from app.errors import CannotRead
from app.formats import Kind
from tests.analysis.pictures.films import (
    ALL,
    RATE,
    SIZE,
    av,
    boxed,
    cause,
    colour,
    flag,
    made,
    noise,
    plain,
    sound,
    taken,
    turned,
)
from tests.support.server import shared


def keyframes(content):
    with av.open(io.BytesIO(content)) as container:
        return sum(packet.is_keyframe for packet in container.demux(video=0))


def colours(content, format_="mp4", count=8):
    return [colour(picture) for picture in taken(content, format_, count)]


# ------------------------------------------------------------------------------------------------ which moments


@pytest.mark.parametrize(
    ("format_", "container", "codec"),
    [
        ("mp4", "mp4", "libx264"),
        ("mov", "mov", "mpeg4"),
        ("m4v", "mp4", "mpeg4"),
        ("webm", "webm", "libvpx-vp9"),
        ("webm", "webm", "libvpx"),
        ("mkv", "matroska", "libx264"),
        ("avi", "avi", "mpeg4"),
        ("avi", "avi", "mjpeg"),
    ],
)
def test_pictures_are_spread_evenly_and_come_in_the_order_of_their_time(format_, container, codec):
    content = made(container, codec, pixels="yuvj420p" if codec == "mjpeg" else "yuv420p")
    assert colours(content, format_) == ALL


def test_fewer_pictures_are_spread_as_evenly():
    content = made()
    assert colours(content, count=4) == ["green", "yellow", "magenta", "black"]
    assert colours(content, count=1) == ["cyan"]


def test_a_keyframe_is_taken_alone_without_decoding_what_follows_it(monkeypatch):
    decoded = []
    decode = frames._Video._decode
    monkeypatch.setattr(frames._Video, "_decode", lambda self, packet: decoded.append(packet) or decode(self, packet))
    assert len(taken(made(b_frames=2))) == 8
    assert len([packet for packet in decoded if packet]) == 8


@pytest.mark.parametrize(
    ("container", "format_", "codec"),
    [("mp4", "mp4", "libx264"), ("matroska", "mkv", "libx264"), ("avi", "avi", "mpeg4")],
)
@pytest.mark.parametrize("b_frames", [0, 3])
def test_where_moments_share_a_keyframe_what_lies_between_is_decoded(container, format_, codec, b_frames):
    content = made(container, codec, gop=1000, b_frames=b_frames)
    assert keyframes(content) == 1
    assert colours(content, format_) == ALL


def test_keyframes_and_what_lies_between_them_are_put_in_order():
    content = made(gop=24, sc_threshold="0")
    assert keyframes(content) == 2
    assert colours(content) == ALL


def test_a_long_group_of_pictures_is_decoded_only_so_far(monkeypatch):
    monkeypatch.setattr(frames, "TOTAL_PACKETS", 14)  # two for each moment but the first
    content = made(gop=1000, tune="zerolatency")
    assert colours(content) == ["red"] * 4 + ["green"] * 3 + ["blue"]


def test_a_video_of_one_frame_gives_one_picture():
    assert colours(made(shown=[plain("cyan")])) == ["cyan"]


@pytest.mark.parametrize("gop", [6, 1000])
def test_a_recording_that_was_never_closed_is_seen_to_its_end(gop):
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.content = b""

        def writable(self):
            return True

        def write(self, piece):
            self.content += bytes(piece)
            return len(piece)

        def getvalue(self):
            return self.content

    content = made("matroska", gop=gop, output=Pipe())
    with av.open(io.BytesIO(content)) as container:
        assert container.duration is None
    assert colours(content, "mkv") == ALL


def test_a_duration_that_is_not_true_still_gives_pictures():
    content = bytearray(made())
    for box in ((b"moov", b"mvhd"), (b"moov", b"trak", b"mdia", b"mdhd")):
        at = boxed(content, *box)[-1] + 24
        content[at : at + 4] = b"\x7f\xff\xff\xff"
    assert 1 <= len(taken(bytes(content))) <= 8


# -------------------------------------------------------------------------------------------------- how they stand


@pytest.mark.parametrize(
    ("matrix", "size", "first", "last"),
    [
        ((0, 1, -1, 0), SIZE[::-1], "red", "blue"),  # a quarter clockwise: what was left is on top
        ((0, -1, 1, 0), SIZE[::-1], "blue", "red"),
        ((-1, 0, 0, -1), SIZE, "blue", "red"),
        ((1, 0, 0, 1), SIZE, "red", "blue"),
    ],
)
def test_pictures_stand_upright(matrix, size, first, last):
    [picture, *_] = taken(turned(made(shown=[flag()] * 12), matrix))
    assert (picture.mode, picture.size) == ("RGB", size)
    width, height = size
    upright = width < height
    assert colour(picture, (0, 0, width, height // 2) if upright else (0, 0, width // 2, height)) == first
    assert colour(picture, (0, height // 2, width, height) if upright else (width // 2, 0, width, height)) == last


@pytest.mark.parametrize(
    ("size", "reduced"),
    [((1600, 900), (1138, 640)), ((720, 1280), (640, 1138)), ((1000, 480), (1000, 480)), (SIZE, SIZE)],
)
def test_large_pictures_are_reduced_and_small_ones_are_not(size, reduced):
    [picture] = taken(made(shown=[flag(size)], preset="ultrafast"))
    assert picture.size == reduced
    assert colour(picture, (0, 0, reduced[0] // 4, reduced[1])) == "red"


def test_pixels_that_are_not_square_are_made_so():
    content = made("matroska", "mpeg4", shown=[flag((72, 48))], pixel=Fraction(16, 9))
    assert taken(content, "mkv")[0].size == (128, 48)


# ---------------------------------------------------------------------------------------------- what is no sound video


def test_of_a_truncated_video_the_part_that_is_there_is_shown():
    content = made("matroska", shown=[noise(i) for i in range(48)])
    assert 2 <= len(taken(content[: len(content) * 6 // 10], "mkv")) < 8
    moov_first = made("mp4", shown=[noise(i) for i in range(48)], movflags="faststart")
    assert cause(moov_first[:600]) == "damaged_video"


def test_a_fragmented_video_that_ends_early_is_shown_as_far_as_it_goes():
    output = io.BytesIO()
    with av.open(output, "w", format="mp4", options={"movflags": "frag_keyframe+empty_moov"}) as file:
        track = file.add_stream("libx264", rate=RATE)
        track.width, track.height, track.pix_fmt, track.codec_context.gop_size = *SIZE, "yuv420p", 6
        for number in range(48):
            frame = av.VideoFrame.from_image(noise(number))
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            file.mux(track.encode(frame))
        file.mux(track.encode(None))
    content = output.getvalue()
    assert len(taken(content)) == 8
    assert len(taken(content[: len(content) // 2])) >= 2


@pytest.mark.parametrize(
    ("container", "format_", "codec", "kept"),
    [("mp4", "mp4", "libx264", 48), ("matroska", "mkv", "libx264", 64), ("avi", "avi", "mpeg4", 12)],
)
def test_random_bytes_behind_a_good_header_are_damaged(container, format_, codec, kept):
    content = made(container, codec)[:kept] + random.Random(1).randbytes(20_000)
    assert recognise(content).name == format_
    assert cause(content, format_) == "damaged_video"


def test_a_video_whose_every_frame_is_damaged_is_named_so():
    content = made("matroska", "libx264", shown=[noise(i) for i in range(12)])
    first = content.index(b"\xa3", content.index(b"\x1f\x43\xb6\x75"))
    assert cause(content[: first + 12] + bytes(len(content) - first - 12), "mkv") == "damaged_video"


@pytest.mark.parametrize(("container", "format_"), [("mov", "mov"), ("matroska", "mkv"), ("avi", "avi")])
def test_a_video_file_that_holds_only_sound_has_no_picture(container, format_):
    assert cause(sound(container), format_) == "no_picture"


def test_a_codec_without_a_decoder_is_named():
    with pytest.raises(CannotRead, match="asv1") as caught:
        taken(made("avi", "asv1"), "avi")
    assert caught.value.cause == "unsupported_codec"
    for content in (made().replace(b"avc1", b"zzz1"), made()[: made().index(b"stsd")]):  # unheard of, or cut off
        with pytest.raises(CannotRead, match="none that is known here, or the part") as caught:
            taken(content)
        assert caught.value.cause == "unsupported_codec"


def test_texts_that_are_not_utf8_do_no_harm():
    content = made("matroska", "mpeg4", shown=[plain("green")], tags={"title": "a_video_in_Latin_1"})
    content = content.replace(b"a_video_in_Latin_1", b"a_vid\xe9o_in_Latin_1")
    assert b"\xe9o_in" in content
    assert colours(content, "mkv") == ["green"]


def test_what_is_encrypted_is_not_decoded_to_noise():
    content = shared("corpus/mozilla+mp4parse-rust/mp4parse_capi/tests/short-cenc.mp4").read_bytes()
    with pytest.raises(CannotRead, match="encrypted") as caught:
        taken(content)
    assert caught.value.cause == "unsupported_codec"


def test_a_video_that_claims_too_many_pixels_is_not_decoded(monkeypatch):
    monkeypatch.setattr(container, "MAX_PIXELS", 1000)
    assert cause(made()) == "too_many_pixels"


def test_a_lack_of_memory_and_an_error_of_the_disk_are_not_called_damage():
    class Failing(io.BytesIO):
        error: Exception = OSError(errno.EIO, os.strerror(errno.EIO))

        def read(self, size=-1):
            raise self.error

    with pytest.raises(CannotRead) as caught:
        Film(Failing(made()), "mp4")
    assert caught.value.cause == "unreadable"
    Failing.error = MemoryError()
    with pytest.raises(MemoryError):
        Film(Failing(made()), "mp4")


def test_a_lack_of_memory_of_the_decoder_passes_through(monkeypatch):
    def exhausted(*_):
        raise av.error.MemoryError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(frames, "_picture", exhausted)
    with pytest.raises(MemoryError):
        taken(made())


MUTABLE = {
    "mp4": made(gop=12, b_frames=2),
    "mkv": made("matroska", gop=12),
    "webm": made("webm", "libvpx-vp9", gop=12),
    "avi": made("avi", "mpeg4", gop=12),
}


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.sampled_from(sorted(MUTABLE)),
    st.lists(st.tuples(st.integers(0, 2**16), st.binary(min_size=1, max_size=4)), max_size=12),
    st.floats(0.1, 1),
)
def test_whatever_is_done_to_the_bytes_there_are_pictures_or_a_cause(format_, changes, share):
    content = bytearray(MUTABLE[format_])
    for place, piece in changes:
        at = place % len(content)
        content[at : at + len(piece)] = piece
    try:
        pictures = taken(bytes(content[: int(len(content) * share)]), format_)
    except MemoryError:
        pass  # where a size was changed: the caller's to name
    except CannotRead as problem:
        assert problem.cause in {"damaged_video", "no_picture", "unsupported_codec", "too_many_pixels"}  # noqa: PT017
    else:
        assert 1 <= len(pictures) <= 8
        assert {picture.mode for picture in pictures} == {"RGB"}


def test_every_video_of_the_corpus_gives_pictures_or_a_cause():
    seen = {}
    for path in sorted(path for path in shared("corpus").rglob("*") if path.is_file()):
        head = path.read_bytes()[: 64 * 1024]
        try:
            format_ = recognise(head)
        except CannotRead:
            continue
        if format_ is None or format_.kind is not Kind.VIDEO:
            continue
        try:
            seen[path] = f"{len(taken(path.read_bytes(), format_.name))} pictures"
        except CannotRead as problem:
            seen[path] = problem.cause
    for path, what in seen.items():
        print(f"{what:18} {path.name}")
    assert {what for what in seen.values() if not re.fullmatch(r"[1-8] pictures", what)} <= {
        "damaged_video",
        "no_picture",
        "unsupported_codec",
    }
    assert sum("pictures" in what for what in seen.values()) >= 19
