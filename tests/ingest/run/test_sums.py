"""The sums of real runs: each failed file in one stage of the table, and what an older program counted otherwise."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.ingest.session.state import SessionState, Status
from app.media import Analysis, Failure, Job, Stage
from tests.ingest.builders import EVERY_STAGE, Workplace, analysis, assert_sums_close, failure, tree


@pytest.fixture
def running(place: Workplace) -> Workplace:
    place.recover()
    return place


def answering(place: Workplace, answers: dict[bytes, Callable[[Job], Analysis | Failure]]) -> None:
    """Lets some files be answered in another way than the reader does."""

    def analyze(job: Job) -> Analysis | Failure:
        return answers.get(job.file.name, place.reader)(job)

    object.__setattr__(place.ingestor, "analyzer", lambda _recipe: analyze)


def with_every_end(place: Workplace) -> SessionState:
    """A session with files that could not be opened, failed, were taken in without a part, or whose worker died."""
    tree(place.media, *(f"{name}.jpg" for name in ("broken", "dead", "good", "lacking", "locked")))
    answering(
        place,
        {
            b"locked.jpg": lambda job: replace(failure(job.file, stage=Stage.IDENTIFY, cause="unreadable"), stages={}),
            b"dead.jpg": lambda job: Failure(job.file, Stage.THUMBNAIL, "decoder_crashed", "It crashed."),
            b"lacking.jpg": lambda job: analysis(job.file, failed={Stage.METADATA: "damaged_metadata"}),
        },
    )
    return place.run()


def failures_by_stage(session: SessionState) -> dict[str, int]:
    return {name: count.failed for name, count in session.stages.items() if count.failed}


def test_each_failed_file_stands_in_one_stage_of_the_table(running):
    session = with_every_end(running)
    assert failures_by_stage(session) == {"identify": 1, "metadata": 1, "thumbnail": 2}
    assert (session.outcomes["failed"], session.stats["errors"], session.stats["incomplete"]) == (3, 3, 1)
    assert sum(failures_by_stage(session).values()) == len(session.errors) == 4
    assert_sums_close(session)


def test_what_is_listed_as_incomplete_is_what_is_counted(running):
    session = with_every_end(running)
    listed = running.library.answers(session.session_id, incomplete=True)
    assert [event.path for event in listed] == [b"m/lacking.jpg"]


def test_a_retry_looks_at_files_that_failed_before_and_at_no_new_ones(running):
    first = with_every_end(running)
    retry = running.until(running.runner.retry(first.session_id).session_id, Status.COMPLETED)
    assert retry.plan.pending_by == {"failed_before": 3}
    assert retry.as_status()["pending_by"] == {}


@pytest.mark.parametrize("ended", [True, False], ids=["ended", "paused"])
def test_what_an_older_program_counted_is_counted_again_at_the_first_start(running, ended):
    session = with_every_end(running)
    if not ended:
        session = replace(session, status=Status.PAUSED, ended_at=None)
    running.store.save(session)
    file = running.store.folder / f"{session.session_id}.json"
    values = json.loads(file.read_bytes())
    values["stats"]["errors"] = 4
    del values["stats"]["incomplete"], values["counting"]
    values["stages"] = {
        name: {"total": 5, "done": 5, "failed": 0, "skipped": 0, "seconds": 0.0} for name in EVERY_STAGE
    }
    file.write_text(json.dumps(values))
    running.restart()
    again = running.runner.session(session.session_id)
    assert (again.stages, again.stats, again.errors) == (session.stages, session.stats, session.errors)
    assert running.store.load(session.session_id) == again
