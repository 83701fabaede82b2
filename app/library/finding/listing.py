"""The files of a list as everybody is shown them: a few columns of their rows, read by id."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, select
from typing_extensions import TypedDict

from app.library.finding.entries import camera_of, text_of
from app.library.finding.pairing import PairKind
from app.library.tables import KEYWORDS, LINKS, MEDIA
from app.library.values import NsfwKnown, has_thumbnail, is_nsfw, upright_size
from app.media import Place, Stage, StageStatus
from app.metadata import Source
from app.shapes import described

_COLUMNS = (
    "id", "root", "path", "kind", "format", "width", "height", "orientation", "duration_seconds", "taken_at",
    "ingested_at", "size", "title", "score", "nsfw_said", "nsfw_probability", "phash", "stages", "missing_at",
    "camera_make", "camera_model", "lens_model", "generation", "session_id",
)  # fmt: skip
_ROWS = select(*(MEDIA.c[name] for name in _COLUMNS))
_TEXTS = select(MEDIA.c.id, MEDIA.c.caption, MEDIA.c.creator, MEDIA.c.copyright, MEDIA.c.label)
_PLACES = select(MEDIA.c.id, MEDIA.c.root, MEDIA.c.path)
_WORDS = (
    select(LINKS.c.media_id, KEYWORDS.c.text)
    .join(KEYWORDS, KEYWORDS.c.id == LINKS.c.keyword_id)
    .where(LINKS.c.source != Source.NEGATIVE_PROMPT)
)


@described
class PairedFile(TypedDict):
    """A file that is one picture with another."""

    path: str
    """`ROOT/relative` as shown."""
    kind: str
    """`live_photo`, or `raw`: a camera raw file and the JPEG or HEIC file of its name, folder and second."""


@described
class FoundFile(TypedDict):
    """A file of a list."""

    path: str
    """`ROOT/relative` as shown."""
    kind: str
    """`image` or `video`."""
    format: str
    """What the content is, whatever the suffix says."""
    width: int | None
    """Pixels, as seen upright."""
    height: int | None
    """Pixels, as seen upright."""
    duration_seconds: float | None
    """Length of a film in seconds."""
    taken_at: str | None
    """Day or time of taking, ISO 8601; with an offset only if the file says one."""
    added_at: str
    """When it was taken in first, ISO 8601 in UTC."""
    size: int
    """Bytes."""
    title: str | None
    """A short text of the picture."""
    score: int | None
    """A person's rating, -1 (rejected) to 5; null is not rated."""
    is_nsfw: bool | None
    """A person's word, else by the threshold of the library; null is unknown."""
    nsfw_probability: float | None
    """0 to 1; null is unknown."""
    has_thumbnail: bool
    """Whether a thumbnail was made."""
    thumbnail_cause: str | None
    """Why the thumbnail failed, or shows a part only; null where neither is so, and where none was asked for."""
    incomplete: bool
    """Whether a stage failed."""
    missing: bool
    """Whether the file is gone from disk."""
    camera: str | None
    """Maker and model, the maker once."""
    lens: str | None
    """The lens."""
    model: str | None
    """The model that made an AI image."""
    sampler: str | None
    """Its sampler."""
    seed: str | None
    """Its seed, with all digits."""
    keywords: list[str]
    """In their order, without those of a negative prompt."""
    session_id: str | None
    """The session that wrote it last."""
    pairs: list[PairedFile]
    """The files that are one picture with it."""
    proposed: bool
    """Whether only what a model proposes, and nobody has judged, has the words that the search asks for."""


@described
class TextsSaid(TypedDict):
    """What is said of a file in words that lists do not show."""

    caption: str | None
    """A longer text of the picture."""
    creator: str | None
    """Who made it."""
    copyright: str | None
    """Whose it is."""
    label: str | None
    """Its colour label."""


Paired: TypeAlias = Mapping[int, Sequence[tuple[int, PairKind]]]
"""For the id of a file the ids of those that are one picture with it, and why."""


