"""The failures that stand over all sessions: listed, counted, said something of, written out, tried again."""

import csv
import io

import pytest

from app.errors import FILE_CAUSES
from app.web.cursors import cursor_of
from tests.samples import photo, settled, unidentifiable, write_many

ADDRESS = "/api/ingest/failures"


@pytest.fixture
def damaged(open_door, tmp_path):
    """A door on a root with two good files and four that fail, of two causes, taken in by two sessions."""
    root = tmp_path / "root"
    write_many(root / "good", 2)
    for number in range(3):
        unidentifiable(root / "cut" / f"{number}.jpg", size=(96, 64), seed=number)
    (root / "empty.png").write_bytes(b"")
    settled(root / "empty.png")
    door = open_door(root)
    door.whole("photos/cut")
    door.whole()
    return door


def listed(door, **narrowed):
    return door.get(ADDRESS, params=narrowed)


def paths(answer):
    return [file["path"] for file in answer["files"]]


CUT = [f"photos/cut/{number}.jpg" for number in range(3)]


def test_failures_of_every_session_are_listed_and_counted_by_cause(damaged):
    answer = listed(damaged)
    assert paths(answer) == ["photos/empty.png", *CUT]
    assert (answer["total"], answer["next"]) == (4, None)
    assert answer["states"] == {"open": 4, "reviewed": 0, "ignored": 0}
    assert [(each["cause"], each["files"]) for each in answer["causes"]] == [("truncated_image", 3), ("empty_file", 1)]
    for each in answer["causes"]:
        cause = FILE_CAUSES[each["cause"]]
        assert (each["meaning"], each["advice"], each["retry_helps"]) == (cause.meaning, cause.advice, False)
    assert {(file["state"], file["attempts"], file["on_disk"]) for file in answer["files"]} == {
        ("open", 1, "as_it_was")
    }


def test_pages_follow_each_other_without_duplicates_or_gaps(damaged):
    found, cursor = [], {}
    while cursor is not None:
        page = listed(damaged, limit=1, **cursor)
        found += paths(page)
        assert page["total"] == 4
        cursor = {"cursor": page["next"]} if page["next"] else None
    assert found == paths(listed(damaged))


def test_they_are_narrowed_by_cause_root_and_state(damaged):
    damaged.post(ADDRESS, {"paths": CUT[:1], "state": "reviewed"})
    assert paths(listed(damaged, cause="truncated_image")) == CUT
    assert paths(listed(damaged, cause="truncated_image", state="open")) == CUT[1:]
    assert paths(listed(damaged, state="reviewed", root="photos")) == CUT[:1]
    assert listed(damaged, root="elsewhere")["causes"] == []
    of_open = listed(damaged, state="open")
    assert {each["cause"]: each["files"] for each in of_open["causes"]} == {"truncated_image": 2, "empty_file": 1}
    assert (of_open["total"], of_open["states"]) == (3, {"open": 3, "reviewed": 1, "ignored": 0})


def test_what_a_person_says_of_a_cause_is_said_of_those_that_it_was_not_said_of(damaged):
    damaged.post(ADDRESS, {"paths": CUT[:1], "state": "ignored"})
    asked = {"cause": "truncated_image", "state": "reviewed", "from_state": "open", "root": "photos"}
    assert damaged.post(ADDRESS, asked) == {"changed": 2}
    assert damaged.post(ADDRESS, asked) == {"changed": 0}
    assert listed(damaged)["states"] == {"open": 1, "reviewed": 2, "ignored": 1}
    assert damaged.post(ADDRESS, {"cause": "truncated_image", "state": "open"}) == {"changed": 3}


