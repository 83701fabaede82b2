"""Alembic's door to the library's tables.

`app.library.migrations` hands over a connection; the `alembic` command uses DATABASE_URL of the settings.
"""

from alembic import context
from sqlalchemy import Connection

from app import settings
from app.library.engine import Engines
from app.library.tables import Base

OPTIONS = {"target_metadata": Base.metadata, "render_as_batch": True, "transactional_ddl": True}

connection = context.config.attributes.get("connection")
if connection is not None:
    context.configure(connection=connection, **OPTIONS)
    context.run_migrations()
else:
    engines = Engines(settings.load().database_url, foreign_keys=False)

    def migrate(opened: Connection) -> None:
        context.configure(connection=opened, **OPTIONS)
        context.run_migrations()

    engines.write(migrate)
    engines.close()
