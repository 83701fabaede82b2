#!/usr/bin/env bash
# PyAV 18.1.0 (libavformat 62) and exiftool 13.59 (npm: exiftool-vendored.pl 13.59.3; needs node's npm, and perl)
#
# Guess: after exiftool has added a title and a description to an MP4, libav reports the old texts and the two new ones.
# Seen: libav, asked for `use_metadata_tags`, writes its texts as a table of keys and values inside `moov/udta`; this is
# how ComfyUI's nodes keep prompt and workflow in a film. exiftool adds a second table, in `moov`. libav reads both, but
# names the values of the second by the keys of the first: the description is reported as the prompt, the title as the
# workflow, the true ones are gone, and there is no title. exiftool reads every text under its own name.
# So: names of texts from libav cannot be trusted where a film has two tables. Media Ingest reads the tables itself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check av==18.1.0 numpy==2.4.6
npm install --silent --no-audit --no-fund --prefix "$work/npm" exiftool-vendored.pl@13.59.3 >"$work/npm.log"
exiftool=$work/npm/node_modules/exiftool-vendored.pl/bin/exiftool
film=$work/film.mp4

cat >"$work/film.py" <<'PYTHON'
import sys

import av
import numpy as np

OF_THE_MUXER = ("major_brand", "minor_version", "compatible_brands", "encoder")


def write(path):
    with av.open(path, "w", options={"movflags": "use_metadata_tags"}) as film:
        track = film.add_stream("mpeg4", rate=10)
        track.width = track.height = 64
        track.pix_fmt = "yuv420p"
        film.metadata.update({"prompt": "a red boat", "workflow": "{}", "seed": "42"})
        for shade in (0, 100, 200):
            picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), shade, np.uint8))
            for packet in track.encode(picture):
                film.mux(packet)
        for packet in track.encode():
            film.mux(packet)


def show(path):
    with av.open(path) as film:
        print({name: text for name, text in sorted(film.metadata.items()) if name not in OF_THE_MUXER})


{"write": write, "show": show}[sys.argv[1]](sys.argv[2])
PYTHON

{
  "$work/venv/bin/python" "$work/film.py" write "$film"
  echo "before, by libav:"
  "$work/venv/bin/python" "$work/film.py" show "$film"
  perl "$exiftool" -quiet -overwrite_original "-Keys:Title=Waves" "-Keys:Description=for a friend" "$film"
  echo "after, by libav:"
  "$work/venv/bin/python" "$work/film.py" show "$film"
  echo "after, by exiftool:"
  perl "$exiftool" -s2 -Keys:Description -Keys:Prompt -Keys:Seed -Keys:Title -Keys:Workflow "$film"
} >"$work/seen"

cat "$work/seen"
diff - "$work/seen" <<'SEEN'
before, by libav:
{'prompt': 'a red boat', 'seed': '42', 'workflow': '{}'}
after, by libav:
{'prompt': 'for a friend', 'seed': '42', 'workflow': 'Waves'}
after, by exiftool:
Description: for a friend
Prompt: a red boat
Seed: 42
Title: Waves
Workflow: {}
SEEN
