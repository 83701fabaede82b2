#!/usr/bin/env bash
# datasets 5.2.0 (Hugging Face), with pyarrow 26.0.1 and Pillow 13.0.0
#
# Guess: `load_dataset(FOLDER)` of a folder with pictures and a `metadata.jsonl` gives the pictures, whatever else lies there.
# Seen: which builder loads a folder is decided by a count of its suffixes. With a caption beside each picture
# (`a.png`, `a.txt`), as trainers of LoRAs want them, it is the builder of texts: the lines of the captions are the data set,
# and pictures and `metadata.jsonl` are passed over in silence. Named, `load_dataset("imagefolder", data_dir=FOLDER)` gives
# the pictures with their columns.
# So: who exports captions beside pictures has to tell people to name the builder. `docs/search.md` of Media Ingest does.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check datasets==5.2.0 pyarrow==26.0.1 pillow==13.0.0

cd "$work"
HF_HOME="$work/home" HF_HUB_OFFLINE=1 "$work/venv/bin/python" - >"$work/seen" 2>"$work/log" <<'PYTHON'
import json
from pathlib import Path

import datasets
from PIL import Image

datasets.disable_progress_bars()


def folder(name: str, *, captions: bool) -> str:
    made = Path(name)
    made.mkdir()
    with (made / "metadata.jsonl").open("w") as lines:
        for number in range(3):
            Image.new("RGB", (8, 8)).save(made / f"{number}.png")
            lines.write(json.dumps({"file_name": f"{number}.png", "title": "a title"}) + "\n")
            if captions:
                (made / f"{number}.txt").write_text("a caption\n")
    return str(made)


def columns(*path: str, **options: str) -> list[str]:
    return datasets.load_dataset(*path, split="train", cache_dir="cache", **options).column_names


with_captions = folder("with", captions=True)
print("without captions:", columns(folder("without", captions=False)))
print("with captions:", columns(with_captions))
print("with captions, builder named:", columns("imagefolder", data_dir=with_captions))
PYTHON

cat "$work/seen"
diff - "$work/seen" <<'SEEN'
without captions: ['image', 'title']
with captions: ['text']
with captions, builder named: ['image', 'title']
SEEN
