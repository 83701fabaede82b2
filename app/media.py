"""What can be known of one media file, as frozen values.

Owns the words (stages, outcomes, skips), and the values that travel from the analysis to the library. It opens nothing.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple

from app.descriptions import Describer, Description
from app.formats import Kind, promised
from app.metadata import Metadata, Source
from app.models import BarcodeReader, DetectorModel, ModelVersion, NsfwModel
from app.regions import Regions
from app.revisions import FAILED_BEFORE, Revision, RowFacts, find_reason
from app.texts import path_from_shown, shown_name

NSFW_THRESHOLD = 0.8
"""From this probability a file counts as NSFW, as long as nobody says otherwise."""


class Stage(StrEnum):
    """A step of the analysis of one file, in the order in which the steps run."""

    IDENTIFY = "identify"
    METADATA = "metadata"
    KEYWORDS = "keywords"
    SCORE = "score"
    THUMBNAIL = "thumbnail"
    NSFW = "nsfw"
    BARCODES = "barcodes"
    DETECT = "detect"
    DESCRIBE = "describe"


OPTIONAL = frozenset({Stage.BARCODES, Stage.DETECT, Stage.DESCRIBE})  # only what a person asks for runs them


class StageStatus(StrEnum):
    """How a stage ended for one file."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"  # not asked for, does not apply to this kind, cannot run here, or was fresh already
    NOT_REACHED = "not_reached"  # the file failed or vanished first, or nobody is left who could say


class Outcome(StrEnum):
    """What became of one file in one session."""

    ADDED = "added"
    UPDATED = "updated"
    MOVED = "moved"
    UNCHANGED = "unchanged"  # was processed, and its row stayed as it was
    FAILED = "failed"
    VANISHED = "vanished"

    @property
    def committed(self) -> bool:
        """Whether this outcome wrote something new about the file into the library."""
        return self in (Outcome.ADDED, Outcome.UPDATED, Outcome.MOVED)

    @property
    def taken_in(self) -> bool:
        """Whether the library holds the file as it was on disk."""
        return self.committed or self is Outcome.UNCHANGED


class Skip(StrEnum):
    """Why a discovered file is not processed, in the order in which the reasons apply."""

    FILTERED = "filtered"
    UNSUPPORTED = "unsupported"
    FRESH = "fresh"
    FAILED_BEFORE = "failed_before"
    BEYOND_MAX_FILES = "beyond_max_files"


MAX_PATH_BYTES = 2_600
"""The longest `ROOT/relative` that is taken in: PostgreSQL indexes no more than 2,704 bytes."""
_MAX_NS = 2**63 - 1


def storable_ns(mtime_ns: int) -> int:
    """A time in ns as both databases can hold it: file systems know years that 64 bits do not."""
    return max(-_MAX_NS, min(_MAX_NS, mtime_ns))


class Place(NamedTuple):
    """A file or folder of a media root, there or not.

    `path` is relative to the root, as the bytes of the file system; it is empty for the root itself.
    """

    root: str
    path: bytes = b""

    @classmethod
    def from_shown(cls, shown: str) -> "Place":
        """The place that `shown` names. Raises UnicodeEncodeError for lone surrogates."""
        return cls.from_event(path_from_shown(shown))

    @classmethod
    def from_event(cls, path: bytes) -> "Place":
        """The place that `in_event` names."""
        root, _, relative = path.partition(b"/")
        return cls(root.decode("utf-8", "replace"), relative)

    @property
    def shown(self) -> str:
        """`ROOT/relative` for people, JSON and URLs."""
        return f"{self.root}/{shown_name(self.path)}" if self.path else self.root

    @property
    def in_event(self) -> bytes:
        """`ROOT/relative` as bytes: how the log writes a path, and what files are in the order of."""
        return self.root.encode() + b"/" + self.path

    @property
    def name(self) -> bytes:
        """The last part of the path; empty for the root."""
        return self.path.rpartition(b"/")[2]

    @property
    def shown_name(self) -> str:
        """The last part of the path for people; the root's name for the root."""
        return shown_name(self.name) if self.path else self.root

    @property
    def folder(self) -> "Place":
        """The folder that it lies in; the root for the root."""
        return Place(self.root, self.path.rpartition(b"/")[0])

    def below(self, name: bytes) -> "Place":
        """The file or folder of this name inside this folder."""
        return Place(self.root, self.path + b"/" + name if self.path else name)

    def holds(self, other: "Place") -> bool:
        """Whether `other` is this place or lies below it."""
        return self.root == other.root and (
            not self.path or other.path == self.path or other.path.startswith(self.path + b"/")
        )


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A media file as found on disk, unopened.

    `path` is relative to the root, as the bytes of the file system: it is the file's identity. `size` is in bytes,
    `mtime_ns` in nanoseconds since 1970. `sidecar` is the stamp of the files that speak for this one (`.xmp`,
    `.scores/*.json`): a text that changes when any of them does, empty where there is none.
    """

    root: str
    path: bytes
    size: int
    mtime_ns: int
    sidecar: str = ""

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(self.root, self.path)

    @property
    def name(self) -> bytes:
        """The file's own name."""
        return self.path.rpartition(b"/")[2]

    @property
    def kind(self) -> Kind:
        """The kind that the suffix promises; what the content is, the analysis finds out."""
        format_ = promised(self.name)
        return format_.kind if format_ else Kind.IMAGE

    @property
    def fingerprint(self) -> str:
        """What a failure is remembered with: it changes when the file or its sidecars do."""
        return f"{self.size}:{self.mtime_ns}:{self.sidecar}"

    @property
    def shown(self) -> str:
        """`ROOT/relative/path` as people and JSON see it."""
        return self.place.shown


