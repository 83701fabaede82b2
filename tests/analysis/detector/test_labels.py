"""The labels of a detector, as Ultralytics writes them into ONNX, and as a person writes them beside it."""

import pytest
from PIL import Image

from app.analysis.detector.labels import labels_of, read_beside, said_beside
from app.analysis.detector.model import Detector
from app.regions import Box
from tests.analysis.detector.onnx_files import SEEN, write_onnx
from tests.analysis.detector.test_detecting import MEMORY_MB, detected


def test_an_onnx_file_is_a_detector_with_the_labels_that_it_tells(tmp_path):
    pytest.importorskip("openvino")
    file = write_onnx(tmp_path / "m.onnx", names="{0: 'cat', 1: \"dog's bed\"}", imgsz="[64, 64]")
    detector = Detector(file, 0.25, MEMORY_MB)
    found = detector.wait()
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
    shown = Detector(file, 0.25, MEMORY_MB).wait().model.shown
    assert ((shown.width, shown.height), shown.batched) == (size, True)


def test_a_model_whose_weights_lie_in_other_files_is_refused(tmp_path):
    pytest.importorskip("openvino")
    file = write_onnx(tmp_path / "m.onnx", beside=tmp_path / "weights", names="{0: 'cat', 1: 'dog'}")
    found = Detector(file, 0.25, MEMORY_MB).wait()
    assert (found.cause, "save it as one file" in found.sentence) == ("detector_unreadable", True)


def test_an_ir_that_was_made_of_it_tells_the_same(tmp_path):
    openvino = pytest.importorskip("openvino")
    file = write_onnx(tmp_path / "m.onnx", names="{0: 'cat', 1: 'dog'}")
    openvino.save_model(openvino.Core().read_model(str(file)), str(tmp_path / "made.xml"))
    assert Detector(tmp_path / "made.xml", 0.25, MEMORY_MB).wait().model.labels == ("cat", "dog")


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


def test_what_ultralytics_writes_beside_a_model_tells_what_it_is_made_for(tmp_path):
    assert said_beside(tmp_path / "m.xml") == {}
    (tmp_path / "metadata.yaml").write_text("task: detect\nend2end: true\nargs:\n  nms: false\nnames:\n  0: task\n")
    assert said_beside(tmp_path / "m.xml") == {"task": "detect", "end2end": "true", "nms": "false"}


def test_the_first_line_beside_a_model_is_class_0(tmp_path):
    assert read_beside(tmp_path / "m.onnx") == ()
    (tmp_path / "labels.txt").write_text("background\nred  car\n\nlast\n")
    assert read_beside(tmp_path / "m.onnx") == ("background", "red car", "", "last")
    (tmp_path / "m.txt").write_text("own\n")
    assert read_beside(tmp_path / "m.onnx") == ("own",)
