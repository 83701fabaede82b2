"""Server-sent events: what a page sees as it happens, and what it misses while it is away."""

import random
from itertools import chain

import pytest

from app.media import OPTIONAL, Stage
from app.web import events
from tests.samples import write_many
from tests.support.server import frames, query

STAGES = [stage.value for stage in Stage if stage not in OPTIONAL]


def every(seen, event):
    return [frame for frame in seen if frame.event == event]


def files_in(seen):
    return [file["path"] for frame in seen for file in frame.files]


def logged(door, session_id):
    """The paths of the log in its order, as the API shows them."""
    found, cursor = [], None
    while True:
        params = {"limit": 1000} | ({"cursor": cursor} if cursor else {})
        page = door.get(f"/api/ingest/sessions/{session_id}/files", params=params)
        found += [file["path"] for file in page["files"]]
        cursor = page["next"]
        if cursor is None:
            return found


@pytest.fixture
def many(open_door, tmp_path):
    """A door on 60 files, held."""
    write_many(tmp_path / "many", 60)
    door = open_door(tmp_path / "many")
    door.turnstile.hold()
    return door


def test_a_stream_tells_a_session_from_its_start_to_its_end(many):
    session_id = many.begin()
    with many.events(session_id) as stream:
        first = next(stream)
        many.turnstile.open()
        seen = [first, *stream]
    assert (first.event, first.data["session_id"], first.data["parameters"]["pattern"]) == ("session", session_id, "*")
    assert [frame.data["stage"] for frame in every(seen, "stage_start")] == STAGES
    assert all(frame.data["total_files"] == 60 for frame in every(seen, "stage_start"))
    times = {row["id"]: row["at"] for row in query(many.folder / "library.db", "SELECT id, at FROM ingest_events")}
    of_stages = [frame for frame in seen if frame.event.startswith("stage_")]
    assert [frame.data["at"] for frame in of_stages] == [times[frame.id] for frame in of_stages]
    assert files_in(seen) == logged(many, session_id)
    ended = {frame.data["stage"]: frame.data for frame in every(seen, "stage_complete")}
    assert list(ended) == STAGES
    whole = {"processed_files": 60, "failed_files": 0, "skipped_files": 0, "not_reached": 0}
    for stage, data in ended.items():
        skipped = {"processed_files": 0, "skipped_files": 60} if stage == "nsfw" else {}  # nobody has weights here
        assert data == {"stage": stage, "at": data["at"], **whole, **skipped}
    last_session, bye = every(seen, "session")[-1], seen[-1]
    assert last_session.data == many.status(session_id)
    assert last_session.data["status"] == "completed"
    assert (bye.event, bye.data) == ("bye", {"reason": "completed"})


def test_rows_carry_their_ids_and_views_carry_none(many):
    session_id = many.begin()
    many.turnstile.open()
    with many.events(session_id) as stream:
        seen = list(stream)
    for frame in seen:
        assert (frame.id is not None) == (frame.event not in ("session", "bye")), frame
    ids = [frame.id for frame in seen if frame.id is not None]
    assert ids == sorted(set(ids))
    rows = query(many.folder / "library.db", "SELECT id, kind FROM ingest_events WHERE session_id = ?", session_id)
    assert set(ids) <= {row["id"] for row in rows}
    assert ids[-1] == max(row["id"] for row in rows if row["kind"] == "stage_complete")


def test_each_file_is_told_as_the_contract_says(door):
    session_id = door.begin()
    door.wait_for(session_id, "completed")
    with door.events(session_id) as stream:
        files = {file["path"]: file for frame in stream for file in frame.files}
    assert len(files) == 18
    good, bad = files["photos/trip/shore.jpg"], files["photos/broken/cut.jpg"]
    assert good["outcome"] == "added"
    assert good["ms"] >= 0
    assert (bad["outcome"], bad["stage"], bad["cause"]) == ("failed", "identify", "truncated_image")
    assert bad["reason"].endswith(".")
    with door.events(session_id) as stream:
        failed = {f.data["stage"]: f.data["failed_files"] for f in stream if f.event == "stage_complete"}
    assert failed == dict.fromkeys(STAGES, 0) | {"identify": 1}


def test_twenty_dropped_connections_miss_nothing_and_repeat_nothing(many):
    rng = random.Random(3)
    session_id = many.begin()
    seen, last, drops = [], None, 0
    while drops < 20:
        many.turnstile.let(rng.choice((0, 0, 1, 2)))
        with many.events(session_id, last) as stream:
            many.turnstile.let(1)
            for frame in stream:
                seen.append(frame)
                last = frame.id if frame.id is not None else last
                if frame.event == "file_complete":
                    if rng.random() < 0.7:
                        break  # the connection is dropped, with what was on its way
                    many.turnstile.let(1)
            drops += 1
    many.turnstile.open()
    with many.events(session_id, last) as stream:
        seen += stream
    assert seen[-1].event == "bye"
    assert files_in(seen) == logged(many, session_id)
    assert len(files_in(seen)) == 60
    assert [frame.data["stage"] for frame in every(seen, "stage_start")] == STAGES
    assert [frame.data["stage"] for frame in every(seen, "stage_complete")] == STAGES
    ids = [frame.id for frame in seen if frame.id is not None]
    assert ids == sorted(set(ids))


