"""The totals of the library over HTTP: of all files, of a media root, of what a search finds."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query

from app.library.finding.summing import FileSums, ValueSums
from app.query.printing import term
from app.query.reading import read
from app.query.tree import EVERYTHING, And, Node
from app.shapes import described
from app.web.answers import Answer, Route
from app.web.depends import InRecords, only_known
from app.web.ingest import roots_of
from app.web.library.finding import Searched
from app.wiring import Records

router = APIRouter(prefix="/api", route_class=Route, dependencies=[only_known], tags=["Library"])
_NO_FILES = FileSums(files=0, images=0, videos=0, bytes=0, missing=0, incomplete=0)


@described
class RootSums(FileSums):
    """The sums of one media root."""

    sessions: int
    """Sessions that took in files of it, and were not forgotten."""
    failures: dict[str, int] | None
    """As `failures` of the whole."""


@described
class LibrarySums(ValueSums):
    """Totals of the library, or of what `root` and `q` narrow it to."""

    by_root: dict[str, RootSums]
    """The sums of each media root that has files, failures or sessions."""
    sessions: int
    """Sessions that were not forgotten; of a root, those that took in files of it. A search does not narrow them."""
    failures: dict[str, int] | None
    """Files that failed, were not taken in since, and of which nobody said anything, by cause; null with `q`: they are
    not in the library, so no search finds them."""
    runs: int
    """Descriptions that a model was asked for: 0, there is nothing yet that asks for any."""
    spent_usd: float
    """What they cost, in US dollars."""
    average_usd: float | None
    """What one cost on the average, in US dollars; null without one."""
    currencies: dict[str, float]
    """What they cost in other currencies, by their code; empty where there is no rate."""


@router.get("/summary")
def summary(
    records: InRecords,
    query: Searched,
    root: Annotated[str, Query(description="The name of a media root; empty for all.")] = "",
) -> Answer[LibrarySums]:
    """Totals of the library, of one media root, or of what a search finds: each is the total of a search.

    They are answered from memory, also while a session runs.
    """
    return Answer(library_sums(records, query, root))


def library_sums(records: Records, query: Node, root: str) -> LibrarySums:
    """The totals of what a query finds in a root, or in all where its name is empty."""
    library = records.library
    sums = library.finder.sums(of_root(query, root), library.nsfw_threshold())
    sessions = Counter(name for session in records.runner.sessions() for name in roots_of(session))
    failures = library.failures.open_by_root() if query == EVERYTHING else None
    names = sums["by_root"].keys() | (failures or {}).keys() | sessions.keys()
    by_root: dict[str, RootSums] = {
        name: {
            **sums["by_root"].get(name, _NO_FILES),
            "sessions": sessions[name],
            "failures": None if failures is None else by_cause(failures.get(name, {})),
        }
        for name in sorted(names)
        if root in ("", name)
    }
    of_all = Counter[str]()
    for one in by_root.values():
        of_all.update(one["failures"] or {})
    return {
        **sums,
        "by_root": by_root,
        "sessions": sessions[root] if root else library.sessions_known(),
        "failures": None if failures is None else by_cause(of_all),
        "runs": 0,
        "spent_usd": 0.0,
        "average_usd": None,
        "currencies": {},
    }


def of_root(query: Node, root: str) -> Node:
    """The query of the files of one root among those that it is of."""
    if not root:
        return query
    leaf = read(term("root", root))
    return leaf if query == EVERYTHING else And((*query.parts, leaf) if isinstance(query, And) else (query, leaf))


def by_cause(failures: Mapping[str, int]) -> dict[str, int]:
    """The most frequent causes first, equal ones by name."""
    return dict(sorted(failures.items(), key=lambda one: (-one[1], one[0])))
