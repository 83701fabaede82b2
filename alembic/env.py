"""Alembic's door to the library's tables.

`app.library.migrations` hands over a connection; the `alembic` command uses DATABASE_URL of the settings.
"""

from alembic import context
from sqlalchemy import Connection

from app import settings
from app.library.engine import Engines
from app.library.finding.changes import watch
from app.library.regions import tables as _tables_of_regions  # noqa: F401 - known to `Base` by being imported
from app.library.tables import Base
from app.library.writes import tables as _tables_of_writes  # noqa: F401 - known to `Base` by being imported


def is_compared(name: str | None, kind: str, _parents: object) -> bool:
    """Whether the models know a table: the full-text index, with what FTS5 keeps for it, is none of theirs."""
    return kind != "table" or not str(name).startswith("media_words")


OPTIONS = {
    "target_metadata": Base.metadata,
    "include_name": is_compared,
    "render_as_batch": True,
    "transactional_ddl": True,
}


def run(opened: Connection) -> None:
    """Takes the steps that were asked for."""
    context.configure(connection=opened, **OPTIONS)
    context.run_migrations()
    watch(opened)


connection = context.config.attributes.get("connection")
if connection is not None:
    run(connection)
else:
    engines = Engines(settings.load().database_url, foreign_keys=False)
    engines.write(run)
    engines.close()