_BESIDE = ":beside"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which stages exist at which version, to which kinds they apply, and which cannot run here and now.

    A stage whose version is another is pending again, for the files that `revisions` say; that of `nsfw` names the
    weights, and other weights concern every file. `unavailable` maps a stage to one sentence that says why it cannot
    run and what to do about it; `limited` says so of a stage that runs, but not for every kind of file that it is meant
    for. `beside` are the kinds of file of which a stage reads only what lies beside them, because nothing here can look
    inside. `failing` is another text whenever files are taken in that failed before: each of those is tried once more.
    """

    versions: Mapping[Stage, str]
    applies: Mapping[Stage, frozenset[Kind]]
    unavailable: Mapping[Stage, str] = field(default_factory=dict)
    limited: Mapping[Stage, str] = field(default_factory=dict)
    beside: Mapping[Stage, frozenset[Kind]] = field(default_factory=dict)
    nsfw_model: NsfwModel | None = None
    failing: str = ""
    revisions: tuple[Revision, ...] = ()
    barcode_reader: BarcodeReader | None = None
    detector: DetectorModel | None = None
    describer: Describer | None = None

    def version(self, stage: Stage, kind: Kind) -> str:
        """The version at which a stage ends for this kind of file; it says so where the file was not looked into."""
        return self.versions[stage] + (_BESIDE if kind in self.beside.get(stage, ()) else "")

    def current(self, stage: Stage, kind: Kind, version: str) -> bool:
        """Whether a stage that ended at `version` has nothing to add here: what was seen inside a file stays seen."""
        return version in (self.versions[stage], self.version(stage, kind))

    def why_again(
        self, stage: Stage, kind: Kind, mark: Mapping[str, Any] | None, tell: Callable[[], RowFacts]
    ) -> str | None:
        """Why a stage has to run that ended as the mark of a row says; None where that is how it would end now.

        The reason goes on after "because"; it is empty where it need not be told. `tell` looks what the row says of the
        file, if that matters. Versions were numbers before 0.2.
        """
        if mark is None or mark["status"] not in (StageStatus.DONE, StageStatus.FAILED):
            return ""
        version = str(mark["version"])
        if self.current(stage, kind, version):
            return None
        versions = self._since(stage, kind, version)
        if versions and mark["status"] == StageStatus.FAILED:
            return FAILED_BEFORE
        return find_reason(self.revisions, stage, versions, tell) if versions else ""

    def _since(self, stage: Stage, kind: Kind, version: str) -> range:
        """The numbers that a stage has had since a version; none where the two differ in more than their numbers."""
        then, _, rest = version.partition(":")
        for now in (self.versions[stage], self.version(stage, kind)):
            number, _, of_now = now.partition(":")
            if rest == of_now and then.isdecimal() and number.isdecimal():
                return range(int(then) + 1, int(number) + 1)
        return range(0)

    def describing(self, describer: Describer) -> "Recipe":
        """The recipe of a session that lets a model describe pictures: whom is asked what is the stage's version."""
        versions = {**self.versions, Stage.DESCRIBE: f"{self.versions[Stage.DESCRIBE]}:{describer.fingerprint}"}
        unavailable = dict(self.unavailable)
        unavailable.pop(Stage.DESCRIBE, None)
        return replace(self, versions=versions, unavailable=unavailable, describer=describer)

    def failure_version(self, stage: Stage) -> str:
        """The version with which a file is remembered that failed in this stage."""
        return self.versions[stage] + self.failing

    def fails_alike(self, stage: Stage, kind: Kind, version: str) -> bool:
        """Whether a file that failed in a stage at `version` would fail here, too."""
        return version.endswith(self.failing) and self.current(stage, kind, version.removesuffix(self.failing))

    def told(self, wanted: frozenset[Stage]) -> tuple[dict[str, str], dict[str, str]]:
        """`unavailable` and `limited` of the wanted stages, by the stages' names."""
        unavailable, limited = (
            {stage.value: why for stage, why in found.items() if stage in wanted}
            for found in (self.unavailable, self.limited)
        )
        return unavailable, limited

    def complaint(self, stage: Stage) -> str | None:
        """What a stage cannot do here, all of it or a part, as a sentence; None where it can do everything."""
        return self.unavailable.get(stage) or self.limited.get(stage)

    def possible(self, wanted: frozenset[Stage]) -> frozenset[Stage]:
        """The wanted stages that can run here, whatever the kind of file."""
        return frozenset(stage for stage in wanted if stage not in self.unavailable)

    def runnable(self, kind: Kind, wanted: frozenset[Stage]) -> frozenset[Stage]:
        """The wanted stages that apply to this kind of file and can run here."""
        return frozenset(stage for stage in self.possible(wanted) if kind in self.applies[stage])

    def models_in(self, stages: Collection[Stage]) -> list[ModelVersion]:
        """The models that run in these stages."""
        models = {
            Stage.NSFW: self.nsfw_model,
            Stage.BARCODES: self.barcode_reader,
            Stage.DETECT: self.detector,
            Stage.DESCRIBE: self.describer,
        }
        return [model.version for stage, model in models.items() if stage in stages and model is not None]

    def model_in(self, stage: Stage) -> str | None:
        """The name of the model that runs in a stage; None of one that has none."""
        return next((model.name for model in self.models_in([stage])), None)


