"""The commands `detect` and `models`, with a detector that finds what is red."""

import pytest
from PIL import Image

from tests.analysis.detector.seeing_red import write_model
from tests.samples import settled
from tests.support.commands import refused

pytest.importorskip("openvino")


@pytest.fixture
def place(place):
    picture = Image.new("RGB", (64, 32), "black")
    picture.paste("red", (16, 8, 32, 24))
    picture.save(place.media / "red.png")
    settled(place.media / "red.png")
    place.env["INGEST_DETECTOR_MODEL"] = str(write_model(place.folder / "m.xml", "ssd"))
    assert place.run("run", "photos", "--no-nsfw").returncode == 0
    return place


def test_a_detector_looks_at_one_file_and_is_listed_as_what_ran(place):
    assert place.json("models")["models"] == []
    told = place.run("detect", "photos/red.png")
    assert told.stdout == "0.75  0.375 0.500 0.250 0.500  red\n"
    assert told.stderr == "1 region found: confidence, centre and size, label.\n"
    (region,) = place.json("detect", str(place.media / "red.png"))["detections"]
    assert (region["path"], region["label"], region["source"]) == ("photos/red.png", "red", "detector")
    here = place.json("models")
    assert (here["detector"]["available"], [one["name"] for one in here["models"]]) == (True, [region["model"]])
    detector, _barcodes, ran = place.run("models").stdout.splitlines()
    assert detector == f"The detector is {region['model']}: 2 labels, layout ssd, from 0.25."
    assert (ran.startswith("detect "), ran.endswith(f"  {region['model']}")) == (True, True)


def test_what_cannot_be_looked_at_is_refused(place):
    refused(place.run("detect", "photos/none.png"), "no file photos/none.png")
    refused(place.run("detect", "photos/red.png", INGEST_DETECTOR_MODEL="none.onnx"), "there is no file")
    assert "there is no file" in place.run("models", INGEST_DETECTOR_MODEL="none.onnx").stdout
