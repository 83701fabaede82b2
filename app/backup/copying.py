"""A copy of an SQLite library, made while others read and write it, and checked before it bears its name.

Owns the way of one copy: SQLite's own backup in slices, a check of every page, counts against the original, and the
name at last. When one is made, and which are kept, is decided in `daily`. It never writes to the original.
"""

import errno
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.errors import CannotStart, DatabaseDisabled, DatabaseUnusable, InvalidRequest, NeedsAttention
from app.library.engine import connect_read_only, parse_url, peek_through, shown_url, sqlite_path
from app.library.migrations import HEAD, revision_of
from app.library.saying.carried import files_spoken_of
from app.settings import Settings
from app.texts import counted

SLICE_PAGES = 256  # 1 MiB of a library: some milliseconds, after which whoever waits may end the copy
_STEPS = 100_000  # of SQLite's machine between two looks at whether the check goes on: a few milliseconds
_MIB = 2**20
_INDEX_OF_WORDS = "media_words"  # its tables are made of what the others hold
_LOGS = ("-wal", "-shm", "-journal")  # what SQLite adds to the name of a library
_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was checked: its size in bytes, the revision of its schema, and how much it holds.

    `spoken_of` are the files of which a person said something; None at an older revision, which may keep it otherwise.
    """

    file: Path
    size: int
    revision: str
    files: int
    events: int
    spoken_of: int | None

    def as_json(self) -> dict[str, Any]:
        """What it holds, for programs."""
        return {**asdict(self), "file": str(self.file)}

    @property
    def sentence(self) -> str:
        """What it holds, for people."""
        said = "" if self.spoken_of is None else f", {self.spoken_of:,} of them with your words,"
        holds = f"{counted(self.files, 'file')}{said} and {counted(self.events, 'event')}"
        return f"{self.file} holds {holds} (revision {self.revision}, {self.size / _MIB:,.1f} MiB), and was checked."


class BrokenOff(Exception):
    """Raised where nobody wants the copy any more; nothing of it is left."""


def library_file(configured: Settings) -> Path:
    """The SQLite file of the library. Raises DatabaseDisabled, DatabaseUnusable where there is none to copy.

    Also raises InvalidRequest `not_sqlite` for PostgreSQL, which has its own program for it.
    """
    if not configured.database_enabled:
        raise DatabaseDisabled
    file = sqlite_path(parse_url(configured.database_url))
    if file is None:
        address = shown_url(configured.database_url)
        sentence = f"The library {address} is on PostgreSQL, whose own program pg_dump copies it."
        raise InvalidRequest(sentence, cause="not_sqlite")
    if revision_of(configured.database_url) is None:
        raise DatabaseUnusable(f"There is no library at {file} yet: there is nothing to copy.")
    return file


def check_target(target: Path, original: Path, *, replace: bool) -> None:
    """Raises InvalidRequest where a copy cannot go: onto a file, unless `replace` says so, and onto the original.

    Nor onto a log that SQLite keeps beside the original, whether there is one at the moment or not.
    """
    if target.is_dir():
        raise InvalidRequest(f"{target} is a folder: name the file that is to be made.", field="file")
    if not target.parent.is_dir():
        raise InvalidRequest(f"There is no folder {target.parent} to write to.", field="file")
    if _is_one_of(target, [original]):
        raise InvalidRequest(f"{target} is the library itself: name another file.", field="file")
    if _is_one_of(target, _logs_of(original)):
        raise InvalidRequest(f"{target} is a log that belongs to the library: name another file.", field="file")
    if os.path.lexists(target) and not replace:
        raise _there_already(target)


def _logs_of(original: Path) -> list[Path]:
    """The files that SQLite keeps beside a library, by the name that was given and by that of the file behind it."""
    files = {original, Path(os.path.realpath(original))}
    return [file.with_name(f"{file.name}{suffix}") for file in files for suffix in _LOGS]


def _is_one_of(target: Path, files: Sequence[Path]) -> bool:
    """Whether a path leads to one of these files, or to where one would be."""
    for file in files:
        if os.path.realpath(target) == os.path.realpath(file):
            return True
        with suppress(OSError):
            if os.path.samefile(target, file):  # a hard link, or a name in other case
                return True
    return False


def copy(
    original: Path,
    target: Path,
    *,
    replace: bool = False,
    spare_bytes: int = 0,
    after_slice: Callable[[], None] = lambda: None,
) -> Copy:
    """Copies an SQLite library as it is at this moment, checks the copy, and gives it its name last of all.

    A read transaction is held meanwhile: without one SQLite begins the copy anew whenever somebody writes, and would
    never come to an end beside a session. Writers do not wait for it; their log grows by what they write. `after_slice`
    is called every few milliseconds; what it raises ends the copy. Whatever goes wrong, nothing half is left.

    Raises InvalidRequest where the target is there already, CannotStart `disk_full` where it has no room (and
    `spare_bytes` beside it), or another one where it cannot be written, DatabaseUnusable where the copy is no good.
    """
    check_target(target, original, replace=replace)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    with _named_errors(target), _removed_if_it_fails(temporary):
        with closing(connect_read_only(original)) as source:
            source.isolation_level = None
            source.execute("BEGIN")
            before = _counts(source)
            _check_room(source, target.parent, spare_bytes)
            _write(source, temporary, after_slice)
        made = _checked(temporary, target, before, after_slice)
        _name(temporary, target, replace=replace)
    return made


def _check_room(source: sqlite3.Connection, folder: Path, spare_bytes: int) -> None:
    """Raises OSError ENOSPC before anything is written: a full disk would stop a session, too."""
    (pages,), (page_size,) = (source.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
    if shutil.disk_usage(folder).free < pages * page_size + spare_bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _write(source: sqlite3.Connection, temporary: Path, after_slice: Callable[[], None]) -> None:
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(temporary, isolation_level=None)) as target:
        target.execute("PRAGMA journal_mode=OFF")  # a copy that breaks off is thrown away, so nothing has to be undone
        target.execute("PRAGMA synchronous=OFF")  # it is brought to the disk once, at the end
        source.backup(target, pages=SLICE_PAGES, progress=lambda _status, _left, _pages: after_slice())
    handle = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _checked(temporary: Path, target: Path, before: dict[str, int], after_slice: Callable[[], None]) -> Copy:
    """What a copy holds. Raises DatabaseUnusable where a page is damaged, or it holds other rows than the original."""
    stopped: list[BaseException] = []

    def stops() -> bool:
        try:
            after_slice()
        except BaseException as stop:  # noqa: BLE001 - SQLite would swallow it
            stopped.append(stop)
        return bool(stopped)

    def connect() -> sqlite3.Connection:
        # As one that nobody changes: it bears the mark of a write-ahead log, and would get one beside it.
        opened = sqlite3.connect(f"{temporary.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        opened.set_progress_handler(stops, _STEPS)
        return opened

    try:
        with closing(connect()) as opened:
            (answer,) = opened.execute("PRAGMA quick_check(1)").fetchone()
            after = _counts(opened)
            (revision,) = opened.execute("SELECT version_num FROM alembic_version").fetchone()
        spoken_of = peek_through(connect, files_spoken_of) if revision == HEAD else None
    except (sqlite3.Error, NeedsAttention):
        if stopped:
            raise stopped[0] from None
        raise
    if answer != "ok" or after != before:
        raise DatabaseUnusable(f"The copy {target} came out damaged ({answer}) and was removed: check the disks.")
    size = temporary.stat().st_size
    return Copy(target, size, revision, after.get("media_files", 0), after.get("ingest_events", 0), spoken_of)


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has, without those of the index of words."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    ).fetchall()
    tables = [name for (name,) in names if not name.startswith(_INDEX_OF_WORDS)]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608


def _name(temporary: Path, target: Path, *, replace: bool) -> None:
    """Gives a copy its name, so that it survives a loss of power. Raises InvalidRequest where another took it."""
    if replace:
        os.replace(temporary, target)
    else:
        try:
            os.link(temporary, target)
        except FileExistsError:
            raise _there_already(target) from None
        except OSError:  # a file system without hard links
            check_target(target, temporary, replace=False)
            os.replace(temporary, target)
        else:
            os.unlink(temporary)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _there_already(target: Path) -> InvalidRequest:
    sentence = f"{target} is there already: name another file, or let --replace write over it."
    return InvalidRequest(sentence, field="file")


@contextmanager
def _removed_if_it_fails(temporary: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


@contextmanager
def _named_errors(target: Path) -> Iterator[None]:
    """A block that copies. Raises CannotStart or DatabaseUnusable, with one sentence, for what goes wrong in it."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise _full(target) from error
        raise DatabaseUnusable(f"The copy {target} cannot be made: {error}.") from error
    except OSError as error:
        if error.errno in _FULL:
            raise _full(target) from error
        raise CannotStart(f"The copy {target} cannot be written: {error.strerror or error}.") from error


def _full(target: Path) -> CannotStart:
    return CannotStart(
        f"The disk that holds {target.parent} is too full for the copy: free some space.", cause="disk_full"
    )
