"""A HEIC for tests, from the encoder of PyAV and boxes by the specification (ISO/IEC 23008-12)."""

import struct
from io import BytesIO

import pytest


def heic(picture, primaries, transfer):
    """A HEIC of 8 bits in full range, of which the box `nclx` says what its numbers are."""
    hvcc, coded = _in_hevc(picture)
    shown = _box(b"ispe", struct.pack(">III", 0, *picture.size))
    colours = _box(b"colr", b"nclx", struct.pack(">HHHB", primaries, transfer, 1, 0x80))
    properties = _box(b"iprp", _box(b"ipco", hvcc, shown, colours), _box(b"ipma", bytes(4) + b"\0\0\0\1\0\1\3\1\2\3"))

    def meta(at):
        place = struct.pack(">IBBHHHHII", 0, 0x44, 0, 1, 1, 0, 1, at, len(coded))
        return _box(
            b"meta",
            bytes(4),
            _box(b"hdlr", bytes(8), b"pict", bytes(13)),
            _box(b"pitm", bytes(4), b"\0\1"),
            _box(b"iinf", bytes(4), b"\0\1", _box(b"infe", b"\2\0\0\0\0\1\0\0hvc1\0")),
            properties,
            _box(b"iloc", place),
        )

    start = _box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    return start + meta(len(start) + len(meta(0)) + 8) + _box(b"mdat", coded)


def _in_hevc(picture):
    """The box `hvcC` and one picture, as libx265 makes them for a film."""
    av = pytest.importorskip("av", reason="PyAV is not installed")
    if "libx265" not in av.codecs_available:
        pytest.skip("there is no encoder of HEVC here")
    buffer = BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        options = {"crf": "2", "preset": "ultrafast", "x265-params": "log-level=none"}
        track = container.add_stream("libx265", rate=1, options=options)
        track.width, track.height, track.pix_fmt = *picture.size, "yuv420p"
        frame = av.VideoFrame.from_image(picture)
        frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="JPEG")
        container.mux(track.encode(frame))
        container.mux(track.encode(None))
    film = buffer.getvalue()
    return _found(film, b"hvcC"), _found(film, b"mdat")[8:]


def _found(content, kind):
    at = content.index(kind) - 4
    return content[at : at + int.from_bytes(content[at : at + 4], "big")]


def _box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body
