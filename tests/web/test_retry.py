"""Failed files over HTTP: told by cause, tried again; and sessions that ask a person to confirm."""

import pytest

from app.errors import FILE_CAUSES
from tests.samples import photo, settled, unidentifiable, write_many

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def damaged(open_door, tmp_path):
    """A door on a root with three good files and three that fail, of two causes."""
    root = tmp_path / "root"
    write_many(root / "good", 3)
    unidentifiable(root / "cut-1.jpg", size=(96, 64))
    unidentifiable(root / "cut-2.jpg", size=(96, 64), seed=2)
    (root / "empty.png").write_bytes(b"")
    settled(root / "empty.png")
    return open_door(root)


def test_failures_are_told_by_cause_with_what_to_do(damaged):
    session_id = damaged.whole()["session_id"]
    told = damaged.get(f"/api/ingest/sessions/{session_id}/failures")
    assert told["files"] == 3
    assert [(cause["cause"], cause["files"]) for cause in told["causes"]] == [("truncated_image", 2), ("empty_file", 1)]
    for cause in told["causes"]:
        assert (cause["meaning"], cause["advice"]) == (
            FILE_CAUSES[cause["cause"]].meaning,
            FILE_CAUSES[cause["cause"]].advice,
        )
        listed = damaged.get(f"/api/ingest/sessions/{session_id}/files", params={"cause": cause["cause"]})
        assert len(listed["files"]) == cause["files"]
    assert damaged.get(f"/api/ingest/sessions/{UNKNOWN}/failures", 404)["cause"] == "unknown_session"


def test_a_retry_takes_in_what_was_mended(damaged):
    first = damaged.whole()["session_id"]
    photo(damaged.folder / "root" / "cut-1.jpg", size=(96, 64))
    here = f"/api/ingest/sessions/{first}/failures"
    looked = damaged.get(here, params={"changed": "true"})
    assert {each["cause"]: each["changed"] for each in looked["causes"]} == {"truncated_image": 1, "empty_file": 0}
    assert {each["changed"] for each in damaged.get(here)["causes"]} == {None}
    answer = damaged.post("/api/ingest/retry", {"session_id": first}, 202)
    assert set(answer) == {"session_id", "total_files", "status"}
    status = damaged.wait_for(answer["session_id"], "completed")
    assert {name: count for name, count in status["outcomes"].items() if count} == {"added": 1, "failed": 2}
    assert (status["discovered"], status["parameters"]["retry_of"]) == (3, first)
    narrowed = {"session_id": first, "cause": "empty_file", "paths": ["photos/empty.png", "photos/cut-2.jpg"]}
    again = damaged.wait_for(damaged.post("/api/ingest/retry", narrowed, 202)["session_id"], "completed")
    assert [error["path"] for error in again["errors"]] == ["photos/empty.png"]
    report = damaged.client.get(f"/api/ingest/sessions/{again['session_id']}/report").text
    assert report.count("photos/") == 1


REFUSALS = [
    ({"session_id": None}, 422, "bad_session_id", "session_id"),
    ({"session_id": 5}, 422, "bad_session_id", "session_id"),
    ({"session_id": UNKNOWN}, 404, "unknown_session", None),
    ({"cause": "decoder_crashed"}, 422, "nothing_matches", "session_id"),
    ({"cause": "no_such_cause"}, 422, "invalid_parameter", "cause"),
    ({"cause": ["empty_file"]}, 422, "invalid_parameter", "cause"),
    ({"paths": "photos/empty.png"}, 422, "invalid_parameter", "paths"),
    ({"paths": [1]}, 422, "invalid_parameter", "paths"),
    ({"paths": []}, 422, "invalid_parameter", "paths"),
    ({"paths": ""}, 422, "invalid_parameter", "paths"),
    ({"paths": ["x"] * 1_001}, 422, "invalid_parameter", "paths"),
    ({"paths": ["photos/good/sample-00000.png"]}, 422, "nothing_matches", "session_id"),
    ({"pattern": "*"}, 422, "unknown_parameter", "pattern"),
]


def test_what_makes_no_sense_as_a_retry_is_refused(damaged):
    session_id = damaged.whole()["session_id"]
    for body, code, cause, field in REFUSALS:
        refused = damaged.post("/api/ingest/retry", {"session_id": session_id, **body}, code)
        assert (refused["cause"], refused.get("field")) == (cause, field), body
    assert len(damaged.get("/api/ingest/sessions")["sessions"]) == 1


def test_the_same_retry_twice_is_one_session_and_a_session_under_way_has_none(damaged):
    first = damaged.whole()["session_id"]
    damaged.turnstile.hold()
    retry = damaged.post("/api/ingest/retry", {"session_id": first}, 202)["session_id"]
    refused = damaged.post("/api/ingest/retry", {"session_id": first}, 409)
    assert (refused["cause"], refused["session_id"]) == ("already_active", retry)
    assert damaged.post("/api/ingest/retry", {"session_id": retry}, 409)["cause"] == "illegal_move"
    damaged.turnstile.open()
    damaged.wait_for(retry, "completed")


def test_files_that_are_gone_have_to_be_confirmed_and_are_then_shown_as_missing(damaged):
    damaged.whole()
    for path in sorted((damaged.folder / "root" / "good").iterdir()):
        path.unlink()
    for name in ("cut-1.jpg", "cut-2.jpg"):
        (damaged.folder / "root" / name).unlink()
    session_id = damaged.begin()
    status = damaged.wait_for(session_id, "attention")
    assert (status["attention"]["cause"], status["attention"]["needs_confirm"]) == ("root_changed", True)
    assert damaged.get("/api/library/missing") == {"files": [], "next": None}
    for not_a_yes in ("yes", 1, None):
        body = {"session_id": session_id, "confirm": not_a_yes}
        assert damaged.post("/api/ingest/resume", body, 422)["field"] == "confirm"
    damaged.post("/api/ingest/resume", {"session_id": session_id, "confirm": False})
    damaged.wait_for(session_id, "attention")
    address, found, cursor = f"/api/ingest/sessions/{session_id}/gone", [], {}
    while cursor is not None:
        page = damaged.get(address, params={"limit": 1, **cursor})
        found += [file["path"] for file in page["files"]]
        cursor = {"cursor": page["next"]} if page["next"] else None
    assert found == [f"photos/good/sample-0000{number}.png" for number in range(3)]
    for cursor in ("x", "photos/\0", "photos/"):
        assert damaged.get(address, 422, params={"cursor": cursor})["cause"] == "bad_cursor"
    damaged.post("/api/ingest/resume", {"session_id": session_id, "confirm": True})
    assert damaged.wait_for(session_id, "completed")["marked_missing"] == 3
    page = damaged.get("/api/library/missing", params={"limit": 2})
    rest = damaged.get("/api/library/missing", params={"limit": 2, "cursor": page["next"]})
    assert [file["path"] for file in page["files"] + rest["files"]] == [
        f"photos/good/sample-0000{number}.png" for number in range(3)
    ]
    assert rest["next"] is None
    assert damaged.get("/api/library/file", params={"path": "photos/good/sample-00001.png"})["missing_at"]
    assert damaged.get("/api/library/missing", 422, params={"cursor": "x"})["cause"] == "bad_cursor"
