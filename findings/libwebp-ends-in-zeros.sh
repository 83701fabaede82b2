#!/usr/bin/env bash
# Pillow 13.0.0 with its libwebp 1.6.0
#
# Guess: a compressed file does not end in hundreds of zero bytes; a WebP that does is a copy whose end was never
# written, as a full disk or a broken download leaves it.
# Seen: a sound lossy WebP of one colour ends in zeros that are its data: 723 of 13,506 bytes at 3,000 x 2,500 pixels.
# They grow with the picture, and a gradient of the same size has 12.
# So: zeros at the end of a WebP are no proof of a missing end. Media Ingest counts them only where they are a tenth of
# the file or more.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0

"$work/venv/bin/python" - >"$work/seen" <<'PYTHON'
import io

from PIL import Image, features

print("libwebp", features.version("webp"))
plain, gradient = Image.new("RGB", (3000, 2500), (200, 210, 220)), Image.linear_gradient("L").resize((3000, 2500))
for name, image in (("plain", plain), ("plain, small", plain.resize((600, 500))), ("gradient", gradient.convert("RGB"))):
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=80)
    content = buffer.getvalue()
    whole = Image.open(io.BytesIO(content))
    whole.load()
    zeros = len(content) - len(content.rstrip(b"\0"))
    print(f"{name}: {zeros} zeros at the end of {len(content)} bytes, decoded to {whole.size}")
PYTHON

cat "$work/seen"
diff - "$work/seen" <<'SEEN'
libwebp 1.6.0
plain: 723 zeros at the end of 13506 bytes, decoded to (3000, 2500)
plain, small: 31 zeros at the end of 626 bytes, decoded to (600, 500)
gradient: 12 zeros at the end of 16472 bytes, decoded to (3000, 2500)
SEEN
