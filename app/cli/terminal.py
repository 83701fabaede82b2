"""A session on the terminal: run to its end in the foreground with a bar, and shown in words.

What the commands of `cli.py` share; it decides nothing about files.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)

from app.compare.comparison import Comparison
from app.currency import money
from app.describe.ledger import BUDGET_REACHED
from app.errors import CannotStart, DatabaseDisabled, MediaIngestError
from app.ingest.run.runner import Runner
from app.ingest.session.counts import sums_of
from app.ingest.session.replacing import replace_file
from app.ingest.session.state import SessionState, Status
from app.ingest.session.status import SessionStatus
from app.media import Outcome
from app.settings import Settings
from app.texts import class_words, counted
from app.typed import command_as_typed
from app.wiring import House, take

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

BACK = "missing before and back"
"""What the plan and the end of a session say of files whose rows are marked missing."""
_FILES = {"docx": "Word file", "json": "JSON file"}
ALL_WELL, SOME_FAILED, COULD_NOT_RUN = 0, 1, 2


def in_foreground(configured: Settings, begin: Callable[[House], SessionState], *, as_json: bool) -> None:
    """Runs one session to its end, with a bar; Ctrl-C pauses it. Exits with what became of it."""
    if not configured.database_enabled:
        raise DatabaseDisabled
    house, _ = take(configured, "the command line")
    try:
        runner = house.records.runner
        runner.recover(auto_resume=False)
        session = begin(house)
        with _paused_by_signals(runner, session.session_id), _bar(hidden=as_json) as show:
            while session.status.under_way:
                session = runner.wait(session.session_id, lambda s: not s.status.under_way, seconds=0.2)
                show(session)
    finally:
        house.close()
    if as_json:
        print_json(session.as_status())
    else:
        print_session(session)
        print_descriptions(session, house)
        if session.status.resumable:
            out.print(f"Go on with: {command_as_typed()} resume {session.session_id}{_to_resume(session)}")
    if session.status is not Status.COMPLETED:
        raise typer.Exit(COULD_NOT_RUN)
    failed = session.outcomes["failed"] + session.stages["describe"].failed
    raise typer.Exit(SOME_FAILED if failed else ALL_WELL)


def _to_resume(session: SessionState) -> str:
    """What a resume needs beside the session's id."""
    if session.attention is None:
        return ""
    if session.attention["cause"] == BUDGET_REACHED:
        return " --budget USD"
    return " --confirm" if session.attention.get("needs_confirm") else ""


@contextmanager
def _paused_by_signals(runner: Runner, session_id: str) -> Iterator[None]:
    """Ctrl-C and SIGTERM pause the session after the file at work."""

    def pause() -> None:
        with suppress(MediaIngestError):  # it ended, or is paused, already
            runner.pause(session_id)

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=pause, daemon=True).start()  # the main thread may hold the very lock that it needs

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _bar(*, hidden: bool) -> Iterator[Callable[[SessionState], None]]:
    """A progress bar on stderr; what it yields shows a session as it stands."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=hidden, transient=True) as progress:
        task = progress.add_task("planning", total=None)

        def show(session: SessionState) -> None:
            name = (session.current_file or session.activity or session.status.value)[-50:]
            progress.update(
                task, description=escape(name), total=session.total_files, completed=session.processed_files
            )

        yield show


@contextmanager
def comparison_bar(*, hidden: bool) -> Iterator[Callable[[Comparison], None]]:
    """A progress bar on stderr; what it yields shows how many files of a folder have been read."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=hidden or not err.is_terminal, transient=True) as progress:
        task = progress.add_task("counting", total=None)
        yield lambda comparison: progress.update(
            task, description="comparing", total=comparison.expected, completed=comparison.passed
        )


