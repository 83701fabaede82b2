"""The codes of all files, what each looks like to the NSFW network in 1,024 bits, in a file beside the columns.

The file is read where it lies, and only while a question is answered, so it counts as no memory of the process
otherwise. It follows the feed of changes. It is only a help: without it, or with one of another database, all codes are
read again.
"""

import fcntl
import json
import logging
import mmap
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, bindparam, func, select

from app.errors import NeedsAttention
from app.library.engine import Engines
from app.library.finding.keeping import are_of
from app.library.prepared import Prepared
from app.library.tables import CHANGES, MEDIA

BITS = 1024
NAME = "codes"
"""Of the files in the state folder: `codes.bin` with the codes, `codes.json` with how far they go."""
_log = logging.getLogger("media_ingest")
_VERSION = 1
_WORDS = BITS // 64
_ROW_WORDS = 1 + _WORDS  # the number of the model, 0 where there is no code, and the code
_ROW_BYTES = 8 * _ROW_WORDS
_AT_ONCE = 2_000
_NEWEST = 64
_EVEN_BYTES, _ADD_PAIRS = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0001000100010001)
_ROWS_AT_ONCE = 16_384  # 2.2 MB: what is worked on stays in the processor's cache
_PATIENCE_SECONDS = 0.5
_sync = getattr(os, "fdatasync", os.fsync)  # which macOS has not
_CHANGED = Prepared(
    select(CHANGES.c.seq, CHANGES.c.media_id, MEDIA.c.features, MEDIA.c.nsfw_model)
    .select_from(CHANGES)
    .outerjoin(MEDIA, MEDIA.c.id == CHANGES.c.media_id)
    .where(CHANGES.c.seq > bindparam("b_after"))
    .order_by(CHANGES.c.seq)
    .limit(bindparam("b_limit"))
)
Codes = npt.NDArray[np.uint64]
Ids = npt.NDArray[np.int64]


class Near(NamedTuple):
    """The files near one, itself with them: ids, in ascending order, and in how many of 1,024 bits each differs.

    `searched` are all that were held against it: not those of another model, for their codes mean something else.
    """

    ids: Ids
    distances: npt.NDArray[np.int64]
    searched: Ids


class _Reach:
    """How far codes go: the last change, the newest ones as seq and id, and the models by number, from 1."""

    def __init__(
        self, seq: int = 0, newest: list[tuple[int, int]] | None = None, models: list[str] | None = None
    ) -> None:
        self.seq = seq
        self.newest = newest or []
        self.models = models or []


