"""Reads a generation that is hidden in the pixels: in the lowest bits, column by column from the top left.

It begins with a signature of 15 letters and the number of bits that follow, the highest bit of each byte first
(ashen-sensored/sd_webui_stealth_pnginfo; NovelAI writes the packed form). It needs the pixels as they were written: of
a file without loss, in full size.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from PIL import Image

from app.analysis.formats.blocks import walk_riff_chunks
from app.analysis.formats.png import walk_png_chunks
from app.analysis.pictures.image import OpenedImage

BYTES = 4 * 1024 * 1024  # of a text, packed or not
_SIGNATURE_BYTES, _LENGTH_BYTES = 15, 4
_GZIP = 31  # zlib's window size for a gzip header
_FORMS = {  # signature -> where the bits are, and whether they are packed
    b"stealth_pnginfo": ("A", False),
    b"stealth_pngcomp": ("A", True),
    b"stealth_rgbinfo": ("RGB", False),
    b"stealth_rgbcomp": ("RGB", True),
}
_SIGNATURE_BITS = 8 * _SIGNATURE_BYTES
_UNPACKED_BYTES = 32 * 1024 * 1024  # to look for a signature: 120 rows of 90,000 pixels
_HEADER = struct.Struct(">IIBBBBB")
_CHANNELS = {2: 3, 4: 2, 6: 4}  # of a PNG pixel, by its colour type
_BITS = bytes(b"01"[value & 1] for value in range(256))


def may_hide_text(opened: OpenedImage) -> bool:
    """Whether a picture that is not decoded yet may hold a text: it keeps every bit, and a PNG has the signature.

    That costs a fraction of decoding a PNG. Into a WebP nobody can look without: any that keeps its bits may. It is
    decoded in every pass that reads metadata. Where the pass makes a thumbnail, too, the two share the pixels; where it
    only reads again, it would drop what the first pass found, if it looked less closely.
    """
    if opened.frames > 1:
        return False
    if opened.format == "webp":
        return opened.mode == "RGBA" or any(kind == b"VP8L" for kind, _, _ in walk_riff_chunks(opened.stream))
    return opened.format == "png" and _signed(opened.stream, opened.size)


def _signed(stream: BinaryIO, size: tuple[int, int]) -> bool:
    """Whether the first columns of a PNG of this size, all that is unpacked of it, begin with a signature."""
    _, header = next(walk_png_chunks(stream, (b"IHDR",)), (b"", b""))
    if len(header) != _HEADER.size:
        return False
    width, height, depth, colour, _, _, interlaced = _HEADER.unpack(header)
    channels = _CHANNELS.get(colour, 0)
    if depth != 8 or interlaced or not channels or (width, height) != size or min(size) < 1:
        return False
    count, columns = min(height, _SIGNATURE_BITS), -(-_SIGNATURE_BITS // height)
    if columns > width or width * channels * count > _UNPACKED_BYTES:
        return False
    rows = _unfiltered(_rows(stream, width * channels, count), columns * channels, channels)
    pixels = [row[at : at + channels] for at in range(0, columns * channels, channels) for row in rows]
    alphas = bytes(pixel[-1] for pixel in pixels if len(pixel) == channels)
    colours = b"".join(pixel[:3] for pixel in pixels)
    places = {"A": alphas, "RGB": colours}
    return any(_FORMS.get(_packed(bits), ("", False))[0] == place for place, bits in places.items())


def _packed(values: bytes) -> bytes:
    """The signature that the lowest bits of these values spell."""
    bits = values[:_SIGNATURE_BITS].translate(_BITS)
    return int(bits, 2).to_bytes(_SIGNATURE_BYTES) if len(bits) == _SIGNATURE_BITS else b""


def _rows(stream: BinaryIO, length: int, count: int) -> Iterator[bytes]:
    """The first rows of a PNG's pixels as they are filtered, the number of the filter first."""
    unpacker, rows, wanted = zlib.decompressobj(), bytearray(), (1 + length) * count
    for _, body in walk_png_chunks(stream, (b"IDAT",)):
        try:
            rows += unpacker.decompress(body, wanted - len(rows))  # of which 0 would mean no limit
        except zlib.error:
            break
        if len(rows) >= wanted or unpacker.eof:
            break
    return (bytes(rows[at : at + 1 + length]) for at in range(0, len(rows), 1 + length))


def _unfiltered(rows: Iterable[bytes], length: int, channels: int) -> list[bytes]:
    """The beginnings of rows, as many bytes of each, without their filters (PNG specification, 9.2)."""
    found, above = [], bytes(length)
    for row in rows:
        left, kind = bytearray(channels), row[0]  # one pixel of nothing stands before the first
        upper = bytes(channels) + above
        for place, value in enumerate(row[1 : 1 + length]):
            a, b, c = left[place], upper[place + channels], upper[place]
            left.append((value + (0, a, b, (a + b) // 2, _paeth(a, b, c))[min(kind, 4)]) & 255)
        above = bytes(left[channels:]).ljust(length, b"\0")
        found.append(above)
    return found


def _paeth(a: int, b: int, c: int) -> int:
    guess = a + b - c
    return min((a, b, c), key=lambda value: abs(guess - value))


def read_stealth(image: Image.Image) -> str | None:
    """Read the text hidden in a decoded image, infotext or JSON for `read_generation`; None without one.

    Looks at the first columns with 120 pixels, and at more only behind a signature. Raises nothing.
    """
    for place in ("A", "RGB"):
        if image.mode not in (("RGBA", "LA") if place == "A" else ("RGBA", "RGB")):
            continue
        form = _FORMS.get(_bytes(image, place, 0, _SIGNATURE_BYTES))
        if form and form[0] == place:
            return _text(image, place, packed=form[1])
    return None


def _text(image: Image.Image, place: str, *, packed: bool) -> str | None:
    start = _SIGNATURE_BYTES + _LENGTH_BYTES
    length = int.from_bytes(_bytes(image, place, _SIGNATURE_BYTES, _LENGTH_BYTES)) // 8
    if not 0 < length <= BYTES:
        return None
    content = _bytes(image, place, start, length)
    try:
        if packed:
            content = zlib.decompressobj(_GZIP).decompress(content, BYTES + 1)
        return content.decode("utf-8") or None if len(content) <= BYTES else None
    except (zlib.error, UnicodeDecodeError):
        return None


def _bytes(image: Image.Image, place: str, start: int, count: int) -> bytes:
    """So many hidden bytes from one on; none where the picture is too small for them."""
    width, height = image.size
    channels = len(place)
    columns = -(-(start + count) * 8 // (height * channels))
    if columns > width:
        return b""
    part = image.crop((0, 0, columns, height))
    part = part.getchannel("A") if place == "A" else part.convert("RGB")
    bits = part.transpose(Image.Transpose.TRANSPOSE).tobytes().translate(_BITS)
    return int(bits[start * 8 : (start + count) * 8], 2).to_bytes(count)
