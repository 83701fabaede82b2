"""Sums over what a query finds: how many files there are of each kind, what they weigh, how their values spread.

Every number is the total of a search: texts that a search does not tell apart are one value, and are counted as one.
"""

import numpy as np
from typing_extensions import TypedDict

from app.formats import Kind
from app.library.finding.columns import NO_SCORE, Array, Mask, Snapshot
from app.library.finding.counting import PeriodCount, ValueCount, day_counts, rating_counts
from app.library.finding.entries import Mark, from_ms
from app.library.finding.matching import NSFW_LABELS, nsfw_labels, regions_of
from app.library.finding.texts.counted import Counted
from app.library.finding.texts.shared import NO_TEXT
from app.shapes import described

_EDGES = tuple(tenth / 10 for tenth in range(11))
_MOST = 20
"""Values of a list: the most frequent."""


@described
class FileSums(TypedDict):
    """How many files there are; those that are gone from disk are in `missing` alone, unless the query is of them."""

    files: int
    """All files."""
    images: int
    """Files that are images."""
    videos: int
    """Files that are videos."""
    bytes: int
    """Their size in bytes."""
    missing: int
    """Files that are gone from disk."""
    incomplete: int
    """Files that were taken in although a stage failed."""


@described
class NsfwTenth(TypedDict):
    """How many files have an NSFW probability from `low` up to `high`; the last takes in 1 itself."""

    low: float
    """0 to 0.9."""
    high: float
    """0.1 to 1."""
    files: int
    """Files with such a probability."""


@described
class NsfwSums(TypedDict):
    """How many files count as NSFW, by a person's word or by the threshold, and how the probabilities spread."""

    yes: int
    """Files of which a person said so, or else with a probability at the threshold of the library or above."""
    no: int
    """Files of which a person said that they are not, or else with one below it."""
    unknown: int
    """Files of which nobody said anything, without a probability."""
    spread: list[NsfwTenth]
    """Ten tenths, from 0 to 1."""


@described
class ValueSums(FileSums):
    """Sums over the files that a query finds. The lists of values have the most frequent ones, at most 20."""

    prompts: dict[str, int]
    """AI images by how much of the prompt was understood: `parsed`, `partly`, `raw_only`."""
    updated_at: str | None
    """When a row was written last, also one of a file that is gone, ISO 8601 in UTC; null without a file."""
    added_by_day: list[PeriodCount]
    """Files by the day in UTC on which they were taken in first, oldest first; days without a file are left out."""
    scores: list[ValueCount]
    """Files by rating, lowest first; those without one, with null, last."""
    mean_score: float | None
    """The mean of the ratings; null without one."""
    nsfw: NsfwSums
    """Files by NSFW label and probability."""
    mean_nsfw_probability: float | None
    """The mean of the probabilities that are known; null without one."""
    keywords: list[ValueCount]
    """Files by keyword."""
    unique_keywords: int
    """How many different keywords there are; case and accents make no difference."""
    cameras: list[ValueCount]
    """Files by camera."""
    models: list[ValueCount]
    """AI images by the model that made them."""
    detections: int
    """Faces, objects and other things in the pictures; regions of several sources that are one thing count once."""
    labels: list[ValueCount]
    """Files by the label of their regions."""
    unique_labels: int
    """How many different labels there are; case and accents make no difference."""
    mean_confidence: float | None
    """The mean of the confidences of the regions that have one, 0 to 1; null without one."""


class Sums(ValueSums):
    """These, and those of each media root that has any of the files, or that any are gone from."""

    by_root: dict[str, FileSums]


def sums_of(snapshot: Snapshot, found: Mask, gone: Mask, threshold: float | None) -> Sums:
    """The sums over the files found, and over those that are `gone` of all that the query is of."""
    columns = snapshot.columns
    by_root = _by_root(snapshot, found, gone)
    scores = rating_counts(columns["score"][found])
    nsfw, mean_nsfw = _nsfw(columns["nsfw"][found], nsfw_labels(snapshot, threshold)[found])
    keywords = snapshot.counted("keyword", found)
    return {
        "files": sum(one["files"] for one in by_root.values()),
        "images": sum(one["images"] for one in by_root.values()),
        "videos": sum(one["videos"] for one in by_root.values()),
        "bytes": sum(one["bytes"] for one in by_root.values()),
        "missing": sum(one["missing"] for one in by_root.values()),
        "incomplete": sum(one["incomplete"] for one in by_root.values()),
        "by_root": by_root,
        "prompts": {str(one["value"]): one["files"] for one in _most(snapshot.counted("verdict", found))},
        "updated_at": _newest(columns["updated"], found | gone),
        "added_by_day": _by_day(columns["added"][found]),
        "scores": _scores(scores),
        "mean_score": _mean_of(scores),
        "nsfw": nsfw,
        "mean_nsfw_probability": mean_nsfw,
        "keywords": _most(keywords),
        "unique_keywords": len(keywords.present),
        "cameras": _most(snapshot.counted("camera", found)),
        "models": _most(snapshot.counted("model", found)),
        **_regions(snapshot, found),
    }


