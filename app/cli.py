"""The same house by its other door: `media-ingest`, one function for each command."""

import os
import socket
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from rich.markup import escape

from app import __version__, settings
from app.analysis.analyzer import Recipes
from app.analysis.ir import is_whole
from app.analysis.weights import SOURCE_BYTES
from app.doctor import examine
from app.errors import (
    CannotStart,
    DatabaseDisabled,
    DatabaseUnusable,
    InvalidRequest,
    MediaIngestError,
    UnknownSession,
)
from app.ingest.parameters import Parameters, parse_parameters
from app.ingest.planner import Planner
from app.ingest.session import SessionState
from app.ingest.store import IngestionState, is_session_id, replace_file
from app.ingest.survey import NothingKnown
from app.library.library import Library
from app.library.migrations import HEAD, bring_to_head, revision_of
from app.media import Stage, shown_name
from app.reports import Format, lines_of, written
from app.settings import Settings
from app.terminal import COULD_NOT_RUN, SOME_FAILED, download_bar, err, in_foreground, out, print_json, print_session
from app.wiring import House, build, command_as_typed, weights_of

cli = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
nsfw_cli = typer.Typer(no_args_is_help=True, help="The NSFW model: fetch its weights, or say how it stands.")
cli.add_typer(nsfw_cli, name="nsfw")
Directories = Annotated[list[str], typer.Argument(help="ROOT/relative paths, or absolute ones inside a media root.")]
Roots = Annotated[list[str] | None, typer.Option("--root", help="A media root as NAME=PATH; repeatable.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Pattern = Annotated[str, typer.Option(help="Globs joined by |, against file names.")]
MaxFiles = Annotated[int | None, typer.Option(help="At most so many files.")]
Workers = Annotated[int | None, typer.Option(help="Analysis processes.")]
Recursive = Annotated[bool, typer.Option("--recursive/--no-recursive", help="Folders below, too.")]
Nsfw = Annotated[bool, typer.Option("--nsfw/--no-nsfw", help="NSFW detection.")]
NsfwThreshold = Annotated[
    float | None, typer.Option(help="From this probability (0 to 1) a file counts as NSFW; by default as before.")
]
Metadata = Annotated[bool, typer.Option("--metadata/--no-metadata", help="Extract metadata.")]
Keywords = Annotated[bool, typer.Option("--keywords/--no-keywords", help="Extract keywords.")]
Scores = Annotated[bool, typer.Option("--scores/--no-scores", help="Import scores.")]
Thumbnails = Annotated[bool, typer.Option("--thumbnails/--no-thumbnails", help="Make thumbnails.")]
SkipExisting = Annotated[bool, typer.Option("--skip-existing/--no-skip-existing", help="Leave out what is fresh.")]


_REASONS = {"only_nsfw": "need only NSFW"}


def main() -> None:
    """Runs a command; a house error is one sentence on stderr and exit 2."""
    try:
        cli()
    except MediaIngestError as error:
        err.print(f"media-ingest: {error.sentence}", markup=False)
        sys.exit(COULD_NOT_RUN)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"media-ingest {__version__}")
        raise typer.Exit


@cli.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Takes media files into a database one at a time, and answers for every single one."""


@cli.command()
def serve(
    root: Roots = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the page and the API."""
    from app.web.app import create_app

    configured = _settings(root, ingest_host=host, ingest_port=port)
    with _listen(configured) as listening:
        address = configured.model_copy(update={"ingest_port": listening.getsockname()[1]}).address
        store = IngestionState(configured.ingest_state_dir)
        store.acquire(address)
        try:
            house, migration = build(configured, store)
        except MediaIngestError:
            store.release()
            raise
        if migration is not None and migration.copy is not None:
            out.print(f"The database was upgraded to revision {migration.after}; a copy of it is {migration.copy}.")
        out.print(
            f"Media Ingest {__version__} serves [bold]{address}/ingest-v2[/bold] (Ctrl-C ends it; sessions resume)"
        )
        config = uvicorn.Config(
            create_app(house), log_level="warning", timeout_graceful_shutdown=5, server_header=False, lifespan="on"
        )
        uvicorn.Server(config).run(sockets=[listening])


def _listen(configured: Settings) -> socket.socket:
    """The listening socket, opened before anything else so that a taken port is one sentence."""
    family = socket.AF_INET6 if ":" in configured.ingest_host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on and every answer waits 40 ms for an acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((configured.ingest_host, configured.ingest_port))
    except OSError as error:
        listening.close()
        where = f"{configured.ingest_host}:{configured.ingest_port}"
        held = IngestionState(configured.ingest_state_dir).holder()
        hint = f" Another Media Ingest runs as {held}." if held else " Choose another with --port."
        raise CannotStart(f"Cannot listen on {where}: {error.strerror}.{hint}", cause="port_taken") from None
    return listening


def _settings(root: list[str] | None = None, **overrides: Any) -> Settings:
    return settings.load(root, **overrides)


@cli.command()
def plan(
    directories: Directories, root: Roots = None, pattern: Pattern = "*", max_files: MaxFiles = None,
    recursive: Recursive = True, nsfw: Nsfw = True, nsfw_threshold: NsfwThreshold = None, metadata: Metadata = True,
    keywords: Keywords = True, scores: Scores = True, thumbnails: Thumbnails = True, skip_existing: SkipExisting = True,
    json_: AsJson = False,
) -> None:  # fmt: skip
    """Count what a run would do; nothing is changed."""
    configured = _settings(root)
    parameters = _parameters(**locals())
    if not configured.database_enabled:
        raise DatabaseDisabled
    fresh = revision_of(configured.database_url) is None  # then nothing is known, and no database need be made
    if not fresh:
        _require_database(configured)
    house, _ = build(configured, IngestionState(configured.ingest_state_dir), migrate=False)
    try:
        planner = Planner(house.folders, NothingKnown(), house.recipes.now) if fresh else house.records.planner
        counts = planner.plan(house.records.runner.resolved(parameters))
    finally:
        house.close()
    if json_:
        print_json(counts)
        return
    out.print(f"{counts['pending']:,} of {counts['discovered']:,} files would be processed.")
    for name, count in counts["pending_by"].items():
        out.print(f"  {count:,} {_REASONS.get(name, name.replace('_', ' '))}")
    for name, count in counts["skipped"].items():
        if count:
            out.print(f"  {count:,} skipped: {name.replace('_', ' ')}")
    for sentence in (*counts["unavailable"].values(), *counts["limited"].values()):
        out.print(f"  {sentence}", markup=False)


@cli.command()
def run(
    directories: Directories, root: Roots = None, pattern: Pattern = "*", max_files: MaxFiles = None,
    workers: Workers = None, recursive: Recursive = True, nsfw: Nsfw = True, nsfw_threshold: NsfwThreshold = None,
    metadata: Metadata = True, keywords: Keywords = True, scores: Scores = True, thumbnails: Thumbnails = True,
    skip_existing: SkipExisting = True, json_: AsJson = False,
) -> None:  # fmt: skip
    """Take files in, in the foreground. Ctrl-C pauses. Exit 0: all well, 1: some files failed, 2: could not run."""
    configured = _settings(root)
    parameters = _parameters(**locals())

    def begin(house: House) -> SessionState:
        known = house.records.library.nsfw_threshold() if nsfw_threshold is None else None  # is not reset unasked
        asked = parameters if known is None else parameters.but(nsfw_threshold=known)
        return house.records.runner.start(asked)

    in_foreground(configured, begin, as_json=json_)


@cli.command()
def resume(session_id: str, root: Roots = None, json_: AsJson = False) -> None:
    """Go on with a paused or interrupted session, in the foreground."""
    checked = _session_id(session_id)
    in_foreground(_settings(root), lambda house: house.records.runner.resume(checked)[0], as_json=json_)


@cli.command()
def sessions(json_: AsJson = False) -> None:
    """List all sessions, newest first."""
    found = sorted(IngestionState(_settings().ingest_state_dir).load_all(), key=lambda s: s.created_at, reverse=True)
    if json_:
        print_json([session.as_status() for session in found])
        return
    for session in found:
        files = f"{session.processed_files:,}/{session.total_files or 0:,} files"
        failed = f"{session.outcomes['failed']:,} failed"
        where = ", ".join(session.parameters.directories)
        line = f"{session.session_id}  {session.created_at[:19]}  {session.status.value:11}  {files:>17}  {failed:>9}"
        out.print(f"{line}  {where}", markup=False)


@cli.command()
def status(session_id: str, json_: AsJson = False) -> None:
    """Show how a session stands."""
    session = IngestionState(_settings().ingest_state_dir).load(_session_id(session_id))
    if session is None:
        raise UnknownSession(f"There is no session {session_id}.")
    if json_:
        print_json(session.as_status())
    else:
        print_session(session)


@cli.command()
def report(
    session_id: str,
    root: Roots = None,
    format_: Annotated[Format, typer.Option("--format", help="How the report is written.")] = Format.CSV,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file; without one, standard output.")] = None,
) -> None:
    """Write what became of every file that a session discovered."""
    configured = _settings(root)
    store = IngestionState(configured.ingest_state_dir)
    session = store.load(_session_id(session_id))
    if session is None:
        raise UnknownSession(f"There is no session {session_id}.")
    _require_database(configured)
    house, _ = build(configured, store, migrate=False)
    try:
        pieces = written(format_, session, lines_of(session, house.records.ingestor))
        if output is None:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
        else:
            replace_file(output, pieces)
    finally:
        house.close()


@cli.command()
def stats(json_: AsJson = False) -> None:
    """Show the totals of the library."""
    configured = _settings()
    _require_database(configured)
    library = Library(configured.database_url)
    totals = library.summary()
    library.close()
    if json_:
        print_json(totals)
    else:
        for name in ("images", "videos", "bytes", "sessions"):
            out.print(f"{name:12}{totals[name]:,}")
        out.print(f"{'last update':12}{totals['updated_at'] or 'never'}")


@cli.command()
def doctor(root: Roots = None) -> None:
    """Print every setting with its source, and check what they point at. Exit 1 where something is wrong."""
    findings = examine(_settings(root), on_command_line={"INGEST_MEDIA_ROOTS"} if root else set())
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
    weights = weights_of(_settings())
    already = weights.look().model is not None
    with download_bar(SOURCE_BYTES, hidden=already) as show:
        found = weights.fetch(show)
    if found.model is None:
        raise CannotStart(found.sentence, cause="nsfw_unavailable")
    out.print(f"The weights {'were there already' if already else 'are there'}: {weights.place}", markup=False)


@nsfw_cli.command("status")
def nsfw_status(json_: AsJson = False) -> None:
    """Say whether NSFW detection can run here. Exit 1: it cannot."""
    weights = weights_of(_settings())
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


@cli.command()
def migrate() -> None:
    """Bring the database to the schema of this program."""
    configured = _settings()
    if not configured.database_enabled:
        raise DatabaseDisabled
    migration = bring_to_head(configured.database_url)
    if not migration.changed:
        out.print(f"The database is at revision {migration.after} already.")
        return
    out.print(f"The database went from {migration.before or 'nothing'} to revision {migration.after}.")
    if migration.copy is not None:
        out.print(f"A copy of the older one is {migration.copy}.")


# -- what the commands share -------------------------------------------------------------------------------------------


def _directory(text: str, configured: Settings) -> str:
    """A directory as the sessions name it: `ROOT/relative` as it is, else a path of the file system in shown form."""
    if not text.strip() or text.partition("/")[0] in configured.ingest_media_roots:
        return os.fsencode(text).decode("utf-8", "backslashreplace")  # as it is, its odd bytes as they are shown
    return shown_name(os.path.realpath(os.fsencode(text)))


def _parameters(configured: Settings, **options: Any) -> Parameters:
    """The parameters of the contract from the options of a command, which bear shorter names."""
    return parse_parameters(
        {
            "directories": [_directory(text, configured) for text in options["directories"]],
            "pattern": options["pattern"],
            "max_files": options["max_files"],
            "workers": options.get("workers"),
            "recursive": options["recursive"],
            "enable_nsfw_detection": options["nsfw"],
            "extract_metadata": options["metadata"],
            "extract_keywords": options["keywords"],
            "import_scores": options["scores"],
            "generate_thumbnails": options["thumbnails"],
            "skip_existing": options["skip_existing"],
        }
        | ({} if options["nsfw_threshold"] is None else {"nsfw_threshold": options["nsfw_threshold"]})
    )


def _session_id(text: str) -> str:
    if not is_session_id(text.lower()):
        raise InvalidRequest("A session id is a UUID of 36 characters.", cause="bad_session_id")
    return text.lower()


def _require_database(configured: Settings) -> None:
    """Raises DatabaseDisabled or DatabaseUnusable: commands that only read do not migrate."""
    if not configured.database_enabled:
        raise DatabaseDisabled
    revision = revision_of(configured.database_url)
    if revision != HEAD:
        raise DatabaseUnusable(
            f"The database is at revision {revision or 'none'}, this program needs {HEAD}: "
            f"run {command_as_typed()} migrate."
        )
