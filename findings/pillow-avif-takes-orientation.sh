#!/usr/bin/env bash
# Pillow 13.0.0
#
# Guess: `im.save(NAME, exif=im.getexif())` writes a file and leaves `im` as it is; in which order a picture is saved as
# AVIF, WebP and JPEG makes no difference.
# Seen: to save as AVIF takes the orientation out of the Exif object it was given, which is the picture's own: AVIF keeps a
# turn elsewhere. The AVIF is right. Each file that is saved from the picture after it lies on its side, and so does what
# `ImageOps.exif_transpose` makes of the picture. Given as bytes (`im.info["exif"]`), or saved last, nothing is lost.
# So: a page's `picture` with an AVIF and a JPEG to fall back on stands upright or not by the order of two lines. Hand a copy
# of the Exif object to AVIF, or turn the pixels first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0

cd "$work"
venv/bin/python - >seen <<'PYTHON'
from PIL import ExifTags, Image, ImageOps

exif = Image.Exif()
exif[ExifTags.Base.Orientation] = 6
Image.new("RGB", (64, 32), "red").save("photo.jpg", exif=exif)


def shown(image):
    return "x".join(map(str, ImageOps.exif_transpose(image).size))


def saved(order, given):
    with Image.open("photo.jpg") as photo:
        for kind in order:
            photo.save(f"copy.{kind}", exif=given(photo))
        copies = {kind: shown(Image.open(f"copy.{kind}")) for kind in order}
        print(*(f"{kind} {size}," for kind, size in copies.items()), f"the picture itself {shown(photo)}")


print("the photo is shown", shown(Image.open("photo.jpg")))
saved(("jpeg", "webp", "avif"), Image.Image.getexif)
saved(("avif", "webp", "jpeg"), Image.Image.getexif)
print("as bytes:")
saved(("avif", "webp", "jpeg"), lambda photo: photo.info["exif"])
PYTHON

cat seen
diff - seen <<'SEEN'
the photo is shown 32x64
jpeg 32x64, webp 32x64, avif 32x64, the picture itself 64x32
avif 32x64, webp 64x32, jpeg 64x32, the picture itself 64x32
as bytes:
avif 32x64, webp 32x64, jpeg 32x64, the picture itself 32x64
SEEN
