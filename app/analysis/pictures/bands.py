"""Decodes a picture that does not fit into memory in bands, each of which is reduced before the next is decoded.

That goes where a format keeps rows one after the other and a decoder can be given some of them: PNG, TIFF, and what is
not packed at all (BMP). The band is handed to Pillow as a small file of its own. It holds a few bands, whatever the
size of the picture, and never decodes a picture that fits.
"""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from itertools import accumulate, islice
from math import ceil, sqrt
from typing import Any, BinaryIO

from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from app.analysis.formats.png import walk_png_chunks
from app.analysis.pictures.colour import SCALE
from app.analysis.pictures.picture import make_resizable, turn_upright

BAND_BYTES = 16 * 1024 * 1024  # of a band as it is decoded
_REDUCED_PIXELS = 40_000_000  # of what is handed on, at most
_IN_BANDS = frozenset(("L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "LAB", "1", "I;16", "I;16B", "RGBX"))
_PNG, _PNG_HEADER = b"\x89PNG\r\n\x1a\n", struct.Struct(">IIBBBBB")
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PNG_PACKET = 1024 * 1024  # of packed bytes that are unpacked at once
_WIDTH, _LENGTH, _ORIENTATION = 256, 257, 274
_STRIP_AT, _ROWS_PER_STRIP, _STRIP_BYTES = 273, 278, 279
_TILE_WIDTH, _TILE_LENGTH, _TILE_AT, _TILE_BYTES = 322, 323, 324, 325
_PACKING, _PLANES, _UNPACKED, _SHORT, _LONG = 259, 284, 1, 3, 4
_PIXEL_TAGS = (_WIDTH, _PACKING, 258, 262, 266, 277, _PLANES, 317, 320, 338, 339, 347, 530, 531, 532)
_SUB_IFDS = 330


def decode_in_bands(
    image: ImageFile, stream: BinaryIO, format_: str, orientation: int | None, short_side: int
) -> Image.Image | None:
    """Decode a picture whose header was read, reduced, its shorter side >= `short_side` px where it has so many.

    None where it cannot be decoded in bands. Raises what decoders raise.
    """
    if image.mode not in _IN_BANDS:
        return None
    bands: Iterator[Image.Image] | None
    if format_ == "png":
        bands = _bands_of_png(stream)
    elif isinstance(image, TiffImageFile):
        bands = _bands_of_tiff(image, stream)
    else:
        bands = _bands_of_rows(image, stream)
    if bands is None:
        return None
    if SCALE in image.info:
        bands = (_scaled(band, image.info[SCALE]) for band in bands)
    size = (image.tag_v2[_WIDTH], image.tag_v2[_LENGTH]) if isinstance(image, TiffImageFile) else image.size
    reduced = _reduce(bands, size, short_side)
    reduced.info = {**image.info, **reduced.info}
    return turn_upright(reduced, orientation or 1) if isinstance(image, TiffImageFile) else reduced


def _scaled(band: Image.Image, scale: tuple[int, int]) -> Image.Image:
    band.info[SCALE] = scale
    return band


def reduce_in_bands(image: Image.Image, short_side: int) -> Image.Image:
    """Reduce a decoded picture as `decode_in_bands` does: to convert all of it at once might need too much memory."""
    high = max(1, BAND_BYTES // (4 * image.width))
    bands = (image.crop((0, top, image.width, min(image.height, top + high))) for top in range(0, image.height, high))
    reduced = _reduce(bands, image.size, short_side)
    reduced.info = {**image.info, **reduced.info}
    return reduced


def _reduce(bands: Iterator[Image.Image], size: tuple[int, int], short_side: int) -> Image.Image:
    """Put bands together, reduced. Raises EOFError where they end before the picture does."""
    factor = max(1, min(size) // short_side, ceil(sqrt(size[0] * size[1] / _REDUCED_PIXELS)))
    whole: Image.Image | None = None
    rest: Image.Image | None = None
    done = 0
    for band in bands:
        plain = make_resizable(band)
        plain = plain.convert("L") if plain.mode == "1" else plain
        if rest is not None:
            joined = Image.new(plain.mode, (size[0], rest.height + plain.height))
            joined.paste(rest)
            joined.paste(plain, (0, rest.height))
            plain = joined
        if whole is None:
            whole = Image.new(plain.mode, (ceil(size[0] / factor), ceil(size[1] / factor)))
        last = done + plain.height >= size[1]
        rows = plain.height if last else plain.height - plain.height % factor
        if rows:
            whole.paste(plain.crop((0, 0, size[0], rows)).reduce(factor), (0, done // factor))
        rest = plain.crop((0, rows, size[0], plain.height)) if rows < plain.height else None
        done += rows
    if whole is None or done < size[1]:
        raise EOFError("the bands end before the picture does")
    return whole


# -- PNG ---------------------------------------------------------------------------------------------------------------


def _bands_of_png(stream: BinaryIO) -> Iterator[Image.Image] | None:
    """The rows of a PNG, some at a time (PNG specification, 7.2 and 9); None where they come in passes or in bits."""
    header = next((body for _, body in walk_png_chunks(stream, (b"IHDR",))), b"")
    width, height, depth, colour, _, _, in_passes = _PNG_HEADER.unpack(header)
    if in_passes or depth < 8:
        return None
    return _unpack_png(stream, width, height, depth, colour)


def _unpack_png(stream: BinaryIO, width: int, height: int, depth: int, colour: int) -> Iterator[Image.Image]:
    length = width * _PNG_CHANNELS[colour] * depth // 8
    at_once = max(1, BAND_BYTES // length)
    tables = [chunk for kind in (b"PLTE", b"tRNS") for chunk in _first_chunk(stream, kind)]
    rows = _read_rows(stream, 1 + length, at_once)
    above: bytes | None = None
    for done in range(0, height, at_once):
        wanted = min(at_once, height - done)
        filtered = next(rows, b"")
        if len(filtered) < wanted * (1 + length):
            raise EOFError("the rows end before the picture does")
        filtered = filtered[: wanted * (1 + length)]
        count = wanted + (above is not None)
        content = filtered if above is None else b"\0" + above + filtered
        head = _PNG_HEADER.pack(width, count, depth, colour, 0, 0, 0)
        chunks = [(b"IHDR", head), *tables, (b"IDAT", zlib.compress(content, 0)), (b"IEND", b"")]
        with Image.open(BytesIO(_PNG + b"".join(_chunk(*chunk) for chunk in chunks)), formats=("PNG",)) as band:
            band.load()
            above = _row_of_png(band, depth)
            yield band.crop((0, count - wanted, width, count))


def _row_of_png(band: Image.Image, depth: int) -> bytes:
    """The last row as the next is filtered against. Of 16 bits Pillow keeps the upper 8, which need no others."""
    row = band.crop((0, band.height - 1, band.width, band.height)).tobytes()
    if depth == 8:
        return row
    upper = row[1::2] if band.mode.startswith("I;16") else row
    wide = bytearray(2 * len(upper))
    wide[::2] = upper
    return bytes(wide)


def _read_rows(stream: BinaryIO, length: int, at_once: int) -> Iterator[bytes]:
    """So many rows at a time as they are filtered, and what is left at the end."""
    unpacker, rows, wanted = zlib.decompressobj(), bytearray(), length * at_once
    for _, body in walk_png_chunks(stream, (b"IDAT",)):
        for start in range(0, len(body), _PNG_PACKET):
            packed = body[start : start + _PNG_PACKET]
            while packed and not unpacker.eof:
                rows += unpacker.decompress(packed, wanted - len(rows))
                packed = unpacker.unconsumed_tail
                if len(rows) == wanted:
                    yield bytes(rows)
                    rows.clear()
    if rows:
        yield bytes(rows)


def _first_chunk(stream: BinaryIO, kind: bytes) -> list[tuple[bytes, bytes]]:
    return [*islice(walk_png_chunks(stream, (kind,)), 1)]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


# -- TIFF --------------------------------------------------------------------------------------------------------------


def _bands_of_tiff(image: TiffImageFile, stream: BinaryIO) -> Iterator[Image.Image] | None:
    """The strips or rows of tiles of a TIFF, some at a time (TIFF 6.0, sections 3 and 15); None of planes."""
    tags = image.tag_v2
    if tags.get(_PLANES, 1) != 1:
        return None
    width, height = tags[_WIDTH], tags[_LENGTH]
    tiled = _TILE_WIDTH in tags
    starts, lengths = (_TILE_AT, _TILE_BYTES) if tiled else (_STRIP_AT, _STRIP_BYTES)
    places = [*zip(_many(tags[starts]), _many(tags[lengths]), strict=False)]
    across = ceil(width / tags[_TILE_WIDTH]) if tiled else 1
    high = tags[_TILE_LENGTH] if tiled else min(height, tags.get(_ROWS_PER_STRIP, height))
    row_bytes = places[0][1] // high if len(places) == 1 and tags.get(_PACKING, 1) == _UNPACKED else 0
    if row_bytes and row_bytes * height == places[0][1]:  # one strip that is not packed can be cut anywhere
        high = max(1, BAND_BYTES // row_bytes)
        places = [
            (places[0][0] + row_bytes * row, row_bytes * min(high, height - row)) for row in range(0, height, high)
        ]
    if width * high * 4 > 8 * BAND_BYTES:
        return None
    groups = max(1, BAND_BYTES // (4 * width * high))
    return _read_tiff(tags, stream, places, (across, high, groups))


def _read_tiff(
    tags: ImageFileDirectory_v2, stream: BinaryIO, places: list[tuple[int, int]], shape: tuple[int, int, int]
) -> Iterator[Image.Image]:
    across, high, groups = shape
    for first in range(0, len(places), across * groups):
        own = places[first : first + across * groups]
        top = first // across * high
        rows = min(tags[_LENGTH] - top, len(own) // across * high)
        if rows <= 0:
            return
        pieces = []
        for at, length in own:
            stream.seek(at)
            pieces.append(stream.read(length))
        with Image.open(BytesIO(_tiff_of(tags, rows, high, pieces)), formats=("TIFF",)) as band:
            band.load()
            yield band


def _tiff_of(tags: ImageFileDirectory_v2, rows: int, high: int, pieces: list[bytes]) -> bytes:
    """A small TIFF of some rows, with the pieces that hold them behind its directory."""
    tiled = _TILE_WIDTH in tags
    directory = ImageFileDirectory_v2(prefix=tags.prefix)
    for tag in (*_PIXEL_TAGS, *((_TILE_WIDTH, _TILE_LENGTH) if tiled else ())):
        if tag in tags:
            directory.tagtype[tag] = tags.tagtype[tag]
            directory[tag] = tags[tag]
    numbers: dict[int, Any] = {_LENGTH: rows, (_TILE_BYTES if tiled else _STRIP_BYTES): tuple(map(len, pieces))}
    if not tiled:
        numbers[_ROWS_PER_STRIP] = high
    at = 0  # strips are counted by Pillow from the end of the directory, tiles are not
    if tiled:
        at = len(_directory_of(directory, numbers, tiled=tiled, places=(0,) * len(pieces)))
    places = accumulate(map(len, pieces[:-1]), initial=at)
    return _directory_of(directory, numbers, tiled=tiled, places=tuple(places)) + b"".join(pieces)


def _directory_of(
    directory: ImageFileDirectory_v2, numbers: dict[int, Any], *, tiled: bool, places: tuple[int, ...]
) -> bytes:
    for tag, value in (numbers | {(_TILE_AT if tiled else _STRIP_AT): places}).items():
        directory.tagtype[tag] = _LONG
        directory[tag] = value
    order = "<" if directory.prefix == b"II" else ">"
    head: bytes = directory.prefix + struct.pack(order + "HI", 42, 8)
    written: bytes = directory.tobytes(len(head))
    return head + written


def _many(value: Any) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,)


# -- rows that are not packed ------------------------------------------------------------------------------------------


def _bands_of_rows(image: ImageFile, stream: BinaryIO) -> Iterator[Image.Image] | None:
    """The rows of a picture that stand in the file as they are, from the top; None where they do not."""
    if len(image.tile) != 1 or image.tile[0].codec_name != "raw":
        return None
    _, box, at, args = image.tile[0]
    form, stride, direction = args if isinstance(args, tuple) and len(args) == 3 else (None, 0, 0)
    if not stride or box != (0, 0, *image.size):
        return None
    return _read_rows_as_they_are(image, stream, at, (form, stride, direction))


def _read_rows_as_they_are(
    image: ImageFile, stream: BinaryIO, at: int, form: tuple[Any, int, int]
) -> Iterator[Image.Image]:
    raw_mode, stride, direction = form
    width, height = image.size
    at_once = max(1, BAND_BYTES // stride)
    for top in range(0, height, at_once):
        rows = min(at_once, height - top)
        stream.seek(at + stride * (top if direction > 0 else height - top - rows))
        content = stream.read(stride * rows)
        if len(content) < stride * rows:
            raise EOFError("the rows end before the picture does")
        band = Image.frombytes(image.mode, (width, rows), content, "raw", raw_mode, stride, direction)
        if image.palette is not None:
            band.putpalette(image.palette)
        yield band
