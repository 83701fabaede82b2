"""Which models looked at files, and when: noted in the transaction of a file, once a minute for each model."""

import threading
import time
from collections.abc import Callable, Collection
from typing import ParamSpec, TypeVar

from sqlalchemy import Connection, insert, select, update
from typing_extensions import TypedDict

from app.library.engine import Engines
from app.library.regions.tables import MODELS
from app.library.values import now
from app.media import Stage
from app.models import ModelVersion
from app.query.words import fold
from app.shapes import described
from app.texts import clean_json, clean_text

AGAIN_SECONDS = 60.0
_FIELDS = ("stage", "name", "sha256", "labels", "first_used_at", "last_used_at")
_LABELS = select(MODELS.c.labels).where(MODELS.c.stage == Stage.DETECT.value)
_LABELS = _LABELS.order_by(MODELS.c.last_used_at.desc(), MODELS.c.id.desc()).limit(1)
_ALL = select(*(MODELS.c[name] for name in _FIELDS)).order_by(MODELS.c.last_used_at.desc(), MODELS.c.id.desc())
P = ParamSpec("P")
T = TypeVar("T")


@described
class ShownModel(TypedDict):
    """A model that looked at files."""

    stage: str
    """The stage that it ran in: `nsfw`, `barcodes` or `detect`."""
    name: str
    """What is stored with what it found."""
    sha256: str | None
    """That of its weights; null where it has no file of them."""
    labels: list[str]
    """What it can find, as it was when it was used last; none of a model that finds no regions."""
    first_used_at: str
    """When it looked at a file for the first time, ISO 8601 in UTC."""
    last_used_at: str
    """When it did so last, to the minute."""


class ModelVersions:
    """The models that ran. Methods raise NeedsAttention if the database cannot be reached."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._noted: dict[ModelVersion, float] = {}  # when, in monotonic seconds
        self._lock = threading.Lock()

    def all(self) -> list[ShownModel]:
        """Every model that looked at a file, the one that was used last first."""
        rows = self._engines.read(lambda connection: connection.execute(_ALL).all())
        return [dict(zip(_FIELDS, row, strict=True)) for row in rows]  # type: ignore[misc] # as it is described

    def due(self, models: Collection[ModelVersion]) -> list[ModelVersion]:
        """Those of these models whose use has not been noted for a minute."""
        with self._lock:
            long_ago = time.monotonic() - AGAIN_SECONDS
            return [model for model in models if self._noted.get(model, long_ago) <= long_ago]

    def noted(self, models: Collection[ModelVersion]) -> None:
        """Remembers that what was written of these models is committed."""
        with self._lock:
            self._noted |= dict.fromkeys(models, time.monotonic())


def detectable(connection: Connection) -> frozenset[str]:
    """The labels that the detector knows which was used last, folded as the search does."""
    labels = connection.execute(_LABELS).scalar() or ()
    return frozenset(fold(label or str(number)) for number, label in enumerate(labels))


def noting(work: Callable[P, T], models: Collection[ModelVersion]) -> Callable[P, T]:
    """What is done in a transaction, whose connection comes last, and notes that these models ran."""
    if not models:
        return work

    def both(*args: P.args, **kwargs: P.kwargs) -> T:
        done, at = work(*args, **kwargs), now()
        connection = args[-1]
        assert isinstance(connection, Connection)  # noqa: S101 - as it is said above
        for model in models:
            _note(connection, model, at)
        return done

    return both


def _note(connection: Connection, model: ModelVersion, at: str) -> None:
    """Writes that a model ran; one at a time writes, so that no other program adds it meanwhile."""
    name = clean_text(model.name)
    told = {"sha256": model.sha256, "labels": clean_json(model.labels), "last_used_at": at}
    this = (MODELS.c.stage == model.stage) & (MODELS.c.name == name)
    if not connection.execute(update(MODELS).where(this).values(told)).rowcount:
        values = {"stage": model.stage, "name": name, "first_used_at": at, **told}
        connection.execute(insert(MODELS).values(values))
