"""The files that look like one, over HTTP."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from typing_extensions import TypedDict

from app.library.alike.near import BITS_OF, SIMILAR, Alike, By
from app.library.alike.telling import what_to_do
from app.library.finding.counting import Coverage
from app.library.finding.listing import FoundFile
from app.quarantine.duplicates import Duplicates
from app.shapes import described
from app.web.answers import Answer, Route
from app.web.depends import InHouse, InRecords, Limit, only_known
from app.web.library.files import Row

router = APIRouter(prefix="/api/library", route_class=Route, dependencies=[only_known], tags=["Library"])


@described
class SimilarFile(TypedDict):
    """A file that looks like another one."""

    path: str
    """`ROOT/relative` as shown."""
    distance: int
    """Bits in which they differ: of 64 by hash, of 1,024 by features, 0 by bytes and picture."""
    is_nsfw: bool | None
    """By the threshold of the library; null is unknown."""
    has_thumbnail: bool
    """Whether there is a thumbnail of it."""


@described
class SimilarFiles(TypedDict):
    """The files that look like one."""

    files: list[SimilarFile]
    """The most alike first, without the file itself."""
    coverage: Coverage
    """How much of the library was held against it."""
    rest: list[str]
    """What to do so that the others are, a sentence each."""


@router.get("/similar")
def similar(
    house: InHouse,
    records: InRecords,
    row: Row,
    by: Annotated[
        By,
        Query(description="The same bytes, the same picture, the perceptual hash, or the features of the NSFW model."),
    ] = By.PHASH,
    max_distance: Annotated[
        int | None,
        Query(ge=0, le=max(BITS_OF.values()), description="Bits that may differ: by `phash` 8, by `features` 240."),
    ] = None,
    limit: Limit = 100,
) -> Answer[SimilarFiles]:
    """Lists the files on disk that look like one: in another size or quality, cropped, or of the same moment.

    Names of one file on disk (hard links) count once, and those of the file itself not at all.
    """
    library = records.library
    finder, threshold = library.finder, library.nsfw_threshold()
    snapshot = finder.snapshot()
    at_most = SIMILAR[by] if max_distance is None else max_distance
    found = Duplicates(library, house.folders).like(snapshot, row["id"], by, at_most, limit)
    files = listed(found, finder.files_by_id(found.ids, threshold))
    of = int(snapshot.there.sum()) + snapshot.behind
    coverage: Coverage = {"searched": found.searched, "of": of, "missing": found.left}
    return Answer({"files": files, "coverage": coverage, "rest": what_to_do(found.left)})


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
