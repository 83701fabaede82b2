"""From an analysis to the columns of its row: pure, so that "added, updated or unchanged" needs no database.

A section of the analysis that did not run keeps its old columns only while the bytes are the same ones: what was read
from other bytes is never kept beside new ones. What a person said is not read, and stays (`saying/personal.py`).
"""

from collections.abc import Mapping
from typing import Any, TypeAlias, get_type_hints

from app.beside.sidecars import Stamps
from app.errors import PASSING_CAUSES
from app.library.saying.personal import carrying, said
from app.media import (
    Analysis,
    Identity,
    Keyword,
    Outcome,
    Stage,
    StageResult,
    StageStatus,
)
from app.metadata import DECLARED, FOLLOWERS, Metadata, Source
from app.texts import clean_json, clean_text, shown_name

METADATA_COLUMNS = tuple(DECLARED)
MAX_KEYWORD_CHARACTERS = 250  # PostgreSQL indexes at most 2,704 bytes
SECTION_COLUMNS: Mapping[Stage, tuple[str, ...]] = {
    Stage.METADATA: METADATA_COLUMNS,
    Stage.SCORE: ("score", "score_source"),
    Stage.THUMBNAIL: ("phash", "picture_sha256"),
    Stage.NSFW: ("nsfw_probability", "nsfw_mean", "nsfw_frames", "nsfw_model", "features"),
}
_LARGEST = 2**31 - 1  # in a column of whole numbers
_WHOLE = tuple(
    name for name, type_ in get_type_hints(Metadata).items() if type_ == int | None and not DECLARED[name].large
)
BOOKKEEPING = frozenset({"size", "mtime_ns", "sidecar", "session_id", "ingested_at", "updated_at", "missing_at"})

KeywordLinks: TypeAlias = dict[tuple[str, str], float | None]


def row_of(analysis: Analysis, old: Mapping[str, Any] | None) -> dict[str, Any]:
    """The columns of the row after this analysis, without session and times. `old` is the row before, if any."""
    file, identity = analysis.file, analysis.identity
    same_bytes = old is not None and old["sha256"] == identity.sha256
    row: dict[str, Any] = {
        "root": file.root,
        "path": file.path,
        "folder": file.place.folder.path,
        "name": shown_name(file.name),
        "size": file.size,
        "mtime_ns": file.mtime_ns,
        "sidecar": file.sidecar,
        "sha256": identity.sha256,
        "kind": identity.kind.value,
        "format": identity.format,
        "mode": identity.mode,
        **_size(identity),
        "frames": min(identity.frames, _LARGEST),
        "notes": clean_json(identity.notes),
        "nsfw_said": None,
        "missing_at": None,
    }
    if old is not None and same_bytes and identity.width is None:  # of a video that could not be looked into this time
        row |= {"width": old["width"], "height": old["height"]}
    read = _section_values(analysis)
    for stage, columns in SECTION_COLUMNS.items():
        if settled(analysis.stages[stage]):
            row |= dict.fromkeys(columns) | read[stage]
        else:
            row |= {column: old[column] if old is not None and same_bytes else None for column in columns}
    row["stages"] = (_marks_that_stand(analysis, old) if old is not None and same_bytes else {}) | _stage_marks(
        analysis
    )
    return row if old is None else row | carrying(row, said(old))


def _size(identity: Identity) -> dict[str, int | None]:
    """Width and height; None of a header that says a size that no picture has."""
    size = identity.width, identity.height
    fits = all(side is None or 0 < side <= _LARGEST for side in size)
    return dict(zip(("width", "height"), size if fits else (None, None), strict=True))


def settled(result: StageResult) -> bool:
    """Whether a stage has said something of the file that stands; else its columns and its mark stay as they are."""
    return result.status is not StageStatus.SKIPPED and result.cause not in PASSING_CAUSES


def _marks_that_stand(analysis: Analysis, old: Mapping[str, Any]) -> dict[str, Any]:
    """The marks of a row whose bytes are the same, without the stages that a changed sidecar speaks of anew."""
    anew = Stamps(old["sidecar"]).stages_changed(analysis.file.sidecar)
    return {stage: mark for stage, mark in old["stages"].items() if stage not in anew}


