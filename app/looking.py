"""The commands that take no file in: they look at sessions, files and settings, or make ready what a run needs."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from app import settings
from app.analysis.analyzer import Recipes
from app.analysis.ir import is_whole
from app.analysis.weights import SOURCE_BYTES
from app.doctor import examine
from app.errors import CannotStart, DatabaseDisabled, UnknownSession
from app.ingest.store import IngestionState, replace_file
from app.library.library import Library
from app.library.migrations import bring_to_head
from app.media import Stage
from app.options import AsJson, Roots, checked_id, require_database
from app.reports import Format, of_session, written
from app.terminal import SOME_FAILED, download_bar, out, print_json, print_session
from app.wiring import build, weights_of

looking = typer.Typer()
nsfw_cli = typer.Typer(no_args_is_help=True, help="The NSFW model: fetch its weights, or say how it stands.")
looking.add_typer(nsfw_cli, name="nsfw")


@looking.command()
def sessions(json_: AsJson = False) -> None:
    """List all sessions, newest first."""
    every = IngestionState(settings.load().ingest_state_dir).load_all()
    found = sorted(every, key=lambda session: session.created_at, reverse=True)
    if json_:
        print_json([session.as_status() for session in found])
        return
    for session in found:
        files = f"{session.processed_files:,}/{session.total_files or 0:,} files"
        failed = f"{session.outcomes['failed']:,} failed"
        where = ", ".join(session.parameters.directories)
        line = f"{session.session_id}  {session.created_at[:19]}  {session.status.value:11}  {files:>17}  {failed:>9}"
        out.print(f"{line}  {where}", markup=False)


@looking.command()
def status(session_id: str, json_: AsJson = False) -> None:
    """Show how a session stands."""
    session = IngestionState(settings.load().ingest_state_dir).load(checked_id(session_id))
    if session is None:
        raise UnknownSession(f"There is no session {session_id}.")
    if json_:
        print_json(session.as_status())
    else:
        print_session(session)


@looking.command()
def report(
    session_id: str,
    root: Roots = None,
    format_: Annotated[Format, typer.Option("--format", help="How the report is written.")] = Format.CSV,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file; without one, standard output.")] = None,
) -> None:
    """Write what became of every file that a session discovered."""
    configured = settings.load(root)
    store = IngestionState(configured.ingest_state_dir)
    session = store.load(checked_id(session_id))
    if session is None:
        raise UnknownSession(f"There is no session {session_id}.")
    require_database(configured)
    house, _ = build(configured, store, migrate=False)
    try:
        pieces = written(format_, of_session(session, house.records.ingestor))
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
        else:
            replace_file(output, pieces)
    finally:
        house.close()


@looking.command()
def stats(json_: AsJson = False) -> None:
    """Show the totals of the library."""
    configured = settings.load()
    require_database(configured)
    library = Library(configured.database_url)
    totals = library.summary()
    library.close()
    if json_:
        print_json(totals)
    else:
        for name in ("images", "videos", "bytes", "sessions"):
            out.print(f"{name:12}{totals[name]:,}")
        out.print(f"{'last update':12}{totals['updated_at'] or 'never'}")


@looking.command()
def doctor(root: Roots = None) -> None:
    """Print every setting with its source, and check what they point at. Exit 1 where something is wrong."""
    findings = examine(settings.load(root), on_command_line={"INGEST_MEDIA_ROOTS"} if root else set())
    colors = {"ok": "green", "note": "yellow", "wrong": "red"}
    for finding in findings:
        verdict = f"[{colors[finding.verdict]}]{finding.verdict:5}[/]"
        out.print(f"{verdict} [bold]{finding.name}[/] = {escape(finding.value)}  [dim]({finding.source})[/]")
        if finding.sentence:
            out.print(f"      {escape(finding.sentence)}")
    if any(finding.verdict == "wrong" for finding in findings):
        raise typer.Exit(SOME_FAILED)


@nsfw_cli.command("fetch")
def nsfw_fetch() -> None:
    """Download the weights of the NSFW model to their place, and check them. Exit 2: not to be had."""
    weights = weights_of(settings.load())
    already = weights.look().model is not None
    with download_bar(SOURCE_BYTES, hidden=already) as show:
        found = weights.fetch(show)
    if found.model is None:
        raise CannotStart(found.sentence, cause="nsfw_unavailable")
    out.print(f"The weights {'were there already' if already else 'are there'}: {weights.place}", markup=False)


@nsfw_cli.command("status")
def nsfw_status(json_: AsJson = False) -> None:
    """Say whether NSFW detection can run here. Exit 1: it cannot."""
    weights = weights_of(settings.load())
    recipe = Recipes(weights).now()
    sentence = recipe.complaint(Stage.NSFW)
    model = recipe.nsfw_model
    if json_:
        print_json(
            {
                "available": model is not None,
                "sentence": sentence,
                "weights": str(weights.place),
                "model": model.name if model else None,
                "prepared": model is not None and is_whole(model.ir),
            }
        )
    else:
        if sentence:
            out.print(sentence, markup=False)
        if model:
            when = "is ready" if is_whole(model.ir) else "is prepared by the first session that needs it"
            out.print(f"NSFW detection is available: {weights.place} can be used; the model {when}.", markup=False)
            out.print(model.name, markup=False)
    if model is None:
        raise typer.Exit(SOME_FAILED)


@looking.command()
def migrate() -> None:
    """Bring the database to the schema of this program."""
    configured = settings.load()
    if not configured.database_enabled:
        raise DatabaseDisabled
    migration = bring_to_head(configured.database_url)
    if not migration.changed:
        out.print(f"The database is at revision {migration.after} already.")
        return
    out.print(f"The database went from {migration.before or 'nothing'} to revision {migration.after}.")
    if migration.copy is not None:
        out.print(f"A copy of the older one is {migration.copy}.")
