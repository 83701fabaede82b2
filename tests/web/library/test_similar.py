"""The files that look like one."""

import os
import shutil

import pytest

from app.library.alike.near import Alike
from app.web.library.similar import listed
from tests.samples import landscape, photo, settled

HERE = "/api/library/similar"


@pytest.fixture
def door(open_door, tmp_path):
    root = tmp_path / "root"
    picture = landscape("dunes", (640, 400), 1)
    photo(root / "one.jpg", picture=picture)
    photo(root / "smaller.jpg", picture=picture.resize((320, 200)), quality=60)
    picture.save(root / "one.png")
    settled(root / "one.png")
    photo(root / "other.jpg", scene="forest", seed=8)
    photo(root / "unseen" / "one.jpg", picture=picture, quality=70)
    shutil.copy2(root / "one.jpg", root / "unseen" / "twin.jpg")
    door = open_door(root)
    door.whole(recursive=False)
    door.whole("photos/unseen", generate_thumbnails=False)
    return door


def test_files_that_look_alike_are_listed_the_most_alike_first(door):
    told = door.get(HERE, params={"path": "photos/one.jpg"})
    assert {file["path"] for file in told["files"]} == {"photos/one.png", "photos/smaller.jpg"}
    distances = [file["distance"] for file in told["files"]]
    assert distances == sorted(distances)
    assert told["files"][0].keys() == {"path", "distance", "is_nsfw", "has_thumbnail"}
    assert sum(told["coverage"]["missing"].values()) + told["coverage"]["searched"] == told["coverage"]["of"] == 6
    same = door.get(HERE, params={"path": "photos/one.jpg", "by": "bytes", "max_distance": 64})
    assert [(file["path"], file["distance"]) for file in same["files"]] == [("photos/unseen/twin.jpg", 0)]
    assert same["coverage"]["searched"] == 6
    picture = door.get(HERE, params={"path": "photos/one.jpg", "by": "picture"})
    assert (picture["files"], picture["coverage"]["missing"]) == ([], {"not_hashed": 2})
    features = door.get(HERE, params={"path": "photos/one.jpg", "by": "features"})
    assert (features["files"], features["coverage"]) == ([], {"searched": 0, "of": 6, "missing": {"nsfw_not_run": 6}})
    assert "NSFW detection" in features["rest"][0]
    every = door.get(HERE, params={"path": "photos/one.jpg", "max_distance": 64})["files"]
    assert every[-1]["path"] == "photos/other.jpg"
    assert len(door.get(HERE, params={"path": "photos/one.jpg", "max_distance": 64, "limit": 1})["files"]) == 1


def test_names_of_one_file_are_listed_once_and_those_of_the_file_itself_never(open_door, tmp_path):
    root = tmp_path / "root"
    for name in ("a", "b"):
        photo(root / f"{name}.jpg", picture=landscape("dunes", (640, 400), 1), title=name)
        os.link(root / f"{name}.jpg", root / f"{name} again.jpg")
    door = open_door(root)
    door.whole()
    for path, others in (("a again.jpg", {"b.jpg", "b again.jpg"}), ("b.jpg", {"a.jpg", "a again.jpg"})):
        for limit in (1, 100):
            told = door.get(HERE, params={"path": f"photos/{path}", "limit": limit})
            (file,) = told["files"]
            assert file["path"].removeprefix("photos/") in others
        assert door.get(HERE, params={"path": f"photos/{path}", "by": "bytes"})["files"] == []


def test_a_file_whose_picture_was_not_made_looks_like_nothing_and_the_answer_says_so(door):
    told = door.get(HERE, params={"path": "photos/unseen/one.jpg", "max_distance": 64})
    assert told["files"] == []
    assert told["coverage"] == {"searched": 0, "of": 6, "missing": {"no_hash": 6}}
    assert len(told["rest"]) == 1
    assert door.get(HERE, 404, params={"path": "photos/none.jpg"})["cause"] == "unknown_file"
    assert door.get(HERE, 422, params={"path": "photos/one.jpg", "by": "taste"})["field"] == "by"


def test_a_file_that_goes_while_it_is_looked_for_leaves_the_others_their_distances():
    known = {number: {"path": f"m/{number}", "is_nsfw": None, "has_thumbnail": True} for number in (3, 7)}
    told = listed(Alike([7, 5, 3], [0, 2, 8], 9, {}), known)
    assert [(file["path"], file["distance"]) for file in told] == [("m/7", 0), ("m/3", 8)]
