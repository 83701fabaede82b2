"""Proposals of keywords over HTTP, on both engines: from prompts, folders and what looks alike."""

import shutil

import pytest

from tests.samples import ai_image, landscape, photo

HERE = "/api/library/proposals"
PROMPT = "masterpiece, (red dress:1.3), SEA, <lora:ink:1>, people"


@pytest.fixture
def door(open_door, tmp_path, library_url):
    root = tmp_path / "root"
    picture = landscape("dunes", (640, 400), 1)
    photo(root / "originals" / "one.jpg", picture=picture, keywords=["Sea", "dune"])
    shutil.copytree(root / "originals", root / "Summer in Rome 2019" / "100CANON")
    (root / "Summer in Rome 2019" / "100CANON" / "one.jpg").rename(
        root / "Summer in Rome 2019" / "100CANON" / "two.jpg"
    )
    photo(root / "smaller.jpg", picture=picture.resize((320, 200)), quality=60)
    ai_image(root / "sea" / "made.png", prompt=PROMPT, negative="people, fog")
    door = open_door(root, database_url=library_url)
    door.whole()
    return door


def told(answer):
    files = {file["path"].rpartition("/")[2]: file["proposed"] for file in answer["files"]}
    return {name: [(one["text"], one["source"]) for one in proposed] for name, proposed in files.items()}


def all_but_codes(door):
    """All that is written, without the file of codes, which follows the library whenever it is asked."""
    there = door.everything()
    return there | {"files": {name: held for name, held in there["files"].items() if not name.startswith("codes.")}}


def test_files_get_proposals_of_each_source_and_nothing_is_changed(door):
    own = {"params": {"path": "photos/originals/one.jpg"}, "json": {"keywords": ["mine"]}}
    assert door.client.patch("/api/library/file", **own).status_code == 200
    before = all_but_codes(door)
    answer = door.post(HERE, {"q": ""})
    assert told(answer) == {
        "one.jpg": [],
        "two.jpg": [("mine", "similar"), ("Summer in Rome", "folder")],
        "smaller.jpg": [("dune", "similar"), ("Sea", "similar"), ("mine", "similar")],
        "made.png": [("red dress", "prompt"), ("Sea", "folder"), ("people", "prompt"), ("Sea", "prompt")],
    }
    assert (answer["next"], answer["total"]) == (None, 4)
    (smaller,) = (file for file in answer["files"] if file["path"].endswith("smaller.jpg"))
    assert (smaller["keywords"], smaller["has_thumbnail"], smaller["is_nsfw"]) == ([], True, None)
    nearest = smaller["proposed"][0]
    assert (nearest["by"], nearest["like"].rpartition("/")[2]) == ("phash", "two.jpg")  # taken in before its copy
    assert 0.5 <= nearest["confidence"] <= 0.9
    assert all_but_codes(door) == before


def test_files_are_named_or_searched_for_page_by_page_and_what_is_unknown_is_refused(door):
    whole = door.post(HERE, {"q": "kind:image"})["files"]
    first = door.post(HERE, {"q": "kind:image", "from": ["folder"]}, params={"limit": 3})
    second = door.post(HERE, {"q": "kind:image", "cursor": first["next"]}, params={"limit": 3})
    assert [file["path"] for page in (first, second) for file in page["files"]] == [file["path"] for file in whole]
    assert (len(first["files"]), first["total"], second["next"]) == (3, 4, None)
    assert {one["source"] for file in first["files"] for one in file["proposed"]} == {"folder"}
    paths = [whole[2]["path"], whole[0]["path"], whole[2]["path"]]
    named = door.post(HERE, {"paths": paths, "from": ["model"]})
    assert [(file["path"], file["proposed"]) for file in named["files"]] == [(path, []) for path in paths[:2]]
    refused = {
        "invalid_parameter": [{}, {"q": "", "paths": paths}, {"q": "", "from": []}, {"q": "", "from": ["taste"]}],
        "unknown_parameter": [{"q": "", "origins": ["folder"]}],
        "bad_query": [{"q": "score>>"}],
        "bad_cursor": [{"q": "", "cursor": "x"}, {"q": "", "cursor": "WyJ4IiwxXQ"}],
        "outside_roots": [{"paths": ["elsewhere/a.jpg"]}],
    }
    for cause, bodies in refused.items():
        for body in bodies:
            assert door.post(HERE, body, 422)["cause"] == cause, body
    assert door.post(HERE, {"paths": ["photos/none.jpg"]}, 404)["cause"] == "unknown_file"
    assert door.post(HERE, {"paths": ["photos/a.jpg"] * 1_001}, 422)["field"] == "paths"
    assert door.post(HERE, {"paths": paths, "cursor": "x"}, 422)["field"] == "cursor"
