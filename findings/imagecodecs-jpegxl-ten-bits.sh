#!/usr/bin/env bash
# imagecodecs 2026.3.6 (libjxl 0.11.2) with NumPy 2.4.6
#
# Guess: a JPEG XL picture of 10 bits a channel comes as 16-bit numbers that fill their range, as libjxl gives them to
# who asks for 16 bits: white is 65,535, and a picture is reduced to 8 bits by a division by 257.
# Seen: white of 10 bits is 1,023 and white of 12 bits 4,095, in arrays of the same type as 16 bits, and nothing in the
# answer says which it is. Divided by 257 the picture is black.
# So: who decodes JPEG XL here has to read the bits a sample from the file's own header, or HDR and camera pictures,
# which are the ones with 10 and 12 bits, are nearly black.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check imagecodecs==2026.3.6 numpy==2.4.6

"$work/venv/bin/python" - >"$work/seen" <<'PYTHON'
import imagecodecs
import numpy as np

for bits in (8, 10, 12, 16):
    kind = np.uint8 if bits == 8 else np.uint16
    ramp = np.linspace(0, 2**bits - 1, 64 * 64).reshape(64, 64).astype(kind)
    written = imagecodecs.jpegxl_encode(np.stack([ramp] * 3, axis=-1), lossless=True, bitspersample=bits)
    seen = imagecodecs.jpegxl_decode(written)
    print(f"{bits} bits: {seen.dtype}, {seen.min()} to {seen.max()}")
PYTHON

cat "$work/seen"
diff - "$work/seen" <<'SEEN'
8 bits: uint8, 0 to 255
10 bits: uint16, 0 to 1023
12 bits: uint16, 0 to 4095
16 bits: uint16, 0 to 65535
SEEN
