"""The state folder: session files, journals, thumbnails, roots and the lock. Only `models/` belongs to the analysis.

Session files are small and replaced atomically. After a crash one may be behind the database; the database wins, and
the file is made again from the events. A process that has taken the lock checks before every write that it still holds
it: the lock's file, or the whole folder, may have been removed or replaced meanwhile. One that only reads takes none.
"""

import contextlib
import errno
import json
import os
import re
import stat
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.errors import NeedsAttention, StateFolderLocked
from app.ingest.session.answers import as_journal_line
from app.ingest.session.lock import Lock
from app.ingest.session.replacing import replace_file, write_all
from app.ingest.session.state import SessionState
from app.library.values import Event
from app.texts import as_json

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
DESCRIPTIONS = ".describe.jsonl"  # of a session: what was asked of providers and is not in the library yet
QUARANTINE = "quarantine"  # of the state folder: where a plan moves files if no other folder is named
MAX_SESSION_BYTES = 4 * 2**20
_PIECE_BYTES = 2**20
_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_PROBE_BYTES = 2**16  # what must fit before a session goes on: more than a session file and a thumbnail together


def is_session_id(text: str) -> bool:
    """Whether a text is a UUID as sessions are named: 36 characters, lower case."""
    return _UUID.fullmatch(text) is not None


def new_session_id() -> str:
    """A random UUID in the form that sessions are named."""
    return str(uuid.uuid4())


