"""Failed files, once more: all of a session, those of one cause, or those that a person chose."""

import pytest

from app.errors import IllegalMove, NothingMatches, UnknownSession
from app.ingest.run.again import to_retry
from app.ingest.session.state import Status
from app.media import OPTIONAL, Stage
from tests.ingest.builders import SESSION, assert_sums_close, failure, found, parameters, tree


@pytest.fixture
def place(place):
    tree(place.media, "a.jpg", "broken-1.jpg", "deep/er/broken-2.jpg", "deep/fine.jpg", "broken-3.png")
    place.recover()
    return place


@pytest.fixture
def failed(place):
    """A session in which three files failed, one of them of a cause of its own."""
    read = place.reader

    def task(job):
        if job.file.name == b"broken-3.png":
            return failure(job.file, stage=Stage.IDENTIFY, cause="empty_file")
        return read(job)

    object.__setattr__(place.ingestor, "analyzer", lambda _recipe: task)
    session = place.run()
    assert session.outcomes["failed"] == 3
    return session


def retried(place, failed, **which):
    started = place.runner.retry(failed.session_id, **which)
    session = place.until(started.session_id, Status.COMPLETED)
    assert_sums_close(session)
    return session


def paths(place, session):
    return [event.shown_path for event in place.library.answers(session.session_id)]


EVERY = ["m/broken-1.jpg", "m/broken-3.png", "m/deep/er/broken-2.jpg"]


@pytest.mark.parametrize(
    ("which", "looked_at"),
    [
        ({}, EVERY),
        ({"cause": "empty_file"}, ["m/broken-3.png"]),
        ({"paths": ["m/broken-1.jpg", "m/a.jpg"]}, ["m/broken-1.jpg"]),
        ({"cause": "truncated_image", "paths": EVERY}, ["m/broken-1.jpg", "m/deep/er/broken-2.jpg"]),
    ],
)
def test_a_retry_looks_at_the_failed_files_and_at_no_other(place, failed, which, looked_at):
    session = retried(place, failed, **which)
    assert paths(place, session) == looked_at
    assert (session.plan.discovered, session.total_files) == (len(looked_at), len(looked_at))
    told = session.parameters.as_json
    assert told["retry_of"] == failed.session_id
    assert told["directories"] == ["m"]


def test_what_was_mended_is_taken_in_and_the_rest_fails_once_more(place, failed):
    object.__setattr__(place.ingestor, "analyzer", lambda _recipe: place.reader)
    (place.media / "broken-1.jpg").rename(place.media / "kept")
    session = retried(place, failed)
    counts = {outcome: count for outcome, count in session.outcomes.items() if count}
    assert counts == {"vanished": 1, "failed": 2}
    rows = place.library._engines.read(
        lambda c: c.exec_driver_sql("SELECT path, attempts FROM file_failures ORDER BY path").all()
    )
    assert [(bytes(path), attempts) for path, attempts in rows] == [
        (b"broken-1.jpg", 1),
        (b"broken-3.png", 1),
        (b"deep/er/broken-2.jpg", 2),
    ]


def test_a_later_run_is_quiet_about_them(place, failed):
    retried(place, failed)
    session = place.run()
    assert (session.total_files, session.plan.skipped["failed_before"]) == (0, 3)


def test_a_retry_can_be_retried_and_resumed(place, failed):
    gate = place.gate(b"broken-2.jpg")
    started = place.runner.retry(failed.session_id)
    gate.arrived()
    place.runner.pause(started.session_id)
    gate.open()
    paused = place.until(started.session_id, Status.PAUSED, Status.COMPLETED)
    place.runner.resume(paused.session_id)
    session = place.until(started.session_id, Status.COMPLETED)
    assert paths(place, session) == EVERY
    assert paths(place, retried(place, session)) == EVERY


def test_there_must_be_something_to_retry(place, failed):
    for which in ({"cause": "decoder_crashed"}, {"paths": ["m/a.jpg"]}):
        with pytest.raises(NothingMatches):
            place.runner.retry(failed.session_id, **which)
    with pytest.raises(UnknownSession):
        place.runner.retry(SESSION)


@pytest.mark.parametrize("stage", [Stage.BARCODES, Stage.DETECT, Stage.THUMBNAIL])
def test_a_retry_over_all_sessions_asks_for_an_optional_stage_only_where_that_failed(place, stage):
    for number, of in enumerate((Stage.IDENTIFY, stage)):
        result = failure(found(b"%d.jpg" % number), stage=of)
        place.library.commit_single_file_to_database(SESSION, result, nsfw_threshold=0.8)
    parts = place.ingestor
    assert to_retry(parts, None, None, ()).wanted & OPTIONAL == {stage} & OPTIONAL
    assert to_retry(parts, None, None, ("m/0.jpg",)).wanted & OPTIONAL == frozenset()


def test_a_session_under_way_cannot_be_retried(place):
    gate = place.gate(b"deep/fine.jpg".rpartition(b"/")[2])
    started = place.runner.start(parameters())
    gate.arrived()
    with pytest.raises(IllegalMove):
        place.runner.retry(started.session_id)
    gate.open()
    place.until(started.session_id, Status.COMPLETED)


def test_a_retry_of_a_folder_that_lost_most_of_its_files_asks_nothing(place, failed):
    (place.media / "a.jpg").unlink()
    (place.media / "deep" / "fine.jpg").unlink()
    assert retried(place, failed).marked_missing == 0
