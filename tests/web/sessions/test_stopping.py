"""Sessions that are paused, resumed and cancelled, and what a fresh page finds of them."""

import pytest

from tests.samples import film, landscape, photo, xmp_packet
from tests.support.server import query
from tests.support.sums import assert_sums_close

COUNTS = ("discovered", "skipped", "total_files", "pending", "processed_files")


# --------------------------------------------------------------------------------------- pause, resume, cancel, delete


def test_a_pause_takes_effect_within_one_file_and_resume_goes_on_where_it_stood(door):
    door.turnstile.hold()
    session_id = door.begin()
    door.turnstile.let(4)
    door.wait_until(session_id, lambda status: status["processed_files"] == 4)
    running = door.status(session_id)
    assert (running["status"], running["pending"]) == ("processing", 14)
    assert running["current_file"].startswith("photos/")
    door.post("/api/ingest/pause", {"session_id": session_id})
    door.turnstile.let(5)
    paused = door.wait_for(session_id, "paused")
    assert paused["processed_files"] == 5
    assert paused["current_file"] is None
    assert_sums_close(paused)
    assert door.post("/api/ingest/pause", {"session_id": session_id}, 409)["cause"] == "illegal_move"
    door.turnstile.open()
    answer = door.post("/api/ingest/resume", {"session_id": session_id})
    assert answer["resumed"] is True
    status = door.wait_for(session_id, "completed")
    assert len({job.file.path for job in door.turnstile.jobs}) == len(door.turnstile.jobs) == 18
    assert_sums_close(status)


def test_resume_is_safe_at_any_time(door):
    door.turnstile.hold()
    session_id = door.begin()
    door.wait_for(session_id, "processing")
    running = door.post("/api/ingest/resume", {"session_id": session_id})
    assert (running["resumed"], running["status"]) == (False, "processing")
    door.turnstile.open()
    done = door.wait_for(session_id, "completed")
    answer = door.post("/api/ingest/resume", {"session_id": session_id, "confirm": True})
    assert answer == done | {"resumed": False}
    assert len(door.turnstile.jobs) == 18


def test_a_cancel_keeps_what_is_committed_and_says_what_was_left(door):
    door.turnstile.hold()
    session_id = door.begin()
    door.turnstile.let(6)
    door.wait_until(session_id, lambda status: status["processed_files"] == 6)
    door.post("/api/ingest/cancel", {"session_id": session_id})
    cancelled = door.wait_for(session_id, "cancelled")
    assert (cancelled["processed_files"], cancelled["pending"]) == (6, 12)
    assert_sums_close(cancelled)
    rows = query(door.folder / "library.db", "SELECT count(*) AS n FROM media_files")
    assert rows == [{"n": cancelled["committed_files"]}]
    for move in ("cancel", "pause"):
        assert door.post(f"/api/ingest/{move}", {"session_id": session_id}, 409)["cause"] == "illegal_move"
    assert door.post("/api/ingest/resume", {"session_id": session_id})["resumed"] is False


def test_deleting_a_session_forgets_its_files_and_keeps_its_media_even_after_a_restart(door):
    door.turnstile.hold()
    session_id = door.begin("photos/made")
    refusal = door.client.delete(f"/api/ingest/sessions/{session_id}")
    assert (refusal.status_code, refusal.json()["cause"]) == (409, "illegal_move")
    door.turnstile.open()
    door.wait_for(session_id, "completed")
    assert door.client.delete(f"/api/ingest/sessions/{session_id}").status_code == 204
    for path in (f"/api/ingest/status/{session_id}", f"/api/ingest/sessions/{session_id}/files"):
        assert door.get(path, 404)["cause"] == "unknown_session"
    assert not list(door.state.glob(f"{session_id}*"))
    door.reopen()
    assert door.get(f"/api/ingest/status/{session_id}", 404)["cause"] == "unknown_session"
    assert door.get("/api/library/file?path=photos/made/lake.png")["format"] == "png"
    assert door.get("/api/summary")["images"] == 1


