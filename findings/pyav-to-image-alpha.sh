#!/usr/bin/env bash
# PyAV 18.1.0 with Pillow 13.0.0 and NumPy 2.4.6
#
# Guess: a frame with an alpha channel becomes a Pillow image of mode RGBA, as `to_image` says it makes an image of the
# frame; and an RGBA image that is made a frame by `from_image` keeps its alpha.
# Seen: both go through rgb24. The image is RGB and shows the colours under what is transparent, which are whatever the
# program that wrote the film left there; `to_ndarray(format="rgba")` gives the alpha.
# So: a thumbnail of a transparent film (VP9, ProRes 4444, WebP by libav) shows what nobody sees in a player, unless the
# pixels are asked for as rgba.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check av==18.1.0 pillow==13.0.0 numpy==2.4.6

"$work/venv/bin/python" - >"$work/seen" <<'PYTHON'
import av
import numpy as np
from PIL import Image

pixels = np.zeros((16, 16, 4), np.uint8)
pixels[..., 0] = 200  # red, wholly transparent
frame = av.VideoFrame.from_ndarray(pixels, format="rgba")
print("frame:", frame.format.name, "alpha", int(frame.to_ndarray(format="rgba")[0, 0, 3]))
image = frame.to_image()
print("to_image:", image.mode, image.getpixel((0, 0)))
print("from_image of RGBA:", av.VideoFrame.from_image(Image.fromarray(pixels, "RGBA")).format.name)
PYTHON

cat "$work/seen"
diff - "$work/seen" <<'SEEN'
frame: rgba alpha 0
to_image: RGB (200, 0, 0)
from_image of RGBA: rgb24
SEEN
