"""What a search decides by of one file: an entry, made of its row. Pure.

It holds nothing that the row does not say, and is small, while a row holds all that was read from the file.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from typing import Any, NamedTuple

from app.formats import FORMATS, Kind
from app.library.values import upright_size
from app.media import Place, Stage, StageStatus
from app.metadata import Source

_RAW = frozenset(format_.name for format_ in FORMATS if format_.raw)
_FILMS = frozenset(format_.name for format_ in FORMATS if format_.film)
_DAMAGE = frozenset(("truncated_image", "damaged_image", "damaged_video"))
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


class Entry(NamedTuple):
    """One file as a search sees it; None is what is not known.

    Times are milliseconds since 1970: `taken` as the clock of the camera showed it, the others in UTC. `width`
    and `height` are pixels as seen upright; `size` is bytes; `duration` and `exposure` seconds; `focal` millimetres.
    `folder` is `ROOT/relative` as shown. `ran` has two bits for each of `STAGES`: 0 done or not for this kind of file,
    1 failed, 2 not run.
    """

    taken: int | None
    added: int
    updated: int
    size: int
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
    lens: str | None
    generator: str | None
    model: str | None
    sampler: str | None
    verdict: str | None
    label: str | None
    session: str | None
    keyword: list[str]
    lora: list[str]


ROW_COLUMNS = (
    *("root", "folder", "name", "size", "kind", "format", "width", "height", "orientation", "frames"),
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
    *("title", "caption", "creator", "label", "sources", "score", "score_source", "nsfw_probability"),
    *("generator", "prompt", "negative_prompt", "prompt_verdict", "generation"),
    *("stages", "phash", "pair_id", "session_id", "missing_at"),
)
"""The columns of a row that its entry is made of."""

STAGES = (Stage.METADATA, Stage.KEYWORDS, Stage.SCORE, Stage.THUMBNAIL, Stage.NSFW)
FAILED, NOT_RUN = 1, 2


def entry_of(row: Mapping[str, Any], keywords: Iterable[tuple[str, str]]) -> Entry:
    """The entry of a row and its keywords as `(text, source)`; those that a prompt warns of are none of the file."""
    width, height = upright_size(row)
    generation = row["generation"] or {}
    words = [(text, source) for text, source in keywords if source != Source.NEGATIVE_PROMPT]
    spoken = any(source == Source.PERSON for _, source in words)
    return Entry(
        taken=clock_ms(row["taken_at"]),
        added=in_ms(datetime.fromisoformat(row["ingested_at"])),
        updated=in_ms(datetime.fromisoformat(row["updated_at"])),
        size=row["size"],
        width=width,
        height=height,
        duration=row["duration_seconds"],
        exposure=row["exposure_seconds"],
        f=row["f_number"],
        iso=row["iso"],
        focal=row["focal_length_mm"],
        score=row["score"],
        nsfw=row["nsfw_probability"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        marks=_marks(row, generation, spoken=spoken),
        ran=_ran(row["stages"]),
        pair=row["pair_id"],
        name=row["name"],
        root=row["root"],
        folder=Place(row["root"], row["folder"]).shown,
        kind=row["kind"],
        format=row["format"],
        camera=camera_of(row),
        lens=row["lens_model"],
        generator=row["generator"],
        model=_text(generation.get("model")),
        sampler=_text(generation.get("sampler")),
        verdict=row["prompt_verdict"],
        label=row["label"],
        session=row["session_id"],
        keyword=sorted({text for text, _ in words}),
        lora=loras_of(generation),
    )


def camera_of(row: Mapping[str, Any]) -> str | None:
    """Maker and camera in one text, the maker once: many models begin with it."""
    make, model = row["camera_make"], row["camera_model"]
    if not make or not model:
        return model or make or None
    return model if model.casefold().startswith(make.split()[0].casefold()) else f"{make} {model}"


def loras_of(generation: Mapping[str, Any]) -> list[str]:
    """The names of the LoRAs that a picture was made with, each once, in their order."""
    listed = generation.get("loras")
    named = [one.get("name") if isinstance(one, Mapping) else one for one in listed] if isinstance(listed, list) else []
    return list(dict.fromkeys(text for one in named if (text := _text(one))))


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


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and str(value) else None


def _marks(row: Mapping[str, Any], generation: Mapping[str, Any], *, spoken: bool) -> int:
    stages = row["stages"].values()
    spoken = spoken or row["score_source"] == Source.PERSON or Source.PERSON in (row["sources"] or {}).values()
    failed = [mark.get("cause") for mark in stages if mark["status"] == StageStatus.FAILED]
    found = {
        Mark.MISSING: row["missing_at"],
        Mark.INCOMPLETE: failed,
        Mark.PERSON: spoken,
        Mark.RAW: row["format"] in _RAW,
        Mark.ANIMATED: row["kind"] == Kind.IMAGE and row["frames"] > 1 and row["format"] in _FILMS,
        Mark.LIVE: row["pair_id"] or row["embedded_video_bytes"],
        Mark.DAMAGED: _DAMAGE.intersection(failed),
        Mark.THUMBNAIL: row["phash"],
        Mark.TITLE: row["title"],
        Mark.CAPTION: row["caption"],
        Mark.CREATOR: row["creator"],
        Mark.PROMPT: row["prompt"],
        Mark.NEGATIVE: row["negative_prompt"],
        Mark.SEED: generation.get("seed") is not None,
    }
    return sum(mark for mark, there in found.items() if there)


def _ran(stages: Mapping[str, Mapping[str, Any]]) -> int:
    ran = 0
    for place, stage in enumerate(STAGES):
        status = stages.get(stage, {}).get("status")
        ran |= (FAILED if status == StageStatus.FAILED else NOT_RUN if status is None else 0) << (2 * place)
    return ran
