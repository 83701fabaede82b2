"""The page, its login, and whether the server is alive and ready."""

import os
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from typing_extensions import TypedDict

from app.errors import MediaIngestError, NeedsAttention
from app.media import Stage
from app.metadata import DECLARED, Shown
from app.shapes import described
from app.typed import command_as_typed
from app.web.answers import Answer, Route, refuses
from app.web.depends import DATABASE, STATE_FOLDER, InHouse, limited_body
from app.web.guard import COOKIE, cookie_of
from app.web.problems import problem
from app.web.templating import show
from app.wiring import House

router = APIRouter(route_class=Route, tags=["Server"])
FIELDS_SHOWN = [
    {"name": name, "label": declared.label, "unit": declared.unit}
    for name, declared in DECLARED.items()
    if declared.shown is Shown.LINE
]
"""The fields of a file that have a line on the page, in their order: `name`, `label`, `unit`."""


@described
class Alive(TypedDict):
    """The server answers."""

    status: str
    """`ok`."""


@described
class Ready(Alive):
    """The server can work."""

    database: str
    """`ok`, or `disabled` with `DATABASE_URL=none`."""
    state_folder: str
    """`ok`."""


@router.get("/", include_in_schema=False)
def lead_in(house: InHouse) -> Response:
    """Leads to the library once there is anything in it, else to the page of taking in."""
    try:
        records = house.records_or_none
        holds_files = records is not None and records.library.holds_files()
    except NeedsAttention:
        holds_files = False  # the page says what is wrong
    return RedirectResponse("/library" if holds_files else "/ingest-v2", 307)


@router.get("/ingest", include_in_schema=False)
def lead_to_page() -> Response:
    """Leads to the page."""
    return RedirectResponse("/ingest-v2", 307)


@router.get("/ingest-v2", include_in_schema=False)
def show_page(request: Request, house: InHouse) -> Response:
    """Shows the page."""
    return show(request, "ingest_v2.html", about_ingest(house))


def about_ingest(house: House) -> dict[str, Any]:
    """What the page of taking in is handed, whichever session it is opened on."""
    recipe, inbox = house.recipes.now(), house.inbox.place
    return {
        "database_enabled": house.records_or_none is not None,
        "roots": list(house.folders.roots),
        "command": command_as_typed(),
        "token_required": house.settings.ingest_token is not None,
        "unavailable": {"nsfw": recipe.unavailable.get(Stage.NSFW)},
        "nsfw_model": recipe.nsfw_model.name if recipe.nsfw_model else "",
        "inbox": inbox.shown if inbox else "",
        "offer": asdict(house.offer()),
        "outputs_folder": os.path.abspath(house.settings.describe_dir),
        "fields": FIELDS_SHOWN,
        "state_folder": str(house.store.folder),
    }


@router.get("/login", include_in_schema=False)
def show_login(request: Request) -> Response:
    """Asks for the token."""
    return show(request, "login.html", {"wrong": False})


@router.post("/login", include_in_schema=False)
async def log_in(request: Request, house: InHouse) -> Response:
    """Trades the token of a form for a cookie."""
    form = parse_qs((await limited_body(request)).decode("utf-8", "replace"))
    token = house.settings.ingest_token
    if token is None or cookie_of(form.get("token", [""])[0]) != cookie_of(token):
        return show(request, "login.html", {"wrong": True}, status=401)
    answer = RedirectResponse("/ingest-v2", 303)
    answer.set_cookie(COOKIE, cookie_of(token), max_age=30 * 86_400, httponly=True, samesite="strict")
    return answer


@router.get("/healthz")
def healthz() -> Answer[Alive]:
    """Says that the server answers."""
    return Answer({"status": "ok"})


@router.get("/readyz", responses={503: {"description": "`internal_error`: the thread that takes files in has died"}})
@refuses("internal_error", *DATABASE, *STATE_FOLDER)
def readyz(house: InHouse) -> Answer[Ready] | Response:
    """Says whether the database, its migrations and the state folder are usable."""
    database = "disabled"
    try:
        if house.records_or_none is not None:
            house.records_or_none.library.check()
            if not house.records_or_none.runner.alive:
                return problem(503, "The thread that takes files in has died: restart the server.", "internal_error")
            database = "ok"
        house.store.check()
    except MediaIngestError as error:
        return problem(503, error.sentence, error.cause)
    return Answer({"status": "ok", "database": database, "state_folder": "ok"})
