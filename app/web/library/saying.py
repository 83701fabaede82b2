"""What a person says of many files over HTTP: in one go, taken back in one go, and listed."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NotRequired

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from app.errors import InvalidRequest
from app.library.saying.editing import Changes, Edit, Fields, parse_edit
from app.library.saying.edits import (
    KEPT_EDITS,
    LARGEST_ID,
    UNKNOWN_FILE,
    WAITING_FOR_WORDS,
    Asked,
    Done,
    Left,
    ListedEdit,
    Shown,
)
from app.library.writes.writes import UNDO_OF_A_WRITE
from app.media import Place
from app.query.reading import read
from app.shapes import described
from app.web.answers import Answer, Route, reads, refuses
from app.web.depends import STATE_FOLDER, InHouse, InRecords, JsonBody, LongJsonBody, only_known, refuse_unknown
from app.wiring import House
from app.writing.planned import FileWritten

router = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])
MAX_NAMED = 10_000
"""Files that one request may name; a search may mean more."""
_FILES = Field(min_length=1, max_length=MAX_NAMED)


class _Said(Changes):
    set: Fields = Fields()
    """The fields that are set, null for "there is none"."""


class EditOfOne(_Said):
    """What a person says of one file of several."""

    path: str
    """`ROOT/relative` as shown."""


class EditOfMany(_Said):
    """What a person says of many files: of those that are named or found one thing, or of each its own."""

    paths: Annotated[list[str], _FILES] | None = None
    """These files, `ROOT/relative` as shown, at most 10,000."""
    q: str | None = None
    """Instead: all files that this search finds, as in docs/search.md, at most 100,000."""
    each: Annotated[list[EditOfOne], _FILES] | None = None
    """Instead, and in place of all that is said here: what is said of each of these files, at most 10,000."""
    dry_run: bool = False
    """Only tell what would change."""


class Undo(BaseModel):
    """What is undone."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    undo: Annotated[int, Field(ge=1, le=LARGEST_ID)] | Annotated[str, Field(pattern=f"^{UNDO_OF_A_WRITE}$")]
    """What the edit, a number, or the write of metadata, a text, was answered with as its `undo`."""


@described
class Edited(TypedDict):
    """What an edit changed, or would change."""

    changed: int
    """Files that changed."""
    undo: int | None
    """What undoes it; null where nothing changed."""
    left: list[Left]
    """Files of which some is left as it is, by cause."""
    preview: NotRequired[list[Shown]]
    """With `dry_run`: the first 20 files that would change."""


@described
class Undone(TypedDict):
    """What an undo changed."""

    changed: int
    """Files that are as they were before."""
    left: list[Left]
    """Files that are not, by cause. Of an edit, `gone`: their rows are gone, or of another picture by now."""
    refused: NotRequired[list[FileWritten]]
    """Of a write: each file that is not as it was before, and why."""


@described
class LastEdits(TypedDict):
    """The last edits."""

    edits: list[ListedEdit]
    """Newest first."""


_WHICH = ("paths", "q", "each")
_EDIT = frozenset(_Said.model_fields)


@reads(EditOfMany)
@refuses("invalid_parameter", "unknown_parameter", "outside_roots", "bad_query", "too_many_files")
def edit_of_many(body: LongJsonBody) -> Mapping[str, Any]:
    """What a person says of which files: a body of which its parts are of the right kinds. Raises InvalidRequest."""
    refuse_unknown(body.keys() - EditOfMany.model_fields.keys())
    named = [name for name in _WHICH if body.get(name) is not None]
    if len(named) != 1:
        raise InvalidRequest("Give one of paths, q and each.", field=named[0] if named else "paths")
    if named == ["q"] and not isinstance(body["q"], str):
        raise InvalidRequest("'q' must be a text.", field="q")
    if not isinstance(body.get("dry_run", False), bool):
        raise InvalidRequest("'dry_run' must be true or false.", field="dry_run")
    beside = sorted(body.keys() & _EDIT)
    if named == ["each"] and beside:
        raise InvalidRequest(f"'{beside[0]}' is said in each, not beside it.", field=beside[0])
    if named != ["each"] and not beside:
        raise InvalidRequest("Nothing is said: give set, add_keywords, or another of them.", field="set")
    if named != ["q"]:
        _check_listed(named[0], body[named[0]], str if named == ["paths"] else dict)
    return body


def _check_listed(name: str, listed: Any, of: type) -> None:
    if not (isinstance(listed, list) and 1 <= len(listed) <= MAX_NAMED and all(isinstance(one, of) for one in listed)):
        raise InvalidRequest(f"'{name}' must be a list of 1 to {MAX_NAMED:,} files.", field=name)


