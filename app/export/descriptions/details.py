"""The table of a document: what is known of a file and of the request about it, in the words of people."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from app.currency import money
from app.export.descriptions.described import Described
from app.formats import FORMATS
from app.metadata import DECLARED

MOST_CHARACTERS = 2_000
"""Of a text in the table; what is longer is whole in JSON."""
_TITLES = {format_.name: format_.title for format_ in FORMATS}
_AS_SAID = ("lens_model", "creator", "copyright", "generator", "prompt", "negative_prompt")
_DAYS = {4: "%Y", 7: "%Y-%m", 10: "%Y-%m-%d"}


def details_of(described: Described) -> list[tuple[str, str]]:
    """The rows of the table as label and text: the file first, then how the description came about."""
    return [(label, _cut(text)) for label, text in (*_of_file(described), *_of_run(described)) if text]


def _of_file(described: Described) -> Iterator[tuple[str, str]]:
    facts = described.facts
    yield "File", described.path
    if not facts:
        return
    yield "Taken", in_words(facts["taken_at"])
    yield "Camera", _camera(facts["camera_make"], facts["camera_model"])
    for name in _AS_SAID[:3]:
        yield DECLARED[name].label, facts[name] or ""
    if facts["width"] and facts["height"]:
        yield "Dimensions", f"{facts['width']:,} \N{MULTIPLICATION SIGN} {facts['height']:,} px"
    yield "Size", as_size(facts["size"])
    yield "Format", _TITLES.get(facts["format"], facts["format"])
    for name in _AS_SAID[3:]:
        yield DECLARED[name].label, facts[name] or ""


def _of_run(described: Described) -> Iterator[tuple[str, str]]:
    run = described.run
    yield "Model", f"{run.model} ({run.provider})"
    yield "Template", run.template
    yield "Described", in_words(run.at)
    yield "Cost", "not known" if run.cost is None else money(run.cost)


def in_words(at: str | None) -> str:
    """A moment of ISO 8601 as far as it goes: `3 May 2024, 10:11`, `May 2024`; as it is where it is none."""
    if not at:
        return ""
    with suppress(ValueError):
        if (form := _DAYS.get(len(at))) is not None:
            day = datetime.strptime(at, form)  # noqa: DTZ007 - a day has no zone
            return day.strftime({4: "%Y", 7: "%B %Y"}.get(len(at), f"{day.day} %B %Y"))
        moment = datetime.fromisoformat(at)
        return f"{moment.day} {moment.strftime('%B %Y, %H:%M')}{_zone(moment)}"
    return at


def _zone(moment: datetime) -> str:
    """How far clocks were from UTC, as ` UTC` or ` (+02:00)`; nothing where that is not known."""
    offset = moment.utcoffset()
    if offset is None:
        return ""
    return f" ({moment.isoformat()[-6:]})" if offset else " UTC"


def as_size(size: int) -> str:
    """Bytes as people read them: `2.4 MB`."""
    amount, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 999.5:
            break
        amount, unit = amount / 1_000, larger
    return f"{size:,} {unit}" if unit == "bytes" else f"{amount:.{1 if amount < 100 else 0}f} {unit}"


def _camera(make: Any, model: Any) -> str:
    """Maker and model; the maker once, whose name many models begin with."""
    if make and model and str(model).casefold().startswith(str(make).split()[0].casefold()):
        return str(model)
    return " ".join(str(part) for part in (make, model) if part)


def _cut(text: str) -> str:
    more = len(text) - MOST_CHARACTERS
    return f"{text[:MOST_CHARACTERS].rstrip()}… ({more:,} more characters)" if more > 0 else text
