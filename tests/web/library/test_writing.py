"""Write Metadata over HTTP: what is written where, what is refused, and that nothing of it is read again."""

import os
import stat

import pytest

from app.analysis.formats.xmp import parse_xmp
from app.media import Place
from app.writing.packet import tell_packet
from tests.samples import photo, xmp_packet

A, B = "photos/a.jpg", "photos/below/b.jpg"
WORDS = {"score": 4, "title": "Mine", "keywords": ["own", "a|b"], "taken_at": "2001-02-03T04:05:06"}


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    photo(root / "a.jpg", size=(64, 48), keywords=["sea"], rating=2)
    photo(root / "below" / "b.jpg", size=(48, 64))
    return root


@pytest.fixture
def known(open_door, root):
    door = open_door(root)
    door.whole()
    for path in (A, B):
        said(door, path, WORDS)
    return door


def said(door, path, words):
    answer = door.client.patch("/api/library/file", params={"path": path}, json=words)
    assert answer.status_code == 200, answer.text


def written(door, paths=(A,), **more):
    return door.post("/api/library/write", {"paths": list(paths), **more})


def pending(door):
    return door.post("/api/ingest/plan", {"directory": "photos"})["pending"]


def events(door, path):
    told = door.get("/api/ingest/explain", params={"path": path})["events"]
    return [(event["outcome"], event["reason"]) for event in told if event["session_id"] is None]


def told_by(path):
    return tell_packet(parse_xmp(path.read_bytes()))


def test_a_dry_run_tells_every_difference_and_changes_nothing(known, root, tmp_path):
    before = known.everything()
    answer = written(known, [A, B], dry_run=True)
    assert known.everything() == before
    assert answer["counts"] == {"would_write": 2}
    assert answer["undo"] is None
    file = answer["files"][0]
    assert file["target"] == str(tmp_path / "state" / "sidecars" / "photos" / "a.jpg.xmp")
    assert file["changes"] == [
        {"field": "score", "now": None, "then": 4},
        {"field": "title", "now": None, "then": "Mine"},
        {"field": "taken_at", "now": None, "then": "2001-02-03T04:05:06"},
        {"field": "keywords", "now": [], "then": ["b", "own", "a|b"]},
    ]


def test_the_folder_for_sidecars_mirrors_the_roots_which_are_left_alone(known, root, tmp_path):
    on_disk = sorted(root.rglob("*"))
    answer = written(known, [A, B])
    assert answer["counts"] == {"written": 2}
    assert sorted(root.rglob("*")) == on_disk
    sidecars = tmp_path / "state" / "sidecars" / "photos"
    assert told_by(sidecars / "below" / "b.jpg.xmp")["title"] == "Mine"
    assert written(known, [A, B])["counts"] == {"unchanged": 2}
    assert pending(known) == 0
    assert events(known, A)[-1][0] == "written"
    assert known.post("/api/library/undo", {"undo": answer["undo"]}) == {"changed": 2, "left": [], "refused": []}
    assert not list(sidecars.rglob("*.xmp"))
    assert events(known, A)[-1][0] == "undone"
    again = known.client.post("/api/library/undo", json={"undo": answer["undo"]})
    assert (again.status_code, again.json()["cause"]) == (404, "unknown_write")


def test_a_sidecar_beside_the_file_keeps_what_it_says_and_is_not_read_again(known, root):
    sidecar = root / "a.jpg.xmp"
    sidecar.write_bytes(xmp_packet(keywords=["theirs"], rating=1))
    os.chmod(sidecar, 0o640)
    known.whole()
    former, status = sidecar.read_bytes(), sidecar.stat()
    answer = written(known, to="sidecar")
    assert answer["counts"] == {"written": 1}
    assert answer["files"][0]["target"] == "photos/a.jpg.xmp"
    told = told_by(sidecar)
    assert (told["score"], told["title"], "theirs" in told["keywords"]) == (4, "Mine", True)
    assert stat.S_IMODE(sidecar.stat().st_mode) == 0o640
    assert pending(known) == 0
    file = known.get("/api/library/file", params={"path": A})
    assert (file["title"], file["sources"]["title"]) == ("Mine", "person")
    assert known.get("/api/library/write")["last"] == {
        "undo": answer["undo"], "at": known.get("/api/library/write")["last"]["at"], "to": "sidecar", "files": 1,
    }  # fmt: skip
    assert known.post("/api/library/undo", {"undo": answer["undo"]})["changed"] == 1
    assert (sidecar.read_bytes(), sidecar.stat().st_mtime_ns) == (former, status.st_mtime_ns)
    assert pending(known) == 0


def test_what_changed_unseen_beside_a_file_stays_pending(known, root):
    (root / "a.jpg.xmp").write_bytes(xmp_packet(keywords=["unseen"]))
    assert written(known, to="sidecar")["counts"] == {"written": 1}
    assert pending(known) == 1
    known.whole()
    words = known.get("/api/library/file", params={"path": A})["keywords"]
    assert {"text": "unseen", "source": "sidecar", "weight": None} in words


def test_a_sidecar_that_speaks_for_two_files_stays_theirs(open_door, root):
    photo(root / "a.png", size=(64, 48))
    (root / "a.xmp").write_bytes(xmp_packet(keywords=["both"]))
    door = open_door(root)
    door.whole()
    said(door, A, WORDS)
    assert written(door, to="sidecar")["files"][0]["target"] == "photos/a.jpg.xmp"
    assert b"Mine" not in (root / "a.xmp").read_bytes()
    assert "both" in told_by(root / "a.jpg.xmp")["keywords"]
    assert pending(door) == 0


