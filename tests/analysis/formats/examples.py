"""A file, or the beginning of one, of every format of the table: a format without one is named by `test_formats.py`."""

import struct
from io import BytesIO

from PIL import Image, ImageDraw

from tests.analysis.formats import raws

ENCODERS = {
    "jpeg": ("JPEG", {}),
    "png": ("PNG", {}),
    "webp": ("WEBP", {}),
    "gif": ("GIF", {}),
    "tiff": ("TIFF", {"compression": "tiff_lzw"}),
    "bmp": ("BMP", {}),
    "avif": ("AVIF", {"speed": 10}),
    "jpeg2000": ("JPEG2000", {}),
    "qoi": ("QOI", {}),
    "ppm": ("PPM", {}),
    "pcx": ("PCX", {}),
    "sgi": ("SGI", {}),
}
"""What Pillow writes: each is opened, decoded and cut off by `test_image.py`."""
HEADS = {
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "jxl": b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl ",
    "mp4": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2",
    "mov": b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
    "m4v": b"\0\0\0\x14ftypM4V \0\0\0\0M4V ",
    "webm": b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\x82\x84webmB\x87",
    "mkv": b"\x1aE\xdf\xa3\xa3B\x86\x81\1B\xf7\x81\1B\x82\x88matroska",
    "avi": b"RIFF\0\1\0\0AVI LIST",
    "3gp": b"\0\0\0\x14ftyp3gp4\0\0\0\x003gp4",
    "mpegts": b"G".ljust(188, b"\xff") * 3,
    "mpeg": b"\0\0\1\xba\x44\0\4\0",
    "asf": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
    "flv": b"FLV\1\5\0\0\0\x09",
    "ogg": b"OggS\0\2" + bytes(20) + b"\1\x2a\x80theora",
    "psd": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 48, 64, 8, 3),
    "ico": struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, 0, 22),
    "icns": b"icns" + struct.pack(">I", 8),
}
"""How files start that nothing here writes without an encoder of films."""
NAMES = frozenset((*ENCODERS, *raws.FORMATS, *HEADS))


def drawing(mode="RGB", size=(640, 480)):
    """A picture with structure in both directions and a clear top left."""
    canvas = Image.linear_gradient("L").resize(size).convert("RGB")
    draw = ImageDraw.Draw(canvas)
    width, height = size
    draw.rectangle((0, 0, width // 3, height // 3), fill="navy")
    draw.ellipse((width // 2, height // 3, width - 1, height - 1), fill="orange")
    draw.line((0, height, width // 2, height // 2), fill="white", width=max(1, width // 20))
    return canvas.convert(mode)


def encoded(picture, format_, **options):
    """The bytes of a picture as Pillow writes this format of its own."""
    buffer = BytesIO()
    picture.save(buffer, format_, **options)
    return buffer.getvalue()


def example(name, size=(64, 48)):
    """The bytes of a file of this format, or how it starts."""
    if name in ENCODERS:
        format_, options = ENCODERS[name]
        return encoded(drawing(size=size), format_, **options)
    return HEADS[name] if name in HEADS else raws.raw(name)


def iso(*brands):
    """How an ISO base media file of these brands starts, the main one first."""
    main, *others = brands
    return struct.pack(">I4s4sI", 16 + 4 * len(others), b"ftyp", main, 0) + b"".join(others)
