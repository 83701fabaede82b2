"""Groups of duplicates over HTTP, from real files."""

import os
import shutil

import pytest
from PIL import Image

from tests.samples import landscape, photo, settled

HERE = "/api/library/duplicates"


@pytest.fixture
def door(open_door, tmp_path):
    root = tmp_path / "root"
    picture = landscape("dunes", (640, 400), 1)
    photo(root / "one.jpg", picture=picture)
    shutil.copy2(root / "one.jpg", root / "copy.jpg")
    os.link(root / "one.jpg", root / "linked.jpg")
    picture.save(root / "one.png")
    picture.save(root / "packed.png", compress_level=1)
    photo(root / "smaller.jpg", picture=picture.resize((320, 200)), quality=60)
    photo(root / "other.jpg", scene="forest", seed=8)
    os.link(root / "other.jpg", root / "other name.jpg")
    Image.open(root / "one.jpg").save(root / "flat.png")
    for path in root.iterdir():
        settled(path)
    door = open_door(root)
    door.whole(recursive=False)
    return door


def names(told):
    return [{one["file"]["path"].removeprefix("photos/") for one in group["files"]} for group in told["groups"]]


def test_duplicates_are_listed_by_kind_and_names_of_one_file_are_none(door):
    told = door.get(HERE)
    assert len(told["groups"]) == told["total"] == 1
    assert "copy.jpg" in names(told)[0]
    assert len(names(told)[0] & {"one.jpg", "linked.jpg"}) == 1
    assert (told["files"], told["max_distance"], told["next"]) == (2, 0, None)
    assert told["coverage"] == {"searched": 9, "of": 9, "missing": {}}

    told = door.get(HERE, params={"by": "picture"})
    groups = names(told)
    assert {"one.png", "packed.png"} in groups
    assert any("flat.png" in group and len(group) == 2 for group in groups), "a JPEG, and its pixels as a PNG"
    assert told["total"] == 2

    told = door.get(HERE, params={"by": "phash"})
    assert (told["total"], told["widest"]) == (1, 4)
    group = told["groups"][0]
    assert {"width", "format", "size"} <= set(group["differs"])
    assert group["keep"] != "photos/smaller.jpg"
    assert group["number"] == len(group["files"]) == 3

    told = door.get(HERE, params={"by": "features"})
    assert (told["total"], told["coverage"]["missing"]) == (0, {"nsfw_not_run": 9})
    assert told["rest"]


def test_a_file_is_in_its_group_by_whichever_name(door):
    for name in ("one.jpg", "linked.jpg"):
        assert "copy.jpg" in names(door.get(HERE, params={"path": f"photos/{name}"}))[0]
        asked = {"by": "bytes", "keepers": [f"photos/{name}"], "format": "csv"}
        plan = door.client.post("/api/library/quarantine", json=asked).text
        assert "move,photos/copy.jpg" in plan
        assert plan.count(",move,") == 1


def test_groups_come_page_by_page(door):
    first = door.get(HERE, params={"by": "picture", "limit": 1})
    second = door.get(HERE, params={"by": "picture", "limit": 1, "cursor": first["next"]})
    assert second["next"] is None
    assert len({*map(frozenset, names(first) + names(second))}) == 2
    assert door.get(HERE, 422, params={"by": "phash", "cursor": first["next"]})["cause"] == "bad_cursor"
    assert door.get(HERE, 422, params={"max_distance": 999})["field"] == "max_distance"


def test_the_group_of_one_file_is_shown_alone(door):
    told = door.get(HERE, params={"by": "picture", "path": "photos/packed.png"})
    assert (names(told), told["next"], told["total"]) == ([{"one.png", "packed.png"}], None, 2)
    assert door.get(HERE, params={"path": "photos/smaller.jpg"})["groups"] == []
    assert door.get(HERE, 404, params={"path": "photos/none.jpg"})["cause"] == "unknown_file"


def test_of_a_large_group_the_first_files_are_shown_and_the_one_that_is_worth_most(door, monkeypatch):
    (group,) = door.get(HERE, params={"by": "phash"})["groups"]
    first, _, last = (one["file"]["path"] for one in group["files"])
    door.client.patch("/api/library/files", json={"paths": [last], "set": {"score": 5}})
    monkeypatch.setattr("app.web.library.duplicates._SHOWN", 2)
    (group,) = door.get(HERE, params={"by": "phash"})["groups"]
    assert [one["file"]["path"] for one in group["files"]] == [first, last]
    assert (group["number"], group["keep"]) == (3, last)
