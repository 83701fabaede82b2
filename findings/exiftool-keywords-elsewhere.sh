#!/usr/bin/env bash
# exiftool 13.59 (npm: exiftool-vendored.pl 13.59.3; needs node's npm, and perl), with files by Pillow 13.0.0,
# pillow-heif 1.8.1 and PyAV 18.1.0
#
# Guess: `exiftool -Keywords=sea -Keywords=boat FILE`, which gives a JPEG two keywords, gives them to any file that exiftool
# can write, or fails.
# Seen: a WebP, AVIF or HEIC is left as it was, with exit code 0 and no word but "1 image files unchanged"; a GIF or MP4
# gets "boat" alone, as the one text that XMP has for keywords of PDFs, and counts as updated. `-Keywords+=tree` changes
# neither HEIC nor MP4. `-Subject=` writes both words into them.
# So: a folder of mixed files that was tagged by -Keywords has its words in JPEGs, TIFFs and PNGs only, and its films have
# the last one at a place where few look. What people are told should be `-XMP-dc:Subject`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 pillow-heif==1.8.1 av==18.1.0 numpy==2.4.6
npm install --silent --no-audit --no-fund --prefix "$work/npm" exiftool-vendored.pl@13.59.3 >"$work/npm.log"
exiftool() { perl "$work/npm/node_modules/exiftool-vendored.pl/bin/exiftool" "$@"; }

cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import av
import numpy as np
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()
for kind in ("jpg", "tif", "png", "webp", "avif", "heic", "gif"):
    Image.new("RGB", (64, 64), "red").save(f"a.{kind}")
with av.open("a.mp4", "w") as film:
    track = film.add_stream("mpeg4", rate=10)
    track.width = track.height = 64
    track.pix_fmt = "yuv420p"
    for packet in (*track.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))), *track.encode()):
        film.mux(packet)
PYTHON

told() { exiftool -quiet -G1 -a -s -Keywords -Subject "$1" | sed 's/  */ /g'; }
for kind in jpg tif png webp avif heic gif mp4; do
  exiftool -overwrite_original -Keywords=sea -Keywords=boat a.$kind >said 2>&1 && code=0 || code=$?
  echo "$kind: exit code $code, $(xargs <said)"
  told a.$kind
done >seen
exiftool -overwrite_original -Keywords+=tree a.heic a.mp4 >said 2>&1
{
  echo "heic and mp4, one more: $(xargs <said)"
  told a.mp4
  exiftool -quiet -overwrite_original -Subject=sea -Subject=boat a.heic a.mp4
  echo "as Subject:"
  told a.heic
  told a.mp4
} >>seen

cat seen
diff - seen <<'SEEN'
jpg: exit code 0, 1 image files updated
[IPTC] Keywords : sea, boat
tif: exit code 0, 1 image files updated
[IPTC] Keywords : sea, boat
png: exit code 0, Warning: [minor] Creating non-standard IPTC in PNG - a.png 1 image files updated
[IPTC] Keywords : sea, boat
webp: exit code 0, 0 image files updated 1 image files unchanged
avif: exit code 0, 0 image files updated 1 image files unchanged
heic: exit code 0, 0 image files updated 1 image files unchanged
gif: exit code 0, 1 image files updated
[XMP-pdf] Keywords : boat
mp4: exit code 0, 1 image files updated
[XMP-pdf] Keywords : boat
heic and mp4, one more: 0 image files updated 2 image files unchanged
[XMP-pdf] Keywords : boat
as Subject:
[XMP-dc] Subject : sea, boat
[XMP-pdf] Keywords : boat
[XMP-dc] Subject : sea, boat
SEEN