@dataclass(frozen=True, slots=True)
class Job:
    """One file's order to the analysis.

    `wanted` are the stages to run if the content is not `known_sha256`; `stale` those to run even if it is.
    """

    file: FoundFile
    wanted: frozenset[Stage]
    stale: frozenset[Stage]
    known_sha256: str | None = None
    without_detector: "Failure | None" = None  # how stage detect ends, unrun: workers ended at it


@dataclass(frozen=True, slots=True)
class StageResult:
    """How one stage ended: status, version of the stage, wall time in seconds, and the cause where it failed.

    `model` is the name of the model that looked, of a stage that has one.
    """

    status: StageStatus
    version: str
    seconds: float = 0.0
    cause: str | None = None
    reason: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Stage `identify`. Sizes in pixels as stored (not upright), but square; None of a video that cannot be read.

    `sha256` is 64 hexadecimal digits of the file's bytes. `format` is the name of the format that the content is,
    whatever the suffix says; `notes` are sentences about what is odd (such as a suffix that does not match).
    """

    sha256: str
    kind: Kind
    format: str
    mode: str | None = None
    width: int | None = None
    height: int | None = None
    frames: int = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword (`a|b|c` is a path), its weight, and where it was read."""

    text: str
    source: Source
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """Stage `score`: a person's rating, -1 (rejected) to 5; None is not rated, which is not 0."""

    score: int | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """Stage `thumbnail`: a WebP, upright, and the 64-bit perceptual hash as 16 hex digits.

    It has at most 320 px a side, and 2,048 where a preview was asked for. What was not seen whole has no hash. `sha256`
    is that of the picture itself, 64 hex digits (`pictures/same.py`); None where it is not determined.
    """

    webp: bytes
    phash: str | None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Nsfw:
    """Stage `nsfw`: the highest probability 0..1 of the frames that were looked at, their mean, and their number.

    `model` is the name of the model that gave them. A still picture has one frame. `features` are 1,024 bits, what the
    frame of the highest probability looks like to the model (`nsfw/features.py`); None of weights without medians.
    """

    probability: float
    mean: float
    frames: int
    model: str
    features: bytes | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the analysis found: a section for each stage that was done, or failed but could read a part; else None.

    `to_send` is the picture that stage `describe` shows a provider, as the worker made it; the parent then asks, and
    sets how the stage ended.
    """

    file: FoundFile
    identity: Identity
    stages: Mapping[Stage, StageResult]
    metadata: Metadata | None = None
    keywords: tuple[Keyword, ...] | None = None
    rating: Rating | None = None
    picture: Picture | None = None
    nsfw: Nsfw | None = None
    regions: Regions | None = None  # of stages metadata, barcodes and detect
    to_send: bytes | None = None
    description: Description | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file could not be taken in: the stage, a stable cause and one sentence. `stages` ran before it.

    `version` is that of the stage: the session sets it, since a worker that died could not say it.
    """

    file: FoundFile
    stage: Stage
    cause: str
    reason: str
    stages: Mapping[Stage, StageResult] = field(default_factory=dict)
    version: str | None = None

    @property
    def vanished(self) -> bool:
        """Whether the file was simply gone: that is an outcome of its own, not a failure."""
        return self.cause == "vanished"
