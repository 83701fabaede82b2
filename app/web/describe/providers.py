"""Who can be asked for descriptions, over HTTP; never with which key."""

from fastapi import APIRouter
from typing_extensions import TypedDict

from app.shapes import described
from app.web.answers import Answer, Route
from app.web.depends import InHouse, only_known

router = APIRouter(prefix="/api/describe", route_class=Route, dependencies=[only_known], tags=["Descriptions"])


@described
class ShownProvider(TypedDict):
    """A server that can be asked."""

    name: str
    """Its name, for a session's `describe`; `default` is that of `INGEST_DESCRIBE_*`."""
    model: str
    """The model that it is asked for unless the session names another."""
    local: bool
    """Whether it is on this machine; to any other no picture is sent that may be NSFW, unless that is asked for."""
    priced: bool
    """Whether what a request costs is known; without that no budget can be promised."""


@described
class ProviderList(TypedDict):
    """The providers of this server."""

    providers: list[ShownProvider]
    """In the order of the settings."""
    missing: str | None
    """What to set where there is none, in a sentence; null where there is one."""


@router.get("/providers")
def describe_providers(house: InHouse) -> Answer[ProviderList]:
    """Lists who can be asked for descriptions."""
    offer = house.offer()
    providers: list[ShownProvider] = [
        {"name": each.name, "model": each.model, "local": each.local, "priced": each.priced} for each in offer.providers
    ]
    return Answer({"providers": providers, "missing": None if providers else offer.missing})