class CodeFile:
    """The codes of one library. Safe for several threads; of several programs, the first one writes the file."""

    def __init__(self, engines: Engines, folder: Path | None) -> None:
        self._engines = engines
        self._own = tempfile.TemporaryDirectory(prefix="codes") if folder is None else None
        self._folder = Path(self._own.name) if self._own else folder or Path()
        self._changing = threading.Lock()
        self._reach: _Reach | None = None
        self._lock: int | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def close(self) -> None:
        """Ends what is read behind."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
        with self._changing:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None
        if self._own:
            self._own.cleanup()

    def catch_up(self, patience_seconds: float | None = _PATIENCE_SECONDS) -> int:
        """Takes in what changed, for so long; answers how many changes are behind. None is as long as it takes.

        The rest is read behind whatever else is done. Raises NeedsAttention if the database cannot be read.
        """
        give_up_at = None if patience_seconds is None else time.monotonic() + patience_seconds
        while not self._closing.is_set():
            with self._changing:
                reach, done = self._take_some()
                if done:
                    return 0
                if (give_up_at is not None and time.monotonic() > give_up_at) or self._lock is None:
                    self._go_on_behind()
                    return self._engines.read(partial(_changes_behind, seq=reach.seq))
        return 0

    def near(self, number: int, at_most: int) -> Near | None:
        """The files whose codes differ in at most so many bits from that of this id; None if it has none."""
        with self._rows() as rows:
            if number >= len(rows) or not rows[number, 0]:
                return None
            own = rows[number].copy()
            found, distances, searched = [], [], []
            for first in range(0, len(rows), _ROWS_AT_ONCE):
                some = rows[first : first + _ROWS_AT_ONCE]
                comparable = np.flatnonzero(some[:, 0] == own[0])
                searched.append(comparable + first)
                apart = bits_apart(some[:, 1:], own[1:])[comparable]
                near = np.flatnonzero(apart <= at_most)
                found.append(comparable[near] + first)
                distances.append(apart[near])
            return Near(np.concatenate(found), np.concatenate(distances), np.concatenate(searched))

    def models(self, ids: Ids) -> Codes:
        """The numbers of the models of these files, 0 where there is no code."""
        with self._rows() as rows:
            found = np.zeros(len(ids), np.uint64)
            there = ids < len(rows)
            found[there] = rows[ids[there], 0]
        return found

    def of(self, ids: Ids) -> Codes:
        """The codes of these files, 16 words of 64 bits each; zeros where there is none."""
        with self._rows() as rows:
            found = np.zeros((len(ids), _WORDS), np.uint64)
            there = ids < len(rows)
            found[there] = rows[ids[there], 1:]
        return found

    @contextmanager
    def _rows(self) -> Iterator[Codes]:
        """A row for each id, in the file; nothing of them may be kept."""
        try:
            descriptor = os.open(self._folder / f"{NAME}.bin", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            yield np.empty((0, _ROW_WORDS), np.uint64)
            return
        try:
            length = os.fstat(descriptor).st_size // _ROW_BYTES * _ROW_BYTES
            if not length:
                yield np.empty((0, _ROW_WORDS), np.uint64)
                return
            mapped = mmap.mmap(descriptor, length, access=mmap.ACCESS_READ)
        finally:
            os.close(descriptor)
        rows = np.frombuffer(mapped, np.uint64).reshape(-1, _ROW_WORDS)
        try:
            yield rows
        finally:
            del rows
            with suppress(BufferError):  # an error on its way still holds a view; then it goes with that
                mapped.close()

    def _take_some(self) -> tuple[_Reach, bool]:
        """Takes some changes; tells whether those were all."""
        reach = self._first()
        if self._lock is None:
            behind = self._engines.read(partial(_changes_behind, seq=reach.seq))
            return reach, not behind
        changes = self._engines.read(partial(_changes_after, after=reach.seq))
        if changes:
            try:
                self._write(reach, changes)
            except OSError as error:
                _log.warning("the codes of the library cannot be kept: %s", error.strerror)
                os.close(self._lock)
                self._lock = self._reach = None
                return reach, False
        return reach, len(changes) < _AT_ONCE

    def _first(self) -> _Reach:
        """What there is to go on with: the file, if it is of this database. Only whoever has the lock writes it."""
        if self._lock is None:
            self._lock = _locked(self._folder / f"{NAME}.lock")
            self._reach = None
        if self._reach is None:
            reach = _reach_in(self._folder / f"{NAME}.json")
            if reach is None or not self._engines.read(partial(are_of, reach)):
                reach = _Reach()
                if self._lock is not None:
                    (self._folder / f"{NAME}.json").unlink(missing_ok=True)
                    (self._folder / f"{NAME}.bin").unlink(missing_ok=True)
            self._reach = reach
        return self._reach

    def _write(self, reach: _Reach, changes: list[Any]) -> None:
        """Writes what changed, and then how far that goes: a kill or a loss of power leaves what is written again."""
        descriptor = os.open(self._folder / f"{NAME}.bin", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            for _, number, features, model in changes:
                os.pwrite(descriptor, _row(reach.models, features, model), number * _ROW_BYTES)
            _sync(descriptor)
        finally:
            os.close(descriptor)
        reach.seq = changes[-1][0]
        reach.newest = [*reach.newest, *((change[0], change[1]) for change in changes[-_NEWEST:])][-_NEWEST:]
        told = {"version": _VERSION, "seq": reach.seq, "newest": reach.newest, "models": reach.models}
        temporary = self._folder / f".{NAME}.json.tmp"
        temporary.write_text(json.dumps(told))
        os.replace(temporary, self._folder / f"{NAME}.json")

    def _go_on_behind(self) -> None:
        if self._lock is not None and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._read_behind, name="codes", daemon=True)
            self._thread.start()

    def _read_behind(self) -> None:
        with suppress(NeedsAttention, OSError):  # who asks next is told of it
            done = False
            while not done and not self._closing.wait(0.002):  # who asks comes in between
                with self._changing:
                    _, done = self._take_some()


def bits_apart(codes: Codes, code: Codes) -> npt.NDArray[np.int64]:
    """In how many bits each of these codes of 16 words differs from one.

    The 16 counts of a code, a byte each, are added within words: five times as fast as a sum along so short an axis.
    """
    counts = np.bitwise_count(codes ^ code).view(np.uint64)
    bytes_ = counts[:, 0] + counts[:, 1]  # at most 128 each
    pairs = (bytes_ & _EVEN_BYTES) + ((bytes_ >> np.uint64(8)) & _EVEN_BYTES)
    apart: npt.NDArray[np.int64] = ((pairs * _ADD_PAIRS) >> np.uint64(48)).astype(np.int64)
    return apart


def _row(models: list[str], features: bytes | None, model: str | None) -> bytes:
    """A row of the file; zeros for a file without a code."""
    if features is None or model is None or len(features) != BITS // 8:
        return bytes(_ROW_BYTES)
    if model not in models:
        models.append(model)
    return (models.index(model) + 1).to_bytes(8, "little") + features


def _reach_in(file: Path) -> _Reach | None:
    """What a file says; None where there is none that can be read."""
    try:
        told = json.loads(file.read_text())
        if told["version"] != _VERSION:
            return None
        return _Reach(int(told["seq"]), [(int(a), int(b)) for a, b in told["newest"]], [str(m) for m in told["models"]])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _locked(file: Path) -> int | None:
    """The lock of the file of codes; None while another program has it, or where nothing can be written."""
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _changes_after(connection: Connection, after: int) -> list[Any]:
    return list(_CHANGED.all(connection, {"b_after": after, "b_limit": _AT_ONCE}))


def _changes_behind(connection: Connection, *, seq: int) -> int:
    statement = select(func.count()).select_from(CHANGES).where(CHANGES.c.seq > seq)
    return int(connection.execute(statement).scalar_one())
