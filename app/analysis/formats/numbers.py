"""Numbers as EXIF and XMP write them, as floats; what is no finite number is none."""

import math
import re
from collections.abc import Sequence

from app.analysis.formats.tiff import Tags

_RATIO = re.compile(r"([+-]?\d{1,20}(?:\.\d{1,20})?)(?:/(\d{1,20}))?\Z")


def read_numbers(exif: Tags, name: str) -> Sequence[float]:
    """Read the numbers of a tag; empty if any is not finite (a ratio with denominator 0)."""
    values = exif.get(name)
    return values if isinstance(values, tuple) and all(map(math.isfinite, values)) else ()


def parse_number(text: str) -> float | None:
    """Parse the number of an XMP property: `5.6`, `28/5`."""
    if not (match := _RATIO.match(text.strip())):
        return None
    below = int(match[2] or 1)
    return float(match[1]) / below if below else None
