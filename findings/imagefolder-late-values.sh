#!/usr/bin/env bash
# datasets 5.2.0 (Hugging Face), with pyarrow 26.0.1 and Pillow 13.0.0
#
# Guess: the builder `imagefolder` takes any `metadata.jsonl` in which a column is null for some pictures.
# Seen: it reads the file in blocks of 10 MB and takes the type of each column from the first. A column that is null in
# all of that block, such as a title that few pictures have, has the type null, and the first value behind it ends
# the load: "Couldn't write column ...: its type in this file is null". The same values in a small file, or with one
# of them at the beginning, load.
# So: a list of many pictures should begin with lines that have a value in each column. The export of Media Ingest does
# that where its list is longer than 8 MB.
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
PICTURES, LARGE = 4, 4_000_000  # characters a line, so that the last line is behind the first 10 MB


def seen(name: str, *, characters: int, titled: int) -> str:
    """What becomes of a folder with one title, that of the picture of this number."""
    folder = Path(name)
    folder.mkdir()
    with (folder / "metadata.jsonl").open("w") as lines:
        for number in range(PICTURES):
            Image.new("RGB", (8, 8)).save(folder / f"{number}.png")
            title = "a title" if number == titled else None
            line = {"file_name": f"{number}.png", "title": title, "note": "x" * characters}
            lines.write(json.dumps(line) + "\n")
    try:
        loaded = datasets.load_dataset("imagefolder", data_dir=str(folder), split="train", cache_dir=f"cache-{name}")
    except Exception as error:
        while error.__cause__ is not None:
            error = error.__cause__
        return str(error).split(",")[0]
    return f"{loaded.num_rows} pictures, title is {loaded.features['title'].dtype}"


print("small, last titled:", seen("small", characters=10, titled=PICTURES - 1))
print("large, first titled:", seen("first", characters=LARGE, titled=0))
print("large, last titled:", seen("last", characters=LARGE, titled=PICTURES - 1))
PYTHON

cat "$work/seen"
diff - "$work/seen" <<'SEEN'
small, last titled: 4 pictures, title is string
large, first titled: 4 pictures, title is string
large, last titled: Couldn't write column 'title': its type in this file is null
SEEN