def test_an_ignored_file_is_left_alone_until_it_changes(damaged):
    damaged.post(ADDRESS, {"paths": CUT[:1], "state": "ignored"})
    forced = damaged.whole("photos/cut", skip_existing=False)
    assert (forced["outcomes"]["failed"], forced["skipped"]["failed_before"]) == (2, 1)
    again = damaged.post("/api/ingest/retry", {"session_id": "all", "cause": "truncated_image"}, 202)
    assert damaged.wait_for(again["session_id"], "completed")["outcomes"]["failed"] == 2
    by_name = damaged.post("/api/ingest/retry", {"session_id": "all", "paths": CUT[:1]}, 202)
    assert damaged.wait_for(by_name["session_id"], "completed")["outcomes"]["failed"] == 1
    assert paths(listed(damaged, state="ignored")) == CUT[:1]  # it failed as it did before
    unidentifiable(damaged.folder / "root" / "cut" / "0.jpg", size=(64, 96), seed=9)
    assert listed(damaged, state="ignored")["files"][0]["on_disk"] == "changed"
    assert damaged.whole("photos/cut")["outcomes"]["failed"] == 1
    assert listed(damaged, state="ignored")["files"] == []


def test_what_is_taken_in_fails_no_more_and_what_is_gone_is_said_to_be(damaged):
    folder = damaged.folder / "root" / "cut"
    photo(folder / "0.jpg", size=(96, 64))
    (folder / "1.jpg").unlink()
    assert [file["on_disk"] for file in listed(damaged, cause="truncated_image")["files"]] == [
        "changed", "gone", "as_it_was"
    ]  # fmt: skip
    again = damaged.post("/api/ingest/retry", {"session_id": "all"}, 202)["session_id"]
    status = damaged.wait_for(again, "completed")
    assert {name: n for name, n in status["outcomes"].items() if n} == {"added": 1, "vanished": 1, "failed": 2}
    assert (status["parameters"]["retry_of"], status["parameters"]["directories"]) == ("all", ["photos"])
    assert {file["path"]: file["on_disk"] for file in listed(damaged)["files"]} == {
        "photos/empty.png": "as_it_was",
        CUT[1]: "gone",
        CUT[2]: "as_it_was",
    }


def test_they_are_written_out_as_a_report(damaged):
    text = damaged.client.get(f"{ADDRESS}/report", params={"cause": "truncated_image"}).text
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [line["path"] for line in lines] == CUT
    assert {line["state"] for line in lines} == {"open"}
    for format_ in ("json", "jsonl", "xlsx"):
        assert damaged.client.get(f"{ADDRESS}/report", params={"format": format_}).status_code == 200


REFUSALS = [
    ({"state": "open"}, "invalid_parameter", "paths"),
    ({"state": "open", "paths": ["photos/a"], "cause": "empty_file"}, "invalid_parameter", "paths"),
    ({"state": "gone", "cause": "empty_file"}, "invalid_parameter", "state"),
    ({"state": ["open"], "cause": "empty_file"}, "invalid_parameter", "state"),
    ({"cause": "empty_file"}, "invalid_parameter", "state"),
    ({"state": "open", "cause": "no_such_cause"}, "invalid_parameter", "cause"),
    ({"state": "open", "paths": ["/etc/passwd"]}, "outside_roots", "paths"),
    ({"state": "open", "paths": []}, "invalid_parameter", "paths"),
    ({"state": "open", "cause": "empty_file", "pattern": "*"}, "unknown_parameter", "pattern"),
]


def test_what_makes_no_sense_is_refused(damaged):
    for body, cause, field in REFUSALS:
        refused = damaged.post(ADDRESS, body, 422)
        assert (refused["cause"], refused.get("field")) == (cause, field), body
    for cursor in ("x", "\xe9", cursor_of("a", "b", -1), cursor_of("a\0", "b", 1), cursor_of("a\ud800", "b", 1)):
        assert damaged.get(ADDRESS, 422, params={"cursor": cursor})["cause"] == "bad_cursor"
    assert damaged.get(ADDRESS, 422, params={"state": "new"})["field"] == "state"
    assert damaged.post("/api/ingest/retry", {"session_id": "all", "cause": "decoder_crashed"}, 422)["cause"] == (
        "nothing_matches"
    )
