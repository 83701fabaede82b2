"""What a search decides by of one file: an entry, made of its row. Pure.

It holds nothing that the row does not say, and is small, while a row holds all that was read from the file.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from functools import lru_cache
from typing import Any, NamedTuple

from app.errors import DAMAGE_CAUSES
from app.formats import FORMATS, Kind
from app.library.describing.proposing import KEYWORD
from app.library.regions.things import things_in
from app.library.values import has_thumbnail, is_turned
from app.media import Stage, StageStatus
from app.metadata import Source
from app.regions import NO_REGIONS, Regions
from app.texts import shown_name

_RAW = frozenset(format_.name for format_ in FORMATS if format_.raw)
_FILMS = frozenset(format_.name for format_ in FORMATS if format_.film)
_PERSON = f'"{Source.PERSON.value}"'
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTH, _DAY = len("2026-07"), len("2026-07-04")


class Mark(IntFlag):
    """What is or is not the case with a file, one bit each."""

    MISSING = 1
    INCOMPLETE = 2  # a stage failed
    PERSON = 4  # a person said something of it
    RAW = 8
    ANIMATED = 16  # a picture that moves
    LIVE = 32  # half of a Live Photo, or a motion photo
    DAMAGED = 64
    DESCRIBED = 128
    THUMBNAIL = 256
    TITLE = 512
    CAPTION = 1024
    CREATOR = 2048
    PROMPT = 4096
    NEGATIVE = 8192
    SEED = 16384
    SAID_SAFE = 32768  # a person's word: not NSFW
    SAID_NSFW = 65536
    LOOKED = 131072  # a source that lists all it sees has looked for regions
    IN_PART = 262144  # such a source could not place all that it names
    DETECTED = 524288  # a detector has looked, for the labels that it knows
    PROPOSED = 1048576  # a model proposes something, and nobody has judged it
    DESCRIBE_FAILED = 2097152


class Entry(NamedTuple):
    """One file as a search sees it; None is what is not known.

    Times are milliseconds since 1970: `taken` as the clock of the camera showed it, the others in UTC. `width`
    and `height` are pixels as seen upright; `size` is bytes; `duration` and `exposure` seconds; `focal` millimetres.
    `folder` is `ROOT/relative` as shown, and so is `camera`; `camera_in_full` is maker and model as they were read.
    `sha256` is the first 64 bits of it, `phash` all 64 of it, 0 where there is none; `picture` the first 64 bits of
    `picture_sha256`, `NO_PICTURE` where that is not determined, 0 where it was not tried. `region` and `region_kind`
    have the label and the kind of each thing (`things_in`); `judged` have a confidence, and `sure` is the sum of these.
    `proposed` are the keywords that models propose.
    `ran` has two bits for each of `STAGES`: 0 done or not for this kind of file, 1 failed, 2 not run.
    """

    taken: int | None
    added: int
    updated: int
    size: int
    sha256: int
    phash: int
    picture: int
    width: int | None
    height: int | None
    duration: float | None
    exposure: float | None
    f: float | None
    iso: float | None
    focal: float | None
    score: int | None
    nsfw: float | None
    latitude: float | None
    longitude: float | None
    marks: int
    ran: int
    pair: int | None
    name: str
    root: str
    folder: str
    kind: str
    format: str
    camera: str | None
    camera_in_full: str | None
    lens: str | None
    generator: str | None
    model: str | None
    sampler: str | None
    verdict: str | None
    label: str | None
    session: str | None
    keyword: list[str]
    lora: list[str]
    region: Sequence[str] = ()
    region_kind: Sequence[str] = ()
    sure: float = 0.0
    judged: int = 0
    proposed: Sequence[str] = ()


ROW_COLUMNS = (
    *("root", "folder", "name", "size", "sha256", "kind", "format", "width", "height", "orientation", "frames"),
    *(
        "taken_at",
        "ingested_at",
        "updated_at",
        "duration_seconds",
        "exposure_seconds",
        "f_number",
        "iso",
        "focal_length_mm",
    ),
    *("camera_make", "camera_model", "lens_model", "latitude", "longitude", "embedded_video_bytes"),
    *("title", "caption", "creator", "label", "sources", "score", "score_source"),
    *("nsfw_probability", "nsfw_said"),
    *("generator", "prompt", "negative_prompt", "prompt_verdict", "generation"),
    *("stages", "phash", "picture_sha256", "pair_id", "session_id", "missing_at"),
)
"""The columns of a row that its entry is made of."""

STAGES = (Stage.METADATA, Stage.KEYWORDS, Stage.SCORE, Stage.THUMBNAIL, Stage.NSFW)
FAILED, NOT_RUN = 1, 2
DIGITS = 16
"""Of a SHA-256, those that its entry has: among ten million files, no two that differ share them but by a miracle."""
NO_PICTURE = 1
"""Stands for the hash of a picture where it is not determined."""


def entry_of(
    row: Any,
    keywords: Iterable[tuple[str, str]],
    regions: Regions = NO_REGIONS,
    proposed: Collection[tuple[str, str]] = (),
) -> Entry:
    """The entry of a row, with ROW_COLUMNS as attributes, of its keywords as `(text, source)`, and of its regions.

    Of the columns that are JSON it is given the text. Keywords that a prompt warns of are none of the file. `proposed`
    are open proposals of models, as `(field, text)`.
    """
    generation = json.loads(row.generation) if row.generation else {}
    words = [(text, source) for text, source in keywords if source != Source.NEGATIVE_PROMPT]
    ran, causes, marks = _ends(row.stages)
    said = row.score_source == Source.PERSON or row.nsfw_said is not None or _PERSON in row.sources
    spoken = said or any(source == Source.PERSON for _, source in words)
    things = [thing.region for thing in things_in(regions.found)]
    size = (row.height, row.width) if is_turned(row.orientation, row.format) else (row.width, row.height)
    return Entry(
        clock_ms(row.taken_at),
        in_ms(datetime.fromisoformat(row.ingested_at)),
        in_ms(datetime.fromisoformat(row.updated_at)),
        row.size,
        int(row.sha256[:DIGITS], 16),
        int(row.phash or "0", 16),
        _picture(row.picture_sha256),
        *size,
        row.duration_seconds,
        row.exposure_seconds,
        row.f_number,
        row.iso,
        row.focal_length_mm,
        row.score,
        row.nsfw_probability,
        row.latitude,
        row.longitude,
        _marks(row, generation, causes, spoken=spoken)
        | marks
        | (Mark.PROPOSED.value if proposed else 0)
        | (Mark.LOOKED.value if regions.looked_whole else 0)
        | (Mark.IN_PART.value if regions.in_part else 0)
        | (Mark.DETECTED.value if regions.detected else 0),
        ran,
        row.pair_id,
        row.name,
        row.root,
        shown_folder(row.root, row.folder),
        row.kind,
        row.format,
        camera_of(row.camera_make, row.camera_model),
        " ".join(filter(None, (row.camera_make, row.camera_model))) or None,
        row.lens_model,
        row.generator,
        text_of(generation.get("model")),
        text_of(generation.get("sampler")),
        row.prompt_verdict,
        row.label,
        row.session_id,
        sorted({text for text, _ in words}),
        loras_of(generation),
        [one.label for one in things],
        [one.kind for one in things],
        sum(one.confidence for one in things if one.confidence is not None),
        sum(one.confidence is not None for one in things),
        sorted({text for field, text in proposed if field == KEYWORD}),
    )


def _picture(sha256: str | None) -> int:
    return 0 if sha256 is None else int(sha256[:DIGITS], 16) if sha256 else NO_PICTURE


@lru_cache(maxsize=1_024)
def shown_folder(root: str, folder: bytes) -> str:
    """A folder as `ROOT/relative`, as shown."""
    return f"{root}/{shown_name(folder)}" if folder else root


@lru_cache(maxsize=1_024)
def camera_of(make: str | None, model: str | None) -> str | None:
    """Maker and camera in one text, the maker once: many models begin with it."""
    if not make or not model:
        return model or make or None
    return model if model.casefold().startswith(make.split()[0].casefold()) else f"{make} {model}"


def loras_of(generation: Mapping[str, Any]) -> list[str]:
    """The names of the LoRAs that a picture was made with, each once, in their order."""
    listed = generation.get("loras")
    named = [one.get("name") if isinstance(one, Mapping) else one for one in listed] if isinstance(listed, list) else []
    return list(dict.fromkeys(text for one in named if (text := text_of(one))))


def clock_ms(at: str | None) -> int | None:
    """A time of taking as the clock of the camera showed it, in ms since 1970; a month or day alone begins there."""
    if not at:
        return None
    whole = {4: f"{at}-01-01", _MONTH: f"{at}-01", _DAY: at}.get(len(at), at)
    try:
        read = datetime.fromisoformat(whole)
    except ValueError:
        return None
    return in_ms(read.replace(tzinfo=UTC))


def in_ms(at: datetime) -> int:
    """Milliseconds since 1970 of a time, which is in UTC where it says no zone."""
    since = (at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000 + since.microseconds // 1_000


def from_ms(ms: int) -> str:
    """The time as ISO 8601 in UTC, to the millisecond."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")