def test_a_replay_goes_on_across_a_restart_of_the_server(many):
    session_id = many.begin()
    many.turnstile.let(10)
    with many.events(session_id) as stream:
        before = []
        while len(files_in(before)) < 10:
            before.append(next(stream))
    last = max(frame.id for frame in before if frame.id is not None)
    many.reopen()
    many.wait_for(session_id, "processing")
    many.turnstile.open()
    with many.events(session_id, last) as stream:
        after = list(stream)
    assert files_in(chain(before, after)) == logged(many, session_id)
    assert len(files_in(after)) == 50
    assert after[0].data["interruptions"] == 1
    with many.events(session_id) as stream:
        assert files_in(stream) == logged(many, session_id)  # from the start again: one page after another


def test_the_last_event_id_may_be_a_query_and_nonsense_starts_from_the_beginning(many):
    session_id = many.begin()
    many.turnstile.open()
    many.wait_for(session_id, "completed")
    with many.events(session_id) as stream:
        last_row = max(frame.id for frame in stream if frame.event == "file_complete")
    for params, header, files in (
        ({"last_event_id": str(last_row)}, {}, 0),
        ({"last_event_id": "-1; DROP TABLE"}, {}, 60),
        ({}, {"Last-Event-ID": "9" * 30}, 60),
        ({}, {"Last-Event-ID": ""}, 60),
    ):
        with many.client.stream("GET", f"/api/ingest/events/{session_id}", params=params, headers=header) as answer:
            assert len(files_in(frames(answer.iter_raw()))) == files


def test_a_client_that_has_everything_gets_the_session_and_goodbye(many):
    session_id = many.begin()
    many.turnstile.open()
    status = many.wait_for(session_id, "completed")
    with many.events(session_id, status["last_event_id"]) as stream:
        assert [frame.event for frame in stream] == ["session", "bye"]


def test_a_pause_is_told_and_the_stream_stays_open_for_what_comes(many):
    session_id = many.begin()
    with many.events(session_id) as stream:
        many.wait_for(session_id, "processing")
        many.post("/api/ingest/pause", {"session_id": session_id})
        many.turnstile.let(1)
        statuses = [next(stream).data["status"]]
        while statuses[-1] != "paused":
            frame = next(stream)
            if frame.event == "session":
                statuses.append(frame.data["status"])
        many.turnstile.open()
        many.post("/api/ingest/resume", {"session_id": session_id})
        seen = list(stream)
    assert seen[-1].data == {"reason": "completed"}
    assert len(files_in(seen)) >= 59


def test_checkpoints_come_exactly_at_the_nth_file_however_fast_the_run_is(many):
    session_id = many.begin()
    many.turnstile.open()
    with many.events(session_id) as stream:
        seen = list(stream)
    done = dict.fromkeys(STAGES, 0)
    for frame in seen:
        for _ in frame.files:
            done |= {stage: done[stage] + 1 for stage in STAGES if stage != "nsfw"}  # of which nobody has weights here
        if frame.event == "stage_progress":
            assert frame.data["processed_files"] == done[frame.data["stage"]]
    told = {stage: [] for stage in STAGES}
    for frame in every(seen, "stage_progress"):
        told[frame.data["stage"]].append((frame.data["processed_files"], frame.data["total_files"]))
    assert told == {stage: [(n, 60) for n in range(5, 61, 5)] for stage in STAGES} | {"nsfw": []}


@pytest.mark.parametrize(("bundles", "tenths"), [(0, 1), (1, 1), (2, 2), (5, 5), (60, 5)])
def test_each_frame_of_files_has_its_tenth_of_a_second_up_to_half_a_second(bundles, tenths):
    assert events.pause_after(bundles) == pytest.approx(tenths / 10)


def test_a_quiet_stream_says_that_it_is_open(many, monkeypatch):
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.01)
    session_id = many.begin()
    many.wait_for(session_id, "processing")
    with many.events(session_id) as stream:
        beats = [next(frame for frame in stream if frame.event == "heartbeat") for _ in range(2)]
    assert all(
        (beat.id, beat.data) == (None, {"last_event_id": many.status(session_id)["last_event_id"]}) for beat in beats
    )


def test_a_page_that_is_closed_in_the_middle_of_a_replay_is_no_fault(many, caplog):
    session_id = many.begin()
    many.turnstile.open()
    many.wait_for(session_id, "completed")
    for _ in range(5):
        with many.events(session_id) as stream:
            next(stream)
    many.close()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    many.open()


def test_two_pages_see_the_same(many):
    session_id = many.begin()
    with many.events(session_id) as one, many.events(session_id) as two:
        next(one), next(two)
        many.turnstile.open()
        assert files_in(one) == files_in(two) == logged(many, session_id)


def test_the_stream_is_not_kept_by_anything_between(many):
    session_id = many.begin()
    with many.client.stream("GET", f"/api/ingest/events/{session_id}") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "no-cache" in answer.headers["cache-control"] or "no-store" in answer.headers["cache-control"]
