"""The page, its login, and whether the server is alive and ready."""

from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from app import __version__
from app.errors import InvalidRequest, MediaIngestError
from app.media import Stage
from app.web.guard import COOKIE, cookie_of, problem
from app.wiring import House, command_as_typed

router = APIRouter()
MAX_BODY_BYTES = 1_000_000
_templates = Jinja2Templates(directory=Path(__file__).parent / "templates")


def house_of(request: Request) -> House:
    """The house behind this request."""
    house: House = request.app.state.house
    return house


async def limited_body(request: Request) -> bytes:
    """The body of a request. Raises InvalidRequest as soon as it is longer than a sensible one."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise InvalidRequest("The body of the request is too long.", cause="body_too_long")
    return bytes(body)


InHouse = Annotated[House, Depends(house_of)]


@router.get("/", include_in_schema=False)
@router.get("/ingest", include_in_schema=False)
def lead_to_page() -> Response:
    """Leads to the page."""
    return RedirectResponse("/ingest-v2", 307)


@router.get("/ingest-v2", include_in_schema=False)
def show_page(request: Request, house: InHouse) -> Response:
    """Shows the page."""
    recipe = house.recipes.now()
    context = {
        "version": __version__,
        "database_enabled": house.records_or_none is not None,
        "roots": sorted(house.folders.roots),
        "command": command_as_typed(),
        "token_required": house.settings.ingest_token is not None,
        "unavailable": {"nsfw": recipe.unavailable.get(Stage.NSFW)},
        "nsfw_model": recipe.nsfw_model.name if recipe.nsfw_model else "",
    }
    return _templates.TemplateResponse(request, "ingest_v2.html", context)


@router.get("/login", include_in_schema=False)
def show_login(request: Request) -> Response:
    """Asks for the token."""
    return _templates.TemplateResponse(request, "login.html", {"version": __version__, "wrong": False})


@router.post("/login", include_in_schema=False)
async def log_in(request: Request, house: InHouse) -> Response:
    """Trades the token of a form for a cookie."""
    form = parse_qs((await limited_body(request)).decode("utf-8", "replace"))
    token = house.settings.ingest_token
    if token is None or cookie_of(form.get("token", [""])[0]) != cookie_of(token):
        context = {"version": __version__, "wrong": True}
        return _templates.TemplateResponse(request, "login.html", context, status_code=401)
    answer = RedirectResponse("/ingest-v2", 303)
    answer.set_cookie(COOKIE, cookie_of(token), max_age=30 * 86_400, httponly=True, samesite="strict")
    return answer


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """Alive."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(house: InHouse) -> Response:
    """Whether the database, its migrations and the state folder are usable."""
    checks = {"database": "disabled", "state_folder": "ok"}
    try:
        if house.records_or_none is not None:
            house.records_or_none.library.check()
            if not house.records_or_none.runner.alive:
                return problem(503, "The thread that takes files in has died: restart the server.", "internal_error")
            checks["database"] = "ok"
        house.store.check()
    except MediaIngestError as error:
        return problem(503, error.sentence, error.cause)
    return JSONResponse({"status": "ok", **checks})
