"""What is expected in the pictures, over HTTP: given as JSON or CSV, and compared with what was found."""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from typing_extensions import TypedDict

from app.errors import InvalidRequest, WrongContentType
from app.library.regions.expecting import MOST, Planogram, Standing
from app.query.reading import read
from app.query.words import fold
from app.reports import guarded
from app.shapes import described
from app.texts import clean_text
from app.web.answers import Answer, Route, refuses
from app.web.depends import MAX_LONG_BODY_BYTES, Cursor, InHouse, InRecords, limited_body, only_known, row_cursor
from app.wiring import House, Records

router = APIRouter(prefix="/api", route_class=Route, dependencies=[only_known], tags=["Library"])
_FIELDS = ("folder", "q", "label", "expected")
_LABEL_CHARACTERS, _LARGEST = 200, 2**31 - 1
_DIGITS = re.compile(r"\d{1,10}", re.ASCII)
_ROW = {
    "type": "object",
    "required": ["label", "expected"],
    "additionalProperties": False,
    "properties": {
        "folder": {"type": ["string", "null"], "description": "`ROOT/relative`, with all below it."},
        "q": {"type": ["string", "null"], "description": "A search, in place of a folder."},
        "label": {
            "type": "string",
            "minLength": 1,
            "maxLength": 200,
            "description": "The label or kind of the regions that are counted.",
        },
        "expected": {"type": "integer", "minimum": 0, "description": "How many of them there should be."},
    },
}
_BODY = {
    "required": True,
    "content": {
        "application/json": {"schema": {"type": "array", "maxItems": MOST, "items": _ROW}},
        "text/csv": {"schema": {"type": "string"}},
    },
}


@described
class ShownPlanogram(TypedDict):
    """How many regions with a label are expected where."""

    folder: str | None
    """`ROOT/relative`, with all below it; null where a search says which files."""
    q: str | None
    """The search; null where a folder says which files."""
    label: str
    """The label or kind of the regions that are counted."""
    expected: int
    """How many of them there should be."""


@described
class ComparedPlanogram(ShownPlanogram):
    """A planogram against what was found."""

    found: int
    """Regions with that label in the pictures that are there."""
    pictures: int
    """Pictures that it is about."""
    looked_at: int
    """Of these, those that a source which lists all it sees has looked at, or in which such a region is."""
    standing: str
    """`met`, `short`, `surplus`, or `unknown` while any of its pictures has not been looked at."""


@described
class ComparedPlanograms(TypedDict):
    """All planograms against what was found."""

    planograms: list[ComparedPlanogram]
    """A page of those that are asked for, in the order in which they were given."""
    counts: dict[str, int]
    """How many of all are `met`, `short`, `surplus` and `unknown`."""
    next: str | None
    """The cursor of the next page; null on the last."""


@router.get("/planograms")
def planograms(records: InRecords) -> Answer[list[ShownPlanogram]]:
    """Lists what is expected in the pictures."""
    return Answer([shown(one) for one in records.library.expectations.all()])


