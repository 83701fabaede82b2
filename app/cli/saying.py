"""The commands by which a person says something of files, and takes it back. They work beside a server, too."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import typer

from app.cli.finding import Query, QueryCommand, parsed
from app.cli.options import AsJson, Roots, checked_id, require_database, settings_here
from app.cli.terminal import out, plain, print_json
from app.errors import DatabaseBusy, DatabaseDisabled, InvalidRequest
from app.ingest.run.undoing import undo as undo_session
from app.library.finding import keeping
from app.library.library import Library
from app.library.saying.deciding import KEYWORD_OF_THE_FILE, TOO_MANY_KEYWORDS
from app.library.saying.editing import Edit, parse_edit
from app.library.saying.edits import GONE, LARGEST_ID, WAITING_FOR_WORDS, Asked, Done
from app.library.writes.writes import UNDO_OF_A_WRITE
from app.settings import Settings
from app.texts import counted
from app.typed import command_as_typed
from app.wiring import take

saying = typer.Typer()
_TRIES, _WAIT_SECONDS = 30, 1.0
_LEFT: Mapping[str, str] = {
    KEYWORD_OF_THE_FILE: "a keyword is what the file itself says",
    TOO_MANY_KEYWORDS: "it would have too many keywords",
    WAITING_FOR_WORDS: "its words are not read yet, so it may be meant or not",
    GONE: "it is gone, or another picture by now",
}
_NO_SCORE = "none"
T = TypeVar("T")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]


class _RateCommand(QueryCommand):
    """A command whose last argument is a score: -1 is no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads the arguments. Raises InvalidRequest for what is neither option nor term."""
        return super().parse_args(ctx, [f" {arg}" if re.fullmatch(r"-\d+", arg) else arg for arg in args])


@saying.command(cls=QueryCommand)
def tag(
    query: Query,
    add: Annotated[list[str] | None, typer.Option("--add", help="A keyword that becomes your own; repeatable.")] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help="A keyword that is your own no more; repeatable.")
    ] = None,
    dry_run: DryRun = False,
    root: Roots = None,
    json_: AsJson = False,
) -> None:
    """Add keywords to all files that a search finds, or remove them, in one go."""
    if not add and not remove:
        raise InvalidRequest("Say which keywords: --add WORD or --remove WORD.", field="add")
    edit = parse_edit({"add_keywords": add or [], "remove_keywords": remove or []})
    _edit(query, edit, settings_here(root), dry_run=dry_run, json_=json_)


@saying.command(cls=_RateCommand)
def rate(
    query: Query,
    score: Annotated[str, typer.Argument(help="-1 (rejected) to 5, or `none`.")],
    dry_run: DryRun = False,
    root: Roots = None,
    json_: AsJson = False,
) -> None:
    """Rate all files that a search finds, in one go."""
    text = score.strip()
    if text != _NO_SCORE and not re.fullmatch(r"-?\d+", text, re.ASCII):
        raise InvalidRequest(f"'{text}' is no score: it is a number from -1 to 5, or {_NO_SCORE}.", field="score")
    edit = parse_edit({"score": None if text == _NO_SCORE else int(text)})
    _edit(query, edit, settings_here(root), dry_run=dry_run, json_=json_)


@saying.command()
def undo(
    undo_id: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="The edit (7) or the write (w7) that is taken back."),
    ] = None,
    session: Annotated[
        str | None, typer.Option("--session", help="Instead: the session whose additions are removed again.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --session: do it without asking.")] = False,
    root: Roots = None,
    json_: AsJson = False,
) -> None:
    """Take an edit or a write back; or remove the files that only a session added and of which you said nothing."""
    if (undo_id is None) == (session is None):
        raise InvalidRequest("Name the edit, or a session by --session.", field="session")
    configured = settings_here(root)
    if session is not None:
        _undo_session(checked_id(session), configured, yes=yes, json_=json_)
        return
    if re.fullmatch(UNDO_OF_A_WRITE, undo_id or ""):
        _undo_write(undo_id or "", configured, json_=json_)
        return
    edit = int(undo_id or "") if re.fullmatch("[1-9][0-9]{0,9}", undo_id or "") else 0
    if not 1 <= edit <= LARGEST_ID:
        sentence = f"'{undo_id}' is no edit, such as 7, and no write of metadata, such as w7."
        raise InvalidRequest(sentence, field="undo_id")
    with _library(configured) as library:
        done = _patiently(lambda: library.edits.undo(edit))
    if json_:
        print_json({"changed": done.changed, "left": done.causes})
        return
    out.print(f"{counted(done.changed, 'file')} as before.", markup=False)
    _print_left(done)


def _undo_write(undo_id: str, configured: Settings, *, json_: bool) -> None:
    """Puts back what was there before a write. While a server has the state folder, it is named instead."""
    if not configured.database_enabled:
        raise DatabaseDisabled
    house, _ = take(configured, "the command line")
    try:
        undone = house.records.writer.undo(undo_id)
    finally:
        house.close()
    if json_:
        print_json(undone)
        return
    out.print(f"{counted(undone['changed'], 'file')} as before.", markup=False)
    for one in undone["left"]:
        out.print(f"{plain(one['path'])}: {plain(one['reason'] or '')}", markup=False)


def _undo_session(session_id: str, configured: Settings, *, yes: bool, json_: bool) -> None:
    if not configured.database_enabled:
        raise DatabaseDisabled
    house, _ = take(configured, "the command line")
    try:
        records = house.records
        records.runner.recover(auto_resume=False)
        counts = undo_session(records.runner, records.library, session_id)
        if counts.removed and not yes:
            question = f"Remove {counted(counts.removed, 'row')} that only this session added ({counts.kept:,} stay)?"
            typer.confirm(f"{question} No file is touched.", abort=True, err=True)
        if counts.removed:
            counts = undo_session(records.runner, records.library, session_id, counts.removed)
    finally:
        house.close()
    if json_:
        print_json(counts._asdict())
    else:
        out.print(f"{counted(counts.removed, 'row')} removed, {counts.kept:,} kept. No file was touched.")


@contextmanager
def _library(configured: Settings) -> Iterator[Library]:
    require_database(configured)
    library = Library(configured.database_url, configured.ingest_state_dir / keeping.NAME)
    try:
        yield library
    finally:
        library.close()


def _patiently(write: Callable[[], T]) -> T:
    """What a write gives, tried for half a minute while another program writes. Raises DatabaseBusy."""
    for _ in range(_TRIES - 1):
        try:
            return write()
        except DatabaseBusy:
            time.sleep(_WAIT_SECONDS)
    return write()


def _edit(query: Sequence[str], edit: Edit, configured: Settings, *, dry_run: bool, json_: bool) -> None:
    asked = parsed(query)
    with _library(configured) as library:

        def meant() -> Asked:
            ids, waiting = library.ids_found(asked)
            return Asked(ids, edit, {"q": " ".join(query)}, {WAITING_FOR_WORDS: waiting})

        # Each try finds anew: what was said while it waited may be why a file is meant no more.
        done = library.edits.preview(meant()) if dry_run else _patiently(lambda: library.edits.write(meant()))
    if json_:
        told = {"changed": done.changed, "undo": done.undo, "left": done.causes}
        print_json(told | ({"preview": done.shown} if dry_run else {}))
        return
    for shown in done.shown:
        before, after = shown["before"], shown["after"]
        changes = (f"{name} {_in_words(before[name])} -> {_in_words(after[name])}" for name in after)
        out.print(f"  {plain(shown['path'])}: {plain(', '.join(changes))}", markup=False)
    back = f" {command_as_typed()} undo {done.undo} takes it back." if done.undo else ""
    out.print(f"{counted(done.changed, 'file')} {'would change' if dry_run else 'changed'}.{back}", markup=False)
    _print_left(done)


def _print_left(done: Done) -> None:
    for left in done.causes:
        out.print(f"{counted(left['files'], 'file')} left: {_LEFT[left['cause']]}.", markup=False)


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or _NO_SCORE
    return _NO_SCORE if value is None else str(value)
