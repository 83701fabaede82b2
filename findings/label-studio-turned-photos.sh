#!/usr/bin/env bash
# label-studio-sdk 2.1.2 (its converter, that of Label Studio 1.23.2), with Pillow 13.0.0
#
# Guess: the COCO that Label Studio writes is of one picture: width, height, boxes and outlines are px of it.
# Seen: of a photo with an EXIF orientation, 60 x 100 for who draws on it and 100 x 60 in its file, width and height are
# those of the file, the boxes of rectangles are px of the photo as it is shown, and outlines are neither: parts of the shown
# photo times the sides of the file. A rectangle and an outline drawn over one red box of 20 x 30 at 10, 60 come out as 20 x 30
# at 10, 60, which is below the height that is said, and as 33 x 18 at 17, 36. Nothing is reported.
# So: `contributor` in `info` has to be asked before the numbers: if it is Label Studio, boxes are of the upright photo
# whatever size is said. Its own JSON is right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check label-studio-sdk==2.1.2 pillow==13.0.0

cd "$work"
venv/bin/python - >seen 2>errors <<'PYTHON' || { cat errors; exit 1; }
import json
from pathlib import Path

from label_studio_sdk.converter import Converter
from PIL import ExifTags, Image, ImageDraw

SHOWN = 60, 100
LEFT, TOP, WIDTH, HEIGHT = 10, 60, 20, 30
CONFIG = """<View><Image name="image" value="$image"/>
<RectangleLabels name="box" toName="image"><Label value="rectangle"/></RectangleLabels>
<PolygonLabels name="line" toName="image"><Label value="outline"/></PolygonLabels></View>"""

photo = Image.new("RGB", SHOWN, "white")
ImageDraw.Draw(photo).rectangle((LEFT, TOP, LEFT + WIDTH - 1, TOP + HEIGHT - 1), fill="red")
exif = Image.Exif()
exif[ExifTags.Base.Orientation] = 6
photo.save("plain.jpg")
photo.transpose(Image.Transpose.ROTATE_90).save("turned.jpg", exif=exif)


def exported(name):
    """What COCO has of the two shapes, as the editor keeps them: in per cent of the photo as a browser shows it."""
    x, y, w, h = (100 * part for part in (LEFT / SHOWN[0], TOP / SHOWN[1], WIDTH / SHOWN[0], HEIGHT / SHOWN[1]))
    corners = [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]
    shapes = {
        ("box", "rectanglelabels"): {"x": x, "y": y, "width": w, "height": h, "rectanglelabels": ["rectangle"]},
        ("line", "polygonlabels"): {"points": corners, "closed": True, "polygonlabels": ["outline"]},
    }
    size = {"original_width": SHOWN[0], "original_height": SHOWN[1], "image_rotation": 0}
    result = [
        {"id": tag, "from_name": tag, "to_name": "image", "type": kind, "value": value, **size}
        for (tag, kind), value in shapes.items()
    ]
    answer = {"id": 1, "completed_by": 1, "result": result}
    task = {"id": 1, "data": {"image": str(Path(f"{name}.jpg").resolve())}, "annotations": [answer]}
    Path("tasks.json").write_text(json.dumps([task]))
    Converter(CONFIG, ".", download_resources=False).convert("tasks.json", name, "COCO", is_dir=False)
    return json.loads(Path(name, "result.json").read_text())


for name in ("plain", "turned"):
    coco = exported(name)
    (image,) = coco["images"]
    print(name, "size:", image["width"], image["height"])
    labels = {one["id"]: one["name"] for one in coco["categories"]}
    for one in coco["annotations"]:
        print(name, f"{labels[one['category_id']]}:", *(round(side) for side in one["bbox"]))
PYTHON

cat seen
diff - seen <<'SEEN'
plain size: 60 100
plain rectangle: 10 60 20 30
plain outline: 10 60 20 30
turned size: 100 60
turned rectangle: 10 60 20 30
turned outline: 17 36 33 18
SEEN
