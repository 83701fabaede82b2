"""Pictures described from the command line: in the foreground, as `run` takes files in."""

from typing import Annotated, Any

import typer

from app.cli.options import AsJson, Roots, directory, require_database, settings_here
from app.cli.planned import print_plan
from app.cli.terminal import in_foreground, print_json
from app.errors import InvalidRequest
from app.ingest.session.parameters import parse_parameters
from app.ingest.session.state import SessionState
from app.ingest.session.store import IngestionState
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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what it would cost.")] = False,
    root: Roots = None,
    json_: AsJson = False,
) -> None:
    """Let a vision model describe pictures, in the foreground; files that are not in the library are taken in.

    Ctrl-C pauses. Exit 0: all well, 1: some files failed, 2: could not run, or stopped, as at the end of the budget.
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
            "describe": described,
        }
    )

    if not dry_run:

        def begin(house: House) -> SessionState:
            return house.records.runner.start(parameters)

        in_foreground(configured, begin, as_json=json_)
    require_database(configured)
    house, _ = build(configured, IngestionState(configured.ingest_state_dir), migrate=False)
    try:
        counts = house.records.planner.plan(house.records.runner.resolved(parameters))
    finally:
        house.close()
    if json_:
        print_json(counts)
    else:
        print_plan(counts, budget)
