"""Duplicates over HTTP: groups of files with the same bytes, of the same picture, or similar."""

import re
from bisect import bisect_right
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from typing_extensions import TypedDict

from app.errors import BadCursor
from app.library.alike.groups import WIDEST
from app.library.alike.near import By
from app.library.alike.telling import what_to_do
from app.library.finding.counting import Coverage
from app.library.finding.listing import FoundFile
from app.quarantine.duplicates import Duplicates, Found, differing
from app.shapes import described
from app.web.activity import address
from app.web.answers import Answer, Route, refuses
from app.web.cursors import cursor_of, values_in
from app.web.depends import Cursor, InHouse, InRecords, only_known
from app.web.library.files import place_at, row_at
from app.web.templating import show

router = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])
pages = APIRouter(route_class=Route, dependencies=[only_known], include_in_schema=False)
_SHOWN = 100
_MAX_GROUPS = 200
_MEANINGS = {
    By.BYTES: ("Same bytes", "Copies: every byte is the same."),
    By.PICTURE: ("Same picture", "The same pixels, in another lossless format or with other metadata."),
    By.PHASH: ("Similar by hash", "The same picture in another size, format or quality, or hardly changed."),
    By.FEATURES: (
        "Similar by features",
        "Cropped, mirrored, turned, with a banner, or of the same moment: what the network for NSFW sees is alike.",
    ),
}
_STEPS = {By.FEATURES: 10}


@described
class Duplicate(TypedDict):
    """A file of a group."""

    file: FoundFile
    """As in the list of files."""
    distance: int
    """Bits in which the nearest other file of the group differs."""


@described
class Group(TypedDict):
    """Files that are alike."""

    files: list[Duplicate]
    """In the order in which they were taken in, at most 100; the one that is worth most is among them."""
    number: int
    """How many files it has."""
    keep: str
    """The path of the one that is worth most: not rejected, a film, a person's word, how it came about, pixels."""
    differs: list[str]
    """The fields of the files in which they differ."""


@described
class DuplicateGroups(TypedDict):
    """A page of groups."""

    groups: list[Group]
    """In the order in which the first file of each was taken in."""
    next: str | None
    """The cursor of the next page; null on the last."""
    total: int
    """Groups in all."""
    files: int
    """Files in all groups together."""
    max_distance: int
    """Up to how many bits files were joined."""
    widest: int
    """The largest distance by which groups of this kind are made."""
    coverage: Coverage
    """How much of the library was compared."""
    rest: list[str]
    """What to do so that the others are, a sentence each."""


@router.get("/duplicates")
@refuses("bad_cursor", "outside_roots", "unknown_file")
def duplicates(
    house: InHouse,
    records: InRecords,
    by: Annotated[By, Query(description="What is alike: bytes, picture, or most bits of hash or features.")] = By.BYTES,
    max_distance: Annotated[
        int | None, Query(ge=0, le=max(WIDEST.values()), description="Bits that may differ; without it the widest.")
    ] = None,
    path: Annotated[str | None, Query(description="Only the group of this file, which may be none.")] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=_MAX_GROUPS, description="Groups a page.")] = 50,
) -> Answer[DuplicateGroups]:
    """Lists groups of files that are alike, page by page. Kinds are apart: a group of one is in no other.

    Of files with the same bytes one stands for all in the other kinds, and of the same picture in those that are
    similar. Names of one file on disk (hard links) are no duplicates, nor are the files of a pair.
    """
    found = Duplicates(records.library, house.folders).found(by, max_distance)
    if path is None:
        first = 0 if cursor is None else _after(found, cursor, by)
        end = min(first + limit, found.groups.number)
        places = [*range(first, end)]
    else:
        places, end = found.holding([row_at(records, place_at(house, path))["id"]]), found.groups.number
    shown = [group for place in places if (group := _group(found, place, records)) is not None]
    of = int(found.snapshot.there.sum()) + found.snapshot.behind
    return Answer(
        {
            "groups": shown,
            "next": cursor_of(by.value, found.ids(end - 1)[0][0]) if end < found.groups.number else None,
            "total": found.groups.number,
            "files": len(found.groups.slots),
            "max_distance": found.max_distance,
            "widest": WIDEST[by],
            "coverage": {"searched": found.compared, "of": of, "missing": found.edges.left},
            "rest": what_to_do(found.edges.left),
        }
    )


@pages.get("/duplicates")
def show_duplicates(
    request: Request, by: str = "", max_distance: str = "", cursor: str = "", path: str = ""
) -> Response:
    """Shows groups of files that are alike, side by side; the script asks for them by the rest of the address."""
    del cursor, path
    kind = next((one for one in By if one == by), By.BYTES)
    widest = WIDEST[kind]
    kinds = [
        {"name": one.value, "label": label, "address": address("/duplicates", {"by": one.value})}
        for one, (label, _) in _MEANINGS.items()
    ]
    values = {
        "by": kind.value,
        "kinds": kinds,
        "means": _MEANINGS[kind][1],
        "widest": widest,
        "step": _STEPS.get(kind, 1),
        "distance": min(int(max_distance), widest) if re.fullmatch("[0-9]{1,4}", max_distance) else widest,
    }
    return show(request, "duplicates.html", values)


def _after(found: Found, cursor: str, by: By) -> int:
    """The group after the one whose first file has the id of the cursor. Raises BadCursor."""
    kind, number = values_in(cursor, 2)
    if kind != by or not isinstance(number, int) or isinstance(number, bool):
        raise BadCursor
    firsts = found.snapshot.ids[found.groups.slots[found.groups.starts[:-1]]]
    return bisect_right(firsts.tolist(), number)


def _group(found: Found, place: int, records: InRecords) -> Group | None:
    """A group as it is shown; None if all but one of its files are gone by now."""
    finder, threshold = records.library.finder, records.library.nsfw_threshold()
    ids, distances = found.ids(place)
    files = finder.files_by_id(ids, threshold)
    if len(files) < 2:
        return None
    keeper, there = found.keeper(files), [number for number in ids if number in files]
    shown = there[:_SHOWN] if keeper in there[:_SHOWN] else [*there[: _SHOWN - 1], keeper]
    far = dict(zip(ids, distances, strict=True))
    return {
        "files": [{"file": files[number], "distance": far[number]} for number in shown],
        "number": len(ids),
        "keep": files[keeper]["path"],
        "differs": differing([*files.values()]),
    }
