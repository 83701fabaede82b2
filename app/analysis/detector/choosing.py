"""Chooses among the boxes that a model gives: the sure ones, and of those around one thing the surest. Pure."""

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from app.analysis.detector.layouts import Found

if TYPE_CHECKING:
    from numpy.typing import NDArray

Numbers: TypeAlias = "NDArray[Any]"
MOST = 300
"""Boxes of one picture that are kept."""
OVERLAP = 0.45
"""Of two boxes of a class, the part of both together that they share: above, they are around one thing."""
_LOOKED_AT = 3_000


def choose(found: Found, threshold: float, *, overlaps: bool) -> Found:
    """Choose the boxes of at least this score, the surest first; `overlaps` says that one thing may have several.

    Where there are more than are kept, they are not `whole`.
    """
    sure = np.flatnonzero(found.scores >= threshold)
    order = sure[np.argsort(-found.scores[sure], kind="stable")][:_LOOKED_AT]
    kept = order[suppress(found.boxes[order], found.classes[order])] if overlaps else order
    whole = len(kept) <= MOST and len(sure) <= _LOOKED_AT
    kept = kept[:MOST]
    return Found(found.boxes[kept], found.scores[kept], found.classes[kept], whole)


def suppress(boxes: Numbers, classes: Numbers, overlap: float = OVERLAP) -> list[int]:
    """Suppress what is not the surest around a thing: the places of the boxes that stay, which come the surest first.

    Boxes are corners, n x 4; only boxes of one class are held against each other.
    """
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    areas = sides[:, 0] * sides[:, 1]
    left, kept = np.ones(len(boxes), np.bool_), []
    for place in range(len(boxes)):
        if not left[place]:
            continue
        kept.append(place)
        corner, end = np.maximum(boxes[:, :2], boxes[place, :2]), np.minimum(boxes[:, 2:], boxes[place, 2:])
        shared = np.clip(end - corner, 0, None).prod(axis=1)
        together = np.maximum(areas + areas[place] - shared, np.finfo(np.float64).tiny)
        left &= (shared / together <= overlap) | (classes != classes[place])
    return kept
