"""A session as a value: which moves are legal, what an event adds, and what its file says."""

import json
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import IllegalMove
from app.ingest.session.counts import STATS, StageCount
from app.ingest.session.state import MAX_ERRORS, MOVES, SessionState, Status
from app.library.values import Event
from app.media import Outcome, Skip, Stage
from tests.ingest.builders import AT, RECIPE, SESSION, assert_sums_close, file_event, parameters, plan_of, session_of

LATER = "2026-11-20T11:00:00.000+00:00"
LEGAL = {
    ("queued", "planning"),
    ("queued", "cancelled"),
    ("queued", "interrupted"),
    ("planning", "processing"),
    ("planning", "attention"),
    ("planning", "completed"),
    ("planning", "cancelled"),
    ("planning", "interrupted"),
    ("processing", "paused"),
    ("processing", "attention"),
    ("processing", "completed"),
    ("processing", "cancelled"),
    ("processing", "interrupted"),
    ("paused", "queued"),
    ("paused", "cancelled"),
    ("paused", "interrupted"),
    ("attention", "queued"),
    ("attention", "cancelled"),
    ("attention", "interrupted"),
    ("interrupted", "queued"),
    ("interrupted", "cancelled"),
}
TOLERATED = {("interrupted", "interrupted")}  # a server that goes twice


@pytest.mark.parametrize(("old", "new"), sorted(product(Status, Status)), ids=str)
def test_only_the_moves_of_the_table_are_legal(old, new):
    session = session_of(old)
    if (old.value, new.value) in LEGAL | TOLERATED:
        assert session.to(new, LATER).status is new
    else:
        with pytest.raises(IllegalMove, match=f"The session is {old.value}: it cannot become {new.value}"):
            session.to(new, LATER)


def test_every_status_is_in_the_table_and_those_that_ended_go_nowhere():
    assert set(MOVES) == set(Status)
    assert [status for status in Status if not MOVES[status]] == [s for s in Status if s.ended]


def test_a_move_says_when_and_clears_what_is_over():
    working = replace(session_of(Status.PROCESSING), current_file="m/a.jpg")
    assert working.to(Status.PAUSED, LATER).current_file is None
    assert working.to(Status.CANCELLED, LATER).ended_at == LATER
    assert working.to(Status.INTERRUPTED, LATER).interruptions == 1
    attention = replace(session_of(Status.ATTENTION), attention={"cause": "disk_full"})
    queued = attention.to(Status.QUEUED, LATER)
    assert (queued.attention, queued.queued_at, queued.created_at) == (None, LATER, AT)


def test_a_session_starts_once_over_all_resumes():
    first = session_of().to(Status.PLANNING, LATER)
    assert first.started_at == LATER
    again = (
        first.to(Status.INTERRUPTED, LATER).to(Status.QUEUED, LATER).to(Status.PLANNING, "2026-11-21T00:00:00+00:00")
    )
    assert again.started_at == LATER


# -- counting ----------------------------------------------------------------------------------------------------


def test_an_event_adds_what_it_says_and_nothing_else():
    stats = {"metadata_extracted": 1, "keywords_added": 4}
    stages = {"identify": ["done", 0.25], "metadata": ["failed", 0.5]}
    failures = [["metadata", "damaged_metadata", "It is damaged."]]
    before = session_of(Status.PROCESSING, total_files=3)
    session = before.advance(file_event(7, stats=stats, stages=stages, failures=failures))
    assert session.outcomes == {**dict.fromkeys(Outcome, 0), "added": 1}
    assert session.stats == {**dict.fromkeys(STATS, 0), **stats, "incomplete": 1}
    assert session.stages["identify"] == StageCount(total=3, done=1, seconds=0.25)
    assert session.stages["metadata"] == StageCount(total=3, failed=1, seconds=0.5)
    assert session.stages["score"] == StageCount(total=3, skipped=1)
    error = {"path": "m/7.jpg", "stage": "metadata", "cause": "damaged_metadata", "reason": "It is damaged.", "at": AT}
    assert session.errors == (error,)
    assert (session.last_event_id, session.pending, session.processed_files, session.committed_files) == (7, 2, 1, 1)
    assert before.outcomes["added"] == 0


