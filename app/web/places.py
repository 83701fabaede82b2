"""What a person keeps on the server, over HTTP: presets, searches, and media roots that were added on the page."""

import ipaddress
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from typing_extensions import TypedDict

from app.errors import NotAllowed
from app.ingest.session.presets import Preset
from app.ingest.session.searches import Search
from app.roots import MediaRoot
from app.shapes import described
from app.web.answers import Answer, Route, refuses
from app.web.bodies import PresetBody, RootBody, SearchBody
from app.web.depends import DATABASE, STATE_FOLDER, InHouse, only_known
from app.wiring import House

router = APIRouter(prefix="/api/ingest", route_class=Route, dependencies=[only_known], tags=["Presets and roots"])
searches = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
ONLY_HERE = (
    "Folders are added and removed only from the server's own machine, or with the token: set INGEST_TOKEN to do it "
    "from elsewhere."
)


@described
class PresetList(TypedDict):
    """The presets of this server."""

    presets: list[Preset]
    """In the order of their names."""


@described
class SearchList(TypedDict):
    """The saved searches of this server."""

    searches: list[Search]
    """In the order of their names."""


@described
class RootList(TypedDict):
    """The media roots of this server."""

    roots: list[MediaRoot]
    """In the order of their names."""
    may_change: bool
    """Whether who asks may add and remove some."""


@described
class RootRemoved(TypedDict):
    """What became of removing a media root."""

    forgotten: int
    """Rows that were removed with it."""
    rows: int
    """Rows of it that are still in the library."""


@router.get("/presets")
def presets(house: InHouse) -> Answer[PresetList]:
    """Lists the parameters that are kept under names."""
    return Answer({"presets": house.presets.all()})


@router.post("/presets")
@refuses(*STATE_FOLDER)
def save_preset(house: InHouse, body: PresetBody) -> Answer[Preset]:
    """Keeps parameters under a name, in place of those that had it."""
    return Answer(house.presets.save(body.name, body.parameters))


@router.delete("/presets", status_code=204, response_class=Response, response_description="It is deleted.")
@refuses("not_found", *STATE_FOLDER)
def delete_preset(house: InHouse, name: Annotated[str, Query(description="Which one.")]) -> Response:
    """Deletes a preset."""
    house.presets.delete(name)
    return Response(status_code=204)


@searches.get("/searches")
def saved_searches(house: InHouse) -> Answer[SearchList]:
    """Lists the searches that are kept under names."""
    return Answer({"searches": house.searches.all()})


@searches.post("/searches")
@refuses(*STATE_FOLDER)
def save_search(house: InHouse, body: SearchBody) -> Answer[Search]:
    """Keeps a search under a name, in place of the one that had it."""
    return Answer(house.searches.save(body.name, {"q": body.q, "sort": body.sort, "order": body.order}))


@searches.delete("/searches", status_code=204, response_class=Response, response_description="It is deleted.")
@refuses("not_found", *STATE_FOLDER)
def delete_search(house: InHouse, name: Annotated[str, Query(description="Which one.")]) -> Response:
    """Deletes a saved search."""
    house.searches.delete(name)
    return Response(status_code=204)


@router.get("/roots")
@refuses(*DATABASE)
def roots(request: Request, house: InHouse) -> Answer[RootList]:
    """Lists the media roots, and removed ones of which the library still has rows."""
    return Answer({"roots": house.roots.all(), "may_change": may_change_roots(request, house)})


@router.post("/roots")
@refuses("not_allowed", *DATABASE, *STATE_FOLDER)
def add_root(request: Request, house: InHouse, body: RootBody) -> Answer[MediaRoot]:
    """Adds a folder as a media root; it is kept in the state folder, and checked as `--root` is.

    Only from the server's own machine, or with the token.
    """
    _refuse_others(request, house)
    return Answer(house.roots.add(body.name, body.path))


@router.delete("/roots")
@refuses("not_allowed", "not_found", "conflict", "illegal_move", "count_changed", *DATABASE, *STATE_FOLDER)
def remove_root(
    request: Request,
    house: InHouse,
    name: Annotated[str, Query(description="Which one.")],
    forget_rows: Annotated[
        int | None, Query(ge=0, description="Remove so many rows of it from the library, too: all that there are.")
    ] = None,
) -> Answer[RootRemoved]:
    """Removes a media root that was added on the page; its rows stay, unless `forget_rows` says how many they are.

    Of a root that was removed before, the rows alone. What a person said of them is kept for their bytes. No file is
    touched. 409 for a root of the settings, while a session over it has not ended or any is at work, and where there
    are not so many rows.
    """
    _refuse_others(request, house)
    forgotten = house.roots.remove(name, forget_rows)
    rows = next((root["rows"] for root in house.roots.all() if root["name"] == name), 0)
    return Answer({"forgotten": forgotten, "rows": rows})


def may_change_roots(request: Request, house: House) -> bool:
    """Whether who asks is at the server's own machine, or has shown the token; through a proxy nobody can tell."""
    if house.settings.ingest_token is not None:
        return True  # the guard has seen it
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _refuse_others(request: Request, house: House) -> None:
    if not may_change_roots(request, house):
        raise NotAllowed(ONLY_HERE)
