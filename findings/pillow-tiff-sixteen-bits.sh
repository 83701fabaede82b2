#!/usr/bin/env bash
# Pillow 13.0.0, with TIFF files written by tifffile 2026.3.3
#
# Guess: a TIFF is drawn alike whether it has 8 or 16 bits a channel. Its documentation lists 16 bits among what it reads.
# Seen: where 0 is white (PhotometricInterpretation 0, as scanners of film write it) Pillow inverts 8 bits and leaves
# 16 as they are: the picture comes as its own negative. Three planes of 16 bits that are not packed (PlanarConfiguration
# 2) are read as if they had 8: each sample fills two pixels, and half of each row is lost. Nothing is said.
# So: both have to be told apart by their tags before the pixels are believed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 tifffile==2026.3.3 numpy==2.4.6

"$work/venv/bin/python" - >"$work/seen" <<'PYTHON'
import io

import numpy as np
import tifffile
from PIL import Image


def opened(pixels, **how):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **how)
    return Image.open(io.BytesIO(buffer.getvalue()))


for kind in (np.uint8, np.uint16):
    white = opened(np.zeros((4, 4), kind), photometric="miniswhite")
    print(f"0 is white, {white.mode}: a white pixel is {white.getpixel((0, 0))}")

ramp = np.tile((np.arange(8) * 32 + 16) * 257, (3, 2, 1)).astype(np.uint16)
planes = opened(ramp, photometric="rgb", planarconfig="separate")
print(f"planes of 16 bits, {planes.mode}:", *(planes.getpixel((x, 0))[0] for x in range(8)))
print("meant:", *(int(value) >> 8 for value in ramp[0, 0]))
PYTHON

cat "$work/seen"
diff - "$work/seen" <<'SEEN'
0 is white, L: a white pixel is 255
0 is white, I;16: a white pixel is 0
planes of 16 bits, RGB: 16 16 48 48 80 80 112 112
meant: 16 48 80 112 144 176 208 240
SEEN
