"""What models said over HTTP, on both engines: listed beside what is said already, judged by edits, taken back."""

import pytest

from tests.samples import landscape, photo
from tests.support.describing import describe
from tests.web.test_types import check

HERE = "/api/library/descriptions"
ALL = ["title", "caption", "keywords"]
SAID = {"title": "A red car", "description": "At the quay.", "keywords": ["car", "quay"], "mood": "calm"}


@pytest.fixture
def door(open_door, tmp_path, library_url):
    root = tmp_path / "root"
    for seed, name in enumerate(("one", "two", "plain")):
        photo(root / f"{name}.jpg", picture=landscape("dunes", (320, 200), seed))
    door = open_door(root, database_url=library_url)
    door.whole()
    for name in ("one", "two"):
        describe(door.house.records.library, f"photos/{name}.jpg", **SAID)
    return door


def waiting(door):
    return [file["path"] for file in door.get(HERE, params={"q": "is:proposed"})["files"]]


def edit(door, body, code=200):
    answer = door.client.patch("/api/library/files", json=body)
    assert answer.status_code == code, answer.text
    return answer.json()


def test_what_a_model_said_stands_beside_what_is_said_already(door):
    own = {"params": {"path": "photos/one.jpg"}, "json": {"title": "mine"}}
    assert door.client.patch("/api/library/file", **own).status_code == 200
    page = door.get(HERE, params={"limit": 1})
    assert (page["total"], len(page["files"])) == (2, 1)
    (two,) = door.get(HERE, params={"cursor": page["next"], "limit": 1})["files"]
    (one,) = door.get(HERE, params={"path": "photos/one.jpg"})["files"]
    by_path = {file["path"]: file for file in (one, two, *page["files"])}
    one, two = by_path["photos/one.jpg"], by_path["photos/two.jpg"]
    assert (one["title"], one["own"], one["proposed"]["title"]) == (
        "mine",
        ["title"],
        None,
    )  # it was answered otherwise
    assert two["proposed"] == {"title": "A red car", "caption": "At the quay.", "keywords": ["car", "quay"]}
    assert two["said"] == {
        "template": "caption",
        "provider": "default",
        "model": "vision-1",
        "cost_usd": 0.01,
        "at": "2026-11-20T10:00:00.000+00:00",
        "output": SAID,
    }
    check("FileDescribed", two)
    (plain,) = door.get(HERE, params={"path": "photos/plain.jpg"})["files"]
    assert (plain["said"], plain["proposed"]["keywords"]) == (None, [])
    door.get(HERE, 404, params={"path": "photos/none.jpg"})
    door.get(HERE, 422, params={"cursor": "x"})


def test_proposals_of_a_model_stand_among_others_with_its_title_and_caption(door):
    answer = door.post("/api/library/proposals", {"q": "two.jpg", "from": ["model"]})
    (two,) = answer["files"]
    assert [(one["text"], one["source"], one["confidence"]) for one in two["proposed"]] == [
        ("car", "model", None),
        ("quay", "model", None),
    ]
    assert (two["proposed_title"], two["proposed_caption"]) == ("A red car", "At the quay.")
    (two,) = door.post("/api/library/proposals", {"q": "two.jpg", "from": ["folder"]})["files"]
    assert (two["proposed"], two["proposed_title"]) == ([], None)


def test_all_of_a_search_is_previewed_accepted_and_taken_back_in_one_go(door):
    body = {"q": "is:proposed", "accept": ALL}
    preview = edit(door, {**body, "dry_run": True})
    assert preview["changed"] == 2
    assert preview["preview"][0]["after"] == {
        "title": "A red car",
        "caption": "At the quay.",
        "keywords": ["car", "quay"],
    }
    assert len(waiting(door)) == 2
    assert "/descriptions" in door.client.get("/library").text
    done = edit(door, body)
    assert (done["changed"], waiting(door)) == (2, [])
    assert "/descriptions" not in door.client.get("/library").text  # no model proposes anything
    assert door.post("/api/library/undo", {"undo": done["undo"]})["changed"] == 2
    assert len(waiting(door)) == 2
    assert door.client.get("/descriptions", params={"q": "two"}).status_code == 200


def test_what_is_accepted_and_set_at_once_is_refused(door):
    body = {"paths": ["photos/one.jpg"], "accept": ["title"], "set": {"title": "mine"}}
    assert edit(door, body, 422)["field"] == "title"
    assert edit(door, {"paths": ["photos/one.jpg"], "reject": ["score"]}, 422)["field"] == "reject"
    assert len(waiting(door)) == 2
