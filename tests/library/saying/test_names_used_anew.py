"""What a person said of a file, when its name comes to be used anew, and what that costs."""

import pytest
from sqlalchemy import event

from app.library.prepared import Prepared
from app.library.saying.personal import MAX_COPIES
from app.library.whereabouts import Whereabouts
from app.media import Outcome, Place
from tests.library.disk import SAID, as_said, told

OUT_OF_SIGHT = (Whereabouts.UNSURE, Whereabouts.UNKNOWN)


# -- a name that comes to be used anew ----------------------------------------------------------------------------


@pytest.mark.parametrize("new", ["X", "F"], ids=["never seen", "seen"])
@pytest.mark.parametrize("back", ["1", "2", "9"], ids=["over it", "over another", "beside it"])
def test_words_stay_with_the_bytes_of_a_file_that_was_missing_when_another_picture_takes_its_name(disk, new, back):
    told(disk, {"1": "A", "2": "F"})
    disk.takes_in({"2": "F"})
    disk.takes_in({"1": new, "2": "F"})
    assert (disk.all_words(), disk.kept()) == ({"1": {}, "2": {}}, {"A": "Anna"})
    disk.takes_in(disk.files | {back: "A"})
    assert (disk.words(back), disk.kept().get("A")) == (SAID["A"], None)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("content", "ABCDE")
def test_a_name_that_nobody_spoke_of_gets_no_words_from_a_copy_that_is_gone_too(disk, content, together):
    told(disk, {"1": content})
    disk.takes_in({"1": content, "2": content})
    for left in ({}, {}) if together else ({"2": content}, {}):
        disk.takes_in(left)
    disk.takes_in({"1": "X", "2": "Y"})
    assert disk.all_words() == {"1": {}, "2": {}}
    disk.takes_in(disk.files | {"3": content})
    assert disk.words("3") == SAID[content]


def test_a_copy_that_is_gone_already_but_not_marked_gets_no_words(disk):
    """As where a session is over the folder of the first alone."""
    told(disk, {"1": "A"})
    disk.takes_in({"1": "A", "2": "A"})
    disk.vanishes("1", "2")
    disk.takes_in({"2": "X"})
    assert disk.words("2") == {}
    disk.takes_in({"2": "X", "3": "A"})
    assert disk.words("3") == SAID["A"]


def test_a_copy_whose_file_was_replaced_already_gets_no_words(disk):
    told(disk, {"1": "A", "3": "B"})
    disk.takes_in(disk.files | {"2": "A"})
    disk.takes_in({"1": "B", "2": "X", "3": "B"})
    assert (disk.words("2"), disk.kept()) == ({}, {"A": "Anna"})


@pytest.mark.parametrize("where", OUT_OF_SIGHT)
def test_a_copy_out_of_sight_gets_no_words_until_it_is_seen(disk, where):
    """As on a disk that is not connected: by then it may be another picture."""
    told(disk, {"1": "A"})
    disk.takes_in({"1": "A", "2": "A"})
    disk.takes_in({}, away={"2": where})
    assert (disk.words("2"), disk.kept()) == ({}, {"A": "Anna"})
    assert disk.takes_in({"2": "A"}) == {"2": Outcome.UPDATED}
    assert (disk.words("2"), disk.kept()) == (SAID["A"], {})
    assert disk.library.file(Place("m", b"2"))["session_id"] == f"session {disk.sessions}"
    assert disk.takes_in({"2": "A"}) == {}


@pytest.mark.parametrize("where", OUT_OF_SIGHT)
def test_another_picture_where_a_copy_was_out_of_sight_gets_no_words_and_takes_none_away(disk, where):
    told(disk, {"1": "A"})
    disk.takes_in({"1": "A", "2": "A"})
    disk.takes_in({"1": "F"}, away={"2": where})
    disk.takes_in({"1": "F", "2": "X"})
    assert (disk.words("2"), disk.kept()) == ({}, {"A": "Anna"})
    disk.takes_in({"1": "F", "2": "X", "3": "A"})
    assert (disk.words("3"), disk.kept()) == (SAID["A"], {})


