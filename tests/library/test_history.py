"""What is asked of the past, on both engines: events through moves, failures, and files with the same bytes."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert, text, update

from app.library.history import MAX_COPIES, MAX_EVENTS, paced
from app.library.library import Library
from app.library.recording import row_in
from app.library.tables import EVENTS, MEDIA
from app.media import Place, Stage
from tests.ingest.builders import AT, OTHER_SESSION, SESSION, analysis, failure, found
from tests.support.clock import within

THIRD_SESSION = "00000000-0000-4000-8000-000000000003"


@pytest.fixture
def commit(library: Library) -> Callable[..., Any]:
    def committed(result: Any, session_id: str = SESSION) -> Any:
        return library.commit_single_file_to_database(session_id, result, nsfw_threshold=0.8)

    return committed


def logged(library: Library, *events: tuple[bytes, str | None], outcome: str = "added") -> None:
    """Writes an event for each path, of a session of its own; with an older name it says that the file was moved."""
    rows = [
        {
            "session_id": f"{number:036}",
            "at": AT,
            "kind": "file_complete",
            "path": path,
            "outcome": "moved" if moved_from else outcome,
            "detail": {"ms": 1} | ({"moved_from": moved_from} if moved_from else {}),
        }
        for number, (path, moved_from) in enumerate(events)
    ]
    library._engines.write(lambda connection: connection.execute(insert(EVENTS), rows))


def told(library: Library, path: bytes) -> list[tuple[int, str]]:
    return [(event.id, event.shown_path) for event in library.history.events(Place("m", path))]


# -- events ------------------------------------------------------------------------------------------------------


def test_the_events_of_a_path_are_those_of_every_session_oldest_first(library, commit):
    commit(analysis())
    commit(analysis(found(b"b.jpg")))
    commit(failure(found(size=7)), OTHER_SESSION)
    commit(analysis(found(size=9), content=b"other"), THIRD_SESSION)
    events = library.history.events(Place("m", b"a.jpg"))
    assert [(event.session_id, event.outcome) for event in events] == [
        (SESSION, "added"),
        (OTHER_SESSION, "failed"),
        (THIRD_SESSION, "updated"),
    ]
    assert events[1].cause == "truncated_image"
    assert library.history.events(Place("m", b"nothing.jpg")) == library.history.events(Place("other", b"a.jpg")) == []


def test_what_happened_under_an_older_name_belongs_to_a_file_up_to_its_move(library):
    logged(
        library,
        (b"m/a", None),
        (b"m/b", "m/a"),
        (b"m/a", None),  # another file took the old name
        (b"m/c\xe9", "m/b"),
        (b"m/b", None),
        (b"m/d", r"m/c\xe9"),
    )
    assert told(library, b"d") == [(1, "m/a"), (2, "m/b"), (4, r"m/c\xe9"), (6, "m/d")]
    assert told(library, b"b") == [(1, "m/a"), (2, "m/b"), (5, "m/b")]
    assert told(library, b"a") == [(1, "m/a"), (3, "m/a")]


def test_a_file_that_was_moved_to_and_fro_has_each_event_once(library):
    logged(library, (b"m/a", None), *[(b"m/b", "m/a"), (b"m/a", "m/b")] * 3, (b"m/a", "m/a"))
    assert [number for number, _ in told(library, b"a")] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [number for number, _ in told(library, b"b")] == [1, 2, 3, 4, 5, 6]


def test_of_a_long_history_the_newest_events_are_told(library):
    events = [(b"m/a", None)] * 150 + [(b"m/b", "m/a")] + [(b"m/b", None)] * 150
    logged(library, *events)
    ids = [number for number, _ in told(library, b"b")]
    assert ids == list(range(len(events) - MAX_EVENTS + 1, len(events) + 1))


def test_where_a_file_went_is_what_its_newest_move_says(library):
    logged(library, (b"m/a", None), (b"m/b", "m/a"), (b"m/a", "m/b"), (b"m/c\xe9", "m/a"))
    moved = library.history.moved_to(Place("m", b"a"))
    assert (moved.shown_path, moved.id) == (r"m/c\xe9", 4)
    assert library.history.moved_to(Place("m", b"b")).shown_path == "m/a"
    assert library.history.moved_to(Place("m", rb"c\xe9")) is None


# -- failures ----------------------------------------------------------------------------------------------------


def test_the_failures_of_a_path_say_what_a_person_wants_to_know(library, commit):
    commit(failure())
    commit(failure(), OTHER_SESSION)
    commit(failure(found(b"b.jpg")))
    [remembered] = library.history.failures(Place("m", b"a.jpg"))
    assert remembered.pop("at") > "2026"
    assert remembered == {
        "stage": "thumbnail",
        "cause": "truncated_image",
        "reason": "It ends too soon.",
        "attempts": 2,
        "fingerprint": "100:5:",
        "fatal": True,
        "version": "1",
        "session_id": OTHER_SESSION,
        "state": "open",
    }
    commit(analysis(failed={Stage.NSFW: "damaged_image"}), THIRD_SESSION)
    assert [(each["stage"], each["fatal"]) for each in library.history.failures(Place("m", b"a.jpg"))] == [
        ("nsfw", False)
    ]
    assert library.history.failures(Place("m", b"nothing.jpg")) == []


# -- the same bytes ----------------------------------------------------------------------------------------------


def missing(library: Library, path: bytes) -> None:
    library._engines.write(lambda c: c.execute(update(MEDIA).where(MEDIA.c.path == path).values(missing_at=AT)))


def test_copies_are_the_other_files_with_the_bytes_that_are_there(library, commit):
    for path in (b"a.jpg", b"b.jpg", b"c\xe9.jpg", b"gone.jpg"):
        commit(analysis(found(path)))
    commit(analysis(found(b"a.jpg", root="n")))
    commit(analysis(found(b"single.jpg"), content=b"another"))
    missing(library, b"gone.jpg")
    assert library.history.copies(Place("m", b"a.jpg")) == {"files": ["m/b.jpg", r"m/c\xe9.jpg", "n/a.jpg"], "count": 3}
    assert library.history.copies(Place("m", b"gone.jpg"))["count"] == 4
    nothing = {"files": [], "count": 0}
    assert (
        library.history.copies(Place("m", b"single.jpg"))
        == library.history.copies(Place("m", b"nothing.jpg"))
        == nothing
    )


def sha_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_same_bytes_of_a_session_are_told_with_every_file_that_has_them(library, commit):
    commit(analysis(found(b"old.jpg"), content=b"one"), OTHER_SESSION)
    commit(analysis(found(b"a.jpg"), content=b"one"))
    commit(analysis(found(b"b.jpg", size=7), content=b"two"))
    commit(analysis(found(b"c.jpg", size=7), content=b"two"))
    commit(analysis(found(b"single.jpg"), content=b"three"))
    commit(analysis(found(b"left.jpg"), content=b"four"))
    commit(analysis(found(b"gone.jpg"), content=b"four"), OTHER_SESSION)
    missing(library, b"gone.jpg")
    one = {"sha256": sha_of(b"one"), "size": 100, "files": ["m/a.jpg", "m/old.jpg"], "count": 2}
    two = {"sha256": sha_of(b"two"), "size": 7, "files": ["m/b.jpg", "m/c.jpg"], "count": 2}
    groups = sorted([one, two], key=lambda group: group["sha256"])
    assert library.history.same_bytes(SESSION) == {"files": 3, "groups": groups, "next": None}
    assert library.history.same_bytes(OTHER_SESSION) == {"files": 1, "groups": [one], "next": None}
    assert library.history.same_bytes(THIRD_SESSION) == {"files": 0, "groups": [], "next": None}


def test_the_pages_of_groups_hold_each_group_once(library, commit):
    for number in range(5):
        commit(analysis(found(b"%d-a.jpg" % number), content=b"%d" % number))
        commit(analysis(found(b"%d-b.jpg" % number), content=b"%d" % number))
    seen, after = [], ""
    while after is not None:
        page = library.history.same_bytes(SESSION, after=after, limit=2)
        assert page["files"] == 10
        assert len(page["groups"]) <= 2
        seen += [group["sha256"] for group in page["groups"]]
        after = page["next"]
    assert seen == sorted(sha_of(b"%d" % number) for number in range(5))


# -- many files --------------------------------------------------------------------------------------------------


@pytest.fixture
def large(library: Library, commit: Callable[..., Any]) -> Library:
    """A library of 100,000 files: 60,000 with bytes of their own, 20,000 in pairs, and one kind 20,000 times."""
    commit(analysis())
    row = library._engines.read(lambda connection: row_in(connection, Place("m", b"a.jpg")))
    del row["id"]

    def content(number: int) -> bytes:
        return b"%d" % (number if number < 60_000 else number // 2 + 100_000 if number < 80_000 else 1_000_000)

    rows = [row | {"path": b"%d.jpg" % number, "sha256": sha_of(content(number))} for number in range(100_000)]
    event = {"session_id": SESSION, "at": AT, "kind": "file_complete", "outcome": "added", "detail": {"ms": 1}}
    events = [event | {"path": b"m/%d.jpg" % number} for number in range(100_000)]

    def work(connection: Any) -> None:
        for table, values in ((MEDIA, rows), (EVENTS, events)):
            for start in range(0, len(values), 10_000):
                connection.execute(insert(table), values[start : start + 10_000])
        if connection.dialect.name == "postgresql":  # which does so by itself; SQLite has no one to tell it
            connection.execute(text("ANALYZE"))

    library._engines.write(work)
    return library


@pytest.mark.faults
def test_a_library_of_100_000_files_is_asked_in_little_time(large):
    history = large.history
    page = within(2, lambda: history.same_bytes(SESSION))
    assert page["files"] == 40_000
    assert sum(group["count"] for group in page["groups"]) in {200, 198 + 20_000}
    same = within(0.5, lambda: history.copies(Place("m", b"99999.jpg")))
    assert (len(same["files"]), same["count"]) == (MAX_COPIES, 19_999)
    for ask in (history.events, history.failures, history.moved_to):
        within(0.05, partial(ask, Place("m", b"99999.jpg")))


# -- pace --------------------------------------------------------------------------------------------------------


def test_the_pace_of_a_session_counts_its_answers_by_the_second(library, commit):
    nothing = library.history.pace(SESSION)
    assert nothing == {"began_at": None, "seconds": 1, "files": []}
    commit(analysis())
    commit(analysis(found(b"b.jpg"), content=b"other"))
    commit(failure(found(b"c.jpg", size=7)), OTHER_SESSION)
    pace = library.history.pace(SESSION)
    assert sum(pace["files"]) == 2
    assert datetime.fromisoformat(pace["began_at"]).tzinfo is not None


@pytest.mark.parametrize(("last", "seconds", "parts"), [(0, 1, 1), (239, 1, 240), (240, 2, 121), (100_000, 417, 240)])
def test_a_pace_has_at_most_240_parts_of_equal_length(last, seconds, parts):
    began = datetime(2026, 11, 20, tzinfo=UTC)
    pace = paced([(began, 3), *([(began + timedelta(seconds=last), 2)] if last else [])])
    assert (pace["began_at"], pace["seconds"], len(pace["files"])) == (began.isoformat(), seconds, parts)
    assert (pace["files"][0], sum(pace["files"])) == ((3, 5) if last else (3, 3))
