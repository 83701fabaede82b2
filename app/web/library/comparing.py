"""A folder against the library over HTTP, and its page: may it be wiped? Nothing is changed."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.compare.kept import ComparedFiles, Comparing, Ended, Finished, LastComparison
from app.web.answers import Accepted, Answer, Route, refuses
from app.web.bodies import CompareBody
from app.web.depends import InHouse, InRecords, Limit, only_known
from app.web.templating import show

router = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])
pages = APIRouter(route_class=Route, dependencies=[only_known], include_in_schema=False)


@pages.get("/compare")
def show_comparison(
    request: Request, house: InHouse, directory: str = "", listed: Annotated[str, Query(alias="list")] = ""
) -> Response:
    """Shows a folder against the library; the script asks for it, and reads the rest of the address."""
    del listed
    return show(request, "compare.html", {"directory": directory, "roots": [*house.folders.roots]})


@router.post("/compare")
@refuses("bad_cursor")
def compare(
    records: InRecords,
    body: CompareBody,
    wait: Annotated[
        float | None,
        Query(
            ge=0,
            le=60,
            description="Seconds to wait: an earlier comparison that ended at most ten minutes ago may serve, and one "
            "that takes longer answers 202. Without it the folder is read anew, however long that takes.",
        ),
    ] = None,
    refresh: Annotated[bool, Query(description="With `wait`: read anew all the same.")] = False,  # noqa: FBT002
    limit: Limit = 100,
) -> Answer[Finished | ComparedFiles] | Accepted[Comparing]:
    """Holds a folder of a media root against the library: may it be wiped? With `list`, the files of that class.

    Nothing is changed. A file is in the library only if a copy of its bytes lies outside the folder, on another inode.
    One folder is compared at a time; another one takes its place.
    """
    if body.list is not None:
        page = records.comparisons.files(body.directory, body.list, rehash=body.rehash, cursor=body.cursor, limit=limit)
        return Answer(page)
    answer = records.comparisons.compare(body.directory, rehash=body.rehash, wait_seconds=wait, refresh=refresh)
    return Accepted(answer) if answer["comparing"] else Answer(answer)


@router.get("/compare")
def last_comparison(records: InRecords) -> Answer[LastComparison]:
    """Tells how the comparison that was begun last stands; none is begun."""
    return Answer(records.comparisons.last())


@router.delete("/compare")
def end_comparison(
    records: InRecords, directory: Annotated[str, Query(description="The folder that is compared.")]
) -> Answer[Ended]:
    """Ends the comparison of a folder, and forgets what it found."""
    return Answer(records.comparisons.end(directory))