@given(st.lists(st.sampled_from(Outcome), max_size=30))
def test_the_sums_close_after_any_outcomes(outcomes):
    session = session_of(Status.PROCESSING).planned(plan_of(30, fresh=4, filtered=2), RECIPE)
    for number, outcome in enumerate(outcomes, start=1):
        session = session.advance(file_event(number, outcome.value))
    assert_sums_close(session)
    assert session.pending == 30 - len(outcomes)
    assert session.committed_files == sum(outcome.committed for outcome in outcomes)


def test_other_events_only_move_the_last_id():
    session = session_of(Status.PROCESSING, total_files=3)
    told = session.advance(Event(9, SESSION, AT, "stage_start", detail={"stage": "identify"}))
    assert told == replace(session, last_event_id=9)


def test_a_stage_that_was_not_asked_for_counts_nothing():
    asked = parameters(extract_metadata=False)
    session = session_of(parameters=asked, total_files=2).advance(file_event(1, stages={"metadata": ["done", 1.0]}))
    assert session.stages["metadata"] == StageCount()
    assert session.stages["identify"].total == 2


def test_each_wanted_stage_ends_once_for_every_file():
    session = session_of(Status.PROCESSING, total_files=2)
    for number in (1, 2):
        session = session.advance(file_event(number, stages={"identify": ["done", 0.0]}))
    assert {session.stages[stage].ended for stage in session.parameters.wanted} == {2}


def test_only_the_last_errors_are_kept():
    session = session_of(Status.PROCESSING)
    for number in range(1, MAX_ERRORS + 6):
        session = session.advance(file_event(number, "failed", failures=[["identify", "not_media", "No."]]))
    assert len(session.errors) == MAX_ERRORS
    assert session.errors[-1]["path"] == f"m/{MAX_ERRORS + 5}.jpg"


def test_counters_at_zero_keep_the_plan():
    session = session_of(Status.PROCESSING, total_files=3).advance(file_event(7))
    bare = session.without_answers()
    assert (bare.processed_files, bare.last_event_id, bare.total_files) == (0, 0, 3)
    assert bare.stages["identify"] == StageCount(total=3)


def test_a_plan_names_the_stages_that_cannot_run_if_they_were_asked_for():
    lacking = replace(RECIPE, unavailable={Stage.NSFW: "no weights"}, limited={Stage.THUMBNAIL: "not of videos"})
    planned = session_of().planned(plan_of(1), lacking)
    assert (planned.unavailable, planned.limited) == ({"nsfw": "no weights"}, {"thumbnail": "not of videos"})
    without = session_of(parameters=parameters(enable_nsfw_detection=False, generate_thumbnails=False))
    assert (without.planned(plan_of(1), lacking).unavailable, without.planned(plan_of(1), lacking).limited) == ({}, {})


# -- progress ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "total", "done", "progress"),
    [
        (Status.QUEUED, None, 0, 0.0),
        (Status.PROCESSING, 0, 0, 0.0),
        (Status.PROCESSING, 3, 1, 33.3),
        (Status.PROCESSING, 100_000, 99_999, 99.9),
        (Status.PROCESSING, 4, 4, 100.0),
        (Status.COMPLETED, 0, 0, 100.0),
        (Status.CANCELLED, 4, 1, 25.0),
    ],
)
def test_progress_is_never_a_hundred_before_the_end(status, total, done, progress):
    session = session_of(status) if total is None else session_of(status, total_files=total)
    assert replace(session, outcomes={**session.outcomes, "added": done}).progress == progress


def test_speed_and_the_time_left_are_known_after_the_first_file():
    session = session_of(Status.PROCESSING, total_files=10)
    assert (session.files_per_second, session.eta_seconds) == (None, None)
    session = replace(session.advance(file_event(1)), active_seconds=2.0)
    assert session.files_per_second == 0.5
    assert session.eta_seconds == {"low": 13, "high": 27}
    assert replace(session, status=Status.CANCELLED).eta_seconds is None
    assert replace(session, active_seconds=1e9).eta_seconds is None


# -- the file ----------------------------------------------------------------------------------------------------


def full_session() -> SessionState:
    session = session_of(Status.PROCESSING, total_files=3).advance(
        file_event(7, "failed", failures=[["thumbnail", "truncated_image", "Zu kurz \u00fc."]])
    )
    attention = {"cause": "disk_full", "sentence": "Full.", "needs_confirm": False}
    return replace(session, attention=attention, active_seconds=1.25, interruptions=2, started_at=AT, dismissed=True)


