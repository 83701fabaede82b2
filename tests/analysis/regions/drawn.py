"""A picture with a red box in it, stored in any of the eight orientations, and the files that say where the box is."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from app.media import Analysis
from app.regions import Box
from tests.analysis.formats.packets import packet
from tests.analysis.pictures.pictures import analysed

UPRIGHT = (300, 200)
SEEN = Box(0.2, 0.7, 0.2, 0.3)  # the box as people see it
_PX = (30, 110, 90, 170)
_STORED = {  # what an upright picture becomes that is turned upright by each value
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}

NAMED = 'xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"'
AREAS = (
    f'{NAMED} xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" '
    'xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" xmlns:MP="http://ns.microsoft.com/photo/1.2/" '
    'xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#" '
    'xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"'
)


def stored(orientation: int) -> tuple[Image.Image, tuple[int, int], Box]:
    """The picture as a file stores it, its size, and the box there, found by its colour."""
    upright = Image.new("RGB", UPRIGHT, "black")
    upright.paste("red", _PX)
    picture = upright.transpose(_STORED[orientation]) if orientation in _STORED else upright
    left, top, right, bottom = picture.getbbox() or (0, 0, 0, 0)
    width, height = picture.size
    box = Box((left + right) / 2 / width, (top + bottom) / 2 / height, (right - left) / width, (bottom - top) / height)
    return picture, picture.size, box


def turned(upright: Image.Image, orientation: int, path: Path, **options: Any) -> None:
    """Write a picture so that it is stored turned, and seen upright."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = upright.transpose(_STORED[orientation]) if orientation in _STORED else upright
    picture.save(path, exif=exif, **{"quality": 95, **options})


def saved(path: Path, orientation: int, xmp: bytes = b"") -> None:
    """Write it as a JPEG; that Pillow's own turn shows the box where it is meant to be is made sure of."""
    upright = Image.new("RGB", UPRIGHT, "black")
    upright.paste("red", _PX)
    turned(upright, orientation, path, **({"xmp": xmp} if xmp else {}))
    with Image.open(path) as written:
        seen = ImageOps.exif_transpose(written)
        assert seen.size == UPRIGHT
        assert seen.getpixel((60, 140))[0] > 200  # type: ignore[index]


def of_the_group(size: tuple[int, int] | None, *areas: str) -> str:
    """The structure of the Metadata Working Group around these areas."""
    said = f'<mwg-rs:AppliedToDimensions stDim:w="{size[0]}" stDim:h="{size[1]}" stDim:unit="pixel"/>' if size else ""
    items = "".join(f"<rdf:li>{area}</rdf:li>" for area in areas)
    return (
        f'<mwg-rs:Regions rdf:parseType="Resource">{said}<mwg-rs:RegionList><rdf:Bag>{items}</rdf:Bag>'
        "</mwg-rs:RegionList></mwg-rs:Regions>"
    )


def area(box: Box, name: str = "Ada", kind: str = "Face") -> str:
    return (
        f'<rdf:Description mwg-rs:Name="{name}" mwg-rs:Type="{kind}"><mwg-rs:Area stArea:x="{box.x}" '
        f'stArea:y="{box.y}" stArea:w="{box.w}" stArea:h="{box.h}" stArea:unit="normalized"/></rdf:Description>'
    )


def of_microsoft(box: Box, name: str = "Ada") -> str:
    corner = f"{box.x - box.w / 2}, {box.y - box.h / 2}, {box.w}, {box.h}"
    return (
        '<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li rdf:parseType="Resource">'
        f"<MPReg:PersonDisplayName>{name}</MPReg:PersonDisplayName><MPReg:Rectangle>{corner}</MPReg:Rectangle>"
        "</rdf:li></rdf:Bag></MPRI:Regions></MP:RegionInfo>"
    )


def by_group(folder: Path, orientation: int) -> None:
    _, size, box = stored(orientation)
    saved(folder / "a.jpg", orientation, packet(of_the_group(size, area(box)), AREAS))


