"""A file that one process holds, as long as it lives, and beside it the name of that process."""

import fcntl
import json
import os
import threading
from pathlib import Path

from app.errors import CannotStart
from app.ingest.session.replacing import replace_file


class Lock:
    """The lock of a path; who holds it is told in `PATH.json`. The system gives it up with the process."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._owner = Path(f"{path}.json")
        self._held: tuple[int, tuple[int, int]] | None = None  # the descriptor, and which file that is
        self._taking = threading.Lock()

    def take(self, address: str) -> bool:
        """Whether the lock is ours, taken now if need be; `address` is what others are told of us. Raises OSError."""
        with self._taking:
            if self.held:
                return True
            self._let_go()
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                locked = _which(os.fstat(handle))
                if locked == _which(os.stat(self._path)):  # else it was removed meanwhile, and may be another's anew
                    replace_file(self._owner, json.dumps({"pid": os.getpid(), "address": address}).encode())
                    self._held = handle, locked
            except BlockingIOError:
                pass
            finally:
                if self._held is None:
                    os.close(handle)
            return self._held is not None

    @property
    def held(self) -> bool:
        """Whether the file that we have locked is the one that others would lock; takes a microsecond."""
        held = self._held
        try:
            return held is not None and _which(os.stat(self._path)) == held[1]
        except OSError:
            return False

    def holder(self) -> str | None:
        """Address and process id of the process that holds the lock; None where none does."""
        if not self._is_locked():
            return None
        try:
            owner = json.loads(self._owner.read_bytes())
            return f"{owner['address']} (process {owner['pid']})"
        except (OSError, ValueError, KeyError, TypeError):
            return "a process that has not said its name yet"

    def release(self) -> None:
        """Gives the lock up, if this process holds it."""
        with self._taking:
            if self.held:
                self._owner.unlink(missing_ok=True)
            self._let_go()

    def _let_go(self) -> None:
        if self._held is not None:
            os.close(self._held[0])
            self._held = None

    def _is_locked(self) -> bool:
        """Asked for and given back at once: a process that was killed leaves only its name."""
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False


def database_lock(file: Path) -> Lock:
    """The lock beside an SQLite file, by whatever name that is opened."""
    file = file.resolve()
    return Lock(file.with_name(f"{file.name}.lock"))


def lock_database(file: Path, address: str) -> Lock:
    """The lock beside an SQLite file, which is ours now: of servers with other state folders one may work on it.

    Raises CannotStart, naming the process that holds it.
    """
    file, lock = file.resolve(), database_lock(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if lock.take(address):
            return lock
    except OSError as error:
        sentence = f"{file.parent}, where the database is, cannot be written: {error.strerror or error}."
        raise CannotStart(sentence, cause="database_unusable") from error
    sentence = f"Another Media Ingest works on the database {file}: {lock.holder()}."
    raise CannotStart(f"{sentence} Stop it, or give each its own DATABASE_URL.", cause="database_in_use")


def _which(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