@pytest.mark.parametrize("session", [session_of(), session_of(Status.COMPLETED, total_files=0), full_session()])
def test_a_session_survives_its_file(session):
    assert SessionState.from_json(json.loads(json.dumps(session.as_json()))) == session


def test_a_session_event_carries_what_the_file_events_do_not():
    log = full_session().as_log()
    assert not {"outcomes", "stats", "errors", "current_file"} & set(log)
    assert {"parameters", "plan", "status", "attention", "interruptions"} <= set(log)


def test_counters_of_another_version_are_zero_where_they_are_missing_and_left_out_where_they_are_unknown():
    values = json.loads(json.dumps(full_session().as_json()))
    for name, known in (("outcomes", "moved"), ("stats", "nsfw_detected"), ("stages", "nsfw")):
        del values[name][known]
        values[name]["unknown"] = values[name][next(iter(values[name]))]
    for session in (SessionState.from_json(values), SessionState.from_log(values)):
        assert set(session.outcomes) == set(Outcome)
        assert tuple(session.stats) == STATS
        assert set(session.stages) == set(Stage)
        assert (session.outcomes["moved"], session.stats["nsfw_detected"]) == (0, 0)
        assert session.stages["nsfw"] == StageCount()
        json.dumps(session.as_status())
        session.advance(file_event(8, "moved", stages={"nsfw": ["done", 0.5]}))


def test_an_answer_of_another_version_is_counted():
    event = file_event(8, stages={"identify": ["dreamt", 0.5], "faces": ["done", 1.0]}, stats={"faces": 2})
    session = full_session().without_answers().advance(event)
    assert (session.processed_files, session.stages["identify"].skipped) == (1, 1)
    assert full_session().without_answers().advance(file_event(8, "copied")).processed_files == 1


@pytest.mark.parametrize("detail", [None, [], "text", 5, {}, {"version": 1}], ids=repr)
def test_what_is_no_session_in_the_log_is_refused(detail):
    with pytest.raises(ValueError, match=r"no session file|parameters"):
        SessionState.from_log(detail)


def test_errors_are_listed_for_what_was_not_taken_in_whole_and_not_for_what_vanished():
    session = session_of(Status.PROCESSING, total_files=3)
    told = [["identify", "truncated_image", "It ends too soon."]]
    for number, outcome in enumerate(("vanished", "failed", "added"), start=1):
        session = session.advance(file_event(number, outcome, failures=told))
    assert [error["path"] for error in session.errors] == ["m/2.jpg", "m/3.jpg"]


@pytest.mark.parametrize("version", [None, 0, 2, "1"])
def test_a_file_of_another_version_is_no_session(version):
    with pytest.raises(ValueError, match="no session file of version 1"):
        SessionState.from_json(session_of().as_json() | {"version": version})


@pytest.mark.parametrize("name", sorted(set(session_of().as_json()) - {"session_id"}))
@pytest.mark.parametrize("wrong", [None, 5, "text", [], ["x"], {}, {"a": 1}, True, 1.5], ids=repr)
def test_a_file_with_a_wrong_type_is_no_session_or_one_that_works(name, wrong):
    """Whatever is read from a file can be shown, moved and counted on."""
    try:
        session = SessionState.from_json(full_session().as_json() | {name: wrong})
    except ValueError:
        return
    json.dumps(session.as_status(), allow_nan=False)
    session.advance(file_event(8, stages={"identify": ["done", 0.5]}, stats=dict.fromkeys(STATS, 1)))
    for status in MOVES[session.status]:
        session.to(status, LATER)


@pytest.mark.parametrize("name", sorted(session_of().as_json()))
def test_a_file_that_lacks_something_is_no_session_or_has_its_default(name):
    values = full_session().as_json()
    del values[name]
    try:
        session = SessionState.from_json(values)
    except ValueError:
        return
    json.dumps(session.as_status())


