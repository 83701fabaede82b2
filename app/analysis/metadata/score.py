"""Decides a file's rating from everything that may rate it. It never writes a rating and reads no file itself."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from app.analysis.formats import xtra
from app.analysis.formats.tiff import Tags
from app.analysis.formats.xmp import Xmp
from app.errors import CannotRead
from app.media import Rating
from app.metadata import Source

REJECTED, BEST = -1, 5
UNRATED: Final = "unrated"
"""What a source says that knows the file and gives it no stars: nobody else is asked."""
Said = int | Literal["unrated"] | None
_UNRATED_STARS = 0
_WINDOWS = ("MicrosoftPhoto:Rating", "MicrosoftPhoto:RatingPercent")


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


def from_xmp(properties: Xmp) -> Said:
    """`xmp:Rating`; 0 is "unrated" (Metadata Working Group guidelines 2.0, 5.3), what is no whole number says nothing.

    Else `MicrosoftPhoto:Rating` or `RatingPercent`, which Windows and others write in percent. Else `acdsee:rating`,
    whose 0 says nothing.
    """
    if (said := _rated(properties.get("xmp:Rating", ("",))[0])) is not None:
        return said
    percents = (of_percent(properties.get(name, ("",))[0]) for name in _WINDOWS)
    stars = next((stars for stars in percents if stars is not None), None)
    return _stars(properties.get("acdsee:rating", ("",))[0]) if stars is None else stars


def from_exif(exif: Tags) -> Said:
    """EXIF `Rating` (0x4746, Microsoft), where 0 is "unrated" too; else `RatingPercent` (0x4749)."""
    said = _rated(_first(exif, "Image Rating"))
    return of_percent(_first(exif, "Image RatingPercent")) if said is None else said


def from_film(said: xtra.Said) -> Said:
    """Windows' percent, else what iTunes and programs for music write."""
    return of_percent(said.percent) or of_hundred(said.rate)


def _first(exif: Tags, name: str) -> float | None:
    value = exif.get(name)
    return value[0] if isinstance(value, tuple) and value else None


def of_percent(value: Any) -> int | None:
    """Windows' percent as stars: it writes 1, 25, 50, 75 and 99."""
    percent = _number(value)
    return 1 + int((percent + 12) // 25) if 0 < percent <= 100 else None


def of_hundred(value: Any) -> int | None:
    """Twenty for each star, as programs for music write it."""
    percent = _number(value)
    return min(BEST, max(1, int((percent + 10) // 20))) if 0 < percent <= 100 else None


def _rated(value: Any) -> Said:
    return UNRATED if _number(value) == _UNRATED_STARS else _stars(value)


def _stars(value: Any) -> int | None:
    """Whole stars, half a one counted as one; -1 is rejected."""
    stars = _number(value)
    return int(stars + 0.5) if 0.5 <= stars <= BEST else REJECTED if stars == REJECTED else None


def _number(value: Any) -> float:
    """The number, not-a-number where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def first(candidates: Mapping[Source, Callable[[], Said]]) -> tuple[Rating, CannotRead | None]:
    """The rating of the first source that speaks, asked in order, and what was wrong with one before it.

    A source that cannot be read is passed over; those after the one that speaks are not asked.
    """
    problem: CannotRead | None = None
    for source, score in candidates.items():
        try:
            said = score()
        except CannotRead as error:
            problem = problem or error
            continue
        if said is not None:
            return Rating(None if said == UNRATED else said, source), problem
    return Rating(), problem
