"""The file itself over HTTP, in ranges and pieces. It is never anything that a browser would run."""

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Header, Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.formats import FORMAT_OF_NAME
from app.ingest.disk.originals import Original, open_original
from app.media import Place
from app.web.answers import Route, refuses
from app.web.depends import InHouse, only_known
from app.web.library.files import Row
from app.web.library.ranges import NotSatisfiable, Span, is_current, knows, span_of
from app.web.problems import problem

router = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])
_PIECE_BYTES = 256 * 1024
_UNQUOTABLE = re.compile(r'[^ -~]|["\\%]')
# Without scripts the origin is of no use to what is shown; without it, Chromium does not play a video that stands alone
_POLICY = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"


class _Streamed(StreamingResponse):
    """A part of an original. It is cut off where the file is changed meanwhile, so that the client sees it."""

    def __init__(self, original: Original, span: Span, status: int, headers: dict[str, str]) -> None:
        super().__init__(self._pieces(span), status, headers)
        self._original = original
        self._whole = False

    async def _pieces(self, span: Span) -> AsyncIterator[bytes]:
        at = span.start
        while at < span.end:
            piece = await to_thread.run_sync(self._original.read, at, min(_PIECE_BYTES, span.end - at))
            if not piece:
                return
            at += len(piece)
            yield piece
        self._whole = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it, and gives the file back whatever happens."""

        async def send_unless_cut(message: Any) -> None:
            if message["type"] != "http.response.body" or message.get("more_body") or self._whole:
                await send(message)

        try:
            await super().__call__(scope, receive, send_unless_cut)
        finally:
            self._original.close()


_BINARY = {"schema": {"type": "string", "format": "binary"}}
_HEADERS = {
    "ETag": {
        "description": "The SHA-256 of the file; weak where it is not as it was read.",
        "schema": {"type": "string"},
    },
    "Accept-Ranges": {"description": "`bytes`.", "schema": {"type": "string"}},
}


@router.head("/original", include_in_schema=False)
@router.get(
    "/original",
    response_class=Response,
    responses={
        200: {
            "description": "The whole file, as the media type of what it was read as.",
            "content": {"image/*": _BINARY, "video/*": _BINARY},
            "headers": _HEADERS,
        },
        206: {
            "description": "The range that `Range` asks for.",
            "content": {"image/*": _BINARY, "video/*": _BINARY},
            "headers": {
                **_HEADERS,
                "Content-Range": {"description": "Which bytes, and of how many.", "schema": {"type": "string"}},
            },
        },
        304: {"description": "The file is the one that `If-None-Match` names."},
    },
)
@refuses("file_gone", "file_unreadable", "range_not_satisfiable")
def original(
    request: Request,
    house: InHouse,
    row: Row,
    range_: Annotated[str | None, Header(alias="Range", description="One range of bytes.")] = None,
    if_range: Annotated[str | None, Header(description="The ETag that the range belongs to.")] = None,
    if_none_match: Annotated[str | None, Header(description="The ETags that the client has.")] = None,
) -> Response:
    """Gives the file itself, or one range of its bytes; what browsers do not show as a download.

    Only a file that the library has is given, and no link is followed. `HEAD` answers as `GET` without the bytes.
    """
    place = Place(row["root"], row["path"])
    opened = open_original(house.folders, place)
    as_read = (opened.size, opened.mtime_ns) == (row["size"], row["mtime_ns"])
    etag = f'"{row["sha256"]}"' if as_read else f'W/"{opened.size:x}-{opened.mtime_ns:x}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Accept-Ranges": "bytes"}
    if knows(if_none_match, etag):
        opened.close()
        return Response(status_code=304, headers=headers)
    try:
        asked = span_of(range_, opened.size) if is_current(if_range, etag) else None
    except NotSatisfiable:
        sentence = f"{place.shown} has {opened.size} bytes, and none in the range."
        refusal = problem(416, sentence, "range_not_satisfiable")
        refusal.headers["Content-Range"] = f"bytes */{opened.size}"
        opened.close()
        return refusal
    span = asked or Span(0, opened.size)
    format_ = FORMAT_OF_NAME.get(row["format"])
    headers |= {
        "Content-Type": format_.media_type if format_ else "application/octet-stream",
        "Content-Length": str(span.length),
        "Content-Disposition": disposition(place.shown_name, inline=format_ is not None and format_.in_browser),
        "Content-Security-Policy": _POLICY,
    }
    if asked:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{opened.size}"
    status = 206 if asked else 200
    if request.method == "HEAD":
        opened.close()
        return Response(status_code=status, headers=headers)
    return _Streamed(opened, span, status, headers)


def disposition(name: str, *, inline: bool) -> str:
    """`Content-Disposition` for a file of this name (RFC 6266): as it is, and in ASCII for those who know no better."""
    plain = _UNQUOTABLE.sub("_", name)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
