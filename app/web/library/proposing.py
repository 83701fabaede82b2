"""Proposals of keywords over HTTP. Nothing is changed: what a person takes of them is written by an edit."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from typing_extensions import TypedDict

from app.errors import BadCursor, InvalidRequest, UnknownFile
from app.ingest.disk.folders import Folders
from app.library.finding.finder import page
from app.library.finding.orders import Sort
from app.library.library import Library
from app.library.proposing.proposals import Origin, Proposal
from app.library.proposing.proposer import MOST_FILES
from app.library.values import is_nsfw
from app.query.reading import read
from app.query.tree import Node
from app.shapes import described
from app.web.answers import Answer, Route, reads, refuses
from app.web.bodies import checked
from app.web.cursors import cursor_of, values_in
from app.web.depends import InHouse, InRecords, JsonBody, only_known
from app.web.templating import show

router = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])
pages = APIRouter(route_class=Route, dependencies=[only_known], include_in_schema=False)
_SORT = Sort.ADDED
_LIMIT = Query(ge=1, le=MOST_FILES, description="Files a page, with `q`.")


def _some_origins(origins: Any) -> Any:
    known = isinstance(origins, list) and all(origin in tuple(Origin) for origin in origins)
    if not (known and origins):
        raise ValueError(f"must be a list of some of {', '.join(Origin)}")
    return tuple(Origin(origin) for origin in origins)


_ORIGINS: dict[str, Any] = {"type": "array", "items": {"enum": [*Origin]}, "minItems": 1, "default": [*Origin]}


class ProposalsAsked(BaseModel):
    """For which files keywords are proposed, and of what: of files that are named, or of what a search finds."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    paths: Annotated[list[str], Field(min_length=1, max_length=MOST_FILES)] | None = None
    """These files, `ROOT/relative` as shown, at most 1,000."""
    q: str | None = None
    """Instead of `paths`: what a search finds, page by page; empty for everything."""
    cursor: str | None = None
    """With `q`: `next` of the page before; without one, the first page."""
    origins: Annotated[
        tuple[Origin, ...], BeforeValidator(_some_origins), WithJsonSchema(_ORIGINS), Field(alias="from")
    ] = tuple(Origin)
    """Where proposals come from: `prompt`, `folder`, `similar`, `model`; all of them without it."""

    @model_validator(mode="after")
    def _one_of_both(self) -> "ProposalsAsked":
        if (self.paths is None) == (self.q is None):
            raise InvalidRequest("Give either paths or a search, q.", field="paths")
        if self.q is None and self.cursor is not None:
            raise InvalidRequest("A cursor goes with a search: the files of paths are one page.", field="cursor")
        return self


@reads(ProposalsAsked)
@refuses("invalid_parameter")
def what_to_propose(body: JsonBody) -> ProposalsAsked:
    """For which files keywords are proposed, and of what. Raises InvalidRequest."""
    return checked(ProposalsAsked, body)


ProposalsBody = Annotated[ProposalsAsked, Depends(what_to_propose)]


@described
class FileProposals(TypedDict):
    """What is proposed for a file."""

    path: str
    """`ROOT/relative` as shown."""
    is_nsfw: bool | None
    """By the threshold of the library; null is unknown."""
    has_thumbnail: bool
    """Whether there is a thumbnail of it."""
    keywords: list[str]
    """Those that it has, but of prompts: none of them is proposed."""
    proposed: list[Proposal]
    """The most confident first, at most 50 of each source; empty where there is nothing to propose."""
    proposed_title: str | None
    """The title that a model proposes; null where none does, or `from` leaves `model` out."""
    proposed_caption: str | None
    """The caption that a model proposes; null where none does, or `from` leaves `model` out."""


@described
class Proposals(TypedDict):
    """What is proposed for files."""

    files: list[FileProposals]
    """In the order of `paths`, each once; of a search in the order in which they were taken in."""
    next: str | None
    """The cursor of the next page of a search; null on the last, and of paths."""
    total: int
    """Files on all pages."""


@pages.get("/propose")
def show_proposals(request: Request) -> Response:
    """Shows what is proposed for the files that were selected in the library; the script knows them."""
    return show(request, "propose.html", {})


@router.post("/proposals")
@refuses("outside_roots", "unknown_file", "bad_query", "bad_cursor")
def propose(
    house: InHouse, records: InRecords, body: ProposalsBody, limit: Annotated[int, _LIMIT] = MOST_FILES
) -> Answer[Proposals]:
    """Proposes keywords for files, out of their prompts, folders and what looks like them. Nothing is changed.

    What a file has is not proposed to it, and a keyword that the library knows is written as there. `model` gives what
    a model proposes and nobody has judged, a title and a caption with it; an edit accepts or rejects it.
    """
    library = records.library
    if body.paths is not None:
        ids = _named(library, house.folders, body.paths)
        behind, total = None, len(ids)
    else:
        ids, behind, total = page_of_found(library, read(body.q or ""), body.cursor, limit)
    threshold = library.nsfw_threshold()
    files: list[FileProposals] = [
        {
            "path": file.path,
            "is_nsfw": is_nsfw(file.nsfw, threshold),
            "has_thumbnail": file.has_thumbnail,
            "keywords": file.keywords,
            "proposed": file.proposals,
            "proposed_title": file.title,
            "proposed_caption": file.caption,
        }
        for file in library.proposer.propose(ids, body.origins)
    ]
    return Answer({"files": files, "next": behind, "total": total})


def _named(library: Library, folders: Folders, paths: list[str]) -> list[int]:
    """The ids of the files at these paths, each once. Raises OutsideRoots, UnknownFile."""
    try:
        places = [*dict.fromkeys(folders.files(paths))]
    except InvalidRequest as error:
        error.field = "paths"
        raise
    found = library.edits.ids_of(places)
    for place in places:
        if place not in found:
            raise UnknownFile(f"The library has no file {place.shown}.")
    return [found[place] for place in places]


def page_of_found(library: Library, query: Node, cursor: str | None, limit: int) -> tuple[list[int], str | None, int]:
    """A page of the ids of what a search finds, the cursor of the next, and how many there are in all.

    They are in the order in which they were taken in. Raises BadCursor.
    """
    start = 0 if cursor is None else _start_of(cursor)
    found = library.finder.found(query, _SORT, descending=False, threshold=library.nsfw_threshold())
    ids, last, total = page(found, _SORT, descending=False, start=start, limit=limit)
    return [*ids], None if last is None else cursor_of(*last), total


def _start_of(cursor: str) -> tuple[int, int]:
    key, number = values_in(cursor, 2)
    if type(key) is not int or type(number) is not int:
        raise BadCursor
    return key, number
