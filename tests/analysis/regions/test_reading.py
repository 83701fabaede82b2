"""What each format of regions says, beside where."""

import json

import pytest

from app.analysis.analyzer import Analyzer
from app.analysis.formats.xmp import parse_xmp
from app.analysis.metadata.notes import parse_text_notes
from app.analysis.regions.areas import read_areas
from app.analysis.regions.coco import read_coco
from app.analysis.regions.datasets import index_of
from app.analysis.regions.measured import Measured
from app.analysis.regions.yolo import NO_CLASSES, Classes, find_strange_line, is_yolo, parse_classes, read_yolo
from app.media import FoundFile, Job, Stage
from app.regions import Box, RegionKind, RegionSource
from tests.analysis.formats.packets import packet
from tests.analysis.pictures.pictures import RECIPE, TOLD
from tests.analysis.regions.drawn import AREAS, area, of_microsoft, of_the_group, saved, told

PICTURE = Measured((300, 200), 1)
BOX = Box(0.5, 0.5, 0.2, 0.2)


def areas(inside, size=(300, 200)):
    return read_areas(parse_xmp(packet(inside, AREAS)), RegionSource.XMP, size, 1)


def test_kinds_and_names_of_areas():
    point = '<rdf:Description mwg-rs:Type="Focus"><mwg-rs:Area stArea:x="0.25" stArea:y="0.5"/></rdf:Description>'
    code = area(BOX, "", "BarCode").replace('mwg-rs:Name=""', 'mwg-rs:BarCodeValue="4006381333931"')
    found = areas(of_the_group(None, area(BOX, "Rex", "Pet"), area(BOX, ""), code, point, area(BOX, "roof", "")))
    assert {(region.kind, region.label) for region in found} == {
        (RegionKind.PET, "Rex"),
        (RegionKind.FACE, "face"),
        (RegionKind.BARCODE, "4006381333931"),
        (RegionKind.FOCUS, "focus"),
        (RegionKind.OBJECT, "roof"),
    }
    assert next((region.x, region.w) for region in found if region.kind is RegionKind.FOCUS) == (0.25, 0)


def test_a_circle_is_a_part_of_the_shorter_side_and_pixels_are_told_by_their_unit():
    circle = area(BOX).replace('stArea:w="0.2" stArea:h="0.2"', 'stArea:d="0.3"')
    (region,) = areas(of_the_group((300, 200), circle))
    assert (region.w, region.h) == (0.2, 0.3)
    in_pixels = area(Box(150, 100, 30, 20)).replace("normalized", "pixel")
    (region,) = areas(of_the_group((300, 200), in_pixels))
    assert (region.x, region.y, region.w, region.h) == (0.5, 0.5, 0.1, 0.1)
    assert not areas(of_the_group(None, in_pixels.replace("pixel", "inch")))  # no part of anything


def test_the_areas_of_microsoft_count_only_without_those_of_the_group():
    assert [region.label for region in areas(of_microsoft(BOX, "Bo"))] == ["Bo"]
    assert [region.label for region in areas(of_microsoft(BOX, "Bo") + of_the_group(None, area(BOX)))] == ["Ada"]
    cut = of_microsoft(BOX, "Bo") + of_the_group((4000, 1000), area(BOX))
    assert not areas(cut), "they lie in the picture that it was cut from, too"


def test_each_area_keeps_its_own_name_where_another_has_none():
    far = Box(0.1, 0.1, 0.1, 0.1)
    found = areas(of_the_group(None, area(BOX, ""), area(far, "Bo")))
    assert {region.label: region.x for region in found} == {"face": 0.5, "Bo": 0.1}


def test_the_sidecar_stands_for_the_file(tmp_path):
    saved(tmp_path / "a.jpg", 1, packet(of_the_group(None, area(BOX, "Old")), AREAS))
    (tmp_path / "a.xmp").write_bytes(packet(of_the_group(None, area(BOX, "New")), AREAS))
    assert [(region.label, region.source) for region in told(tmp_path).regions.found] == [("New", "sidecar")]


