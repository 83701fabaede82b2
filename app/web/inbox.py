"""Files dropped on the page, over HTTP: each is streamed into the inbox; a session over that folder takes them in."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from typing_extensions import TypedDict

from app.errors import InvalidRequest, WrongContentType
from app.shapes import described
from app.web.answers import Answer, Route, refuses
from app.web.depends import InHouse, only_known

router = APIRouter(prefix="/api/ingest", route_class=Route, dependencies=[only_known], tags=["Inbox"])
_PIECE_BYTES = 2**20
_BYTES = "application/octet-stream"
_BODY = {"required": True, "content": {_BYTES: {"schema": {"type": "string", "format": "binary"}}}}


@described
class InboxFile(TypedDict):
    """A file that lies in the inbox now."""

    path: str
    """`ROOT/relative` as shown; its name has a number where another file had it."""
    size: int
    """Bytes."""


@described
class InboxFolder(TypedDict):
    """Where dropped files go."""

    directory: str | None
    """`ROOT/relative` as shown, for a session over it; null where `INGEST_INBOX` names none."""


@router.get("/inbox")
def inbox(house: InHouse) -> Answer[InboxFolder]:
    """Tells where dropped files go."""
    place = house.inbox.place
    return Answer({"directory": place.shown if place else None})


@router.put("/inbox", openapi_extra={"requestBody": _BODY})
@refuses("content_type", "invalid_parameter", "no_inbox", "disk_full", "inbox_unwritable")
async def drop(
    request: Request,
    house: InHouse,
    name: Annotated[str, Query(description="The file's name, with a suffix of media.")],
) -> Answer[InboxFile]:
    """Takes a file into the inbox: the body is its bytes, of any length, as `application/octet-stream`.

    A file is there when it is whole and safe on disk, or not at all. None is ever overwritten: where a name is taken it
    gets a number, `a (2).jpg`. 256 MiB of the disk stay free.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _BYTES:
        raise WrongContentType(f"Send the file as Content-Type: {_BYTES}.")
    length = request.headers.get("content-length", "")
    dropped = await to_thread.run_sync(house.inbox.receive, name, int(length) if length.isdecimal() else None)
    size, pieces = 0, bytearray()
    try:
        async for piece in request.stream():
            pieces += piece
            if len(pieces) >= _PIECE_BYTES:
                size += len(pieces)
                await to_thread.run_sync(dropped.write, bytes(pieces))
                pieces.clear()
        size += len(pieces)
        if not size:
            raise InvalidRequest("The file has 0 bytes.", field="name")
        await to_thread.run_sync(dropped.write, bytes(pieces))
        place = await to_thread.run_sync(dropped.keep)
    finally:
        dropped.give_up()
    return Answer({"path": place.shown, "size": size})