class IngestionState:
    """The state folder of one server or command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._thumbnails = folder / "thumbnails"
        self._lock = Lock(folder / "lock")
        self._address: str | None = None  # ours, once the lock was taken; who never took it is not asked for it

    def prepare(self) -> None:
        """Makes the folder, and takes the lock back if it was lost. Raises NeedsAttention where one cannot be done."""
        try:
            self._thumbnails.mkdir(parents=True, exist_ok=True)
            if self._address is not None and not self._lock.take(self._address):
                sentence = f"Another Media Ingest holds {self.folder} now: {self.holder()}. Stop one of the two."
                raise NeedsAttention(sentence, cause="lock_lost")
        except OSError as error:
            raise unwritable(self.folder, error) from error
        self.check()

    def check(self) -> None:
        """Raises NeedsAttention if the folder cannot be written, or the lock was lost; makes nothing."""
        for folder in (self.folder, self._thumbnails):
            with self._writing(folder), tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(bytes(_PROBE_BYTES))

    # -- the lock ------------------------------------------------------------------------------------------------

    def acquire(self, address: str) -> None:
        """Takes the folder for this process. Raises StateFolderLocked naming the process that holds it."""
        self.prepare()
        self._address = address
        try:
            if self._lock.take(address):
                return
        except OSError as error:
            self._address = None
            raise unwritable(self.folder, error) from error
        self._address = None
        raise StateFolderLocked(f"Another Media Ingest holds {self.folder}: {self.holder()}.")

    def holder(self) -> str | None:
        """Address and process id of the process that holds the folder; None where none does."""
        return self._lock.holder()

    def release(self) -> None:
        """Gives the folder up, if this process holds it."""
        self._lock.release()
        self._address = None

    @contextlib.contextmanager
    def _writing(self, folder: Path | None = None) -> Iterator[None]:
        """A block that writes. Raises NeedsAttention if the lock was lost, or with what the disk reports.

        A lock that is lost meanwhile is the reason why a write fails, not what the disk makes of it.
        """
        self.check_lock()
        try:
            yield
        except OSError as error:
            self.check_lock()
            raise unwritable(folder or self.folder, error) from error

    def check_lock(self) -> None:
        """Raises NeedsAttention if the folder is not ours any more: what is written elsewhere would have two owners."""
        if self._address is not None and not self._lock.held:
            sentence = f"The state folder {self.folder} was removed, renamed or taken over while it was in use."
            raise NeedsAttention(sentence, cause="lock_lost")

    # -- what is kept beside the sessions ------------------------------------------------------------------------

    def keep(self, name: str, value: Any) -> None:
        """Writes a small JSON file of this name; what was there and is no JSON is set aside as `NAME.bad`.

        Raises NeedsAttention.
        """
        path = self.folder / name
        with self._writing():
            if path.exists() and _parsed(path.read_bytes()) is None:
                os.replace(path, f"{path}.bad")
            replace_file(path, json.dumps(value).encode(), durable=True)

    def kept(self, name: str) -> Any:
        """What the file of this name holds; None where there is none, or no JSON in it.

        Raises NeedsAttention where it is there and cannot be read: what was kept must not be written over unseen.
        """
        try:
            return _parsed((self.folder / name).read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            sentence = f"{self.folder / name} cannot be read: {error.strerror or error}."
            raise NeedsAttention(sentence, cause="state_unwritable") from error

    def remember_roots(self, roots: Mapping[str, Path]) -> None:
        """Keeps which folders the media roots are, for commands that are typed later. Raises NeedsAttention."""
        self.keep("roots.json", {name: os.path.abspath(path) for name, path in roots.items()})

    def remembered_roots(self, name: str = "roots.json") -> dict[str, Path]:
        """The media roots of whoever held this folder last; none where that is not known."""
        try:
            return self.kept_roots(name)
        except NeedsAttention:
            return {}

    def kept_roots(self, name: str) -> dict[str, Path]:
        """The media roots in the file of this name. Raises NeedsAttention where it cannot be read."""
        kept = self.kept(name)
        roots = kept.items() if isinstance(kept, dict) else ()
        return {name: Path(path) for name, path in roots if isinstance(path, str) and os.path.isabs(path)}

    def server_id(self) -> str:
        """The id of the server that works in this folder, a UUID; made when it is asked for first.

        A copy of the folder has another one: two servers must never pass for one. Raises NeedsAttention.
        """
        which = os.stat(self.folder).st_ino
        kept = self.kept("server.json")
        if isinstance(kept, dict) and kept.get("folder") == which and is_session_id(str(kept.get("id"))):
            return str(kept["id"])
        made = {"id": str(uuid.uuid4()), "folder": which}
        self.keep("server.json", made)
        return str(made["id"])

    # -- session files -------------------------------------------------------------------------------------------

    def save(self, session: SessionState, *, durable: bool = False) -> None:
        """Rewrites the session file atomically. Raises NeedsAttention if the folder cannot be written."""
        with self._writing():
            replace_file(self._file(session.session_id), as_json_bytes(session.as_json()), durable=durable)

    def load(self, session_id: str) -> SessionState | None:
        """The session as last saved, None where there is no file or an unreadable one."""
        path = Path(self._file(session_id))
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_SESSION_BYTES:
                return None
            session = SessionState.from_json(json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        return session if session.session_id == session_id else None

    def session_ids(self) -> list[str]:
        """The ids of all sessions that have a file, in no order."""
        try:
            names = os.listdir(self.folder)
        except OSError:
            return []
        return [name[:-5] for name in names if name.endswith(".json") and is_session_id(name[:-5])]

    def load_all(self) -> Iterator[SessionState]:
        """Every readable session."""
        for session_id in self.session_ids():
            session = self.load(session_id)
            if session is not None:
                yield session

    def set_aside(self, session_id: str) -> None:
        """Keeps an unreadable session file as `<uuid>.json.bad`. Raises NeedsAttention."""
        path = self._file(session_id)
        with self._writing(), contextlib.suppress(FileNotFoundError):
            os.replace(path, f"{path}.bad")

    def forget(self, session_id: str) -> None:
        """Removes the session's files; the media and the log stay. Raises NeedsAttention."""
        with self._writing():
            for file in (
                self._file(session_id),
                self._journal(session_id),
                f"{self.folder}/{session_id}{DESCRIPTIONS}",
            ):
                Path(file).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Removes temporary files that a killed process left, and closes older journals to others.

        Raises NeedsAttention.
        """
        with self._writing():
            for journal in self.folder.glob("*.files.jsonl"):
                journal.chmod(0o600)  # as all that is written here; up to 0.5.0 they were as the umask had it
            for pattern in (".*.tmp", "thumbnails/*/.*.tmp", "previews/*/.*.tmp"):
                for leftover in self.folder.glob(pattern):
                    leftover.unlink(missing_ok=True)

    # -- the journal for people ----------------------------------------------------------------------------------

    def append_to_journal(self, event: Event) -> None:
        """Appends a line for a finished file. Raises NeedsAttention if the folder cannot be written."""
        with self._writing():
            handle = os.open(self._journal(event.session_id), _APPENDING, 0o600)
            try:
                write_all(handle, _journal_line(event))
            finally:
                os.close(handle)

    def journal_lines(self, session_id: str) -> int:
        """How many whole lines the journal has; 0 without one."""
        try:
            with open(self._journal(session_id), "rb") as stream:
                return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(_PIECE_BYTES), b""))
        except OSError:
            return 0

    def rewrite_journal(self, session_id: str, events: Iterable[Event]) -> None:
        """Makes the journal again from the events, as after a crash. Raises NeedsAttention."""
        lines = (_journal_line(event) for event in events if event.kind == "file_complete")
        with self._writing():
            replace_file(self._journal(session_id), lines)

    # -- thumbnails ----------------------------------------------------------------------------------------------

    def save_thumbnail(self, sha256: str, webp: bytes) -> None:
        """Writes a thumbnail unless it is there: the same bytes have the same picture. Raises NeedsAttention."""
        path = self._thumbnail(sha256)
        with self._writing(self._thumbnails):
            if os.path.exists(path):
                return
            try:
                replace_file(path, webp)
            except FileNotFoundError:  # the first of its folder
                with contextlib.suppress(FileExistsError):
                    os.mkdir(os.path.dirname(path))
                replace_file(path, webp)

    def thumbnail(self, sha256: str) -> bytes | None:
        """The thumbnail of these bytes as WebP; None where there is none."""
        try:
            return Path(self._thumbnail(sha256)).read_bytes()
        except OSError:
            return None

    # Plain texts: they are made anew for every file, and a `Path` costs more than the call that it is for.

    def _file(self, session_id: str) -> str:
        return f"{self.folder}/{session_id}.json"

    def _journal(self, session_id: str) -> str:
        return f"{self.folder}/{session_id}.files.jsonl"

    def _thumbnail(self, sha256: str) -> str:
        return f"{self._thumbnails}/{sha256[:2]}/{sha256}.webp"


def _parsed(text: bytes) -> Any:
    """What a text says as JSON, None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _journal_line(event: Event) -> bytes:
    return as_json_bytes(as_journal_line(event)) + b"\n"


def as_json_bytes(value: Any) -> bytes:
    """A value as compact JSON in UTF-8."""
    return as_json(value).encode("utf-8")


def unwritable(folder: Path, error: OSError) -> NeedsAttention:
    """What a person must mend where the state folder cannot be written, `disk_full` or `state_unwritable`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NeedsAttention(f"The disk that holds {folder} is full: free some space.", cause="disk_full")
    sentence = f"The state folder {folder} cannot be written: {error.strerror or error}."
    return NeedsAttention(sentence, cause="state_unwritable")
