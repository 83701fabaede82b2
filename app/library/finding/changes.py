"""The feed of changes: each file of which the row, the keywords or the proposals changed, in their order.

Triggers of the database write it, whoever writes the rows, so nobody can forget to. A file has one entry, which moves
to a new `seq` with each change, and stays when the file's row is gone: a reader that has come to a `seq` asks for what
is behind it. The order is that of the commits: one write is at work at a time, on PostgreSQL by a lock.

A write that changes a file many times marks where it begins (`noted_once`): what it has noted already needs no other
`seq`, for nobody can have read it yet. The mark is gone before the commit.

Triggers go with a table that a migration makes anew, so `watch` is called after every run of the migrations.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import JSON, Connection, inspect

from app.library.engine import ONE_WRITER
from app.library.finding.words.wording import COLUMNS
from app.library.tables import CHANGES, MEDIA

_FILE = {"INSERT": "new", "UPDATE": "new", "DELETE": "old"}

# Neither statement can meet a conflict, which the clause of the statement that fired the trigger, such as OR IGNORE,
# would decide. No entry is ever deleted, so the highest `seq` only grows, and only a new row can be without an entry.
_SQLITE = """CREATE TRIGGER {table}_{event}_noted AFTER {event} ON {table} BEGIN
  UPDATE media_changes SET seq = (SELECT max(seq) + 1 FROM media_changes), worded = {worded}
    WHERE media_id = {file} AND coalesce(worded OR seq < (SELECT seq FROM media_changes WHERE media_id = 0), 1);{new}
END"""
_NEW_ON_SQLITE = """
  INSERT INTO media_changes (media_id, worded)
    SELECT new.id, 0 WHERE NOT EXISTS (SELECT 1 FROM media_changes WHERE media_id = new.id);"""
_SAME_ON_SQLITE = " AND ".join(f"new.{name} IS old.{name}" for name in COLUMNS)

# PostgreSQL knows of each entry which transaction wrote it, and needs no mark.
_POSTGRESQL = """
DECLARE
  file bigint;
  same boolean := false;
  noted boolean;
BEGIN
  IF TG_TABLE_NAME = 'media_files' THEN
    IF TG_OP = 'DELETE' THEN file := old.id; ELSE file := new.id; END IF;
    IF TG_OP = 'UPDATE' THEN same := {same}; END IF;
  ELSIF TG_OP = 'DELETE' THEN file := old.media_id;
  ELSE file := new.media_id;
  END IF;
  PERFORM pg_advisory_xact_lock({lock});
  SELECT NOT worded AND xmin = pg_current_xact_id()::xid INTO noted FROM media_changes WHERE media_id = file;
  IF NOT same AND noted THEN RETURN NULL;
  END IF;
  INSERT INTO media_changes (media_id, worded) VALUES (file, false)
    ON CONFLICT (media_id) DO UPDATE SET seq = DEFAULT, worded = media_changes.worded AND same;
  RETURN NULL;
END
"""
_POSTGRESQL_TRIGGER = """CREATE TRIGGER {table}_noted AFTER INSERT OR UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION note_media_change()"""
_TABLES = {"media_files": "id", "media_keywords": "media_id", "model_proposals": "media_id"}


@contextmanager
def noted_once(connection: Connection) -> Iterator[None]:
    """A block in a transaction, at the end of which each file that it changed has one new `seq`, not one a change."""
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql(
        "INSERT INTO media_changes (seq, media_id, worded) SELECT coalesce(max(seq), 0) + 1, 0, 1 FROM media_changes"
    )
    yield  # whatever is raised ends the transaction, and the mark with it
    connection.exec_driver_sql("DELETE FROM media_changes WHERE media_id = 0")


def watch(connection: Connection) -> None:
    """Makes the triggers where they are missing, or are others; all words of all files are to be written then.

    Does nothing to a database without the feed.
    """
    if not inspect(connection).has_table(CHANGES.name):
        return
    sqlite = connection.dialect.name == "sqlite"
    if not (_watch_sqlite(connection) if sqlite else _watch_postgresql(connection)):
        return
    connection.exec_driver_sql("UPDATE media_changes SET worded = false WHERE worded")
    connection.exec_driver_sql(
        "INSERT INTO media_changes (media_id, worded) SELECT id, false FROM media_files"
        " WHERE id NOT IN (SELECT media_id FROM media_changes) ORDER BY +id"  # by any index, not by the wide rows
    )


def _watched(connection: Connection) -> dict[str, str]:
    """The tables of which changes are noted, with the column that names the file; not those of later migrations."""
    there = inspect(connection).has_table
    return {table: column for table, column in _TABLES.items() if there(table)}


def _watch_sqlite(connection: Connection) -> bool:
    """Whether any trigger had to be made."""
    listed = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_noted'"
    found: dict[str, str] = dict(connection.exec_driver_sql(listed).all())
    wanted = dict(_sqlite_triggers(_watched(connection)))
    if found == wanted:
        return False
    for name in found:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    for statement in wanted.values():
        connection.exec_driver_sql(statement)
    return True


def _sqlite_triggers(watched: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The name and the text of each."""
    for table, column in watched.items():
        for event, row in _FILE.items():
            kept = table == "media_files" and event == "UPDATE"
            worded = f"worded AND {_SAME_ON_SQLITE}" if kept else "0"
            new = _NEW_ON_SQLITE if table == "media_files" and event == "INSERT" else ""
            statement = _SQLITE.format(table=table, event=event, worded=worded, file=f"{row}.{column}", new=new)
            yield f"{table}_{event}_noted", statement


def _watch_postgresql(connection: Connection) -> bool:
    """Whether the function, or any trigger, had to be made."""
    same = " AND ".join(f"new.{name}{_text(name)} IS NOT DISTINCT FROM old.{name}{_text(name)}" for name in COLUMNS)
    body = _POSTGRESQL.format(same=same, lock=ONE_WRITER)
    function = "SELECT prosrc FROM pg_proc WHERE oid = to_regproc('note_media_change')"
    stands = connection.exec_driver_sql(function).scalar_one_or_none() == body
    if not stands:
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION note_media_change() RETURNS trigger LANGUAGE plpgsql AS $body${body}$body$"
        )
    for table in _watched(connection):
        trigger = f"SELECT FROM pg_trigger WHERE tgname = '{table}_noted' AND tgrelid = '{table}'::regclass"
        if connection.exec_driver_sql(trigger).first() is None:
            connection.exec_driver_sql(_POSTGRESQL_TRIGGER.format(table=table))
            stands = False
    return not stands


def _text(name: str) -> str:
    """JSON can be compared only as text there."""
    return "::text" if isinstance(MEDIA.c[name].type, JSON) else ""
