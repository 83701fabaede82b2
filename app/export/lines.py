"""A line for each file that is taken away: all that is known of it, or the columns that a table has.

What is not known is None in both.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from itertools import repeat
from typing import Any

from app import reports
from app.errors import InvalidRequest
from app.export.selection import Selection
from app.library.finding.entries import loras_of
from app.library.values import as_file
from app.media import StageStatus
from app.metadata import Source
from app.reports import Line, Report, written
from app.texts import as_json

_AS_KNOWN = (
    "path", "kind", "format", "size", "width", "height", "duration_seconds", "frame_rate", "taken_at",
    "taken_at_precision", "camera_make", "camera_model", "lens_model", "iso", "f_number", "exposure_seconds",
    "focal_length_mm", "latitude", "longitude", "altitude_m", "title", "caption", "creator", "copyright", "label",
    "score",
)  # fmt: skip
_MADE = ("generator", "prompt", "negative_prompt", "prompt_verdict")
_SETTINGS = ("model", "sampler", "seed")
_KEPT = ("sha256", "ingested_at", "updated_at", "missing_at", "session_id")
COLUMNS = (
    *_AS_KNOWN, "keywords", "is_nsfw", "nsfw_probability", *_MADE, *_SETTINGS, "steps", "cfg", "loras", *_KEPT,
    "incomplete",
)  # fmt: skip
"""The columns of CSV and XLSX, named as in `GET /api/library/file`; settings of AI images stand by themselves."""
_BETWEEN = "; "


class ExportFormat(StrEnum):
    """How what a search finds is taken away."""

    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"
    IMAGEFOLDER = "imagefolder"

    @property
    def media_type(self) -> str:
        """The media type of an answer in this format."""
        return "application/zip" if self is ExportFormat.IMAGEFOLDER else reports.Format(self.value).media_type

    @property
    def file_name(self) -> str:
        """The name of the file that an answer is offered as."""
        return f"media-ingest.{'zip' if self is ExportFormat.IMAGEFOLDER else self.value}"


def check_room(format_: ExportFormat, files: int) -> None:
    """Raises InvalidRequest for more files than the format can hold."""
    if format_ is ExportFormat.XLSX and files > reports.MAX_LINES_OF_A_SHEET:
        sentence = f"A sheet of XLSX holds {reports.MAX_LINES_OF_A_SHEET:,} files, and these are {files:,}: take CSV."
        raise InvalidRequest(sentence, field="format", cause="too_many_rows")


def pieces(format_: ExportFormat, selection: Selection) -> Iterator[bytes]:
    """The selection as CSV, JSON Lines or XLSX, piece by piece."""
    of_all = format_ is ExportFormat.JSONL
    lines = map(whole if of_all else flat, selection.rows(), repeat(selection.threshold))
    report = Report(() if of_all else COLUMNS, lines, sheet="Search", sums=lambda: selection.sums)
    return written(reports.Format(format_.value), report)


def whole(row: dict[str, Any], threshold: float | None) -> Line:
    """What `GET /api/library/file` tells of a row, without the tags as read."""
    known = as_file(row, threshold)
    del known["raw"]
    return known


def flat(row: dict[str, Any], threshold: float | None) -> Line:
    """A row in the `COLUMNS`; texts that are several stand in one, with `; ` between them."""
    line = columns_of(row, threshold)
    return {**line, "keywords": _joined(line["keywords"]), "loras": _joined(line["loras"])}


def columns_of(row: dict[str, Any], threshold: float | None) -> dict[str, Any]:
    """A row in the `COLUMNS`, each of which has one type: a list of texts for `keywords` and `loras`.

    The keywords of a negative prompt are none of the file.
    """
    known = as_file(row, threshold)
    generation: Mapping[str, Any] = known["generation"] or {}
    words = (word["text"] for word in known["keywords"] if word["source"] != Source.NEGATIVE_PROMPT)
    steps, cfg = _number(generation.get("steps")), _number(generation.get("cfg"))
    return {
        **{name: known[name] for name in _AS_KNOWN},
        "keywords": list(dict.fromkeys(words)),
        "is_nsfw": known["is_nsfw"],
        "nsfw_probability": known["nsfw_probability"],
        **{name: known[name] for name in _MADE},
        **{name: _text(generation.get(name)) for name in _SETTINGS},
        "steps": None if steps is None else round(steps),
        "cfg": cfg,
        "loras": loras_of(generation),
        **{name: known[name] for name in _KEPT},
        "incomplete": any(mark["status"] == StageStatus.FAILED for mark in known["stages"].values()),
    }


def _joined(texts: list[str]) -> str | None:
    return _BETWEEN.join(texts) or None


def _text(value: Any) -> str | None:
    """A setting as text: seeds are larger than the numbers of many programs."""
    return value if value is None or isinstance(value, str) else as_json(value)


def _number(value: Any) -> float | None:
    """A setting as a number; None for any other one, and for a whole number that no column of numbers takes."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    with suppress(OverflowError):
        return float(value)
    return None
