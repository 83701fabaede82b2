#!/usr/bin/env bash
# label-studio-sdk 2.1.2 (its converter), Pillow 13.0.0
#
# Guess: one annotation is the same box in every format that Label Studio exports; a box that was turned in its editor
# becomes the upright box around it.
# Seen: only COCO turns it, around its upper left corner, as the editor does. YOLO and Pascal VOC drop the angle: a box of
# 20 x 10 at 50, 10 that was turned by 90 degrees covers 40 to 50 across and 10 to 30 down, and they say 50 to 70 and 10
# to 20. The two places have nothing in common but a corner. Nothing is reported.
# So: regions that come as YOLO from Label Studio may lie beside what they show; its own JSON has the angle.
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

SIDE = 100
CONFIG = """<View><Image name="image" value="$image"/>
<RectangleLabels name="label" toName="image"><Label value="cat"/></RectangleLabels></View>"""
Image.new("RGB", (SIDE, SIDE)).save("a.png")


def exported(degrees, kind):
    value = {"x": 50, "y": 10, "width": 20, "height": 10, "rotation": degrees, "rectanglelabels": ["cat"]}
    region = {"id": "r", "from_name": "label", "to_name": "image", "type": "rectanglelabels", "value": value}
    region |= {"original_width": SIDE, "original_height": SIDE, "image_rotation": 0}
    annotation = {"id": 1, "completed_by": 1, "result": [region]}
    Path("tasks.json").write_text(json.dumps([{"id": 1, "data": {"image": "a.png"}, "annotations": [annotation]}]))
    out = Path(f"{kind}-{degrees}")
    Converter(CONFIG, ".", download_resources=False).convert("tasks.json", str(out), kind, is_dir=False)
    return out


def corners(out, kind):
    """Left, top, right and bottom of the box, in pixels."""
    match kind:
        case "COCO":
            x, y, w, h = json.loads((out / "result.json").read_text())["annotations"][0]["bbox"]
        case "YOLO":
            x, y, w, h = (SIDE * float(part) for part in next((out / "labels").iterdir()).read_text().split()[1:])
            x, y = x - w / 2, y - h / 2
        case "VOC":
            box = ElementTree.parse(next((out / "Annotations").iterdir())).find("object/bndbox")
            return [int(box.find(name).text) for name in ("xmin", "ymin", "xmax", "ymax")]
    return [round(number) for number in (x, y, x + w, y + h)]


for degrees in (0, 90):
    print(f"{degrees} degrees:", {kind: corners(exported(degrees, kind), kind) for kind in ("COCO", "YOLO", "VOC")})
PYTHON

cat seen
diff - seen <<'SEEN'
0 degrees: {'COCO': [50, 10, 70, 20], 'YOLO': [50, 10, 70, 20], 'VOC': [50, 10, 70, 20]}
90 degrees: {'COCO': [40, 10, 50, 30], 'YOLO': [50, 10, 70, 20], 'VOC': [50, 10, 70, 20]}
SEEN
