"""The NSFW model over HTTP: whether it can be used, and fetching its weights while the page shows how far that is."""

import threading
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from typing_extensions import TypedDict

from app.analysis.nsfw.weights import SOURCE_BYTES, SOURCE_URL, Weights
from app.media import Stage
from app.shapes import described
from app.web.answers import Accepted, Answer, Route
from app.web.bodies import to_begin
from app.web.depends import InHouse, only_known
from app.wiring import House

router = APIRouter(prefix="/api/nsfw", route_class=Route, dependencies=[only_known], tags=["NSFW model"])


@described
class DownloadProgress(TypedDict):
    """How the download of the weights stands."""

    running: bool
    """Whether bytes are on their way."""
    received_bytes: int
    """Bytes received."""
    total_bytes: int
    """Bytes expected."""
    sentence: str
    """Why the last one failed; empty if it did not."""


@described
class NsfwStatus(TypedDict):
    """Whether the NSFW model can be used."""

    available: bool
    """Whether it can."""
    fetching_helps: bool
    """Whether good weights would change that."""
    sentence: str | None
    """Why it cannot be used, and what to do."""
    model: str | None
    """The name that is stored with each probability."""
    weights: str
    """The place of the weights."""
    source: str
    """Where they are fetched from."""
    download: DownloadProgress
    """How their download stands."""


class _Closed(Exception):
    """The server ends."""


class Download:
    """One download of the weights at a time, on a thread of its own."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._closing = False
        self._received = 0
        self._sentence = ""

    @property
    def running(self) -> bool:
        """Whether bytes are on their way."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begins a download, unless one is under way already."""
        with self._starting:
            if not self.running and not self._closing:
                self._received, self._sentence = 0, ""
                self._thread = threading.Thread(target=self._fetch, name="nsfw-fetch", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Ends a download and takes away what had come."""
        with self._starting:
            self._closing = True
        if self._thread is not None:
            self._thread.join()

    def as_json(self) -> DownloadProgress:
        """How it stands."""
        return {
            "running": self.running,
            "received_bytes": self._received,
            "total_bytes": SOURCE_BYTES,
            "sentence": self._sentence,
        }

    def _fetch(self) -> None:
        try:
            self._sentence = self._weights.fetch(self._count).sentence
        except _Closed:
            self._sentence = "The download was ended with the server."

    def _count(self, received: int) -> None:
        self._received = received
        if self._closing:
            raise _Closed


async def download_of(request: Request) -> Download:
    """The one download of this server."""
    download: Download = request.app.state.download
    return download


OneDownload = Annotated[Download, Depends(download_of)]


def _status_of(house: House, download: Download) -> NsfwStatus:
    recipe, found = house.recipes.now(), house.weights.look()
    return {
        "available": recipe.nsfw_model is not None,
        "fetching_helps": found.model is None and found.fetching_helps,
        "sentence": recipe.complaint(Stage.NSFW),
        "model": recipe.nsfw_model.name if recipe.nsfw_model else None,
        "weights": str(found.weights or house.weights.place),
        "source": SOURCE_URL,
        "download": download.as_json(),
    }


@router.get("")
def nsfw_status(house: InHouse, download: OneDownload) -> Answer[NsfwStatus]:
    """Tells whether the model can be used, where its weights are or come from, and how their download stands."""
    return Answer(_status_of(house, download))


@router.post("/fetch", dependencies=[Depends(to_begin)])
def nsfw_fetch(house: InHouse, download: OneDownload) -> Accepted[NsfwStatus]:
    """Begins to download the weights, as `nsfw fetch` does; `GET /api/nsfw` tells how far it is."""
    download.start()
    return Accepted(_status_of(house, download))
