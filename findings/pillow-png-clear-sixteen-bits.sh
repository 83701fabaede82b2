#!/usr/bin/env bash
# Pillow 13.0.0, beside libvips 8.18 (pyvips 3.2.0, pyvips-binary 8.18.7)
#
# Guess: of a PNG of 16 bits with one transparent colour (tRNS), `convert("RGBA")` leaves out the pixels of that colour,
# as it does at 8 bits.
# Seen: Pillow keeps the colour in 16 bits and compares its low byte with pixels of 8. Where 0x8000 is named, black is left
# out and the grey itself is drawn. Only where both bytes are equal (0x0000, 0xffff) it comes out right. libvips, which
# goes by libpng, leaves out the pixels that the file names.
# So: transparency of such a PNG has to be made from `info["transparency"]` by hand, or it is in the wrong place.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 pyvips==3.2.0 pyvips-binary==8.18.7

"$work/venv/bin/python" - >"$work/seen" <<'PYTHON'
import struct
import zlib
from io import BytesIO

import pyvips
from PIL import Image

GREYS = (0x0000, 0x4000, 0x8000, 0xFFFF)
CLEAR = 0x8000


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(colour, channels):
    """A row of four greys, 16 bits a channel, in which the third is transparent."""
    header = struct.pack(">IIBBBBB", len(GREYS), 1, 16, colour, 0, 0, 0)
    row = b"\0" + b"".join(struct.pack(">H", grey) * channels for grey in GREYS)
    parts = (b"IHDR", header), (b"tRNS", struct.pack(">H", CLEAR) * channels), (b"IDAT", zlib.compress(row)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def seen(alphas):
    return ", ".join(f"{grey:04x} {'drawn' if alpha else 'left out'}" for grey, alpha in zip(GREYS, alphas, strict=True))


for name, colour, channels in (("grey", 0, 1), ("RGB", 2, 3)):
    file = png(colour, channels)
    pillow = Image.open(BytesIO(file)).convert("RGBA").getchannel("A").tobytes()
    vips = pyvips.Image.new_from_buffer(file, "")
    print(f"{name}, Pillow:  {seen(pillow)}")
    print(f"{name}, libvips: {seen([vips(x, 0)[-1] for x in range(len(GREYS))])}")
PYTHON

cat "$work/seen"
diff - "$work/seen" <<'SEEN'
grey, Pillow:  0000 left out, 4000 drawn, 8000 drawn, ffff drawn
grey, libvips: 0000 drawn, 4000 drawn, 8000 left out, ffff drawn
RGB, Pillow:  0000 left out, 4000 drawn, 8000 drawn, ffff drawn
RGB, libvips: 0000 drawn, 4000 drawn, 8000 left out, ffff drawn
SEEN
