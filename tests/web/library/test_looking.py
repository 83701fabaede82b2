"""Stages that look for regions: switched on by a person, they run alone, and what others found stays."""

import html

import pytest

from tests.analysis.detector.seeing_red import write_model
from tests.analysis.detector.test_detecting import MEMORY_MB, drawn
from tests.analysis.regions.drawn import turned
from tests.analysis.regions.test_barcodes import shelf
from tests.samples import film, settled

zxingcpp = pytest.importorskip("zxingcpp")
HERE = "/api/detections"


@pytest.fixture
def door(open_door, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    picture, _ = shelf()
    picture.save(root / "a.png")
    (root / "classes.txt").write_text("box\n")
    (root / "a.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    for path in root.iterdir():
        settled(path)
    return open_door(root)


def sources(door):
    return sorted((one["source"], one["label"]) for one in door.get(HERE)["detections"])


def test_barcodes_are_read_only_if_asked_for_and_then_nothing_else_runs(door):
    first = door.whole()
    assert first["stages"]["barcodes"] == dict.fromkeys(first["stages"]["barcodes"], 0)
    assert sources(door) == [("yolo", "box")]
    assert door.post("/api/ingest/plan", {"directory": "photos"})["pending"] == 0
    plan = door.post("/api/ingest/plan", {"directory": "photos", "read_barcodes": True})
    assert (plan["pending"], plan["pending_by"]) == (1, {"new_stages": 1})
    second = door.whole(read_barcodes=True)
    done = {stage: counts["done"] for stage, counts in second["stages"].items() if counts["done"]}
    assert done == {"identify": 1, "barcodes": 1}
    assert second["stages"]["barcodes"]["total"] == 1
    both = [("barcode", "4006381333931"), ("barcode", "box 4"), ("yolo", "box")]
    assert sources(door) == both
    assert door.post("/api/ingest/plan", {"directory": "photos", "read_barcodes": True})["pending"] == 0

    path = door.settings.ingest_media_roots["photos"] / "a.txt"
    path.write_text("")
    settled(path)
    assert door.whole()["outcomes"]["updated"] == 1
    assert sources(door) == both[:2], "what another stage found stays"
    assert {one["label"] for one in door.get(HERE, params={"kind": "barcode"})["detections"]} == {
        "4006381333931",
        "box 4",
    }
    assert door.get("/api/library/files", params={"q": "label:barcode count>=2"})["total"] == 1


# -- the detector --------------------------------------------------------------------------------------------------


@pytest.fixture
def seeing(open_door, tmp_path):
    """A door with a detector, on one picture with something red in it, stored in two ways, and a film."""
    pytest.importorskip("openvino")
    root = tmp_path / "root"
    root.mkdir()
    picture, _ = drawn()
    for orientation, name in ((6, "red.jpg"), (1, "upright.jpg")):
        turned(picture, orientation, root / name)
    film(root / "clip.mp4", [picture] * 3)
    for path in root.iterdir():
        settled(path)
    model = write_model(tmp_path / "red.xml")
    door = open_door(root, ingest_detector_model=model, ingest_worker_memory_mb=MEMORY_MB)
    door.house.detector.wait()
    return door


def test_a_detector_runs_alone_on_what_was_taken_in_before_and_says_when_it_ran(seeing):
    seeing.whole()
    assert seeing.get(HERE)["detections"] == []
    models = seeing.get("/api/models")
    assert models["models"] == []
    told = models["detector"]
    assert (told["available"], told["labels"], told["layout"], told["cause"]) == (True, ["cat", "red"], "yolo", None)
    plan = seeing.post("/api/ingest/plan", {"directory": "photos", "detect_objects": True})
    assert plan["pending_by"] == {"new_stages": 2}, "no film"
    status = seeing.whole(detect_objects=True)
    done = {stage: counts["done"] for stage, counts in status["stages"].items() if counts["done"]}
    assert done == {"identify": 2, "detect": 2}
    found = seeing.get(HERE, params={"source": "detector"})["detections"]
    assert [(one["path"], one["label"], one["model"]) for one in found] == [
        (f"photos/{name}", "red", told["model"]) for name in ("red.jpg", "upright.jpg")
    ]
    assert [round(found[0][side] - found[1][side], 2) for side in ("x", "y", "w", "h")] == [0, 0, 0, 0]
    (ran,) = seeing.get("/api/models")["models"]
    assert (ran["stage"], ran["name"], ran["labels"]) == ("detect", told["model"], ["cat", "red"])
    marks = seeing.get("/api/library/file", params={"path": "photos/red.jpg"})["stages"]
    assert {stage: mark.get("model") for stage, mark in marks.items() if "model" in mark} == {"detect": told["model"]}
    assert ran["first_used_at"] <= ran["last_used_at"]
    page = seeing.client.get("/settings").text
    assert page.count(told["model"]) == 3  # the detector, and what ran


def test_one_file_is_looked_at_when_asked_for_and_stays_looked_at(seeing):
    seeing.whole()
    answer = seeing.post("/api/detect", {"path": "photos/red.jpg"})
    assert [(one["label"], one["source"]) for one in answer["detections"]] == [("red", "detector")]
    assert answer["detections"] == seeing.get(HERE)["detections"]
    mark = seeing.get("/api/library/file", params={"path": "photos/red.jpg"})["stages"]["detect"]
    assert mark["model"] == answer["detections"][0]["model"]
    again = seeing.post("/api/detect", {"path": "photos/red.jpg"})
    assert again == answer, "nothing is found twice"
    plan = seeing.post("/api/ingest/plan", {"directory": "photos", "detect_objects": True})
    assert plan["pending"] == 1
    assert len(seeing.get("/api/models")["models"]) == 1
    assert seeing.get("/api/library/files", params={"q": "label:red"})["total"] == 1


def test_what_a_detector_cannot_look_at_is_refused_with_a_cause(seeing):
    seeing.whole()

    def refused(path, code):
        return seeing.post("/api/detect", {"path": path}, code)["cause"]

    assert refused("photos/clip.mp4", 409) == "not_detected"
    assert refused("photos/nothing.jpg", 404) == "unknown_file"
    assert refused("elsewhere/a.jpg", 422) == "outside_roots"
    assert seeing.post("/api/detect", {}, 422)["field"] == "path"
    root = seeing.settings.ingest_media_roots["photos"]
    picture, _ = drawn((80, 80), (10, 10, 40, 40))
    picture.save(root / "red.jpg")
    assert refused("photos/red.jpg", 409) == "not_detected"
    (root / "upright.jpg").unlink()
    assert refused("photos/upright.jpg", 404) == "file_gone"
    assert seeing.get(HERE)["detections"] == []


def test_without_a_detector_that_can_be_used_no_file_fails_and_the_cause_is_said(open_door, tmp_path):
    file = write_model(tmp_path / "red.xml", labels=("a", "b", "c"))
    door = open_door(ingest_detector_model=file, ingest_worker_memory_mb=MEMORY_MB)
    door.house.detector.wait()
    plan = door.post("/api/ingest/plan", {"directory": "photos/trip", "detect_objects": True})
    assert "for 3 labels" in plan["unavailable"]["detect"]
    status = door.whole("photos/trip", detect_objects=True)
    counts = status["stages"]["detect"]
    assert (counts["skipped"], counts["failed"], status["stats"]["incomplete"]) == (counts["total"], 0, 0)
    path = door.get("/api/library/files")["files"][0]["path"]
    answer = door.post("/api/detect", {"path": path}, 503)
    assert (answer["cause"], answer["detail"]) == ("detector_layout_unknown", plan["unavailable"]["detect"])
    assert plan["unavailable"]["detect"] in html.unescape(door.client.get("/settings").text)
