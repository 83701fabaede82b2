"""What became of files, over HTTP: a path explained, and files with the same bytes."""

import shutil

import pytest

from tests.samples import photo, write_many


def explained(door, path: str, code: int = 200):
    return door.get("/api/ingest/explain", code, params={"path": path})


@pytest.mark.parametrize(
    ("path", "verdict"),
    [
        ("photos/trip/shore.jpg", "ingested"),
        ("photos/broken/cut.jpg", "failed"),
        ("photos/notes.txt", "unsupported"),
        ("photos/trip/north/ice.xmp", "unsupported"),
        ("photos/.hidden.png", "ignored"),
        ("photos/.cache/x.png", "ignored"),
        ("photos/trip", "folder"),
        ("photos", "folder"),
        ("photos/nowhere.jpg", "not_found"),
        ("/etc/passwd", "outside_roots"),
        ("photos/../../x", "outside_roots"),
        ("elsewhere/x.jpg", "outside_roots"),
    ],
)
def test_every_path_has_an_answer(door, path, verdict):
    session = door.whole()
    answer = explained(door, path)
    assert (answer["path"], answer["verdict"]) == (path, verdict)
    assert answer.keys() == {
        "path", "verdict", "sentence", "on_disk", "row", "failures", "events", "duplicates", "duplicates_count",
        "matches", "matches_count", "sessions",
    }  # fmt: skip
    inside = verdict != "outside_roots"
    assert answer["sessions"] == ([session["session_id"]] if inside else [])
    assert (answer["on_disk"] is not None) == (inside and verdict != "not_found")


def test_every_listed_name_can_be_explained(door):
    session_id = door.whole()["session_id"]
    for listed in ("files", "files?skipped=filtered", "files?skipped=unsupported"):
        for file in door.get(f"/api/ingest/sessions/{session_id}/{listed}")["files"]:
            answer = explained(door, file["path"])
            assert answer["path"] == file["path"]
            assert answer["verdict"] in {"ingested", "failed", "ignored", "unsupported"}
            assert [event["outcome"] for event in answer["events"]] == ([file["outcome"]] if file["outcome"] else [])


def test_a_bare_name_is_that_of_the_one_file_that_has_it_and_of_several_they_are_told(twins):
    twins.whole()
    alone = explained(twins, " single.jpg ")
    assert (alone["path"], alone["verdict"], alone["matches"]) == (
        "photos/single.jpg",
        "ingested",
        ["photos/single.jpg"],
    )
    several = explained(twins, "sample-00001.png")
    assert (several["verdict"], several["matches_count"], several["row"]) == ("several", 2, None)
    assert several["matches"] == ["photos/one/sample-00001.png", "photos/two/sample-00001.png"]
    assert several["sentence"] == "2 files are named sample-00001.png: which one is meant?"
    assert explained(twins, "nowhere.jpg")["verdict"] == "not_found"


def test_a_bare_name_is_that_of_a_file_that_failed_too(door):
    door.whole("photos/broken")
    assert (explained(door, "cut.jpg")["path"], explained(door, "cut.jpg")["verdict"]) == (
        "photos/broken/cut.jpg",
        "failed",
    )


@pytest.mark.parametrize("path", ["", " ", "\n", "photos/a\0b.jpg"])
def test_what_no_path_can_be_is_refused(door, path):
    problem = explained(door, path, 422)
    assert (problem["field"], problem["cause"]) == ("path", "invalid_parameter")


def test_without_a_path_the_field_is_named(door):
    assert door.get("/api/ingest/explain", 422)["field"] == "path"


def test_a_path_of_bytes_that_are_not_utf_8_in_the_url_has_an_answer(door):
    assert door.get("/api/ingest/explain?path=photos/%ff%fe.jpg")["verdict"] == "not_found"


def test_without_a_database_nothing_can_be_explained(open_door):
    door = open_door(database_url="none")
    assert explained(door, "photos/notes.txt", 503)["cause"] == "database_disabled"
    session_id = "00000000-0000-4000-8000-000000000000"
    assert door.get(f"/api/ingest/sessions/{session_id}/same-bytes", 503)["cause"] == "database_disabled"


# -- the same bytes ----------------------------------------------------------------------------------------------


@pytest.fixture
def twins(open_door, tmp_path):
    """A door on a root with five files, each there twice, and one that is there once."""
    root = tmp_path / "root"
    for path in write_many(root / "one", 5):
        (root / "two").mkdir(exist_ok=True)
        shutil.copy(path, root / "two" / path.name)
    photo(root / "single.jpg", size=(96, 64), seed=7)
    return open_door(root)


def test_files_with_the_same_bytes_come_in_groups_page_by_page(twins):
    session_id = twins.whole()["session_id"]
    address = f"/api/ingest/sessions/{session_id}/same-bytes"
    whole = twins.get(address)
    assert (whole["files"], len(whole["groups"]), whole["next"]) == (10, 5, None)
    for group in whole["groups"]:
        one, two = group["files"]
        assert (group["count"], one.replace("/one/", "/two/")) == (2, two)
        assert explained(twins, one)["duplicates"] == [two]
    pages, cursor = [], {}
    while cursor is not None:
        page = twins.get(address, params={"limit": 2, **cursor})
        pages += page["groups"]
        cursor = {"cursor": page["next"]} if page["next"] else None
    assert pages == whole["groups"]


def test_the_pages_of_groups_refuse_what_makes_no_sense(twins):
    session_id = twins.whole()["session_id"]
    address = f"/api/ingest/sessions/{session_id}/same-bytes"
    for cursor in ("x", "A" * 64, "0" * 63, "\n" + "0" * 64):
        assert twins.get(address, 422, params={"cursor": cursor})["cause"] == "bad_cursor"
    for limit in (0, 1_001, "many"):
        assert twins.get(address, 422, params={"limit": limit})["field"] == "limit"
    unknown = "00000000-0000-4000-8000-000000000000"
    assert twins.get(f"/api/ingest/sessions/{unknown}/same-bytes", 404)["cause"] == "unknown_session"
    assert twins.get("/api/ingest/sessions/x/same-bytes", 422)["cause"] == "bad_session_id"
