"""What a person says of many files, over HTTP: in one go, taken back, listed, and refused where it makes no sense."""

import pytest

from tests.web.test_bad_input import refusal

WHERE = "photos/trip"


@pytest.fixture
def known(door):
    door.whole(WHERE)
    return door


def patched(door, body):
    return door.client.patch("/api/library/files", json=body)


def changed(door, body):
    answer = patched(door, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def files_of(door, q):
    return [file["path"] for file in door.get("/api/library/files", params={"q": q})["files"]]


def test_many_files_are_edited_by_search_by_path_and_one_by_one_and_undone(known):
    paths = files_of(known, "")
    before = {path: known.get("/api/library/file", params={"path": path}) for path in paths}
    asked = {"q": "", "set": {"score": 1, "nsfw": True}, "add_keywords": ["trip"]}
    looked = changed(known, {**asked, "dry_run": True})
    assert (looked["changed"], looked["undo"], len(looked["preview"])) == (len(paths), None, len(paths))
    assert looked["preview"][0]["after"] == {"score": 1, "nsfw": True, "keywords": ["trip"]}
    first = changed(known, asked)
    assert (first["changed"], first["left"], "preview" in first) == (len(paths), [], False)
    assert set(files_of(known, "keyword:trip nsfw:yes score:1")) == set(paths)
    second = changed(known, {"paths": [*paths, "photos/none.jpg"], "remove_keywords": ["Trip"], "set": {"nsfw": False}})
    assert (second["changed"], second["left"]) == (len(paths), [{"cause": "unknown_file", "files": 1}])
    assert set(files_of(known, "nsfw:no -keyword:trip")) == set(paths)
    third = changed(known, {"each": [{"path": path, "set": {"title": path}} for path in paths]})
    edits = known.get("/api/library/edits", params={"limit": 2})["edits"]
    assert [(edit["id"], edit["files"], edit["undone_at"]) for edit in edits] == [
        (third["undo"], len(paths), None),
        (second["undo"], len(paths), None),
    ]
    newer = known.client.post("/api/library/undo", json={"undo": first["undo"]})
    assert (newer.status_code, newer.json()["cause"]) == (409, "newer_words")
    for done in (third, second, first):
        assert known.post("/api/library/undo", {"undo": done["undo"]}) == {"changed": len(paths), "left": []}
    again = known.client.post("/api/library/undo", json={"undo": first["undo"]})
    assert (again.status_code, again.json()["cause"]) == (409, "already_undone")
    for path, file in before.items():
        after = known.get("/api/library/file", params={"path": path})
        assert after | {"updated_at": ""} == file | {"updated_at": ""}


def test_an_edit_of_one_file_can_be_undone(known):
    path = files_of(known, "")[0]
    known.client.patch("/api/library/file", params={"path": path}, json={"score": 5, "nsfw": False})
    file = known.get("/api/library/file", params={"path": path})
    assert (file["is_nsfw"], file["sources"]["is_nsfw"]) == (False, "person")
    newest = known.get("/api/library/edits")["edits"][0]
    assert newest["sentence"] == "A person set nsfw and score."
    known.post("/api/library/undo", {"undo": newest["id"]})
    assert "is_nsfw" not in known.get("/api/library/file", params={"path": path})["sources"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"set": {"score": 1}}, "paths"),
        ({"q": "", "paths": ["photos/a.jpg"], "set": {"score": 1}}, "paths"),
        ({"q": 7, "set": {"score": 1}}, "q"),
        ({"q": "score:", "set": {"score": 1}}, "q"),
        ({"q": ""}, "set"),
        ({"q": "", "set": []}, "set"),
        ({"q": "", "set": {"width": 1}}, "width"),
        ({"q": "", "set": {"release": ["title"]}}, "release"),
        ({"q": "", "set": {"score": 9}}, "score"),
        ({"q": "", "set": {"score": 1}, "dry_run": 1}, "dry_run"),
        ({"q": "", "score": 1}, "score"),
        ({"q": "", "add_keywords": ["a"], "remove_keywords": ["a"]}, "add_keywords"),
        ({"q": "", "add_keywords": ["a"], "set": {"keywords": []}}, "keywords"),
        ({"q": "", "shift_taken_at": 1.5}, "shift_taken_at"),
        ({"q": "", "shift_taken_at": 10**12}, "shift_taken_at"),
        ({"q": "", "shift_taken_at": 1, "set": {"taken_at": None}}, "taken_at"),
        ({"q": "", "zone": "Europe"}, "zone"),
        ({"q": "", "zone": "+25:00"}, "zone"),
        ({"paths": [], "set": {"score": 1}}, "paths"),
        ({"paths": "photos/a.jpg", "set": {"score": 1}}, "paths"),
        ({"paths": ["photos/a.jpg"] * 10_001, "set": {"score": 1}}, "paths"),
        ({"paths": ["nowhere/a.jpg"], "set": {"score": 1}}, "paths"),
        ({"each": [{"set": {"score": 1}}]}, "each"),
        ({"each": [{"path": "photos/a.jpg", "q": ""}]}, "q"),
        ({"each": [{"path": "photos/a.jpg"}, {"path": "photos/a.jpg"}]}, "each"),
        ({"each": [{"path": "photos/a.jpg"}], "set": {"score": 1}}, "set"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(door, body, field):
    refusal(patched(door, body), 422, field=field)


@pytest.mark.parametrize("number", [None, "1", 0, True, 1.5, 2**40])
def test_an_undo_needs_the_number_of_an_edit(door, number):
    refusal(door.client.post("/api/library/undo", json={"undo": number}), 422, field="undo")


def test_an_edit_that_nobody_knows_cannot_be_undone(door):
    answer = door.client.post("/api/library/undo", json={"undo": 7})
    assert (answer.status_code, answer.json()["cause"]) == (404, "unknown_edit")
