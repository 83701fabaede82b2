"""What barcodes say, and where they are seen; skipped without the extra `barcodes`."""

from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest
from PIL import Image

from app.analysis import recipes
from app.analysis.analyzer import Analyzer
from app.analysis.nsfw.weights import Weights
from app.analysis.pictures.image import SHORT_SIDE
from app.analysis.recipes import APPLIES, VERSIONS, Recipes
from app.analysis.regions import barcodes
from app.analysis.regions.barcodes import find_reader
from app.formats import Kind
from app.media import FoundFile, Job, Recipe, Stage
from app.regions import RegionSource
from tests.analysis.regions.drawn import turned

zxingcpp = pytest.importorskip("zxingcpp")
BARCODES = frozenset({Stage.BARCODES})


def drawn(text, format_="QRCode", scale=6):
    """The code alone, black on white."""
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, format_))
    return Image.fromarray(np.array(code.to_image(scale=scale, add_quiet_zones=False)))


def shelf(size=(600, 400), *, codes=(("box 4", "QRCode", (90, 210)), ("4006381333931", "EAN13", (250, 40)))):
    """A picture with codes in it, and where each is: left, top, right, bottom as parts of it."""
    picture, places = Image.new("RGB", size, "white"), {}
    for text, format_, at in codes:
        code = drawn(text, format_, 6 if format_ == "QRCode" else 3)
        code = code.crop((0, 0, code.width, 140)) if format_ == "EAN13" else code  # without the ends of longer bars
        picture.paste(code.convert("RGB"), at)
        right, bottom = at[0] + code.width, at[1] + code.height
        places[text] = (at[0] / size[0], at[1] / size[1], right / size[0], bottom / size[1])
    return picture, places


def read(path, stages=BARCODES):
    recipe = Recipe(dict(VERSIONS), dict(APPLIES), {Stage.NSFW: "no weights"}, barcode_reader=find_reader())
    return Analyzer({"r": str(path.parent)}, recipe)(Job(FoundFile("r", path.name.encode(), 1, 1), stages, stages))


def off(region, place):
    sides = (region.x - region.w / 2, region.y - region.h / 2, region.x + region.w / 2, region.y + region.h / 2)
    return max(abs(one - other) for one, other in zip(sides, place, strict=True))


def test_codes_are_read_where_they_are_seen_under_all_eight_orientations(tmp_path):
    picture, places = shelf()
    for orientation in range(1, 9):
        path = tmp_path / f"{orientation}.jpg"
        turned(picture, orientation, path)
        result = read(path)
        assert [one.label for one in result.regions.found] == ["4006381333931", "box 4"], orientation
        assert result.regions.looked == {RegionSource.BARCODE}
        for region in result.regions.found:
            assert off(region, places[region.label]) <= 0.01, (orientation, region)
            assert (region.kind, region.source, region.confidence) == ("barcode", "barcode", None)
            assert region.model.startswith("zxing-cpp ")


def test_a_picture_without_codes_was_looked_at(tmp_path):
    Image.new("RGB", (60, 40), "teal").save(tmp_path / "a.png")
    result = read(tmp_path / "a.png")
    assert (result.regions.found, result.regions.looked) == ((), {RegionSource.BARCODE})
    assert result.stages[Stage.BARCODES].status == "done"


def test_a_code_is_read_that_is_too_small_in_what_the_other_stages_are_shown(tmp_path):
    code = drawn("small", scale=3)
    picture = Image.new("RGB", (4_000, 3_000), "white")
    picture.paste(code.convert("RGB"), (1_501, 1_101))
    picture.save(tmp_path / "a.jpg", quality=90)
    assert not zxingcpp.read_barcodes(picture.reduce(3_000 // SHORT_SIDE + 1).convert("L"))
    without = read(tmp_path / "a.jpg", frozenset({Stage.THUMBNAIL}))
    both = read(tmp_path / "a.jpg", BARCODES | {Stage.THUMBNAIL})
    assert [one.label for one in both.regions.found] == ["small"]
    assert both.picture == without.picture


def test_a_label_is_bounded_and_one_line(tmp_path):
    picture, _ = shelf((900, 900), codes=[("word\n" * 60, "QRCode", (30, 30))])
    picture.save(tmp_path / "a.png")
    (region,) = read(tmp_path / "a.png").regions.found
    assert region.label == ("word " * 60)[:200]


def test_regions_of_several_stages_are_kept_together(tmp_path):
    picture, _ = shelf()
    picture.save(tmp_path / "a.png")
    (tmp_path / "classes.txt").write_text("box\n")
    (tmp_path / "a.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    result = read(tmp_path / "a.png", BARCODES | {Stage.METADATA})
    assert {one.source for one in result.regions.found} == {RegionSource.YOLO, RegionSource.BARCODE}
    assert result.regions.looked == {RegionSource.YOLO, RegionSource.BARCODE}


def test_damage_is_said_and_videos_are_not_asked(tmp_path):
    picture, _ = shelf()
    picture.save(tmp_path / "a.jpg")
    content = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(content[: len(content) // 2])
    result = read(tmp_path / "a.jpg")
    assert (result.stages[Stage.BARCODES].cause, result.regions) == ("truncated_image", None)
    assert APPLIES[Stage.BARCODES] == {Kind.IMAGE}


def test_without_the_reader_the_stage_says_what_brings_it(monkeypatch, tmp_path):
    recipe = Recipes(Weights(None, tmp_path)).now()
    assert Stage.BARCODES in recipe.possible(BARCODES)
    monkeypatch.setattr(recipes, "find_reader", lambda: None)
    recipe = Recipes(Weights(None, tmp_path)).now()
    assert "media-ingest[barcodes]" in recipe.unavailable[Stage.BARCODES]
    assert recipe.possible(BARCODES) == frozenset()


def test_a_reader_that_has_no_record_of_its_package_is_still_one(monkeypatch):
    def nothing_known(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(barcodes, "version", nothing_known)
    assert find_reader().name == "zxing-cpp"
