"""The regions of the library over HTTP: listed, counted, found by a search, and told with their file."""

import json

import pytest

from app.media import Place
from tests.analysis.formats.packets import packet
from tests.analysis.regions.drawn import AREAS, SEEN, area, by_yolo, of_the_group, saved
from tests.samples import settled

HERE = "/api/detections"


@pytest.fixture
def door(open_door, tmp_path):
    root = tmp_path / "root"
    for folder in (root, root / "set"):
        folder.mkdir()
    faces = of_the_group(None, area(SEEN, "Ada"), area(SEEN, "Bo"), area(SEEN, "Rex", "Pet"))
    saved(root / "faces.jpg", 1, packet(faces, AREAS))
    saved(root / "one.jpg", 1, packet(of_the_group(None, area(SEEN, "ÁDA")), AREAS))
    saved(root / "red.jpg", 1, packet("<xmp:Label>Red</xmp:Label>"))
    by_yolo(root / "set", 6)
    (root / "set" / "a.txt").write_text("0 0.5 0.5 0.1 0.1 0.25\n0 0.2 0.2 0.1 0.1 0.75\n")
    for path in root.rglob("*.*"):
        settled(path)
    door = open_door(root)
    door.whole()
    return door


def listed(door, **asked):
    return [(one["path"], one["label"]) for one in door.get(HERE, params=asked)["detections"]]


def test_regions_are_listed_narrowed_and_paged(door):
    first = door.get(HERE, params={"limit": 4})
    rest = door.get(HERE, params={"limit": 4, "cursor": first["next"]})
    assert (len(first["detections"]), len(rest["detections"]), rest["next"]) == (4, 2, None)
    assert listed(door, label="ada") == [("photos/faces.jpg", "Ada"), ("photos/one.jpg", "ÁDA")]
    assert listed(door, label="a*", path="photos/one.jpg") == [("photos/one.jpg", "ÁDA")]
    assert {path for path, _ in listed(door, source="yolo")} == {"photos/set/a.jpg"}
    assert listed(door, path="photos/set", min_confidence=0.5) == [("photos/set/a.jpg", "cat")]
    assert listed(door, kind="pet") == [("photos/faces.jpg", "Rex")]
    assert listed(door, q="name:one") == [("photos/one.jpg", "ÁDA")]
    assert listed(door, session="00000000-0000-4000-8000-000000000000") == []
    refused = door.get(HERE, 422, params={"session": "x"})
    assert (refused["cause"], refused["field"]) == ("bad_session_id", "session")
    assert door.get(HERE, 422, params={"cursor": "x"})["cause"] == "bad_cursor"
    assert door.get(HERE, 422, params={"path": "elsewhere/a"})["field"] == "path"
    assert door.get(HERE, 422, params={"taste": "x"})["cause"] == "unknown_parameter"


def test_a_search_finds_files_by_label_kind_and_number(door):
    def paths(q):
        return {file["path"] for file in door.get("/api/library/files", params={"q": q})["files"]}

    assert paths("label:face") == {"photos/faces.jpg", "photos/one.jpg"}
    assert paths("label:face count>=2") == {"photos/faces.jpg"}
    assert paths("label:face count>=3") == set()
    assert paths("count>=3") == {"photos/faces.jpg"}
    assert paths("label:red") == {"photos/red.jpg"}
    assert paths("label:ada or label:cat") == {"photos/faces.jpg", "photos/one.jpg", "photos/set/a.jpg"}
    assert paths("count:0") == {"photos/red.jpg"}
    offered = door.get("/api/library/completions", params={"q": "label:a"})
    assert "Ada" in str(offered)


def test_totals_and_the_file_tell_of_them(door):
    sums = door.get("/api/summary")
    assert (sums["detections"], sums["unique_labels"], sums["mean_confidence"]) == (6, 4, 0.5)
    assert {"value": "cat", "files": 1} in sums["labels"]
    assert door.get("/api/summary", params={"q": "name:one"})["detections"] == 1
    told = door.get("/api/library/file", params={"path": "photos/one.jpg"})["regions"]
    assert [(one["label"], one["kind"], one["source"], one["x"]) for one in told] == [("ÁDA", "face", "xmp", SEEN.x)]
    library = door.house.records.library
    assert library.file(Place("photos", b"red.jpg"))["regions"] == []


def test_what_two_sources_say_of_one_thing_counts_once_and_both_are_kept(door, tmp_path):
    size = {"id": 1, "file_name": "a.jpg", "width": 300, "height": 200}
    boxes = ([135, 90, 30, 20], [46, 30, 29, 21], [200, 10, 30, 20])  # the first two are those of YOLO, within 1 %
    annotations = [{"image_id": 1, "category_id": 1, "bbox": box} for box in boxes]
    told = {"images": [size], "categories": [{"id": 1, "name": "cat"}], "annotations": annotations}
    (tmp_path / "root" / "set" / "labels.json").write_text(json.dumps(told))
    settled(tmp_path / "root" / "set" / "labels.json")
    door.whole()
    assert len(listed(door, path="photos/set")) == 5
    summary = door.get("/api/summary", params={"q": "folder:photos/set"})
    assert (summary["detections"], summary["mean_confidence"]) == (3, 0.5)
    told = door.get("/api/library/file", params={"path": "photos/set/a.jpg"})
    assert (len(told["regions"]), sorted(one["sources"] for one in told["things"])) == (
        5,
        [["coco"], ["yolo", "coco"], ["yolo", "coco"]],
    )
    for q, files in (("label:cat count:3", 1), ("count:5", 0)):
        assert len(door.get("/api/library/files", params={"q": q})["files"]) == files
