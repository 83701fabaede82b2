"""Connections: one writer, many readers, on SQLite and PostgreSQL.

Owns pragmas, transactions, the single retry after a lost connection, and the translation of database errors into
`NeedsAttention`. It knows no table.
"""

import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from app.errors import BadSetting, DatabaseBusy, NeedsAttention
from app.texts import as_json

BUSY_TIMEOUT_MS = 30_000
CLOSE_SECONDS = 5.0  # how long a close waits for a write that is at work
WRITER_BUSY_TIMEOUT_MS = 1_000  # who writes for a session waits longer by trying again, alive and ready to stop
_POSTGRESQL_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
"""When a PostgreSQL server that has gone silent counts as gone (libpq's parameters, in s; the last in ms)."""
STANDSTILL_MS = 10_000
"""A PostgreSQL transaction whose program says nothing for so long is ended: a program that was stopped, or cut off, in
the middle of a write would keep all others from writing for as long as the system keeps its connection, some hours."""
ONE_WRITER = 7_862_013
"""The advisory lock of a PostgreSQL database that a write holds from its begin, so that changes come in one order."""
_MUCH_MEMORY_KIB = 65_536
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL})  # with all extended codes: BUSY_SNAPSHOT, ...
_POSTGRESQL_DISK_FULL, _POSTGRESQL_LOCKED = "53100", "55P03"
T = TypeVar("T")


def parse_url(url: str) -> URL:
    """The URL of a database that the library can live in. Raises BadSetting with one sentence.

    Whatever begins with `postgres`, with any driver's name behind it, is PostgreSQL through psycopg 3: other programs
    and hosts hand out `postgres://` and `postgresql+asyncpg://` for the same server.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise BadSetting(
            "DATABASE_URL is not a database address: use sqlite:///path/to/file.db or postgresql://..."
        ) from None
    name = parsed.drivername.lower()
    if name.startswith("postgres"):
        return parsed.set(drivername="postgresql")
    if name not in {"sqlite", "sqlite+pysqlite"}:
        raise BadSetting(f"DATABASE_URL names {parsed.drivername}: only sqlite and postgresql are supported.")
    if parsed.database in {None, "", ":memory:"}:
        raise BadSetting("DATABASE_URL names no file: a library in memory would be lost, use sqlite:///path/to/file.db")
    return parsed.set(drivername="sqlite")


def sqlite_path(url: URL) -> Path | None:
    """The database file, None on PostgreSQL."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def connect_read_only(file: Path) -> sqlite3.Connection:
    """A connection that cannot write to the file, nor fold its write-ahead log into it when it closes."""
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)


