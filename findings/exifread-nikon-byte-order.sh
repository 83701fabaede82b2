#!/usr/bin/env bash
# ExifRead 3.5.1; read by exiftool 13.59, too (npm: exiftool-vendored.pl 13.59.3; needs node's npm, and perl)
#
# Guess: the maker note of a Nikon (type 3) has a TIFF header of its own, with the mark of its byte order, and is read in
# that order, whatever the order of the EXIF block around it.
# Seen: the mark is passed over, and the note is read in the order of the block. Where the two differ its tags are not
# there: no lens, no shutter count, no error. exiftool reads all four combinations.
# So: a picture whose EXIF was written anew in the other order by a program that kept the note as it was, as it must, has
# no maker note for ExifRead; the note is to be turned, or read by its own mark, first.
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

ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 2, 3, 4, 5, 7


def directory(order, base, entries):
    """A TIFF directory at `base` with (tag, type, count, packed value), followed by its long values."""
    values, at = b"", base + 2 + 12 * len(entries) + 4
    table = struct.pack(order + "H", len(entries))
    for tag, kind, count, value in entries:
        if len(value) > 4:
            place, value = at + len(values), value + b"\0" * (len(value) % 2)
            values, value = values + value, struct.pack(order + "I", place)
        table += struct.pack(order + "HHI", tag, kind, count) + value.ljust(4, b"\0")
    return table + bytes(4) + values


def header(order):
    return {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HI", 42, 8)


def exif(around, within):
    lens = struct.pack(within + "8I", 240, 10, 700, 10, 28, 10, 28, 10)
    shots = struct.pack(within + "I", 1234)
    note = b"Nikon\0\x02\x10\0\0" + header(within)
    note += directory(within, 8, [(0x84, RATIONAL, 4, lens), (0xA7, LONG, 1, shots)])
    make = b"NIKON CORPORATION\0"
    first = [(0x10F, ASCII, len(make), make), (0x8769, LONG, 1, bytes(4))]
    at = 8 + len(directory(around, 8, first))
    first[1] = (0x8769, LONG, 1, struct.pack(around + "I", at))
    second = directory(around, at, [(0x927C, UNDEFINED, len(note), note)])
    return b"Exif\0\0" + header(around) + directory(around, 8, first) + second


for around in "<>":
    for within in "<>":
        name = f"{header(around)[:2].decode()}-{header(within)[:2].decode()}.jpg"
        content = io.BytesIO()
        Image.new("RGB", (16, 16)).save(content, "JPEG", exif=exif(around, within))
        content = content.getvalue()
        with open(name, "wb") as file:
            file.write(content[:2] + content[20:])  # without JFIF's segment, as cameras write it
        with open(name, "rb") as file:
            tags = exifread.process_file(file)
        print(name, [str(value) for key, value in tags.items() if key.startswith("MakerNote") and str(value) != "[]"])
PYTHON
exiftool -quiet -p '$FileName $Lens, $ShutterCount' II-MM.jpg MM-II.jpg >>seen

cat seen
diff - seen <<'SEEN'
II-II.jpg ['[24, 70, 14/5, 14/5]', '1234']
II-MM.jpg []
MM-II.jpg []
MM-MM.jpg ['[24, 70, 14/5, 14/5]', '1234']
II-MM.jpg 24-70mm f/2.8, 1234
MM-II.jpg 24-70mm f/2.8, 1234
SEEN
