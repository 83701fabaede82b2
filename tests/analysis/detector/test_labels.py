"""The labels of a detector, as Ultralytics writes them into ONNX, and as a person writes them beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.analysis.detector.labels import labels_of, metadata_of_onnx, read_beside
from app.analysis.detector.model import Detector
from app.regions import Box
from tests.analysis.detector.onnx_files import SEEN, metadata, number, part, write_onnx
from tests.analysis.detector.test_detecting import MEMORY_MB, detected


def test_an_onnx_file_is_a_detector_with_the_labels_that_it_tells(tmp_path):
    pytest.importorskip("openvino")
    file = write_onnx(tmp_path / "m.onnx", names="{0: 'cat', 1: \"dog's bed\"}", imgsz="[64, 64]")
    detector = Detector(file, 0.25, MEMORY_MB)
    found = detector.look()
    assert found.sentence == ""
    assert (found.model.labels, found.model.layout) == (("cat", "dog's bed"), "yolo")
    Image.new("RGB", (90, 90), "white").save(tmp_path / "a.png")
    (region,) = detected(tmp_path / "a.png", detector).regions.found
    assert Box(region.x, region.y, region.w, region.h) == SEEN
    assert (region.label, region.confidence) == ("dog's bed", 0.75)


@pytest.mark.parametrize(("told", "size"), [({}, (640, 640)), ({"imgsz": "[96, 128]"}, (128, 96))])
def test_a_model_that_takes_any_size_is_shown_the_one_that_it_was_made_for(told, size, tmp_path):
    pytest.importorskip("openvino")
    shape = ("batch", 3, "height", "width")
    file = write_onnx(tmp_path / "m.onnx", shape, names="{0: 'cat', 1: 'dog'}", **told)
    shown = Detector(file, 0.25, MEMORY_MB).look().model.shown
    assert ((shown.width, shown.height), shown.batched) == (size, True)


def test_what_an_onnx_file_tells_of_itself_is_found_behind_what_it_holds():
    told = {"names": "{0: 'cat'}", "author": "Ada", "": ""}
    content = number(1, 8) + part(7, b"\x0a" * 1_000) + metadata(told) + b"\x0d\0\0\0\0" + b"\x09" + bytes(8)
    assert metadata_of_onnx(memoryview(content)) == told


@given(st.binary(max_size=200))
def test_bytes_that_are_no_onnx_are_refused_or_tell_something(content):
    try:
        told = metadata_of_onnx(memoryview(content))
    except ValueError:
        return
    assert all(isinstance(text, str) for item in told.items() for text in item)


def test_a_message_that_ends_too_soon_is_refused():
    for content in (b"\x0a\x05abc", b"\x08", b"\x09\0\0", b"\x0b", b"\xff" * 11):
        with pytest.raises(ValueError, match=r"."):
            metadata_of_onnx(memoryview(content))


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ("{0: 'person', 1: 'bicycle'}", ("person", "bicycle")),
        ("['person', 'bicycle']", ("person", "bicycle")),
        ("{0: 'person', 3: 'car'}", ("person", "", "", "car")),
        ("", ()),
        ("{99999: 'far away'}", ()),
    ],
)
def test_names_are_read_as_they_are_written(names, labels):
    assert labels_of(names) == labels


def test_the_first_line_beside_a_model_is_class_0(tmp_path):
    assert read_beside(tmp_path / "m.onnx") == ()
    (tmp_path / "labels.txt").write_text("background\nred  car\n\nlast\n")
    assert read_beside(tmp_path / "m.onnx") == ("background", "red car", "", "last")
    (tmp_path / "m.txt").write_text("own\n")
    assert read_beside(tmp_path / "m.onnx") == ("own",)
