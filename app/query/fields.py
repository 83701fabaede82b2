"""The fields that can be asked: what each means, how its value is compared, and which values there are.

The one place of a field's name. To add a field is to declare it here and to give it its meaning in `app/library`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType

from app.formats import FORMATS, Kind
from app.metadata import PromptVerdict


class Asked(StrEnum):
    """How the value of a field is compared."""

    WORDS = "words"  # all of them, in any order; a phrase in this order
    WHOLE = "whole"  # the whole value, in which * stands for any text
    FOLDER = "folder"  # the folder and all below
    COUNT = "count"  # a whole number
    PIXELS = "pixels"  # a whole number, also in megapixels
    MEASURE = "measure"  # a number that cameras round: a thousandth more or less is the same
    EXPOSURE = "exposure"  # seconds, also 1/250; rounded as well
    SIZE = "size"  # bytes, with units
    DURATION = "duration"  # whole seconds, with units
    DATE = "date"  # a day, a month, a year, a time
    PROBABILITY = "probability"  # the whole value, or a number from 0 to 1 to compare
    PLACE = "place"  # a position and a distance
    TRAIT = "trait"  # what a file has


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the language. `values` are all that there are, folded; empty where any can be.

    Of a field of words that is `exact`, `=` asks for the whole value: `camera="X100"` is not an X100V.
    """

    name: str
    asked: Asked
    example: str
    meaning: str
    values: tuple[str, ...] = ()
    exact: bool = False

    @property
    def compared(self) -> bool:
        """Whether `>` and its like, and ranges, make sense."""
        return self.asked not in (Asked.WORDS, Asked.WHOLE, Asked.FOLDER, Asked.PLACE, Asked.TRAIT)

    @property
    def optional(self) -> bool:
        """Whether `none` can be asked."""
        return self.name not in ("is", "count") and self.asked not in (Asked.PLACE, Asked.TRAIT)


UNKNOWN = "unknown"
"""The value of `nsfw` where nothing is known: `none` is another word for it."""

_FIELDS = (
    Field("name", Asked.WORDS, "DSC_0042", "The file's name."),
    Field("folder", Asked.FOLDER, "photos/2024", "The folder, `ROOT/relative`, and all below it."),
    Field("root", Asked.WHOLE, "photos", "The media root."),
    Field("kind", Asked.WHOLE, "video", "What the file is.", tuple(Kind)),
    Field("format", Asked.WHOLE, "png", "What the content is; `jpg` is `jpeg`.", tuple(row.name for row in FORMATS)),
    Field("keyword", Asked.WHOLE, '"red dress"', "One of its keywords."),
    Field("title", Asked.WORDS, "harbour", "The title."),
    Field("caption", Asked.WORDS, '"at the lake"', "The caption."),
    Field("creator", Asked.WORDS, "Adams", "Who made it."),
    Field("proposed", Asked.WORDS, '"red car"', "What a model proposes and nobody has judged yet.", exact=True),
    Field("prompt", Asked.WORDS, '"red dress"', "What an AI image was to show."),
    Field("negative", Asked.WORDS, "blurry", "What it was not to show."),
    Field("camera", Asked.WORDS, "X100V", "Maker and model of the camera.", exact=True),
    Field("lens", Asked.WORDS, "35mm", "The lens.", exact=True),
    Field("iso", Asked.COUNT, "800", "The sensitivity."),
    Field("f", Asked.MEASURE, "2.8", "The f-number."),
    Field("exposure", Asked.EXPOSURE, "1/250", "The exposure time in seconds."),
    Field("focal", Asked.MEASURE, "50", "The focal length in mm."),
    Field("taken", Asked.DATE, "2024-05", "When it was taken, by the clock of the place."),
    Field("added", Asked.DATE, "2024-05-03", "When it was taken in first, in UTC."),
    Field("score", Asked.COUNT, "4", "The rating, -1 (rejected) to 5."),
    Field("width", Asked.COUNT, "1920", "Pixels, as seen upright."),
    Field("height", Asked.COUNT, "1080", "Pixels, as seen upright."),
    Field("pixels", Asked.PIXELS, "12MP", "Width times height."),
    Field("size", Asked.SIZE, "10MB", "The size of the file in bytes."),
    Field("duration", Asked.DURATION, "1:30", "The length of a film."),
    Field("generator", Asked.WHOLE, "comfyui", "The program that made an AI image."),
    Field("model", Asked.WORDS, "sdxl", "The model that made it.", exact=True),
    Field("lora", Asked.WORDS, "detail", "One of the LoRAs that were used.", exact=True),
    Field("sampler", Asked.WORDS, "euler", "The sampler.", exact=True),
    Field("seed", Asked.WHOLE, "12345", "The seed."),
    Field("nsfw", Asked.PROBABILITY, "yes", "Not safe for work, or how probably.", ("yes", "no", UNKNOWN)),
    Field("verdict", Asked.WHOLE, "parsed", "How much of the prompt was understood.", tuple(PromptVerdict)),
    Field("label", Asked.WHOLE, "red", "The colour or word of a person's workflow, or the label or kind of a region."),
    Field("count", Asked.COUNT, "2", "How many regions it has; beside `label:`, how many with that label or kind."),
    Field(
        "is",
        Asked.WHOLE,
        "missing",
        "What holds of the file.",
        (
            "incomplete",
            "missing",
            "duplicate",
            "person",
            "raw",
            "animated",
            "live",
            "damaged",
            "described",
            "proposed",
            "describe_failed",
        ),
    ),
    Field("session", Asked.WHOLE, "0b9c*", "The session that wrote it last."),
    Field("sha256", Asked.WHOLE, "9f86d0*", "The SHA-256 of its bytes."),
    Field("has", Asked.TRAIT, "position", "What the file has.", ("position",)),
    Field("near", Asked.PLACE, "41.9,12.5,10km", "Where it was taken: latitude, longitude and distance."),
)
FIELDS: Mapping[str, Field] = MappingProxyType({field.name: field for field in _FIELDS})
"""Every field by its name."""

FREE = ("name", "folder", "title", "caption", "keyword", "prompt", "camera", "proposed")
"""The fields that words without a field are sought in."""

PROPOSED = "proposed"
"""The field of what models propose: nobody has said so yet."""

_OTHER_NAMES = {
    "aperture": "f",
    "artist": "creator",
    "author": "creator",
    "bytes": "size",
    "date": "taken",
    "ext": "format",
    "file": "name",
    "filename": "name",
    "has_position": "has",
    "length": "duration",
    "make": "camera",
    "path": "folder",
    "rating": "score",
    "stars": "score",
    "status": "is",
    "tag": "keyword",
    "tags": "keyword",
    "type": "kind",
    "year": "taken",
}


def nearest(name: str) -> str | None:
    """The field that is probably meant by a name that is none; None where nothing is close."""
    return _OTHER_NAMES.get(name) or closest(name.split("_", maxsplit=1)[0], FIELDS) or closest(name, FIELDS)


def closest(word: str, words: Mapping[str, object] | tuple[str, ...]) -> str | None:
    """The word that differs least; None where none is close."""
    found = get_close_matches(word[:40], [one for one in words if len(one) > 1], n=1, cutoff=0.65)
    return found[0] if found else None