@contextmanager
def download_bar(total_bytes: int, *, hidden: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr; what it yields shows how many bytes have come."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err, disable=hidden, transient=True) as progress:
        task = progress.add_task("NSFW weights", total=total_bytes)
        yield lambda received: progress.update(task, completed=received)


def print_session(session: SessionState) -> None:
    """A session in words: the sums, then what went wrong and what could not run."""
    view = session.as_status()
    out.print(f"Session {session.session_id}: {session.status.value}")
    if session.attention:
        out.print(session.attention["sentence"], markup=False)
    if session.plan is None:
        return
    skipped = ", ".join(f"{count:,} {class_words(name)}" for name, count in view["skipped"].items() if count)
    out.print(
        f"{counted(view['discovered'] or 0, 'file')} found: {view['total_files']:,} to process"
        + (f", {skipped}" if skipped else "")
    )
    sums = sums_of(view)
    out.print(f"{sums['processed']:,} processed: {_answers(view)}; {view['pending']:,} pending")
    if sums["incomplete"]:
        out.print(f"{sums['incomplete']:,} incomplete: taken in without one part")
    if session.stats["returned"]:
        out.print(f"{session.stats['returned']:,} {BACK}")
    if session.marked_missing:
        out.print(f"{session.marked_missing:,} gone from disk, now marked missing")
    _print_errors(view)
    if session.parameters.enable_nsfw_detection and "nsfw" not in session.unavailable:
        stats = session.stats
        out.print(f"NSFW: {stats['nsfw_checked']:,} checked, {stats['nsfw_detected']:,} detected")
    understood = {name: session.stats[f"prompts_{name}"] for name in ("parsed", "partly", "raw_only")}
    if any(understood.values()):
        out.print(
            "AI images: {parsed:,} understood, {partly:,} partly, {raw_only:,} kept as they are".format(**understood)
        )
    for sentence in dict.fromkeys((*session.unavailable.values(), *session.limited.values())):
        out.print(f"  {sentence}", markup=False)


def print_descriptions(session: SessionState, house: House) -> None:
    """What the descriptions of a session came to, on one line; nothing of a session that asked for none."""
    request = session.parameters.describe
    if request is None:
        return
    stage, told = session.stages["describe"], session.describe
    runs, spent, unpriced = (told["requests"], told["spent_usd"], told.get("unpriced", 0)) if told else (0, 0.0, 0)
    parts = [f"{stage.done:,}/{stage.total - stage.skipped:,} described"]
    folder = os.path.abspath(house.settings.describe_dir / session.session_id)
    written = told.get("written", {}) if told else {}
    parts += [f"{counted(written.get(format_, stage.done), _FILES[format_])} in {folder}" for format_ in request.write]
    parts += [f"{counted(runs, 'run')} recorded"]
    parts += [money(spent)] if spent or not unpriced else []
    parts += [f"{unpriced:,} of unknown cost"] if unpriced else []
    file = os.path.abspath(house.store.folder / f"{session.session_id}.json")
    out.print(", ".join([*parts, f"session file {file}"]), markup=False)


def _print_errors(view: SessionStatus) -> None:
    """What went wrong last, a stage of a file on each line."""
    errors, sums = view["errors"], sums_of(view)
    if len(errors) < sums["failed"] + sums["incomplete"]:
        out.print(f"The last {len(errors)} things that went wrong:")
    for error in errors:
        out.print(f"  {error['path']}: {error['reason']} ({error['stage']}, {error['cause']})", markup=False)


def _answers(view: SessionStatus) -> str:
    """What became of the files that are answered for: "12 committed (10 added, 2 moved), 1 failed"."""
    sums, outcomes = sums_of(view), view["outcomes"]
    committed = ", ".join(
        f"{outcomes[outcome]:,} {outcome}" for outcome in Outcome if outcome.committed and outcomes[outcome]
    )
    parts = [f"{sums['committed']:,} committed ({committed})"] if committed else []
    parts += [f"{sums[word]:,} {word}" for word in ("unchanged", "failed", "vanished") if sums[word]]
    return ", ".join(parts) or ("nothing" if Status(view["status"]).ended else "nothing yet")


def plain(text: str) -> str:
    """A text of a file, or its name, without what a terminal would obey: line ends and control codes as escapes."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def print_json(value: Any) -> None:
    """A value for programs."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def keep(pieces: Iterable[bytes], output: Path | None, what: str) -> None:
    """Writes what is made piece by piece to a file, or to standard output. Raises CannotStart where that cannot be."""
    if output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        return
    try:
        replace_file(output, pieces)
    except OSError as error:
        raise CannotStart(f"The {what} {output} cannot be written: {error.strerror}.") from error
