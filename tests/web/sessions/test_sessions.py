"""Sessions over HTTP: plan, process, pause, resume, cancel, and what is shown of them."""

import os
import uuid

import pytest

from tests.samples import write_many
from tests.support.sums import assert_sums_close

UNKNOWN = "00000000-0000-4000-8000-000000000000"


# -------------------------------------------------------------------------------------------------------------- plan


def test_a_plan_counts_every_file_in_one_class_and_changes_nothing(door):
    before = door.everything()
    plan = door.post("/api/ingest/plan", {"directory": "photos"})
    assert door.everything() == before
    assert plan["discovered"] == 22
    assert plan["pending"] == 18
    assert plan["pending_by"] == {"new": 18}
    assert plan["skipped"] == {"filtered": 2, "unsupported": 2, "fresh": 0, "failed_before": 0, "beyond_max_files": 0}
    assert plan["by_type"] == {"png": 13, "jpeg": 4, "webp": 1}
    assert "weights" in plan["unavailable"]["nsfw"]
    assert 0 < plan["estimate_seconds"]["low"] <= plan["estimate_seconds"]["high"]


def test_a_session_does_what_was_planned_and_a_second_one_finds_everything_fresh(door):
    plan = door.post("/api/ingest/plan", {"directory": "photos"})
    status = door.whole()
    assert_sums_close(status)
    assert (status["discovered"], status["total_files"]) == (plan["discovered"], plan["pending"])
    assert status["skipped"] == plan["skipped"]
    assert status["outcomes"] | {"added": 17, "failed": 1} == status["outcomes"]
    assert status["stages"]["nsfw"] | {"skipped": 17, "not_reached": 1} == status["stages"]["nsfw"]
    again = door.post("/api/ingest/plan", {"directory": "photos"})
    assert again["pending"] == 0
    assert again["skipped"] | {"fresh": 17, "failed_before": 1} == again["skipped"]
    done = len(door.turnstile.jobs)
    second = door.whole()
    assert (second["total_files"], second["progress"], second["processed_files"]) == (0, 100, 0)
    assert_sums_close(second)
    assert len(door.turnstile.jobs) == done


@pytest.mark.parametrize(
    ("parameters", "pending"),
    [
        ({"pattern": "*.PNG"}, 13),
        ({"pattern": "*.jpg|*.webp"}, 5),
        ({"recursive": False}, 1),
        ({"max_files": 7}, 7),
        ({"directory": "photos/trip"}, 2),
        ({"directory": "photos/trip", "recursive": False}, 1),
        ({"directories": ["photos/trip", "photos/trip/north", "photos/made"], "directory": None}, 3),
    ],
)
def test_plan_and_process_mean_the_same_by_each_parameter(door, parameters, pending):
    body = {"directory": "photos"} | parameters
    plan = door.post("/api/ingest/plan", body)
    assert plan["pending"] == pending
    status = door.wait_for(door.post("/api/ingest/process", body, 202)["session_id"], "completed")
    assert_sums_close(status)
    assert (status["total_files"], status["discovered"], status["skipped"]) == (
        pending,
        plan["discovered"],
        plan["skipped"],
    )


def listed(door, name, limit=5, **parameters):
    found, cursor = [], None
    while True:
        body = {"directory": "photos", **parameters, "list": name} | ({"cursor": cursor} if cursor else {})
        page = door.post(f"/api/ingest/plan?limit={limit}", body)
        assert len(page["files"]) <= limit
        found += [file["path"] for file in page["files"]]
        cursor = page["next"]
        if cursor is None:
            return found


def test_each_number_of_a_plan_opens_its_list(door):
    door.whole("photos/plain")
    door.whole("photos/broken")
    parameters = {"max_files": 3}
    plan = door.post("/api/ingest/plan", {"directory": "photos", **parameters})
    assert plan["pending"] == 3
    assert plan["skipped"] == {
        "filtered": 2, "unsupported": 2, "fresh": 12, "failed_before": 1, "beyond_max_files": 2
    }  # fmt: skip
    for name, number in {"pending": plan["pending"], **plan["skipped"]}.items():
        found = listed(door, name, **parameters)
        assert len(found) == len(set(found)) == number, name
        assert found == sorted(found)


def test_one_walk_serves_every_change_of_options_until_it_is_refreshed(open_door, tmp_path):
    root = tmp_path / "growing"
    write_many(root, 4)
    door = open_door(root)

    def planned(query, **parameters):
        return door.post(f"/api/ingest/plan{query}", {"directory": "photos", **parameters})

    assert planned("?wait=20")["pending"] == 4
    write_many(root, 6)
    again = planned("?wait=20", pattern="*.png")
    assert (again["pending"], again["walking"]) == (4, False)
    assert planned("?wait=20&refresh=true")["pending"] == 6
    write_many(root, 7)
    assert planned("")["pending"] == 7  # a program that does not ask for a quick answer gets the present


