"""Words on their way from one library to another: who gets them, and that newer ones stand, on both engines."""

import hashlib
import shutil
from types import SimpleNamespace

import pytest

from app.library.library import Library
from app.library.saying.carried import Carried, Fate, chosen, files_spoken_of, times_of, to_take
from app.library.saying.editing import parse_edit
from app.library.saying.personal import Words
from app.library.whereabouts import nobody_looks
from app.library.writes.writes import TO_SIDECAR, Begun, Stamp
from app.media import Place
from tests.ingest.builders import SESSION, analysis, found, without

A, B, C = "2026-01-01T00:00:00.000+00:00", "2026-02-01T00:00:00.000+00:00", "2026-03-01T00:00:00.000+00:00"


def carried(words, at=B, place=None, content=b"a"):
    columns = {name: value for name, value in words.items() if name != "keywords"}
    said = Words(columns, frozenset(words.get("keywords", ())))
    return Carried(hashlib.sha256(content).hexdigest(), said, dict.fromkeys(words, at) if at else {}, place)


# -- decisions ---------------------------------------------------------------------------------------------------


def event(at, **detail):
    return SimpleNamespace(at=at, detail=detail)


def test_the_log_tells_when_each_field_was_spoken_of_last():
    events = [
        event(A, set={"score": 1, "title": "x"}, released=[]),
        event(B, set={}, released=["score"]),
        event(C, set={"label": "red"}, said_at={"label": A}),  # it came from another library
        event(C, add_keywords=["sea"]),
        event(C, shift_taken_at=60),
    ]
    assert times_of(events) == {"score": B, "title": A, "label": A, "keywords": C, "taken_at": C}
    undo = event(B, undone=7, fields=["title", "keywords"])
    assert times_of([event(A, set={"score": 1}), undo]) == {"score": A, "title": B, "keywords": B}
    assert times_of([event(A, set={"score": 1}), event(B, undone=7)]) == {"score": A, "*": B}  # of an earlier version


@pytest.mark.parametrize(
    ("here", "times", "at", "taken", "gave_way"),
    [
        ({}, {}, None, {"score": 5}, False),  # nothing was said here
        ({"score": 5}, {"score": C}, A, {}, False),  # the same was
        ({"score": 4}, {"score": A}, B, {"score": 5}, False),
        ({"score": 4}, {"score": C}, B, {}, True),
        ({"score": 4}, {"score": B}, B, {}, True),
        ({"score": 4}, {"score": A}, None, {}, True),  # nobody knows when the line was said
        ({}, {"score": C}, B, {}, True),  # it was given back here since
        ({}, {"score": A}, B, {"score": 5}, False),
        ({}, {"*": C}, B, {}, True),  # an edit of who knows what was undone here since
        ({"score": 4}, {"score": A, "title": C}, B, {"score": 5}, False),  # one of another field was
        ({"score": 4}, {}, C, {"score": 5}, False),  # the log does not know: not later than the row
        ({"score": 4}, {}, A, {}, True),
        ({"title": "x"}, {"title": C}, A, {"score": 5}, False),  # another field is another word
    ],
)
def test_a_word_gives_way_only_to_one_that_was_said_later(here, times, at, taken, gave_way):
    assert to_take(carried({"score": 5}, at), Words(here), times, otherwise=B) == (taken, gave_way)


def test_each_field_is_judged_by_itself_and_keywords_are_one():
    line = carried({"score": 5, "title": None, "keywords": ["b", "a"]})
    assert to_take(line, Words({"title": "x"}), {"title": C}, otherwise=A) == (
        {"score": 5, "keywords": ["a", "b"]},
        True,
    )
    assert to_take(line, Words({"title": None, "score": 5}, frozenset("ab")), {}, otherwise=A) == ({}, False)


def test_a_line_is_of_the_file_itself_else_of_the_one_most_like_it():
    rows = [
        (1, Place("m", b"z/other.jpg"), True),
        (2, Place("m", b"z/other.jpg.jpg"), False),
        (3, Place("m", b"x/a.jpg"), False),
        (4, Place("n", b"a.jpg"), False),
        (5, Place("m", b"a.jpg"), False),
    ]
    line = Place("m", b"a.jpg")
    assert chosen(rows, line, frozenset()) == 5
    assert chosen(rows, line, {5}) == 5  # it is the file itself, whoever else came there
    assert chosen(rows[:4], line, frozenset()) == 4
    assert chosen(rows[:4], line, {4}) == 3
    assert chosen(rows[:4], line, {3, 4}) == 2  # there, before one that is missing
    assert chosen(rows, None, frozenset()) == 2


# -- the database ------------------------------------------------------------------------------------------------


@pytest.fixture
def other(migrated_sqlite, tmp_path):
    """Another library, on SQLite."""
    opened = Library(f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'other.db')}")
    yield opened
    opened.close()


