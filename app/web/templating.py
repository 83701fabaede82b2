"""How pages are made from templates: what every page is handed, and how values read to a person."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.templating import Jinja2Templates

from app import __version__
from app.currency import money
from app.errors import NeedsAttention
from app.ingest.session.parameters import SessionRequest
from app.texts import class_words, counted

if TYPE_CHECKING:
    from app.wiring import House

_templates = Jinja2Templates(directory=Path(__file__).parent / "templates")
# What would break a line, vanish, or turn the reading direction round and so disguise a name; as in words.js.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_JOINERS = (
    "\u200c\u200d"  # are part of the words of many scripts, and of emoji; between letters of Europe they only disguise
)
_JOINED = re.compile(r"[^\x00-\u024f\s]")


_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_THRESHOLD = SessionRequest.model_fields["nsfw_threshold"].default
_STAGES = {
    "extract_metadata": "metadata",
    "extract_keywords": "keywords",
    "import_scores": "scores",
    "generate_thumbnails": "thumbnails",
    "enable_nsfw_detection": "NSFW",
}
_OPTIONAL = {"read_barcodes": "barcodes", "detect_objects": "detection", "describe": "descriptions"}


def show(request: Request, name: str, values: Mapping[str, Any], *, status: int = 200) -> Response:
    """A page: the template of this name with these values."""
    always = {
        "version": __version__,
        "tells_spending": request.app.state.house.tells_spending,
        "anything_proposed": partial(_anything_proposed, request),
    }
    return _templates.TemplateResponse(request, name, {**always, **values}, status_code=status)


def _anything_proposed(request: Request) -> bool:
    """Whether a model proposes anything that nobody has judged: then pages of the library lead there."""
    house: House = request.app.state.house
    try:
        records = house.records_or_none
        return records is not None and records.library.reviews.any_open()
    except NeedsAttention:
        return False  # the page says what is wrong


def show_problem(request: Request, status: int, sentence: str) -> Response:
    """A page that says in one sentence why another is not shown, and the way back."""
    return show(request, "problem.html", {"sentence": sentence, "status": status}, status=status)


def wants_page(request: Request) -> bool:
    """Whether a person asked for a page, and not a program for an answer."""
    path, accepted = request.url.path, request.headers.get("accept", "")
    return request.method == "GET" and not path.startswith(("/api/", "/static/")) and "text/html" in accepted


def readable(text: str) -> str:
    """A path or a text with what cannot be seen in it by its number, such as U+202E, and a line break as ⏎."""
    return _INVISIBLE.sub(_seen, re.sub("\r\n?", "\n", text))


def _seen(found: re.Match[str]) -> str:
    around = found.string[max(found.start() - 1, 0) : found.start()], found.string[found.end() : found.end() + 1]
    if found[0] in _JOINERS and all(map(_JOINED.match, around)):
        return found[0]
    return "⏎" if found[0] == "\n" else f"\u2039U+{ord(found[0]):04X}\u203a"


def when(at: str) -> str:
    """A time of the library for people: `Nov 20, 10:42 UTC`, with the year where it is another one."""
    time = datetime.fromisoformat(at).astimezone(UTC)
    year = "" if time.year == datetime.now(UTC).year else f" {time.year}"
    return f"{time:%b} {time.day}{year}, {time:%H:%M} UTC"


def duration(seconds: float) -> str:
    """A measured time in s: `0.4 s`, `12 s`, `3 min 12 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: int) -> str:
    """A number of bytes, as in `words.js`: `999 B`, `1.5 MB`, `23.4 GB`."""
    power = min((len(str(count)) - 1) // 3, len(_UNITS) - 1)
    scaled = count / 1000**power
    return f"{scaled:.0f} {_UNITS[power]}" if scaled >= 100 or not power else f"{scaled:.1f} {_UNITS[power]}"


def words(code: str) -> str:
    """What a stable code is called: `truncated image`."""
    return class_words(code)


def files_of(parameters: Mapping[str, Any]) -> str:
    """Which files a session is about: what a search finds, or folders, two by name and how many others there are."""
    if parameters.get("q"):
        return f"Search: {readable(parameters['q'])}"
    shown = parameters["directories"]
    names = ", ".join(map(readable, shown[:2]))
    return names if len(shown) < 3 else f"{names} and {counted(len(shown) - 2, 'other folder')}"


def paid(spending: Mapping[str, Any]) -> str:
    """What descriptions of a session cost: `$0.1200 for 12 descriptions`, of which some may have no known cost."""
    answers, unpriced = counted(spending["answers"], "description"), spending.get("unpriced", 0)
    if unpriced and not spending["spent_usd"]:
        return f"{answers} of unknown cost"
    more = f", {unpriced:,} of unknown cost" if unpriced else ""
    return f"{money(spending['spent_usd'])} for {answers}{more}"


def asked(parameters: Mapping[str, Any]) -> list[str]:
    """What a session was asked otherwise than by default, in a few words each."""
    told = ["retry of failed files"] if parameters.get("retry_of") else []
    told += [f"found by {readable(q)}"] if (q := parameters.get("q")) else []
    told += [] if parameters["recursive"] else ["without folders inside"]
    told += [] if parameters["pattern"] == "*" else [readable(parameters["pattern"])]
    told += [f"at least {counted(least, 'byte')}"] if (least := parameters["min_bytes"]) is not None else []
    told += [f"at most {counted(most, 'byte')}"] if (most := parameters["max_bytes"]) is not None else []
    told += [] if parameters["skip_existing"] or parameters.get("retry_of") else ["everything anew"]
    told += [] if parameters["max_files"] is None else [f"at most {counted(parameters['max_files'], 'file')}"]
    told += [] if parameters["workers"] is None else [counted(parameters["workers"], "worker")]
    off = [stage for name, stage in _STAGES.items() if not parameters[name]]
    told += [f"without {', '.join(off)}"] if off else []
    on = [stage for name, stage in _OPTIONAL.items() if parameters.get(name)]  # sessions of older versions have none
    told += [f"with {', '.join(on)}"] if on else []
    threshold = parameters["nsfw_threshold"]
    by_default = not parameters["enable_nsfw_detection"] or threshold == _THRESHOLD
    return told + ([] if by_default else [f"NSFW from {threshold}"])


for _filter in (readable, counted, when, duration, size, words, files_of, paid, asked, money):
    _templates.env.filters[_filter.__name__] = _filter