def files_of(
    connection: Connection,
    ids: Sequence[int],
    threshold: float | None,
    pairs: Paired,
    proposed: Collection[int] = (),
) -> list[FoundFile]:
    """The files of these rows, in this order; a row that is gone by now is left out.

    `proposed` are the ids of those that are found by what a model proposes alone.
    """
    by_id = files_by_id(connection, ids, threshold, pairs)
    return [{**by_id[number], "proposed": number in proposed} for number in ids if number in by_id]


def files_by_id(
    connection: Connection, ids: Sequence[int], threshold: float | None, pairs: Paired
) -> dict[int, FoundFile]:
    """The same by the ids of the rows, for who knows more of each."""
    rows = connection.execute(_ROWS.where(MEDIA.c.id.in_(ids))).mappings()
    others = sorted({other for paired in pairs.values() for other, _ in paired})
    place_of = places_of(connection, others) if others else {}
    words: dict[int, set[str]] = {}
    for number, text in connection.execute(_WORDS.where(LINKS.c.media_id.in_(ids))):
        words.setdefault(number, set()).add(text)
    by_id = {}
    for row in rows:
        paired = [(place_of[other], kind) for other, kind in pairs.get(row["id"], ()) if other in place_of]
        by_id[row["id"]] = as_found({**row, "keywords": sorted(words.get(row["id"], ()))}, threshold, paired)
    return by_id


def texts_by_id(connection: Connection, ids: Sequence[int]) -> dict[int, TextsSaid]:
    """What is said of these files in words that lists do not show; a row that is gone by now is left out."""
    return {
        number: {"caption": caption, "creator": creator, "copyright": copyright_, "label": label}
        for number, caption, creator, copyright_, label in connection.execute(_TEXTS.where(MEDIA.c.id.in_(ids)))
    }


def paths_of(connection: Connection, ids: Sequence[int]) -> list[str]:
    """`ROOT/relative` as shown of these rows, in this order; a row that is gone by now is left out."""
    by_id = places_of(connection, ids)
    return [by_id[number] for number in ids if number in by_id]


def places_of(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """`ROOT/relative` as shown of these rows, by id; a row that is gone by now is left out."""
    rows = connection.execute(_PLACES.where(MEDIA.c.id.in_(ids)))
    return {number: Place(root, path).shown for number, root, path in rows}


def as_found(row: Mapping[str, Any], threshold: float | None, paired: Sequence[tuple[str, PairKind]]) -> FoundFile:
    """A row with its `keywords` as a file of a list, and the paths of the files that are one picture with it."""
    generation = row["generation"] or {}
    width, height = upright_size(row)
    return {
        "path": Place(row["root"], row["path"]).shown,
        "kind": row["kind"],
        "format": row["format"],
        "width": width,
        "height": height,
        "duration_seconds": row["duration_seconds"],
        "taken_at": row["taken_at"],
        "added_at": row["ingested_at"],
        "size": row["size"],
        "title": row["title"],
        "score": row["score"],
        "is_nsfw": is_nsfw(NsfwKnown(row["nsfw_said"], row["nsfw_probability"]), threshold),
        "nsfw_probability": row["nsfw_probability"],
        "has_thumbnail": has_thumbnail(row["phash"], row["stages"]),
        "thumbnail_cause": row["stages"].get(Stage.THUMBNAIL, {}).get("cause"),
        "incomplete": any(mark["status"] == StageStatus.FAILED for mark in row["stages"].values()),
        "missing": row["missing_at"] is not None,
        "camera": camera_of(row["camera_make"], row["camera_model"]),
        "lens": row["lens_model"],
        "model": text_of(generation.get("model")),
        "sampler": text_of(generation.get("sampler")),
        "seed": text_of(generation.get("seed")),
        "keywords": row["keywords"],
        "session_id": row["session_id"],
        "pairs": [{"path": path, "kind": kind.value} for path, kind in sorted(paired)],
        "proposed": False,
    }