def test_a_restarted_server_shows_the_same_counters_and_goes_on_by_itself(door):
    door.turnstile.hold()
    session_id = door.begin()
    door.turnstile.let(7)
    before = door.wait_until(session_id, lambda status: status["processed_files"] == 7)
    door.reopen()
    after = door.wait_for(session_id, "processing")
    same = (*COUNTS, "outcomes", "stats", "committed_files", "errors", "created_at", "started_at", "parameters")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["interruptions"] == 1
    door.turnstile.open()
    assert_sums_close(door.wait_for(session_id, "completed"))
    assert len(door.turnstile.jobs) == 18


# --------------------------------------------------------------------------------------------- what a fresh page shows


def test_the_active_session_is_the_one_that_a_fresh_page_should_show(door):
    nothing = {"session_id": None, "status": None}
    assert door.get("/api/ingest/active-session") == nothing
    door.turnstile.hold()
    first = door.begin("photos/plain")
    second = door.begin("photos/trip")
    door.wait_for(first, "processing")
    assert door.get("/api/ingest/active-session") == {"session_id": first, "status": "processing"}
    door.post("/api/ingest/pause", {"session_id": first})
    door.turnstile.let(1)
    door.wait_for(first, "paused")
    door.wait_for(second, "processing")  # a paused session holds up no other
    assert door.get("/api/ingest/active-session") == {"session_id": second, "status": "processing"}
    door.turnstile.open()
    door.wait_for(second, "completed")
    assert door.get("/api/ingest/active-session") == {"session_id": first, "status": "paused"}
    door.post("/api/ingest/cancel", {"session_id": first})
    assert door.get("/api/ingest/active-session") == {"session_id": first, "status": "cancelled"}
    assert door.post("/api/ingest/dismiss", {"session_id": first})["dismissed"] is True
    assert door.get("/api/ingest/active-session") == nothing
    door.reopen()
    assert door.get("/api/ingest/active-session") == nothing