def test_a_plan_that_may_not_wait_says_that_the_walk_goes_on(open_door, tmp_path, monkeypatch):
    import threading

    from app.ingest.disk.folders import Folders

    gate, read = threading.Event(), Folders.read

    def slowly(self, folder, ignores=None):
        assert gate.wait(30)
        return read(self, folder, ignores)

    write_many(tmp_path / "one", 3)
    door = open_door(tmp_path / "one")
    monkeypatch.setattr(Folders, "read", slowly)
    assert door.post("/api/ingest/plan?wait=0", {"directory": "photos"}, 202) == {"walking": True, "discovered": 0}
    gate.set()
    assert door.post("/api/ingest/plan?wait=20", {"directory": "photos"})["pending"] == 3


# ----------------------------------------------------------------------------------------------------------- process


def test_process_answers_with_the_session(door):
    answer = door.post("/api/ingest/process", {"directory": "photos"}, 202)
    assert answer.keys() == {"session_id", "total_files", "status"}
    assert len(answer["session_id"]) == 36
    assert str(uuid.UUID(answer["session_id"])) == answer["session_id"]
    assert door.wait_for(answer["session_id"], "completed")["parameters"]["directories"] == ["photos"]


def test_the_same_request_is_refused_while_it_is_active_and_names_the_session(door, photos):
    door.turnstile.hold()
    session_id = door.begin()
    same = [
        {"directory": "photos"},
        {"directory": str(photos)},
        {"directory": f"{photos}/../{photos.name}/"},
        {"directories": ["photos", "photos/trip"]},
        {"directory": "photos", "pattern": "*", "nsfw_threshold": 0.8, "recursive": True, "max_files": None},
    ]
    for body in same:
        refusal = door.post("/api/ingest/process", body, 409)
        assert (refusal["session_id"], refusal["cause"]) == (session_id, "already_active")
    door.post("/api/ingest/pause", {"session_id": session_id})
    door.turnstile.let(1)
    door.wait_for(session_id, "paused")
    assert door.post("/api/ingest/process", same[0], 409)["session_id"] == session_id  # paused is active, too
    assert [session["session_id"] for session in door.get("/api/ingest/sessions")["sessions"]] == [session_id]
    door.post("/api/ingest/cancel", {"session_id": session_id})
    assert door.begin() != session_id


def test_a_different_request_is_queued_and_has_its_turn(door):
    door.turnstile.hold()
    first = door.begin("photos/plain")
    answer = door.post("/api/ingest/process", {"directory": "photos/trip"}, 202)
    assert (answer["status"], answer["total_files"]) == ("queued", None)
    third = door.begin("photos/made")
    assert door.get("/api/ingest/active-session")["session_id"] == first
    assert door.post("/api/ingest/cancel", {"session_id": third})["status"] == "cancelled"
    door.turnstile.open()
    first_status = door.wait_for(first, "completed")
    second = door.wait_for(answer["session_id"], "completed")
    assert first_status["ended_at"] <= second["started_at"]
    assert (second["total_files"], door.status(third)["processed_files"]) == (2, 0)


def test_max_files_counts_over_all_resumes(door):
    door.turnstile.hold()
    session_id = door.begin(max_files=6)
    door.turnstile.let(2)
    door.wait_until(session_id, lambda status: status["processed_files"] == 2)
    door.post("/api/ingest/pause", {"session_id": session_id})
    door.turnstile.let(1)
    paused = door.wait_for(session_id, "paused")
    door.turnstile.open()
    door.post("/api/ingest/resume", {"session_id": session_id})
    status = door.wait_for(session_id, "completed")
    assert paused["processed_files"] == 3
    assert (status["total_files"], status["processed_files"], status["skipped"]["beyond_max_files"]) == (6, 6, 12)
    assert_sums_close(status)


# -------------------------------------------------------------------------------------------------------- directories


def test_without_a_path_the_roots_are_listed(door):
    answer = door.get("/api/ingest/directories")
    assert (answer["path"], answer["parent"]) == (None, None)
    (root,) = answer["directories"]
    assert (root["name"], root["path"], root["has_children"]) == ("photos", "photos", True)


def test_badges_follow_what_the_library_holds_unchanged(door):
    def badge(path):
        stats = door.get("/api/ingest/directories", params={"path": path})["ingest_stats"]
        return stats["ingested_files"], stats["total_files"]

    assert badge("photos/plain") == (0, 12)
    door.turnstile.hold()
    session_id = door.begin("photos/plain")
    door.turnstile.let(5)
    door.wait_until(session_id, lambda status: status["processed_files"] == 5)
    assert badge("photos/plain") == (5, 12)
    door.turnstile.open()
    door.wait_for(session_id, "completed")
    assert badge("photos/plain") == (12, 12)
    assert badge("photos/nothing here") == (0, 0)
    door.whole("photos/broken")
    assert badge("photos/broken") == (0, 1)


