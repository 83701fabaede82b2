"""Label Studio's JSON and the COCO that it writes, in the forms in which version 1.23.2 writes them."""

import json

import pytest

from app.analysis.regions.addresses import named_at
from app.analysis.regions.datasets import index_of
from app.analysis.regions.label_studio import read_label_studio
from app.analysis.regions.measured import Measured
from app.regions import RegionSource

PICTURE = Measured((300, 200), 1)
VALUE = {"x": 10, "y": 20, "width": 20, "height": 40, "rotation": 0, "rectanglelabels": ["cat"]}
SHAPE = {"original_width": 300, "original_height": 200, "image_rotation": 0, "value": VALUE}
BOX = (0.2, 0.4, 0.2, 0.4)


def answer(*shapes, **others):
    return {"was_cancelled": False, "ground_truth": False, "result": list(shapes or [SHAPE]), **others}


def task(*answers, image="/data/upload/1/0123abcd-a.jpg", **others):
    return {"id": 1, "data": {"image": image}, "annotations": list(answers or [answer()]), "predictions": [], **others}


def minimal(*shapes, image="/data/upload/1/0123abcd-a.jpg", **others):
    drawn = [{**VALUE, "original_width": 300, "original_height": 200, **shape} for shape in shapes]
    label = {"label": drawn} if drawn else {}
    return {"image": image, "id": 1, **label, "annotator": 1, "annotation_id": 1, **others}


def seen(*told, path="a.jpg", picture=PICTURE, above=""):
    """What is said of the picture: its boxes, and who looked; None without a word of it."""
    said = index_of(json.dumps(told).encode()).find(path, picture, above)
    if said is None:
        return None
    regions = said.regions(picture)
    return [(one.x, one.y, one.w, one.h) for one in regions.found], regions.looked


LOOKED = frozenset({RegionSource.LABEL_STUDIO})


def test_a_turned_box_and_what_a_model_proposed():
    value = {"x": 50, "y": 50, "width": 20, "height": 15, "rotation": 90, "rectanglelabels": ["cat"]}
    prediction = {"model_version": "yolo-9", "result": [{**SHAPE, "value": value, "score": 0.25}]}
    ((named, said),) = read_label_studio([{**task(), "annotations": [], "predictions": [prediction]}])
    (region,) = said.regions(PICTURE).found
    assert named.path == "0123abcd-a.jpg"
    assert (region.x, region.y, region.w, region.h) == (0.45, 0.65, 0.1, 0.3)  # 60 x 30 px, turned about its corner
    assert (region.label, region.confidence, region.model) == ("cat", 0.25, "yolo-9")


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_how_the_picture_was_turned_in_the_editor_moves_no_box(degrees):
    assert seen(task(answer({**SHAPE, "image_rotation": degrees}))) == ([BOX], LOOKED)


def test_the_minimal_form():
    assert seen(minimal({})) == ([BOX], LOOKED)
    assert seen(minimal()) == ([], LOOKED), "somebody looked and found nothing"
    assert seen({"image": "a.jpg", "id": 1, "caption": "a cat"}) is None, "nobody has answered"


def test_of_several_answers_the_one_marked_as_the_truth_counts_or_else_the_newest():
    old, new = {"updated_at": "2026-11-30T17:52:34.7Z"}, {"updated_at": "2026-11-30T17:52:35.0Z"}
    moved = {**SHAPE, "value": {**VALUE, "x": 50}}
    assert seen(task(answer(**new), answer(moved, **old))) == ([BOX], LOOKED)
    assert seen(task(answer(ground_truth=True, **old), answer(moved, **new))) == ([BOX], LOOKED)
    assert seen(task(answer(**old), answer(moved, was_cancelled=True, **new))) == ([BOX], LOOKED)
    assert seen(minimal({}, **new), minimal({"x": 50}, **old)) == ([BOX], LOOKED)
    assert seen(task(answer(moved), answer())) == ([BOX], LOOKED), "the last, where no time is said"
    assert seen(task(answer(was_cancelled=True))) is None


CORNERS = [[10, 20], [30, 20], [30, 60], [10, 60]]
VERTICES = [{"x": x, "y": y, "isBezier": False} for x, y in CORNERS]


@pytest.mark.parametrize(
    "value",
    [
        {"points": CORNERS, "closed": True, "polygonlabels": ["cat"]},
        {"vertices": VERTICES, "closed": True, "vectorlabels": ["cat"]},
        {"x": 20, "y": 40, "radiusX": 10, "radiusY": 20, "rotation": 0, "ellipselabels": ["cat"]},
        {"x": 30, "y": 20, "width": 80 / 3, "height": 30, "rotation": 90, "rectanglelabels": ["cat"]},
    ],
)
def test_of_each_shape_the_box_around_it(value):
    boxes, looked = seen(task(answer({**SHAPE, "value": value})))
    assert (boxes, looked) == ([BOX], LOOKED)


def test_shapes_of_which_one_has_no_place_are_no_look():
    about_all = {"type": "choices", "value": {"choices": ["indoor"]}}
    assert seen(task(answer(SHAPE, about_all))) == ([BOX], LOOKED)
    brush = {**SHAPE, "value": {"format": "rle", "rle": [1, 2], "brushlabels": ["cat"]}}
    mask = {**SHAPE, "value": {"imageDataURL": "data:,", "bitmasklabels": ["cat"]}}
    curve = {**SHAPE, "value": {"vertices": [{**VERTICES[0], "isBezier": True}, *VERTICES], "vectorlabels": ["cat"]}}
    point = {**SHAPE, "value": {"x": 10, "y": 20, "width": 0.2, "keypointlabels": ["cat"]}}
    for odd in (brush, mask, curve, point, {**SHAPE, "value": {**VALUE, "x": None}}):
        assert seen(task(answer(SHAPE, odd))) == ([BOX], frozenset())


