#!/usr/bin/env bash
# ExifRead 3.5.1, with a WebP written by Pillow 13.0.0
#
# Guess: it reads EXIF from WebP, as its README says.
# Seen: the chunk `EXIF` of a WebP holds a TIFF structure (WebP container specification, "Metadata"), and such a file,
# which is what libwebp and Pillow write, gives no tag, no exception and no warning. It gives its tags only if the six
# bytes `Exif\0\0` stand before the structure, which belong to JPEG. Pillow reads both.
# So: "no EXIF" from ExifRead says nothing of a WebP. Media Ingest reads the structure itself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check exifread==3.5.1 pillow==13.0.0

"$work/venv/bin/python" - >"$work/seen" <<'PYTHON'
import io
import struct

import exifread
from PIL import Image

tags = Image.Exif()
tags[0x010F] = "Camera maker"
buffer = io.BytesIO()
Image.new("RGB", (16, 16)).save(buffer, "WEBP", exif=tags.tobytes().removeprefix(b"Exif\0\0"))
as_specified = buffer.getvalue()

start = as_specified.index(b"EXIF")
length = int.from_bytes(as_specified[start + 4 : start + 8], "little")
block = b"Exif\0\0" + as_specified[start + 8 : start + 8 + length]
chunks = as_specified[12:start] + b"EXIF" + struct.pack("<I", len(block)) + block + bytes(len(block) % 2)
with_prefix = b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks

for name, content in (("as specified", as_specified), ("with JPEG's prefix", with_prefix)):
    by_exifread = {tag: str(value) for tag, value in exifread.process_file(io.BytesIO(content)).items()}
    by_pillow = Image.open(io.BytesIO(content)).getexif().get(0x010F)
    print(f"{name}: ExifRead {by_exifread}, Pillow {by_pillow!r}")
PYTHON

cat "$work/seen"
diff - "$work/seen" <<'SEEN'
as specified: ExifRead {}, Pillow 'Camera maker'
with JPEG's prefix: ExifRead {'Image Make': 'Camera maker'}, Pillow 'Camera maker'
SEEN