def take_in(library, path, content):
    root, _, relative = path.partition("/")
    file = found(relative.encode(), root=root) if root != "m" else found(relative.encode())
    library.commit_single_file_to_database(SESSION, analysis(file, content=content), nsfw_threshold=0.8)


def say(library, path, **words):
    library.edit(Place.from_event(path.encode()), parse_edit(words))


def told(library, path):
    row = library.file(Place.from_event(path.encode()))
    own = sorted(word["text"] for word in row["keywords"] if word["source"] == "person")
    return {name: row[name] for name in ("score", "title", "taken_at") if row["sources"].get(name) == "person"} | {
        **({"nsfw": row["nsfw_said"]} if row["nsfw_said"] is not None else {}),
        **({"score": row["score"]} if row["score_source"] == "person" else {}),
        **({"keywords": own} if own else {}),
    }


WORDS = {
    "m/a.jpg": {"score": 5, "title": "Eins", "keywords": ["Meer", "sand"]},
    "m/b.jpg": {"title": None, "taken_at": "1999-12-31"},
    "m/c.jpg": {"score": -1, "nsfw": False},
}


def filled(library):
    for path, words in WORDS.items():
        take_in(library, path, path.encode())
        say(library, path, **words)
    take_in(library, "m/silent.jpg", b"silent")
    return library.carrying.hand_out(list)


def by_path(lines):
    return {line.place: (line.sha256, line.words, line.said_at) for line in lines}


def test_what_was_said_comes_out_and_goes_into_a_fresh_library_as_it_was(library, other):
    lines = filled(other)
    assert [line.place.shown for line in lines] == list(WORDS)
    assert all(line.said_at.keys() == line.fields.keys() for line in lines)
    for path in (*WORDS, "m/silent.jpg"):
        take_in(library, path, path.encode() if path in WORDS else b"silent")
    assert library.carrying.receive(lines) == {Fate.GIVEN: 3}
    assert {path: told(library, path) for path in WORDS} == WORDS
    assert told(library, "m/silent.jpg") == {}
    assert by_path(library.carrying.hand_out(list)) == by_path(lines)  # when they were said, too
    assert library.carrying.receive(lines) == {Fate.THERE: 3}
    assert library._engines.read(files_spoken_of) == 3


def test_words_wait_for_files_that_are_taken_in_later(library, other):
    lines = filled(other)
    assert library.carrying.receive(lines) == {Fate.KEPT: 3}
    assert library.carrying.receive(lines) == {Fate.THERE: 3}
    assert {line.sha256: line.words for line in library.carrying.hand_out(list)} == {
        line.sha256: line.words for line in lines
    }
    for path in WORDS:
        take_in(library, path, path.encode())
    assert {path: told(library, path) for path in WORDS} == WORDS


def test_newer_words_stand_whichever_library_they_were_said_in(library, other):
    take_in(other, "m/a.jpg", b"a")
    take_in(library, "m/a.jpg", b"a")
    say(other, "m/a.jpg", score=1, title="old")
    early = other.carrying.hand_out(list)
    say(library, "m/a.jpg", score=3)
    assert library.carrying.receive(early) == {Fate.NEWER: 1}
    assert told(library, "m/a.jpg") == {"score": 3, "title": "old"}
    say(other, "m/a.jpg", score=5)
    assert library.carrying.receive(other.carrying.hand_out(list)) == {Fate.GIVEN: 1}
    assert told(library, "m/a.jpg") == {"score": 5, "title": "old"}
    assert other.carrying.receive(library.carrying.hand_out(list)) == {Fate.THERE: 1}
    say(library, "m/a.jpg", release=["score"])
    assert library.carrying.receive(other.carrying.hand_out(list)) == {Fate.NEWER: 1}
    assert told(library, "m/a.jpg") == {"title": "old"}


def test_when_a_word_was_said_goes_with_its_picture_and_not_with_a_name(library):
    take_in(library, "m/a.jpg", b"a")
    say(library, "m/a.jpg", score=3)
    (before,) = library.carrying.hand_out(list)
    _, (file,) = library.writes.begin(TO_SIDECAR, [Begun("m", b"a.jpg", b"a.jpg.xmp", b".tmp", [])])
    library.writes.finish(file, Stamp(), "It was written, which says nothing.", nobody_looks)
    moved = analysis(found(b"b/new.jpg", mtime_ns=9), content=b"a")
    library.commit_single_file_to_database("moving", moved, nsfw_threshold=0.8, look=without(b"a.jpg"))
    (after,) = library.carrying.hand_out(list)
    assert (after.place.shown, after.said_at) == ("m/b/new.jpg", before.said_at)
    library.presence.mark_missing("m", [b"b/new.jpg"])
    another = analysis(found(b"b/new.jpg", mtime_ns=11), content=b"another picture")
    library.commit_single_file_to_database("another", another, nsfw_threshold=0.8)
    say(library, "m/b/new.jpg", title="of another")
    lines = {line.sha256: line for line in library.carrying.hand_out(list)}
    assert [*lines[another.identity.sha256].said_at] == ["title"]