@pytest.mark.parametrize(
    ("address", "path", "uploaded"),
    [
        ("/data/upload/1/0123abcd-a.jpg", "0123abcd-a.jpg", "a.jpg"),
        ("http://localhost:8080/data/upload/0123abcd-a.jpg", "0123abcd-a.jpg", "a.jpg"),
        ("0123abcd-a.jpg", "0123abcd-a.jpg", "a.jpg"),
        ("../srv/media/upload/1/0123abcd-a.jpg", "0123abcd-a.jpg", "a.jpg"),
        ("images/0123abcd__a.jpg", "0123abcd__a.jpg", "a.jpg"),
        ("images\\0123abcd-a.jpg", "0123abcd-a.jpg", "a.jpg"),
        ("/data/upload/1/0123abcd-set_one_%C3%A9.png", "0123abcd-set_one_é.png", "set_one_é.png"),
        ("/data/local-files/?d=my%20set/train/a.jpg", "my set/train/a.jpg", None),
        ("/data/local-files/?d=upload/0123abcd-a.jpg", "upload/0123abcd-a.jpg", None),
        ("../srv/my set/train/0123abcd-a.jpg", "../srv/my set/train/0123abcd-a.jpg", None),
        ("s3://bucket/set/a.jpg", "a.jpg", None),
        ("https://example.org/a.jpg?size=1&d=2", "a.jpg", None),
        ("https://example.org/a.jpg?d=2", "a.jpg", None),
    ],
)
def test_by_which_address_a_picture_is_named(address, path, uploaded):
    named = named_at(address)
    assert (named.path, named.uploaded) == (path, uploaded)


@pytest.mark.parametrize(
    ("kept", "path"),
    [
        ("0123abcd-a.jpg", "a.jpg"),
        ("0123abcd-a.jpg", "images/a.jpg"),
        ("0123abcd-a.jpg", "images/0123abcd-a.jpg"),
        ("0123abcd-set_one_1_%C3%A9.jpg", "set one (1) é.jpg"),
        ("0123abcd-4567abcd-a.jpg", "4567abcd-a.jpg"),
    ],
)
def test_an_upload_is_known_by_both_of_its_names(kept, path):
    assert seen(task(image=f"/data/upload/1/{kept}"), path=path) == ([BOX], LOOKED)


def test_a_name_that_fits_as_it_is_counts_before_one_that_an_upload_had():
    other = task(answer({**SHAPE, "value": {**VALUE, "x": 50}}), image="a.jpg", id=2)
    assert seen(task(), other) == ([(0.6, 0.4, 0.2, 0.4)], LOOKED)
    assert seen(task(), {**task(image="/data/upload/1/4567abcd-a.jpg"), "id": 2}) is None, "two were called so"


def test_an_export_in_one_of_two_folders_with_the_same_names_means_that_folder():
    there, elsewhere = (task(image=f"/data/local-files/?d=set/{folder}/a.jpg") for folder in ("train", "val"))
    told = there, {**elsewhere, "annotations": [answer({**SHAPE, "value": {**VALUE, "x": 50}})]}
    assert seen(*told, above="my set/train") == ([BOX], LOOKED)
    assert seen(*told, above="my set") is None


@pytest.mark.parametrize("name", ["image", "undefined$", "page_scan"])
def test_a_picture_is_found_whatever_a_project_calls_it(name):
    data = {"title": "Two cats", name: "/data/upload/1/0123abcd-a.jpg"}
    assert seen({**task(), "data": data}, {**task(), "data": {"text": "no picture"}, "id": 2}) == ([BOX], LOOKED)
    assert seen({**data, "id": 1, "label": minimal({})["label"]}) == ([BOX], LOOKED)


def coco(size, *annotations):
    width, height = size
    return {
        "images": [{"width": width, "height": height, "id": 0, "file_name": "../srv/media/upload/1/0123abcd-a.jpg"}],
        "categories": [{"id": 0, "name": "cat"}],
        "annotations": [{"id": 0, "image_id": 0, "category_id": 0, "iscrowd": 0, **one} for one in annotations],
        "info": {"contributor": "Label Studio"},
    }


RECTANGLE = {"segmentation": [], "bbox": [30, 40, 60, 80]}  # px of the picture as it is seen, 300 x 200


def test_its_coco_of_a_turned_photo_has_the_sides_of_the_file_and_boxes_of_what_is_seen():
    outline = {"segmentation": [[20, 60, 60, 60, 60, 180, 20, 180]], "bbox": [20, 60, 40, 120]}  # px of 200 x 300
    for orientation in (6, 8):
        picture = Measured((200, 300), orientation)
        for one in (RECTANGLE, outline):
            said = index_of(json.dumps(coco((200, 300), one)).encode()).find("a.jpg", picture)
            assert said is not None
            (region,) = said.regions(picture).found
            assert (region.x, region.y, region.w, region.h) == BOX


def test_of_formats_that_browsers_turn_differently_only_the_shape_tells_what_was_drawn_on():
    turned = Measured((200, 300), 6, seen_alike=False)
    on_its_head = Measured((300, 200), 3, seen_alike=False)
    assert seen(task(), picture=turned) == ([BOX], LOOKED)
    assert seen(task(), picture=on_its_head) == ([], frozenset())
    assert seen(task(), picture=Measured((300, 200), 1, seen_alike=False)) == ([BOX], LOOKED)
    said = index_of(json.dumps(coco((200, 300), RECTANGLE)).encode()).find("a.jpg", turned)
    assert said is not None
    assert said.regions(turned).found == ()
