"""The shape of a file as `values.as_file` shows it, derived from the columns of its row."""

from typing import Annotated, Any, NotRequired, TypeAlias, get_args, get_type_hints

from pydantic import Field, create_model
from typing_extensions import TypedDict

from app.library.tables import MEDIA, MediaFile
from app.library.values import PLAIN
from app.metadata import DECLARED, Metadata
from app.shapes import ShapedAs, described


@described
class ShownKeyword(TypedDict):
    """A keyword of a file."""

    text: str
    """`a|b|c` is a path."""
    source: str
    """Where it was read."""
    weight: float | None
    """The emphasis of a prompt; null elsewhere."""


@described
class _Placed(TypedDict):
    """What is in a picture, and where."""

    label: str
    """Its name, or its kind where it has none."""
    kind: str
    """`face`, `pet`, `barcode`, `focus` or `object`."""
    confidence: float | None
    """How sure the model was, 0 to 1; null where nobody said."""
    x: float
    """The centre, as a part of the width of the upright picture, from the left."""
    y: float
    """The centre, as a part of its height, from the top."""
    w: float
    """The width, as a part of that of the picture."""
    h: float
    """The height, as a part of that of the picture."""


@described
class ShownThing(_Placed):
    """One thing in a picture."""

    sources: list[str]
    """Who says it, the first of whom has the box."""


@described
class ShownRegion(_Placed):
    """What one source says of one thing in a picture."""

    source: str
    """`xmp`, `sidecar`, `yolo`, `coco`, `label_studio`, `barcode` or `detector`."""
    model: str | None
    """What found it; null where that is not known."""
    at: str
    """When it was read, ISO 8601 in UTC."""


@described
class Pair(TypedDict):
    """The other half of a Live Photo."""

    path: str
    """`ROOT/relative` as shown."""
    kind: str
    """`live_photo`."""


@described
class StageMark(TypedDict):
    """How a stage ended for a file."""

    status: str
    """`done` or `failed`."""
    version: str | int
    """The stage's version; a number before 0.2."""
    model: NotRequired[str]
    """What looked for regions in it; the NSFW model is `nsfw_model` of the file."""
    cause: NotRequired[str | None]
    """The stable code of the failure."""
    reason: NotRequired[str | None]
    """One sentence about this file."""


_HINTS = {  # a mapping that is empty is stored as it is, and null in rows that were never read
    name: hint if type(None) in get_args(hint) else dict[str, Any] | None
    for name, hint in get_type_hints(Metadata).items()
}


def _of_column(name: str) -> tuple[Any, Any]:
    hint = _HINTS[name] if name in DECLARED else get_args(get_type_hints(MediaFile)[name])[0]
    return hint, Field(description=MEDIA.c[name].doc)


def _fields() -> dict[str, Any]:
    upright = "Pixels, as seen upright."
    derived: dict[str, Any] = {
        "keywords": (list[ShownKeyword], Field(description="In their order.")),
        "regions": (list[ShownRegion], Field(description="What is where in it, in the order of source and label.")),
        "pair": (Pair | None, Field(description="The other half of a Live Photo.")),
        "stages": (dict[str, StageMark], Field(description=MEDIA.c.stages.doc)),
    }
    return {
        "path": (str, Field(description="`ROOT/relative` as shown.")),
        "width": (int | None, Field(description=upright)),
        "height": (int | None, Field(description=upright)),
        **{name: derived.get(name) or _of_column(name) for name in PLAIN},
        "is_nsfw": (
            bool | None,
            Field(description="A person's word, else by the threshold; null is unknown."),
        ),
        "sources": (dict[str, str], Field(description=MEDIA.c.sources.doc)),
        "things": (
            list[ShownThing],
            Field(description="Its regions, those of several sources that are one thing as one."),
        ),
    }


File: TypeAlias = Annotated[
    dict[str, Any], ShapedAs(create_model("File", __doc__="Everything known of one file.", **_fields()))
]
"""A file as `as_file` shows it."""
