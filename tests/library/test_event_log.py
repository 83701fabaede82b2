"""The view `event_log` on both engines, asked by the queries that the documents give."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from app.ingest.session.answers import as_answer
from app.library.library import Library
from app.library.values import Event
from app.media import Failure, Stage
from tests.ingest.builders import OTHER_SESSION, SESSION, analysis, failure, found, session_of
from tests.support.documents import TEXTS, section

DOCUMENTED = section(TEXTS["docs/operations.md"], "The log as a table")
QUERIES = re.findall(r"^```sql\n(.*?);\n```$", DOCUMENTED, re.MULTILINE | re.DOTALL)
ODD = (b"caf\xe9.jpg", b"b\\xe9.jpg", "\u00e9 \U0001f30a.jpg".encode(), b"new\nline.jpg", b"\xed\xa0\x80.jpg")
ENDS = [Stage.IDENTIFY, Stage.METADATA, Stage.THUMBNAIL]


@pytest.fixture
def ask(library: Library) -> Callable[[str], list[dict[str, Any]]]:
    def asked(query: str) -> list[dict[str, Any]]:
        return library._engines.read(lambda c: [dict(row) for row in c.exec_driver_sql(query).mappings()])

    return asked


def response(row: dict[str, Any]) -> Any:
    """A JSON column as SQLite (a text) and PostgreSQL give it."""
    return json.loads(row["response"]) if isinstance(row["response"], str) else row["response"]


def a_session(library: Library) -> list[Event]:
    """The log of a session over three files, with a checkpoint behind the second."""
    asked = {"asked": frozenset(ENDS), "nsfw_threshold": 0.8}
    library.append_once(SESSION, "stage_start", [{"stage": stage.value, "total_files": 3} for stage in ENDS])
    lacking = analysis(found(b"a.jpg"), failed={Stage.METADATA: "damaged_metadata"})
    library.commit_single_file_to_database(SESSION, lacking, **asked)
    session, interval = session_of(total_files=3), 2
    session = session.advance(next(e for e in library.all_events(SESSION) if e.path))
    library.commit_single_file_to_database(
        SESSION, analysis(found(b"b.jpg")), checkpoints=lambda e: session.checkpoints(e, interval=interval), **asked
    )
    dead = Failure(found(b"c.jpg"), Stage.THUMBNAIL, "decoder_crashed", "It crashed.", version="1")
    library.commit_single_file_to_database(SESSION, dead, **asked)
    ends = {"processed_files": 2, "failed_files": 1, "skipped_files": 0, "not_reached": 0}
    library.append_once(SESSION, "stage_complete", [{"stage": stage.value, **ends} for stage in ENDS])
    library.append(SESSION, "session", {"status": "completed"})
    library.commit_single_file_to_database(OTHER_SESSION, analysis(found(b"d.jpg")), nsfw_threshold=0.8)
    return list(library.all_events(SESSION))


def test_the_queries_of_the_documents_tell_the_way_of_a_stage(library, ask):
    a_session(library)
    events, completed, progress = map(ask, QUERIES)
    assert [(row["event_type"], row["file_name"], row["total_files"], row["processed_files"]) for row in events] == [
        ("stage_start", None, 3, None),
        ("file_complete", "m/a.jpg", None, None),
        ("file_complete", "m/b.jpg", None, None),
        ("stage_progress", None, 3, 2),
        ("file_complete", "m/c.jpg", None, None),
        ("stage_complete", None, None, 2),
    ]
    assert [row["id"] for row in events] == sorted(row["id"] for row in events)
    assert [response(row)["status"] for row in events if row["file_name"]] == ["done", "done", "failed"]
    assert (completed, progress) == ([{"files_completed": 3}], [{"current_progress": 2}])


def test_each_file_has_a_row_for_each_stage_that_was_asked_for_and_says_what_its_event_does(library, ask):
    answered = {event.id: event for event in a_session(library) if event.kind == "file_complete"}
    every = ask("SELECT * FROM event_log WHERE event_type = 'file_complete'")
    rows = [row for row in every if row["session_id"] == SESSION]
    assert {(row["id"], row["stage"]) for row in rows} == {(number, stage) for number in answered for stage in ENDS}
    assert len(rows) == len(answered) * len(ENDS)
    for row in rows:
        event = answered[row["id"]]
        ended = as_answer(event)["stages"][row["stage"]]
        failed = {stage: (cause, reason) for stage, cause, reason in event.failures}
        told = response(row)
        assert (told["status"], row["at"]) == (ended["status"], event.at)
        assert told["ms"] == pytest.approx(ended["ms"], abs=0.11)
        assert (told.get("cause"), told.get("reason")) == failed.get(row["stage"], (None, None))
        assert ("cause" in told) == (told["status"] == "failed")


def test_names_that_are_no_text_are_as_they_are_shown(library, ask):
    for name in ODD:
        library.commit_single_file_to_database(SESSION, failure(found(name)), nsfw_threshold=0.8)
    names = ask("SELECT DISTINCT id, file_name FROM event_log ORDER BY id")
    assert [row["file_name"] for row in names] == [found(name).shown for name in ODD]


def test_what_belongs_to_no_stage_is_not_in_it(library, ask):
    library.append(SESSION, "session", {"status": "queued"})
    library.append("", "edited", {"title": "x"})
    assert ask("SELECT * FROM event_log") == []
