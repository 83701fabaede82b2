#!/usr/bin/env bash
# pillow-heif 1.8.1 with Pillow 13.0.0; read by exiftool 13.59, too (npm: exiftool-vendored.pl 13.59.3; needs node's npm,
# and perl)
#
# Guess: a photo that was taken upright is saved as HEIC by `photo.save(NAME, exif=photo.getexif())` as it is as JPEG or
# WebP, and a HEIC that is saved with any EXIF is turned as one that is saved without `exif=`.
# Seen: pillow-heif looks for the turn in bytes. With nothing, or with `photo.info["exif"]`, it writes HEIF's own rotation
# into the file; with an Exif object it writes none, says nothing, and puts that same object, orientation 6 and all, into
# the file. By HEIF's rules EXIF does not turn a picture: pillow-heif's own reader shows it on its side and says 1.
# So: HEICs that were made by the usual words lie down in a viewer that keeps those rules, while exiftool calls them "Rotate
# 90 CW". Hand over `exif.tobytes()`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 pillow-heif==1.8.1
npm install --silent --no-audit --no-fund --prefix "$work/npm" exiftool-vendored.pl@13.59.3 >"$work/npm.log"

cd "$work"
venv/bin/python - >seen <<'PYTHON'
import pillow_heif
from PIL import ExifTags, Image, ImageOps

pillow_heif.register_heif_opener()
exif = Image.Exif()
exif[ExifTags.Base.Orientation] = 6
Image.new("RGB", (256, 128), "red").save("photo.jpg", exif=exif)

for name, words in {
    "nothing": lambda photo: {},
    "bytes": lambda photo: {"exif": photo.info["exif"]},
    "object": lambda photo: {"exif": photo.getexif()},
}.items():
    for kind in ("webp", "heic"):
        with Image.open("photo.jpg") as photo:
            photo.save(f"{name}.{kind}", **words(photo))
        with Image.open(f"{name}.{kind}") as copy:
            size = ImageOps.exif_transpose(copy).size
            print(f"{name}, {kind}: shown {size[0]}x{size[1]}, orientation {copy.getexif().get(274)}")
PYTHON
for name in nothing bytes object; do
  echo "$name, heic, by exiftool:"
  perl npm/node_modules/exiftool-vendored.pl/bin/exiftool -s -G1 -Orientation -Rotation $name.heic | sed 's/  */ /g'
done >>seen

cat seen
diff - seen <<'SEEN'
nothing, webp: shown 256x128, orientation None
nothing, heic: shown 128x256, orientation 1
bytes, webp: shown 128x256, orientation 6
bytes, heic: shown 128x256, orientation 1
object, webp: shown 128x256, orientation 6
object, heic: shown 256x128, orientation 1
nothing, heic, by exiftool:
[IFD0] Orientation : Rotate 90 CW
[QuickTime] Rotation : Rotate 90 CW
bytes, heic, by exiftool:
[IFD0] Orientation : Rotate 90 CW
[QuickTime] Rotation : Rotate 90 CW
object, heic, by exiftool:
[IFD0] Orientation : Rotate 90 CW
SEEN