def _section_values(analysis: Analysis) -> dict[Stage, dict[str, Any]]:
    metadata, rating, picture, nsfw = analysis.metadata, analysis.rating, analysis.picture, analysis.nsfw
    return {
        Stage.METADATA: _cleaned(metadata) if metadata else {},
        Stage.SCORE: {"score": rating.score, "score_source": clean_json(rating.source)} if rating else {},
        Stage.THUMBNAIL: {"phash": picture.phash, "picture_sha256": picture.sha256 or ""} if picture else {},
        Stage.NSFW: {
            "nsfw_probability": clean_json(nsfw.probability),
            "nsfw_mean": clean_json(nsfw.mean),
            "nsfw_frames": nsfw.frames,
            "nsfw_model": nsfw.model,
            "features": nsfw.features,
        }
        if nsfw
        else {},
    }


def _cleaned(metadata: Metadata) -> dict[str, Any]:
    """Every field of it; most of a file's are None."""
    values = ((name, getattr(metadata, name)) for name in METADATA_COLUMNS)
    cleaned = {name: None if value is None else clean_json(value) for name, value in values}
    return cleaned | {name: None for name in _WHOLE if abs(cleaned[name] or 0) > _LARGEST}


def _stage_marks(analysis: Analysis) -> dict[str, dict[str, Any]]:
    """What the row remembers of each stage that ran: enough to decide whether it is fresh."""
    marks: dict[str, dict[str, Any]] = {}
    for stage, result in analysis.stages.items():
        if not settled(result):
            continue
        marks[stage.value] = mark_of(stage, result)
        if result.cause:
            marks[stage.value] |= {"cause": result.cause, "reason": clean_text(result.reason or "")}
            if stage is Stage.THUMBNAIL and analysis.picture:
                marks[stage.value]["partial"] = True
    return marks


def mark_of(stage: Stage, result: StageResult) -> dict[str, Any]:
    """What is remembered of a stage, less why it failed; the NSFW model has a column of its own."""
    told = {"model": clean_text(result.model)} if result.model and stage is not Stage.NSFW else {}
    return {"status": result.status.value, "version": result.version, **told}


def keyword_links(keywords: tuple[Keyword, ...]) -> KeywordLinks:
    """Keywords as `(text, source) -> weight`: cleaned, trimmed to what an index takes, the first of equals wins."""
    links: KeywordLinks = {}
    for keyword in keywords:
        text = clean_text(keyword.text).strip()[:MAX_KEYWORD_CHARACTERS]
        if text:
            links.setdefault((text, str(keyword.source)), clean_json(keyword.weight))
    return links


def wanted_links(analysis: Analysis, old: Mapping[str, Any] | None) -> KeywordLinks | None:
    """The keyword links that the row is to have, None where they are to stay as they are."""
    if analysis.keywords is not None:
        return keyword_links(analysis.keywords)
    ran = analysis.stages[Stage.KEYWORDS].status is not StageStatus.SKIPPED
    changed = old is not None and old["sha256"] != analysis.identity.sha256
    return {} if ran or changed else None


def rated_by_what_stayed(analysis: Analysis, old: Mapping[str, Any]) -> bool:
    """Whether the score of a file that was moved came from a sidecar that did not move along."""
    return old["score_source"] in Stamps(analysis.file.sidecar).silent


def left_where_it_was(
    analysis: Analysis, old: Mapping[str, Any], links: KeywordLinks | None, before: KeywordLinks
) -> tuple[Mapping[str, Any], KeywordLinks | None]:
    """The row of a file that was moved, and its keywords, as they are to be: what a sidecar told stays without it."""
    sidecar = analysis.file.sidecar
    if links is not None:
        left = Stamps(sidecar).silent
        links = {key: weight for key, weight in before.items() if key[1] in left} | links
    return (old if sidecar else {**old, "sidecar": ""}), links


def told_by_what_was_left(row: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """The columns, with their sources, that a sidecar told which did not come along when the file was moved.

    A sidecar's word stays before that of the file; Takeout's only where the file says nothing.
    """
    sources, left = dict(row["sources"] or {}), Stamps(row["sidecar"]).silent
    kept = {
        name: source
        for name, source in (old["sources"] or {}).items()
        if source in left and (source == Source.SIDECAR or row[name] is None)
    }
    if not kept:
        return {}
    columns = {name: old[name] for name in kept}
    columns |= {follower: old[follower] for name in kept for follower in FOLLOWERS.get(name, ())}
    return columns | {"sources": sources | kept}


def outcome_of(row: Mapping[str, Any], old: Mapping[str, Any] | None, *, others_changed: bool) -> Outcome:
    """`added` without an older row; `unchanged` where everything known is as before; else `updated`.

    `others_changed` are keywords and regions, which are no columns.
    """
    if old is None:
        return Outcome.ADDED
    same = all(old[name] == value for name, value in row.items() if name not in BOOKKEEPING)
    return Outcome.UNCHANGED if same and not others_changed and old["missing_at"] is None else Outcome.UPDATED
