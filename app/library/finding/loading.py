"""The rows that changed, as entries: what brings the columns in memory up to date."""

from collections import defaultdict, namedtuple
from typing import Any

from sqlalchemy import Connection, Text, bindparam, cast, select

from app.library.describing.tables import IS_OPEN, PROPOSALS
from app.library.finding.columns import Change
from app.library.finding.entries import ROW_COLUMNS, Entry, entry_of
from app.library.prepared import Prepared
from app.library.regions.tables import DETECTIONS, LOOKS
from app.library.tables import CHANGES, KEYWORDS, LINKS, MEDIA
from app.regions import NO_REGIONS, Region, RegionKind, Regions, RegionSource

_JSON = frozenset(("sources", "generation", "stages"))  # as text: most is not looked into
_COLUMNS = (cast(MEDIA.c[name], Text).label(name) if name in _JSON else MEDIA.c[name] for name in ROW_COLUMNS)
_Row = namedtuple("_Row", ("seq", "media_id", *ROW_COLUMNS))  # type: ignore[misc] # noqa: PYI024 - so many
_CHANGED = Prepared(
    select(CHANGES.c.seq, CHANGES.c.media_id, *_COLUMNS)
    .select_from(CHANGES)
    .outerjoin(MEDIA, MEDIA.c.id == CHANGES.c.media_id)
    .where(CHANGES.c.seq > bindparam("b_after"))
    .order_by(CHANGES.c.seq)
    .limit(bindparam("b_limit"))
)
_KEYWORDS = Prepared(
    select(LINKS.c.media_id, KEYWORDS.c.text, LINKS.c.source)
    .select_from(CHANGES)
    .join(LINKS, LINKS.c.media_id == CHANGES.c.media_id)
    .join(KEYWORDS, KEYWORDS.c.id == LINKS.c.keyword_id)
    .where(CHANGES.c.seq.between(bindparam("b_first"), bindparam("b_last")))
)
_PROPOSED = Prepared(
    select(PROPOSALS.c.media_id, PROPOSALS.c.field, PROPOSALS.c.text)
    .select_from(CHANGES)
    .join(PROPOSALS, PROPOSALS.c.media_id == CHANGES.c.media_id)
    .where(CHANGES.c.seq.between(bindparam("b_first"), bindparam("b_last")), IS_OPEN)
)
_BOX = ("x", "y", "w", "h")
_REGIONS = Prepared(
    select(
        *(DETECTIONS.c[name] for name in ("media_id", "label", "kind", *_BOX, "source", "confidence")),
    )
    .select_from(CHANGES)
    .join(DETECTIONS, DETECTIONS.c.media_id == CHANGES.c.media_id)
    .where(CHANGES.c.seq.between(bindparam("b_first"), bindparam("b_last")))
)
_LOOKS = Prepared(
    select(LOOKS.c.media_id, LOOKS.c.source)
    .select_from(CHANGES)
    .join(LOOKS, LOOKS.c.media_id == CHANGES.c.media_id)
    .where(CHANGES.c.seq.between(bindparam("b_first"), bindparam("b_last")))
)


def changes_after(connection: Connection, after: int, limit: int) -> list[Change]:
    """Up to so many changes with a `seq` greater than `after`, oldest first."""
    rows: list[Any] = [_Row._make(row) for row in _CHANGED.all(connection, {"b_after": after, "b_limit": limit})]
    if not rows:
        return []
    keywords: dict[int, list[tuple[str, str]]] = defaultdict(list)
    changed = {"b_first": rows[0].seq, "b_last": rows[-1].seq}
    for number, text, source in _KEYWORDS.all(connection, changed):
        keywords[number].append((text, source))
    proposed: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for number, field, text in _PROPOSED.all(connection, changed):
        proposed[number].append((field, text))
    regions = _regions_of(connection, changed)

    def entry(row: Any) -> Entry | None:
        number = row.media_id
        if row.root is None:
            return None
        return entry_of(row, keywords.get(number, ()), regions.get(number, NO_REGIONS), proposed.get(number, ()))

    return [Change(row.seq, row.media_id, entry(row)) for row in rows]


def _regions_of(connection: Connection, changed: dict[str, int]) -> dict[int, Regions]:
    """What is known of the regions of the files that changed, by id; files of which nothing is known are left out."""
    found: dict[int, list[Region]] = defaultdict(list)
    looked: dict[int, set[RegionSource]] = defaultdict(set)
    for number, label, kind, x, y, w, h, source, confidence in _REGIONS.all(connection, changed):
        found[number].append(Region(label, RegionKind(kind), x, y, w, h, RegionSource(source), confidence))
    for number, source in _LOOKS.all(connection, changed):
        looked[number].add(RegionSource(source))
    return {
        number: Regions(tuple(found.get(number, ())), frozenset(looked.get(number, ())))
        for number in found.keys() | looked.keys()
    }
