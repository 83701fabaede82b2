"""Stages that look for regions: switched on by a person, they run alone, and what others found stays."""

import pytest

from tests.analysis.regions.test_barcodes import shelf
from tests.samples import settled

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
