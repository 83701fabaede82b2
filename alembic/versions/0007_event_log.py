"""The log as a table to be asked: the view `event_log`, with a row for each file and stage.

A name that is no text is kept beside its bytes as it is shown, because no database can tell it. A downgrade leaves
that: older programs do not look at it.

Revision ID: 0007
Revises: 0006
"""

import re
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
adds_only = True  # details get a key, which nobody else reads

EVENTS = sa.table(
    "ingest_events",
    sa.column("id", sa.BigInteger()),
    sa.column("kind", sa.String()),
    sa.column("path", sa.LargeBinary()),
    sa.column("detail", sa.JSON()),
)
MAY_BE_ODD = {
    "sqlite": "CAST(path AS TEXT) GLOB '*[^ -~]*' OR instr(path, x'5c') > 0",
    "postgresql": r"encode(path, 'escape') LIKE '%\\%'",  # which writes a backslash twice, and other bytes after one
}
PAGE = 1_000
ESCAPED = re.compile(rb"\\x(5c|[89a-f][0-9a-f])")

# A file answers for each stage that was asked for; the rows of the log about stages stand as they are.
VIEW = {
    "sqlite": """
CREATE VIEW event_log AS
SELECT
    event.id, event.session_id, stage.key AS stage, event.kind AS event_type,
    coalesce(json_extract(event.detail, '$.shown'), CAST(event.path AS TEXT)) AS file_name,
    NULL AS total_files, NULL AS processed_files, NULL AS failed_files, event.at,
    CASE json_extract(stage.value, '$[0]') WHEN 'failed' THEN json_object(
        'status', 'failed',
        'ms', round(1000 * json_extract(stage.value, '$[1]'), 1),
        'cause', (SELECT json_extract(failure.value, '$[1]') FROM json_each(event.detail, '$.failures') AS failure
                  WHERE json_extract(failure.value, '$[0]') = stage.key),
        'reason', (SELECT json_extract(failure.value, '$[2]') FROM json_each(event.detail, '$.failures') AS failure
                   WHERE json_extract(failure.value, '$[0]') = stage.key)
    ) ELSE json_object(
        'status', json_extract(stage.value, '$[0]'),
        'ms', round(1000 * json_extract(stage.value, '$[1]'), 1)
    ) END AS response
FROM ingest_events AS event, json_each(event.detail, '$.stages') AS stage
WHERE event.kind = 'file_complete'
UNION ALL
SELECT
    id, session_id, json_extract(detail, '$.stage'), kind, NULL,
    json_extract(detail, '$.total_files'), json_extract(detail, '$.processed_files'),
    json_extract(detail, '$.failed_files'), at, NULL
FROM ingest_events
WHERE kind IN ('stage_start', 'stage_progress', 'stage_complete')
""",
    "postgresql": """
CREATE VIEW event_log AS
SELECT
    event.id, event.session_id, stage.key AS stage, event.kind AS event_type,
    coalesce(event.detail ->> 'shown', convert_from(event.path, 'UTF8')) AS file_name,
    NULL::integer AS total_files, NULL::integer AS processed_files, NULL::integer AS failed_files, event.at,
    CASE stage.value ->> 0 WHEN 'failed' THEN json_build_object(
        'status', 'failed',
        'ms', round(1000 * (stage.value ->> 1)::numeric, 1),
        'cause', (SELECT failure ->> 1 FROM json_array_elements(event.detail -> 'failures') AS failure
                  WHERE failure ->> 0 = stage.key LIMIT 1),
        'reason', (SELECT failure ->> 2 FROM json_array_elements(event.detail -> 'failures') AS failure
                   WHERE failure ->> 0 = stage.key LIMIT 1)
    ) ELSE json_build_object(
        'status', stage.value ->> 0,
        'ms', round(1000 * (stage.value ->> 1)::numeric, 1)
    ) END AS response
FROM ingest_events AS event CROSS JOIN LATERAL json_each(event.detail -> 'stages') AS stage
WHERE event.kind = 'file_complete'
UNION ALL
SELECT
    id, session_id, detail ->> 'stage', kind, NULL,
    (detail ->> 'total_files')::integer, (detail ->> 'processed_files')::integer,
    (detail ->> 'failed_files')::integer, at, NULL
FROM ingest_events
WHERE kind IN ('stage_start', 'stage_progress', 'stage_complete')
""",
}


def upgrade() -> None:
    connection = op.get_bind()
    for number, shown, detail in _odd_names(connection):
        told = {**(detail or {}), "shown": shown}
        connection.execute(sa.update(EVENTS).where(EVENTS.c.id == number).values(detail=told))
    connection.exec_driver_sql(VIEW[connection.dialect.name])


def downgrade() -> None:
    op.execute("DROP VIEW event_log")


def _odd_names(connection: sa.Connection) -> Iterator[tuple[int, str, dict[str, object] | None]]:
    """The files of the log whose names are no text, or could be mistaken for such a one, as they are shown."""
    odd = sa.text(f"({MAY_BE_ODD[connection.dialect.name]})")
    after = 0
    while True:
        rows = connection.execute(
            sa.select(EVENTS.c.id, EVENTS.c.path, EVENTS.c.detail)
            .where(EVENTS.c.kind == "file_complete", EVENTS.c.id > after, odd)
            .order_by(EVENTS.c.id)
            .limit(PAGE)
        ).all()
        for number, path, detail in rows:
            shown = ESCAPED.sub(rb"\\x5cx\1", path).decode("utf-8", "backslashreplace")
            if shown.encode() != path:
                yield number, shown, detail
        if len(rows) < PAGE:
            return
        after = rows[-1].id
