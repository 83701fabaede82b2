"""Decides a file's rating from everything that may rate it. It never writes a rating and reads no file itself."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from app.analysis.formats.films.xtra import XtraTags
from app.analysis.formats.tiff import Tags
from app.analysis.formats.xmp import Xmp
from app.errors import CannotRead
from app.media import Rating
from app.metadata import Source

REJECTED, BEST = -1, 5
UNRATED: Final = "unrated"
"""What a source says that knows the file and gives it no stars: nobody else is asked."""
Stars = int | Literal["unrated"] | None
_UNRATED_STARS = 0
_WINDOWS = ("MicrosoftPhoto:Rating", "MicrosoftPhoto:RatingPercent")


def parse_scores(content: bytes) -> int | None:
    """Parse the score of `{"score": -1..5}`; None for `null`: not rated. Raises CannotRead `damaged_sidecar`."""
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


def read_xmp_stars(properties: Xmp) -> Stars:
    """Read `xmp:Rating`; 0 is "unrated" (Metadata Working Group guidelines 2.0, 5.3); None for no number.

    Else `MicrosoftPhoto:Rating` or `RatingPercent`, which Windows and others write in percent. Else `acdsee:rating`,
    whose 0 says nothing.
    """
    if (said := _rated(properties.get("xmp:Rating", ("",))[0])) is not None:
        return said
    percents = (convert_percent(properties.get(name, ("",))[0]) for name in _WINDOWS)
    stars = next((stars for stars in percents if stars is not None), None)
    return _stars(properties.get("acdsee:rating", ("",))[0]) if stars is None else stars


def read_exif_stars(exif: Tags) -> Stars:
    """Read EXIF `Rating` (0x4746, Microsoft), where 0 is "unrated" too; else `RatingPercent` (0x4749)."""
    said = _rated(_first(exif, "Image Rating"))
    return convert_percent(_first(exif, "Image RatingPercent")) if said is None else said


def read_film_stars(said: XtraTags) -> Stars:
    """Read Windows' percent, else what iTunes and music programs write."""
    return convert_percent(said.percent) or convert_hundred(said.rate)


def _first(exif: Tags, name: str) -> float | None:
    value = exif.get(name)
    return value[0] if isinstance(value, tuple) and value else None


def convert_percent(value: Any) -> int | None:
    """Convert Windows' percent to 1..5 stars: it writes 1, 25, 50, 75 and 99. None for anything else."""
    percent = _number(value)
    return 1 + int((percent + 12) // 25) if 0 < percent <= 100 else None


def convert_hundred(value: Any) -> int | None:
    """Convert a value with twenty for each star, as music programs write it, to 1..5 stars."""
    percent = _number(value)
    return min(BEST, max(1, int((percent + 10) // 20))) if 0 < percent <= 100 else None


def _rated(value: Any) -> Stars:
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


def choose_rating(candidates: Mapping[Source, Callable[[], Stars]]) -> tuple[Rating, CannotRead | None]:
    """Choose the rating of the first source that has one; also the first problem met before it.

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
