"""Reads a generation that is hidden in the pixels: in the lowest bits, column by column from the top left.

It begins with a signature of 15 letters and the number of bits that follow, the highest bit of each byte first
(ashen-sensored/sd_webui_stealth_pnginfo; NovelAI writes the packed form). It needs the pixels as they were written: of
a file without loss, in full size.
"""

import zlib

from PIL import Image

BYTES = 4 * 1024 * 1024  # of a text, packed or not
_SIGNATURE_BYTES, _LENGTH_BYTES = 15, 4
_GZIP = 31  # zlib's window size for a gzip header
_FORMS = {  # signature -> where the bits are, and whether they are packed
    b"stealth_pnginfo": ("A", False),
    b"stealth_pngcomp": ("A", True),
    b"stealth_rgbinfo": ("RGB", False),
    b"stealth_rgbcomp": ("RGB", True),
}
_BITS = bytes(b"01"[value & 1] for value in range(256))


def read(image: Image.Image) -> str | None:
    """The text hidden in a decoded image, an infotext or JSON as `prompts.read` knows it; None without one.

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
