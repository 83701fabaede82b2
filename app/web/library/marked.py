"""The pages of regions and of what was expected. They are read without a script, which only fetches them again."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from app.library.regions.expecting import Standing
from app.library.regions.listing import Wanted
from app.library.values import now
from app.query.printing import term
from app.regions import RegionKind, RegionSource
from app.texts import class_words
from app.web.activity import address
from app.web.answers import Route
from app.web.depends import Cursor, InRecords, only_known, row_cursor
from app.web.library.dashboard import REFRESHES
from app.web.library.planograms import ComparedPlanogram, compared_page
from app.web.library.regions import label_of
from app.web.templating import show

router = APIRouter(route_class=Route, dependencies=[only_known], include_in_schema=False)
_PAGE = 100
_TITLES: Mapping[str, str] = {
    RegionSource.XMP: "XMP",
    RegionSource.YOLO: "YOLO",
    RegionSource.COCO: "COCO",
    RegionSource.LABEL_STUDIO: "Label Studio",
}
"""What sources are called that are no plain words."""


def refreshed(refresh: Annotated[str, Query()] = "") -> int:
    """How often the page looks by itself, in s; 0 is never."""
    return next((seconds for seconds in REFRESHES if refresh == str(seconds)), 0)


Every = Annotated[int, Depends(refreshed)]


@router.get("/regions")
def show_regions(
    request: Request,
    records: InRecords,
    every: Every,
    label: Annotated[str, Query()] = "",
    kind: Annotated[str, Query()] = "",
    source: Annotated[str, Query()] = "",
    cursor: Cursor = None,
) -> Response:
    """Shows what is marked in the pictures, page by page."""
    asked = {"label": label, "kind": kind, "source": source}
    wanted = Wanted(
        label_of(label),
        next((one for one in RegionKind if one == kind), None),
        next((one for one in RegionSource if one == source), None),
    )
    found, last = records.library.detections.page(wanted, after=row_cursor(cursor), limit=_PAGE)
    refresh = str(every or "")
    values = {
        "asked": asked,
        "kinds": list(RegionKind),
        "sources": {one.value: _title(one) for one in RegionSource},
        "title": _title,
        "found": found,
        "narrowed": any(asked.values()),
        "file": lambda path: address("/file", {"path": path}),
        "first": address("/regions", {**asked, "refresh": refresh}) if cursor else None,
        "next": address("/regions", {**asked, "refresh": refresh, "cursor": str(last)}) if last else None,
        "refresh": every,
        "refreshes": REFRESHES,
        "at": now(),
    }
    return show(request, "regions.html", values)


@router.get("/expected")
def show_expected(
    request: Request, records: InRecords, every: Every, standing: Annotated[str, Query()] = "", cursor: Cursor = None
) -> Response:
    """Shows what was expected in the pictures against what was found, page by page."""
    only = next((one for one in Standing if one == standing), None)
    compared = compared_page(records, only, after=row_cursor(cursor), limit=_PAGE)
    refresh = str(every or "")
    asked = {"standing": only, "refresh": refresh}
    values = {
        "compared": compared,
        "only": only,
        "all": sum(compared["counts"].values()),
        "standings": {one.value: address("/expected", {"standing": one, "refresh": refresh}) for one in Standing},
        "every_one": address("/expected", {"refresh": refresh}),
        "files": _files_of,
        "first": address("/expected", asked) if cursor else None,
        "next": address("/expected", {**asked, "cursor": compared["next"]}) if compared["next"] else None,
        "refresh": every,
        "refreshes": REFRESHES,
        "at": now(),
    }
    return show(request, "expected.html", values)


def _title(source: str) -> str:
    """What a source is called."""
    return _TITLES.get(source) or class_words(source).capitalize()


def _files_of(one: ComparedPlanogram) -> str:
    """Where the files of a planogram are listed."""
    return address("/library", {"q": one["q"] or term("folder", one["folder"])})