@pytest.mark.parametrize(
    ("line", "classes", "seen"),
    [
        ("0 0.5 0.5 0.2 0.4", Classes({0: "cat"}), ("cat", (0.5, 0.5, 0.2, 0.4), None)),
        ("3 0.5 0.5 0.2 0.4 0.87", Classes({0: "cat"}), ("3", (0.5, 0.5, 0.2, 0.4), 0.87)),
        ("0 0.1 0.2 0.3 0.2 0.3 0.6", NO_CLASSES, ("0", (0.2, 0.4, 0.2, 0.4), None)),
        ("0 0.5 0.5 0.2 0.4 0.87 12", NO_CLASSES, ("0", (0.5, 0.5, 0.2, 0.4), 0.87)),
        ("0 0.1 0.2 0.3 0.2 0.3 0.6 0.5", NO_CLASSES, ("0", (0.2, 0.4, 0.2, 0.4), 0.5)),
        ("0 0.5 0.5 0.2 0.4 0.9 0.9 0.8 0.8", Classes({}, posed=True), ("0", (0.5, 0.5, 0.2, 0.4), None)),
    ],
)
def test_labels_of_yolo(line, classes, seen):
    (region,) = read_yolo(f"{line}\n", classes).found
    assert (region.label, (region.x, region.y, region.w, region.h), region.confidence) == seen


def test_pixels_are_no_labels_of_yolo_and_a_caption_is_none():
    assert read_yolo("0 120 80 60 40", NO_CLASSES).found == ()
    assert not is_yolo("")
    assert not is_yolo("a cat on a mat\n0 0.5 0.5 0.2 0.4")
    assert parse_text_notes("0 0.5 0.5 0.2 0.4") is None


@pytest.mark.parametrize(
    "text",
    [
        "names: ['cat', \"red dog\"]\nnc: 2",
        "names: [cat, red dog]  # two",
        "names:\n- cat\n- red dog\n",
        "nc: 2\nnames:\n  0: cat\n  1: 'red dog'\npath: x",
        "names: {0: cat, 1: red dog}",
        "names: [\n  cat,\n  red dog,\n]\n",
    ],
)
def test_the_names_of_classes_in_each_form_of_a_data_yaml(text):
    assert parse_classes(b"data.yaml", text).names == {0: "cat", 1: "red dog"}


def test_the_names_of_classes_in_lines():
    assert parse_classes(b"a/classes.txt", "cat\nred dog\n").names == {0: "cat", 1: "red dog"}
    assert parse_classes(b"data.yaml", "kpt_shape: [17, 2]\nnames: [a]").posed
    odd = "names: ['a]b', \"c, d\", don't]"
    assert parse_classes(b"data.yaml", odd).names == {0: "a]b", 1: "c, d", 2: "don't"}
    assert parse_classes(b"data.yaml", "names: {'0': \"a, b\", 2: c}").names == {0: "a, b", 2: "c"}


def test_names_of_classes_are_found_above_and_an_empty_text_is_a_look(tmp_path):
    (tmp_path / "a").mkdir()
    saved(tmp_path / "a" / "a.jpg", 1)
    (tmp_path / "a" / "a.txt").write_text("")
    assert told(tmp_path / "a").regions.looked == frozenset()
    (tmp_path / "a" / "classes.txt").write_text("cat\n")
    seen = told(tmp_path / "a")
    assert (seen.regions.found, seen.regions.looked) == ((), {RegionSource.YOLO})


