"""What a picture and its sidecar say that a person may say, too, by field: one table for those who write it."""

from collections.abc import Mapping
from typing import Any

from app.analysis.metadata.beside import NOTHING_BESIDE, Beside
from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.fields import interpret_image
from app.analysis.metadata.keywords import gather_keywords
from app.analysis.metadata.score import choose_rating, read_exif_stars, read_xmp_stars
from app.metadata import Source

_READ = ("title", "caption", "creator", "copyright", "label", "taken_at")


def tell(found: Embedded, beside: Beside = NOTHING_BESIDE) -> Mapping[str, Any]:
    """Tell score, texts, date and keywords as a session reads them; a score that is none is None, as is no score."""
    metadata = interpret_image(found, beside)
    words = gather_keywords(embedded=found.xmp, iptc=found.iptc, exif=found.exif, sidecar=beside.xmp, prompt=None)
    rating, _ = choose_rating(
        {
            Source.SIDECAR: lambda: read_xmp_stars(beside.xmp),
            Source.XMP: lambda: read_xmp_stars(found.xmp),
            Source.EXIF: lambda: read_exif_stars(found.exif),
        }
    )
    told: dict[str, Any] = {name: getattr(metadata, name) for name in _READ}
    keywords = tuple(dict.fromkeys(word.text for word in words))
    return told | {"score": rating.score, "keywords": keywords}
