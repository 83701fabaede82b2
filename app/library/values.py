"""The values that the library hands out: events, what freshness asks of a file, and a file as everybody is shown it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from typing_extensions import TypedDict

from app.formats import FORMATS, Kind
from app.library.regions.things import things_in
from app.media import Outcome, Place, Stage, StageStatus
from app.metadata import DECLARED, Source, precision_of
from app.regions import SIDEWAYS, Region, RegionKind, RegionSource
from app.shapes import described
from app.texts import shown_name

FORGOTTEN = "forgotten"
"""The outcome of the `session` row of a session that a person deleted."""
FOLLOWS = "follows"
"""The outcome of the first `session` row of a session that gave no NSFW threshold: it follows the library's."""
_ANSWERED = tuple(name for name in DECLARED if name not in ("sources", "raw"))
PLAIN = (
    "sha256", "phash", "picture_sha256", "format", "kind", "mode", "frames", "notes", "size", *_ANSWERED, "pair",
    "score", "keywords", "regions", "nsfw_probability", "nsfw_mean", "nsfw_frames", "nsfw_model", "raw", "stages",
    "session_id",
    "ingested_at", "updated_at", "missing_at",
)  # fmt: skip
_THING = ("label", "kind", "confidence", "x", "y", "w", "h")
_SIZED_AS_SEEN = frozenset(format_.name for format_ in FORMATS if format_.seen_size)


class StageEnd(NamedTuple):
    """How a stage ended for one file, and the wall time spent in it, in seconds."""

    status: StageStatus
    seconds: float = 0.0


def stage_ends(
    outcome: str | None,
    told: Mapping[str, Sequence[Any]],
    failures: Sequence[Sequence[Any]],
    asked: Collection[str] = tuple(Stage),
) -> Iterator[tuple[Stage, StageEnd]]:
    """How each stage that was asked for ended for a file, in the order of the stages: the one rule of the log and sums.

    `told` maps stages to `[status, seconds]`; `failures` are `[stage, cause, reason]`, first the one that failed the
    file. A file that failed did so in exactly one stage: the one that is named, or the last before it that was asked
    for. Later stages were not reached, nor were those before it of which nothing is told (its worker died). A file that
    vanished failed in none and reached none. Of a file that was taken in, a stage of which nothing is told was skipped,
    as is one whose end another version knows.
    """
    reached = outcome != Outcome.VANISHED
    blamed = _blamed(failures, asked) if outcome == Outcome.FAILED else None
    untold = StageStatus.SKIPPED if blamed is None else StageStatus.NOT_REACHED
    for stage in Stage:
        if stage not in asked:
            continue
        status, seconds = told.get(stage, (untold, 0.0))
        if stage is blamed:
            reached, status = False, StageStatus.FAILED
        elif not reached:
            status = StageStatus.NOT_REACHED
        yield stage, StageEnd(_STATUSES.get(status, StageStatus.SKIPPED), seconds)


_STATUSES: Mapping[str, StageStatus] = {status.value: status for status in StageStatus}


def _blamed(failures: Sequence[Sequence[Any]], asked: Collection[str]) -> Stage:
    """The stage in which a file failed."""
    stages = [*Stage]
    named = failures[0][0] if failures else None
    last = stages.index(named) if named in stages else 0  # else another version knows it
    return next((stage for stage in reversed(stages[: last + 1]) if stage in asked), Stage.IDENTIFY)


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the log. `path` is `ROOT/relative` as bytes; `detail` says what the event adds to each counter."""

    id: int
    session_id: str
    at: str
    kind: str
    path: bytes | None = None
    outcome: str | None = None
    cause: str | None = None
    reason: str | None = None
    detail: Mapping[str, Any] | None = None

    @property
    def shown_path(self) -> str | None:
        """`ROOT/relative` as people see it; None for an event about no file."""
        return None if self.path is None else shown_name(self.path)

    @property
    def failures(self) -> Sequence[Sequence[Any]]:
        """The stages that failed as `[stage, cause, reason]`, first the one that failed the file, if one did."""
        failures: Sequence[Sequence[Any]] = (self.detail or {}).get("failures", ())
        return failures

    def ends(self, asked: Collection[str]) -> Iterator[tuple[Stage, StageEnd]]:
        """How each of the stages that were asked for ended for the file."""
        return stage_ends(self.outcome, (self.detail or {}).get("stages", {}), self.failures, asked)


CHECKPOINT = "stage_progress"
"""The kind of the rows that say how far a stage was at its n-th file."""
Checkpoints: TypeAlias = Callable[[Event], Iterable[Mapping[str, Any]]]
"""What the log says with the event of a file: the details of its checkpoints."""


class FailureState(StrEnum):
    """What a person said of a failure; it holds until the file changes."""

    OPEN = "open"  # nothing yet
    REVIEWED = "reviewed"
    IGNORED = "ignored"  # no session looks at the file again as it is


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A remembered failure that left no (new) row: what the file looked like, which stage failed, at which version.

    `ignored` says that a person wants the file left alone until it changes.
    """

    fingerprint: str
    stage: Stage
    version: str
    ignored: bool = False


