#!/usr/bin/env bash
# exiftool 13.59 (npm: exiftool-vendored.pl 13.59.3; needs node's npm, perl, and python3 with Pillow 13.0.0)
#
# Guess: a keyword or title is a text in `exiftool -json`, or at worst a number where it is digits alone, such as 2024;
# what is read back with `-json=FILE`, after any JSON library had it, is what was there.
# Seen: every text that looks like a number or a truth stands without quotes, whatever the tag's type is: the title "1E3"
# is 1E3, the keywords "1.50", "1e400" and "True" are 1.50, 1e400 and true. Read by a JSON library and written back they
# are the title 1000.0, the keywords 1.5, Infinity and true. "007", "0x10" and 20 digits keep their quotes.
# So: sidecars by `exiftool -json` are to be read with numbers kept as they are written; a truth has lost its capitals for
# good. `-struct -api structformat=JSONQ` puts quotes around all.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0
npm install --silent --no-audit --no-fund --prefix "$work/npm" exiftool-vendored.pl@13.59.3 >"$work/npm.log"
exiftool() { perl "$work/npm/node_modules/exiftool-vendored.pl/bin/exiftool" -quiet "$@"; }

cd "$work"
"$work/venv/bin/python" -c '
from PIL import Image
for name in ("a.jpg", "b.jpg"):
    Image.new("RGB", (16, 16), "red").save(name)
'
words=("1.50" "1e400" "True" "007" "0x10" "12345678901234567890")
exiftool -overwrite_original -XMP-dc:Title=1E3 "${words[@]/#/-XMP-dc:Subject=}" a.jpg

{
  echo "as JSON:"
  exiftool -json -XMP-dc:Title -XMP-dc:Subject a.jpg >a.json
  grep "Title\|Subject" a.json
  python3 -c '
import json
told = json.load(open("a.json"))
told[0]["SourceFile"] = "b.jpg"
json.dump(told, open("b.json", "w"))
'
  exiftool -overwrite_original -json=b.json b.jpg
  echo "after a JSON library:"
  exiftool -s2 -XMP-dc:Title -XMP-dc:Subject b.jpg
  echo "with quotes:"
  exiftool -json -struct -api structformat=JSONQ -XMP-dc:Title a.jpg | grep Title
} >seen

cat seen
diff - seen <<'SEEN'
as JSON:
  "Title": 1E3,
  "Subject": [1.50,1e400,true,"007","0x10","12345678901234567890"]
after a JSON library:
Title: 1000.0
Subject: 1.5, Infinity, true, 007, 0x10, 12345678901234567890
with quotes:
  "Title": "1E3"
SEEN