@pytest.mark.parametrize("content", "ABCDE")
def test_a_copy_with_another_time_gets_the_words_when_it_is_looked_at(disk, content):
    """A backup or a program that syncs sets it; the bytes are the same."""
    told(disk, {"1": content})
    disk.takes_in({"1": content, "2": content})
    disk.times["2"] += 1
    disk.vanishes("1")
    assert disk.takes_in({"2": content}) == {"2": Outcome.UPDATED}
    assert (disk.all_words(), disk.kept()) == (as_said({"2": content}), {})


def test_words_that_are_back_with_the_original_are_not_kept_for_a_copy_any_more(disk):
    told(disk, {"1": "A"})
    disk.takes_in({"1": "A", "2": "A"})
    disk.takes_in({}, away={"2": Whereabouts.UNSURE})
    disk.takes_in({"1": "A"}, away={"2": Whereabouts.UNSURE})
    disk.says("1", title="Ann")
    assert disk.takes_in({"1": "A", "2": "A"}) == {}
    assert (disk.words("2"), disk.kept()) == ({}, {})


def test_what_is_kept_of_a_copy_that_gave_way_is_not_written_over_for_one_out_of_sight(disk):
    disk.takes_in({"1": "A", "2": "A", "3": "A"})
    disk.says("1", title="Anna")
    disk.says("2", title="Ann")
    disk.takes_in({"1": "B", "2": "A"}, away={"3": Whereabouts.UNKNOWN})
    disk.takes_in({"1": "B"}, away={"3": Whereabouts.UNKNOWN})
    assert disk.kept() == {"A": "Anna"}


def test_a_plain_copy_under_the_name_of_a_missing_file_is_silent(disk):
    told(disk, {"1": "A", "2": "B"})
    disk.takes_in({"1": "A"})
    disk.takes_in({"1": "A", "2": "A"})
    assert (disk.words("2"), disk.kept()) == ({}, {"B": "Ben"})


# -- what it costs -----------------------------------------------------------------------------------------------


@pytest.fixture
def asked(library, monkeypatch):
    """The statements that a commit of a file made, those that the driver runs by itself among them."""
    seen, text_of = [], Prepared._text

    def run_by_the_driver(statement, dialect):
        text = text_of(statement, dialect)
        seen.append(text.sql)
        return text

    monkeypatch.setattr(Prepared, "_text", run_by_the_driver)

    def listen(_connection, _cursor, statement, _parameters, _context, _many):
        seen.append(statement)

    engine = library._engines._writer
    event.listen(engine, "before_cursor_execute", listen)
    yield seen
    event.remove(engine, "before_cursor_execute", listen)


def questions(asked):
    """What was asked of the library, beside which keywords it has, and the lock of PostgreSQL that a write takes."""
    beside = ("FROM keywords", "pg_advisory_xact_lock")
    return [one for one in asked if one.startswith("SELECT") and not any(part in one for part in beside)]


def test_one_question_tells_that_nothing_is_known_around_a_file(disk, asked):
    disk.takes_in({"1": "A"})
    assert len(questions(asked)) == 1


def test_kept_words_are_only_looked_for_where_there_are_any(disk, asked):
    told(disk, {"1": "A", "2": "B"})
    disk.takes_in({"1": "B", "2": "B"})
    asked.clear()
    disk.takes_in({"1": "B", "2": "B", "3": "C"})
    assert len(questions(asked)) == 1
    asked.clear()
    disk.takes_in({"1": "B", "2": "B", "3": "C", "4": "A"})
    assert ["person_words" in statement for statement in questions(asked)] == [True, True]
    assert disk.all_words()["4"] == as_said({"4": "A"})["4"]


def test_of_bytes_that_very_many_rows_have_no_more_are_looked_at_than_a_few(disk, asked):
    disk.takes_in({f"{number:03}": "A" for number in range(MAX_COPIES + 5)} | {"b": "B"})
    disk.says("b", title="Ben")
    asked.clear()
    disk.takes_in(disk.files | {"b": "A"})
    assert (disk.words("b"), disk.kept()) == ({}, {"B": "Ben"})
    assert len(asked) < 30
