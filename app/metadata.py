"""The one place of a metadata field: what it is called, how it is kept, where it is shown, who may set it.

To add a field is to declare it here, to read it in `app/analysis/metadata/` at a new version of stage `metadata`, and
to give it its column by a migration: `tests/test_metadata.py` names what is missing. It opens and imports nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any

_DECLARED = "declared"


class Shown(StrEnum):
    """Where the page of a file shows a field."""

    LINE = "line"  # in a line of its own, under its label
    WITHIN = "within"  # in the line of another field, which `known.js` puts together
    MADE = "made"  # in the part that says how an AI image was made
    NOWHERE = "nowhere"


class Source(StrEnum):
    """Where a field, a keyword or a score comes from."""

    EXIF = "exif"
    MAKER = "maker"  # the maker note in EXIF, or another block of the maker's own
    XMP = "xmp"  # in the file itself
    IPTC = "iptc"
    PNG = "png"  # its texts
    VIDEO = "video"  # the tags of a film
    SIDECAR = "sidecar"  # an XMP file beside it
    TAKEOUT = "takeout"  # the JSON that Google Takeout puts beside it
    JSON = "json"  # that of other programs beside it
    TXT = "txt"  # a text beside it
    SCORES = "scores"  # `.scores/NAME.json`
    NAME = "name"  # that of the file
    POSITION = "position"  # of a zone: the place
    PROMPT = "prompt"  # what a generator of AI images wrote
    NEGATIVE_PROMPT = "negative_prompt"  # of keywords: what the picture was not to show
    MODEL = "model"  # of the NSFW probability, and of what a vision model says
    PERSON = "person"


class Precision(StrEnum):
    """How far a date goes; what is below is not known."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    SECOND = "second"


_PRECISIONS = {len("2003"): Precision.YEAR, len("2003-11"): Precision.MONTH, len("2003-11-23"): Precision.DAY}


def precision_of(at: str | None) -> Precision | None:
    """How far a date of ISO 8601 goes; None without one."""
    return _PRECISIONS.get(len(at), Precision.SECOND) if at else None


class PromptVerdict(StrEnum):
    """How much of what a generator of AI images wrote was understood."""

    PARSED = "parsed"  # its words and its settings
    PARTLY = "partly"  # some of it
    RAW_ONLY = "raw_only"  # only that a generator wrote it


@dataclass(frozen=True, slots=True)
class Declared:
    """What there is to know of a field of `Metadata` beside its name and type.

    `label` is what people call it, `meaning` a sentence for the documents, `unit` what it is measured in, empty where
    it is in nothing. A text has at most `characters`, 0 for any number; `large` is a number beyond 2^31. `editable` is
    what a person may set.
    """

    label: str
    meaning: str
    unit: str = ""
    shown: Shown = Shown.LINE
    characters: int = 0
    large: bool = False
    editable: bool = False


def _declared(label: str, meaning: str, **others: Any) -> Any:
    """A field of `Metadata` that is None unless it is read."""
    return field(default=None, metadata={_DECLARED: Declared(label, meaning, **others)})


def _mapping(label: str, meaning: str, shown: Shown) -> Any:
    """A field of `Metadata` that is empty unless it is read."""
    return field(default_factory=dict, metadata={_DECLARED: Declared(label, meaning, shown=shown)})