@reads(Undo)
@refuses("invalid_parameter")
def what_is_undone(body: JsonBody) -> int | str:
    """The edit that is undone, a number, or the write, a text. Raises InvalidRequest."""
    refuse_unknown(body.keys() - Undo.model_fields.keys())
    undo = body.get("undo")
    if isinstance(undo, int) and not isinstance(undo, bool) and 1 <= undo <= LARGEST_ID:
        return undo
    if isinstance(undo, str) and re.fullmatch(UNDO_OF_A_WRITE, undo):
        return undo
    raise InvalidRequest("'undo' must be what an edit or a write was answered with.", field="undo")


def _edit_in(said: Mapping[str, Any]) -> Edit:
    """The edit that a part of a body says. Raises InvalidRequest."""
    fields = said.get("set", {})
    if not isinstance(fields, Mapping):
        raise InvalidRequest("'set' must be an object of fields with their values.", field="set")
    refuse_unknown(fields.keys() - Fields.model_fields.keys())
    return parse_edit({**fields, **{name: said[name] for name in said.keys() & _EDIT - {"set"}}})


def _asked(house: House, body: Mapping[str, Any]) -> Asked:
    """What is asked of which rows. Raises InvalidRequest."""
    library = house.records.library
    if body.get("q") is not None:
        ids, waiting = library.ids_found(read(body["q"]))
        return Asked(ids, _edit_in(body), {"q": body["q"]}, {WAITING_FOR_WORDS: waiting})
    if body.get("paths") is not None:
        edit, named_once = _edit_in(body), {*_places(house, "paths", body["paths"])}
        found, files = library.edits.ids_of(named_once), len(named_once)
        return Asked(sorted(found.values()), edit, {"paths": files}, {UNKNOWN_FILE: files - len(found)})
    edits = [_edit_of_one(one) for one in body["each"]]
    places = _places(house, "each", [path for path, _ in edits])
    of_each = dict(zip(places, (edit for _, edit in edits), strict=True))
    if len(of_each) < len(edits):
        raise InvalidRequest("'each' names a file twice.", field="each")
    found = library.edits.ids_of(of_each)
    by_id = {number: of_each[place] for place, number in found.items()}
    return Asked([*by_id], by_id, {"each": len(edits)}, {UNKNOWN_FILE: len(edits) - len(found)})


def _places(house: House, name: str, paths: Iterable[str]) -> list[Place]:
    """The places of files as shown. Raises InvalidRequest that names the field."""
    try:
        return house.folders.files(paths)
    except InvalidRequest as error:
        error.field = name
        raise


def _edit_of_one(one: Mapping[str, Any]) -> tuple[str, Edit]:
    refuse_unknown(one.keys() - EditOfOne.model_fields.keys())
    if not isinstance(one.get("path"), str):
        raise InvalidRequest("Each of 'each' needs a path.", field="each")
    return one["path"], _edit_in(one)


@router.patch("/files")
def edit_files(
    house: InHouse, records: InRecords, body: Annotated[Mapping[str, Any], Depends(edit_of_many)]
) -> Answer[Edited]:
    """Sets what a person says of many files, in one transaction, with one undo for all.

    It stays, whatever is read later. What changes nothing in a file leaves no trace there. With `dry_run` it only tells
    what would change.
    """
    asked, edits = _asked(house, body), records.library.edits
    if body.get("dry_run"):
        done = edits.preview(asked)
        return Answer({"changed": done.changed, "undo": None, "left": done.causes, "preview": done.shown})
    done = edits.write(asked)
    return Answer({"changed": done.changed, "undo": done.undo, "left": done.causes})


@router.post("/undo")
@refuses(
    "unknown_edit",
    "already_undone",
    "newer_words",
    "unknown_write",
    "write_at_work",
    "illegal_move",
    *STATE_FOLDER,
)
def undo(records: InRecords, what: Annotated[int | str, Depends(what_is_undone)]) -> Answer[Undone]:
    """Takes an edit back, in all its files or, where newer words stand in one, in none; or a write, file by file.

    A field gets the person's earlier word again, else what the file itself says; where its bytes, its sidecar, or how
    it is read have changed since, the next session reads it anew. Of a write, what was there before is put back; what
    was changed since is left as it is, and named.
    """
    if isinstance(what, int):
        done = records.library.edits.undo(what)
        return Answer({"changed": done.changed, "left": done.causes})
    taken_back = records.writer.undo(what)
    left = Done(left=Counter(one["cause"] or "" for one in taken_back["left"]))
    return Answer({"changed": taken_back["changed"], "left": left.causes, "refused": taken_back["left"]})


@router.get("/edits")
def last_edits(
    records: InRecords, limit: Annotated[int, Query(ge=1, le=KEPT_EDITS, description="At most so many.")] = KEPT_EDITS
) -> Answer[LastEdits]:
    """Lists the last edits, which can be undone: at most 100."""
    return Answer({"edits": records.library.edits.listed(limit)})
