"""The command line `media-ingest`: one function for each command. Those that only look are in modules of their own."""

import socket
import sys
from typing import Annotated, Any

import typer
import uvicorn

from app import __version__, settings
from app.cli.comparing import comparing
from app.cli.describing import describing
from app.cli.detecting import detecting
from app.cli.duplicates import duplicating
from app.cli.finding import finding
from app.cli.keeping import keeping
from app.cli.looking import looking
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
from app.cli.saying import saying
from app.cli.terminal import COULD_NOT_RUN, err, in_foreground, out, print_json
from app.errors import CannotStart, MediaIngestError
from app.ingest.run.parts import ALL_SESSIONS
from app.ingest.session.parameters import Parameters, parse_parameters
from app.ingest.session.state import SessionState
from app.ingest.session.store import IngestionState
from app.library.engine import shown_place
from app.library.migrations import Migration
from app.media import Stage
from app.settings import Settings
from app.wiring import House, build, take

cli = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
cli.add_typer(looking)
cli.add_typer(comparing)
cli.add_typer(describing)
cli.add_typer(finding)
cli.add_typer(duplicating)
cli.add_typer(detecting)
cli.add_typer(keeping)
cli.add_typer(saying)
Directories = Annotated[list[str], typer.Argument(help="ROOT/relative paths, or absolute ones inside a media root.")]
Pattern = Annotated[str, typer.Option(help="Globs joined by |, against file names.")]
MinBytes = Annotated[int | None, typer.Option(help="Only files of at least so many bytes.")]
MaxBytes = Annotated[int | None, typer.Option(help="Only files of at most so many bytes.")]
MaxFiles = Annotated[int | None, typer.Option(help="At most so many files.")]
Recursive = Annotated[bool, typer.Option("--recursive/--no-recursive", help="Folders below, too.")]
NsfwThreshold = Annotated[
    float | None, typer.Option(help="From this probability (0 to 1) a file counts as NSFW; by default as before.")
]
Metadata = Annotated[bool, typer.Option("--metadata/--no-metadata", help="Extract metadata.")]
Keywords = Annotated[bool, typer.Option("--keywords/--no-keywords", help="Extract keywords.")]
Scores = Annotated[bool, typer.Option("--scores/--no-scores", help="Import scores.")]
Thumbnails = Annotated[bool, typer.Option("--thumbnails/--no-thumbnails", help="Make thumbnails.")]
Barcodes = Annotated[bool, typer.Option("--barcodes/--no-barcodes", help="Read barcodes in pictures.")]
Detect = Annotated[bool, typer.Option("--detect/--no-detect", help="Find objects with INGEST_DETECTOR_MODEL.")]
SkipExisting = Annotated[bool, typer.Option("--skip-existing/--no-skip-existing", help="Leave out what is fresh.")]


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

    configured = settings.load(root, ingest_host=host, ingest_port=port)
    with _listen(configured) as listening:
        address = configured.model_copy(update={"ingest_port": listening.getsockname()[1]}).address
        house, migration = take(configured, address)
        _print_database(configured, migration)
        out.print(
            f"Media Ingest {__version__} serves [bold]{address}/ingest-v2[/bold] (Ctrl-C ends it; sessions resume)"
        )
        for other in house.records_or_none.library.leases.others() if house.records_or_none else ():
            if other.is_there:
                out.print(f"Another server works on this database: {other.sentence}.", markup=False)
        config = uvicorn.Config(
            create_app(house), log_level="warning", timeout_graceful_shutdown=5, server_header=False, lifespan="on"
        )
        uvicorn.Server(config).run(sockets=[listening])


def _print_database(configured: Settings, migration: Migration | None) -> None:
    """Names the database that was opened, so that a library of another folder is not missed in vain."""
    if migration is None:
        out.print("The database is disabled: nothing can be taken in.")
        return
    made = " It was made just now and is empty." if migration.before is None else ""
    out.print(f"The database is {shown_place(configured.database_url)}.{made}", markup=False)
    if migration.copy is not None:
        out.print(
            f"It was upgraded to revision {migration.after}; a copy of the older one is {migration.copy}.", markup=False
        )


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


def _wait_for_detector(house: House, parameters: Parameters) -> None:
    if Stage.DETECT in parameters.wanted:
        house.detector.wait()


