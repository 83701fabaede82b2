"""The state folder: session files, journals, thumbnails, roots and the lock. Only `models/` belongs to the analysis.

Session files are small and replaced atomically. After a crash one may be behind the database; the database wins, and
the file is made again from the events. A process that has taken the lock checks before every write that it still holds
it: the lock's file, or the whole folder, may have been removed or replaced meanwhile. One that only reads takes none.
"""

import contextlib
import errno
import fcntl
import json
import os
import re
import secrets
import stat
import tempfile
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.crash_points import crash_point
from app.errors import NeedsAttention, StateFolderLocked
from app.ingest.session.answers import as_journal_line
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


def replace_file(path: str | Path, content: bytes | Iterable[bytes], *, durable: bool = False) -> None:
    """Writes a file so that a reader, or a crash, finds the old or the new content, never a part of it.

    The temporary file lies in the same folder. `durable` also survives a loss of power, at the cost of two fsyncs; the
    rename alone survives the death of the process. Raises OSError; the old file is untouched then.
    """
    parent, name = os.path.split(path)
    temporary = os.path.join(parent, f".{name}.{secrets.token_hex(8)}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            for piece in (content,) if isinstance(content, bytes) else content:
                _write_all(handle, piece)
            if durable:
                os.fsync(handle)
        finally:
            os.close(handle)
        crash_point("temporary_written")
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if durable:
        folder = os.open(parent or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _write_all(handle: int, content: bytes) -> None:
    """Writes every byte: a disk that becomes full takes a part before it refuses."""
    while content:
        content = content[os.write(handle, content) :]


class IngestionState:
    """The state folder of one server or command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._thumbnails = folder / "thumbnails"
        self._lock = str(folder / "lock")
        self._owner = folder / "lock.json"
        self._address: str | None = None  # ours, once the lock was taken; who never took it is not asked for it
        self._held: tuple[int, tuple[int, int]] | None = None  # the lock's descriptor, and which file that is
        self._taking = threading.Lock()

    def prepare(self) -> None:
        """Makes the folder, and takes the lock back if it was lost. Raises NeedsAttention where one cannot be done."""
        try:
            self._thumbnails.mkdir(parents=True, exist_ok=True)
            if self._address is not None and not self._take():
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
            if self._take():
                return
        except OSError as error:
            self._address = None
            raise unwritable(self.folder, error) from error
        self._address = None
        raise StateFolderLocked(f"Another Media Ingest holds {self.folder}: {self.holder()}.")

    def holder(self) -> str | None:
        """Address and process id of the process that holds the folder; None where none does."""
        if not _is_locked(self._lock):
            return None
        try:
            owner = json.loads(self._owner.read_bytes())
            return f"{owner['address']} (process {owner['pid']})"
        except (OSError, ValueError, KeyError, TypeError):
            return "a process that has not said its name yet"

    def release(self) -> None:
        """Gives the folder up, if this process holds it."""
        with self._taking:
            if self._holds():
                self._owner.unlink(missing_ok=True)
            self._let_go()
            self._address = None

    def _take(self) -> bool:
        """Whether the lock is ours, taken now if need be. Raises OSError."""
        with self._taking:
            if self._holds():
                return True
            self._let_go()
            handle = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                locked = _which(os.fstat(handle))
                if locked == _which(os.stat(self._lock)):  # else it was removed meanwhile, and may be another's anew
                    replace_file(self._owner, json.dumps({"pid": os.getpid(), "address": self._address}).encode())
                    self._held = handle, locked
            except BlockingIOError:
                pass
            finally:
                if self._held is None:
                    os.close(handle)
            return self._held is not None

    def _holds(self) -> bool:
        """Whether the file that we have locked is the one that others would lock; takes a microsecond."""
        held = self._held
        try:
            return held is not None and _which(os.stat(self._lock)) == held[1]
        except OSError:
            return False

    def _let_go(self) -> None:
        if self._held is not None:
            os.close(self._held[0])
            self._held = None

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
        if self._address is not None and not self._holds():
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
                _write_all(handle, _journal_line(event))
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


def _which(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _is_locked(lock: str) -> bool:
    """Whether a process holds the lock, asked for and given back at once: one that was killed leaves only its name."""
    try:
        handle = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


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
