"""What vision models were asked about pictures, on the command line, each with its cost."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from app.cli.options import AsJson, Roots, checked_id, file, require_database, settings_here
from app.cli.terminal import out, plain, print_json
from app.currency import Currency, money
from app.descriptions import in_usd
from app.ingest.disk.folders import Folders
from app.library.describing.listing import ShownRun, WantedRuns
from app.library.library import Library
from app.texts import counted

describing = typer.Typer()


@describing.command()
def runs(
    session: Annotated[str | None, typer.Option("--session", help="Those of one session.")] = None,
    path: Annotated[str | None, typer.Option("--path", help="Those about a file, or about a folder's files.")] = None,
    root: Roots = None,
    json_: AsJson = False,
) -> None:
    """List what vision models were asked about pictures, newest first, each with its cost."""
    configured = settings_here(root)
    require_database(configured)
    place = Folders(configured.ingest_media_roots).locate(file(path, configured)) if path is not None else None
    library = Library(configured.database_url)
    try:
        found = library.runs.each(WantedRuns(place, None if session is None else checked_id(session)))
        if json_:
            print_json(list(found))
            return
        costs = [_told(run) for run in found]
    finally:
        library.close()
    out.print(", ".join([counted(len(costs), "run"), *_sums_of(costs, configured.ingest_currency)]), markup=False)


def _sums_of(costs: Iterable[float | None], currency: Currency | None) -> Iterator[str]:
    """What runs cost, in words; what is not known is no part of it."""
    exact = [None if cost is None else in_usd(cost) for cost in costs]
    known = [cost for cost in exact if cost is not None]
    if known:
        spent = sum(known, in_usd(0))
        yield money(spent)
        if currency is not None:
            yield money(currency.of(spent), currency.symbol, 2)
    if len(known) < len(exact):
        yield f"{len(exact) - len(known):,} of unknown cost"


def _told(run: ShownRun) -> float | None:
    """Prints a line about a run, and gives its cost."""
    cost = run["cost_usd"]
    price = "cost unknown" if cost is None else money(cost)
    line = f"{run['at'][:19]}  {run['status']:9}  {price:>12}  {plain(run['model'])}  {plain(run['path'])}"
    out.print(f"{line}: {plain(run['reason'])}" if run["reason"] else line, markup=False)
    return cost
