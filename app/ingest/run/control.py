"""What others want of a running session: to pause, to be cancelled, to be interrupted."""

import threading
from dataclasses import dataclass, field
from enum import StrEnum


class Stop(StrEnum):
    """What a session becomes that must stop."""

    PAUSE = "paused"
    CANCEL = "cancelled"
    INTERRUPT = "interrupted"


_STRENGTH = (Stop.INTERRUPT, Stop.PAUSE, Stop.CANCEL)


@dataclass(slots=True)
class Control:
    """What others want of a running session; written by any thread, read by the loop between files.

    What a person asked for outlives the end of the server, and a cancel outlives a pause. `at_once` breaks off the file
    at work, which a pause alone lets end.
    """

    stop: Stop | None = None
    at_once: bool = False
    asked: threading.Event = field(default_factory=threading.Event)

    def ask(self, stop: Stop) -> None:
        """Adds a wish; the strongest stays."""
        if self.stop is None or _STRENGTH.index(stop) > _STRENGTH.index(self.stop):
            self.stop = stop
        self.at_once = self.at_once or stop is not Stop.PAUSE
        self.asked.set()
