#!/usr/bin/env bash
# globox 2.9.0 and pylabel 0.1.55, beside supervision 0.31.2; with opencv-python 5.0.0.93, Pillow 13.0.0 and NumPy 2.4.6
#
# Guess: the parts of a YOLO label are of the picture that was labelled; a tool that makes pixels of them multiplies by the
# sides of the picture as OpenCV hands it to a training.
# Seen: for a photo with an EXIF orientation, 60 x 100 for who looks at it and 100 x 60 in the file, globox and pylabel
# take the sides of the file. The box of 20 x 30 at 10, 60 becomes one of 33 x 18 at 17, 36, which is right on neither: not
# on the photo as it is shown, and not on the pixels as they are stored. supervision turns first, and is right.
# So: COCO and VOC that such a tool made of a phone's photos are off in upright pictures only, and no check of their numbers
# tells; their width and height are those of the file. Convert from the labels themselves, by the turned sides.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check globox==2.9.0 pylabel==0.1.55 supervision==0.31.2 \
  opencv-python==5.0.0.93 pillow==13.0.0 numpy==2.4.6

cd "$work"
venv/bin/python - >seen 2>errors <<'PYTHON' || { cat errors; exit 1; }
from pathlib import Path

import cv2
import numpy as np
import supervision
from globox import AnnotationSet
from PIL import ExifTags, Image, ImageDraw
from pylabel import importer

LEFT, TOP, WIDTH, HEIGHT = 10, 60, 20, 30
photo = Image.new("RGB", (60, 100), "white")
ImageDraw.Draw(photo).rectangle((LEFT, TOP, LEFT + WIDTH - 1, TOP + HEIGHT - 1), fill="red")
label = f"0 {(LEFT + WIDTH / 2) / 60} {(TOP + HEIGHT / 2) / 100} {WIDTH / 60} {HEIGHT / 100}\n"
exif = Image.Exif()
exif[ExifTags.Base.Orientation] = 6

for name in ("plain", "turned"):
    Path(name, "images").mkdir(parents=True)
    Path(name, "labels").mkdir()
    Path(name, "labels", "a.txt").write_text(label)
    Path(name, "data.yaml").write_text("names: [cat]\n")
photo.save("plain/images/a.jpg", quality=95)
photo.transpose(Image.Transpose.ROTATE_90).save("turned/images/a.jpg", quality=95, exif=exif)


def by_eye(name):
    blue, green, red = np.moveaxis(cv2.imread(f"{name}/images/a.jpg").astype(int), 2, 0)
    rows, columns = np.nonzero((red > 200) & (green < 100))
    return columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1


def by_supervision(name):
    _, _, found = supervision.DetectionDataset.from_yolo(f"{name}/images", f"{name}/labels", f"{name}/data.yaml")[0]
    left, top, right, bottom = found.xyxy[0]
    return left, top, right - left, bottom - top


def by_globox(name):
    (annotation,) = AnnotationSet.from_yolo_v5(f"{name}/labels", image_folder=f"{name}/images")
    return annotation.boxes[0].ltwh


def by_pylabel(name):
    labels = importer.ImportYoloV5(f"{name}/labels", path_to_images="../images", img_ext="jpg", cat_names=["cat"])
    return labels.df.iloc[0][[f"ann_bbox_{part}" for part in ("xmin", "ymin", "width", "height")]]


for name in ("plain", "turned"):
    for tool in (by_eye, by_supervision, by_globox, by_pylabel):
        print(f"{name}, {tool.__name__.replace('_', ' ')}:", *(round(float(number)) for number in tool(name)))
PYTHON

cat seen
diff - seen <<'SEEN'
plain, by eye: 10 60 20 30
plain, by supervision: 10 60 20 30
plain, by globox: 10 60 20 30
plain, by pylabel: 10 60 20 30
turned, by eye: 10 60 20 30
turned, by supervision: 10 60 20 30
turned, by globox: 17 36 33 18
turned, by pylabel: 17 36 33 18
SEEN
