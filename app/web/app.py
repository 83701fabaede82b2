"""Makes the web application: life, errors as problem+json, and the routes of the other files."""

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from app.errors import (
    AlreadyActive,
    CannotStart,
    Conflict,
    CountChanged,
    InvalidRequest,
    MediaIngestError,
    NeedsAttention,
    NotAllowed,
    NotFound,
    QueryError,
    Unavailable,
    WrongContentType,
    in_words,
)
from app.web import account, activity, failures, inbox, ingest, nsfw, page, places
from app.web.answers import Answer, Route
from app.web.depends import only_known
from app.web.describe import outputs, providers, runs, spending, templates
from app.web.description import describe
from app.web.events import Bells
from app.web.guard import SECURITY_HEADERS, Guard
from app.web.library import (
    comparing,
    culling,
    dashboard,
    descriptions,
    duplicates,
    export,
    files,
    finding,
    marked,
    neighbours,
    originals,
    planograms,
    proposing,
    regions,
    saying,
    similar,
    summary,
    writing,
)
from app.web.notify import deliveries
from app.web.nsfw import Download
from app.web.problems import nothing_at, problem
from app.web.templating import show_problem, wants_page
from app.wiring import House

ROUTERS = (
    ingest.router,
    account.router,
    outputs.router,
    failures.router,
    files.router,
    saying.router,
    comparing.router,
    comparing.pages,
    originals.router,
    summary.router,
    finding.router,
    finding.pages,
    export.router,
    writing.router,
    places.searches,
    neighbours.router,
    marked.router,
    planograms.router,
    regions.router,
    similar.router,
    proposing.router,
    proposing.pages,
    descriptions.router,
    descriptions.pages,
    duplicates.router,
    duplicates.pages,
    culling.router,
    nsfw.router,
    page.router,
    activity.router,
    dashboard.router,
    runs.router,
    runs.pages,
    spending.router,
    places.router,
    inbox.router,
    providers.router,
    templates.router,
    deliveries.router,
)
STATIC = Path(__file__).parent / "static"
_STATUS_OF: tuple[tuple[type[MediaIngestError], int], ...] = (
    (WrongContentType, 415),
    (InvalidRequest, 422),
    (NotAllowed, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Unavailable, 503),
    (NeedsAttention, 503),
    (CannotStart, 503),
)
_log = logging.getLogger("media_ingest")


_described = APIRouter(route_class=Route, dependencies=[only_known], include_in_schema=False)


@_described.get("/api/openapi.json")
def description(request: Request) -> Answer[dict[str, Any]]:
    """Describes HTTP as OpenAPI."""
    app: FastAPI = request.app
    return Answer(app.openapi())


class _App(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The description of HTTP, made when it is asked for first."""
        if self.openapi_schema is None:
            self.openapi_schema = describe(ROUTERS)
        return self.openapi_schema


def create_app(house: House) -> FastAPI:
    """The application over a house that holds its lock already; its end closes the house."""
    app = _App(lifespan=_life, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.house = house
    app.state.bells = Bells()
    app.state.download = Download(house.weights)
    app.add_middleware(Guard, settings=house.settings)
    for router in ROUTERS:
        app.include_router(router)
    app.include_router(_described)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(MediaIngestError, _on_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(RequestValidationError, _on_bad_request)
    app.add_exception_handler(Exception, _on_fault)
    return app


@contextlib.asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    house: House = app.state.house
    bells: Bells = app.state.bells
    bells.loop = asyncio.get_running_loop()
    threading.Thread(target=house.recipes.now, name="weights", daemon=True).start()  # read before the page asks
    with _told_of_signals(bells):
        if house.records_or_none is not None:
            runner = house.records_or_none.runner
            runner.listen(bells.ring)
            await to_thread.run_sync(lambda: runner.recover(auto_resume=house.settings.ingest_auto_resume))
            await to_thread.run_sync(house.records_or_none.backlog.start)
            if house.records_or_none.copies is not None:
                house.records_or_none.copies.start()
            await to_thread.run_sync(house.records_or_none.notifier.start)
            house.records_or_none.library.finder.current.begin()
        try:
            yield
        finally:
            bells.stop()
            await to_thread.run_sync(app.state.download.close)
            await to_thread.run_sync(house.close)


@contextlib.contextmanager
def _told_of_signals(bells: Bells) -> Any:
    """Ends open streams at SIGTERM and SIGINT, before uvicorn waits for them; its own handlers run as well."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[signal.Signals, Any] = {}

    def chained(number: int, frame: Any) -> None:
        bells.stop_from_any_thread()
        handler: Callable[..., Any] | int | None = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number in (signal.SIGTERM, signal.SIGINT):
        before[number] = signal.signal(number, chained)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _on_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, MediaIngestError)  # noqa: S101 - how the handler is registered
    status = next((status for kind, status in _STATUS_OF if isinstance(error, kind)), 500)
    if wants_page(request):
        return show_problem(request, status, error.sentence)
    more: dict[str, object] = {}
    if isinstance(error, InvalidRequest) and error.field:
        more["field"] = error.field
    if isinstance(error, QueryError):
        more["position"] = error.position
    if isinstance(error, AlreadyActive):
        more["session_id"] = error.session_id
    if isinstance(error, CountChanged):
        more["count"] = error.count
    return problem(status, error.sentence, error.cause, **more)


def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - how the handler is registered
    sentences = {
        404: (nothing_at(request.url.path), "not_found"),
        405: (f"{request.method} is not possible at {request.url.path}.", "method_not_allowed"),
    }
    sentence, cause = sentences.get(error.status_code, (str(error.detail), "http_error"))
    page = wants_page(request)
    answer = show_problem(request, error.status_code, sentence) if page else problem(error.status_code, sentence, cause)
    answer.headers.update(error.headers or {})
    return answer


def _on_bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - how the handler is registered
    first = error.errors()[0]
    field = str(first["loc"][-1])
    sentence = f"{field} {in_words(first)}."
    if wants_page(request):
        return show_problem(request, 422, sentence)
    return problem(422, sentence, "invalid_parameter", field=field)


def _on_fault(request: Request, error: Exception) -> Response:
    _log.error("a request failed by our own fault", exc_info=error)
    sentence = "Media Ingest failed on this request; its log has the details."
    page = wants_page(request)
    answer = show_problem(request, 500, sentence) if page else problem(500, sentence, "internal_error")
    answer.headers.update(SECURITY_HEADERS)
    return answer