class Engines:
    """The writer's single connection and the readers' pool.

    SQLite: WAL with `synchronous=FULL`; the writer begins IMMEDIATE, so that a read followed by a write never finds
    the database locked half-way; readers are `query_only`. PostgreSQL: the same code, its own defaults, and a lock by
    which one write is at work at a time there, too, whichever programs write.

    `before_write` is run in each transaction that writes, before anything else; `before_commit` at its end.

    Migrations switch `foreign_keys` off: SQLite changes a table by making it anew, and dropping the old one would take
    its links along. They also wait longer for a lock that another program holds.
    """

    def __init__(self, url: str, *, foreign_keys: bool = True) -> None:
        self.url = parse_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.before_write: Callable[[Connection], None] = lambda _: None
        self.before_commit: Callable[[Connection], None] = lambda _: None
        self._file = sqlite_path(self.url)
        self._opened: dict[Engine, tuple[int, int] | None] = {}  # which file each engine has open; None: it was gone
        self._writing = threading.Lock()
        self._writer = self._make(pool_size=1, max_overflow=0)
        self._closed = False
        self._kept: Connection | None = None  # the writer's, between two transactions
        self._readers = self._make(pool_size=4, max_overflow=12)
        if self._file is not None:
            for engine in (self._writer, self._readers):
                event.listen(engine, "connect", partial(self._remember_file, engine))
            patience_ms = WRITER_BUSY_TIMEOUT_MS if foreign_keys else BUSY_TIMEOUT_MS
            event.listen(self._writer, "connect", lambda raw, _: _prepare_sqlite_writer(raw, patience_ms))
            event.listen(self._writer, "begin", _begin_immediate)
            if not foreign_keys:  # cannot be changed within a transaction, so it is decided here
                event.listen(self._writer, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=OFF"))
            event.listen(self._readers, "connect", _prepare_sqlite_reader)
        else:
            event.listen(self._writer, "begin", _begin_alone)
            if foreign_keys:
                event.listen(self._writer, "connect", _prepare_postgresql_writer)
            self._aside = self._make(pool_size=2, max_overflow=4, isolation_level="AUTOCOMMIT")
            event.listen(self._aside, "connect", _prepare_postgresql_writer)

    def _make(self, *, pool_size: int, max_overflow: int, **more: str) -> Engine:
        patience = more if self.is_sqlite else {**more, "connect_args": _POSTGRESQL_PATIENCE}
        sizes = {"pool_size": pool_size, "max_overflow": max_overflow, "pool_timeout": 60}
        try:
            return create_engine(self.url, json_serializer=as_json, **sizes, **patience)
        except ImportError:
            add = "`pip install 'media-ingest[postgres]'` adds it"
            raise BadSetting(f"DATABASE_URL names PostgreSQL, whose driver is not installed: {add}.") from None
        except ValueError as error:
            raise BadSetting(f"DATABASE_URL has a parameter that makes no sense: {error}.") from None

    def write(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` in one transaction and commits. The whole unit runs again once if the connection was lost.

        Raises DatabaseBusy, with nothing changed, after a second in which another program held the lock, and
        NeedsAttention if the database cannot be reached or written.
        """
        with self._writing:
            if not self._has_its_file(self._writer):
                sentence = f"The database file {self._file} was replaced while it was in use."
                raise NeedsAttention(sentence, cause="database_unreachable")
            return _in_transaction(self._begin_to_write, partial(self._whole, work))

    def write_many(self, work: Callable[[Connection], T]) -> T:
        """Like `write`, for work that changes many rows: SQLite holds what changes in up to 64 MB of memory meanwhile.

        In the 2 MB that it takes by default, pages are pushed out before they are done with, and written twice.
        """
        return self.write(partial(_in_much_memory, work) if self.is_sqlite else work)

    def write_aside(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` on PostgreSQL beside the one writer: each of its statements is committed by itself.

        For rows whose order nobody reads. Raises DatabaseBusy after a second in which another held a row, and
        NeedsAttention.
        """
        return _in_transaction(self._aside.connect, work)

    def _whole(self, work: Callable[[Connection], T], connection: Connection) -> T:
        """What `work` gives, and what belongs into its transaction."""
        self.before_write(connection)
        done = work(connection)
        self.before_commit(connection)
        return done

    def read(self, work: Callable[[Connection], T]) -> T:
        """Runs `work` on a connection that cannot write. Raises NeedsAttention if the database cannot be reached."""
        self._has_its_file(self._readers)
        return _in_transaction(self._readers.begin, work)

    def read_at_once(self, work: Callable[[Connection], T]) -> T:
        """Like `read`, but all that `work` reads is as it stood at one moment, whatever is written meanwhile."""
        self._has_its_file(self._readers)
        return _in_transaction(self._begin_at_one_moment, work)

    def peek(self, work: Callable[[Connection], T]) -> T:
        """Like `read`, but on an SQLite file that is opened read-only: even its write-ahead log is left as it is."""
        file = self._file
        if file is None:
            return self.read(work)
        return peek_through(partial(connect_read_only, file), work)

    def close(self) -> None:
        """Closes every connection; that of a write which is still at work is closed at its end."""
        self._closed = True
        free = self._writing.acquire(timeout=CLOSE_SECONDS)
        try:
            if free:
                self._close(self._writer)
        finally:
            if free:
                self._writing.release()
        self._close(self._readers)
        if not self.is_sqlite:
            self._close(self._aside)

    @contextmanager
    def _begin_to_write(self) -> Iterator[Connection]:
        """A transaction on the writer's connection, which is kept for the next one unless something goes wrong."""
        connection, self._kept = self._kept or self._writer.connect(), None
        try:
            with connection.begin():
                yield connection
        except BaseException:
            connection.close()
            raise
        if self._closed:
            connection.close()
        else:
            self._kept = connection

    @contextmanager
    def _begin_at_one_moment(self) -> Iterator[Connection]:
        with self._readers.connect() as connection:
            if self.is_sqlite:  # where a transaction that only reads begins by itself with each statement
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def _close(self, engine: Engine) -> None:
        if engine is self._writer and self._kept is not None:
            self._kept.close()
            self._kept = None
        engine.dispose()

    def _remember_file(self, engine: Engine, _connection: Any, _record: Any) -> None:
        if self._file is not None:
            self._opened[engine] = _which(self._file)

    def _has_its_file(self, engine: Engine) -> bool:
        """Whether an engine has open what lies at its path now: into a file that was removed one can write for ever.

        If not, it opens the new one next time. Raises NeedsAttention where there is none.
        """
        if self._file is None or not self._opened:
            return True
        there = _which(self._file)
        if there is None:
            self._close(engine)
            self._opened[engine] = None
            mend = "put it back, or restore a copy without the -wal and -shm files beside it"  # they are of the old one
            raise NeedsAttention(
                f"The database file {self._file} is not there any more: {mend}.", cause="database_unreachable"
            )
        opened = self._opened.get(engine, there)
        if opened == there:
            return True
        self._close(engine)
        self._opened.pop(engine, None)
        return opened is None


def peek_through(connect: Callable[[], sqlite3.Connection], work: Callable[[Connection], T]) -> T:
    """What `work` reads through a connection to an SQLite file that `connect` opens. Raises NeedsAttention."""
    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    return _in_transaction(engine.begin, work)


def _which(file: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _in_transaction(begin: Callable[[], AbstractContextManager[Connection]], work: Callable[[Connection], T]) -> T:
    for last_try in (False, True):
        try:
            with begin() as connection, named_errors(connection):
                return work(connection)
        except IntegrityError:
            raise
        except DBAPIError as error:
            if error.connection_invalidated and not last_try:
                continue  # after a restart of the server every pooled connection fails once
            raise translated(error) from error
        except SQLAlchemyError as error:
            raise translated(error) from error
    raise AssertionError("unreachable")


@contextmanager
def named_errors(connection: Connection) -> Iterator[None]:
    """A block that runs statements through the driver. Raises for its errors what SQLAlchemy would have raised."""
    try:
        yield
    except connection.dialect.loaded_dbapi.Error as error:
        dialect, driver = connection.dialect, connection.dialect.loaded_dbapi
        lost = dialect.is_disconnect(error, connection.connection, None)
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            None, None, error, driver.Error, connection_invalidated=lost, dialect=dialect
        ) from error


def translated(error: Exception) -> NeedsAttention:
    """One sentence and a stable cause for what the database reports."""
    original = getattr(error, "orig", None) or error
    text = str(original).strip().splitlines()[0] if str(original).strip() else type(original).__name__
    code = getattr(original, "sqlite_errorcode", 0) & 0xFF  # the primary code: the rest says where it happened
    if code in _BUSY or getattr(original, "sqlstate", None) == _POSTGRESQL_LOCKED:
        return DatabaseBusy()
    full = code == sqlite3.SQLITE_FULL or getattr(original, "sqlstate", None) == _POSTGRESQL_DISK_FULL
    if full or "No space left" in text or getattr(original, "errno", None) == errno.ENOSPC:
        return NeedsAttention("The disk that holds the database is full: free some space.", cause="disk_full")
    if isinstance(error, OperationalError) or getattr(error, "connection_invalidated", False):
        return NeedsAttention(f"The database cannot be reached or written: {text}.", cause="database_unreachable")
    return NeedsAttention(f"The database refused the work: {text}.", cause="database_error")


def _in_much_memory(work: Callable[[Connection], T], connection: Connection) -> T:
    before = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
    connection.exec_driver_sql(f"PRAGMA cache_size=-{_MUCH_MEMORY_KIB}")
    try:
        return work(connection)
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size={before}")


def _prepare_sqlite_writer(connection: Any, patience_ms: int) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; `_begin_immediate` does
    for pragma in (
        f"busy_timeout={patience_ms}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgresql_writer(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {WRITER_BUSY_TIMEOUT_MS}")
        cursor.execute(f"SET idle_in_transaction_session_timeout = {STANDSTILL_MS}")
    connection.commit()


def _prepare_sqlite_reader(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA query_only=ON")


def _begin_immediate(connection: Connection) -> None:
    with named_errors(connection):
        connection.connection.cursor().execute("BEGIN IMMEDIATE")


def _begin_alone(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_WRITER})")


def shown_url(url: str) -> str:
    """A database address for people: without its password."""
    return parse_url(url).render_as_string(hide_password=True)


def shown_place(url: str) -> str:
    """Where a database is, for people: the whole path of its file, or its address without the password."""
    file = sqlite_path(parse_url(url))
    return shown_url(url) if file is None else str(file.absolute())
