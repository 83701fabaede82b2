"""Decides a file's rating from everything that may rate it. It never writes a rating and reads no file itself."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from app.analysis.tiff import Tags
from app.analysis.xmp import Xmp
from app.errors import CannotRead
from app.media import Rating

REJECTED, BEST = -1, 5


def from_scores(content: bytes) -> int | None:
    """The score of `{"score": -1..5}`; `null` is not rated. Raises CannotRead `damaged_sidecar`."""
    try:
        score = json.loads(content)["score"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CannotRead('The score file is not JSON of the form {"score": 3}.', cause="damaged_sidecar") from error
    if score is None:
        return None
    if not isinstance(score, int) or isinstance(score, bool) or not REJECTED <= score <= BEST:
        raise CannotRead(
            f"The score file holds {str(score)[:40]!r}, not a whole number from -1 to 5.", cause="damaged_sidecar"
        )
    return score


def from_xmp(properties: Xmp) -> int | None:
    """`xmp:Rating`; 0 is "unrated" (Metadata Working Group guidelines 2.0, 5.3), as is what is no whole number.

    Else `MicrosoftPhoto:Rating`, which Windows writes in percent.
    """
    stars = _stars(properties.get("xmp:Rating", ("",))[0])
    return stars if stars is not None else of_percent(properties.get("MicrosoftPhoto:Rating", ("",))[0])


def from_exif(exif: Tags) -> int | None:
    """EXIF `Rating` (0x4746, Microsoft), 0 is unrated; else `RatingPercent` (0x4749)."""
    return _stars(_first(exif, "Image Rating")) or of_percent(_first(exif, "Image RatingPercent"))


def _first(exif: Tags, name: str) -> float | None:
    value = exif.get(name)
    return value[0] if isinstance(value, tuple) and value else None


def of_percent(value: Any) -> int | None:
    """Windows' percent as stars: it writes 1, 25, 50, 75 and 99."""
    try:
        percent = float(value)
    except (TypeError, ValueError):
        return None
    return 1 + int((percent + 12) // 25) if 0 < percent <= 100 else None


def of_hundred(value: Any) -> int | None:
    """Twenty for each star, as programs for music write it."""
    try:
        percent = float(value)
    except (TypeError, ValueError):
        return None
    return min(BEST, max(1, int((percent + 10) // 20))) if 0 < percent <= 100 else None


def _stars(value: Any) -> int | None:
    try:
        stars = float(value)
    except (TypeError, ValueError):
        return None
    return int(stars) if stars in (REJECTED, 1, 2, 3, 4, BEST) else None


def first(candidates: Mapping[str, Callable[[], int | None]]) -> Rating:
    """The rating of the first source that has one, asked in order; those after it are not asked."""
    for source, score in candidates.items():
        if (found := score()) is not None:
            return Rating(found, source)
    return Rating()
