"""Addresses of databases, what database errors are called, another program's lock, a file that is gone."""

import contextlib
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from app.errors import BadSetting, DatabaseBusy, NeedsAttention
from app.library.engine import Engines, parse_url, shown_place, shown_url, sqlite_path, translated
from tests.support.clock import at_most


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "not a database address"),
        ("somewhere", "not a database address"),
        ("postgresql://localhost:port/x", "not a database address"),
        ("mysql://localhost/x", "mysql: only sqlite and postgresql"),
        ("sqlite+aiosqlite:///x.db", "sqlite.aiosqlite: only sqlite and postgresql"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_an_address_that_cannot_hold_a_library_is_refused_with_one_sentence(url, sentence):
    with pytest.raises(BadSetting, match=sentence) as caught:
        parse_url(url)
    assert caught.value.sentence.endswith((".", "postgresql://...", "file.db"))


def test_the_file_of_an_address():
    assert str(sqlite_path(parse_url("sqlite:///a/b.db"))) == "a/b.db"
    assert sqlite_path(parse_url("postgresql://u@h/d")) is None


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "PostgreSQL", "postgresql+psycopg", "postgresql+psycopg2", "postgres+asyncpg"]
)
def test_every_spelling_of_postgresql_is_opened_with_psycopg_3(scheme):
    engines = Engines(f"{scheme}://u:p@h:5433/d?application_name=x")
    assert engines._writer.dialect.driver == "psycopg"
    assert str(engines.url) == "postgresql://u:***@h:5433/d?application_name=x"


def test_postgresql_without_its_driver_is_refused_with_what_adds_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(BadSetting, match=r"pip install 'media-ingest\[postgres\]'"):
        Engines("postgres://u@h/d")


def test_a_parameter_of_an_address_that_makes_no_sense_is_refused(tmp_path):
    with pytest.raises(BadSetting, match="DATABASE_URL has a parameter that makes no sense"):
        Engines(f"sqlite:///{tmp_path}/x.db?timeout=soon")


