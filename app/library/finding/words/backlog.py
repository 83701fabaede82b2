"""The thread of a server that writes the words of files behind all other work, until none waits, and looks again."""

import logging
import threading
import time
from collections.abc import Callable

from app.errors import MediaIngestError
from app.library.finding.words.indexing import Indexing

SLICE = 200  # files in one transaction: some 40 ms
LOOK_SECONDS = 5.0
_SHARE_AT_REST, _SHARE_BESIDE = 0.6, 0.1  # of the time of one processor: alone, and beside a session

_log = logging.getLogger("media_ingest")


class Backlog:
    """What waits for its words in one library. `at_work` tells whether a session needs the machine."""

    def __init__(self, indexing: Indexing, at_work: Callable[[], bool]) -> None:
        self._indexing = indexing
        self._at_work = at_work
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="words", daemon=True)

    def start(self) -> None:
        """Begins; what waits now is the backlog, which holds up no search."""
        self._thread.start()

    def close(self) -> None:
        """Ends the thread after the slice that it is at."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        pause, said = 0.0, ""
        while not self._closing.wait(pause):
            began = time.monotonic()
            try:
                written = self._indexing.work_off(SLICE)
            except MediaIngestError as trouble:  # a database that is locked or full may be free again
                if trouble.sentence != said:
                    said = trouble.sentence
                    _log.warning("the words of files cannot be written: %s", said)
                written = 0
            share = _SHARE_BESIDE if self._at_work() else _SHARE_AT_REST
            pause = (time.monotonic() - began) * (1 / share - 1) if written else LOOK_SECONDS
