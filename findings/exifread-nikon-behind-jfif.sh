#!/usr/bin/env bash
# ExifRead 3.5.1, Pillow 13.0.0; read by exiftool 13.59, too (npm: exiftool-vendored.pl 13.59.3; needs node's npm, and perl)
#
# Guess: the tags of a JPEG are the same whether a JFIF segment stands before its EXIF, as programs write it, or not, as
# cameras do.
# Seen: behind a JFIF segment, what a Nikon's maker note keeps outside its table (lens, serial number) is taken from 18 bytes
# further on: the 24-70 mm f/2.8 begins with 14/5, and three numbers of whatever follows. What fits into the table, and all
# other EXIF, is right, and nothing is reported.
# So: a lens by ExifRead changes when a picture is exported. Given the EXIF block alone it reads both alike.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check exifread==3.5.1 pillow==13.0.0
npm install --silent --no-audit --no-fund --prefix "$work/npm" exiftool-vendored.pl@13.59.3 >"$work/npm.log"
exiftool() { perl "$work/npm/node_modules/exiftool-vendored.pl/bin/exiftool" "$@"; }

cd "$work"
venv/bin/python - >seen <<'PYTHON'
import io
import struct

import exifread
from PIL import Image

TIFF = b"MM" + struct.pack(">HI", 42, 8)
MAKE = b"NIKON CORPORATION\0"
LENS = struct.pack(">8I", 240, 10, 700, 10, 28, 10, 28, 10)

# Tag, type, count, value: the lens stands behind the table of the note, the shutter count in it
note = b"Nikon\0\x02\x10\0\0" + TIFF + struct.pack(">H HHII HHII I", 2, 0x84, 5, 4, 38, 0xA7, 4, 1, 1234, 0) + LENS
exif = struct.pack(">H HHII HHII I", 2, 0x10F, 2, len(MAKE), 38, 0x8769, 4, 1, 38 + len(MAKE), 0) + MAKE
exif += struct.pack(">H HHII I", 1, 0x927C, 7, len(note), 38 + len(MAKE) + 18, 0) + note

content = io.BytesIO()
Image.new("RGB", (16, 16)).save(content, "JPEG", exif=b"Exif\0\0" + TIFF + exif)
content = content.getvalue()
for name, jpeg in (("camera.jpg", content[:2] + content[20:]), ("program.jpg", content)):
    with open(name, "wb") as file:
        file.write(jpeg)
    tags = exifread.process_file(io.BytesIO(jpeg))
    told = [str(tags[f"MakerNote {tag}"]) for tag in ("LensMinMaxFocalMaxAperture", "TotalShutterReleases")]
    print(name, str(tags["Image Make"]), *told)
PYTHON
exiftool -quiet -p '$FileName $Make $Lens, $ShutterCount' camera.jpg program.jpg >>seen

cat seen
diff - seen <<'SEEN'
camera.jpg NIKON CORPORATION [24, 70, 14/5, 14/5] 1234
program.jpg NIKON CORPORATION [14/5, 1835008/720859, 439092/10105831, 28137389/39344216] 1234
camera.jpg NIKON CORPORATION 24-70mm f/2.8, 1234
program.jpg NIKON CORPORATION 24-70mm f/2.8, 1234
SEEN
