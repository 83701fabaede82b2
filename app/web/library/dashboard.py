"""The page of the library's totals: each number leads to its list. It is read without a script.

A script only fetches the page again and puts in what is new, so that each number is written in one place.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.errors import QueryError
from app.library.finding.counting import ValueCount
from app.library.finding.summing import NsfwTenth
from app.library.values import now
from app.query.printing import term, with_term, written
from app.query.reading import read
from app.query.tree import EVERYTHING, Node
from app.texts import class_words
from app.web.activity import address
from app.web.answers import Route
from app.web.depends import InHouse, only_known
from app.web.library.summary import LibrarySums, library_sums, of_root
from app.web.templating import show

router = APIRouter(route_class=Route, dependencies=[only_known], include_in_schema=False)
REFRESHES = (0, 5, 10, 30, 60)
"""How often the page looks by itself, in s; 0 is never."""
_LEAST_WIDTH = 0.5
_SCORES: Mapping[object, str] = {None: "Not rated", -1: "Rejected"}
_VERDICTS = {"parsed": "Understood", "partly": "Partly understood", "raw_only": "Kept as text"}


class Bar(NamedTuple):
    """A line of a list: what is counted, how many files, how wide its bar is in percent, and where its list is."""

    label: str
    files: int
    width: float
    address: str


@router.get("/dashboard")
def show_dashboard(
    request: Request,
    house: InHouse,
    root: Annotated[str, Query()] = "",
    q: Annotated[str, Query()] = "",
    refresh: Annotated[str, Query()] = "",
) -> Response:
    """Shows the totals of the library, of a root, or of what a search finds."""
    every = next((seconds for seconds in REFRESHES if refresh == str(seconds)), 0)
    asked = {"root": root, "q": q, "refresh": every, "refreshes": REFRESHES, "roots": sorted(house.folders.roots)}
    try:
        query = read(q)
    except QueryError as error:
        at = error.position
        return show(
            request,
            "dashboard.html",
            {**asked, "problem": error.sentence, "parts": (q[:at], q[at : at + 1], q[at + 1 :])},
        )
    currency = house.settings.ingest_currency
    sums = library_sums(house.records, query, root, currency)
    values = {
        "sums": sums,
        "found": partial(library_address, of_root(query, root)),
        "found_in": lambda name, added="": library_address(of_root(query, name), added),
        "failures": lambda name: address("/failures", {"root": name}),
        "sessions": lambda name: address("/sessions", {"root": name}),
        "here": lambda name: address("/dashboard", {"root": name, "q": q, "refresh": str(every or "")}),
        "bars": _bars(sums, of_root(query, root), root),
        "nothing": not (sums["files"] or sums["missing"] or sums["failures"] or sums["runs"]),
        "currency": currency,
        "narrowed": bool(root or query != EVERYTHING),
        "at": now(),
    }
    return show(request, "dashboard.html", asked | values)


def library_address(query: Node, added: str = "") -> str:
    """Where what a query finds is listed, narrowed by another term."""
    return address("/library", {"q": with_term(query, added) if added else written(query)})


def _bars(sums: LibrarySums, query: Node, root: str) -> dict[str, list[Bar]]:
    scores = [one for one in reversed(sums["scores"]) if one["value"] is not None]
    scores += [one for one in sums["scores"] if one["value"] is None]
    return {
        "failures": _as_bars(
            [
                (class_words(cause).capitalize(), files, address("/failures", {"cause": cause, "root": root}))
                for cause, files in (sums["failures"] or {}).items()
            ]
        ),
        "days": _lines(query, [(str(one["at"]), one["files"], f"added:{one['at']}") for one in sums["added_by_day"]]),
        "scores": _lines(query, [(_score(one), one["files"], term("score", _text(one))) for one in scores]),
        "nsfw": _lines(
            query,
            [(label.capitalize(), files, f"nsfw:{label}") for label, files in _labels(sums)],
        ),
        "tenths": _lines(query, [(_tenth(one), one["files"], _between(one)) for one in sums["nsfw"]["spread"]]),
        "keywords": _lines(query, _of("keyword", sums["keywords"])),
        "cameras": _lines(query, _of("camera", sums["cameras"])),
        "models": _lines(query, _of("model", sums["models"])),
        "prompts": _lines(
            query, [(_VERDICTS.get(name, name), files, f"verdict:{name}") for name, files in sums["prompts"].items()]
        ),
    }


def _lines(query: Node, counted: Iterable[tuple[str, int, str]]) -> list[Bar]:
    """The lines of a list, from what each is called, its files and the term that finds them."""
    return _as_bars([(label, files, library_address(query, added)) for label, files, added in counted])


def _as_bars(lines: Sequence[tuple[str, int, str]]) -> list[Bar]:
    """Lines with their addresses as bars; the longest is of most files."""
    most = max((files for _, files, _ in lines), default=0) or 1
    return [Bar(label, files, _width(files / most), where) for label, files, where in lines]


def _width(part: float) -> float:
    """In percent; a few of very many can still be seen."""
    return max(round(100 * part, 2), _LEAST_WIDTH) if part else 0


def _of(field: str, values: Iterable[ValueCount]) -> list[tuple[str, int, str]]:
    return [(str(one["value"]), one["files"], term(field, str(one["value"]))) for one in values]


def _score(one: ValueCount) -> str:
    return _SCORES.get(one["value"], f"★ {one['value']}")


def _text(one: ValueCount) -> str | None:
    return None if one["value"] is None else str(one["value"])


def _labels(sums: LibrarySums) -> list[tuple[str, int]]:
    nsfw = sums["nsfw"]
    return [("no", nsfw["no"]), ("yes", nsfw["yes"]), ("unknown", nsfw["unknown"])]


def _tenth(one: NsfwTenth) -> str:
    return f"{one['low']:.1f}\N{EN DASH}{one['high']:.1f}"


def _between(one: NsfwTenth) -> str:
    """The term of a tenth; the last has no end, because 1 belongs to it."""
    return f"nsfw>={one['low']}" + ("" if one["high"] >= 1 else f" nsfw<{one['high']}")
