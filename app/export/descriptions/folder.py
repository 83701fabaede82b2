"""The folder that descriptions are written to while a session runs: below it one of each session, named by its id.

Never inside a media root, nor around one. A file is replaced whole; `files.jsonl` says which name belongs to which
file, before there is a file of that name, so that a session that goes on replaces what it wrote and numbers nothing
anew.
"""

import errno
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.errors import NeedsAttention
from app.export.descriptions.described import Described
from app.export.descriptions.formats import OutputFormat, check_formats, rendered
from app.export.descriptions.names import GivenNames
from app.ingest.session.replacing import replace_file
from app.ingest.session.store import as_json_bytes
from app.settings import check_apart
from app.texts import shown_name

LIST = "files.jsonl"


class DescriptionFolder:
    """The folder of descriptions; `roots` tells which the media roots are now. Safe for several threads."""

    def __init__(self, folder: Path, roots: Callable[[], Mapping[str, Path]]) -> None:
        self._folder = folder
        self._roots = roots
        self._names: tuple[str, GivenNames] | None = None  # of the session that wrote last
        self._writing = threading.Lock()

    def of(self, session_id: str) -> Path:
        """Where the files of a session are written."""
        return Path(os.path.abspath(self._folder)) / session_id

    def why_not(self, folder: Path | None = None) -> str | None:
        """Why nothing can be written there, or in a folder in it, in one sentence; None where nothing is wrong."""
        try:
            for written in (self._folder, folder or self._folder):  # one may be a link to elsewhere
                check_apart(written, self._roots(), "descriptions", "INGEST_DESCRIBE_DIR")
        except ValueError as error:
            return f"{str(error)[:1].upper()}{str(error)[1:]}."
        return None

    def prepare(self, session_id: str) -> None:
        """Makes the folder of a session. Raises NeedsAttention where nothing could be written there."""
        with self._writing, self._refusals():
            self._prepared(session_id)

    def written(self, session_id: str, formats: Sequence[OutputFormat]) -> dict[str, int]:
        """How many files of a session there are, by their format; nothing is made. Raises NeedsAttention."""
        with self._writing, self._refusals():
            folder = self.of(session_id)
            there = set(os.listdir(folder)) if folder.is_dir() else set[str]()
            names = names_in_folder(folder).all()
            return {format_.value: sum(f"{name}.{format_}" in there for name in names) for format_ in formats}

    def lacks(self, session_id: str, path: str, formats: Sequence[OutputFormat]) -> bool:
        """Whether a file that is shown as `path` has not all of these formats there. Raises NeedsAttention."""
        with self._writing, self._refusals():
            folder = self._prepared(session_id)
            assert self._names is not None  # noqa: S101 - `_prepared` has read them
            name = self._names[1].of(path)
            return name is None or not all((folder / f"{name}.{format_}").exists() for format_ in formats)

    def write(self, described: Described, formats: Sequence[OutputFormat]) -> list[Path]:
        """Writes a description in these formats, each file whole and on disk when this returns; where they are.

        Raises Unavailable `docx_not_installed`, and NeedsAttention `outputs_unwritable` or `disk_full`.
        """
        check_formats(formats)
        contents = [(format_, rendered(described, format_)) for format_ in formats]
        with self._writing, self._refusals():
            folder = self._prepared(described.session_id)
            name = self._named(described, folder)
            written = [folder / f"{name}.{format_}" for format_, _ in contents]
            for path, (_, content) in zip(written, contents, strict=True):
                replace_file(path, content, durable=True)
                path.chmod(self._mode() & 0o666)
            return written

    def _prepared(self, session_id: str) -> Path:
        folder = self.of(session_id)
        if (sentence := self.why_not(folder)) is not None:  # roots may come meanwhile
            raise NeedsAttention(sentence, cause="outputs_unwritable")
        if self._names is None or self._names[0] != session_id or not folder.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.mkdir(exist_ok=True)
            folder.chmod(self._mode() & 0o777)
            for leftover in folder.glob(".*.tmp"):  # of a process that was killed
                leftover.unlink(missing_ok=True)
            self._names = session_id, _listed(folder / LIST)
        return folder

    def _mode(self) -> int:
        """Who may do what in the folder of descriptions: whoever may look into it may read what is in it."""
        return self._folder.stat().st_mode

    def _named(self, described: Described, folder: Path) -> str:
        """The name for the files of a description, listed before it is used."""
        assert self._names is not None  # noqa: S101 - `_prepared` came first
        names = self._names[1]
        if (kept := names.of(described.path)) is not None:
            return kept
        given = names.take(described.name)
        try:
            _append(folder / LIST, as_json_bytes({"name": given, "path": described.path}) + b"\n")
        except OSError:
            self._names = None  # what is listed is looked at again
            raise
        names.keep(described.path, given)
        return given

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """A block that writes. Raises NeedsAttention with what the disk reports."""
        try:
            yield
        except OSError as error:
            shown = shown_name(os.fsencode(os.path.abspath(self._folder)))
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                sentence = f"The disk that holds the descriptions in {shown} is full: free some space."
                raise NeedsAttention(sentence, cause="disk_full") from error
            sentence = f"The folder of descriptions {shown} cannot be written: {error.strerror or error}."
            raise NeedsAttention(sentence, cause="outputs_unwritable") from error


def names_in_folder(folder: Path) -> GivenNames:
    """The names that files have in the folder of a session; none where it wrote none, or they cannot be read."""
    try:
        return _read_list(folder / LIST)[0]
    except OSError:
        return GivenNames()


def _listed(path: Path) -> GivenNames:
    """The names that a list holds; a line that a crash cut short is cut off. Raises OSError."""
    try:
        names, whole = _read_list(path)
    except FileNotFoundError:
        return GivenNames()
    if whole < path.stat().st_size:
        os.truncate(path, whole)
    return names


def _read_list(path: Path) -> tuple[GivenNames, int]:
    """The names that a list holds, and of how many bytes its whole lines are. Raises OSError."""
    names, whole = GivenNames(), 0
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            entry = json.loads(line) if line.endswith(b"\n") else None
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            break
        names.keep(str(entry.get("path")), str(entry.get("name")))
        whole += len(line)
    return names, whole


def _append(path: Path, line: bytes) -> None:
    """Appends a line that is on disk when this returns. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        while line:
            line = line[os.write(handle, line) :]
        os.fsync(handle)
    finally:
        os.close(handle)