def test_the_status_has_every_field_of_the_contract():
    status = full_session().as_status()
    promised = [
        "session_id",
        "status",
        "progress",
        "discovered",
        "skipped",
        "total_files",
        "pending",
        "processed_files",
        "committed_files",
        "current_file",
        "outcomes",
        "stats",
        "stages",
        "errors",
        "files_per_second",
        "eta_seconds",
        "created_at",
        "started_at",
        "ended_at",
        "heartbeat_at",
        "last_event_id",
        "attention",
        "interruptions",
        "parameters",
    ]
    assert set(promised) <= set(status)
    assert set(status["skipped"]) == {skip.value for skip in Skip}
    assert set(status["outcomes"]) == {outcome.value for outcome in Outcome}
    assert set(status["stages"]["nsfw"]) >= {"total", "done", "failed", "skipped", "seconds"}
    assert session_of().as_status()["skipped"] == dict.fromkeys(Skip, 0)
    json.dumps(status)


# -- files that are dangerous ------------------------------------------------------------------------------------


def at(seconds):
    return f"2026-11-20T10:00:{seconds:06.3f}+00:00"


@pytest.mark.parametrize(
    ("began", "last", "counts"), [(1, 2.999, False), (1, 3, True), (1, 59, True), (None, 59, False), (1, None, False)]
)
def test_a_death_of_the_server_counts_against_a_file_that_was_in_progress_for_two_seconds(began, last, counts):
    session = replace(
        session_of(Status.PROCESSING),
        current_file="m/1.jpg",
        current_started_at=None if began is None else at(began),
        heartbeat_at=None if last is None else at(last),
    )
    assert session.after_death().suspects == ({"m/1.jpg": 1} if counts else {})


def test_deaths_add_up_until_the_file_is_answered_for():
    session = session_of(Status.PROCESSING).at_work_on("m/1.jpg", at(0)).at_work_on("m/1.jpg", at(5))
    session = session.after_death().after_death()
    assert session.suspects == {"m/1.jpg": 1}  # one death, however often it is asked about
    session = session.at_work_on("m/1.jpg", at(10)).at_work_on("m/1.jpg", at(15)).after_death()
    assert session.suspects == {"m/1.jpg": 2}
    assert session.advance(file_event(2)).suspects == {"m/1.jpg": 2}
    assert session.advance(file_event(1)).suspects == {}


def test_a_file_keeps_the_time_when_it_began_while_the_heart_beats():
    session = session_of(Status.PROCESSING).at_work_on("m/1.jpg", at(0)).at_work_on("m/1.jpg", at(7))
    assert (session.current_started_at, session.heartbeat_at) == (at(0), at(7))
    assert session.at_work_on("m/2.jpg", at(8)).current_started_at == at(8)
    assert session.at_work_on(None, at(8)).current_started_at is None
    assert session.to(Status.PAUSED, at(9)).current_started_at is None


# -- closed accounting -------------------------------------------------------------------------------------------


def test_sums_that_close_have_no_fault():
    session = session_of(Status.PROCESSING, total_files=2).advance(file_event(1)).advance(file_event(2, "failed"))
    assert session.faults_of_the_sums({"added": 1, "failed": 1}) == []


@pytest.mark.parametrize(
    ("total_files", "discovered", "answered", "fault"),
    [
        (2, 2, {"added": 1}, "1 of 2 files were not answered for"),
        (1, 2, {"added": 1}, "2 files were discovered, but 1 to process and 0 skipped"),
        (1, 1, {}, "1 files were counted as added, the log has 0"),
        (1, 1, {"added": 2}, "1 files were counted as added, the log has 2"),
    ],
)
def test_sums_that_do_not_close_say_which(total_files, discovered, answered, fault):
    session = session_of(Status.PROCESSING, total_files=total_files).advance(file_event(1))
    session = replace(session, plan=replace(session.plan, discovered=discovered))
    assert fault in " ".join(session.faults_of_the_sums(answered))


def test_what_another_server_logs_of_a_session_keeps_what_was_counted():
    session = session_of(Status.PROCESSING, total_files=3).advance(file_event(1)).advance(file_event(2, "failed"))
    paused = session.to(Status.PAUSED, AT)
    told = session.heard(Event(3, SESSION, AT, "session", None, None, detail=paused.as_log()))
    assert (told.status, told.outcomes, told.last_event_id) == (Status.PAUSED, session.outcomes, 3)
    assert (told.pending, told.stages) == (1, session.stages)
    assert told.heard(file_event(4)).processed_files == 3
    assert told.heard(Event(5, SESSION, AT, "session", None, None, detail={})).status is Status.PAUSED
