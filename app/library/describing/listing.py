"""Requests to providers as people and programs are shown them: page by page, the newest first."""

from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, RowMapping, or_, select
from typing_extensions import TypedDict

from app.library.describing.tables import RUNS
from app.media import Place
from app.shapes import described


@described
class ShownRun(TypedDict):
    """One request to a provider about one picture."""

    run: str
    """Its UUID, given before it was sent."""
    path: str
    """The file, `ROOT/relative` as shown, where it was then."""
    sha256: str
    """Of its bytes, 64 hex digits."""
    session_id: str
    """The session that asked."""
    provider: str
    """The provider by its name in the settings."""
    model: str
    """The model that was asked."""
    template: str
    """The template by its name."""
    template_sha256: str
    """Of what the template asks for, 64 hex digits."""
    tokens_in: int | None
    """Tokens that went in, as the provider reported them; null where it reported none."""
    tokens_cached: int | None
    """How many of them it had cached."""
    tokens_out: int | None
    """Tokens that came out."""
    cost_usd: float | None
    """What it cost in US dollars; null where that is not known, which is not 0."""
    seconds: float
    """How long the answer took."""
    status: str
    """`answered`, `invalid`, `truncated`, `refused`, `failed`, or `unknown`: it was sent and no answer came."""
    output: dict[str, Any] | None
    """What was said, by the fields of the template; null unless it was answered."""
    reason: str | None
    """One sentence why there is no output."""
    at: str
    """When it was sent, ISO 8601 in UTC."""


_NAMES = tuple(ShownRun.__annotations__)
_ROWS = select(RUNS.c.id, *(RUNS.c[name] for name in _NAMES)).order_by(RUNS.c.id.desc())


class WantedRuns(NamedTuple):
    """Which requests: each condition that is not None narrows them. `path` is a file, or a folder with all below it."""

    path: Place | None = None
    session: str | None = None


def page_of(
    connection: Connection, wanted: WantedRuns, *, before: int | None, limit: int
) -> tuple[list[ShownRun], int | None]:
    """Up to so many requests, the newest first, and the id to go on before, None on the last page."""
    conditions = [] if before is None else [RUNS.c.id < before]
    if wanted.session is not None:
        conditions.append(RUNS.c.session_id == wanted.session)
    if (place := wanted.path) is not None:
        path = place.in_event.rstrip(b"/")  # `0` is the byte after `/`
        conditions.append(or_(RUNS.c.path == path, (RUNS.c.path > path + b"/") & (RUNS.c.path < path + b"0")))
    rows = connection.execute(_ROWS.where(*conditions).limit(limit + 1)).mappings().all()
    return [_shown(row) for row in rows[:limit]], rows[limit - 1]["id"] if len(rows) > limit else None


def _shown(row: RowMapping) -> ShownRun:
    return cast("ShownRun", {name: row[name] for name in _NAMES} | {"path": Place.from_event(row["path"]).shown})
