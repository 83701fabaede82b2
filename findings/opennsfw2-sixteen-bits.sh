#!/usr/bin/env bash
# opennsfw2 0.19.0 with Pillow 13.0.0 and Keras 3.15.1 (JAX as its backend; only the preparation is run)
#
# Guess: a grey PNG or TIFF of 16 bits a channel is judged like its copy of 8 bits.
# Seen: opennsfw2 converts what it is given to RGB, and Pillow cuts values off at 255 there instead of scaling them. Of
# 65,536 steps all but the lowest 256 become white, so that the network is shown a white picture and calls it safe,
# whatever it shows. What is prepared is each channel's value less 104, 117 or 123: white is 132, 138 or 151.
# So: a detector of this kind wants pictures scaled to 8 bits first, and says nothing when it does not get them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  jax[cpu]==0.10.2 keras==3.15.1 numpy==2.4.6 pillow==13.0.0 scikit-image==0.26.0 tqdm==4.70.1 gdown==6.5.1
# Without what it names for drawing heat maps and for videos, neither of which is imported here
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps opennsfw2==0.19.0

KERAS_BACKEND=jax "$work/venv/bin/python" - >"$work/seen" <<'PYTHON'
import numpy as np
from opennsfw2 import Preprocessing, preprocess_image
from PIL import Image

steps = np.linspace(0, 65_535, 256 * 256).reshape(256, 256).astype(np.uint16)
for name, picture in (("8 bits", (steps // 256).astype(np.uint8)), ("16 bits", steps)):
    prepared = preprocess_image(Image.fromarray(picture), Preprocessing.YAHOO)
    low, middle, high = (float(f(prepared)) for f in (np.min, np.median, np.max))
    print(f"{name}: {low:.0f} to {high:.0f}, in the middle {middle:.0f}")
PYTHON

cat "$work/seen"
diff - "$work/seen" <<'SEEN'
8 bits: -107 to 135, in the middle 13
16 bits: 132 to 151, in the middle 138
SEEN
