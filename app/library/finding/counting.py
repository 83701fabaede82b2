"""Counts over what a query finds: facets, the timeline, and how much of the library the answer covers."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, cast

import numpy as np
from typing_extensions import TypedDict

from app.library.finding.columns import NO_SCORE, NO_TIME, Array, Mask, Slots, Snapshot
from app.library.finding.entries import FAILED, STAGES, Mark
from app.library.finding.matching import NSFW_LABELS, nsfw_labels
from app.library.finding.texts.counted import folders_inside, how_many
from app.library.values import NsfwSpread
from app.media import Stage
from app.query.tree import Has, Near, Node, Within, leaves
from app.shapes import described

if TYPE_CHECKING:
    from app.library.finding.texts.shared import Folders


class Facet(StrEnum):
    """What files are counted by."""

    FOLDER = "folder"
    KIND = "kind"
    FORMAT = "format"
    YEAR = "year"
    MONTH = "month"
    SCORE = "score"
    KEYWORD = "keyword"
    CAMERA = "camera"
    LENS = "lens"
    GENERATOR = "generator"
    MODEL = "model"
    LORA = "lora"
    SAMPLER = "sampler"
    NSFW = "nsfw"
    PROMPT_VERDICT = "prompt_verdict"
    INCOMPLETE = "incomplete"
    MISSING = "missing"
    SESSION = "session"
    PROPOSED = "proposed"
    DESCRIBED = "described"
    DESCRIBE_FAILED = "describe_failed"


class Period(StrEnum):
    """What a timeline has an element for."""

    MONTH = "month"
    DAY = "day"


@described
class ValueCount(TypedDict):
    """How many of the files found have a value."""

    value: str | int | bool | None
    """The value; null is none."""
    files: int
    """Files with it; of a folder those in all folders below it, too."""


@described
class FolderCount(TypedDict):
    """How many of the files found lie in a folder."""

    path: str
    """`ROOT/relative` as shown."""
    files: int
    """Files in it and in all folders below."""
    opens: bool
    """Whether any of them lie in a folder below."""


@described
class PeriodCount(TypedDict):
    """How many of the files found were taken in a month or on a day."""

    at: str | None
    """`2026-07` or `2026-07-04`; null of files without a time."""
    files: int
    """Files taken then."""


@described
class Coverage(TypedDict):
    """How much of the library the answer speaks for."""

    searched: int
    """Files of which everything is known that the query asks about."""
    of: int
    """Files there are; those that are gone from disk only where the query speaks of them."""
    missing: dict[str, int]
    """The others by cause: a stage that failed or did not run (`nsfw_not_run`), or `indexing`."""


_PERIODS = {Facet.YEAR: "Y", Facet.MONTH: "M", Period.MONTH: "M", Period.DAY: "D"}
_COLUMN = {Facet.PROMPT_VERDICT: "verdict"}
_FLAGS = {
    Facet.INCOMPLETE: Mark.INCOMPLETE,
    Facet.MISSING: Mark.MISSING,
    Facet.DESCRIBED: Mark.DESCRIBED,
    Facet.DESCRIBE_FAILED: Mark.DESCRIBE_FAILED,
}
_DAY_MS = 86_400_000


def count_by(snapshot: Snapshot, mask: Mask, facet: Facet, threshold: float | None, limit: int) -> list[ValueCount]:
    """The values of the files of the mask, those of most files first, equal ones by name; at most `limit`.

    Texts that a search does not tell apart are one value, in the spelling of most files.
    """
    counts = [(value, files) for value, files in _counts(snapshot, mask, facet, threshold, limit) if files]
    in_order = sorted(counts, key=lambda one: (-one[1], one[0] is None, str(one[0])))
    return [{"value": value, "files": files} for value, files in in_order[:limit]]


def folders_in(snapshot: Snapshot, mask: Mask, path: str | None) -> list[FolderCount]:
    """The folders directly in one that the files of the mask lie in, by name; those of the roots where `path` is None.

    There are none in a folder that no file is known of.
    """
    inside = folders_inside(cast("Folders", snapshot.texts["folder"]), snapshot.counted("folder", mask), path)
    return [{"path": one.path, "files": one.files, "opens": one.opens} for one in inside]


def values_like(snapshot: Snapshot, field: str, typed: str, limit: int) -> list[ValueCount]:
    """The texts of a field of which a word begins with what is typed, folded, those of most files first.

    Files that are gone do not count. There are none of a field whose texts no column holds.
    """
    if field not in snapshot.texts:
        return []
    if field == "label":
        alike = [one for name in ("region", "region_kind") for one in values_like(snapshot, name, typed, limit)]
        own = _values_like(snapshot, field, typed, limit)
        return sorted({one["value"]: one for one in (*alike, *own)}.values(), key=lambda one: -one["files"])[:limit]
    return _values_like(snapshot, field, typed, limit)


def _values_like(snapshot: Snapshot, field: str, typed: str, limit: int) -> list[ValueCount]:
    counted, folded = snapshot.counted(field, snapshot.there), snapshot.texts[field].folded
    inside = f"{'/' if field == Facet.FOLDER else ' '}{typed}"
    begun = [number for number in counted.present if folded[number].startswith(typed) or inside in folded[number]]
    return [{"value": value, "files": files} for value, files in counted.most(limit, begun)]


def _counts(
    snapshot: Snapshot, mask: Mask, facet: Facet, threshold: float | None, limit: int
) -> Iterable[tuple[str | int | bool | None, int]]:
    columns, name = snapshot.columns, _COLUMN.get(facet, facet.value)
    if name in snapshot.texts:
        counted = snapshot.counted(name, mask)
        none = counted.none if facet is not Facet.PROPOSED else _silent(snapshot, mask)
        return (*counted.most(limit), (None, none))
    if facet in _FLAGS:
        there = int(np.count_nonzero(columns["marks"][mask] & _FLAGS[facet]))
        return (True, there), (False, int(np.count_nonzero(mask)) - there)
    if facet is Facet.NSFW:
        labels = np.bincount(nsfw_labels(snapshot, threshold)[mask], minlength=len(NSFW_LABELS))
        return zip(NSFW_LABELS, labels.tolist(), strict=True)
    if facet is Facet.SCORE:
        ratings = rating_counts(columns["score"][mask]).tolist()
        return ((None if score == NO_SCORE else score, files) for score, files in enumerate(ratings, NO_SCORE))
    return _by_period(columns["taken"][mask], _PERIODS[facet])


def _silent(snapshot: Snapshot, mask: Mask) -> int:
    """Of how many files nothing is proposed: of those without a keyword, others have a title or a caption."""
    return int(np.count_nonzero((snapshot.columns["marks"][mask] & Mark.PROPOSED) == 0))


def rating_counts(scores: Array) -> Array:
    """How many files have each rating, counted from that which stands for none."""
    return np.bincount(scores.astype(np.int16) - NO_SCORE)


def timeline(snapshot: Snapshot, mask: Mask, by: Period) -> list[PeriodCount]:
    """The files of the mask by when they were taken, oldest first, those without a time last."""
    found = _by_period(snapshot.columns["taken"][mask], _PERIODS[by])
    return [{"at": at, "files": files} for at, files in found if files]


def _by_period(taken: Array, unit: str) -> Iterator[tuple[str | None, int]]:
    """How many of these times fall into each year (`Y`), month (`M`) or day (`D`), oldest first, those of none last."""
    known = taken[taken != NO_TIME]
    days, files = day_counts(known)
    periods, first = np.unique(days.astype(f"M8[{unit}]"), return_index=True)
    if len(periods):
        names = np.datetime_as_string(periods).tolist()
        yield from zip(names, np.add.reduceat(files, first).tolist(), strict=True)
    yield None, len(taken) - len(known)


def day_counts(times: Array) -> tuple[Array, Array]:
    """The days on which any of these times are, in ms since 1970, in their order, and how many are on each."""
    if not len(times):
        return np.empty(0, "M8[D]"), np.empty(0, np.int64)
    days = np.empty(len(times), np.int32)
    np.floor_divide(times, _DAY_MS, out=days, casting="unsafe")
    first = int(days.min())
    days -= first
    counts = how_many(days, int(days.max()) + 1)
    there = np.flatnonzero(counts)
    return (there + first).astype("M8[D]"), counts[there]


def nsfw_spread(snapshot: Snapshot, threshold: float) -> NsfwSpread:
    """How the NSFW probabilities spread, of files that are not gone."""
    there = snapshot.there
    probabilities = snapshot.columns["nsfw"][there]
    known = probabilities[~np.isnan(probabilities)]
    percent = np.minimum((known * 100 + 1e-9).astype(np.int64), 99)  # 0.29 * 100 is a little less than 29
    return {
        "threshold": threshold,
        "checked": len(known),
        "detected": int(np.count_nonzero(known >= threshold)),
        "unknown": len(probabilities) - len(known),
        "bins": np.bincount(percent, minlength=100).tolist(),
    }


_STAGE_OF = {
    Stage.NSFW: ("nsfw",),
    Stage.SCORE: ("score",),
    Stage.KEYWORDS: ("keyword",),
    Stage.METADATA: (
        "taken", "camera", "lens", "iso", "f", "exposure", "focal", "duration", "title", "caption", "creator", "prompt",
        "negative", "generator", "model", "lora", "sampler", "seed", "verdict", "label", "count", "position",
    ),
}  # fmt: skip
_FREE = ("keyword", "title")


def coverage(snapshot: Snapshot, scope: Mask, query: Node, waiting: Slots | None) -> Coverage:
    """How much of `scope` the query could be held against; the words of the `waiting` files are not written yet."""
    asked = {field for one in fields_of(query) for field in ((one,) if one else _FREE)}
    missing: dict[str, int] = {}
    left = scope.copy()
    if waiting is not None and len(waiting):
        unread = np.zeros_like(scope)
        unread[waiting] = True
        if files := int(np.count_nonzero(left & unread)):
            missing["indexing"] = files
            left &= ~unread
    for stage, fields in _STAGE_OF.items():
        if asked.isdisjoint(fields):
            continue
        ran = (snapshot.columns["ran"] >> (2 * STAGES.index(stage))) & 3
        for code, word in ((FAILED, "failed"), (FAILED + 1, "not_run")):
            lacking = left & (ran == code)
            if files := int(np.count_nonzero(lacking)):
                missing[f"{stage.value}_{word}"] = files
                left &= ~lacking
    if snapshot.behind:
        missing["indexing"] = missing.get("indexing", 0) + snapshot.behind
    searched = int(np.count_nonzero(left))
    return {"searched": searched, "of": searched + sum(missing.values()), "missing": missing}


_WHY = {
    "indexing": "they are not indexed yet",
    "nsfw_not_run": "NSFW was not checked",
    "nsfw_failed": "the check for NSFW failed",
    "score_not_run": "scores were not read",
    "score_failed": "reading scores failed",
    "keywords_not_run": "keywords were not read",
    "keywords_failed": "reading keywords failed",
    "metadata_not_run": "metadata was not read",
    "metadata_failed": "reading metadata failed",
}


def coverage_in_words(told: Coverage) -> str:
    """How much was searched: "12,340 of 12,400 searched; 60 not, because NSFW was not checked".

    Of several causes each has its number behind it.
    """
    searched, missing = f"{told['searched']:,} of {told['of']:,} searched", told["missing"]
    if not missing:
        return searched
    several = len(missing) > 1
    *causes, last = (f"{_WHY[cause]} ({files:,})" if several else _WHY[cause] for cause, files in missing.items())
    why = f"{', '.join(causes)} or {last}" if causes else last
    return f"{searched}; {sum(missing.values()):,} not, because {why}"


def fields_of(query: Node) -> set[str]:
    """The fields that a query asks about; the empty one is that of free words."""
    fields = set()
    for leaf in leaves(query):
        match leaf:
            case Near() | Has():
                fields.add("position")
            case Within():
                fields.add("folder")
            case _:
                fields.add(leaf.field)
    return fields