def test_an_edit_and_a_write_are_undone_at_one_address_and_never_taken_for_each_other(known):
    edits = known.get("/api/library/edits")["edits"]
    answer = written(known, [A, B])
    assert (answer["undo"], [edit["id"] for edit in edits]) == ("w1", [2, 1])
    assert known.post("/api/library/undo", {"undo": 1})["changed"] == 1
    assert known.get("/api/library/write")["last"]["files"] == 2, "the edit was undone, not the write"
    assert known.post("/api/library/undo", {"undo": "w1"})["changed"] == 2
    assert known.get("/api/library/edits")["edits"][0]["undone_at"] is None, "the write was undone, not the edit"
    for wrong in ("1", "w0", "w", "W1", "w1 ", "w12345678901234567", 1.0, None, ["w1"]):
        answer = known.client.post("/api/library/undo", json={"undo": wrong})
        assert (answer.status_code, answer.json()["cause"]) == (422, "invalid_parameter"), wrong


def test_what_was_written_to_since_is_not_undone(known, root):
    undo = written(known, [A, B], to="sidecar")["undo"]
    (root / "a.jpg.xmp").write_bytes(xmp_packet(keywords=["later"]))
    answer = known.post("/api/library/undo", {"undo": undo})
    assert answer["changed"] == 1
    assert answer["left"] == [{"cause": "file_changed", "files": 1}]
    assert [(one["path"], one["cause"]) for one in answer["refused"]] == [(A, "file_changed")]
    assert b"later" in (root / "a.jpg.xmp").read_bytes()
    assert not (root / "below" / "b.jpg.xmp").exists()


def test_each_file_that_cannot_be_written_says_why_and_holds_up_no_other(known, root):
    (root / "a.jpg.xmp").write_bytes(b"no packet")
    answer = written(known, [A, B], to="sidecar")
    assert [(one["outcome"], one["cause"]) for one in answer["files"]] == [
        ("refused", "damaged_sidecar"), ("written", None),
    ]  # fmt: skip
    (root / "a.jpg.xmp").unlink()
    os.symlink("elsewhere", root / "a.jpg.xmp")
    assert written(known, to="sidecar")["files"][0]["cause"] in ("not_a_file", "damaged_sidecar")
    assert not (root / "elsewhere").exists()
    (root / "a.jpg").unlink()
    assert written(known, to="sidecar")["files"][0]["cause"] == "file_gone"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named_as_the_cause(known, root):
    (root / "below").chmod(0o555)
    try:
        told = written(known, [B], to="sidecar")["files"][0]
    finally:
        (root / "below").chmod(0o755)
    assert (told["outcome"], told["cause"]) == ("refused", "read_only")
    assert sorted(path.name for path in (root / "below").iterdir()) == ["b.jpg"]


def test_only_what_is_asked_for_and_what_a_person_said_is_written(known, root):
    photo(root / "c.jpg", size=(64, 48), title="embedded")
    known.whole()
    answer = written(known, [A, "photos/c.jpg"], fields=["title"])
    assert [one["outcome"] for one in answer["files"]] == ["written", "nothing_said"]
    assert [change["field"] for change in answer["files"][0]["changes"]] == ["title"]


def test_a_search_names_the_files_too(known):
    answer = known.post("/api/library/write", {"q": "name:b", "dry_run": True})
    assert [one["path"] for one in answer["files"]] == [B]


@pytest.mark.parametrize(
    ("body", "status", "cause"),
    [
        ({}, 422, "invalid_parameter"),
        ({"paths": [A], "q": ""}, 422, "invalid_parameter"),
        ({"paths": [A], "to": "elsewhere"}, 422, "invalid_parameter"),
        ({"paths": [A], "fields": ["width"]}, 422, "invalid_parameter"),
        ({"paths": ["photos/none.jpg"]}, 404, "unknown_file"),
        ({"q": "((("}, 422, "bad_query"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(known, body, status, cause):
    answer = known.client.post("/api/library/write", json=body)
    assert (answer.status_code, answer.json()["cause"]) == (status, cause)


def test_no_session_is_at_work_while_files_of_the_roots_change(known):
    with known.house.records.runner.at_rest():
        answer = known.client.post("/api/library/write", json={"paths": [A], "to": "sidecar"})
        assert (answer.status_code, answer.json()["cause"]) == (409, "illegal_move")
        assert written(known)["counts"] == {"written": 1}  # outside the roots there is nothing to wait for


def test_the_folder_for_sidecars_is_never_inside_a_root(open_door, root, tmp_path):
    door = open_door(root)
    door.house.folders.use({"photos": tmp_path})
    answer = door.client.post("/api/library/write", json={"q": ""})
    assert (answer.status_code, answer.json()["cause"]) == (409, "sidecar_dir_inside_root")
    assert "'photos'" in answer.json()["detail"]


def test_words_that_were_written_beside_a_file_stay_a_persons(known, root):
    written(known, to="sidecar")
    answer = known.client.patch("/api/library/file", params={"path": A}, json={"release": ["title"]})
    assert answer.json()["title"] is None
    known.whole()
    file = known.get("/api/library/file", params={"path": A})
    assert (file["title"], file["sources"]["title"]) == ("Mine", "sidecar")
    assert known.house.records.library.file(Place("photos", b"a.jpg"))["score"] == 4


def test_a_file_that_is_named_in_two_ways_is_written_once(known):
    answer = written(known, [A, "photos//a.jpg"], to="sidecar")
    assert (answer["counts"], [one["path"] for one in answer["files"]]) == ({"written": 1}, [A])
