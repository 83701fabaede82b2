"""Brings a database to the schema of this program, or refuses it with one sentence and no write.

Owns when to migrate: a fresh database is made, an older one is copied aside (SQLite) and brought to head, a newer or
damaged one is refused. The steps themselves are in `alembic/versions/`, which a wheel carries beside this file.

A step may say `adds_only = True`: what was there stays as it is, and new tables, columns, indexes and keys of JSON come
beside it.
Where all steps do, no row can be orphaned and the way back loses nothing: no row is checked, and no large file copied.
"""

import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from app.errors import DatabaseUnusable, NeedsAttention
from app.library.engine import Engines, connect_read_only, parse_url, sqlite_path
from app.library.tables import Base

if TYPE_CHECKING:
    from alembic.config import Config

_PACKED = Path(__file__).resolve().with_name("alembic")
SCRIPTS = _PACKED if _PACKED.is_dir() else _PACKED.parents[2] / "alembic"  # the latter in a checkout
HEAD = max(path.name for path in (SCRIPTS / "versions").glob("[0-9]*.py"))[:4]
"""The revision that this program needs. Known without Alembic, which is loaded only where there is work for it."""
_FULL_TEXT = "fts5"
_QUICK_CHECK_BYTES = 64 * 2**20  # a check of every page of a larger file would delay the start
_COPIED_BYTES = 256 * 2**20  # a copy of a larger one would, too


@dataclass(frozen=True, slots=True)
class Migration:
    """What was done: the revisions before (None: a fresh database) and after, and the copy made of an older file.

    There is none of a large file to which the steps only added.
    """

    before: str | None
    after: str
    copy: Path | None = None

    @property
    def changed(self) -> bool:
        """Whether anything was done."""
        return self.before != self.after


def revision_of(url: str) -> str | None:
    """The revision that the database has, None for a fresh one, without writing to it.

    Raises DatabaseUnusable if it is damaged, newer than this program, or cannot be reached.
    """
    engines = Engines(url)
    file = sqlite_path(engines.url)
    try:
        if file is not None:
            if not file.exists() or file.stat().st_size == 0:
                return None
            _check_sqlite(file)
        try:
            return engines.peek(_revision)
        except NeedsAttention as error:
            raise DatabaseUnusable(error.sentence) from error
    finally:
        engines.close()


def bring_to_head(url: str) -> Migration:
    """Makes or upgrades the database. Raises DatabaseUnusable with one sentence, having written nothing."""
    before = revision_of(url)
    if sqlite_path(parse_url(url)) is not None:
        _check_full_text()
    if before == HEAD:
        return Migration(before, before)
    engines = Engines(url, foreign_keys=False)
    file = sqlite_path(engines.url)
    try:
        copy = None
        rewrites = before is not None and not _only_adds(before)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            if before is not None and (rewrites or file.stat().st_size <= _COPIED_BYTES):
                copy = _copy_aside(file, before)
        engines.write(partial(_upgrade, check=rewrites))
    except (NeedsAttention, OSError) as error:
        raise DatabaseUnusable(f"The database could not be brought to revision {HEAD}: {error}") from error
    finally:
        engines.close()
    return Migration(before, HEAD, copy)


def config_for(connection: Connection) -> "Config":
    """Alembic's configuration for a connection that is open already; also what the tests migrate with."""
    from alembic.config import Config  # noqa: PLC0415 - takes as long to load as the rest of a start

    config = Config(stdout=sys.stdout)  # by default it keeps the stream of the moment when it was loaded
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _only_adds(before: str) -> bool:
    """Whether every step from a revision to head leaves what is there as it is."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    steps = ScriptDirectory(str(SCRIPTS)).iterate_revisions(HEAD, before)
    return all(getattr(step.module, "adds_only", False) for step in steps)


def _upgrade(connection: Connection, *, check: bool) -> None:
    """Takes the steps to head. With `check` it raises DatabaseUnusable where they would orphan rows (SQLite)."""
    from alembic import command  # noqa: PLC0415

    command.upgrade(config_for(connection), HEAD)
    sqlite = connection.dialect.name == "sqlite"
    if check and sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise DatabaseUnusable("The upgrade would leave rows that belong to nothing: the database was left as it is.")


def _revision(connection: Connection) -> str | None:
    current = revision_in(connection)
    if current == HEAD:
        return HEAD
    if current is None:
        if ours := set(inspect(connection).get_table_names()) & set(Base.metadata.tables):
            raise DatabaseUnusable(
                f"The database holds tables named {', '.join(sorted(ours))} but not their revision: it is damaged or "
                "belongs to another program. Choose another DATABASE_URL or restore a copy."
            )
        return None
    if current not in revisions():
        raise DatabaseUnusable(
            f"The database is at revision {current}, which is newer than this program ({HEAD}): update Media Ingest, "
            "or choose another DATABASE_URL."
        )
    return current


def revision_in(connection: Connection) -> str | None:
    """The revision that a database is stamped with, None where it bears no stamp."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    stamp = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if stamp is None else str(stamp)


def revisions() -> list[str]:
    """Every revision that this program knows, the newest first."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return [script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()]


def _check_sqlite(file: Path) -> None:
    """Raises DatabaseUnusable if the file is no SQLite database or is damaged. Opens it read-only."""
    damaged = (
        f"The database {file} is damaged or not an SQLite database: restore a copy, or move it away to start anew."
    )
    try:
        with closing(connect_read_only(file)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if file.stat().st_size <= _QUICK_CHECK_BYTES:
                (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                if answer != "ok":
                    raise DatabaseUnusable(damaged)
    except sqlite3.OperationalError as error:
        raise DatabaseUnusable(f"The database {file} cannot be opened: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise DatabaseUnusable(damaged) from error


def _check_full_text() -> None:
    """Raises DatabaseUnusable where the SQLite of this Python cannot search texts."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(f"CREATE VIRTUAL TABLE words USING {_FULL_TEXT}(text)")
        except sqlite3.OperationalError:
            which = f"The SQLite {sqlite3.sqlite_version} of this Python was built without full-text search (FTS5)"
            raise DatabaseUnusable(f"{which}: use another Python, or a PostgreSQL database.") from None


def _copy_aside(file: Path, revision: str) -> Path:
    """Copies an SQLite database, with what is still in its write-ahead log, before it is changed."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    copy = file.with_name(f"{file.name}.{revision}.{stamp}.bak")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy
