#!/usr/bin/env bash
# label-studio-sdk 2.1.2 (its converter), Pillow 13.0.0
#
# Guess: one annotation is the same box in every format that Label Studio exports; a box that was turned in its editor
# becomes the upright box around it.
# Seen: only COCO turns it, around its upper left corner, as the editor does. YOLO and Pascal VOC drop the angle: a box of
# 20 x 10 at 50, 10 that was turned by 90 degrees covers 40 to 50 across and 10 to 30 down, and they say 50 to 70 and 10
# to 20. The two places have nothing in common but a corner. COCO turns in per cent, not in px, and so is right in a square
# alone: in a picture twice as wide the box of 40 x 10 at 100, 10 covers 90 to 100 and 10 to 50, and COCO says 80 to 100 and
# 10 to 30. Nothing is reported.
# So: regions that come as YOLO, VOC or COCO from Label Studio may lie beside what they show; its own JSON has the angle.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check label-studio-sdk==2.1.2 pillow==13.0.0

cd "$work"
venv/bin/python - >seen 2>errors <<'PYTHON'
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from label_studio_sdk.converter import Converter
from PIL import Image

HEIGHT = 100
CONFIG = """<View><Image name="image" value="$image"/>
<RectangleLabels name="label" toName="image"><Label value="cat"/></RectangleLabels></View>"""


def exported(width, degrees, kind):
    value = {"x": 50, "y": 10, "width": 20, "height": 10, "rotation": degrees, "rectanglelabels": ["cat"]}
    region = {"id": "r", "from_name": "label", "to_name": "image", "type": "rectanglelabels", "value": value}
    region |= {"original_width": width, "original_height": HEIGHT, "image_rotation": 0}
    annotation = {"id": 1, "completed_by": 1, "result": [region]}
    Path("tasks.json").write_text(json.dumps([{"id": 1, "data": {"image": "a.png"}, "annotations": [annotation]}]))
    Image.new("RGB", (width, HEIGHT)).save("a.png")
    out = Path(f"{kind}-{width}-{degrees}")
    Converter(CONFIG, ".", download_resources=False).convert("tasks.json", str(out), kind, is_dir=False)
    return out


def corners(out, width, kind):
    """Left, top, right and bottom of the box, in pixels."""
    match kind:
        case "COCO":
            x, y, w, h = json.loads((out / "result.json").read_text())["annotations"][0]["bbox"]
        case "YOLO":
            x, y, w, h = (float(part) for part in next((out / "labels").iterdir()).read_text().split()[1:])
            x, y, w, h = width * (x - w / 2), HEIGHT * (y - h / 2), width * w, HEIGHT * h
        case "VOC":
            box = ElementTree.parse(next((out / "Annotations").iterdir())).find("object/bndbox")
            return [int(box.find(name).text) for name in ("xmin", "ymin", "xmax", "ymax")]
    return [round(number) for number in (x, y, x + w, y + h)]


for width in (100, 200):
    for degrees in (0, 90):
        found = {kind: corners(exported(width, degrees, kind), width, kind) for kind in ("COCO", "YOLO", "VOC")}
        print(f"{width} x {HEIGHT}, {degrees} degrees:", found)
PYTHON

cat seen
diff - seen <<'SEEN'
100 x 100, 0 degrees: {'COCO': [50, 10, 70, 20], 'YOLO': [50, 10, 70, 20], 'VOC': [50, 10, 70, 20]}
100 x 100, 90 degrees: {'COCO': [40, 10, 50, 30], 'YOLO': [50, 10, 70, 20], 'VOC': [50, 10, 70, 20]}
200 x 100, 0 degrees: {'COCO': [100, 10, 140, 20], 'YOLO': [100, 10, 140, 20], 'VOC': [100, 10, 140, 20]}
200 x 100, 90 degrees: {'COCO': [80, 10, 100, 30], 'YOLO': [100, 10, 140, 20], 'VOC': [100, 10, 140, 20]}
SEEN
