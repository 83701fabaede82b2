"""Which files a session described, what was said of each, and which row shows it."""

from sqlalchemy import insert, update

from app.descriptions import Describer, RunStatus
from app.library.describing import described
from app.library.describing.tables import PROPOSALS, RUNS
from app.library.tables import EVENTS
from app.media import Place
from tests.export.descriptions.made import run
from tests.library.finding.stock import add, file

SESSION, OTHER = "s" * 36, "t" * 36
_AT = "2026-11-30T18:22:00.000+00:00"


def sha(number):
    return f"{number:064}"


def ran(library, number, path, *, media_id=None, session_id=SESSION, bytes_of=None, **others):
    """A run of this number about a path, and the row that it was about."""
    made = run(number, sha256=sha(bytes_of or media_id or 0), **others)
    library.runs.add([made], session_id=session_id, place=Place("m", path))
    about = update(RUNS).where(RUNS.c.run == made.run).values(media_id=media_id)
    library._engines.write(lambda connection: connection.execute(about))
    return made


def answered(library, path, stages, session_id=SESSION, *, outcome="added", failures=()):
    row = {"session_id": session_id, "at": _AT, "kind": "file_complete", "path": b"m/" + path, "outcome": outcome}
    detail = {"stages": {name: [status, 0.1] for name, status in stages.items()}, "failures": failures}
    library._engines.write(lambda connection: connection.execute(insert(EVENTS).values(row | {"detail": detail})))


def told(library, session_id=SESSION):
    found = library.described.in_session(session_id)
    return [(one.place.shown, one.run.run[-2:], one.row and one.row["id"]) for one in found]


def test_each_file_of_a_session_comes_once_with_what_was_said_last(library, monkeypatch):
    monkeypatch.setattr(described, "SLICE", 2)
    add(library, [file(number, sha256=sha(number)) for number in (1, 2, 3, 4)])
    ran(library, 1, b"1", media_id=1, output=None, status=RunStatus.INVALID)
    ran(library, 2, b"1", media_id=1)
    ran(library, 3, b"2", media_id=2, output={"title": "first"})
    ran(library, 4, b"3", media_id=3, session_id=OTHER)
    ran(library, 5, b"4", media_id=4)
    again = ran(library, 6, b"2", media_id=2, output={"title": "again"})
    assert told(library) == [("m/1", "02", 1), ("m/4", "05", 4), ("m/2", "06", 2)]
    assert [one.run for one in library.described.in_session(SESSION)][-1] == again
    assert told(library, "u" * 36) == []


def test_what_was_paid_for_is_told_although_its_row_is_gone_or_shows_another_picture(library):
    add(
        library,
        [file(1, sha256=sha(9)), file(2, sha256=sha(8), stages={"describe": {"status": "done", "version": "1:x"}})],
    )
    ran(library, 1, b"gone")
    ran(library, 2, b"1", media_id=1)
    ran(library, 3, b"2", media_id=2)  # its bytes are others because what it says was written into it
    assert told(library) == [("m/gone", "01", None), ("m/1", "02", None), ("m/2", "03", 2)]


def test_files_that_were_taken_in_without_a_description_are_named_with_the_cause(library):
    invalid = ["describe", "description_invalid", "It is no JSON."]
    failed = {"describe": "failed"}
    answered(library, b"1", failed, failures=[["metadata", "damaged_metadata", "It is."], invalid])
    answered(library, b"2", failed, failures=[invalid], outcome="failed")
    answered(library, b"3", failed, OTHER, failures=[invalid])
    answered(library, b"4", {"describe": "done", "metadata": "failed"}, failures=[["metadata", "damaged_metadata", ""]])
    assert library.described.failed(SESSION) == [(b"m/1", "description_invalid")]


def test_copies_are_told_by_what_was_said_of_their_bytes_before(library):
    add(library, [file(number, sha256=sha(5)) for number in (1, 2, 3)])
    ran(library, 1, b"1", media_id=1, bytes_of=5, session_id=OTHER)
    ran(library, 2, b"1", media_id=1, bytes_of=5, session_id=OTHER, at="2026-11-30T19:00:00.000+00:00")
    for path, status in ((b"1", "skipped"), (b"2", "done"), (b"3", "failed"), (b"gone", "done")):
        answered(library, path, {"identify": "done", "describe": status})
    assert told(library) == [("m/2", "01", 2)]
    answered(library, b"1", {"describe": "done"}, OTHER)
    assert told(library, OTHER) == [("m/1", "02", 1)]  # once


def test_a_file_is_told_with_what_the_session_heard_of_it_else_with_the_last(library):
    add(library, [file(1, sha256=sha(1)), file(2, sha256=sha(2))])
    ran(library, 1, b"1", media_id=1)
    ran(library, 2, b"1", media_id=1, session_id=OTHER)
    heard = [library.described.file(Place("m", b"1"), session) for session in (SESSION, OTHER, "u" * 36)]
    assert [one.run.run[-1] for one in heard] == ["1", "2", "2"]
    assert [one.session_id for one in heard] == [SESSION, OTHER, "u" * 36]
    assert library.described.file(Place("m", b"2"), SESSION) is None
    assert library.described.file(Place("m", b"9"), SESSION) is None


def test_what_a_person_rejected_for_a_file_comes_with_it(library):
    add(library, [file(1, sha256=sha(1)), file(2, sha256=sha(1))])
    made = ran(library, 1, b"1", media_id=1)
    rows = [
        {"media_id": media_id, "run": made.run, "field": field, "text": text, "state": state, "at": _AT}
        for media_id, field, text, state in (
            (1, "title", "Red car", "rejected"),
            (1, "keyword", "car", "rejected"),
            (1, "keyword", "sea", "open"),
            (2, "keyword", "sea", "rejected"),
            (1, "keyword", "quay", "accepted"),
        )
    ]
    library._engines.write(lambda connection: connection.execute(insert(PROPOSALS), rows))
    (one,) = library.described.in_session(SESSION)
    assert one.rejected == {("title", "Red car"), ("keyword", "car")}


def test_a_copy_is_told_by_the_template_and_model_that_its_row_was_asked_with(library):
    version = f"1:{Describer('other', 'b' * 64).fingerprint}"
    add(library, [file(1, sha256=sha(5), stages={"describe": {"status": "done", "version": version}})])
    ran(library, 1, b"2", bytes_of=5, session_id=OTHER, model="other")
    ran(library, 2, b"2", bytes_of=5, session_id=OTHER, model="last")
    answered(library, b"1", {"describe": "done"})
    assert told(library) == [("m/1", "01", 1)]
