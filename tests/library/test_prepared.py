"""Statements that the driver runs itself: the values and the errors are those that SQLAlchemy would have given."""

import pytest
from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError

from app.errors import NeedsAttention
from app.library.engine import Engines
from app.library.prepared import Prepared, prepared_of
from app.library.tables import EVENTS, KEYWORDS
from app.library.values import now

ADD_KEYWORD = Prepared(insert(KEYWORDS).inline(), columns=["text"])
KEYWORD = Prepared(select(KEYWORDS.c.text).where(KEYWORDS.c.text == bindparam("b_text")))
COUNT = Prepared(select(func.count()).select_from(KEYWORDS))
COLUMNS = ["session_id", "at", "kind", "path", "detail"]
ADD_EVENT = Prepared(insert(EVENTS).returning(EVENTS.c.id), columns=COLUMNS)


@pytest.fixture
def engines(library_url):
    made = Engines(library_url)
    yield made
    made.close()


def test_values_are_converted_as_their_columns_say(engines):
    event = {"session_id": "s", "at": now(), "kind": "k", "path": b"m/\xff\0.jpg", "detail": {"é": [1, None, "\u2028"]}}
    (event_id,) = engines.write(lambda c: ADD_EVENT.first(c, event))
    kept = engines.read(lambda c: c.execute(select(EVENTS).where(EVENTS.c.id == event_id)).mappings().one())
    assert {name: kept[name] for name in COLUMNS} == event


def test_a_row_that_is_not_there_is_none(engines):
    assert engines.read(lambda c: KEYWORD.first(c, {"b_text": "sea"})) is None


def test_all_rows_come_and_what_the_statement_says_itself_need_not_be_given(engines):
    engines.write(lambda c: ADD_KEYWORD.each(c, [{"text": "sea"}, {"text": "hill"}]))
    some = Prepared(select(KEYWORDS.c.text).order_by(KEYWORDS.c.text).limit(bindparam("b_limit")))
    assert engines.read(lambda c: some.all(c, {"b_limit": 1})) == [("hill",)]


def test_rows_of_any_number_of_ids_are_asked_for_by_one_parameter(engines):
    engines.write(lambda c: ADD_KEYWORD.each(c, [{"text": "sea"}, {"text": "hill"}, {"text": "sky"}]))
    ids = engines.read(lambda c: c.execute(select(KEYWORDS.c.id).order_by(KEYWORDS.c.text)).scalars().all())
    some = prepared_of(select(KEYWORDS.c.text).order_by(KEYWORDS.c.text), KEYWORDS.c.id)
    assert engines.read(lambda c: some.all(c, {"ids": [*ids[1:], 99]})) == [("sea",), ("sky",)]
    assert engines.read(lambda c: some.all(c, {"ids": []})) == []


def test_a_value_that_is_not_given_is_refused(engines):
    with pytest.raises(KeyError):
        engines.read(lambda c: KEYWORD.first(c, {}))


def test_what_it_wrote_is_taken_back_with_the_transaction(engines):
    def work(connection):
        ADD_KEYWORD.each(connection, [{"text": "sea"}, {"text": "hill"}])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        engines.write(work)
    assert engines.read(lambda c: COUNT.first(c, {})) == (0,)


def test_what_the_driver_raises_has_the_name_that_others_catch(engines):
    with pytest.raises(IntegrityError):
        engines.write(lambda c: ADD_KEYWORD.each(c, [{"text": "sea"}, {"text": "sea"}]))


def test_a_connection_that_is_lost_under_it_is_replaced_once(engines):
    tries = []

    def work(connection):
        tries.append(connection.connection.driver_connection)
        if len(tries) == 1:
            tries[0].close()
        ADD_KEYWORD.each(connection, [{"text": "sea"}])

    engines.write(work)
    assert len(set(map(id, tries))) == len(tries) == 2
    assert engines.read(lambda c: COUNT.first(c, {})) == (1,)


def test_the_writer_keeps_its_connection_until_a_unit_of_work_fails(engines):
    def fail(_connection):
        raise ZeroDivisionError

    first = engines.write(lambda connection: connection)
    assert engines.write(lambda connection: connection) is first
    with pytest.raises(ZeroDivisionError):
        engines.write(fail)
    assert first.closed
    assert engines.write(lambda connection: connection) is not first


def test_a_write_that_ends_after_the_close_leaves_no_connection_open(engines, monkeypatch):
    monkeypatch.setattr("app.library.engine.CLOSE_SECONDS", 0.01)

    def close_meanwhile(connection):
        engines.close()
        return connection

    assert engines.write(close_meanwhile).closed


@pytest.mark.parametrize("value", ["\ud800", object()])
def test_a_value_that_no_driver_takes_is_what_the_database_refuses(engines, value):
    with pytest.raises(NeedsAttention, match="refused the work"):
        engines.write(lambda c: ADD_KEYWORD.each(c, [{"text": value}]))
