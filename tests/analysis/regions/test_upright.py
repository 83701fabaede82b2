"""A box that any program measured is where it is seen, whatever way the file is turned."""

import pytest
from PIL import Image

from app.regions import Box, Region, clip_box, turn_box, turn_needed
from tests.analysis.pictures.pictures import analysed
from tests.analysis.regions import drawn
from tests.analysis.regions.drawn import SEEN, told

WRITERS = [
    drawn.by_group,
    drawn.by_group_of_the_upright,
    drawn.by_microsoft,
    drawn.by_yolo,
    drawn.by_coco_as_seen,
    drawn.by_coco_as_stored,
    drawn.by_label_studio,
    drawn.by_coco_of_label_studio,
]


def is_seen(region: Region) -> bool:
    """Within 1 % of where it is."""
    sides = ("x", "y", "w", "h")
    return all(abs(getattr(region, side) - getattr(SEEN, side)) <= 0.01 for side in sides)


@pytest.mark.parametrize("write", WRITERS)
def test_a_box_is_where_it_is_seen_under_all_eight_orientations(tmp_path, write):
    for orientation in range(1, 9):
        folder = tmp_path / str(orientation)
        folder.mkdir()
        write(folder, orientation)
        (region,) = told(folder).regions.found
        assert is_seen(region), (orientation, region)
        assert region.label == "Ada"


@pytest.mark.parametrize("orientation", [1, 6])
def test_so_it_is_where_exiftool_wrote_it(tmp_path, orientation):
    drawn.by_exiftool(tmp_path, orientation)
    (region,) = told(tmp_path).regions.found
    assert is_seen(region)
    assert (region.label, region.kind, region.source) == ("Ada", "face", "xmp")


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_a_png_or_webp_that_exif_turns_has_no_labels_of_which_nobody_knows_how_it_was_seen(tmp_path, suffix):
    (tmp_path / "a.txt").write_text(f"0 {SEEN.x} {SEEN.y} {SEEN.w} {SEEN.h}\n")
    found = {}
    for orientation in (1, 3, 6):
        drawn.turned(Image.new("RGB", drawn.UPRIGHT, "black"), orientation, tmp_path / f"a.{suffix}")
        regions = analysed(tmp_path / f"a.{suffix}").regions
        found[orientation] = len(regions.found), regions.looked_whole
    assert found == {1: (1, True), 3: (0, False), 6: (0, False)}


def test_a_picture_that_was_cut_since_has_no_areas():
    assert turn_needed((4000, 3000), (3000, 3000), 1, if_both=1) is None
    assert turn_needed((4000, 3000), (2000, 1500), 6, if_both=6) == 6
    assert turn_needed((3000, 4000), (2000, 1500), 6, if_both=6) == 1
    assert turn_needed((4000, 3000), None, 6, if_both=6) == 6


def test_the_very_size_counts_before_the_shape_of_what_is_nearly_a_square():
    assert turn_needed((3960, 4000), (4000, 3960), 6, if_both=6) == 1
    assert turn_needed((4000, 3960), (4000, 3960), 6, if_both=1) == 6
    assert turn_needed((2000, 1980), (4000, 3960), 6, if_both=6) == 6


def test_turning_twice_brings_a_box_back():
    box = Box(0.2, 0.7, 0.1, 0.3)
    back = {6: 8, 8: 6}
    for orientation in range(1, 9):
        again = turn_box(turn_box(box, orientation), back.get(orientation, orientation))
        assert [round(side, 9) for side in (again.x, again.y, again.w, again.h)] == [0.2, 0.7, 0.1, 0.3]


def test_what_sticks_out_is_cut_off_and_what_lies_outside_is_no_box():
    assert clip_box(Box(0.0, 0.5, 0.2, 0.2)) == Box(0.05, 0.5, 0.1, 0.2)
    assert clip_box(Box(0.5, 0.5, 0, 0)) == Box(0.5, 0.5, 0, 0)  # a point where a camera focused
    assert clip_box(Box(1.5, 0.5, 0.2, 0.2)) is None
    assert clip_box(Box(float("nan"), 0.5, 0.2, 0.2)) is None
    assert clip_box(Box(0.5, 0.5, -0.2, 0.2)) is None