@cli.command()
def plan(
    directories: Directories, root: Roots = None, pattern: Pattern = "*", min_bytes: MinBytes = None,
    max_bytes: MaxBytes = None, max_files: MaxFiles = None,
    recursive: Recursive = True, nsfw: Nsfw = True, nsfw_threshold: NsfwThreshold = None, metadata: Metadata = True,
    keywords: Keywords = True, scores: Scores = True, thumbnails: Thumbnails = True,
    barcodes: Barcodes = False, detect: Detect = False, skip_existing: SkipExisting = True,
    json_: AsJson = False,
) -> None:  # fmt: skip
    """Count what a run would do; nothing is changed."""
    configured = settings_here(root)
    parameters = _parameters(**locals())
    fresh = is_fresh(configured)
    if not fresh:
        require_database(configured)
    house, _ = build(configured, IngestionState(configured.ingest_state_dir), migrate=False)
    try:
        _wait_for_detector(house, parameters)
        counts = planner_of(house, fresh=fresh).plan(house.records.runner.resolved(parameters))
    finally:
        house.close()
    if json_:
        print_json(counts)
    else:
        print_plan(counts)


@cli.command()
def run(
    directories: Directories, root: Roots = None, pattern: Pattern = "*", min_bytes: MinBytes = None,
    max_bytes: MaxBytes = None, max_files: MaxFiles = None,
    workers: Workers = None, recursive: Recursive = True, nsfw: Nsfw = True, nsfw_threshold: NsfwThreshold = None,
    metadata: Metadata = True, keywords: Keywords = True, scores: Scores = True, thumbnails: Thumbnails = True,
    barcodes: Barcodes = False, detect: Detect = False, skip_existing: SkipExisting = True, json_: AsJson = False,
) -> None:  # fmt: skip
    """Take files in, in the foreground. Ctrl-C pauses. Exit 0: all well, 1: some files failed, 2: could not run."""
    configured = settings_here(root)
    parameters = _parameters(**locals())

    def begin(house: House) -> SessionState:
        return house.records.runner.start(parameters)

    in_foreground(configured, begin, as_json=json_)


@cli.command()
def resume(
    session_id: str,
    root: Roots = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="The files are gone, as attention asks.")] = False,
    budget: Annotated[float | None, typer.Option(help="A larger budget in USD, where it stopped at the last.")] = None,
    json_: AsJson = False,
) -> None:
    """Go on with a paused or interrupted session, or one that needs attention, in the foreground."""
    checked = checked_id(session_id)

    def begin(house: House) -> SessionState:
        return house.records.runner.resume(checked, confirm=confirm, budget_usd=budget)[0]

    in_foreground(settings_here(root), begin, as_json=json_)


@cli.command()
def retry(
    session_id: str,
    cause: Annotated[str | None, typer.Option(help="Only files that failed for this cause.")] = None,
    path: Annotated[list[str] | None, typer.Option(help="Only this file, as ROOT/relative; repeatable.")] = None,
    root: Roots = None,
    json_: AsJson = False,
) -> None:
    """Try the failed files of a session, or of `all`, again, as a new session in the foreground."""
    checked = session_id if session_id == ALL_SESSIONS else checked_id(session_id)
    configured = settings_here(root)

    def begin(house: House) -> SessionState:
        paths = tuple(house.folders.file(file(text, configured)).shown for text in path or ())
        return house.records.runner.retry(checked, cause=cause, paths=paths)

    in_foreground(configured, begin, as_json=json_)


def _parameters(configured: Settings, **options: Any) -> Parameters:
    """The parameters of the contract from the options of a command, which bear shorter names."""
    return parse_parameters(
        {
            "directories": [directory(text, configured) for text in options["directories"]],
            "pattern": options["pattern"],
            "min_bytes": options["min_bytes"],
            "max_bytes": options["max_bytes"],
            "max_files": options["max_files"],
            "workers": options.get("workers"),
            "recursive": options["recursive"],
            "enable_nsfw_detection": options["nsfw"],
            "extract_metadata": options["metadata"],
            "extract_keywords": options["keywords"],
            "import_scores": options["scores"],
            "generate_thumbnails": options["thumbnails"],
            "read_barcodes": options["barcodes"],
            "detect_objects": options["detect"],
            "skip_existing": options["skip_existing"],
        }
        | ({} if options["nsfw_threshold"] is None else {"nsfw_threshold": options["nsfw_threshold"]})
    )
