"""One rule of sums: what a file adds to them, whatever became of it and whichever version wrote its event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.session.counts import STATS, SUMS, StageCount, progress_interval, sums_of
from app.ingest.session.state import COUNTING, SessionState, Status
from app.library.values import stage_ends
from app.media import OPTIONAL, Outcome, Stage
from tests.ingest.builders import file_event, parameters, session_of

STAGES = tuple(stage for stage in Stage if stage not in OPTIONAL)
IDENTIFY, METADATA, KEYWORDS, SCORE, THUMBNAIL, NSFW = (stage.value for stage in STAGES)
ASKED = {
    "enable_nsfw_detection": NSFW,
    "extract_metadata": METADATA,
    "extract_keywords": KEYWORDS,
    "import_scores": SCORE,
    "generate_thumbnails": THUMBNAIL,
}
OPTIONS = {"read_barcodes": "barcodes", "detect_objects": "detect", "describe": "describe"}
ON = {"read_barcodes": True, "detect_objects": True, "describe": {"template": "caption"}}
ALL_DONE = {stage.value: ["done", 0.25] for stage in STAGES}


def failed_in(stage):
    return [[stage, "damaged_image", "It is damaged."]]


def ends(outcome, told, failures=(), asked=STAGES):
    """How each stage ended, by its first letters: d(one), f(ailed), s(kipped), n(ot reached)."""
    return "".join(end.status[0] for _, end in stage_ends(outcome, told, failures, asked))


# -- how the stages of a file ended ------------------------------------------------------------------------------


def test_stages_of_a_file_that_was_taken_in_ended_as_they_are_told_or_were_skipped():
    told = {IDENTIFY: ["done", 0.1], METADATA: ["failed", 0.2], "faces": ["done", 1.0], SCORE: ["dreamt", 0.3]}
    for outcome in Outcome:
        if outcome.taken_in:
            assert ends(outcome.value, told, failed_in(METADATA)) == "dfssss"


def test_a_file_fails_in_one_stage_and_does_not_reach_the_later_ones():
    assert ends("failed", ALL_DONE, failed_in(THUMBNAIL)) == "ddddfn"
    assert ends("failed", ALL_DONE, failed_in(IDENTIFY)) == "fnnnnn"
    assert ends("failed", {IDENTIFY: ["skipped", 0.0], METADATA: ["skipped", 0.0]}, failed_in(IDENTIFY)) == "fnnnnn"


def test_a_part_that_was_lacking_before_a_file_failed_is_a_failure_of_its_own():
    told = {**ALL_DONE, METADATA: ["failed", 0.2]}
    assert ends("failed", told, [*failed_in(THUMBNAIL), *failed_in(METADATA)]) == "dfddfn"


def test_a_file_whose_worker_died_reached_no_stage_but_the_one_that_is_blamed():
    assert ends("failed", {THUMBNAIL: ["failed", 0.0]}, failed_in(THUMBNAIL)) == "nnnnfn"
    assert ends("failed", {}, failed_in(THUMBNAIL)) == "nnnnfn"


def test_a_stage_that_was_not_asked_for_is_not_blamed():
    asked = (Stage.IDENTIFY, Stage.METADATA, Stage.NSFW)
    assert ends("failed", ALL_DONE, failed_in(THUMBNAIL), asked) == "dfn"
    assert ends("failed", ALL_DONE, failed_in("faces"), asked) == "fnn"
    assert ends("failed", ALL_DONE, (), asked) == "fnn"


def test_a_file_that_vanished_failed_nowhere():
    assert ends("vanished", {IDENTIFY: ["failed", 0.0]}, failed_in(IDENTIFY)) == "nnnnnn"


def test_what_is_told_by_the_rule_stays_as_it_is():
    for outcome, told, failures in (
        ("failed", ALL_DONE, failed_in(THUMBNAIL)),
        ("vanished", ALL_DONE, failed_in(IDENTIFY)),
        ("added", {METADATA: ["failed", 0.1]}, failed_in(METADATA)),
    ):
        once = {stage.value: [end.status.value, end.seconds] for stage, end in stage_ends(outcome, told, failures)}
        assert {stage: [*end] for stage, end in stage_ends(outcome, once, failures)} == once


# -- the sums of a session ---------------------------------------------------------------------------------------

TOLD = st.dictionaries(
    st.sampled_from([*(stage.value for stage in Stage), "faces"]),
    st.tuples(st.sampled_from(["done", "failed", "skipped", "not_reached", "dreamt"]), st.just(0.5)),
)
FAILURES = st.lists(st.sampled_from([*(stage.value for stage in Stage), "faces"]), max_size=2)
FILES = st.lists(st.tuples(st.sampled_from(Outcome), TOLD, FAILURES), max_size=12)


@given(files=FILES, off=st.sets(st.sampled_from(sorted(ASKED))), on=st.sets(st.sampled_from(sorted(OPTIONS))))
def test_every_sum_closes_after_every_file(files, off, on):
    switched = dict.fromkeys(off, False) | {name: ON[name] for name in on}
    session = session_of(Status.PROCESSING, parameters=parameters(**switched), total_files=12)
    unasked = {ASKED[option] for option in off} | {OPTIONS[option] for option in OPTIONS.keys() - on}
    for number, (outcome, told, failures) in enumerate(files, start=1):
        session = session.advance(
            file_event(number, outcome.value, stages=told, failures=[[name, "x", "y"] for name in failures])
        )
        status = session.as_status()
        sums, stages = sums_of(status), status["stages"]
        assert sums["processed"] == sums["committed"] + sums["unchanged"] + sums["failed"] + sums["vanished"] == number
        assert sums["incomplete"] <= sums["committed"] + sums["unchanged"]
        assert status["stats"]["errors"] == sums["failed"]
        assert status["pending"] == 12 - number
        for name, stage in stages.items():
            asked = name not in unasked
            assert stage["total"] == (12 if asked else 0)
            assert stage["pending"] == (status["pending"] if asked else 0)
            assert stage["total"] == sum(stage[end] for end in ("done", "failed", "skipped", "not_reached", "pending"))


def test_each_failed_file_is_a_failure_of_one_stage_and_each_incomplete_one_of_those_that_it_lacks():
    session = session_of(Status.PROCESSING, total_files=4)
    lacking = [["metadata", "damaged_metadata", "x"], ["keywords", "damaged_metadata", "x"]]
    for number, (outcome, failures) in enumerate(
        [("failed", failed_in(IDENTIFY)), ("added", lacking), ("vanished", failed_in(IDENTIFY)), ("unchanged", [])], 1
    ):
        told = {stage: ["failed", 0.0] for stage, _, _ in failures}
        session = session.advance(file_event(number, outcome, stages=told, failures=failures))
    status = session.as_status()
    assert {name: stage["failed"] for name, stage in status["stages"].items() if stage["failed"]} == {
        IDENTIFY: 1,
        METADATA: 1,
        KEYWORDS: 1,
    }
    assert (status["stats"]["errors"], status["stats"]["incomplete"]) == (1, 1)
    assert [error["stage"] for error in status["errors"]] == [IDENTIFY, METADATA, KEYWORDS]
    assert sums_of(status) == dict(zip(SUMS, (4, 1, 1, 1, 1, 1), strict=True))


def test_the_end_of_a_stage_is_told_with_what_was_done():
    assert StageCount(9, done=4, failed=1, skipped=2, not_reached=2).as_end() == {
        "processed_files": 4,
        "failed_files": 1,
        "skipped_files": 2,
        "not_reached": 2,
    }


# -- checkpoints -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("total", "interval"), [(1, 5), (99, 5), (100, 10), (999, 10), (1_000, 50), (100_000, 50)])
def test_the_longer_the_run_the_wider_its_checkpoints(total, interval):
    assert progress_interval(total) == interval


def test_each_stage_has_a_checkpoint_when_it_is_done_for_its_nth_file():
    session = session_of(Status.PROCESSING, parameters=parameters(extract_metadata=False), total_files=99)
    told = []
    for number in range(1, 13):
        stages = {**ALL_DONE, NSFW: ["skipped", 0.0]}
        failed = {"outcome": "failed", "failures": failed_in(SCORE)} if number == 3 else {}
        event = file_event(number, stages=stages, **failed)
        told += [(number, row["stage"], row["processed_files"]) for row in session.checkpoints(event, interval=None)]
        session = session.advance(event)
    assert told == [
        *((5, stage, 5) for stage in (IDENTIFY, KEYWORDS)),
        *((6, stage, 5) for stage in (SCORE, THUMBNAIL)),
        *((10, stage, 10) for stage in (IDENTIFY, KEYWORDS)),
        *((11, stage, 10) for stage in (SCORE, THUMBNAIL)),
    ]


def test_the_setting_decides_how_far_checkpoints_are_apart():
    session = session_of(Status.PROCESSING, total_files=99)
    assert len(session.checkpoints(file_event(1, stages=ALL_DONE), interval=1)) == len(STAGES)
    assert session.checkpoints(file_event(1, stages=ALL_DONE), interval=2) == []


# -- sessions of older programs ----------------------------------------------------------------------------------


def older(session: SessionState, **stats: int):
    """The file of a session as 0.5.0 wrote it."""
    values = session.as_json()
    for name in ("counting", "processed_files", "committed_files"):
        del values[name]
    values["stats"] = {name: stats.get(name, 0) for name in STATS if name != "incomplete"}
    values["stages"] = {
        name: {key: count for key, count in stage.items() if key != "not_reached"}
        for name, stage in values["stages"].items()
    }
    return values


def test_what_had_something_wrong_is_sorted_into_failed_and_incomplete():
    session = session_of(Status.COMPLETED, total_files=4).advance(file_event(1, "failed")).advance(file_event(2))
    loaded = SessionState.from_json(older(session, errors=2, metadata_extracted=1))
    assert (loaded.stats["errors"], loaded.stats["incomplete"], loaded.stats["metadata_extracted"]) == (1, 1, 1)
    assert loaded.may_be_behind
    assert SessionState.from_json(loaded.as_json()) == loaded, "what was sorted once is not sorted again"
    again = loaded.without_answers()
    assert (again.counting, again.may_be_behind) == (COUNTING, False)
    status = loaded.as_status()
    assert all(
        stage["total"] == sum(stage[end] for end in ("done", "failed", "skipped", "not_reached", "pending"))
        for stage in status["stages"].values()
    )


def test_nothing_is_going_to_be_done_once_a_session_has_ended():
    for status in Status:
        told = session_of(status, total_files=2).as_status()["pending_by"]
        assert told == ({} if status.ended else {"new": 2})


def test_the_file_of_a_session_says_how_many_files_it_has_processed():
    values = session_of(Status.PROCESSING, total_files=3).advance(file_event(1)).advance(file_event(2, "failed"))
    assert (values.as_json()["processed_files"], values.as_json()["committed_files"]) == (2, 1)
    assert not {"processed_files", "committed_files"} & values.as_log().keys()