def _by_root(snapshot: Snapshot, found: Mask, gone: Mask) -> dict[str, FileSums]:
    columns, texts = snapshot.columns, snapshot.texts["root"].texts
    roots, kinds = columns["root"][found], columns["kind"][found]

    def counted(numbers: Array, weights: Array | None = None) -> list[int]:
        return [int(sum_) for sum_ in np.bincount(numbers, weights, len(texts)).tolist()]

    of_kind = {kind: counted(roots[kinds == snapshot.texts["kind"].get(kind, NO_TEXT)]) for kind in Kind}
    files, sizes = counted(roots), counted(roots, columns["size"][found])
    missing = counted(columns["root"][gone])
    incomplete = counted(roots[(columns["marks"][found] & Mark.INCOMPLETE) != 0])
    return {
        texts[root]: {
            "files": files[root],
            "images": of_kind[Kind.IMAGE][root],
            "videos": of_kind[Kind.VIDEO][root],
            "bytes": sizes[root],
            "missing": missing[root],
            "incomplete": incomplete[root],
        }
        for root in sorted(range(len(texts)), key=texts.__getitem__)
        if files[root] or missing[root]
    }


def _newest(updated: Array, of: Mask) -> str | None:
    return from_ms(int(updated[of].max())) if of.any() else None


def _by_day(added: Array) -> list[PeriodCount]:
    days, counts = day_counts(added)
    return [{"at": str(at), "files": files} for at, files in zip(days, counts.tolist(), strict=True)]


def _scores(counts: Array) -> list[ValueCount]:
    """From how many files have each rating, counted from that which stands for none."""
    of = dict(enumerate(counts.tolist(), NO_SCORE))
    values: list[ValueCount] = [{"value": score, "files": of[score]} for score in sorted(of) if score != NO_SCORE]
    return [one for one in (*values, ValueCount(value=None, files=of.get(NO_SCORE, 0))) if one["files"]]


def _mean_of(counts: Array) -> float | None:
    rated = counts[1:]
    files = int(rated.sum())
    return float((rated * np.arange(NO_SCORE + 1, NO_SCORE + 1 + len(rated))).sum() / files) if files else None


def _nsfw(probabilities: Array, labels: Array) -> tuple[NsfwSums, float | None]:
    """The sums, and the mean of the probabilities; `labels` are places in NSFW_LABELS."""
    known = probabilities[~np.isnan(probabilities)]
    below = [0, *(int(np.count_nonzero(known < edge)) for edge in _EDGES[1:-1]), len(known)]
    spread: list[NsfwTenth] = [
        {"low": _EDGES[place], "high": _EDGES[place + 1], "files": below[place + 1] - below[place]}
        for place in range(len(_EDGES) - 1)
    ]
    no, yes, unknown = np.bincount(labels, minlength=len(NSFW_LABELS)).tolist()
    sums: NsfwSums = {"yes": yes, "no": no, "unknown": unknown, "spread": spread}
    return sums, float(known.mean()) if len(known) else None


class _RegionSums(TypedDict):
    detections: int
    labels: list[ValueCount]
    unique_labels: int
    mean_confidence: float | None


def _regions(snapshot: Snapshot, found: Mask) -> _RegionSums:
    labels, judged = snapshot.counted("region", found), int(snapshot.columns["judged"][found].sum(dtype=np.int64))
    sure = float(snapshot.columns["sure"][found].sum(dtype=np.float64))
    return {
        "detections": int(regions_of(snapshot)[found].sum()),
        "labels": _most(labels),
        "unique_labels": len(labels.present),
        "mean_confidence": sure / judged if judged else None,
    }


def _most(counted: Counted) -> list[ValueCount]:
    return [{"value": value, "files": files} for value, files in counted.most(_MOST)]
