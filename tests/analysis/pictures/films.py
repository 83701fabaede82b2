"""Builders of videos for tests, with PyAV, and of the boxes in them; whoever imports this is skipped without it."""

import io
import random
from fractions import Fraction

import pytest
from PIL import Image

from app.analysis.analyzer import Analyzer
from app.analysis.metadata.film import interpret_film, sort_film_tags
from app.analysis.pictures.container import Film
from app.analysis.pictures.frames import sample_pictures
from app.analysis.recipes import APPLIES, VERSIONS
from app.errors import CannotRead
from app.media import OPTIONAL, FoundFile, Job, Recipe, Stage

av = pytest.importorskip("av", reason="PyAV is not installed")

EVERY = frozenset(Stage) - OPTIONAL
RECIPE = Recipe(dict(VERSIONS), dict(APPLIES), {Stage.NSFW: "no weights"})
COLOURS = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
    "white": (255, 255, 255),
    "black": (0, 0, 0),
}
ALL = list(COLOURS)
SIZE = (64, 48)
RATE = 12


def plain(name, size=SIZE):
    return Image.new("RGB", size, COLOURS[name])


def flag(size=SIZE):
    """Red on the left, blue on the right."""
    picture = plain("red", size)
    picture.paste(COLOURS["blue"], (size[0] // 2, 0, *size))
    return picture


def noise(seed, size=SIZE):
    return Image.frombytes("RGB", size, random.Random(seed).randbytes(3 * size[0] * size[1]))


def made(
    container="mp4",
    codec="libx264",
    *,
    shown=None,
    gop=6,
    b_frames=0,
    output=None,
    pixels="yuv420p",
    tags=None,
    pixel=None,
    loud=None,
    turn=None,
    **options,
):
    """A video of four seconds with each colour half a second long, or of the pictures `shown`.

    With these tags, pixels of this shape and a track of sound in the codec `loud`; set to be turned by so many degrees
    or by a, b, c, d.
    """
    shown = shown or [plain(name) for name in ALL for _ in range(6)]
    output = output or io.BytesIO()
    if gop > 100:  # and no keyframe where the colour changes
        options["sc_threshold"] = "0" if codec == "libx264" else "1000000000"
    kept = {"movflags": "use_metadata_tags"} if tags and container in ("mp4", "mov") else {}
    with av.open(output, "w", format=container, options=kept) as file:
        file.metadata.update(tags or {})
        track = file.add_stream(codec, rate=RATE, options=options)
        track.width, track.height = shown[0].size
        track.pix_fmt = pixels
        track.codec_context.gop_size, track.codec_context.max_b_frames = gop, b_frames
        if pixel:
            track.codec_context.sample_aspect_ratio = pixel
        if isinstance(turn, tuple):
            track.set_display_matrix(rows(turn))
        elif turn:
            track.set_display_rotation(turn)
        voice = file.add_stream(loud, rate=48000, layout="mono") if loud else None
        for number, picture in enumerate(shown):
            frame = av.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            file.mux(track.encode(frame))
        file.mux(track.encode(None))
        if voice:
            silent = av.AudioFrame(format=voice.format.name, layout="mono", samples=voice.frame_size or 960)
            silent.sample_rate, silent.pts, silent.time_base = 48000, 0, Fraction(1, 48000)
            for plane in silent.planes:
                plane.update(bytes(plane.buffer_size))
            file.mux(voice.encode(silent))
            file.mux(voice.encode(None))
    return output.getvalue()


def flag_film(format_="mov", codec="libx264", **options):
    """A film of two seconds of a flag."""
    return made(format_, codec, **({"shown": [flag()] * 24} | options))


def sound(container="mov"):
    output = io.BytesIO()
    with av.open(output, "w", format=container) as file:
        track = file.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=800)
        frame.sample_rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
        file.mux(track.encode(frame))
        file.mux(track.encode(None))
    return output.getvalue()


def colour(picture, box=None):
    seen = picture.resize((1, 1), box=box).getpixel((0, 0))
    return min(COLOURS, key=lambda name: sum(abs(a - b) for a, b in zip(COLOURS[name], seen, strict=True)))


def boxed(content, *path):
    """Where the box at `path` of an ISO base media file starts, and where each box on the way to it does."""
    start, end, way = 0, len(content), []
    for name in path:
        while content[start + 4 : start + 8] != name:
            start += int.from_bytes(content[start : start + 4], "big")
            assert start < end, f"no {name}"
        way.append(start)
        end = start + int.from_bytes(content[start : start + 4], "big")
        start += 16 if name == b"dref" else 8
    return way


def rows(matrix):
    """The nine numbers of a display matrix that turns by a, b, c, d."""
    a, b, c, d = (number * 65536 for number in matrix)
    return (a, b, 0, c, d, 0, 0, 0, 1 << 30)


def turned(content, matrix, *, whole=False):
    """The film with a, b, c, d as the display matrix of its track, or of the whole (ISO 14496-12, 8.2.2, 8.3.2)."""
    content = bytearray(content)
    way, at = ((b"moov", b"mvhd"), 36) if whole else ((b"moov", b"trak", b"tkhd"), 40)
    at += boxed(content, *way)[-1] + 8
    content[at : at + 36] = b"".join(number.to_bytes(4, "big", signed=True) for number in rows(matrix))
    return bytes(content)


def taken(content, format_="mp4", count=8):
    return sample_pictures(Film(io.BytesIO(content), format_), count)


def cause(content, format_="mp4"):
    with pytest.raises(CannotRead) as caught:
        taken(content, format_)
    return caught.value.cause


def told(content, format_="mov"):
    return Film(io.BytesIO(content), format_).read_info()


def read(content, format_="mov"):
    found = told(content, format_)
    return interpret_film(found, sort_film_tags(found))


def analysed(folder, content, name="a.mov", *, wanted=EVERY, recipe=RECIPE):
    (folder / name).write_bytes(content)
    return Analyzer({"r": str(folder)}, recipe)(Job(FoundFile("r", name.encode(), 1, 1), wanted, wanted))