@dataclass(frozen=True, slots=True)
class Metadata:
    """Stage `metadata`. Every field is a column of the library and a part of what is answered, in this order.

    `taken_at` is ISO 8601, with an offset only if the file says one, made of the tags that `taken_at_rule` names; it
    goes as far as `taken_at_precision` says: `2003`, `2003-11`, `2003-11-23`, or a time.
    Degrees are north and east positive, `orientation` is EXIF's 1..8. `content_identifier` is what Apple writes into
    both halves of a Live Photo. `embedded_video_bytes` is the size of the video that a motion photo carries behind its
    picture: it is one file, so there is nothing to link. `sources` says where a field was read. `raw` holds the tags as
    read.
    """

    taken_at: str | None = _declared(
        "Taken",
        "When it was taken, ISO 8601, as far as it is known; with an offset only if the file says one.",
        characters=40,
        editable=True,
    )
    taken_at_rule: str | None = _declared(
        "Tags that say when", "The tags by which `taken_at` was decided.", shown=Shown.WITHIN
    )
    taken_at_precision: Precision | None = _declared(  # noqa: RUF009 - a field, as all here
        "How far the date goes",
        "How far `taken_at` goes: `year`, `month`, `day` or `second`.",
        shown=Shown.NOWHERE,
        characters=8,
    )
    camera_make: str | None = _declared("Make of the camera", "The maker of the camera.", shown=Shown.WITHIN)
    camera_model: str | None = _declared("Camera", "The camera.")
    lens_model: str | None = _declared("Lens", "The lens.")
    lens_source: str | None = _declared(
        "Where the lens was read", "What names the lens: the kind of block, or of maker note.", shown=Shown.NOWHERE
    )
    exposure_seconds: float | None = _declared("Exposure", "Seconds.", unit="s")
    f_number: float | None = _declared("Aperture", "The f-number.", unit="f/", shown=Shown.WITHIN)
    iso: int | None = _declared("Sensitivity", "Sensitivity, ISO.", unit="ISO", shown=Shown.WITHIN)
    focal_length_mm: float | None = _declared("Focal length", "Millimetres.", unit="mm")
    focal_length_35mm: float | None = _declared(
        "Focal length in 35 mm", "As of 35 mm film, in millimetres.", unit="mm", shown=Shown.WITHIN
    )
    orientation: int | None = _declared("Orientation", "EXIF's, 1 to 8.", shown=Shown.NOWHERE)
    latitude: float | None = _declared("Place", "Degrees, north positive.", unit="°")
    longitude: float | None = _declared("Longitude", "Degrees, east positive.", unit="°", shown=Shown.WITHIN)
    altitude_m: float | None = _declared("Altitude", "Metres above the sea.", unit="m", shown=Shown.WITHIN)
    duration_seconds: float | None = _declared("Length", "Length of a film in seconds.", unit="s")
    frame_rate: float | None = _declared("Frame rate", "Frames a second.", unit="frames/s", shown=Shown.WITHIN)
    video_codec: str | None = _declared("Video", "As FFmpeg names it.")
    audio_codec: str | None = _declared("Sound", "As FFmpeg names it.", shown=Shown.WITHIN)
    content_identifier: str | None = _declared(
        "Identifier of a Live Photo", "What Apple writes into both halves of a Live Photo.", shown=Shown.NOWHERE
    )
    embedded_video_bytes: int | None = _declared(
        "Motion photo", "Bytes of the video that a motion photo carries.", unit="bytes", large=True
    )
    title: str | None = _declared("Title", "A short text of the picture.", editable=True)
    caption: str | None = _declared("Caption", "A longer one.", editable=True)
    creator: str | None = _declared("Creator", "Who made it.", editable=True)
    copyright: str | None = _declared("Copyright", "Whose it is.", editable=True)
    label: str | None = _declared("Label", "A colour or word of a person's workflow.", editable=True)
    generator: str | None = _declared("Generator", "The program that made the picture.", shown=Shown.MADE)
    prompt: str | None = _declared("Prompt", "What the picture was to show.", shown=Shown.MADE)
    negative_prompt: str | None = _declared("Negative prompt", "What it was not to show.", shown=Shown.MADE)
    prompt_verdict: PromptVerdict | None = _declared(  # noqa: RUF009 - a field, as all here
        "How much was understood",
        "How much was understood: `parsed`, `partly` or `raw_only`.",
        shown=Shown.MADE,
        characters=16,
    )
    generation: Mapping[str, Any] | None = _declared(
        "Settings", "Model, sampler, seed and other settings.", shown=Shown.MADE
    )
    sources: Mapping[str, Source] = _mapping(
        "Sources", "Where each value was read: `exif`, `xmp`, `person` and others.", Shown.WITHIN
    )
    raw: Mapping[str, Any] = _mapping("As it was read", "The tags as read, up to 64 KB.", Shown.WITHIN)


DECLARED: Mapping[str, Declared] = MappingProxyType({one.name: one.metadata[_DECLARED] for one in fields(Metadata)})
"""The fields of `Metadata` in their order."""

FOLLOWERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"taken_at": ("taken_at_rule", "taken_at_precision"), "lens_model": ("lens_source",)}
)
"""Fields that say something of another one, and so go with it."""


def tell_taken_at(at: str | None, rule: str | None) -> dict[str, str | None]:
    """When it was taken, with the fields that follow from it, by name."""
    return {"taken_at": at, "taken_at_rule": rule, "taken_at_precision": precision_of(at)}
