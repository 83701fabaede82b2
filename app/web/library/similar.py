"""The files that look like one, over HTTP."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from typing_extensions import TypedDict

from app.library.finding.counting import Coverage
from app.library.finding.listing import FoundFile
from app.library.finding.neighbours import Alike, By, alike
from app.shapes import described
from app.web.answers import Answer, Route
from app.web.depends import InRecords, Limit, only_known
from app.web.library.files import Row

router = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])
_BITS = 64


@described
class SimilarFile(TypedDict):
    """A file that looks like another one."""

    path: str
    """`ROOT/relative` as shown."""
    distance: int
    """Bits in which the hashes differ, of 64."""
    is_nsfw: bool | None
    """By the threshold of the last session; null is unknown."""
    has_thumbnail: bool
    """Whether there is a thumbnail of it."""


@described
class SimilarFiles(TypedDict):
    """The files that look like one."""

    files: list[SimilarFile]
    """The most alike first, without the file itself."""
    coverage: Coverage
    """How much of the library was held against it."""


@router.get("/similar")
def similar(
    records: InRecords,
    row: Row,
    by: Annotated[By, Query(description="The perceptual hash of the picture, or the same bytes.")] = By.PHASH,
    max_distance: Annotated[int, Query(ge=0, le=_BITS, description="Bits that may differ, of 64; by bytes none.")] = 8,
    limit: Limit = 100,
) -> Answer[SimilarFiles]:
    """Lists the files that look like one: in another size, format or quality, or of the same moment."""
    finder, threshold = records.library.finder, records.library.nsfw_threshold()
    snapshot = finder.snapshot()
    found = alike(snapshot, row["id"], by, max_distance, limit)
    files = listed(found, finder.files_by_id(found.ids, threshold))
    of = int(snapshot.alive.sum()) + snapshot.behind
    missing = {"no_hash": of - snapshot.behind - found.searched, "indexing": snapshot.behind}
    covered = {cause: number for cause, number in missing.items() if number}
    return Answer({"files": files, "coverage": {"searched": found.searched, "of": of, "missing": covered}})


def listed(found: Alike, known: Mapping[int, FoundFile]) -> list[SimilarFile]:
    """The files that were found, in their order, with what is known of them by id; those gone by now are not."""
    return [
        {
            "path": file["path"],
            "distance": distance,
            "is_nsfw": file["is_nsfw"],
            "has_thumbnail": file["has_thumbnail"],
        }
        for number, distance in zip(found.ids, found.distances, strict=True)
        if (file := known.get(number))
    ]