def test_what_was_said_of_a_picture_that_moved_away_is_not_said_of_the_one_that_came_to_its_name(library):
    take_in(library, "m/1.jpg", b"a")
    say(library, "m/1.jpg", score=3, title="of the first")
    moved = analysis(found(b"9.jpg", mtime_ns=9), content=b"a")
    library.commit_single_file_to_database("moving", moved, nsfw_threshold=0.8, look=without(b"1.jpg"))
    assert library.carrying.receive([carried({"title": "kept"}, A, content=b"b")]) == {Fate.KEPT: 1}
    another = analysis(found(b"1.jpg", mtime_ns=11), content=b"b")
    library.commit_single_file_to_database("another", another, nsfw_threshold=0.8)
    lines = {line.place.shown: line for line in library.carrying.hand_out(list)}
    assert lines["m/9.jpg"].said_at.keys() == {"score", "title"}
    assert lines["m/1.jpg"].said_at == {}, "nobody knows when it was said: not with the first one's words"
    assert library.carrying.receive([carried({"score": 4}, A, content=b"b")]) == {Fate.GIVEN: 1}
    assert told(library, "m/1.jpg") == {"score": 4, "title": "kept"}


def test_what_is_said_while_words_go_out_is_not_among_them(library):
    filled(library)
    first = []

    def take(lines):
        first.append(next(lines))
        say(library, "m/c.jpg", score=4)
        take_in(library, "m/d.jpg", b"d")
        say(library, "m/d.jpg", score=4)
        return [*first, *lines]

    lines = library.carrying.hand_out(take)
    assert {line.place.shown: line.fields for line in lines} == WORDS


def test_an_undo_is_newer_in_its_own_field_alone(library, other):
    take_in(other, "m/a.jpg", b"a")
    take_in(library, "m/a.jpg", b"a")
    say(library, "m/a.jpg", score=3)
    say(other, "m/a.jpg", score=5, title="theirs")
    lines = other.carrying.hand_out(list)
    library.edits.undo(library.edits.edit(Place("m", b"a.jpg"), parse_edit({"title": "mine", "label": "red"})))
    assert library.carrying.receive(lines) == {Fate.NEWER: 1}
    assert told(library, "m/a.jpg") == {"score": 5}
    (line,) = library.carrying.hand_out(list)
    assert line.said_at == {"score": lines[0].said_at["score"]}, "an undo elsewhere does not make it newer"


def test_lines_of_one_picture_find_their_copies(library, other):
    for path, score in (("m/x/a.jpg", 1), ("m/y/a.jpg", 2), ("m/b.jpg", 3)):
        take_in(other, path, b"a")
        say(other, path, score=score)
    for path in ("photos/b.jpg", "photos/y/a.jpg", "photos/x/a.jpg", "photos/c.jpg"):
        take_in(library, path, b"a")
    assert library.carrying.receive(other.carrying.hand_out(list)) == {Fate.GIVEN: 3}
    scores = {path: told(library, f"photos/{path}").get("score") for path in ("x/a.jpg", "y/a.jpg", "b.jpg", "c.jpg")}
    assert scores == {"x/a.jpg": 1, "y/a.jpg": 2, "b.jpg": 3, "c.jpg": None}


def test_lines_of_bytes_that_nobody_has_are_put_together(library):
    lines = [
        carried({"score": 1, "title": "x"}, A),
        carried({"score": 2}, C),
        carried({"score": 3}, B),
        carried({"label": "red"}, None),
    ]
    assert library.carrying.receive(lines) == {Fate.KEPT: 3, Fate.NEWER: 1}
    (line,) = library.carrying.hand_out(list)
    assert (line.words, line.said_at) == (Words({"score": 2, "title": "x", "label": "red"}), {})


def test_many_lines_go_through_in_slices(library, monkeypatch):
    monkeypatch.setattr("app.library.saying.carried._SLICE", 2)
    monkeypatch.setattr("app.library.saying.carried._AT_ONCE", 3)
    for number in range(5):
        take_in(library, f"m/{number}.jpg", bytes([number]))
    lines = [carried({"score": number % 6, "keywords": ["k"]}, content=bytes([number])) for number in range(9)]
    assert library.carrying.receive(iter(lines)) == {Fate.GIVEN: 5, Fate.KEPT: 4}
    assert sorted(line.sha256 for line in library.carrying.hand_out(list)) == sorted(line.sha256 for line in lines)


def test_what_came_can_be_taken_back_as_one_edit(library, other):
    lines = filled(other)
    for path in WORDS:
        take_in(library, path, path.encode())
    library.carrying.receive(lines)
    (edit,) = library.edits.listed()
    assert edit["files"] == 3
    assert library.edits.undo(edit["id"]).changed == 3
    assert {path: told(library, path) for path in WORDS} == {path: {} for path in WORDS}
    assert library.carrying.receive(lines) == {Fate.NEWER: 3}  # that it was taken back was said later