def by_group_of_the_upright(folder: Path, orientation: int) -> None:
    saved(folder / "a.jpg", orientation)
    box = SEEN if orientation >= 5 else stored(orientation)[2]  # of the others, the size does not tell
    (folder / "a.jpg.xmp").write_bytes(packet(of_the_group(UPRIGHT, area(box)), AREAS))


def by_microsoft(folder: Path, orientation: int) -> None:
    saved(folder / "a.jpg", orientation, packet(of_microsoft(stored(orientation)[2]), AREAS))


def by_exiftool(folder: Path, orientation: int) -> None:
    """As the program of another maker writes it."""
    if not (exiftool := shutil.which("exiftool")):
        pytest.skip("exiftool is not installed")
    saved(folder / "a.jpg", orientation)
    _, (width, height), box = stored(orientation)
    region = (
        f"{{AppliedToDimensions={{W={width},H={height},Unit=pixel}},RegionList=[{{Area={{X={box.x},Y={box.y},W={box.w},"
        f"H={box.h},Unit=normalized}},Name=Ada,Type=Face}}]}}"
    )
    subprocess.run([exiftool, "-q", f"-RegionInfo={region}", str(folder / "a.jpg")], check=True)


def by_yolo(folder: Path, orientation: int) -> None:
    saved(folder / "a.jpg", orientation)
    (folder / "a.txt").write_text(f"1 {SEEN.x} {SEEN.y} {SEEN.w} {SEEN.h}\n")
    (folder / "data.yaml").write_text("path: .\nnames:\n  0: cat\n  1: Ada\nnc: 2\n")


def _coco(size: tuple[int, int], box: Box) -> str:
    width, height = size
    corner = [(box.x - box.w / 2) * width, (box.y - box.h / 2) * height, box.w * width, box.h * height]
    return json.dumps(
        {
            "images": [{"id": 7, "file_name": "a.jpg", "width": width, "height": height}],
            "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": corner, "iscrowd": 0}],
            "categories": [{"id": 3, "name": "Ada"}],
        }
    )


def by_coco_as_seen(folder: Path, orientation: int) -> None:
    saved(folder / "a.jpg", orientation)
    (folder / "_annotations.coco.json").write_text(_coco(UPRIGHT, SEEN))


def by_coco_as_stored(folder: Path, orientation: int) -> None:
    saved(folder / "a.jpg", orientation)
    _, size, box = stored(orientation)
    (folder / "annotations").mkdir()
    told = _coco(size, box) if orientation >= 5 else _coco(UPRIGHT, SEEN)
    (folder / "annotations" / "instances_default.json").write_text(told)


def by_coco_of_label_studio(folder: Path, orientation: int) -> None:
    saved(folder / "a.jpg", orientation)
    told = json.loads(_coco(UPRIGHT, SEEN)) | {"info": {"contributor": "Label Studio"}}
    width, height = stored(orientation)[1]
    (image,) = told["images"]
    image |= {"file_name": "../media/upload/1/0123abcd-a.jpg", "width": width, "height": height}
    (folder / "result.json").write_text(json.dumps(told))


def by_label_studio(folder: Path, orientation: int) -> None:
    saved(folder / "a.jpg", orientation)
    corner = {"x": 100 * (SEEN.x - SEEN.w / 2), "y": 100 * (SEEN.y - SEEN.h / 2)}
    value = {**corner, "width": 100 * SEEN.w, "height": 100 * SEEN.h, "rotation": 0, "rectanglelabels": ["Ada"]}
    drawn = {"original_width": UPRIGHT[0], "original_height": UPRIGHT[1], "image_rotation": 0, "value": value}
    task = {
        "id": 1,
        "data": {"image": "/data/upload/1/0123abcd-a.jpg"},
        "annotations": [{"id": 1, "was_cancelled": False, "result": [{**drawn, "type": "rectanglelabels"}]}],
    }
    (folder / "project-1-at-2024-05-01-10-11-abcdef01.json").write_text(json.dumps([task]))


def told(folder: Path) -> Analysis:
    """What the analysis makes of the picture there."""
    result = analysed(folder / "a.jpg")
    assert isinstance(result, Analysis)
    return result
