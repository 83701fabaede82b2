"""The bar below the header of every page: what descriptions cost, in all media roots or in one.

A page comes with an empty bar, so that it waits for no sum; a script puts this one in its place, and keeps it true.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.library.describing.totals import Total
from app.query.reading import read
from app.web.answers import Route
from app.web.depends import InHouse, only_known
from app.web.library.dashboard import library_address
from app.web.library.summary import of_root
from app.web.templating import show

router = APIRouter(prefix="/api/describe", route_class=Route, dependencies=[only_known], include_in_schema=False)
_IMAGES = read("kind:image")


@router.get("/spending")
def show_spending(
    request: Request,
    house: InHouse,
    root: Annotated[str, Query()] = "",
) -> Response:
    """Shows what descriptions cost, of the files of a root or of all."""
    library, paid = house.records.library, house.records.library.run_totals.all()
    roots = sorted(house.folders.roots.keys() | paid.by_root.keys())
    root = root if root in roots else ""
    images = of_root(_IMAGES, root)
    values = {
        "root": root,
        "roots": roots,
        "images": int(library.finder.mask(images, library.nsfw_threshold())[1].sum()),
        "listed": library_address(images),
        "paid": paid.by_root.get(root, Total()) if root else paid.whole,
        "currency": house.settings.ingest_currency,
    }
    return show(request, "spending.html", values)
