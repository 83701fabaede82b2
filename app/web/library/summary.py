"""The totals of the library over HTTP: of all files, of a media root, of what a search finds."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from typing_extensions import TypedDict

from app.currency import Currency
from app.library.describing.totals import Total, Totals
from app.library.finding.summing import FileSums, ValueSums
from app.library.library import Library
from app.query.printing import term
from app.query.reading import read
from app.query.tree import EVERYTHING, And, Node
from app.shapes import described
from app.web.answers import Answer, Route
from app.web.depends import InHouse, InRecords, only_known
from app.web.ingest import roots_of
from app.web.library.finding import Searched
from app.wiring import Records

router = APIRouter(prefix="/api", route_class=Route, dependencies=[only_known], tags=["Library"])
_NO_FILES = FileSums(files=0, images=0, videos=0, bytes=0, missing=0, incomplete=0)


@described
class InCurrency(TypedDict):
    """What descriptions cost in another currency than US dollars, at the rate of `INGEST_CURRENCY`."""

    code: str
    """The code of ISO 4217."""
    symbol: str
    """What is written before an amount; the code where there is no sign."""
    rate: float
    """What one US dollar is."""
    spent: float | None
    """As `spent_usd`."""
    average: float | None
    """As `average_usd`."""


@described
class MoneySums(TypedDict):
    """What descriptions cost: requests to vision models, by the root that their file was in then."""

    runs: int
    """Requests to vision models; with `q` those about the files that are found."""
    unpriced_runs: int
    """Those of them of which no cost is known; they are in no sum."""
    spent_usd: float | None
    """What they cost in US dollars, to nine decimals; null where there are some and the cost of none is known."""
    average_usd: float | None
    """What a picture cost that was described, in US dollars; null without one."""
    currencies: list[InCurrency]
    """The same in the currency of `INGEST_CURRENCY`; empty without one."""


@described
class RootSums(FileSums, MoneySums):
    """The sums of one media root."""

    sessions: int
    """Sessions that took in files of it, and were not forgotten."""
    failures: dict[str, int] | None
    """As `failures` of the whole."""


@described
class LibrarySums(ValueSums, MoneySums):
    """Totals of the library, or of what `root` and `q` narrow it to."""

    by_root: dict[str, RootSums]
    """The sums of each media root that has files, failures, sessions or descriptions."""
    sessions: int
    """Sessions that were not forgotten; of a root, those that took in files of it. A search does not narrow them."""
    failures: dict[str, int] | None
    """Files that failed, were not taken in since, and of which nobody said anything, by cause; null with `q`: they are
    not in the library, so no search finds them."""


@router.get("/summary")
def summary(
    house: InHouse,
    records: InRecords,
    query: Searched,
    root: Annotated[str, Query(description="The name of a media root; empty for all.")] = "",
) -> Answer[LibrarySums]:
    """Totals of the library, of one media root, or of what a search finds: each is the total of a search.

    They are answered from memory, also while a session runs.
    """
    return Answer(library_sums(records, query, root, house.settings.ingest_currency))


def library_sums(records: Records, query: Node, root: str, currency: Currency | None) -> LibrarySums:
    """The totals of what a query finds in a root, or in all where its name is empty."""
    library = records.library
    sums = library.finder.sums(of_root(query, root), library.nsfw_threshold())
    sessions = Counter(name for session in records.runner.sessions() for name in roots_of(session))
    failures = library.failures.open_by_root() if query == EVERYTHING else None
    paid = run_totals(library, query)
    names = sums["by_root"].keys() | (failures or {}).keys() | sessions.keys() | paid.by_root.keys()
    by_root: dict[str, RootSums] = {
        name: {
            **sums["by_root"].get(name, _NO_FILES),
            **money_sums(paid.by_root.get(name, Total()), currency),
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
        **money_sums(paid.by_root.get(root, Total()) if root else paid.whole, currency),
    }


def run_totals(library: Library, query: Node = EVERYTHING) -> Totals:
    """What was paid for the files that a query finds; for everything also what was paid for files that are gone."""
    if query == EVERYTHING:
        return library.run_totals.all()
    snapshot, found = library.finder.mask(query, library.nsfw_threshold())
    return library.run_totals.of(snapshot.ids[found])


def money_sums(total: Total, currency: Currency | None) -> MoneySums:
    """A sum over requests as programs are told it."""
    spent, average = total.spent, total.average
    return {
        "runs": total.runs,
        "unpriced_runs": total.unpriced,
        "spent_usd": None if spent is None else float(spent),
        "average_usd": None if average is None else float(average),
        "currencies": []
        if currency is None
        else [
            {
                "code": currency.code,
                "symbol": currency.symbol,
                "rate": float(currency.rate),
                "spent": None if spent is None else float(currency.of(spent)),
                "average": None if average is None else float(currency.of(average)),
            }
        ],
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