@router.get(
    "/planograms.csv",
    response_class=Response,
    responses={200: {"description": "A row for each.", "content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def planograms_csv(records: InRecords) -> Response:
    """Gives what is expected in the pictures as CSV, as `PUT /api/planograms` takes it.

    A text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_FIELDS)
    for one in records.library.expectations.all():
        values = ["" if value is None else str(value) for value in (one.folder, one.q, one.label)]
        writer.writerow([*map(guarded, values), one.expected])
    headers = {"Content-Disposition": 'attachment; filename="planograms.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@refuses("content_type", "bad_json", "body_too_long", "invalid_parameter", "unknown_parameter")
async def rows_of(request: Request) -> list[dict[str, Any]]:
    """The rows of a body in JSON or CSV, not checked yet. Raises WrongContentType, InvalidRequest."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _BODY["content"]:  # type: ignore[operator]
        raise WrongContentType("Send planograms as Content-Type: application/json or text/csv.")
    body = await limited_body(request, MAX_LONG_BODY_BYTES)
    if kind == "text/csv":
        return _rows_of_csv(body)
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRequest("The body of the request is not JSON.", cause="bad_json") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidRequest("The body of the request must be a JSON list of objects.", cause="bad_json")
    return rows


@router.put("/planograms", openapi_extra={"requestBody": _BODY})
@refuses("outside_roots")
def put_planograms(
    house: InHouse, records: InRecords, rows: Annotated[list[dict[str, Any]], Depends(rows_of)]
) -> Answer[list[ShownPlanogram]]:
    """Takes these planograms in place of all that there are, as a JSON list or as CSV with a head, and lists them.

    Each has a `folder` or a `q`, a `label`, and how many regions with it are `expected` there; one that is given twice
    is kept once, and two that expect another number of one label at one place are refused. The columns of CSV may be
    apart by `;`, as some spreadsheets write them.
    """
    if len(rows) > MOST:
        raise InvalidRequest(f"There are {len(rows)} planograms, more than {MOST}.", field="expected")
    records.library.expectations.replace(
        each_once([_checked(house, row, number) for number, row in enumerate(rows, 1)])
    )
    return planograms(records)


@router.get("/planograms/compare")
@refuses("bad_cursor")
def compare_planograms(
    records: InRecords,
    standing: Annotated[Standing | None, Query(description="Only those that compare so.")] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="Planograms a page.")] = MOST,
) -> Answer[ComparedPlanograms]:
    """Compares what is expected with what was found: `met`, `short`, `surplus`, or `unknown`."""
    return Answer(compared_page(records, standing, after=row_cursor(cursor), limit=limit))


def compared_page(records: Records, standing: Standing | None, *, after: int, limit: int) -> ComparedPlanograms:
    """A page of the comparison, from behind so many planograms on; all that compare so, or all of them."""
    compared = records.library.expectations.compared(records.library.nsfw_threshold())
    counts = {one.value: 0 for one in Standing}
    for one in compared:
        counts[one.standing] += 1
    asked = [place for place, one in enumerate(compared) if place >= after and standing in (None, one.standing)]
    page = asked[:limit]
    found = [compared[place] for place in page]
    return {
        "next": str(page[-1] + 1) if len(asked) > limit else None,
        "planograms": [
            {
                **shown(one.planogram),
                "found": one.found,
                "pictures": one.pictures,
                "looked_at": one.looked_at,
                "standing": one.standing.value,
            }
            for one in found
        ],
        "counts": counts,
    }


def each_once(planograms: Sequence[Planogram]) -> list[Planogram]:
    """Each planogram once, by its place and its label, folded as the comparison does.

    Raises InvalidRequest where two expect another number there: which one is meant, nobody can tell.
    """
    first: dict[tuple[str | None, str | None, str], tuple[int, Planogram]] = {}
    for number, one in enumerate(planograms, 1):
        before, said = first.setdefault((one.folder, one.q, fold(one.label)), (number, one))
        if said.expected != one.expected:
            are = f"{said.expected} of '{one.label}' {'is' if said.expected == 1 else 'are'} expected"
            where = f"in {one.folder or one.q} by planogram {before}, and {one.expected} here"
            raise InvalidRequest(f"Planogram {number}: {are} {where}: leave one of them out.", field="expected")
    return [one for _, one in first.values()]


def shown(one: Planogram) -> ShownPlanogram:
    """A planogram as it is answered."""
    return {"folder": one.folder, "q": one.q, "label": one.label, "expected": one.expected}


def _rows_of_csv(body: bytes) -> list[dict[str, Any]]:
    try:
        text = body.decode("utf-8-sig")
        head_line = text.partition("\n")[0]
        delimiter = ";" if ";" in head_line and "," not in head_line else ","  # no name of a column has either
        lines = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except (ValueError, csv.Error):
        raise InvalidRequest("The body of the request is no CSV in UTF-8.", field="expected") from None
    head = [fold(name.strip()) for name in lines[0]] if lines else []
    if not {"label", "expected"} <= set(head) <= set(_FIELDS):
        raise InvalidRequest("The first line names the columns: folder, q, label, expected.", field="expected")
    rows: list[dict[str, Any]] = []
    for line in lines[1:]:
        values: dict[str, Any] = {
            name: value[1:] if value[:1] == "'" and guarded(value[1:]) == value else value
            for name, value in zip(head, line, strict=False)
            if value.strip()
        }
        if values:
            expected = values.get("expected", "").strip()
            rows.append(values | {"expected": int(expected) if _DIGITS.fullmatch(expected) else None})
    return rows


def _checked(house: House, row: dict[str, Any], number: int) -> Planogram:
    """A row as a planogram. Raises InvalidRequest, which names the row and the field."""

    def refuse(field: str, why: str, cause: str | None = None) -> InvalidRequest:
        return InvalidRequest(f"Planogram {number}: {why}", field=field, cause=cause)

    if unknown := row.keys() - set(_FIELDS):
        raise refuse(min(unknown), "it has a field that there is not.", "unknown_parameter")
    folder, q, label, expected = (
        clean_text(said) if isinstance(said := row.get(name), str) else said for name in _FIELDS
    )
    for field, value in (("folder", folder), ("q", q)):
        if value is not None and not isinstance(value, str):
            raise refuse(field, f"'{field}' is a text.")
    if bool(folder) == bool(q):
        raise refuse("folder", "it needs a folder or a search, and not both.")
    if not isinstance(label, str) or not 0 < len(label.strip()) <= _LABEL_CHARACTERS:
        raise refuse("label", f"'label' is a text of 1 to {_LABEL_CHARACTERS} characters.")
    if not isinstance(expected, int) or isinstance(expected, bool) or not 0 <= expected <= _LARGEST:
        raise refuse("expected", "'expected' is a whole number, 0 or more.")
    planogram = Planogram(None, q or None, label.strip(), expected)
    try:
        if folder:
            return replace(planogram, folder=house.folders.locate(folder).shown)
        read(q or "")
    except InvalidRequest as error:
        raise refuse("folder" if folder else "q", error.sentence, error.cause if folder else None) from None
    return planogram
