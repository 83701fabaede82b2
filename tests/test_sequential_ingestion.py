"""State management of sequential ingestion: the documented unit tests.

python -m pytest tests/test_sequential_ingestion.py -v
"""

import json

import pytest

from app.errors import AlreadyActive
from app.ingest.plan.badges import Badges
from app.ingest.run.control import Control, Stop
from app.ingest.session.state import SessionState, Status
from app.ingest.session.store import IngestionState, new_session_id
from tests.ingest.builders import RECIPE, assert_sums_close, file_event, parameters, plan_of, tree, workplace


@pytest.fixture
def state(tmp_path):
    made = IngestionState(tmp_path / ".ingestion_state")
    made.prepare()
    return made


@pytest.fixture
def new_session():
    return SessionState(new_session_id(), parameters("m"), "2026-11-20T10:00:00+00:00")


@pytest.fixture
def place(tmp_path, sqlite_url):
    with workplace(tmp_path, sqlite_url) as made:
        yield made


class TestSessionState:
    def test_a_new_session_has_done_nothing(self, new_session):
        assert new_session.status is Status.QUEUED
        assert (new_session.total_files, new_session.processed_files, new_session.progress) == (None, 0, 0.0)

    def test_progress_and_statistics_follow_every_file(self, new_session):
        session = new_session.planned(plan_of(4), RECIPE)
        for number in (1, 2):
            session = session.advance(file_event(number, stats={"metadata_extracted": 1, "keywords_added": 3}))
        assert (session.processed_files, session.committed_files, session.pending) == (2, 2, 2)
        assert session.progress == 50.0
        assert (session.stats["metadata_extracted"], session.stats["keywords_added"]) == (2, 6)

    def test_errors_are_logged_with_their_reason(self, new_session):
        event = file_event(1, "failed", failures=[["identify", "empty_file", "The file has 0 bytes."]])
        [error] = new_session.advance(event).errors
        assert (error["path"], error["cause"], error["reason"]) == ("m/1.jpg", "empty_file", "The file has 0 bytes.")

    def test_it_becomes_json_and_comes_back(self, new_session):
        session = new_session.planned(plan_of(2), RECIPE).advance(file_event(1))
        assert SessionState.from_json(json.loads(json.dumps(session.as_json()))) == session


class TestIngestionState:
    def test_a_session_is_saved_and_loaded(self, state, new_session):
        state.save(new_session)
        assert state.load(new_session.session_id) == new_session
        assert (state.folder / f"{new_session.session_id}.json").is_file()

    def test_saving_again_replaces_it(self, state, new_session):
        state.save(new_session)
        later = new_session.planned(plan_of(2), RECIPE)
        state.save(later)
        assert state.load(new_session.session_id) == later

    def test_a_session_that_was_never_saved_is_none(self, state):
        assert state.load(new_session_id()) is None

    def test_a_damaged_file_is_none(self, state, new_session):
        (state.folder / f"{new_session.session_id}.json").write_text("{ torn")
        assert state.load(new_session.session_id) is None

    def test_all_sessions_are_listed_and_can_be_forgotten(self, state, new_session):
        state.save(new_session)
        assert state.session_ids() == [new_session.session_id]
        state.forget(new_session.session_id)
        assert state.session_ids() == []


class TestSequentialProcessing:
    def run(self, place, control=None):
        session = SessionState(new_session_id(), parameters("m"), "2026-11-20T10:00:00+00:00")
        return place.ingestor.process_files_sequential(session, control or Control(), lambda _session: None)

    def test_files_are_processed_one_by_one_and_committed_at_once(self, place):
        tree(place.media, "a.jpg", "b.jpg", "c.jpg")
        committed = []
        for name in (b"a.jpg", b"b.jpg", b"c.jpg"):
            place.reader.gates[name] = lambda: committed.append(place.library.summary()["images"])
        session = self.run(place)
        assert committed == [0, 1, 2]
        assert (session.status, session.committed_files) == (Status.COMPLETED, 3)

    def test_an_interrupted_session_resumes_where_it_stood(self, place):
        tree(place.media, "a.jpg", "b.jpg", "c.jpg")
        control = Control()
        place.reader.gates[b"a.jpg"] = lambda: setattr(control, "stop", Stop.INTERRUPT)
        stopped = self.run(place, control)
        assert (stopped.status, stopped.processed_files) == (Status.INTERRUPTED, 1)

        saved = place.store.load(stopped.session_id)
        queued = place.ingestor.move(saved, Status.QUEUED)
        done = place.ingestor.process_files_sequential(queued, Control(), lambda _session: None)
        assert (done.status, done.processed_files) == (Status.COMPLETED, 3)
        assert place.reader.seen == [b"a.jpg", b"b.jpg", b"c.jpg"]
        assert_sums_close(done)

    def test_one_bad_file_does_not_stop_the_others(self, place):
        tree(place.media, "a.jpg", "broken.jpg", "c.jpg")
        session = self.run(place)
        assert (session.outcomes["added"], session.outcomes["failed"], session.stats["errors"]) == (2, 1, 1)

    def test_the_stats_of_a_directory_follow_the_commits(self, place):
        tree(place.media, "a.jpg", "b.jpg", "sub/c.jpg")
        badges = Badges(place.folders, place.library)
        listing = place.folders.read(place.folders.resolve("m"))
        assert badges.get_directory_ingest_stats(listing)["ingested_files"] == 0
        self.run(place)
        counts = badges.get_directory_ingest_stats(listing)
        assert (counts["ingested_files"], counts["total_files"]) == (2, 2)

    def test_a_page_that_is_refreshed_finds_its_session_again(self, place):
        tree(place.media, "a.jpg")
        place.recover()
        gate = place.gate(b"a.jpg")
        started = place.runner.start(parameters("m"))
        gate.arrived()
        shown = place.runner.active()
        assert (shown.session_id, shown.current_file) == (started.session_id, "m/a.jpg")
        with pytest.raises(AlreadyActive):
            place.runner.start(parameters("m"))
        gate.open()
        place.until(started.session_id, Status.COMPLETED)