def test_the_history_comes_in_pages_newest_first(door):
    ids = [door.whole(f"photos/{name}")["session_id"] for name in ("plain", "trip", "made", "caf\\xe9", "broken")]
    found, cursor = [], None
    for _ in range(3):
        page = door.get("/api/ingest/sessions", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        found += [session["session_id"] for session in page["sessions"]]
        cursor = page["next"]
    assert (found, cursor) == (ids[::-1], None)


def test_a_refreshed_status_is_that_of_the_file_and_of_the_stream(door):
    door.turnstile.hold()
    session_id = door.begin()
    door.turnstile.let(3)
    status = door.wait_until(session_id, lambda status: status["processed_files"] == 3)
    with door.events(session_id) as stream:
        frame = next(stream)
    for name in (*COUNTS, "outcomes", "stats", "stages", "errors", "current_file", "last_event_id"):
        assert frame.data[name] == status[name], name
    assert door.status(session_id.upper())["session_id"] == session_id


def files_of(door, session_id, **selection):
    """All pages of a list of a session's files."""
    found, cursor = [], None
    while True:
        params = selection | {"limit": 5} | ({"cursor": cursor} if cursor else {})
        page = door.get(f"/api/ingest/sessions/{session_id}/files", params=params)
        assert len(page["files"]) <= 5
        found += page["files"]
        cursor = page["next"]
        if cursor is None:
            assert len({file["path"] for file in found}) == len(found)
            return found


def test_the_files_of_a_session_come_in_pages(door):
    session_id = door.whole()["session_id"]
    everything = files_of(door, session_id)
    assert len(everything) == 18
    assert everything[0].keys() >= {"path", "outcome", "stage", "cause", "reason", "ms", "at"}
    assert len(files_of(door, session_id, outcome="added")) == 17
    assert files_of(door, session_id, outcome="committed") == files_of(door, session_id, outcome="added")
    assert files_of(door, session_id, outcome="incomplete") == files_of(door, session_id, incomplete=True) == []
    (file,) = files_of(door, session_id, outcome="failed")
    assert (file["path"], file["stage"], file["cause"]) == ("photos/broken/cut.jpg", "identify", "truncated_image")
    assert files_of(door, session_id, cause="truncated_image") == [file]
    assert files_of(door, session_id, outcome="vanished") == []


def test_what_a_file_is_its_content_says_not_its_name(open_door, tmp_path):
    """A picture named like a film has its thumbnail at the first run; afterwards nothing is left to do."""
    pytest.importorskip("av", reason="PyAV is not installed")
    root = tmp_path / "root"
    photo(root / "x.png", size=(96, 64), keywords=["sea"]).rename(root / "a.mp4")
    photo(root / "x.jpg", size=(96, 64), make="Maker").rename(root / "c.mov")
    film(root / "x.mp4", [landscape("dunes", (64, 48))] * 3).rename(root / "film.jpg")
    door = open_door(root)
    first = door.whole()
    assert (first["outcomes"]["added"], first["stats"]["errors"], first["stages"]["thumbnail"]["done"]) == (3, 0, 3)
    for name, format_, kind in (("a.mp4", "png", "image"), ("c.mov", "jpeg", "image"), ("film.jpg", "mp4", "video")):
        file = door.get("/api/library/file", params={"path": f"photos/{name}"})
        assert (file["format"], file["kind"]) == (format_, kind)
        assert door.client.get("/api/library/thumbnail", params={"path": f"photos/{name}"}).status_code == 200
    assert door.get("/api/library/file?path=photos/c.mov")["camera_make"] == "Maker"
    assert door.get("/api/library/file?path=photos/a.mp4")["keywords"][0]["text"] == "sea"
    plan = door.post("/api/ingest/plan", {"directory": "photos"})
    assert (plan["pending"], plan["skipped"]["fresh"]) == (0, 3)


def test_a_changed_sidecar_runs_the_stages_that_it_speaks_of(open_door, tmp_path):
    root = tmp_path / "root"
    photo(root / "a.jpg", size=(64, 48))
    score, sidecar = root / ".scores" / "a.jpg.json", root / "a.xmp"
    score.parent.mkdir()
    score.write_text('{"score": 1}')
    sidecar.write_bytes(xmp_packet(keywords=["ice"]))
    door = open_door(root)

    def stages_of_next() -> set[str]:
        before = len(door.turnstile.jobs)
        assert door.whole()["outcomes"]["updated"] == 1
        [job] = door.turnstile.jobs[before:]
        return {stage.value for stage in job.stale}

    def row() -> dict:
        return door.get("/api/library/file?path=photos/a.jpg")

    door.whole()
    assert (row()["score"], [word["text"] for word in row()["keywords"]]) == (1, ["ice"])
    score.write_text('{"score": -1 }')
    assert stages_of_next() == {"score"}
    assert (row()["score"], [word["text"] for word in row()["keywords"]]) == (-1, ["ice"])
    sidecar.write_bytes(xmp_packet(keywords=["ice", "snow"]))
    assert stages_of_next() == {"metadata", "keywords", "score"}
    assert (row()["score"], [word["text"] for word in row()["keywords"]]) == (-1, ["ice", "snow"])
    assert door.whole()["total_files"] == 0


def test_each_skip_of_a_session_opens_its_list(door):
    status = door.whole(max_files=5)
    assert status["skipped"] | {"unsupported": 2, "filtered": 2, "beyond_max_files": 13} == status["skipped"]
    for name, number in status["skipped"].items():
        assert len(files_of(door, status["session_id"], skipped=name)) == number, name


def test_the_fresh_files_of_a_session_stay_those_that_it_found_fresh(door):
    door.whole("photos/trip")
    status = door.whole("photos")
    assert status["skipped"]["fresh"] == 2
    page = door.get(f"/api/ingest/sessions/{status['session_id']}/files", params={"skipped": "fresh"})
    assert [file["path"] for file in page["files"]] == ["photos/trip/north/ice.jpg", "photos/trip/shore.jpg"]
