"""What routes are handed: the house, what needs a database, bodies and ids that were checked, pages and cursors.

What waits for nothing is `async`, because anything else is called in a thread.
"""

import json
import re
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request

from app.errors import BadCursor, InvalidRequest, WrongContentType
from app.ingest.session.store import is_session_id
from app.texts import clean_text
from app.web.answers import Route, refuses
from app.wiring import House, Records

MAX_BODY_BYTES = 1_000_000
MAX_LONG_BODY_BYTES = 4_000_000  # of a request that may name 10,000 files
MAX_PAGE = 1_000
DATABASE = ("database_unreachable", "database_error", "database_busy", "database_not_migrated")
"""With which causes whatever asks the database can be refused."""
STATE_FOLDER = ("disk_full", "state_unwritable", "lock_lost")
"""With which causes whatever writes to the state folder can be refused."""


async def house_of(request: Request) -> House:
    """The house behind this request."""
    house: House = request.app.state.house
    return house


InHouse = Annotated[House, Depends(house_of)]


@refuses("database_disabled", *DATABASE)
async def records_of(house: InHouse) -> Records:
    """What needs a database. Raises DatabaseDisabled."""
    return house.records


InRecords = Annotated[Records, Depends(records_of)]


def refuse_unknown(names: Iterable[str]) -> None:
    """Raises InvalidRequest if there are any."""
    if (name := min(names, default=None)) is not None:
        name = clean_text(name)
        raise InvalidRequest(f"There is no parameter named '{name}'.", field=name, cause="unknown_parameter")


@refuses("unknown_parameter", "invalid_parameter")
async def known_query(request: Request) -> None:
    """Raises InvalidRequest for a query parameter that the route does not have."""
    route: Route = request.scope["route"]
    refuse_unknown(request.query_params.keys() - route.queries)


only_known = Depends(known_query)


# -- bodies ------------------------------------------------------------------------------------------------------


async def limited_body(request: Request, most: int = MAX_BODY_BYTES) -> bytes:
    """The body of a request. Raises InvalidRequest as soon as it is longer than `most` bytes."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise InvalidRequest("The body of the request is too long.", cause="body_too_long")
    return bytes(body)


@refuses("content_type", "bad_json", "body_too_long", "invalid_parameter", "unknown_parameter")
async def json_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Raises WrongContentType (forms of other sites are not JSON) or InvalidRequest."""
    return await _json_of(request, MAX_BODY_BYTES)


@refuses("content_type", "bad_json", "body_too_long", "invalid_parameter", "unknown_parameter")
async def long_json_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request that may name many files. Raises WrongContentType or InvalidRequest."""
    return await _json_of(request, MAX_LONG_BODY_BYTES)


async def _json_of(request: Request, most: int) -> dict[str, Any]:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise WrongContentType("Send the request as Content-Type: application/json.")
    body = await limited_body(request, most)
    try:
        values = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise InvalidRequest("The body of the request is not JSON.", cause="bad_json") from None
    if not isinstance(values, dict):
        raise InvalidRequest("The body of the request must be a JSON object.", cause="bad_json")
    return values


JsonBody = Annotated[dict[str, Any], Depends(json_of)]
LongJsonBody = Annotated[dict[str, Any], Depends(long_json_of)]


# -- sessions ----------------------------------------------------------------------------------------------------


def checked_id(session_id: Any, field: str = "session_id") -> str:
    """A session id in the form that they are stored in. Raises InvalidRequest, naming the field, if it is no UUID."""
    if not isinstance(session_id, str) or not is_session_id(session_id.lower()):
        raise InvalidRequest("A session id is a UUID of 36 characters.", field=field, cause="bad_session_id")
    return session_id.lower()


@refuses("bad_session_id", "unknown_session")
async def id_in_path(
    session_id: Annotated[str, Path(description="The session's UUID.", json_schema_extra={"format": "uuid"})],
) -> str:
    """The session id of a path. Raises InvalidRequest."""
    return checked_id(session_id)


PathId = Annotated[str, Depends(id_in_path)]


# -- pages -------------------------------------------------------------------------------------------------------

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Entries a page.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before; without one, the first page.")]


def row_cursor(cursor: str | None) -> int:
    """The id after which a page begins, from the cursor that the page before gave. Raises BadCursor."""
    if cursor is None:
        return 0
    if not re.fullmatch(r"\d{1,18}", cursor, re.ASCII):
        raise BadCursor
    return int(cursor)
