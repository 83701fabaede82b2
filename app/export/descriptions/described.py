"""What one file of descriptions tells: what a model said, what stands of it, the file it is about, and the request.

A person's word stands above a model's. Of the file it tells what it is, when and with what it was taken, and how it was
generated, never where.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.descriptions import Run
from app.library.describing import proposing
from app.library.describing.described import DescribedFile
from app.library.values import upright_size
from app.metadata import Source
from app.query.words import fold

TITLE, DESCRIPTION, KEYWORDS = "title", "description", "keywords"
"""The fields of a template that are the library's, too; all others are free."""
_FACTS = (
    "taken_at", "taken_at_precision", "camera_make", "camera_model", "lens_model", "creator", "copyright", "format",
    "size", "generator", "prompt", "negative_prompt",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Described:
    """What a file of descriptions is made of.

    `path` is `ROOT/relative` and `name` the last part of it, both as shown. `title`, `description` and `keywords` are
    those that stand; `said` is what the model said, by the fields of its template in their order. `facts` are those of
    the file, named as in `GET /api/library/file`, sizes in bytes and upright pixels; empty where the library does not
    know it any more. `picture` is a JPEG or PNG for a document, None where there is none or none is wanted.
    """

    path: str
    name: str
    session_id: str
    title: str | None
    description: str | None
    keywords: tuple[str, ...]
    said: Mapping[str, Any]
    facts: Mapping[str, Any]
    run: Run
    picture: bytes | None = None


def described_of(found: DescribedFile, picture: bytes | None = None) -> Described:
    """What is told of a described file, with a picture of it where a document needs one."""
    row: Mapping[str, Any] = found.row or {}
    said: Mapping[str, Any] = found.run.output or {}
    stands: dict[str, list[str]] = {}
    for proposed in proposing.proposed_by(said):
        if proposed.key not in found.rejected:
            stands.setdefault(proposed.field, []).append(proposed.text)
    return Described(
        path=found.place.shown,
        name=found.place.shown_name,
        session_id=found.session_id,
        title=_text(row, "title", stands.get(proposing.TITLE, [])),
        description=_text(row, "caption", stands.get(proposing.CAPTION, [])),
        keywords=_with_persons(stands.get(proposing.KEYWORD, []), row),
        said=said,
        facts=_facts(row) if row else {},
        run=found.run,
        picture=picture,
    )


def texts_of(value: Any) -> list[str]:
    """What a field of a template says as texts, each without space around it, none empty."""
    if value is None:
        return []
    if isinstance(value, bool):
        return ["Yes" if value else "No"]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [text for item in value for text in texts_of(item)]
    if isinstance(value, Mapping):
        return [f"{name}: {text}" for name, item in value.items() for text in texts_of(item)]
    return [text] if (text := str(value).strip()) else []


def _text(row: Mapping[str, Any], column: str, said: Sequence[str]) -> str | None:
    """What a person said in a column of a row, which may be that there is nothing; else what the model said."""
    if row and (row["sources"] or {}).get(column) == Source.PERSON:
        told: str | None = row[column]
        return told
    return next(iter(said), None)


def _with_persons(keywords: Iterable[str], row: Mapping[str, Any]) -> tuple[str, ...]:
    """Keywords, then those that a person added; each once."""
    added = (word["text"] for word in row.get("keywords", ()) if word["source"] == Source.PERSON)
    found: dict[str, str] = {}
    for word in (*keywords, *added):
        found.setdefault(fold(word), word)
    return tuple(found.values())


def _facts(row: Mapping[str, Any]) -> dict[str, Any]:
    width, height = upright_size(row)
    return {**{name: row[name] for name in _FACTS}, "width": width, "height": height}
