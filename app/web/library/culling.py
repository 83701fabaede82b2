"""Getting files out of the way over HTTP: what the one that is kept gets, and the plan that moves the others."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from app.errors import InvalidRequest, UnknownFile
from app.ingest.session.store import QUARANTINE
from app.library.alike.groups import WIDEST
from app.library.alike.near import By
from app.library.saying.editing import parse_edit
from app.library.saying.edits import Asked
from app.library.stock import QUESTION_VALUES
from app.media import Place
from app.quarantine.duplicates import Duplicates
from app.quarantine.handing import handed_on
from app.quarantine.script import PlanFormat, written_plan
from app.quarantine.units import Units, check_folder
from app.query.reading import read
from app.shapes import described
from app.slices import in_slices
from app.web.answers import Answer, Route, reads, refuses
from app.web.bodies import checked
from app.web.depends import InHouse, InRecords, JsonBody, LongJsonBody, only_known
from app.wiring import House

router = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])
_CONFIG = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Keep(BaseModel):
    """Which file is kept of several, and gets what people said of the others: one of `others` and `by`."""

    model_config = _CONFIG

    keep: str
    """The file that is kept, `ROOT/relative` as shown."""
    others: Annotated[list[str], Field(min_length=1, max_length=1_000)] | None = None
    """The others, at most 1,000."""
    by: Literal["bytes", "picture", "phash", "features"] | None = None
    """The others are all those of its group of duplicates of this kind."""
    max_distance: Annotated[int, Field(ge=0, le=max(WIDEST.values()))] | None = None
    """With `by`: the bits in which files of the group may differ."""


class Quarantine(BaseModel):
    """Which files are to be moved out of the way, and where: one of `paths`, `q` and `by`."""

    model_config = _CONFIG

    paths: Annotated[list[str], Field(min_length=1, max_length=10_000)] | None = None
    """These files, `ROOT/relative` as shown, at most 10,000."""
    keep: str | None = None
    """With `paths`: the file that has to be there, as it was, or none of them is moved."""
    q: str | None = None
    """All files that this search finds, such as `score:-1`; not an empty one, which finds all."""
    by: Literal["bytes", "picture", "phash", "features"] | None = None
    """All files of all groups of duplicates of this kind, but the one of each that is worth most.

    By `features` only of groups that are named, or hold one of `keepers`.
    """
    max_distance: Annotated[int, Field(ge=0, le=max(WIDEST.values()))] | None = None
    """With `by`: the bits in which files of a group may differ."""
    keepers: Annotated[list[str], Field(max_length=10_000)] = []
    """With `by`: files that stay in the place of the one of their group that is worth most, at most 10,000."""
    groups_of: Annotated[list[str], Field(min_length=1, max_length=10_000)] | None = None
    """With `by`: only the groups of these files, at most 10,000."""
    folder: str | None = None
    """The whole path of the quarantine folder, outside of all media roots; without it one in the state folder."""
    format: Literal["sh", "csv"] = "sh"
    """A script to be run by sh, or a table."""


@described
class Kept(TypedDict):
    """What the file that is kept got."""

    changed: int
    """1, or 0 where it had all already."""
    undo: int | None
    """What undoes it; null where nothing changed."""
    handed_on: dict[str, Any]
    """The fields with the values that it got; keywords are in `add_keywords`."""


@reads(Keep)
@refuses("outside_roots", "unknown_file")
def which_is_kept(body: JsonBody) -> Keep:
    """Which file is kept. Raises InvalidRequest."""
    asked = checked(Keep, body)
    if (asked.others is None) == (asked.by is None):
        raise InvalidRequest("Give one of others and by.", field="others")
    if asked.max_distance is not None and asked.by is None:
        raise InvalidRequest("'max_distance' is said beside by.", field="max_distance")
    return asked


@reads(Quarantine)
@refuses("outside_roots", "unknown_file", "bad_query", "no_group_chosen")
def what_goes(body: LongJsonBody) -> Quarantine:
    """Which files go where. Raises InvalidRequest."""
    asked = checked(Quarantine, body)
    named = [name for name in ("paths", "q", "by") if getattr(asked, name) is not None]
    if len(named) != 1:
        raise InvalidRequest("Give one of paths, q and by.", field=named[0] if named else "paths")
    if asked.q is not None and not asked.q.strip():
        raise InvalidRequest("An empty search finds all files: say which are to go.", field="q")
    if asked.keep is not None and named != ["paths"]:
        raise InvalidRequest("'keep' is said beside paths.", field="keep")
    for name in ("max_distance", "keepers", "groups_of"):
        if getattr(asked, name) not in (None, []) and named != ["by"]:
            raise InvalidRequest(f"'{name}' is said beside by.", field=name)
    return asked


@router.post("/duplicates/keep")
def keep_one(house: InHouse, records: InRecords, asked: Annotated[Keep, Depends(which_is_kept)]) -> Answer[Kept]:
    """Hands the rating, words and keywords of several files on to the one that is kept, as one edit with one undo.

    What it has of its own stays. No file is moved: `POST /api/library/quarantine` makes the plan for that.
    """
    library = records.library
    keeper = _row(house, "keep", asked.keep)
    others = [_row(house, "others", path) for path in asked.others or []]
    if asked.by is not None:
        beside = Duplicates(library, house.folders).found(By(asked.by), asked.max_distance).beside(keeper["id"])
        others = [row for some in in_slices(beside, QUESTION_VALUES) for row in library.finder.rows(some)]
    said = handed_on(keeper, [other for other in others if other["id"] != keeper["id"]])
    if not said:
        return Answer({"changed": 0, "undo": None, "handed_on": {}})
    done = library.edits.write(Asked([keeper["id"]], parse_edit(said), {"keep": 1 + len(others)}))
    return Answer({"changed": done.changed, "undo": done.undo, "handed_on": said})


@router.post(
    "/quarantine",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The plan as a file.",
            "content": {form.media_type.partition(";")[0]: {"schema": {}} for form in PlanFormat},
        }
    },
)
def plan_quarantine(house: InHouse, records: InRecords, asked: Annotated[Quarantine, Depends(what_goes)]) -> Response:
    """Plans how files get out of the way, into a quarantine folder; the person runs the plan, and nothing is deleted.

    The script looks at each file once more at the moment of acting: size, time, SHA-256, and those of the file that is
    kept. Sidecars and the film of a Live Photo go with their picture; no sidecar goes from a file that stays. Where a
    file is kept for others, what is not like it, or has the only copy of a film, is left.
    """
    own = house.store.folder.resolve() / QUARANTINE
    folder = check_folder(own if asked.folder is None else Path(asked.folder), house.folders.roots)
    ids, keepers = _meant(house, asked)
    plan = Units(records.library, house.folders).of(ids, keepers)
    form = PlanFormat(asked.format)
    name = f"quarantine-{datetime.now(UTC):%Y-%m-%d}.{form.value}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(written_plan(plan, folder, form), media_type=form.media_type, headers=headers)


def _meant(house: House, asked: Quarantine) -> tuple[list[int], Mapping[int, int | None]]:
    """The ids of the files that go, and for some of them that of the file that is kept.

    Raises InvalidRequest, UnknownFile.
    """
    library = house.records.library
    if asked.q is not None:
        return library.ids_found(read(asked.q))[0], {}
    if asked.by is not None:
        duplicates = Duplicates(library, house.folders)
        found = duplicates.found(By(asked.by), asked.max_distance)
        places = None if asked.groups_of is None else found.holding(_ids(house, "groups_of", asked.groups_of))
        return duplicates.surplus(found, _ids(house, "keepers", asked.keepers), places)
    ids = _ids(house, "paths", asked.paths or [])
    if asked.keep is None:
        return ids, {}
    return ids, dict.fromkeys(ids, _row(house, "keep", asked.keep)["id"])


def _ids(house: House, field: str, paths: list[str]) -> list[int]:
    """The ids of these files. Raises InvalidRequest, UnknownFile."""
    places = _places(house, field, paths)
    ids = house.records.library.edits.ids_of(places)
    if unknown := next((place for place in places if place not in ids), None):
        raise UnknownFile(f"The library has no file {unknown.shown}.")
    return [*ids.values()]


def _places(house: House, field: str, paths: list[str]) -> list[Place]:
    try:
        return house.folders.files(paths)
    except InvalidRequest as error:
        error.field = field
        raise


def _row(house: House, field: str, path: str) -> dict[str, Any]:
    """The row of a file. Raises InvalidRequest, UnknownFile."""
    (place,) = _places(house, field, [path])
    row = house.records.library.file(place)
    if row is None:
        raise UnknownFile(f"The library has no file {place.shown}.")
    return row