def test_labels_in_a_folder_of_their_own_are_told_by_what_they_hold(tmp_path):
    picture = tmp_path / "images" / "train" / "a.jpg"
    labels = tmp_path / "labels" / "train" / "a.txt"
    for folder in (picture.parent, labels.parent):
        folder.mkdir(parents=True)
    saved(picture, 1)
    (tmp_path / "data.yaml").write_text("names: [cat]")

    def seen():
        job = Job(FoundFile("r", b"images/train/a.jpg", 1, 1), TOLD, TOLD)
        result = Analyzer({"r": str(tmp_path)}, RECIPE)(job)
        return [region.label for region in result.regions.found], result.regions.looked, result.metadata.caption

    assert seen() == ([], frozenset(), None)
    labels.write_text("0 0.5 0.5 0.2 0.4\n")
    assert seen() == (["cat"], {RegionSource.YOLO}, None)
    labels.write_text("")
    assert seen() == ([], {RegionSource.YOLO}, None)
    labels.write_text("A cat sits on a mat.")
    assert seen() == ([], frozenset(), None)
    picture.with_suffix(".txt").write_text("0 0.1 0.1 0.1 0.1\n0 0.5 0.5 0.1 0.1\n")
    labels.write_text("0 0.5 0.5 0.2 0.4\n")
    assert seen()[0] == ["cat", "cat"], "those beside the picture come first"


def coco(**image):
    return {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 300, "height": 200, **image}],
        "categories": [{"id": 1, "name": "cat"}],
        "annotations": [
            {"image_id": 1, "category_id": 1, "bbox": [30, 20, 60, 40], "score": 0.5},
            {"image_id": 1, "category_id": 9, "bbox": [], "segmentation": [[0, 0, 30, 0, 30, 20]]},
            {"image_id": 2, "category_id": 1, "bbox": [0, 0, 1, 1]},
            "odd",
        ],
    }


def test_boxes_and_outlines_of_coco():
    ((named, said),) = read_coco(coco())
    assert named.path == "a.jpg"
    found = {(region.label, region.x, region.w, region.confidence) for region in said.regions(PICTURE).found}
    assert found == {("cat", 0.2, 0.2, 0.5), ("9", 0.05, 0.1, None)}


@pytest.mark.parametrize(
    ("said", "path", "fits"),
    [
        ("a.jpg", "a.jpg", True),
        ("images/a.jpg", "a.jpg", True),
        ("/home/me/set/images/a.jpg", "images/a.jpg", True),
        ("C:\\set\\images\\a.jpg", "images/a.jpg", True),
        ("train/a.jpg", "val/a.jpg", False),
        ("b.jpg", "a.jpg", False),
    ],
)
def test_which_picture_annotations_mean(said, path, fits):
    index = index_of(json.dumps(coco(file_name=said)).encode())
    assert (index.find(path, PICTURE) is not None) is fits


def test_a_picture_of_another_shape_is_another_picture():
    index = index_of(json.dumps(coco()).encode())
    assert index.find("a.jpg", Measured((400, 400), 1)) is None
    assert index.find("a.jpg", Measured((150, 100), 1)) is not None


CAT = "0 0.5 0.5 0.2 0.4"


@pytest.mark.parametrize(
    "damaged",
    [
        "1 120 80 60 40",
        "1 0.5 0.5 0.2",
        "1 nan nan nan nan",
        "1",
        "1 0.1 0.2 0.3 0.2 0.3 7 0.4 0.4",
        "1 0.5 0.5 0 0.1",
        "1 0.5 0.5 0 0",
        "1 -0.5 0.5 0.2 0.4",
    ],
)
def test_labels_of_which_one_has_no_place_are_no_look(damaged):
    text = f"{CAT}\n{damaged}\n"
    assert is_yolo(text), "and no caption"
    seen = read_yolo(text, NO_CLASSES)
    assert ([region.label for region in seen.found], seen.looked, seen.in_part) == (["0"], frozenset(), True)
    assert read_yolo(CAT, NO_CLASSES).looked_whole


