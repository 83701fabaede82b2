"""The commands that take no file in: they look at sessions, files and settings, or make ready what a run needs."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from app import settings
from app.analysis.nsfw.ir import is_whole_ir
from app.analysis.nsfw.weights import SOURCE_BYTES
from app.analysis.recipes import Recipes
from app.cli.doctor import examine
from app.cli.options import (
    AsJson,
    FilePath,
    Output,
    Roots,
    check_output,
    checked_id,
    directory,
    file,
    require_database,
    settings_here,
)
from app.cli.telling import MAX_FILES_NAMED, Telling
from app.cli.terminal import SOME_FAILED, download_bar, keep, out, plain, print_json, print_session
from app.errors import CannotStart, DatabaseDisabled, UnknownFile, UnknownSession
from app.explain import explain
from app.ingest.disk.folders import Folders
from app.ingest.session.counts import sums_of
from app.ingest.session.store import IngestionState
from app.library.library import Library
from app.library.migrations import bring_to_head
from app.library.values import as_file
from app.media import Stage
from app.models_here import weights_of
from app.reports import Format, Line, Report, of_session, written
from app.texts import counted, shown_name
from app.verify import COLUMNS as VERIFY_COLUMNS
from app.verify import FINE, Standing, Verification, places
from app.wiring import build

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
        sums = sums_of(session.as_status())
        processed = f"{sums['processed']:,}/{session.total_files or 0:,} processed"
        committed, failed = f"{sums['committed']:,} committed", f"{sums['failed']:,} failed"
        where = ", ".join(session.parameters.directories)
        line = f"{session.session_id}  {session.created_at[:19]}  {session.status.value:11}  {processed:>21}"
        out.print(f"{line}  {committed:>16}  {failed:>12}  {where}", markup=False)


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
    output: Output = None,
) -> None:
    """Write what became of every file that a session discovered."""
    configured = settings_here(root)
    check_output(output, configured)
    store = IngestionState(configured.ingest_state_dir)
    session = store.load(checked_id(session_id))
    if session is None:
        raise UnknownSession(f"There is no session {session_id}.")
    require_database(configured)
    house, _ = build(configured, store, migrate=False)
    try:
        keep(written(format_, of_session(session, house.records.ingestor)), output, "report")
    finally:
        house.close()


@looking.command()
def verify(
    directories: Annotated[list[str] | None, typer.Argument(help="ROOT/relative paths; all roots by default.")] = None,
    rehash: Annotated[bool, typer.Option("--rehash", help="Read every byte, to find what has rotten.")] = False,
    root: Roots = None,
    format_: Annotated[Format | None, typer.Option("--format", help="Write a report, CSV by default.")] = None,
    output: Output = None,
    json_: AsJson = False,
) -> None:
    """Hold the library against the disk; nothing is changed. Exit 0: all well, 1: some differ, 2: could not run."""
    telling = Telling(format_, output, json_)
    configured = settings_here(root)
    check_output(output, configured)
    require_database(configured)
    library = Library(configured.database_url)
    try:
        folders = Folders(configured.ingest_media_roots)
        typed = [directory(text, configured) for text in directories or []]
        verification = Verification(folders, library.stock, places(folders, library.stock, typed), rehash)
        kept = telling.run(partial(_differing, verification), _name, partial(_report_of, verification))
    finally:
        library.close()
    if json_:
        print_json(verification.as_json() | {"files": kept})
    else:
        _print_sums(verification, telling.words)
    if verification.differing:
        raise typer.Exit(SOME_FAILED)


def _differing(verification: Verification, tell: Callable[[Line], None], at_most: int) -> Iterator[Line]:
    """A line for each row that is not plainly ok; the first that differ are told at once."""
    for finding in verification:
        if finding.standing is not Standing.OK:
            line = finding.as_line()
            if finding.standing not in FINE and verification.differing <= at_most:
                tell(line)
            yield line


def _report_of(verification: Verification, lines: Iterable[Line]) -> Report:
    return Report(
        VERIFY_COLUMNS,
        lines,
        sheet="Verification",
        sums=lambda: {"rows": verification.rows, "differing": verification.differing, **verification.as_json()["sums"]},
        tail=lambda: {"verification": verification.as_json()},
    )


def _name(line: Line, words: Console) -> None:
    words.print(f"  {plain(line['path'])}: {line['reason']} ({line['class']})", markup=False)


def _print_sums(verification: Verification, words: Console) -> None:
    if verification.differing > MAX_FILES_NAMED:
        words.print(f"  and {verification.differing - MAX_FILES_NAMED:,} more, which a report names (-o FILE)")
    counts = ", ".join(
        f"{count:,} {standing.replace('_', ' ')}" for standing, count in verification.sums.items() if count
    )
    how = "their bytes read" if verification.rehash else "by size and time; --rehash reads the bytes"
    words.print(
        f"{counted(verification.rows, 'file')} in the library ({how}): {counts or 'nothing to compare'}", markup=False
    )


@looking.command()
def show(path: FilePath, root: Roots = None, json_: AsJson = False) -> None:
    """Show everything that the library knows of one file."""
    configured = settings_here(root)
    require_database(configured)
    library = Library(configured.database_url)
    try:
        row = library.file(Folders(configured.ingest_media_roots).file(file(path, configured)))
        threshold = library.nsfw_threshold()
    finally:
        library.close()
    if row is None:
        raise UnknownFile(f"The library has no file {path}. `media-ingest explain` says why.")
    known = as_file(row, threshold)
    if json_:
        print_json(known)
    else:
        out.print(plain(known.pop("path")), markup=False)
        _print_known(known, "  ")


def _print_known(values: Mapping[str, Any], indent: str) -> None:
    """A line for each value that is known; those of a mapping below its name."""
    width = max(map(len, values), default=0)
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            out.print(f"{indent}{plain(name)}", markup=False)
            _print_known(value, indent + "  ")
        elif value not in (None, {}, []):
            text = ", ".join(map(_in_words, value)) if isinstance(value, list) else _in_words(value)
            out.print(f"{indent}{plain(name):{width}}  {plain(text)}", markup=False)


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict) and "source" in value:
        weight = f" x {value['weight']:g}" if value["weight"] is not None else ""
        return f"{value['text']}{weight} ({value['source']})"
    return str(value)


@looking.command("explain")
def explain_path(path: FilePath, root: Roots = None, json_: AsJson = False) -> None:
    """Say what became of a path and why, whatever it is."""
    configured = settings_here(root)
    require_database(configured)
    library = Library(configured.database_url)
    try:
        sessions = IngestionState(configured.ingest_state_dir).load_all()
        bare = "/" not in path and not os.path.lexists(path)  # else it is what lies here
        named = shown_name(os.fsencode(path)) if bare else file(path, configured)
        answer = explain(Folders(configured.ingest_media_roots), library, sessions, named)
    finally:
        library.close()
    if json_:
        print_json(answer)
        return
    out.print(plain(answer["sentence"]), markup=False)
    if row := answer["row"]:
        out.print(f"  taken in {row['ingested_at']}, {row['format']}, {row['size']:,} bytes, SHA-256 {row['sha256']}")
    for match in answer["matches"] if answer["matches_count"] > 1 else ():
        out.print(f"  {plain(match)}", markup=False)
    for failure in answer["failures"]:
        why = plain(f"{failure['reason']} ({failure['stage']}, {failure['cause']})")
        often = "once" if failure["attempts"] == 1 else f"{failure['attempts']:,} times"
        out.print(f"  failed {often}, last {failure['at']}: {why}", markup=False)
    for event in answer["events"]:
        reason = f": {plain(event['reason'])}" if event["reason"] else ""
        by = f"in session {event['session_id']}" if event["session_id"] else "by a person"
        out.print(f"  {event['at']}  {event['outcome']:9} {by}{reason}", markup=False)
    for other in answer["duplicates"]:
        out.print(f"  the same bytes: {plain(other)}", markup=False)


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
        by_verdict = ", ".join(f"{count:,} {plain(verdict)}" for verdict, count in totals["prompts"].items())
        out.print(f"{'made by AI':12}{sum(totals['prompts'].values()):,}{by_verdict and f' ({by_verdict})'}")
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
    already = weights.look().weights == weights.place
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
    file = weights.look().weights or weights.place
    if json_:
        print_json(
            {
                "available": model is not None,
                "sentence": sentence,
                "weights": str(file),
                "model": model.name if model else None,
                "prepared": model is not None and is_whole_ir(model.ir),
            }
        )
    else:
        if sentence:
            out.print(sentence, markup=False)
        if model:
            when = "is ready" if is_whole_ir(model.ir) else "is prepared by the first session that needs it"
            out.print(f"NSFW detection is available: {file} can be used; the model {when}.", markup=False)
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
