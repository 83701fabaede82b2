"""The thread of a server that copies an SQLite library once a day, and keeps the last few copies.

It waits for the sessions at work while it can. Whatever goes wrong is told once, and tried again at the next look.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from app.backup.copying import BrokenOff, Copy, copy
from app.backup.standing import copies_in, is_due, name_at, newest, outdated, unfinished_in
from app.errors import MediaIngestError

FIRST_LOOK_SECONDS = 60.0  # after a start there are better things to do
LOOK_SECONDS = 300.0
SPARE_BYTES = 256 * 2**20  # what stays free beside a copy, for a session at work
_PAUSE_SECONDS = 0.02  # after each slice, beside a session: it gets the disk in between

_log = logging.getLogger("media_ingest")


class DailyCopies:
    """The copies of one library, `kept` of them in a folder. `at_work` tells whether a session needs the machine.

    `holds_anything` tells whether there is anything that could be lost; `clock` gives the time, in UTC.
    """

    def __init__(
        self,
        library: Path,
        folder: Path,
        kept: int,
        *,
        at_work: Callable[[], bool],
        holds_anything: Callable[[], bool],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._library, self._folder, self._kept = library, folder, kept
        self._at_work, self._holds_anything, self._clock = at_work, holds_anything, clock
        self._since = clock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="copies", daemon=True)
        self.trouble: str | None = None
        """Why the last try came to nothing, as a sentence; None where it did not."""

    def start(self) -> None:
        """Begins to look, a minute from now."""
        self._thread.start()

    def close(self) -> None:
        """Ends the thread; a copy that it is at is thrown away."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> Copy | None:
        """Makes a copy if one is due, and removes those that are too many then. Never raises for what goes wrong."""
        try:
            made = self._made_if_due()
        except BrokenOff:
            return None
        except MediaIngestError as trouble:
            self._tell(trouble.sentence)
            return None
        except OSError as trouble:
            self._tell(f"{self._folder} cannot be written: {trouble.strerror or trouble}.")
            return None
        if made is not None:
            self.trouble = None
        return made

    def _tell(self, sentence: str) -> None:
        if sentence != self.trouble:
            _log.warning("the library is not copied: %s", sentence)
        self.trouble = sentence

    def _made_if_due(self) -> Copy | None:
        now, copies = self._clock(), copies_in(self._folder, self._library)
        due = is_due(newest(copies, now), now, since=self._since, at_work=self._at_work())
        if not due or not self._holds_anything():
            return None
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for leftover in unfinished_in(self._folder, self._library):
            leftover.unlink(missing_ok=True)
        target = self._folder / name_at(now, self._library)
        made = copy(self._library, target, spare_bytes=SPARE_BYTES, after_slice=self._breathe)
        for old in outdated(copies_in(self._folder, self._library), self._kept, now):
            old.file.unlink(missing_ok=True)
        return made

    def _breathe(self) -> None:
        if self._closing.wait(_PAUSE_SECONDS if self._at_work() else 0):
            raise BrokenOff

    def _work(self) -> None:
        pause = FIRST_LOOK_SECONDS
        while not self._closing.wait(pause):
            self.look()
            pause = LOOK_SECONDS