def test_a_folder_that_only_holds_folders_has_a_count_of_what_lies_below(door):
    door.whole("photos/trip")
    answer = door.get("/api/ingest/directories", params={"path": "photos", "recursive": "true"})
    below = {entry["name"]: entry["recursive_stats"] for entry in answer["directories"]}
    assert (below["trip"]["ingested_files"], below["trip"]["total_files"]) == (2, 2)
    assert below["plain"]["total_files"] == 12
    assert ".cache" not in below
    assert answer["ingest_stats"]["total_files"] == 1


def test_every_listed_name_works_when_it_is_sent_back(door):
    (odd,) = [e["path"] for e in door.get("/api/ingest/directories?path=photos")["directories"] if "caf" in e["name"]]
    assert odd == "photos/caf\\xe9"
    status = door.whole(odd)
    assert status["outcomes"]["added"] == 1
    (file,) = door.get(f"/api/ingest/sessions/{status['session_id']}/files")["files"]
    assert os.path.basename(file["path"]) == "b\\x5cxe9 #1 & 2?.jpg"
    assert door.get("/api/library/file", params={"path": file["path"]})["path"] == file["path"]
    answer = door.client.get("/api/library/thumbnail", params={"path": file["path"]})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")


def test_a_page_of_directories_goes_on_where_the_last_ended(open_door, tmp_path):
    root = tmp_path / "wide"
    for number in range(450):
        (root / f"folder {number:03d}").mkdir(parents=True)
    door = open_door(root)
    found, cursor = [], None
    while True:
        page = door.get("/api/ingest/directories", params={"path": "photos"} | ({"cursor": cursor} if cursor else {}))
        found += [entry["name"] for entry in page["directories"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == [f"folder {number:03d}" for number in range(450)]


@pytest.mark.parametrize("format_", ["csv", "json", "jsonl", "xlsx"])
def test_a_report_is_a_file_to_keep_with_every_file_in_it(open_door, tmp_path, format_):
    write_many(tmp_path / "root", 3)
    door = open_door(tmp_path / "root")
    session_id = door.whole()["session_id"]
    answer = door.client.get(f"/api/ingest/sessions/{session_id}/report", params={"format": format_})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(f'-{session_id[:8]}.{format_}"'.removeprefix("-"))
    if format_ == "jsonl":
        assert len(answer.text.splitlines()) == 3
    else:
        assert answer.content
    problem = door.get(f"/api/ingest/sessions/{session_id}/report", 422, params={"format": "pdf"})
    assert (problem["cause"], problem["field"]) == ("invalid_parameter", "format")


# -------------------------------------------------------------------------------------------------------------- undo


def test_an_undone_session_leaves_its_files_new(door):
    door.whole("photos/trip")
    session_id = door.whole()["session_id"]
    address = f"/api/ingest/sessions/{session_id}/undo"
    door.client.patch("/api/library/file", params={"path": "photos/line.webp"}, json={"title": "Line"})
    assert door.post(address) == {"removed": 14, "kept": 1}
    refused = door.post(address, {"confirm": 15}, 409)
    assert (refused["cause"], refused["count"]) == ("count_changed", 14)
    assert door.post(address, {"confirm": 14}) == {"removed": 14, "kept": 1}
    assert door.get("/api/summary")["files"] == 3
    plan = door.post("/api/ingest/plan", {"directory": "photos"})
    assert (plan["pending_by"], plan["skipped"]["fresh"]) == ({"new": 14}, 3)
    assert door.status(session_id)["outcomes"]["added"] == 15
    explained = door.get("/api/ingest/explain", params={"path": "photos/made/lake.png"})
    assert (explained["verdict"], "had its row removed" in explained["sentence"]) == ("not_ingested", True)
    assert door.post(address) == {"removed": 0, "kept": 1}


def test_nothing_is_undone_of_a_session_under_way_or_while_one_is_at_work(door):
    ended = door.whole("photos/trip")["session_id"]
    door.turnstile.hold()
    at_work = door.begin("photos/plain")
    door.wait_for(at_work, "processing")
    assert door.post(f"/api/ingest/sessions/{at_work}/undo", {}, 409)["cause"] == "illegal_move"
    assert door.post(f"/api/ingest/sessions/{ended}/undo") == {"removed": 2, "kept": 0}
    assert door.post(f"/api/ingest/sessions/{ended}/undo", {"confirm": 2}, 409)["cause"] == "illegal_move"
    for body, field in (({"confirm": -1}, "confirm"), ({"confirm": True}, "confirm"), ({"yes": 1}, "yes")):
        assert door.post(f"/api/ingest/sessions/{ended}/undo", body, 422)["field"] == field
    assert door.post(f"/api/ingest/sessions/{UNKNOWN}/undo", {}, 404)["cause"] == "unknown_session"
