"""Areas of XMP against exiftool: of the files of the shared corpus that have any, and as exiftool writes them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from app.analysis.formats.xmp import parse_xmp
from app.analysis.regions.areas import read_areas
from app.media import Analysis
from app.regions import Box, RegionSource, from_corner, turn_box
from tests.analysis.pictures.pictures import analysed
from tests.analysis.regions.drawn import SEEN, saved, stored, told
from tests.support.server import shared

_MARKS = (b"mwg-rs:", b"MPReg:")


@pytest.fixture
def exiftool() -> str:
    if not (found := shutil.which("exiftool")):
        pytest.skip("exiftool is not installed")
    return found


def as_exiftool_says(exiftool: str, file: Path) -> list[tuple[float, ...]]:
    """The boxes of the upright picture, sorted; what is neither in pixels nor in parts of the picture has no place."""
    asked = [exiftool, "-j", "-n", "-struct", "-RegionInfo", "-RegionInfoMP", "-Orientation", str(file)]
    (said,) = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)
    size = said.get("RegionInfo", {}).get("AppliedToDimensions", {})
    boxes = []
    for one in said.get("RegionInfo", {}).get("RegionList", []):
        area = one.get("Area", {})
        sides = [float(area[name]) for name in "XYWH" if name in area]
        if area.get("Unit") == "pixel":
            sides = [side / float(size["WH"[place % 2]]) for place, side in enumerate(sides)]
        boxes += [Box(*sides)] if len(sides) == 4 and max(sides) <= 1 else []
    for one in said.get("RegionInfoMP", {}).get("Regions", []) if "RegionInfo" not in said else []:
        boxes.append(from_corner(*map(float, one["Rectangle"].split(","))))
    turned = (turn_box(box, said.get("Orientation", 1)) for box in boxes)
    return sorted((box.x, box.y, box.w, box.h) for box in turned)


def test_the_files_of_the_corpus_that_have_areas(exiftool):
    corpus = shared("corpus", "INGEST_TEST_CORPUS")
    files = [file for file in sorted(corpus.rglob("*")) if file.is_file()]
    marked = [file for file in files if any(mark in file.read_bytes() for mark in _MARKS)]
    assert marked
    for file in marked:
        if file.suffix == ".xmp":
            found = read_areas(parse_xmp(file.read_bytes()), RegionSource.SIDECAR, None, 1)
        else:
            result = analysed(file)
            found = result.regions.found if isinstance(result, Analysis) and result.regions else ()
        ours = sorted((one.x, one.y, one.w, one.h) for one in found)
        assert ours == pytest.approx(as_exiftool_says(exiftool, file), abs=0.01), file


@pytest.mark.parametrize("orientation", range(1, 9))
def test_what_exiftool_writes_for_microsoft_is_read_where_it_is(tmp_path, exiftool, orientation):
    saved(tmp_path / "a.jpg", orientation)
    box = stored(orientation)[2]
    corner = f"{box.x - box.w / 2}|, {box.y - box.h / 2}|, {box.w}|, {box.h}"
    region = f"{{Regions=[{{PersonDisplayName=Ada,Rectangle={corner}}}]}}"
    subprocess.run([exiftool, "-q", f"-RegionInfoMP={region}", str(tmp_path / "a.jpg")], check=True)
    (region,) = told(tmp_path).regions.found
    assert (region.x, region.y, region.w, region.h) == pytest.approx((SEEN.x, SEEN.y, SEEN.w, SEEN.h), abs=0.01)
    assert as_exiftool_says(exiftool, tmp_path / "a.jpg") == [pytest.approx((SEEN.x, SEEN.y, SEEN.w, SEEN.h), abs=0.01)]