@pytest.mark.parametrize("strange", ["bad line", "# a comment", "cat 0.5 0.5 0.2 0.4"])
def test_a_strange_line_among_labels_is_named_and_the_text_is_no_caption(strange):
    text = f"{CAT}\n\n{strange}\n{CAT}\n"
    assert find_strange_line(text, labels_alone=False) == 3
    assert parse_text_notes(text) is None
    assert find_strange_line(f"{strange}\n{CAT}", labels_alone=True) == 1, "nothing else is written there"


@pytest.mark.parametrize("caption", [f"a cat on a mat\n{CAT}", "1girl, solo", "7 5 5 5 cats", "", CAT])
def test_captions_and_sound_labels_have_no_strange_line(caption):
    assert find_strange_line(caption, labels_alone=False) is None


def test_labels_that_are_not_read_are_noted_on_the_picture(tmp_path):
    saved(tmp_path / "a.jpg", 1)

    def noted(text):
        (tmp_path / "a.txt").write_text(text)
        failure = told(tmp_path).stages[Stage.METADATA]
        return failure.cause, failure.reason

    assert noted(f"{CAT}\n{CAT}\nbad line") == (
        "damaged_sidecar",
        "a.txt is not read as labels: line 3 is no label of YOLO.",
    )
    assert noted(f"{CAT}\n1 -0.5 0.5 0.2 0.4") == (
        "damaged_sidecar",
        "Line 2 of the labels in a.txt is left out: it is no area of the picture.",
    )
    assert noted("a cat on a mat") == (None, None)
    assert noted(CAT) == (None, None)


def test_annotations_of_which_one_has_no_place_are_no_look():
    def told_of(**changed):
        boxed = {"image_id": 1, "category_id": 1, "bbox": [30, 20, 60, 40]}
        said = coco() | {"annotations": [boxed, boxed | changed]}
        return index_of(json.dumps(said).encode()).find("a.jpg", PICTURE).regions(PICTURE)

    assert told_of(category_id=2).looked == {RegionSource.COCO}
    for changed in ({"bbox": [1, 2]}, {"bbox": None}, {"bbox": [9000, 0, 5, 5]}, {"bbox": [3, 3, 0, 4]}):
        assert told_of(**changed).looked == frozenset()
        assert len(told_of(**changed).found) == 1
    without = {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 1, "bbox": [1, 2, 3, 4]}]}
    seen = index_of(json.dumps(without).encode()).find("a.jpg", PICTURE).regions(PICTURE)
    assert (seen.found, seen.looked) == ((), frozenset())


def test_two_files_of_annotations_have_looked_only_where_neither_leaves_anything_out(tmp_path):
    saved(tmp_path / "a.jpg", 1)
    whole = {**coco(), "annotations": [{"image_id": 1, "category_id": 1, "bbox": [30, 20, 60, 40]}]}
    (tmp_path / "instances_a.json").write_text(json.dumps(whole))
    assert told(tmp_path).regions.looked == {RegionSource.COCO}
    (tmp_path / "instances_b.json").write_text(json.dumps(coco(width=None)))
    seen = told(tmp_path).regions
    assert (len(seen.found), seen.looked) == (1, frozenset())


def test_json_that_is_neither_says_nothing_and_broken_json_is_refused():
    assert index_of(b'{"a": 1}').by_name == {}
    assert index_of(b"[]").by_name == {}
    with pytest.raises(ValueError, match="Expecting"):
        index_of(b"{")


@pytest.mark.parametrize(
    "odd", ["{", json.dumps(coco(width=10**400)), json.dumps(coco(id=[1])), '{"images": [1, [2]]}']
)
def test_an_odd_file_of_annotations_costs_no_picture_its_other_metadata(tmp_path, odd):
    saved(tmp_path / "a.jpg", 1, packet("<dc:title><rdf:Alt><rdf:li>Lake</rdf:li></rdf:Alt></dc:title>"))
    (tmp_path / "annotations.json").write_text(odd)
    seen = told(tmp_path)
    assert (seen.metadata.title, seen.regions.found) == ("Lake", ())
