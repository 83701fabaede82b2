"""What a row tells of a file, and what a stage has learnt since: which files a newer program need not read again.

A revision says at which version stages began to read something else, why, and of which files the result can differ.
The revisions there are stand in `app/analysis/revisions.py`. It opens nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from app.formats import Kind

FAILED_BEFORE = "a part of them could not be read before"
"""Why a file is read again of which a stage failed at an older version."""


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What the row of a file tells of it, by the names of its columns, as a program before this one may have read it.

    `name` is the last part of the path. `colour_space` is the number of EXIF's tag as a text, None without one. `parts`
    are the kinds of block in `raw`: `exif`, `xmp`, `iptc`, `text`; `areas` says that XMP there marks some in the
    picture, or had no room to say so.
    """

    name: str = ""
    kind: Kind = Kind.IMAGE
    format: str = "jpeg"
    mode: str | None = None
    height: int | None = None
    frames: int = 1
    camera_make: str | None = None
    lens_model: str | None = None
    taken_at: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    video_codec: str | None = None
    embedded_video_bytes: int | None = None
    caption: str | None = None
    generator: str | None = None
    prompt_verdict: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    sidecar: str = ""
    colour_space: str | None = None
    areas: bool = False
    parts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Revision:
    """A change of what stages read: the version that each of them has since, and of which files the result can differ.

    `why` goes on after "because". `concerns` may hold for more files than those that differ, never for fewer, as far as
    their rows can tell. It is a function of a module: recipes are sent to workers.
    """

    stages: Mapping[str, int]
    why: str
    concerns: Callable[[RowFacts], bool]


def find_reason(
    revisions: tuple[Revision, ...], stage: str, versions: range, tell: Callable[[], RowFacts]
) -> str | None:
    """Find why a stage has to run again that is to go through these versions; None where nothing can differ.

    The first revision that concerns the file counts. A version that no revision speaks of concerns every file, for no
    reason that could be told: the reason is empty. The row is asked only where a revision depends on it.
    """
    named = _named(revisions, stage, versions)
    if not named:
        return ""
    facts = tell()
    return next((revision.why for revision in named if revision.concerns(facts)), None)


@lru_cache(maxsize=64)
def _named(revisions: tuple[Revision, ...], stage: str, versions: range) -> tuple[Revision, ...]:
    """The revisions that speak of a stage at these versions; none where they leave out any of these."""
    named = tuple(revision for revision in revisions if revision.stages.get(stage, 0) in versions)
    return named if {revision.stages[stage] for revision in named} == set(versions) else ()