class NsfwKnown(NamedTuple):
    """What is known of whether a file is NSFW: a person's word, and the probability from the model."""

    said: bool | None = None
    probability: float | None = None


NOTHING_SAID = NsfwKnown()


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What freshness asks of one file. `stages` maps a stage to `{"status", "version"}`; `size` is None without a row.

    `kind` is what the content is, which the suffix may hide. `missing` are rows whose file was gone: it is back.
    `words_wait` says that what a person said of these bytes is kept for whichever row shows them next; `looks_alike`
    that another file looks alike, and it is not known yet whether both are the same picture.
    """

    size: int | None = None
    mtime_ns: int | None = None
    sidecar: str = ""
    sha256: str | None = None
    kind: Kind | None = None
    stages: Mapping[str, Mapping[str, Any]] | None = None
    failures: tuple[KnownFailure, ...] = ()
    missing: bool = False
    words_wait: bool = False
    looks_alike: bool = False
    nsfw: NsfwKnown = NOTHING_SAID


@described
class Summary(TypedDict):
    """Totals of the library; files that are gone from disk are counted in `missing` alone."""

    images: int
    """Files that are images."""
    videos: int
    """Files that are videos."""
    files: int
    """All files."""
    bytes: int
    """Their size in bytes."""
    missing: int
    """Files that are gone from disk."""
    prompts: Mapping[str, int]
    """AI images by how much of the prompt was understood: `parsed`, `partly`, `raw_only`."""
    sessions: int
    """Sessions that were not forgotten."""
    updated_at: str | None
    """When a row was written last, ISO 8601 in UTC; null while the library is empty."""


@described
class NsfwSpread(TypedDict):
    """How the NSFW probabilities of the library spread."""

    threshold: float
    """The probability from which a file counts as NSFW: the library's."""
    checked: int
    """Files with a probability."""
    detected: int
    """Files whose probability is at the threshold or above."""
    unknown: int
    """Files without a probability."""
    bins: list[int]
    """100 numbers of files: from a probability of 0.00 up to 0.01, to that of 0.99 up to 1."""


def is_nsfw(known: NsfwKnown, threshold: float | None) -> bool | None:
    """The label of a file, always derived: what a person said, else what follows from the model's probability.

    None where it is not determined, which is never "safe".
    """
    if known.said is not None or known.probability is None or threshold is None:
        return known.said
    return known.probability >= threshold


def as_file(row: dict[str, Any], threshold: float | None) -> dict[str, Any]:
    """A row of the library as the contract shows a file: its size as seen upright, `is_nsfw` derived.

    The size is stored as it is in the file and turned here: what was stored before orientations were asked for stays
    true. What follows from other columns is told of rows, too, that are older than the column for it.
    """
    width, height = upright_size(row)
    sources = dict(row["sources"] or {})
    if row["score_source"]:
        sources["score"] = row["score_source"]
    if row["nsfw_probability"] is not None:
        sources["nsfw_probability"] = Source.MODEL.value
    if row["nsfw_said"] is not None:
        sources["is_nsfw"] = Source.PERSON.value
    return {
        "path": Place(row["root"], row["path"]).shown,
        "width": width,
        "height": height,
        **{name: row[name] for name in PLAIN},
        "picture_sha256": row["picture_sha256"] or None,
        "taken_at_precision": row["taken_at_precision"] or precision_of(row["taken_at"]),
        "lens_source": row["lens_source"] or sources.get("lens_model"),
        "is_nsfw": is_nsfw(NsfwKnown(row["nsfw_said"], row["nsfw_probability"]), threshold),
        "sources": dict(sorted(sources.items())),
        "things": [_as_thing(*thing) for thing in things_in([*map(_region, row["regions"])])],
    }


def _region(shown: Mapping[str, Any]) -> Region:
    told = {name: shown[name] for name in (*_THING, "model")}
    return Region(**told | {"kind": RegionKind(shown["kind"]), "source": RegionSource(shown["source"])})


def _as_thing(region: Region, sources: Iterable[RegionSource]) -> dict[str, Any]:
    told = {name: getattr(region, name) for name in _THING}
    return told | {"kind": region.kind.value, "sources": [source.value for source in sources]}


def upright_size(row: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Width and height in pixels of a picture as a person sees it, from its stored size and its orientation."""
    size = row["width"], row["height"]
    return (size[1], size[0]) if is_turned(row["orientation"], row["format"]) else size


def has_thumbnail(phash: str | None, stages: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a thumbnail was made of a file: of all of it, which has a hash, or of what can be seen of it."""
    return phash is not None or bool(stages.get(Stage.THUMBNAIL, {}).get("partial"))


def is_turned(orientation: int | None, format_: str) -> bool:
    """Whether width and height are stored the other way round than a person sees them."""
    return orientation in SIDEWAYS and format_ not in _SIZED_AS_SEEN


def now() -> str:
    """The present as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
