"""Files of a library, written straight into its tables, and what is found among them."""

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select, update

from app.library.describing.tables import PROPOSALS
from app.library.finding.lookup import matching
from app.library.finding.runs import sought_by
from app.library.library import Library
from app.library.regions.tables import DETECTIONS
from app.library.tables import KEYWORDS, LINKS, MEDIA
from app.query.tree import Run, Words
from app.query.words import coded, runs_of

_UNREAD = ("title", "caption", "camera_make", "camera_model", "lens_model", "creator", "prompt", "negative_prompt")
_AT = "2026-11-20T10:00:00.000+00:00"
_ROW = dict.fromkeys((*_UNREAD, "generation")) | {
    "root": "m",
    "folder": b"",
    "size": 1,
    "mtime_ns": 1,
    "sidecar": "",
    "sha256": "0" * 64,
    "kind": "image",
    "format": "jpeg",
    "frames": 1,
    "notes": [],
    "stages": {},
    "sources": {},
    "raw": {},
    "ingested_at": _AT,
    "updated_at": _AT,
}

_PIECES = (
    *("red", "dress", "Red", "é", "e\N{COMBINING ACUTE ACCENT}", "Straße", "ß", "дом", "हिन्दी", "Æ", "ﷺ", "2024"),
    *("東京", "東", "京都", "タワー", "한국", "ไทย", "👩\N{ZERO WIDTH JOINER}👧", "a\N{ZERO WIDTH JOINER}b", "x" * 120),
    *(" ", "\n", "_", "-", ".", "'", '"', "\\", "\N{COMBINING ACUTE ACCENT}"),
)
TEXTS = st.lists(st.sampled_from(_PIECES), max_size=8).map("".join) | st.text(st.characters(codec="utf-8"), max_size=12)
"""Texts of pieces that words are split, folded and coded at."""


def file(number: int, *, name: str = "x", **columns: Any) -> dict[str, Any]:
    """The row of a file, with this number as its id."""
    return {**_ROW, "id": number, "path": f"{number}".encode(), "name": name, **columns}


def add(library: Library, files: Iterable[dict[str, Any]], keywords: Iterable[tuple[int, str, str]] = ()) -> None:
    """Adds files, and keywords as (id of the file, text, source)."""
    library._engines.write(lambda connection: add_in(connection, files, keywords))


def add_in(
    connection: Connection, files: Iterable[dict[str, Any]], keywords: Iterable[tuple[int, str, str]] = ()
) -> None:
    """Adds them in a transaction."""
    connection.execute(insert(MEDIA), list(files))
    for media_id, text, source in keywords:
        there = connection.execute(select(KEYWORDS.c.id).where(KEYWORDS.c.text == text)).scalar_one_or_none()
        keyword = there or connection.execute(insert(KEYWORDS).values(text=text)).inserted_primary_key[0]
        connection.execute(insert(LINKS).values(media_id=media_id, keyword_id=keyword, source=source))


def mark(library: Library, regions: Iterable[tuple[int, str, str]]) -> None:
    """Adds regions, as (id of the file, label, kind), each with a confidence of a half."""
    box = {"x": 0.5, "y": 0.5, "w": 0.1, "h": 0.1, "source": "yolo", "confidence": 0.5, "at": _AT}
    rows = [{"media_id": number, "label": label, "kind": kind, **box} for number, label, kind in regions]
    touched = update(MEDIA).where(MEDIA.c.id.in_({row["media_id"] for row in rows})).values(mtime_ns=2)
    library._engines.write(
        lambda connection: (connection.execute(insert(DETECTIONS), rows), connection.execute(touched))
    )


def propose(library: Library, proposals: Iterable[tuple[int, str, str]]) -> None:
    """Adds open proposals of a model, as (id of the file, field, text)."""
    rows = [{"media_id": number, "field": of, "text": said, "run": "r", "at": _AT} for number, of, said in proposals]
    library._engines.write(lambda connection: connection.execute(insert(PROPOSALS), rows))


def link(library: Library, one: int, other: int) -> None:
    """Makes two files the halves of a Live Photo."""
    halves = [
        update(MEDIA).where(MEDIA.c.id == number).values(pair_id=half) for number, half in ((one, other), (other, one))
    ]
    library._engines.write(lambda connection: [connection.execute(statement) for statement in halves])


def found(library: Library, text: str, field: str = "") -> list[int]:
    """The ids of the files that have the words of a text, a phrase if it is quoted, in the order of the ids."""
    leaf = Words(field, runs_of(text.strip('"'), phrase=text.startswith('"')), text)
    return library._engines.read(lambda connection: matching(connection, sought_by(leaf))).tolist()


def stands_in(run: Run, words: list[str]) -> bool:
    """Whether a run is found in the coded words of a field, compared one by one."""
    *whole, last = map(coded, run.words)
    for at in range(len(words) - len(whole)):
        *before, end = words[at : at + len(whole) + 1]
        if before == whole and (end.startswith(last) if run.prefix else end == last):
            return True
    return False
