"""Rows taken out again, on both engines: of a session those that it alone added, of a media root all."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from app.errors import CountChanged
from app.formats import Kind
from app.library.library import Library
from app.library.saying.editing import parse_edit
from app.library.tables import EVENTS, FAILURES, KEYWORDS, LINKS, MEDIA
from app.library.undoing import ROOT_FORGOTTEN, UNDONE
from app.media import Metadata, Place, Stage
from tests.ingest.builders import OTHER_SESSION, SESSION, analysis, failure, found


@pytest.fixture
def commit(library: Library):
    def committed(result, session_id=SESSION):
        return library.commit_single_file_to_database(session_id, result, nsfw_threshold=0.8)

    return committed


def rows_of(library: Library) -> dict[str, int]:
    tables = (MEDIA, LINKS, KEYWORDS, FAILURES)
    return library._engines.read(
        lambda c: {table.name: c.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}
    )


def newest(library: Library):
    columns = (EVENTS.c.session_id, EVENTS.c.kind, EVENTS.c.detail)
    return library._engines.read(lambda c: tuple(c.execute(select(*columns).order_by(EVENTS.c.id.desc())).first()))


def test_an_undo_leaves_the_library_as_it_was_before_the_session_and_says_so(library, commit):
    commit(analysis(found(b"old.jpg"), content=b"old", keywords=("sea",)), OTHER_SESSION)
    before = rows_of(library)
    for number in range(3):
        commit(analysis(found(f"{number}.jpg".encode()), content=bytes([number]), keywords=("sea", f"word {number}")))
    assert library.removal.of_session(SESSION) == (3, 0)
    assert library.removal.undo_session(SESSION, 3) == (3, 0)
    assert rows_of(library) == before
    assert newest(library) == (SESSION, UNDONE, {"removed": 3, "kept": 0})
    assert len(library.events(SESSION)) == 4  # its log stays
    assert library.known(Place("m")).keys() == {b"old.jpg"}
    assert library.removal.of_session(SESSION) == (0, 0)


def test_an_undo_that_is_broken_off_is_finished_by_another_one(library, commit, monkeypatch):
    monkeypatch.setattr("app.library.undoing._SLICE", 2)
    before = rows_of(library)
    for number in range(5):
        commit(analysis(found(f"{number}.jpg".encode()), content=bytes([number]), keywords=(f"word {number}",)))
    write, slices = library._engines.write, iter((True, False))

    def broken_off(work):
        assert next(slices), "killed"
        return write(work)

    monkeypatch.setattr(library._engines, "write", broken_off)
    with pytest.raises(AssertionError, match="killed"):
        library.removal.undo_session(SESSION, 5)
    monkeypatch.setattr(library._engines, "write", write)
    assert library.removal.of_session(SESSION) == (3, 0)
    assert library.removal.undo_session(SESSION, 3) == (3, 0)
    assert rows_of(library) == before
    undone = [event.detail["removed"] for event in library.all_events(SESSION) if event.kind == UNDONE]
    assert sorted(undone) == [1, 2, 2]


def test_another_number_than_was_confirmed_changes_nothing(library, commit):
    commit(analysis())
    before = rows_of(library)
    with pytest.raises(CountChanged) as caught:
        library.removal.undo_session(SESSION, 2)
    assert (caught.value.count, rows_of(library)) == (1, before)


SEEN_SINCE = {
    "updated": lambda: analysis(content=b"changed"),
    "unchanged": analysis,
    "failed": lambda: failure(found()),
}


@pytest.mark.parametrize("outcome", SEEN_SINCE)
def test_a_row_that_another_session_looked_at_since_stays(library, commit, outcome):
    commit(analysis())
    assert commit(SEEN_SINCE[outcome](), OTHER_SESSION).outcome == outcome
    assert library.removal.of_session(SESSION) == (0, 1)


def test_a_row_that_another_session_tried_before_goes(library, commit):
    commit(failure(found()), OTHER_SESSION)
    commit(analysis())
    assert library.removal.undo_session(SESSION, 1) == (1, 0)


def test_a_row_that_was_there_before_stays(library, commit):
    commit(analysis(), OTHER_SESSION)
    assert commit(analysis(content=b"changed")).outcome == "updated"
    assert library.removal.undo_session(SESSION, 0) == (0, 1)


@pytest.mark.parametrize("edit", [{"title": "Anna"}, {"score": None}, {"keywords": ["anna"]}])
def test_a_row_of_which_a_person_said_something_stays(library, commit, edit):
    commit(analysis())
    library.edit(Place("m", b"a.jpg"), parse_edit(edit))
    assert library.removal.of_session(SESSION) == (0, 1)


def test_a_row_of_whose_bytes_words_are_kept_stays(library, commit):
    commit(analysis(content=b"one"), OTHER_SESSION)
    library.edit(Place("m", b"a.jpg"), parse_edit({"title": "Anna"}))
    commit(analysis(content=b"two"), "third")  # edited in place: the words of the original are kept
    row = commit(analysis(found(b"b.jpg"), content=b"one"))
    assert row.outcome == "added"
    assert library.removal.of_session(SESSION) == (0, 1)


def test_failures_of_stages_go_with_their_rows(library, commit):
    commit(analysis(failed={Stage.METADATA: "damaged_metadata"}))
    assert rows_of(library)["file_failures"] == 1
    library.removal.undo_session(SESSION, 1)
    assert rows_of(library)["file_failures"] == 0


def test_the_other_half_of_a_live_photo_stands_alone(library, commit):
    still = replace(analysis(found(b"IMG_1.HEIC")), metadata=Metadata(content_identifier="X"))
    film = analysis(found(b"IMG_1.MOV"), content=b"film", kind=Kind.VIDEO, metadata=Metadata(duration_seconds=2.0))
    commit(replace(still, identity=replace(still.identity, format="heic")), OTHER_SESSION)
    commit(replace(film, identity=replace(film.identity, format="mov")))
    assert library.file(Place("m", b"IMG_1.HEIC"))["pair"]
    library.removal.undo_session(SESSION, 1)
    assert library.file(Place("m", b"IMG_1.HEIC"))["pair"] is None


def test_the_rows_of_a_root_are_forgotten_and_what_was_said_is_kept_for_their_bytes(library, commit):
    commit(analysis(found(b"a.jpg"), keywords=("sea",)))
    library.edit(Place("m", b"a.jpg"), parse_edit({"title": "Anna"}))
    commit(failure(found(b"b.jpg")))
    with pytest.raises(CountChanged):
        library.removal.forget_root("m", 2)
    assert library.removal.forget_root("m", library.removal.rows_of_root("m")) == 1
    assert set(rows_of(library).values()) == {0}
    assert newest(library) == ("", ROOT_FORGOTTEN, {"root": "m", "removed": 1})
    commit(analysis(found(b"back.jpg")))
    assert library.file(Place("m", b"back.jpg"))["title"] == "Anna"