def test_a_place_is_shown_as_a_whole_path_and_an_address_without_its_password(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown_place("sqlite:///./x.db") == str(tmp_path / "x.db")
    assert shown_place("postgres://u:p@h/d") == "postgresql://u:***@h/d"


def test_a_password_is_never_shown():
    assert shown_url("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"


def test_an_error_without_words_is_called_by_its_class():
    trouble = translated(ArgumentError(""))
    assert (trouble.cause, trouble.sentence) == ("database_error", "The database refused the work: ArgumentError.")


@pytest.mark.parametrize(
    ("error", "lost", "cause"),
    [
        (psycopg.errors.DiskFull("could not extend file: Auf dem Ger\u00e4t ist kein Platz"), False, "disk_full"),
        (psycopg.OperationalError("FATAL:  the database system is starting up"), False, "database_unreachable"),
        (psycopg.errors.AdminShutdown("terminating connection"), True, "database_unreachable"),
        (psycopg.InterfaceError("the connection is closed"), True, "database_unreachable"),
        (psycopg.errors.NumericValueOutOfRange("integer out of range"), False, "database_error"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_postgresql_reports_has_a_cause_in_any_language(error, lost, cause):
    kind = OperationalError if isinstance(error, psycopg.OperationalError) else DBAPIError
    trouble = translated(kind("SELECT 1", None, error, connection_invalidated=lost))
    assert trouble.cause == cause
    assert trouble.sentence.endswith(".")


# -- another program's lock ----------------------------------------------------------------------------------------


@pytest.fixture
def engines(sqlite_url) -> Iterator[Engines]:
    opened = Engines(sqlite_url)
    yield opened
    opened.close()


@contextlib.contextmanager
def other_program(file: Path, *statements: str) -> Iterator[sqlite3.Connection]:
    """A connection of somebody else that has run the statements and goes away at the end."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement).fetchall()
        yield connection


def add_keyword(connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO keywords (text) VALUES ('word')")


def keywords(connection: Connection) -> list[str]:
    return list(connection.exec_driver_sql("SELECT text FROM keywords").scalars())


def seconds_until_busy(engines: Engines) -> float:
    """The seconds that a write takes until it is refused."""
    began = time.monotonic()
    with (
        at_most(3, time.monotonic),
        pytest.raises(DatabaseBusy, match="Another program holds the lock") as caught,
    ):
        engines.write(add_keyword)
    assert caught.value.cause == "database_busy"
    return time.monotonic() - began


EXCLUSIVE = ("PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE")  # nobody gets it on a file that others have open


@pytest.mark.parametrize(
    ("opened_before", "statements"),
    [(True, ["BEGIN IMMEDIATE"]), (False, ["BEGIN IMMEDIATE"]), (False, EXCLUSIVE)],
)
def test_a_write_is_refused_after_a_second_while_another_program_holds_the_lock(
    engines, sqlite_file, opened_before, statements
):
    if opened_before:
        engines.write(keywords)
    with other_program(sqlite_file, *statements):
        assert seconds_until_busy(engines) > 0.8
    engines.write(add_keyword)
    assert engines.read(keywords) == ["word"]


def test_while_another_program_writes_reading_goes_on(engines, sqlite_file):
    with other_program(sqlite_file, "BEGIN IMMEDIATE"):
        assert engines.read(keywords) == []


def test_a_reader_that_finds_the_file_locked_calls_it_busy(sqlite_url, sqlite_file, monkeypatch):
    monkeypatch.setattr("app.library.engine.BUSY_TIMEOUT_MS", 100)
    engines = Engines(sqlite_url)
    with other_program(sqlite_file, *EXCLUSIVE), pytest.raises(DatabaseBusy):
        engines.read(keywords)
    assert engines.read(keywords) == []
    engines.close()


def test_a_commit_that_finds_the_file_locked_leaves_nothing_behind(engines, sqlite_file):
    """Without a write-ahead log (some network disks allow none) it is the commit that meets another's lock."""
    event.listen(engines._writer, "connect", lambda raw, _: raw.execute("PRAGMA journal_mode=DELETE"))
    engines.write(keywords)
    with other_program(sqlite_file, "BEGIN", "SELECT * FROM keywords"):
        assert seconds_until_busy(engines) > 0.8
    assert engines.read(keywords) == []
    engines.write(add_keyword)
    assert engines.read(keywords) == ["word"]


def test_a_write_on_an_outdated_snapshot_is_called_busy(engines, sqlite_file):
    with other_program(sqlite_file, "BEGIN", "SELECT * FROM keywords") as other:
        engines.write(add_keyword)
        with pytest.raises(sqlite3.OperationalError) as caught:
            other.execute("DELETE FROM keywords")
        assert caught.value.sqlite_errorcode == sqlite3.SQLITE_BUSY_SNAPSHOT
        assert isinstance(translated(caught.value), DatabaseBusy)


def test_migrations_wait_longer_for_another_program(sqlite_url):
    engines = Engines(sqlite_url, foreign_keys=False)
    assert engines.write(lambda c: c.exec_driver_sql("PRAGMA busy_timeout").scalar()) == 30_000
    engines.close()


# -- a file that is removed or replaced ----------------------------------------------------------------------------


@pytest.fixture
def in_use(engines) -> Engines:
    engines.write(add_keyword)
    assert engines.read(keywords) == ["word"]
    return engines


def remove_with_its_log(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)


def refused(engines: Engines, sentence: str) -> None:
    with pytest.raises(NeedsAttention, match=sentence) as caught:
        engines.write(add_keyword)
    assert caught.value.cause == "database_unreachable"


def test_a_file_that_is_gone_is_missed_until_it_is_back_and_not_made_anew(in_use, sqlite_file):
    away = sqlite_file.rename(sqlite_file.with_name("away.db"))
    for _ in range(2):
        refused(in_use, "is not there any more")
        with pytest.raises(NeedsAttention, match="is not there any more"):
            in_use.read(keywords)
    assert not sqlite_file.exists()
    away.rename(sqlite_file)
    assert in_use.read(keywords) == ["word"]
    in_use.write(lambda c: c.exec_driver_sql("DELETE FROM keywords"))
    assert in_use.read(keywords) == []


def test_a_copy_in_the_place_of_a_file_that_is_gone_is_used(in_use, sqlite_file, migrated_sqlite):
    remove_with_its_log(sqlite_file)
    refused(in_use, "is not there any more")
    with pytest.raises(NeedsAttention):
        in_use.read(keywords)
    shutil.copy(migrated_sqlite, sqlite_file)
    in_use.write(add_keyword)
    assert in_use.read(keywords) == ["word"]


def test_a_reader_that_comes_too_late_does_not_make_the_file_anew(engines, sqlite_file):
    engines.write(add_keyword)
    sqlite_file.unlink()
    with pytest.raises(NeedsAttention, match="is not there any more"):
        engines.read(keywords)
    assert not sqlite_file.exists()


def test_a_file_that_is_replaced_stops_the_writer_once_and_is_then_used(in_use, sqlite_file, migrated_sqlite):
    """Once, so that the session counts again what the other file knows."""
    remove_with_its_log(sqlite_file)
    shutil.copy(migrated_sqlite, sqlite_file)
    assert in_use.read(keywords) == []
    refused(in_use, "was replaced while it was in use")
    in_use.write(add_keyword)
    assert in_use.read(keywords) == ["word"]
