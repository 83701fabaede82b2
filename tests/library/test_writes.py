"""What was written out of the library, on both engines: noted before, known with the row after, forgotten in time."""

import pytest
from sqlalchemy import select

from app.library.saying.editing import parse_edit
from app.library.tables import EVENTS, KEPT
from app.library.whereabouts import nobody_looks
from app.library.writes.writes import KEPT_WRITES, TO_FILE, TO_SIDECAR, Begun, Stamp
from app.media import Place
from tests.ingest.builders import SESSION, analysis, found, without

PLACE = Place("m", b"a.jpg")
NEW = "e" * 64


@pytest.fixture
def row(library):
    library.commit_single_file_to_database(SESSION, analysis(), nsfw_threshold=0.8)
    library.edit(PLACE, parse_edit({"title": "mine"}))
    return library.known_file(PLACE)


def begin(library, row, target=TO_FILE):
    begun = Begun(row["root"], row["path"], row["path"], b".tmp", [], row["sha256"], row["mtime_ns"], b"former")
    return library.writes.begin(target, [begun])


def events(library):
    statement = select(EVENTS.c.outcome, EVENTS.c.reason).where(EVENTS.c.kind == "edited").order_by(EVENTS.c.id)
    return [tuple(event) for event in library._engines.read(lambda c: c.execute(statement).all())][1:]


def test_a_row_knows_the_new_bytes_and_its_words_follow_them_and_are_kept_for_the_old(library, row):
    write_id, (file,) = begin(library, row)
    assert [one.id for one in library.writes.broken_off()] == [file.id]
    library.writes.ready(file.id, NEW, kept=True)
    library.writes.finish(file, Stamp(7, 8, NEW), "It was written.", nobody_looks)
    after = library.known_file(PLACE)
    assert (after["sha256"], after["size"], after["mtime_ns"], after["title"]) == (NEW, 7, 8, "mine")
    kept = library._engines.read(lambda c: c.execute(select(KEPT.c.sha256, KEPT.c.words)).all())
    assert [tuple(one) for one in kept] == [(row["sha256"], {"title": "mine"})]
    assert events(library) == [("written", "It was written.")]
    assert (library.writes.broken_off(), library.writes.kept()) == ([], [file.id])
    (written,) = library.writes.files(write_id)
    assert (written.new_sha256, written.former, written.target) == (NEW, b"former", TO_FILE)
    assert tuple(library.writes.last())[0::2] == (write_id, TO_FILE)


def test_what_was_written_of_a_picture_is_told_wherever_it_was_moved_and_of_no_other_picture(library, row):
    def write(place, word):
        changes = [{"field": "keywords", "now": [], "then": [word]}]
        begun = Begun(place.root, place.path, place.path, b".tmp", changes)
        _, (file,) = library.writes.begin(TO_SIDECAR, [begun])
        library.writes.finish(file, Stamp(), "It was written.", nobody_looks)
        return file

    def told(place, target=TO_SIDECAR):
        return [
            ("undone" if undone else "written", changes[0]["then"])
            for undone, changes in library.writes.told([place], target)[place]
        ]

    def commit(session_id, result, look=nobody_looks):
        return library.commit_single_file_to_database(session_id, result, nsfw_threshold=0.8, look=look)

    write(PLACE, "first")
    library.writes.take_back(write(PLACE, "second"), Stamp(), "It was undone.")
    everything = [("written", ["first"]), ("written", ["second"]), ("undone", ["second"])]
    assert told(PLACE) == everything
    assert told(PLACE, TO_FILE) == []
    moved = Place("m", b"below/new.jpg")
    commit("moving", analysis(found(moved.path, mtime_ns=9)), without(PLACE.path))
    assert (told(moved), told(PLACE)) == (everything, everything)
    commit("edited in place", analysis(found(moved.path, mtime_ns=10), content=b"edited"))
    write(moved, "third")
    assert told(moved) == [*everything, ("written", ["third"])]
    library.presence.mark_missing("m", [moved.path])
    commit("another", analysis(found(moved.path, mtime_ns=11), content=b"another picture"))
    assert told(moved) == []
    write(moved, "fourth")
    assert told(moved) == [("written", ["fourth"])]


def test_what_was_taken_back_leaves_the_row_as_it_was_and_nothing_to_undo(library, row):
    write_id, (file,) = begin(library, row)
    library.writes.ready(file.id, NEW, kept=False)
    library.writes.finish(file, Stamp(7, 8, NEW), "It was written.", nobody_looks)
    (written,) = library.writes.files(write_id)
    library.writes.undoing(written.id)
    assert [one.status for one in library.writes.broken_off()] == ["undoing"]
    library.writes.take_back(written, Stamp(row["size"], row["mtime_ns"], row["sha256"]), "It was undone.")
    after = library.known_file(PLACE)
    assert {name: after[name] for name in ("sha256", "size", "mtime_ns", "title")} == {
        name: row[name] for name in ("sha256", "size", "mtime_ns", "title")
    }
    assert library._engines.read(lambda c: c.execute(select(KEPT)).all()) == []
    assert [outcome for outcome, _ in events(library)] == ["written", "undone"]
    assert (library.writes.last(), library.writes.files(write_id)) == (None, [])


def test_a_row_that_did_not_know_what_was_there_stays_pending(library, row):
    _, (file,) = begin(library, row, TO_SIDECAR)
    library.writes.finish(file, Stamp(sidecar=("xmp=1:1", "xmp=2:2")), "It was written.", nobody_looks)
    assert library.known_file(PLACE)["sidecar"] == row["sidecar"]


def test_only_the_newest_writes_are_kept_and_what_was_broken_off(library, row):
    broken, _ = begin(library, row)
    left, (with_original,) = begin(library, row)
    library.writes.ready(with_original.id, NEW, kept=True)
    gone, (without_original,) = begin(library, row)
    for file in (with_original, without_original):
        library.writes.leave(file, "file_changed", "It is left as it is.")
    done = []
    for _ in range(KEPT_WRITES + 2):
        number, (file,) = begin(library, row, TO_SIDECAR)
        library.writes.finish(file, Stamp(), "It was written.", nobody_looks)
        done.append(number)
    library.writes.prune()
    assert [number for number in (left, gone, *done) if library.writes.files(number)] == [left, *done[2:]]
    assert library.writes.kept() == [with_original.id], "its original is let go only for want of room"
    assert [one.write_id for one in library.writes.broken_off()] == [broken]
    library.writes.drop([one.id for one in library.writes.broken_off()])
    assert library.writes.broken_off() == []
