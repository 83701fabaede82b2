"""Keeping one of several, and the plan that moves the others, from real files to a real shell."""

import csv
import os
import shutil
import subprocess

import pytest

from tests.samples import landscape, photo, settled

KEEP = "/api/library/duplicates/keep"
PLAN = "/api/library/quarantine"


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    picture = landscape("dunes", (640, 400), 1)
    photo(root / "one.jpg", picture=picture, keywords=["sea"], rating=4)
    (root / "copies").mkdir()
    shutil.copy2(root / "one.jpg", root / "copies" / "it's -one.jpg")
    photo(root / "bare.jpg", picture=picture)
    photo(root / "other.jpg", scene="forest", seed=8)
    xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
    (root / "copies" / "it's -one.jpg.xmp").write_text(xmp)
    (root / "other.xmp").write_text(xmp)
    photo(root / "other.png", scene="forest", seed=8)
    for path in (*root.iterdir(), *(root / "copies").iterdir()):
        if path.is_file():
            settled(path)
    return root


@pytest.fixture
def door(open_door, root):
    door = open_door(root)
    door.whole()
    return door


def plan(door, **body):
    return door.client.post(PLAN, json=body)


def test_the_one_that_is_kept_gets_what_the_others_have_as_one_edit_that_can_be_undone(door):
    told = door.post(KEEP, {"keep": "photos/bare.jpg", "others": ["photos/one.jpg"]})
    assert told["handed_on"] == {"score": 4, "add_keywords": ["sea"]}
    assert told["changed"] == 1
    file = door.get("/api/library/file", params={"path": "photos/bare.jpg"})
    assert (file["score"], [word["text"] for word in file["keywords"]]) == (4, ["sea"])
    again = door.post(KEEP, {"keep": "photos/bare.jpg", "others": ["photos/one.jpg"]})
    assert again == {"changed": 0, "undo": None, "handed_on": {}}
    assert door.post("/api/library/undo", {"undo": told["undo"]})["changed"] == 1
    assert door.get("/api/library/file", params={"path": "photos/bare.jpg"})["score"] is None
    unknown = door.post(KEEP, {"keep": "photos/none.jpg", "others": ["photos/one.jpg"]}, 404)
    assert unknown["cause"] == "unknown_file"
    assert door.post(KEEP, {"keep": "photos/one.jpg", "others": []}, 422)["field"] == "others"
    assert door.post(KEEP, {"keep": "photos/one.jpg"}, 422)["field"] == "others"
    both = {"keep": "photos/one.jpg", "others": ["photos/bare.jpg"], "max_distance": 1}
    assert door.post(KEEP, both, 422)["field"] == "max_distance"
    assert door.post(KEEP, {"keep": "photos/other.jpg", "by": "bytes"})["handed_on"] == {}, "it is in no group"
    told = door.post(KEEP, {"keep": "photos/bare.jpg", "by": "picture", "max_distance": 0})
    assert told["handed_on"] == {"score": 4, "add_keywords": ["sea"]}


def test_the_plan_of_all_copies_moves_them_with_their_sidecars(door, root, tmp_path):
    folder = tmp_path / "away"
    script = plan(door, by="bytes", folder=str(folder))
    assert script.status_code == 200
    assert "quarantine-" in script.headers["content-disposition"]
    told = subprocess.run(["sh"], input=script.content, capture_output=True, check=False)
    assert (told.returncode, told.stderr) == (0, b"")
    moved = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert moved == {"photos/copies/it's -one.jpg", "photos/copies/it's -one.jpg.xmp"}
    assert (root / "one.jpg").exists()


def test_the_plan_goes_by_the_files_that_a_person_keeps_and_by_the_groups_that_are_named(door):
    def moved(**body):
        lines = csv.DictReader(plan(door, by="phash", format="csv", **body).text.splitlines())
        return sorted(line["path"] for line in lines if line["action"] == "move" and not line["path"].endswith("xmp"))

    worst, best = "photos/other.jpg", "photos/other.png"
    assert moved() == moved(groups_of=[best]) == [worst]
    assert moved(keepers=[worst]) == [best]
    for name in ("keepers", "groups_of"):
        told = plan(door, by="phash", **{name: [worst, "photos/not-there.jpg"]})
        assert (told.status_code, told.json()["cause"]) == (404, "unknown_file"), name
    assert moved(keepers=[worst, best]) == moved(groups_of=["photos/bare.jpg"]) == []


def test_a_sidecar_stays_with_a_file_that_stays(door, root):
    lines = list(csv.DictReader(plan(door, paths=["photos/other.jpg"], format="csv").text.splitlines()))
    assert [(line["action"], line["path"]) for line in lines] == [("move", "photos/other.jpg")]
    lines = list(csv.DictReader(plan(door, q="other", format="csv").text.splitlines()))
    assert sorted(line["path"] for line in lines) == ["photos/other.jpg", "photos/other.png", "photos/other.xmp"]
    os.utime(root / "other.jpg", ns=(1, 1))
    lines = list(
        csv.DictReader(plan(door, paths=["photos/other.jpg"], keep="photos/one.jpg", format="csv").text.splitlines())
    )
    assert [line["action"] for line in lines] == ["leave"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "paths"),
        ({"paths": ["photos/one.jpg"], "q": ""}, "paths"),
        ({"q": " "}, "q"),
        ({"q": "one", "keep": "photos/one.jpg"}, "keep"),
        ({"q": "one", "max_distance": 1}, "max_distance"),
        ({"q": "one", "keepers": ["photos/one.jpg"]}, "keepers"),
        ({"q": "one", "groups_of": ["photos/one.jpg"]}, "groups_of"),
        ({"by": "bytes", "keepers": ["elsewhere/one.jpg"]}, "keepers"),
        ({"q": "one", "folder": "relative"}, "folder"),
        ({"q": "one", "format": "exe"}, "format"),
        ({"by": "taste"}, "by"),
        ({"by": "features"}, "groups_of"),
    ],
)
def test_a_plan_that_is_not_clear_is_refused(door, body, field):
    told = plan(door, **body)
    assert (told.status_code, told.json()["field"]) == (422, field)


def test_the_quarantine_folder_lies_outside_of_all_media_roots(door, root):
    for folder in (root / "away", root, root.parent):
        told = plan(door, q="one", folder=str(folder))
        assert (told.status_code, told.json()["field"]) == (422, "folder")
