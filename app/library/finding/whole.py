"""The rows of files that are taken away: all that is known of each, but the tags as read, by their ids."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from app.library.pairs import LIVE_PHOTO
from app.library.regions.listing import regions_by_id
from app.library.tables import KEYWORDS, LINKS, MEDIA
from app.media import Place

_ROWS = select(*(column for column in MEDIA.c if column.name not in ("raw", "features")))
_LINKS = select(LINKS.c.media_id, KEYWORDS.c.text, LINKS.c.source, LINKS.c.weight).join(
    KEYWORDS, KEYWORDS.c.id == LINKS.c.keyword_id
)
_PLACES = select(MEDIA.c.id, MEDIA.c.root, MEDIA.c.path)


def rows_of(connection: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    """These rows, in this order, with `keywords`, `regions` and `pair` as `Library.file` gives them, and `raw` None.

    A row that is gone by now is left out.
    """
    rows = {row["id"]: {**row, "raw": None} for row in connection.execute(_ROWS.where(MEDIA.c.id.in_(ids))).mappings()}
    words: dict[int, list[Any]] = {}
    for number, *word in connection.execute(_LINKS.where(LINKS.c.media_id.in_(ids))):
        words.setdefault(number, []).append(word)
    halves = [row["pair_id"] for row in rows.values() if row["pair_id"]]
    places = {number: Place(root, path) for number, root, path in _found(connection, halves)}
    regions = regions_by_id(connection, list(rows))
    for number, row in rows.items():
        row["regions"] = regions.get(number, [])
        listed = sorted(words.get(number, ()), key=lambda word: word[:2])
        row["keywords"] = [{"text": text, "source": source, "weight": weight} for text, source, weight in listed]
        other = places.get(row["pair_id"])
        row["pair"] = {"path": other.shown, "kind": LIVE_PHOTO} if other else None
    return [rows[number] for number in ids if number in rows]


def _found(connection: Connection, ids: Sequence[int]) -> Sequence[Any]:
    return connection.execute(_PLACES.where(MEDIA.c.id.in_(ids))).all() if ids else ()
