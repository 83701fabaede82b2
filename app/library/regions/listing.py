"""The regions of the library as people and programs are shown them: page by page, narrowed, or of some files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from app.library.engine import Engines
from app.library.presence import inside
from app.library.regions.tables import DETECTIONS
from app.library.shown import ShownRegion
from app.library.tables import MEDIA
from app.media import Place
from app.query.tree import Whole
from app.query.words import fold
from app.regions import RegionKind, RegionSource

_FIELDS = ("label", "kind", "confidence", "x", "y", "w", "h", "source", "model", "at")
_SHOWN = tuple(DETECTIONS.c[name] for name in _FIELDS)
_ROWS = (
    select(DETECTIONS.c.id, DETECTIONS.c.media_id, MEDIA.c.root, MEDIA.c.path, *_SHOWN)
    .join(MEDIA, MEDIA.c.id == DETECTIONS.c.media_id)
    .where(MEDIA.c.missing_at.is_(None))
    .order_by(DETECTIONS.c.id)
)
_LABELS = select(DETECTIONS.c.label).distinct()


class Detection(ShownRegion):
    """A region, and in which file it is."""

    path: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which regions: each condition that is not None narrows them.

    `path` is a file, or a folder with all below it. `session` wrote the row of the file last.
    """

    label: Whole | None = None
    kind: RegionKind | None = None
    source: RegionSource | None = None
    path: Place | None = None
    min_confidence: float | None = None
    session: str | None = None


class Detections:
    """The regions of all files that are not gone from disk."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def page(
        self, wanted: Wanted, *, after: int, limit: int, among: Callable[[int], bool] | None = None
    ) -> tuple[list[Detection], int | None]:
        """Up to so many regions in the order in which they came, and the place to go on from, None on the last page.

        `among` says of the id of a file whether its regions are meant.
        """
        return self._engines.read(partial(_page, wanted=wanted, after=after, limit=limit, among=among))


def regions_by_id(connection: Connection, ids: Sequence[int]) -> dict[int, list[ShownRegion]]:
    """The regions of these files, by id, in their order; files without any are left out."""
    found: dict[int, list[ShownRegion]] = {}
    statement = select(DETECTIONS.c.media_id, *_SHOWN).where(DETECTIONS.c.media_id.in_(ids)).order_by(DETECTIONS.c.id)
    for number, *values in connection.execute(statement):
        found.setdefault(number, []).append(_shown(values))
    return found


_AT_ONCE = 2_000
"""Rows that are read in one question where only some of them are meant."""


def _page(
    connection: Connection, wanted: Wanted, *, after: int, limit: int, among: Callable[[int], bool] | None
) -> tuple[list[Detection], int | None]:
    number_read = max(limit + 1, _AT_ONCE if among else 0)
    statement = _narrowed(_ROWS, connection, wanted).limit(number_read)
    found: list[tuple[int, Detection]] = []
    while True:
        rows = connection.execute(statement.where(DETECTIONS.c.id > after)).all()
        for number, media_id, root, path, *values in rows:
            if among is None or among(media_id):
                found.append((number, {"path": Place(root, path).shown, **_shown(values)}))
        if len(found) > limit:
            return [one for _, one in found[:limit]], found[limit - 1][0]
        if len(rows) < number_read:
            return [one for _, one in found], None
        after = rows[-1][0]


def _narrowed(statement: Select[Any], connection: Connection, wanted: Wanted) -> Select[Any]:
    if (label := wanted.label) is not None:
        labels = [text for text in connection.execute(_LABELS).scalars() if label.holds(fold(text))]
        statement = statement.where(DETECTIONS.c.label.in_(labels))
    if wanted.kind is not None:
        statement = statement.where(DETECTIONS.c.kind == wanted.kind.value)
    if wanted.source is not None:
        statement = statement.where(DETECTIONS.c.source == wanted.source.value)
    if wanted.min_confidence is not None:
        statement = statement.where(DETECTIONS.c.confidence >= wanted.min_confidence)
    if wanted.session is not None:
        statement = statement.where(MEDIA.c.session_id == wanted.session)
    if (place := wanted.path) is not None:
        alone = and_(MEDIA.c.root == place.root, MEDIA.c.path == place.path)
        statement = statement.where(or_(alone, inside(MEDIA, place, below=True)))
    return statement


def _shown(values: Sequence[Any]) -> ShownRegion:
    shown: ShownRegion = dict(zip(_FIELDS, values, strict=True))  # type: ignore[assignment]
    return shown
