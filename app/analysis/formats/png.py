"""Walks the chunks of a PNG: its texts, wherever they stand, without decoding the picture.

It never decodes pixels and never unpacks a text beyond `TEXT_BYTES`. Pillow sees texts behind the pixels, where
exiftool and others write them, only after a full decode, and gives a whole file up for one text that is too large.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO

from app.analysis.formats.c2pa.names import read_c2pa_names
from app.errors import CannotRead

TEXT_BYTES = 16 * 1024 * 1024  # the longest ComfyUI workflows are a few megabytes
_SIGNATURE_BYTES = 8
_KEY_BYTES = 79  # the longest keyword that PNG allows
_TEXT_KINDS = (b"tEXt", b"zTXt", b"iTXt")


@dataclass(slots=True)
class PngTexts:
    """The texts by keyword, the EXIF block of `eXIf`, and the first thing that was wrong."""

    by_key: dict[str, bytes] = field(default_factory=dict)
    exif: bytes = b""
    problem: CannotRead | None = None


def read_png_texts(stream: BinaryIO) -> PngTexts:
    """Read the texts of a PNG (PNG specification 11.3.3 and 11.3.4.5) as bytes; damaged ones are left out and noted.

    The programs that a C2PA manifest names are the text `c2pa`.
    """
    texts, room = PngTexts(), TEXT_BYTES
    for kind, body in walk_png_chunks(stream, (*_TEXT_KINDS, b"eXIf", b"caBX")):
        if kind == b"eXIf":
            texts.exif = body
            continue
        if kind == b"caBX":
            if programs := read_c2pa_names(body):
                texts.by_key.setdefault("c2pa", programs.encode())
            continue
        try:
            key, text = _text(kind, body, room)
        except (ValueError, zlib.error, IndexError):
            texts.problem = CannotRead("A text chunk of the PNG is damaged.", cause="damaged_metadata")
        except CannotRead as problem:
            texts.problem = problem
        else:
            if key and text:
                texts.by_key.setdefault(key, text)
            room -= len(text)
    return texts


def _text(kind: bytes, body: bytes, room: int) -> tuple[str, bytes]:
    key, _, rest = body.partition(b"\0")
    packed = kind == b"zTXt"
    if kind == b"iTXt":
        packed = rest[0] == 1
        rest = rest[2:].split(b"\0", 2)[2]
    elif packed:
        rest = rest[1:]
    if packed:
        unpacker = zlib.decompressobj()
        rest = unpacker.decompress(rest, room + 1)
    if len(rest) > room:
        raise CannotRead(
            f"The texts of the PNG are larger than {TEXT_BYTES // 1024**2} MB, which is not safe to unpack.",
            cause="text_too_large",
        )
    return key[:_KEY_BYTES].decode("latin-1"), rest


def copy_without_texts(stream: BinaryIO) -> BinaryIO:
    """Copy a PNG without its texts, in memory."""
    stream.seek(0)
    kept = [stream.read(_SIGNATURE_BYTES)]
    for kind, body in walk_png_chunks(stream, None):
        if kind not in _TEXT_KINDS:
            kept.append(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)))
    return BytesIO(b"".join(kept))


def walk_png_chunks(stream: BinaryIO, kinds: tuple[bytes, ...] | None) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and body of the chunks of these kinds (None: all), until the file ends or stops making sense."""
    stream.seek(_SIGNATURE_BYTES)
    while len(head := stream.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kinds is None or kind in kinds:
            body = stream.read(length)
            if len(body) < length:
                return
            yield kind, body
            stream.seek(4, 1)
        else:
            stream.seek(length + 4, 1)
