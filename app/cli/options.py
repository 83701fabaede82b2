"""What several commands take as it is typed: options, paths and session ids; and a database that can be looked at."""

import os
from pathlib import Path
from typing import Annotated

import typer

from app import settings
from app.errors import DatabaseDisabled, DatabaseUnusable, InvalidRequest
from app.ingest.session.store import IngestionState, is_session_id
from app.library.engine import shown_url
from app.library.migrations import HEAD, revision_of
from app.settings import Settings
from app.texts import shown_name
from app.typed import command_as_typed

Roots = Annotated[list[str] | None, typer.Option("--root", help="A media root as NAME=PATH; repeatable.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="A file; without one, standard output.")]
FilePath = Annotated[str, typer.Argument(help="ROOT/relative/path, or a path of the file system.")]
Workers = Annotated[int | None, typer.Option(help="Analysis processes.")]
Nsfw = Annotated[bool, typer.Option("--nsfw/--no-nsfw", help="NSFW detection.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def settings_here(roots: list[str] | None) -> Settings:
    """The settings of a command, with the media roots of the server that works here, or worked here last."""
    named = settings.load(roots)
    return settings.with_remembered(named, IngestionState(named.ingest_state_dir).remembered_roots())


def directory(text: str, configured: Settings) -> str:
    """A directory as the sessions name it: `ROOT/relative` as it is, else a path of the file system in shown form."""
    return _below_a_root(text, configured) or shown_name(os.path.realpath(os.fsencode(text)))


def file(text: str, configured: Settings) -> str:
    """A file as the sessions name it: like `directory`, but a link is meant itself, not what it leads to."""
    folder, name = os.path.split(os.fsencode(text))
    return _below_a_root(text, configured) or shown_name(os.path.join(os.path.realpath(folder), name))


def _below_a_root(text: str, configured: Settings) -> str | None:
    """A text that begins with the name of a root, as it is, its odd bytes as they are shown; None for any other."""
    if text.strip() and text.partition("/")[0] not in configured.ingest_media_roots:
        return None
    return os.fsencode(text).decode("utf-8", "backslashreplace")


def check_output(output: Path | None, configured: Settings) -> None:
    """Raises InvalidRequest for a file or a folder that would be written inside a media root, whatever leads there."""
    if output is None:
        return
    real = Path(os.path.realpath(output))
    for name, root in configured.ingest_media_roots.items():
        if any(_same(folder, root) for folder in (real, *real.parents)):
            sentence = f"{output} lies inside the media root '{name}', where files are only read: name another place."
            raise InvalidRequest(sentence, field="output")


def _same(one: Path, other: Path) -> bool:
    """Whether both are there and one folder: by its inode, because it may have several names and mounts."""
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


def checked_id(text: str) -> str:
    """A session id as typed, in lower case. Raises InvalidRequest."""
    if not is_session_id(text.lower()):
        raise InvalidRequest("A session id is a UUID of 36 characters.", cause="bad_session_id")
    return text.lower()


def require_database(configured: Settings) -> None:
    """Raises DatabaseDisabled or DatabaseUnusable: commands that only read do not migrate."""
    if not configured.database_enabled:
        raise DatabaseDisabled
    revision, command = revision_of(configured.database_url), command_as_typed()
    if revision is None:
        place = shown_url(configured.database_url)
        raise DatabaseUnusable(f"There is no library at {place} yet: {command} run or serve makes it.")
    if revision != HEAD:
        raise DatabaseUnusable(
            f"The database is at revision {revision}, this program needs {HEAD}: run {command} migrate."
        )


def is_fresh(configured: Settings) -> bool:
    """Whether there is no library yet, so that nothing is known. Raises DatabaseDisabled."""
    if not configured.database_enabled:
        raise DatabaseDisabled
    return revision_of(configured.database_url) is None
