"""The journal of a session's requests: what was sent and what came back, on disk before anything else is done with it.

A line as JSON says that a request begins, another how it ended; each is on the disk when the call returns. A request
that has no second line may have been answered by a server that charges for it: it counts as sent, at the most that it
can have cost. One that never left is struck out. What the library has is dropped.
"""

import contextlib
import json
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from app.descriptions import Run, RunStatus, Usage
from app.errors import NeedsAttention
from app.media import Place

_SLACK_LINES = 1_000
"""So many lines of requests that the library has are kept before the file is written anew."""


class Entry(NamedTuple):
    """A request and the file that it was about."""

    place: Place
    run: Run


class Journal:
    """The journal in one file, which is there only while it has something to say. Any thread may call it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()  # requests begin and end while files are committed
        self._ends_whole = False  # else a line that a crash or a full disk has torn would spoil the next one
        self._open: dict[str, bytes] = {}  # the last line of each request that the library may not have
        self._lines = 0

    def write(self, place: Place, run: Run) -> None:
        """Writes how a request stands; the last time that this is said counts.

        Raises NeedsAttention `state_unwritable`.
        """
        line = json.dumps({"path": place.shown, **_as_json(run)}, ensure_ascii=True).encode() + b"\n"
        with self._lock:
            self._append_line(line)
            self._open[run.run] = line

    def strike(self, run: str) -> None:
        """Takes back a request that never left. Raises NeedsAttention `state_unwritable`: then it counts as sent."""
        with self._lock:
            self._append_line(json.dumps({"run": run, "unsent": True}).encode() + b"\n")
        self.drop([run])

    def drop(self, runs: Iterable[str]) -> None:
        """Forgets requests that the library has. Where the file cannot be changed it stays: they are known by name."""
        with self._lock, contextlib.suppress(OSError):
            for run in runs:
                self._open.pop(run, None)
            if not self._open:
                self._file.unlink(missing_ok=True)
                self._lines = 0
            elif self._lines > len(self._open) + _SLACK_LINES:
                self._write_anew()

    def _append_line(self, line: bytes) -> None:
        before, self._ends_whole = b"" if self._ends_whole else b"\n", False
        self._append(before + line, new=not self._lines)
        self._ends_whole = True
        self._lines += 1

    def _append(self, line: bytes, *, new: bool) -> None:
        try:
            handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                _write_all(handle, line)
                os.fsync(handle)
            finally:
                os.close(handle)
            if new:
                _sync_folder(self._file.parent)
        except OSError as error:
            sentence = f"What descriptions cost cannot be written to {self._file}: {error.strerror}."
            raise NeedsAttention(sentence, cause="state_unwritable") from error

    def _write_anew(self) -> None:
        """The open requests alone, in a file that takes the place of the other at once."""
        temporary = self._file.with_name(f".{self._file.name}.tmp")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            _write_all(handle, b"".join(self._open.values()))
            os.fsync(handle)
        finally:
            os.close(handle)
        temporary.replace(self._file)
        self._lines = len(self._open)


def read(file: Path) -> list[Entry]:
    """The requests of a journal, each as it was told last; a line that was torn by a crash is left out.

    Raises NeedsAttention `state_unwritable` where there is one that cannot be read.
    """
    found: dict[str, Entry] = {}
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        sentence = f"What descriptions cost cannot be read from {file}: {error.strerror}."
        raise NeedsAttention(sentence, cause="state_unwritable") from error
    for line in content.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            values = json.loads(line)
            if values.get("unsent"):
                found.pop(values["run"], None)
                continue
            run = _from_json(values)
            found[run.run] = Entry(Place.from_shown(values["path"]), run)
    return list(found.values())


def _as_json(run: Run) -> dict[str, Any]:
    values = asdict(run)
    return values | {"status": run.status.value, "cost": None if run.cost is None else str(run.cost)}


def _from_json(values: Mapping[str, Any]) -> Run:
    fields = {name: values[name] for name in Run.__dataclass_fields__}
    fields["status"] = RunStatus(fields["status"])
    fields["cost"] = None if fields["cost"] is None else Decimal(fields["cost"])
    fields["usage"] = None if fields["usage"] is None else Usage(**fields["usage"])
    return Run(**fields)


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
