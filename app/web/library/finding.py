"""Finding files over HTTP: pages of what a search finds, its facets, its timeline."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from typing_extensions import TypedDict

from app.errors import BadCursor, InvalidRequest
from app.library.finding.counting import (
    Coverage,
    Facet,
    FolderCount,
    Period,
    PeriodCount,
    ValueCount,
    coverage_in_words,
)
from app.library.finding.entries import from_ms, in_ms
from app.library.finding.finder import nsfw_checked, page
from app.library.finding.listing import FoundFile
from app.library.finding.orders import Key, Sort
from app.library.finding.pairing import Pairs
from app.query.completing import completions
from app.query.printing import term
from app.query.reading import MAX_CHARACTERS, read
from app.query.tree import Node
from app.query.words import fold, fold_path, natural
from app.shapes import described
from app.web.answers import Answer, Route, refuses
from app.web.cursors import cursor_of, values_in
from app.web.depends import Cursor, InHouse, InRecords, Limit, only_known
from app.web.templating import show

router = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])
_MAX_ROWS = 2**31
_OFFERED = 12
_LAST_MS = in_ms(datetime.max.replace(tzinfo=UTC))
"""The last moment that can be told as a date; no file was added before 1970."""


@described
class FoundFiles(TypedDict):
    """A page of the files that a search finds."""

    files: list[FoundFile]
    """In order: by the key, then by when they were taken in; those without a value last."""
    next: str | None
    """The cursor of the next page; null on the last."""
    total: int
    """Files found in all, without those in `paired`."""
    paired: int
    """Files found for which another one stands, with `pairs=one`."""
    total_is: Literal["exact", "counting"]
    """Whether `total` is all of them."""
    until: str
    """When the newest file was added that the answer knows of; sent back, the list stays as it is, ISO 8601 in UTC."""
    new_files: int
    """Files found that were added after `until`, and are not in the list."""
    nsfw_checked: int
    """Files of the whole library that have an NSFW probability."""
    coverage: Coverage
    """How much of the library the answer speaks for."""
    coverage_in_words: str
    """That as a sentence."""


@refuses("bad_query")
def query_of(
    q: Annotated[str, Query(description="A search, as in docs/search.md; empty for everything.")] = "",
) -> Node:
    """The search that is asked for. Raises QueryError."""
    return read(q)


Searched = Annotated[Node, Depends(query_of)]
Direction = Annotated[Literal["asc", "desc"], Query(description="In which direction.")]
Together = Annotated[
    Pairs,
    Query(description="Of a Live Photo, or of RAW and JPEG of one name and second: `both`, or the `one` in front."),
]

pages = APIRouter(route_class=Route, dependencies=[only_known], include_in_schema=False)


@pages.get("/library")
def show_library(
    request: Request, house: InHouse, q: str = "", sort: str = "", order: str = "", size: str = "", filters: str = ""
) -> Response:
    """Shows what a search finds; the script reads the rest of the address."""
    del sort, order, size, filters
    return show(request, "library.html", {"q": q, "describes": bool(house.offer().providers)})


@router.get("/files")
@refuses("bad_cursor")
def found_files(
    records: InRecords,
    query: Searched,
    sort: Annotated[Sort, Query(description="What they are in the order of.")] = Sort.TAKEN,
    order: Direction = "desc",
    cursor: Cursor = None,
    offset: Annotated[int, Query(ge=0, le=_MAX_ROWS, description="Files to leave out, instead of a cursor.")] = 0,
    until: Annotated[datetime | None, Query(description="`until` of an answer: newer files are only counted.")] = None,
    limit: Limit = 100,
    pairs: Together = Pairs.BOTH,
) -> Answer[FoundFiles]:
    """Lists the files that a search finds, page by page, or from any number of files on."""
    if cursor is not None and offset:
        raise InvalidRequest("Ask by a cursor or by an offset, not by both.", field="offset")
    finder, threshold, descending = records.library.finder, records.library.nsfw_threshold(), order == "desc"
    newest = None if until is None else min(max(in_ms(until), 0), _LAST_MS)
    found = finder.found(query, sort, descending=descending, threshold=threshold, until=newest, pairs=pairs)
    start = offset if cursor is None else _start_of(cursor, sort, order)
    ids, last, total = page(found, sort, descending=descending, start=start, limit=limit)
    covered = finder.coverage(found, query)
    return Answer(
        {
            "files": finder.files(found.snapshot, ids, threshold, query),
            "next": None if last is None else _cursor_of(last, sort, order),
            "total": total,
            "paired": found.paired,
            "total_is": "counting" if found.snapshot.behind else "exact",
            "until": from_ms(found.until),
            "new_files": found.newer,
            "nsfw_checked": nsfw_checked(found.snapshot),
            "coverage": covered,
            "coverage_in_words": coverage_in_words(covered),
        }
    )


@router.get("/facets")
def facets(
    records: InRecords,
    query: Searched,
    fields: Annotated[str, Query(description="Names of facets, joined by commas; all without it.")] = "",
    limit: Limit = 100,
) -> Answer[dict[str, list[ValueCount]]]:
    """Counts the files that a search finds by their values, most first, at most `limit` values of each."""
    asked = [_facet(name) for name in fields.split(",")] if fields else [*Facet]
    counts = records.library.finder.counts(query, asked, records.library.nsfw_threshold(), limit)
    return Answer({facet.value: values for facet, values in counts.items()})


@described
class FolderCounts(TypedDict):
    """A page of the folders directly in one."""

    folders: list[FolderCount]
    """By name, `2` before `10`; without those that no file found lies in."""
    next: str | None
    """The cursor of the next page; null on the last."""
    total: int
    """Folders on all pages."""


@router.get("/folders")
def folders(
    records: InRecords,
    query: Searched,
    inside: Annotated[str | None, Query(description="`ROOT/relative` of a folder; the roots without it.")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Answer[FolderCounts]:
    """Counts the files that a search finds by the folders directly in one, each with all that is below it."""
    finder, threshold = records.library.finder, records.library.nsfw_threshold()
    all_of_them = finder.folders(query, inside, threshold)
    last = natural(fold_path(cursor or ""))
    to_come = [one for one in all_of_them if natural(fold_path(one["path"])) > last]
    page_of = to_come[:limit]
    more = page_of[-1]["path"] if len(to_come) > limit else None
    return Answer({"folders": page_of, "next": more, "total": len(all_of_them)})


@described
class Candidate(TypedDict):
    """What may be written."""

    text: str
    """As it is written."""
    files: int | None
    """How many files have the value; null of what is no value of the library."""


@described
class Completions(TypedDict):
    """What may be written in a search in place of the characters from `start` up to `end`."""

    start: int
    """Characters (code points) from 0."""
    end: int
    """Characters from 0; the first one that stays."""
    values: list[Candidate]
    """Those of most files first."""


@router.get("/completions")
def complete(
    records: InRecords,
    q: Annotated[str, Query(max_length=MAX_CHARACTERS, description="A search that is being written.")] = "",
    at: Annotated[int, Query(ge=0, le=MAX_CHARACTERS, description="The place that is written at.")] = MAX_CHARACTERS,
) -> Answer[Completions]:
    """Offers what may come where a search is being written: fields, and the values that the library has."""
    found = completions(q, at)
    values: list[Candidate] = [{"text": text, "files": None} for text in found.candidates[:_OFFERED]]
    if found.field and not values:
        typed = fold(q[found.start : at].strip('"'))
        known = records.library.finder.values_like(found.field, typed, _OFFERED)
        values = [{"text": _value(found.field, str(one["value"])), "files": one["files"]} for one in known]
    return Answer({"start": found.start, "end": found.end, "values": values})


def _value(field: str, value: str) -> str:
    """A value as a term has it, without the field and its sign."""
    return term(field, value)[len(field) + 1 :]


@router.get("/timeline")
def timeline(
    records: InRecords,
    query: Searched,
    by: Annotated[Period, Query(description="How long an element is.")] = Period.MONTH,
    pairs: Together = Pairs.BOTH,
) -> Answer[list[PeriodCount]]:
    """Counts the files that a search finds by when they were taken, oldest first, those without a date last."""
    return Answer(records.library.finder.timeline(query, by, records.library.nsfw_threshold(), pairs))


def _facet(name: str) -> Facet:
    try:
        return Facet(name)
    except ValueError:
        sentence = f"There is no facet {name!r}: the facets are {', '.join(Facet)}."
        raise InvalidRequest(sentence, field="fields") from None


def _cursor_of(last: tuple[Key, int], sort: Sort, order: str) -> str:
    key, number = last
    shown = key.decode("utf-8", "surrogatepass") if isinstance(key, bytes) else key
    return cursor_of(sort, order, shown, number)


def _start_of(cursor: str, sort: Sort, order: str) -> tuple[Key, int]:
    """Where a page begins. Raises BadCursor for one that was not given with this sort and order."""
    of_sort, of_order, key, number = values_in(cursor, 4)
    text = sort is Sort.NAME
    if (of_sort, of_order) != (sort, order) or type(number) is not int or isinstance(key, str) is not text:
        raise BadCursor
    if not isinstance(key, str | int | float | None) or isinstance(key, bool):
        raise BadCursor
    return (key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key), number
