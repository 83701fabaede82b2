"""The same house by its other door: `media-ingest`, one function for each command."""

import json
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
import uvicorn
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import __version__, settings
from app.doctor import examine
from app.errors import (
    BadSetting,
    CannotStart,
    DatabaseDisabled,
    DatabaseUnusable,
    InvalidRequest,
    MediaIngestError,
    UnknownSession,
)
from app.ingest.parameters import Parameters, parse_parameters
from app.ingest.runner import Runner
from app.ingest.session import SessionState, Status
from app.ingest.store import IngestionState, is_session_id
from app.library.library import Library
from app.library.migrations import HEAD, bring_to_head, revision_of
from app.settings import Settings, parse_roots
from app.wiring import House, build, command_as_typed

cli = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

ALL_WELL, SOME_FAILED, COULD_NOT_RUN = 0, 1, 2

Directories = Annotated[list[str], typer.Argument(help="ROOT/relative paths, or absolute ones inside a media root.")]
Roots = Annotated[list[str] | None, typer.Option("--root", help="A media root as NAME=PATH; repeatable.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Pattern = Annotated[str, typer.Option(help="Globs joined by |, against file names.")]
MaxFiles = Annotated[int | None, typer.Option(help="At most so many files.")]
Workers = Annotated[int | None, typer.Option(help="Analysis processes.")]
Recursive = Annotated[bool, typer.Option("--recursive/--no-recursive", help="Folders below, too.")]
Nsfw = Annotated[bool, typer.Option("--nsfw/--no-nsfw", help="NSFW detection.")]
NsfwThreshold = Annotated[float, typer.Option(help="From this probability (0 to 1) a file counts as NSFW.")]
Metadata = Annotated[bool, typer.Option("--metadata/--no-metadata", help="Extract metadata.")]
Keywords = Annotated[bool, typer.Option("--keywords/--no-keywords", help="Extract keywords.")]
Scores = Annotated[bool, typer.Option("--scores/--no-scores", help="Import scores.")]
Thumbnails = Annotated[bool, typer.Option("--thumbnails/--no-thumbnails", help="Make thumbnails.")]
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
    listening = socket.socket(family, socket.SOCK_STREAM)
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
    if root:
        try:
            overrides["ingest_media_roots"] = parse_roots(root)
        except ValueError as error:
            raise BadSetting(f"--root: {error}.") from None
    return settings.load(**overrides)


@cli.command()
def plan(
    directories: Directories, root: Roots = None, pattern: Pattern = "*", max_files: MaxFiles = None,
    recursive: Recursive = True, nsfw: Nsfw = True, nsfw_threshold: NsfwThreshold = 0.8, metadata: Metadata = True,
    keywords: Keywords = True, scores: Scores = True, thumbnails: Thumbnails = True, skip_existing: SkipExisting = True,
    json_: AsJson = False,
) -> None:  # fmt: skip
    """Count what a run would do; nothing is changed."""
    configured = _settings(root)
    parameters = _parameters(**locals())
    house = _house_to_read(configured)
    try:
        counts = house.records.planner.plan(house.records.runner.resolved(parameters))
    finally:
        house.close()
    if json_:
        _print_json(counts)
        return
    out.print(f"{counts['pending']:,} of {counts['discovered']:,} files would be processed.")
    for name, count in counts["pending_by"].items():
        out.print(f"  {count:,} {name.replace('_', ' ')}")
    for name, count in counts["skipped"].items():
        if count:
            out.print(f"  {count:,} skipped: {name.replace('_', ' ')}")
    for stage, sentence in counts["unavailable"].items():
        out.print(f"  {stage}: {sentence}", markup=False)


@cli.command()
def run(
    directories: Directories, root: Roots = None, pattern: Pattern = "*", max_files: MaxFiles = None,
    workers: Workers = None, recursive: Recursive = True, nsfw: Nsfw = True, nsfw_threshold: NsfwThreshold = 0.8,
    metadata: Metadata = True, keywords: Keywords = True, scores: Scores = True, thumbnails: Thumbnails = True,
    skip_existing: SkipExisting = True, json_: AsJson = False,
) -> None:  # fmt: skip
    """Take files in, in the foreground. Ctrl-C pauses. Exit 0: all well, 1: some files failed, 2: could not run."""
    configured = _settings(root)
    parameters = _parameters(**locals())
    _in_foreground(configured, lambda house: house.records.runner.start(parameters), as_json=json_)


@cli.command()
def resume(session_id: str, root: Roots = None, json_: AsJson = False) -> None:
    """Go on with a paused or interrupted session, in the foreground."""
    checked = _session_id(session_id)
    _in_foreground(_settings(root), lambda house: house.records.runner.resume(checked)[0], as_json=json_)


@cli.command()
def sessions(json_: AsJson = False) -> None:
    """List all sessions, newest first."""
    found = sorted(IngestionState(_settings().ingest_state_dir).load_all(), key=lambda s: s.created_at, reverse=True)
    if json_:
        _print_json([session.as_status() for session in found])
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
        _print_json(session.as_status())
    else:
        _print_session(session)


@cli.command()
def stats(json_: AsJson = False) -> None:
    """Show the totals of the library."""
    configured = _settings()
    _require_database(configured)
    library = Library(configured.database_url)
    totals = library.summary()
    library.close()
    if json_:
        _print_json(totals)
    else:
        out.print(f"{totals['images']:,} images, {totals['videos']:,} videos, {totals['bytes']:,} bytes")
        out.print(f"{totals['sessions']:,} sessions, last update {totals['updated_at'] or 'never'}")


@cli.command()
def doctor(root: Roots = None) -> None:
    """Print every setting with its source, and check what they point at. Exit 1 where something is wrong."""
    findings = examine(_settings(root))
    colors = {"ok": "green", "note": "yellow", "wrong": "red"}
    for finding in findings:
        verdict = f"[{colors[finding.verdict]}]{finding.verdict:5}[/]"
        out.print(f"{verdict} [bold]{finding.name}[/] = {escape(finding.value)}  [dim]({finding.source})[/]")
        if finding.sentence:
            out.print(f"      {escape(finding.sentence)}")
    if any(finding.verdict == "wrong" for finding in findings):
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


def _parameters(**options: Any) -> Parameters:
    """The parameters of the contract from the options of a command, which bear shorter names."""
    return parse_parameters(
        {
            "directories": [
                str(Path(text).resolve()) if Path(text).exists() else text for text in options["directories"]
            ],
            "pattern": options["pattern"],
            "max_files": options["max_files"],
            "workers": options.get("workers"),
            "recursive": options["recursive"],
            "enable_nsfw_detection": options["nsfw"],
            "nsfw_threshold": options["nsfw_threshold"],
            "extract_metadata": options["metadata"],
            "extract_keywords": options["keywords"],
            "import_scores": options["scores"],
            "generate_thumbnails": options["thumbnails"],
            "skip_existing": options["skip_existing"],
        }
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


def _house_to_read(configured: Settings) -> House:
    """A house that only reads: no lock, no migration (a fresh database is made, so that a first plan works)."""
    if not configured.database_enabled:
        raise DatabaseDisabled
    if revision_of(configured.database_url) is not None:
        _require_database(configured)
    house, _ = build(configured, IngestionState(configured.ingest_state_dir))
    return house


def _in_foreground(configured: Settings, begin: Callable[[House], SessionState], *, as_json: bool) -> None:
    """Runs one session to its end, with a bar; Ctrl-C pauses it. Exits with what became of it."""
    if not configured.database_enabled:
        raise DatabaseDisabled
    store = IngestionState(configured.ingest_state_dir)
    store.acquire("the command line")
    try:
        house, _ = build(configured, store)
    except MediaIngestError:
        store.release()
        raise
    try:
        runner = house.records.runner
        runner.recover(auto_resume=False)
        session = begin(house)
        with _paused_by_signals(runner, session.session_id), _bar(hidden=as_json) as show:
            while session.status.working or session.status is Status.QUEUED:
                session = runner.wait(session.session_id, lambda s: not s.status.working, seconds=0.2)
                show(session)
    finally:
        house.close()
    if as_json:
        _print_json(session.as_status())
    else:
        _print_session(session)
        if session.status.resumable:
            out.print(f"Go on with: {command_as_typed()} resume {session.session_id}")
    if session.status is not Status.COMPLETED:
        raise typer.Exit(COULD_NOT_RUN)
    raise typer.Exit(SOME_FAILED if session.outcomes["failed"] else ALL_WELL)


@contextmanager
def _paused_by_signals(runner: Runner, session_id: str) -> Iterator[None]:
    """Ctrl-C and SIGTERM pause the session after the file at work."""

    def pause(_number: int, _frame: FrameType | None) -> None:
        with suppress(MediaIngestError):
            threading.Thread(target=runner.pause, args=(session_id,), daemon=True).start()

    before = {number: signal.signal(number, pause) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _bar(*, hidden: bool) -> Iterator[Callable[[SessionState], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=hidden, transient=True) as progress:
        task = progress.add_task("planning", total=None)

        def show(session: SessionState) -> None:
            name = (session.current_file or session.status.value)[-50:]
            progress.update(
                task, description=escape(name), total=session.total_files, completed=session.processed_files
            )

        yield show


def _print_session(session: SessionState) -> None:
    view = session.as_status()
    out.print(f"Session {session.session_id}: {session.status.value}")
    if session.attention:
        out.print(session.attention["sentence"], markup=False)
    if session.plan is None:
        return
    skipped = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in view["skipped"].items() if count)
    out.print(
        f"{view['discovered']:,} files found: {view['total_files']:,} to process" + (f", {skipped}" if skipped else "")
    )
    done = ", ".join(f"{count:,} {name}" for name, count in view["outcomes"].items() if count)
    done = done or ("nothing" if session.status.ended else "nothing yet")
    out.print(f"{view['processed_files']:,} processed: {done}; {view['pending']:,} pending")
    for error in view["errors"]:
        out.print(f"  {error['path']}: {error['reason']} ({error['stage']}, {error['cause']})", markup=False)
    for stage, sentence in view["unavailable"].items():
        out.print(f"  {stage}: {sentence}", markup=False)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
