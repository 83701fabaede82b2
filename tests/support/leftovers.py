"""What a run leaves behind, to be compared with what an undisturbed run does: rows, journal, thumbnails, numbers.

Reads either engine with the program's own tables, on a connection that changes nothing.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Select, create_engine, make_url, select
from sqlalchemy.pool import NullPool

from app.library.engine import connect_read_only, sqlite_path
from app.library.tables import EVENTS, FAILURES, KEYWORDS, LINKS, MEDIA
from tests.support.server import Server

_NEW_EACH_RUN = {"id", "session_id", "ingested_at", "updated_at", "at", "attempts", "ms", "seconds"}
_COUNTED = ("discovered", "skipped", "total_files", "pending", "processed_files", "committed_files", "outcomes")
_OF_THE_STATUS = (*_COUNTED, "stats", "stages", "errors", "progress")


@dataclass(frozen=True)
class Left:
    """What a run has left behind, without what no two runs have in common: ids and times."""

    media: list[dict[str, Any]]
    links: list[dict[str, Any]]
    failures: list[dict[str, Any]]
    answers: list[dict[str, Any]]
    stages: list[dict[str, Any]]
    journal: list[dict[str, Any]]
    thumbnails: dict[str, bytes]
    statistics: dict[str, Any]


def timeless(value: Any) -> Any:
    """The value without ids and times, down to the last list."""
    match value:
        case dict():
            return {name: timeless(item) for name, item in value.items() if name not in _NEW_EACH_RUN}
        case list():
            return [timeless(item) for item in value]
        case _:
            return value


def rows(url: str, statement: Select[Any]) -> list[dict[str, Any]]:
    """What a statement gives on the database of a URL."""
    file = sqlite_path(make_url(url))
    engine = create_engine(
        url, poolclass=NullPool, **({} if file is None else {"creator": lambda: connect_read_only(file)})
    )
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


def what_is_left(server: Server, session_id: str) -> Left:
    """Everything, once the session is completed."""
    status = server.wait_for(session_id, "completed")
    url = server.env["DATABASE_URL"]
    links = (
        select(MEDIA.c.path, KEYWORDS.c.text, LINKS.c.source, LINKS.c.weight)
        .join(LINKS, LINKS.c.media_id == MEDIA.c.id)
        .join(KEYWORDS, KEYWORDS.c.id == LINKS.c.keyword_id)
    )
    events = rows(url, select(EVENTS).order_by(EVENTS.c.id))
    journal = (server.state / f"{session_id}.files.jsonl").read_text().splitlines()
    return Left(
        media=_in_order(rows(url, select(MEDIA)), "root", "path"),
        links=_in_order(rows(url, links), "path", "text", "source"),
        failures=_in_order(rows(url, select(FAILURES)), "root", "path", "stage"),
        answers=_in_order((_without_seconds(row) for row in events if row["kind"] == "file_complete"), "path"),
        stages=timeless([row for row in events if row["kind"].startswith("stage")]),
        journal=_in_order((json.loads(line) for line in journal), "path"),
        thumbnails={path.name: path.read_bytes() for path in server.state.glob("thumbnails/*/*")},
        statistics=timeless({name: status[name] for name in _OF_THE_STATUS}),
    )


def processes_in(folder: Path) -> list[str]:
    """The processes whose working directory is `folder`: the server and what it has started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == str(folder):
                found.append(entry.name)
        except OSError:
            continue  # gone, or not ours
    return found


def _in_order(found: Iterable[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    return sorted(timeless(list(found)), key=lambda row: [row[name] for name in names])


def _without_seconds(event: dict[str, Any]) -> dict[str, Any]:
    """The event of a file whose stages say how they ended and not how long they took."""
    stages = {stage: status for stage, (status, _seconds) in event["detail"].get("stages", {}).items()}
    return event | {"detail": event["detail"] | {"stages": stages}}
