"""The NSFW model over HTTP: whether it can be used, and fetching its weights while the page shows how far that is."""

import threading
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from app.analysis.nsfw.weights import SOURCE_BYTES, SOURCE_URL, Weights
from app.media import Stage
from app.web.ingest import Body
from app.web.page import InHouse

router = APIRouter(prefix="/api/nsfw")


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

    def as_json(self) -> dict[str, Any]:
        """How it stands: bytes received and expected, and why the last one failed (empty if it did not)."""
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


def download_of(request: Request) -> Download:
    """The one download of this server."""
    download: Download = request.app.state.download
    return download


OneDownload = Annotated[Download, Depends(download_of)]


@router.get("")
def status(house: InHouse, download: OneDownload) -> dict[str, Any]:
    """Whether the model can be used, where its weights are or come from, and how their download stands."""
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


@router.post("/fetch", status_code=202)
def fetch(house: InHouse, download: OneDownload, body: Body) -> dict[str, Any]:
    """Begins to download the weights, as `nsfw fetch` does; `GET /api/nsfw` tells how far it is."""
    del body  # asked for only because a request that changes something must be JSON
    download.start()
    return status(house, download)
