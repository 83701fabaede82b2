"""The description of HTTP is kept, whatever is asked: requests that it allows and requests that it does not."""

import fcntl
import sqlite3
from contextlib import closing

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.analysis.nsfw.weights import Weights
from tests.support.description import document

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
BOUNDED = settings(
    max_examples=8,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def operations():
    """Every operation that is described, that which forgets sessions last."""
    found = [result.ok() for result in schemathesis.openapi.from_dict(document()).get_all_operations()]
    return sorted(found, key=lambda operation: operation.method == "delete")


def known_instead(case, session_id, path):
    """The case with a session and a file that exist in the place of made-up ones."""
    if "session_id" in case.path_parameters:
        case.path_parameters["session_id"] = session_id
    if isinstance(case.body, dict) and "session_id" in case.body:
        case.body["session_id"] = session_id
    if "path" in case.query:
        case.query["path"] = path
    return case


def test_every_answer_is_as_described(open_door, subtests, monkeypatch):
    monkeypatch.setattr(Weights, "fetch", lambda self, count: self.look())
    door = open_door()
    session_id = door.whole("photos/trip")["session_id"]
    for operation in operations():
        cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in MODES])

        @seed(0)
        @BOUNDED
        @given(case=cases, known=st.booleans())
        def run(case, known):
            checks = CHECKS if known else [*CHECKS, negative_data_rejection]  # what is put in may mend a bad request
            case = known_instead(case, session_id, "photos/trip/shore.jpg") if known else case
            answer = case.call(base_url=door.address)
            case.validate_response(answer, checks=checks)

        with subtests.test(operation=operation.label):
            run()


def test_folders_without_the_tables_of_the_library_are_refused_as_promised(door, sqlite_file):
    with closing(sqlite3.connect(sqlite_file)) as connection:
        connection.execute("ALTER TABLE media_files RENAME TO elsewhere")
    assert door.get("/api/ingest/directories?path=photos", 503)["cause"].startswith("database_")


@pytest.fixture
def overtaken(door):
    """A door whose state folder another program has taken over: its lock was removed, and is held anew."""
    of = {"ended": door.whole("photos/trip")["session_id"], "failed": door.whole("photos/broken")["session_id"]}
    door.turnstile.hold()
    of["paused"] = door.begin("photos/plain")
    door.wait_for(of["paused"], "processing")
    door.post("/api/ingest/pause", {"session_id": of["paused"]})
    door.turnstile.open()
    door.wait_for(of["paused"], "paused")
    for thumbnail in door.state.glob("thumbnails/*/*.webp"):
        thumbnail.unlink()
    (door.state / "lock").unlink()
    with (door.state / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield door, of


def test_whatever_writes_to_a_state_folder_that_is_lost_is_refused_as_promised(overtaken, subtests):
    door, of = overtaken
    for method, path, body in (
        ("POST", "/api/ingest/process", {"directory": "photos/made"}),
        ("POST", "/api/ingest/resume", {"session_id": of["paused"]}),
        ("POST", "/api/ingest/cancel", {"session_id": of["paused"]}),
        ("POST", "/api/ingest/retry", {"session_id": of["failed"]}),
        ("POST", "/api/ingest/dismiss", {"session_id": of["ended"]}),
        ("DELETE", f"/api/ingest/sessions/{of['ended']}", None),
        ("GET", "/api/library/thumbnail?path=photos/trip/shore.jpg", None),
        ("GET", "/api/library/preview?path=photos/trip/shore.jpg", None),
        ("GET", "/readyz", None),
    ):
        with subtests.test(path=path):
            answer = door.client.request(method, path, json=body)
            assert (answer.status_code, answer.json()["cause"]) == (503, "lock_lost")
