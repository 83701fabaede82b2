"""The loop over a real library: one file after the other, each committed before the next is begun."""

import json
from dataclasses import replace

import pytest

from app.errors import NeedsAttention
from app.ingest.run.control import Control, Stop
from app.ingest.session.state import Status
from app.ingest.session.store import new_session_id
from app.media import OPTIONAL, Job, Place, Stage
from tests.ingest.builders import (
    RECIPE,
    Workplace,
    assert_sums_close,
    far_future,
    parameters,
    session_of,
    tree,
    workplace,
)
from tests.ingest.workers.in_process import InProcess


def begin(place: Workplace, control: Control | None = None, publish=lambda _session: None, **asked):
    """A new session in the log, and the loop run on it as far as it goes."""
    session_id = new_session_id()
    session = session_of(session_id=session_id, parameters=parameters(**asked))
    session = session.advance(place.library.append(session_id, "session", session.as_log()))
    return place.ingestor.process_files_sequential(session, control or Control(), publish)


def lines_of(place: Workplace, session_id: str) -> list[dict]:
    journal = place.store.folder / f"{session_id}.files.jsonl"
    return [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []


def test_every_file_is_committed_before_the_next_is_begun(place):
    tree(place.media, *(f"{n}.jpg" for n in range(5)))
    committed = []
    for n in range(5):
        place.reader.gates[b"%d.jpg" % n] = lambda: committed.append(place.library.summary()["files"])
    session = begin(place)
    assert committed == [0, 1, 2, 3, 4]
    assert session.status is Status.COMPLETED
    assert session.outcomes["added"] == 5
    assert_sums_close(session)


def test_the_file_of_the_session_and_the_journal_follow_every_commit(place):
    tree(place.media, *(f"{n}.jpg" for n in range(3)))
    seen = []

    def look() -> None:
        [session_id] = place.store.session_ids()
        saved = place.store.load(session_id)
        seen.append((saved.processed_files, len(lines_of(place, session_id)), saved.last_event_id))

    for n in range(1, 3):
        place.reader.gates[b"%d.jpg" % n] = look
    session = begin(place)
    assert [entry[:2] for entry in seen] == [(1, 1), (2, 2)]
    assert seen[0][2] < seen[1][2] < session.last_event_id
    assert place.store.load(session.session_id) == session


class Failing(InProcess):
    """Workers that cannot be started any more after the first result."""

    def map(self, task, jobs, *, workers=None):
        yield task(next(iter(jobs)))
        raise NeedsAttention("No more workers.", cause="workers_cannot_start")


def test_what_is_committed_is_told_though_there_is_no_next_file(place):
    tree(place.media, "0.jpg", "1.jpg")
    object.__setattr__(place.ingestor, "executor", Failing())
    session = begin(place)
    assert (session.status, session.processed_files, session.pending) == (Status.ATTENTION, 1, 1)
    assert [line["path"] for line in lines_of(place, session.session_id)] == ["m/0.jpg"]
    assert place.store.load(session.session_id).processed_files == 1


def test_a_commit_that_fails_shows_no_other_file_at_work(place, monkeypatch):
    tree(place.media, "0.jpg", "1.jpg")
    shown = []

    def refuse(*_args, **_others):
        raise NeedsAttention("The disk is full.", cause="disk_full")

    monkeypatch.setattr(place.library, "commit_single_file_to_database", refuse)
    session = begin(place, publish=lambda session: shown.append(session.current_file))
    assert session.status is Status.ATTENTION
    assert "m/1.jpg" not in shown
    assert lines_of(place, session.session_id) == []


def test_the_page_is_told_only_of_what_is_committed(place):
    tree(place.media, *(f"{n}.jpg" for n in range(4)))
    told = []

    def publish(session) -> None:
        told.append((session.status, session.processed_files, session.current_file))
        assert place.library.summary()["files"] >= session.processed_files

    begin(place, publish=publish)
    assert next(status for status, _, _ in told) is Status.PLANNING
    shown = [current for status, _, current in told if status is Status.PROCESSING and current]
    assert list(dict.fromkeys(shown)) == [f"m/{n}.jpg" for n in range(4)]
    assert told[-1] == (Status.COMPLETED, 4, None)


def test_each_stage_starts_and_completes_once(place):
    tree(place.media, "a.jpg", "broken.jpg")
    session = begin(place, extract_metadata=False)
    events = list(place.library.all_events(session.session_id))
    wanted = [stage.value for stage in Stage if stage not in OPTIONAL | {Stage.METADATA}]
    assert [event.detail for event in events if event.kind == "stage_start"] == [
        {"stage": stage, "total_files": 2} for stage in wanted
    ]
    done = {event.detail["stage"]: event.detail for event in events if event.kind == "stage_complete"}
    assert list(done) == wanted
    ends = {"processed_files": 1, "failed_files": 1, "skipped_files": 0, "not_reached": 0}
    assert done["thumbnail"] == {"stage": "thumbnail", **ends}
    assert done["nsfw"] == {"stage": "nsfw", **ends, "failed_files": 0, "not_reached": 1}
    assert session.stages["thumbnail"].total == session.stages["thumbnail"].ended == 2
    assert [event.id for event in events] == sorted(event.id for event in events)
    assert session.last_event_id == events[-1].id


def test_failed_and_vanished_files_are_answered_for_and_the_session_goes_on(place):
    tree(place.media, "a.jpg", "broken.jpg", "c.jpg", "d.jpg", "notes.txt")
    place.reader.gates[b"a.jpg"] = (place.media / "c.jpg").unlink
    session = begin(place)
    assert session.status is Status.COMPLETED
    outcomes = {name: count for name, count in session.outcomes.items() if count}
    assert outcomes == {"added": 2, "failed": 1, "vanished": 1}
    assert session.stats["errors"] == 1
    assert [error["path"] for error in session.errors if error["cause"] == "truncated_image"] == ["m/broken.jpg"]
    assert {line["path"]: line["outcome"] for line in lines_of(place, session.session_id)} == {
        "m/a.jpg": "added",
        "m/broken.jpg": "failed",
        "m/c.jpg": "vanished",
        "m/d.jpg": "added",
    }
    assert_sums_close(session)


def test_the_errors_that_are_listed_are_those_that_are_counted(place):
    """A file that vanished is neither."""
    tree(place.media, *(f"{n}.jpg" for n in range(3)), "broken1.jpg", "broken2.jpg")
    place.reader.gates[b"0.jpg"] = (place.media / "1.jpg").unlink
    session = begin(place)
    assert (session.outcomes["vanished"], session.outcomes["failed"], session.stats["errors"]) == (1, 2, 2)
    assert [error["path"] for error in session.errors] == ["m/broken1.jpg", "m/broken2.jpg"]
    assert sum(count.failed for name, count in session.stages.items() if name == "thumbnail") == 2
    assert_sums_close(session)


def test_a_file_from_the_far_future_is_taken_in_and_fresh_the_next_time(tmp_path, library_url):
    with workplace(tmp_path, library_url) as place:
        tree(place.media, "a.jpg")
        far_future(place.media / "a.jpg")
        assert begin(place).outcomes["added"] == 1
        assert begin(place).plan.skipped["fresh"] == 1


def test_the_answers_of_the_log_are_those_of_the_session(place):
    tree(place.media, *(f"{n}.jpg" for n in range(3)), "broken.jpg")
    session = begin(place)
    answers = place.library.answers(session.session_id)
    assert len(answers) == session.processed_files == 4
    assert place.library.answered(session.session_id) == {event.path for event in answers}


def test_thumbnails_are_written_and_found_by_their_content(place):
    tree(place.media, "a.jpg", "b.jpg")
    begin(place)
    rows = [place.library.file(Place("m", name)) for name in (b"a.jpg", b"b.jpg")]
    assert [place.store.thumbnail(row["sha256"]) for row in rows] == [b"RIFF", b"RIFF"]


@pytest.mark.parametrize(
    ("stop", "status"),
    [(Stop.PAUSE, Status.PAUSED), (Stop.CANCEL, Status.CANCELLED), (Stop.INTERRUPT, Status.INTERRUPTED)],
)
def test_a_stop_takes_effect_within_one_file_and_keeps_what_is_committed(place, stop, status):
    tree(place.media, *(f"{n}.jpg" for n in range(5)))
    control = Control()

    def say_stop() -> None:
        control.stop = stop

    place.reader.gates[b"1.jpg"] = say_stop
    session = begin(place, control)
    assert session.status is status
    assert place.reader.seen == [b"0.jpg", b"1.jpg"]
    assert place.library.summary()["files"] == session.processed_files == 2
    assert (session.pending, session.total_files, session.current_file) == (3, 5, None)
    assert_sums_close(session)
    assert place.store.load(session.session_id) == session


def test_a_stop_while_planning_reads_no_file(place):
    tree(place.media, "a.jpg")
    session = begin(place, Control(Stop.PAUSE))
    assert (session.status, place.reader.seen) == (Status.PAUSED, [])


def test_a_stop_at_the_last_file_completes(place):
    tree(place.media, "a.jpg", "b.jpg")
    control = Control()

    def say_stop() -> None:
        control.stop = Stop.PAUSE

    place.reader.gates[b"b.jpg"] = say_stop
    session = begin(place, control)
    assert (session.status, session.pending) == (Status.COMPLETED, 0)


def test_max_files_counts_over_all_resumes(place):
    tree(place.media, *(f"{n}.jpg" for n in range(6)))
    control = Control()

    def say_stop() -> None:
        control.stop = Stop.PAUSE

    place.reader.gates[b"1.jpg"] = say_stop
    paused = begin(place, control, max_files=4)
    assert (paused.total_files, paused.pending, paused.plan.skipped["beyond_max_files"]) == (4, 2, 2)
    queued = place.ingestor.move(paused, Status.QUEUED)
    session = place.ingestor.process_files_sequential(queued, Control(), lambda _session: None)
    assert session.status is Status.COMPLETED
    assert (session.total_files, session.processed_files, session.plan.discovered) == (4, 4, 6)
    assert place.reader.seen == [b"%d.jpg" % n for n in range(4)]
    assert_sums_close(session)


def test_a_failure_is_remembered_at_the_version_of_the_recipe(place):
    """A worker that dies does not know the version: the next session must not run the file again."""
    tree(place.media, "broken.jpg")
    begin(place)
    second = begin(place)
    assert (second.status, second.total_files, second.plan.skipped["failed_before"]) == (Status.COMPLETED, 0, 1)


def test_the_loop_never_asks_for_stages_that_cannot_run(tmp_path, sqlite_url):
    asked: list[Job] = []
    with workplace(tmp_path, sqlite_url, replace(RECIPE, unavailable={Stage.NSFW: "no weights"})) as place:
        tree(place.media, "a.jpg")
        object.__setattr__(
            place.ingestor, "analyzer", lambda recipe: lambda job: asked.append(job) or place.reader(job)
        )
        session = begin(place)
    assert Stage.NSFW not in asked[0].wanted
    assert session.unavailable == {"nsfw": "no weights"}
    assert session.stages["nsfw"].skipped == 1


def test_trouble_with_the_database_keeps_the_place(place, monkeypatch):
    tree(place.media, "a.jpg", "b.jpg", "c.jpg")
    real = place.library.commit_single_file_to_database

    def commit(session_id, result, **options):
        if result.file.name == b"b.jpg":
            raise NeedsAttention("The disk that holds the database is full: free some space.", cause="disk_full")
        return real(session_id, result, **options)

    monkeypatch.setattr(place.library, "commit_single_file_to_database", commit)
    session = begin(place)
    assert session.status is Status.ATTENTION
    assert session.attention["cause"] == "disk_full"
    assert (session.processed_files, session.pending) == (1, 2)
    assert place.store.load(session.session_id).attention == session.attention
    assert_sums_close(session)


def test_a_state_folder_that_cannot_be_written_keeps_the_place(place, monkeypatch):
    tree(place.media, "a.jpg", "b.jpg")
    real = place.store.append_to_journal

    def append(event):
        if event.path == b"m/b.jpg":
            raise NeedsAttention("The state folder cannot be written.", cause="state_unwritable")
        real(event)

    monkeypatch.setattr(place.store, "append_to_journal", append)
    session = begin(place)
    assert (session.status, session.attention["cause"]) == (Status.ATTENTION, "state_unwritable")
    monkeypatch.undo()
    queued = place.ingestor.move(session, Status.QUEUED)
    done = place.ingestor.process_files_sequential(queued, Control(), lambda _session: None)
    assert (done.status, done.processed_files, done.total_files) == (Status.COMPLETED, 2, 2)
    assert place.library.summary()["files"] == 2
    assert_sums_close(done)


def test_a_root_that_is_missing_calls_for_attention_and_nothing_is_called_missing(place):
    tree(place.media, "a.jpg")
    session_id = new_session_id()
    session = session_of(session_id=session_id)
    session = session.advance(place.library.append(session_id, "session", session.as_log()))
    place.media.rename(place.media.with_name("unplugged"))
    stopped = place.ingestor.process_files_sequential(session, Control(), lambda _session: None)
    assert (stopped.status, stopped.attention["cause"]) == (Status.ATTENTION, "root_changed")
    assert "Is the disk connected?" in stopped.attention["sentence"]


def test_a_directory_that_went_away_calls_for_attention(place):
    tree(place.media, "sub/a.jpg")
    session_id = new_session_id()
    session = session_of(session_id=session_id, parameters=parameters("m/sub"))
    session = session.advance(place.library.append(session_id, "session", session.as_log()))
    (place.media / "sub").rename(place.media / "other")
    stopped = place.ingestor.process_files_sequential(session, Control(), lambda _session: None)
    assert (stopped.status, stopped.attention["cause"]) == (Status.ATTENTION, "directory_missing")


def test_a_sum_that_does_not_close_is_never_called_completed(place, monkeypatch):
    tree(place.media, "a.jpg", "b.jpg")
    monkeypatch.setattr(place.executor, "map", lambda task, jobs, workers=None: (r for r in [task(next(iter(jobs)))]))
    session = begin(place)
    assert (session.status, session.attention["cause"]) == (Status.ATTENTION, "sum_does_not_close")


def test_a_slow_file_keeps_the_heart_beating(place, monkeypatch):
    tree(place.media, "a.jpg")
    monkeypatch.setattr("app.ingest.run.run.HEARTBEAT_SECONDS", 0.0)
    beats = []

    def slow(task, jobs, workers=None):
        for job in jobs:
            yield None
            yield None
            yield task(job)

    monkeypatch.setattr(place.executor, "map", slow)
    session = begin(place, publish=lambda s: beats.append((s.processed_files, s.heartbeat_at)))
    assert session.status is Status.COMPLETED
    assert sum(done == 0 for done, _ in beats) >= 4
