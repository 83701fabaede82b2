"""Pictures described by a vision model, on the command line: in the foreground, and every request with its cost."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer

from app.cli.options import (
    AsJson,
    Nsfw,
    Roots,
    Workers,
    checked_id,
    directory,
    file,
    is_fresh,
    require_database,
    settings_here,
)
from app.cli.planned import planner_of, print_plan
from app.cli.terminal import in_foreground, out, plain, print_json
from app.currency import Currency, money
from app.descriptions import in_usd
from app.errors import InvalidRequest
from app.ingest.disk.folders import Folders
from app.ingest.session.parameters import parse_parameters
from app.ingest.session.state import SessionState
from app.ingest.session.store import IngestionState
from app.library.describing.listing import ShownRun, WantedRuns
from app.library.library import Library
from app.media import Place
from app.settings import Settings
from app.texts import counted
from app.wiring import House, build

describing = typer.Typer()


@describing.command()
def describe(
    directories: Annotated[
        list[str] | None, typer.Argument(help="ROOT/relative paths, or absolute ones inside a media root.")
    ] = None,
    query: Annotated[
        str | None, typer.Option("--query", help="Instead: what this search of the library finds.")
    ] = None,
    template: Annotated[
        str, typer.Option(help="What is asked: caption, catalogue, alt-text, or one of yours.")
    ] = "caption",
    provider: Annotated[str, typer.Option(help="Who is asked.")] = "default",
    model: Annotated[str | None, typer.Option(help="The model; by default the provider's.")] = None,
    budget: Annotated[float | None, typer.Option(help="What it may cost at most, in USD; by default no limit.")] = None,
    direct: Annotated[bool, typer.Option("--direct", help="Write what is said at once; else it is proposed.")] = False,
    include_nsfw: Annotated[
        bool, typer.Option("--include-nsfw", help="Send pictures that are or may be NSFW to another machine, too.")
    ] = False,
    write: Annotated[
        list[str] | None, typer.Option("--write", help="Files of each picture: json, docx; repeatable.")
    ] = None,
    pattern: Annotated[str, typer.Option(help="Globs joined by |, against file names.")] = "*",
    max_files: Annotated[int | None, typer.Option(help="At most so many files.")] = None,
    recursive: Annotated[bool, typer.Option("--recursive/--no-recursive", help="Folders below, too.")] = True,
    nsfw: Nsfw = True,
    workers: Workers = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what it would cost.")] = False,
    root: Roots = None,
    json_: AsJson = False,
) -> None:
    """Let a vision model describe pictures, in the foreground; files that are not in the library are taken in.

    Ctrl-C pauses. Exit 0: all well, 1: some files or descriptions failed, 2: could not run, or stopped, as at the end
    of the budget.
    """
    configured = settings_here(root)
    if bool(directories) == (query is not None):
        raise InvalidRequest("Give either directories or --query.", field="directory")
    described: dict[str, Any] = {
        "template": template,
        "provider": provider,
        "model": model,
        "budget_usd": budget,
        "commit": "direct" if direct else "proposals",
        "include_nsfw": include_nsfw,
        "write": write or [],
    }
    parameters = parse_parameters(
        {
            "q": query,
            "directories": [directory(text, configured) for text in directories or []],
            "pattern": pattern,
            "max_files": max_files,
            "recursive": recursive,
            "enable_nsfw_detection": nsfw,
            "workers": workers,
            "describe": described,
        }
    )

    if not dry_run:

        def begin(house: House) -> SessionState:
            return house.records.runner.start(parameters)

        in_foreground(configured, begin, as_json=json_)
    fresh = is_fresh(configured) if query is None else False
    if not fresh:
        require_database(configured)
    house, _ = build(configured, IngestionState(configured.ingest_state_dir), migrate=False)
    try:
        counts = planner_of(house, fresh=fresh).plan(house.records.runner.resolved(parameters))
    finally:
        house.close()
    if json_:
        print_json(counts)
    else:
        print_plan(counts, budget)


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
    library = Library(configured.database_url)
    try:
        place = None if path is None else _about(path, configured, library)
        found = library.runs.each(WantedRuns(place, None if session is None else checked_id(session)))
        if json_:
            print_json(list(found))
            return
        costs = [_told(run) for run in found]
    finally:
        library.close()
    out.print(", ".join([counted(len(costs), "run"), *_sums_of(costs, configured.ingest_currency)]), markup=False)


def _about(path: str, configured: Settings, library: Library) -> Place:
    """What runs are to be about, also in a media root that is no more. Raises InvalidRequest."""
    try:
        return Folders(configured.ingest_media_roots).locate(file(path, configured))
    except InvalidRequest:
        if (once := library.run_totals.place_once(path)) is not None:
            return once
        raise


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
