"""The columns of one library as they are now: whoever asks gets those changes, too, that came a moment ago."""

import threading
import time
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, func, select

from app.errors import NeedsAttention
from app.library.engine import Engines
from app.library.finding.columns import Columns, Snapshot
from app.library.finding.growing import give_back_at_once
from app.library.finding.keeping import are_of, keep, kept
from app.library.finding.loading import changes_after
from app.library.tables import CHANGES

PATIENCE_SECONDS = 0.5
"""How long who asks waits for many changes to be read; those that are not are `behind`."""
KEPT_FROM = 2_000
"""Changes that are worth to be kept in the file."""
_AT_ONCE = 2_000
_AGAIN_SECONDS = 5.0
_BREATH_SECONDS = 0.002  # between two reads of a first load: who asks comes in between


class Current:
    """Safe for several threads. `file` is where columns are kept between two programs; None for nowhere."""

    def __init__(self, engines: Engines, file: Path | None = None) -> None:
        self._engines = engines
        self._file = file
        self._changing = threading.Lock()
        self._columns: Columns | None = None
        self._snapshot: Snapshot | None = None
        self._read = 0  # changes since the columns were kept
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._load_behind, name="columns", daemon=True)

    def begin(self) -> None:
        """Reads all that there is, behind whatever else is done."""
        give_back_at_once()
        self._thread.start()

    def close(self) -> None:
        """Ends that, and keeps what was read."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._changing:
            self._keep()

    def snapshot(self, patience_seconds: float | None = PATIENCE_SECONDS) -> Snapshot:
        """All files as they are now; None is as long as it takes. Raises NeedsAttention if they cannot be read."""
        give_up_at = None if patience_seconds is None else time.monotonic() + patience_seconds
        while True:
            with self._changing:
                columns, done = self._take_some()
                late = give_up_at is not None and time.monotonic() > give_up_at
                if not done and not late and not self._closing.is_set():
                    continue
                if self._snapshot is None or self._snapshot.seq != columns.seq or self._snapshot.behind:
                    behind = 0 if done else self._engines.read(partial(_changes_behind, seq=columns.seq))
                    self._snapshot = columns.snapshot(behind)
                return self._snapshot

    def _take_some(self) -> tuple[Columns, bool]:
        """Takes some changes; tells whether those were all."""
        columns = self._columns or self._first()
        changes = self._engines.read(partial(changes_after, after=columns.seq, limit=_AT_ONCE))
        columns.take(changes)
        self._read += len(changes)
        return columns, len(changes) < _AT_ONCE

    def _first(self) -> Columns:
        """The columns to go on with: those of the file, if they are of this database."""
        at_hand = kept(self._file) if self._file else None
        if at_hand is None or not self._engines.read(partial(are_of, at_hand)):
            at_hand = Columns()
            at_hand.reserve(self._engines.read(partial(_changes_behind, seq=0)))
        self._columns = at_hand
        return at_hand

    def _load_behind(self) -> None:
        pause = _BREATH_SECONDS
        while not self._closing.wait(pause):
            try:
                with self._changing:
                    if self._take_some()[1]:
                        self._keep()
                        return
                pause = _BREATH_SECONDS
            except NeedsAttention:  # who asks is told of it; here it is tried again
                pause = _AGAIN_SECONDS

    def _keep(self) -> None:
        if self._file and self._columns is not None and self._read >= KEPT_FROM:
            keep(self._columns, self._file)
            self._read = 0


def _changes_behind(connection: Connection, *, seq: int) -> int:
    statement = select(func.count()).select_from(CHANGES).where(CHANGES.c.seq > seq)
    return int(connection.execute(statement).scalar_one())