def text_of(value: Any) -> str | None:
    """A setting as a text, so that a seed keeps all its digits; None for anything but a text or whole number."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() else None


def _marks(row: Any, generation: Mapping[str, Any], causes: frozenset[str], *, spoken: bool) -> int:
    animated = row.frames > 1 and row.kind == Kind.IMAGE and row.format in _FILMS
    return (
        (Mark.MISSING.value if row.missing_at else 0)
        | (Mark.INCOMPLETE.value if causes else 0)
        | (Mark.PERSON.value if spoken else 0)
        | (Mark.RAW.value if row.format in _RAW else 0)
        | (Mark.ANIMATED.value if animated else 0)
        | (Mark.LIVE.value if row.pair_id or row.embedded_video_bytes else 0)
        | (Mark.DAMAGED.value if causes and DAMAGE_CAUSES & causes else 0)
        | (Mark.THUMBNAIL.value if row.phash else 0)
        | (Mark.TITLE.value if row.title else 0)
        | (Mark.CAPTION.value if row.caption else 0)
        | (Mark.CREATOR.value if row.creator else 0)
        | (Mark.PROMPT.value if row.prompt else 0)
        | (Mark.NEGATIVE.value if row.negative_prompt else 0)
        | (Mark.SEED.value if generation.get("seed") is not None else 0)
        | (0 if row.nsfw_said is None else Mark.SAID_NSFW.value if row.nsfw_said else Mark.SAID_SAFE.value)
    )


@lru_cache(maxsize=1_024)
def _ends(stages: str) -> tuple[int, frozenset[str], int]:
    """What `ran` says of the stages of a row, the causes of those that failed, and the marks that follow from them.

    Most rows have the same text.
    """
    ran, ends = 0, json.loads(stages)
    for place, stage in enumerate(STAGES):
        status = ends.get(stage, {}).get("status")
        ran |= (FAILED if status == StageStatus.FAILED else NOT_RUN if status is None else 0) << (2 * place)
    causes = frozenset(str(m.get("cause")) for m in ends.values() if m["status"] == StageStatus.FAILED)
    marks = Mark.THUMBNAIL.value if has_thumbnail(None, ends) else 0
    match ends.get(Stage.DESCRIBE, {}).get("status"):
        case StageStatus.DONE:
            marks |= Mark.DESCRIBED.value
        case StageStatus.FAILED:
            marks |= Mark.DESCRIBE_FAILED.value
    return ran, causes, marks
