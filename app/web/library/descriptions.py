"""What models said of files over HTTP: beside what is said of them already, for a person to judge by an edit."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from typing_extensions import TypedDict

from app.errors import UnknownFile
from app.library.describing.reviewing import InReview
from app.library.values import is_nsfw
from app.query.reading import read
from app.query.tree import And, Node
from app.shapes import described
from app.web.answers import Answer, Route, refuses
from app.web.depends import Cursor, InHouse, InRecords, only_known
from app.web.library.finding import Searched
from app.web.library.proposing import page_of_found
from app.web.templating import show

router = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])
pages = APIRouter(route_class=Route, dependencies=[only_known], include_in_schema=False)
_SAID = read("is:described or is:proposed")
_LIMIT = Query(ge=1, le=500, description="Files a page.")
_PATH = Query(description="`ROOT/relative` as shown of one file, instead of a search.")


@described
class ProposedByModel(TypedDict):
    """What models propose for a file, and nobody has judged."""

    title: str | None
    """A title; null for none."""
    caption: str | None
    """A caption; null for none."""
    keywords: list[str]
    """Keywords."""


@described
class SaidByModel(TypedDict):
    """What a model said of a picture, and what that cost."""

    template: str
    """The name of the template."""
    provider: str
    """The name of the provider."""
    model: str
    """The model."""
    cost_usd: float | None
    """What the request cost in USD; null where no price is known."""
    at: str
    """When, ISO 8601 in UTC."""
    output: dict[str, Any]
    """All that it answered: the fields of the template."""


@described
class FileDescribed(TypedDict):
    """A file with what is said of it, and what a model said."""

    path: str
    """`ROOT/relative` as shown."""
    is_nsfw: bool | None
    """By the threshold of the library; null is unknown."""
    has_thumbnail: bool
    """Whether there is a thumbnail of it."""
    title: str | None
    """Its title; null for none."""
    caption: str | None
    """Its caption; null for none."""
    own: list[str]
    """Those of `title` and `caption` that a person said: what a model proposes does not replace them."""
    keywords: list[str]
    """Its keywords, but of prompts."""
    proposed: ProposedByModel
    """What waits for a person."""
    said: SaidByModel | None
    """What the model said last; null where no request is known."""


@described
class FilesDescribed(TypedDict):
    """Files that models described."""

    files: list[FileDescribed]
    """In the order in which they were taken in."""
    next: str | None
    """The cursor of the next page; null on the last."""
    total: int
    """Files on all pages."""


@pages.get("/descriptions")
def show_descriptions(request: Request, q: str = "") -> Response:
    """Shows what models said of the files that a search finds; the script asks for them."""
    return show(request, "descriptions.html", {"q": q})


@router.get("/descriptions")
@refuses("bad_cursor", "outside_roots", "unknown_file")
def descriptions(
    house: InHouse,
    records: InRecords,
    query: Searched,
    path: Annotated[str | None, _PATH] = None,
    cursor: Cursor = None,
    limit: Annotated[int, _LIMIT] = 100,
) -> Answer[FilesDescribed]:
    """Lists what models said of the files that a search finds, as far as they were described, page by page.

    `PATCH /api/library/files` accepts or rejects what is proposed; `is:proposed` finds what waits.
    """
    library, behind = records.library, None
    if path is not None:
        place = house.folders.file(path)
        ids = [*library.edits.ids_of([place]).values()]
        if not ids:
            raise UnknownFile(f"The library has no file {place.shown}.")
        total = 1
    else:
        ids, behind, total = page_of_found(library, _described_of(query), cursor, limit)
    threshold = library.nsfw_threshold()
    files = [_as_described(one, threshold) for one in library.reviews.of(ids)]
    return Answer({"files": files, "next": behind, "total": total})


def _described_of(query: Node) -> Node:
    """The files of a query of which a model said anything."""
    parts = query.parts if isinstance(query, And) else (query,)
    return And((*parts, _SAID)) if parts else _SAID


def _as_described(one: InReview, threshold: float) -> FileDescribed:
    title, caption, keywords = one.proposed
    return {
        "path": one.path,
        "is_nsfw": is_nsfw(one.nsfw, threshold),
        "has_thumbnail": one.has_thumbnail,
        "title": one.title,
        "caption": one.caption,
        "own": one.own,
        "keywords": one.keywords,
        "proposed": {"title": title, "caption": caption, "keywords": keywords},
        "said": None if one.run is None else _as_said(one.run),
    }


def _as_said(run: Any) -> SaidByModel:
    return {
        "template": run.template,
        "provider": run.provider,
        "model": run.model,
        "cost_usd": run.cost_usd,
        "at": run.at,
        "output": run.output or {},
    }
