"""Layouts told by their shapes and names, boxes chosen among those around one thing, pictures fitted in: all pure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.detector.choosing import MOST, OVERLAP, choose, suppress
from app.analysis.detector.layouts import Found, NotUsable, Output, Reading, check_sense, read_outputs, recognise
from app.analysis.detector.letterbox import fit
from app.models import DetectorModel, Layout, Shown

SIZE = (640, 640)
YOLOX = 80 * 80 + 40 * 40 + 20 * 20


def alone(*shape):
    return [Output(frozenset({"output0"}), shape)]


def named(**shapes):
    return [Output(frozenset({name}), shape, whole=name in ("labels", "num_dets")) for name, shape in shapes.items()]


@pytest.mark.parametrize(
    ("outputs", "labels", "layout"),
    [
        (alone(1, 84, 8_400), 80, Layout.YOLO),
        (alone(1, 84, None), 80, Layout.YOLO),
        (alone(1, 5, 8_400), 1, Layout.YOLO),
        (alone(1, 6, 8_400), 2, Layout.YOLO),
        (alone(1, 25_200, 85), 80, Layout.YOLO_V5),
        (alone(1, None, 85), 80, Layout.YOLO_V5),
        (alone(1, 25_200, 6), 1, Layout.YOLO_V5),
        (alone(1, 300, 6), 80, Layout.END_TO_END),
        (alone(1, 18_900, 6), 1, Layout.YOLO_V5),
        (alone(1, 6_000, 85), 80, Layout.YOLO_V5),  # of two scales
        (alone(None, None, 6), 80, Layout.END_TO_END),
        (alone(1, 1, 200, 7), 90, Layout.SSD),
        (named(boxes=(None, 4), labels=(None,), scores=(None,)), 91, Layout.TORCHVISION),
        (named(scores=(1, 100), boxes=(1, 100, 4), labels=(1, 100), num_dets=(1, 1)), 80, Layout.TORCHVISION),
        (
            named(detection_scores=(1, 9), detection_boxes=(1, 9, 4), detection_classes=(1, 9), num_detections=(1,)),
            90,
            Layout.TENSORFLOW,
        ),
    ],
)
def test_a_layout_is_told_by_names_and_shapes(outputs, labels, layout):
    assert recognise(outputs, labels, SIZE).layout is layout


@pytest.mark.parametrize(
    ("outputs", "labels"),
    [
        (alone(1, 84, 8_400), 79),  # of other labels
        (alone(1, 116, 8_400), 80),  # masks behind the classes
        (alone(1, YOLOX, 85), 80),  # boxes that are still to be worked out
        (alone(1, None, 6), 1),  # two ways
        (alone(1, 6, 6), 2),
        (alone(1, 300, 6), 1),  # says not that it is end to end
        (alone(1, 300, 6), 2),  # RT-DETR: four sides, two scores
        (alone(1, 300, 84), 79),  # RT-DETR of 80 labels
        (alone(1, YOLOX, 6), 1),
        (alone(1, 2_000, 6), 1),  # YOLOX of two scales
        (named(boxes=(None, 4), labels=(None,), scores=(None,), masks=(None, 1, 640, 640)), 91),
        (named(detection_scores=(1, 9), detection_boxes=(1, 9, 4), detection_classes=(1, 9), detection_masks=(1,)), 90),
        (alone(4, 84, 8_400), 80),  # pictures four at a time
        (alone(1, 1_000), 1_000),  # it only says what a picture shows
        (named(boxes=(None, 4), more=(None, 4), labels=(None,), scores=(None,)), 91),
        (named(boxes=(None, 4), scores=(None,)), 91),
        ([], 80),
    ],
)
def test_what_cannot_be_told_surely_is_refused_with_its_shape(outputs, labels):
    with pytest.raises(NotUsable) as refused:
        recognise(outputs, labels, SIZE)
    assert refused.value.cause == "detector_layout_unknown"


@pytest.mark.parametrize(("side", "rows"), [(160, 525), (160, 3 * 525), (256, 960), (320, 500)])
def test_as_many_rows_as_a_yolo_has_places_are_not_few(side, rows):
    for labels in (1, 2, 80):
        try:
            assert recognise(alone(1, rows, 6), labels, (side, side)).layout is Layout.YOLO_V5
        except NotUsable:
            continue
        assert labels == 1
        assert rows in (3 * 525, 960)


@pytest.mark.parametrize(
    "said",
    [{"end2end": "True"}, {"end2end": "false", "nms": "true"}, {"args": "{'batch': 1, 'nms': True}", "task": "detect"}],
)
def test_a_model_of_few_labels_is_end_to_end_if_it_says_so(said):
    for labels in (1, 2):
        assert recognise(alone(1, 300, 6), labels, SIZE, said).layout is Layout.END_TO_END
        with pytest.raises(NotUsable):
            recognise(alone(1, 300, 6), labels, SIZE, {"end2end": "False", "args": "{'nms': False}"})


def test_what_is_made_for_something_else_is_refused_though_its_shape_would_do():
    with pytest.raises(NotUsable, match="made to pose"):
        recognise(alone(1, 56, 8_400), 52, SIZE, {"task": "pose"})


MASKED = named(boxes=(None, 4), labels=(None,), scores=(None,), masks=(None, 1, 640, 640))
WITH_PARTS = [*alone(1, 25_200, 85), *alone(1, 3, 80, 80, 85), *alone(1, 3, 40, 40, 85), *alone(1, 3, 20, 20, 85)]


@pytest.mark.parametrize(
    ("outputs", "labels", "could"),
    [
        (alone(1, None, 6), 1, {Layout.YOLO_V5, Layout.END_TO_END}),
        (alone(1, 300, 6), 2, {Layout.END_TO_END}),
        (alone(1, 6, 6), 2, {Layout.YOLO, Layout.END_TO_END}),
        (alone(1, YOLOX, 85), 80, {Layout.YOLO_V5}),  # YOLOX whose boxes are worked out
        (WITH_PARTS, 80, {Layout.YOLO_V5}),
        (MASKED, 91, {Layout.TORCHVISION}),
        (alone(1, 56, 8_400), 1, set()),  # poses behind the class
        (alone(1, 116, 8_400), 80, set()),  # masks behind the classes
        (alone(1, 84, 8_400), 79, set()),
    ],
)
def test_a_layout_that_is_named_counts_where_the_outputs_can_be_read_so(outputs, labels, could):
    with pytest.raises(NotUsable) as refused:
        recognise(outputs, labels, SIZE)
    assert all(layout in refused.value.sentence for layout in could)
    assert ("INGEST_DETECTOR_LAYOUT" in refused.value.sentence) is bool(could)
    for layout in Layout:
        if layout in could:
            assert recognise(outputs, labels, SIZE, named=layout).layout is layout
        else:
            with pytest.raises(NotUsable, match=f"layout {layout}, which INGEST_DETECTOR_LAYOUT") as refused:
                recognise(outputs, labels, SIZE, named=layout)
            assert refused.value.cause == "detector_layout_unknown"


@pytest.mark.parametrize(
    ("layout", "row", "word"),
    [
        (Layout.TORCHVISION, (0.1, 0.1, 0.9, 1.0, 0.9, 0), "parts of the picture"),
        (Layout.YOLO_V5, (1.5, -0.5, 3.1, 2.9, 0.9, 0), "over the picture"),  # YOLOX, whose boxes are not worked out
        (Layout.YOLO, (1, 1, 600, 600, 355.0, 0), "its scores lie"),  # a pose, whose places are read as scores
        (Layout.YOLO, (1, 1, 600, 600, -0.5, 0), "its scores lie"),
        (Layout.END_TO_END, (1, 1, 9, 9, 0.9, 0.3), "no whole numbers"),  # YOLOv5 with one label
    ],
)
def test_what_makes_no_sense_in_a_layout_is_noticed_at_a_plain_picture(layout, row, word):
    with pytest.raises(NotUsable, match=word) as refused:
        check_sense(layout, found_of(row), SIZE)
    assert refused.value.cause == "detector_layout_unknown"


@pytest.mark.parametrize(
    ("layout", "rows"),
    [
        (Layout.SSD, [(0.1, 0.1, 0.9, 1.0, 0.9, 0)]),
        (Layout.END_TO_END, [(1, 1, 9, 9, 1.0, 0), (0,) * 6]),
        (Layout.YOLO, [(1, 1, 9, 9, 0, 0), (610, 610, 642, 642, 0.1, 3)]),
        (Layout.YOLO, []),
        (Layout.YOLO, [(0,) * 6]),
    ],
)
def test_what_makes_sense_is_taken(layout, rows):
    check_sense(layout, found_of(*rows), SIZE)


def test_outputs_are_taken_in_the_order_of_their_roles():
    outputs = named(scores=(None,), labels=(None,), boxes=(None, 4))
    assert recognise(outputs, 91, SIZE) == Reading(Layout.TORCHVISION, (2, 1, 0))


def test_what_is_no_number_is_left_out():
    rows = np.array([[[1, 2, 3, 4, 0.5, 0], [np.nan, 2, 3, 4, 0.9, 1], [1, 2, 3, 4, np.inf, 1]]], np.float32)
    found = read_outputs(Reading(Layout.END_TO_END), [rows], SIZE)
    assert (found.boxes.tolist(), found.scores.tolist(), found.classes.tolist()) == ([[1, 2, 3, 4]], [0.5], [0])


def test_a_box_of_yolo_v5_is_as_sure_as_box_and_class_are_together():
    rows = np.array([[[50, 40, 20, 10, 0.5, 0.2, 0.8]]], np.float32)
    found = read_outputs(Reading(Layout.YOLO_V5), [rows], SIZE)
    assert found.boxes.tolist() == [[40, 35, 60, 45]]
    assert (round(float(found.scores[0]), 6), found.classes.tolist()) == (0.4, [1])


def found_of(*rows):
    told = np.array(rows, np.float64).reshape(-1, 6)
    return Found(told[:, :4], told[:, 4], told[:, 5])


def test_of_boxes_around_one_thing_the_surest_stays_and_other_classes_do_not_count():
    found = found_of((0, 0, 10, 10, 0.6, 0), (1, 0, 11, 10, 0.9, 0), (0, 0, 10, 10, 0.5, 1), (8, 0, 18, 10, 0.3, 0))
    chosen = choose(found, 0.25, overlaps=True)
    assert list(zip(chosen.scores.tolist(), chosen.classes.tolist(), strict=True)) == [(0.9, 0), (0.5, 1), (0.3, 0)]
    assert len(choose(found, 0.25, overlaps=False).scores) == 4
    assert choose(found, 0.55, overlaps=True).scores.tolist() == [0.9]


def test_no_more_boxes_are_kept_than_a_picture_may_have():
    for number, whole in ((MOST, True), (MOST + 1, False), (4_000, False)):
        found = found_of(*((20 * n, 0, 20 * n + 10, 10, 0.5, 0) for n in range(number)))
        chosen = choose(found, 0.25, overlaps=True)
        assert (len(chosen.scores), chosen.whole) == (MOST, whole)
    assert choose(found, 0.6, overlaps=True).whole


def shared(one, other):
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    both = max(wide, 0) * max(high, 0)
    area = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - both
    return both / area if area else 0.0


BOXES = st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(1, 30)] * 2, st.integers(0, 2))


@given(st.lists(BOXES, max_size=25))
def test_suppression_agrees_with_one_box_held_against_each_that_was_kept(told):
    boxes = np.array([(x, y, x + w, y + h) for x, y, w, h, _ in told], np.float64).reshape(-1, 4)
    classes = np.array([number for *_, number in told], np.int64)
    kept = []
    for place in range(len(told)):
        if all(classes[place] != classes[one] or shared(boxes[one], boxes[place]) <= OVERLAP for one in kept):
            kept.append(place)
    assert suppress(boxes, classes) == kept


@given(st.integers(1, 9_000), st.integers(1, 9_000), st.integers(32, 1_280), st.integers(32, 1_280))
def test_a_box_comes_back_from_what_a_model_was_shown(width, height, wide, high):
    place = fit(width, height, Shown(wide, high))
    assert 0 <= place.left <= wide - place.width
    assert 0 <= place.top <= high - place.height
    assert place.width == wide or place.height == high
    whole = place.box(np.array([place.left, place.top, place.left + place.width, place.top + place.height]))
    assert (whole.x, whole.y, whole.w, whole.h) == pytest.approx((0.5, 0.5, 1, 1))


def test_a_class_without_a_label_is_called_by_its_number():
    model = DetectorModel("m", "0" * 64, "/m.onnx", (1, 1), ("cat", ""), Layout.YOLO, (0,), Shown(64, 64), 0.25)
    assert [model.label_of(number) for number in (0, 1, 2, -1)] == ["cat", "1", "2", "-1"]
