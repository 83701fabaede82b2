"""In which order the files of a run have their turn, and which have to wait because somebody still writes to them.

A file whose mtime is 0 to 2 seconds old, or that changed while it was read, goes to the end unrecorded and has another
turn when it has settled. One that changed during three reads, or is written to all the time, is given up. A time in the
future counts as settled: clocks differ. Nothing here reads a file; `look` says how it stands.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from app.errors import STILL_CHANGING
from app.media import Analysis, Failure, FoundFile, Job, Place

SETTLED_SECONDS = 2.0
MAX_CHANGED_READS = 3
MAX_WRITES = 15  # that are seen, one at most in each two seconds


@dataclass(slots=True, eq=False)
class _Unsettled:
    """A file that has been put back: how often a read of it was in vain, and how often it was written to since."""

    job: Job
    changed_reads: int = 0
    writes: int = 0
    settles_at_ns: int = 0

    @property
    def hopeless(self) -> bool:
        return self.changed_reads >= MAX_CHANGED_READS or self.writes >= MAX_WRITES


class Turns:
    """The jobs of a run. `look` gives a file as it is on disk now, None where it is gone; `clock` ns since 1970."""

    def __init__(
        self,
        jobs: Iterable[Job],
        look: Callable[[FoundFile], FoundFile | None],
        settled_seconds: float = SETTLED_SECONDS,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._line = deque(jobs)
        self._begun: deque[Job] = deque()
        self._unsettled: dict[Place, _Unsettled] = {}
        self._put_back: list[_Unsettled] = []
        self._look = look
        self._settled_ns = round(settled_seconds * 1e9)
        self._clock = clock

    def next(self) -> Job | None:
        """Begins the next file that has settled, as it is now; None when none is left but those that were put back."""
        while self._line:
            job = self._line.popleft()
            file = self._look(job.file)
            if file is not None:  # else the analysis will find it gone
                if (file.size, file.mtime_ns) != (job.file.size, job.file.mtime_ns):
                    job = replace(job, file=replace(file, sidecar=job.file.sidecar))
                age_ns = self._clock() - job.file.mtime_ns
                if 0 <= age_ns < self._settled_ns:
                    self._back(job, self._settled_ns - age_ns)
                    continue
            self._begun.append(job)
            return job
        return None

    @property
    def current(self) -> FoundFile | None:
        """The file at work, or the one whose turn comes next; None where there is neither."""
        job = self._begun[0] if self._begun else self._line[0] if self._line else None
        return job.file if job else None

    def end(self, result: Analysis | Failure) -> bool:
        """Ends the turn of the file that was begun first. False if its result does not count: it was put back."""
        job = self._begun.popleft()
        cause = result.cause if isinstance(result, Failure) else None
        same = (result.file.size, result.file.mtime_ns) == (job.file.size, job.file.mtime_ns)
        if same and cause != STILL_CHANGING:
            return True
        self._back(job, self._settled_ns).changed_reads += 1
        return False

    @property
    def waiting(self) -> int:
        """How many files were put back."""
        return len(self._put_back)

    def seconds_to_wait(self) -> float:
        """Until the first of the files that were put back has settled, if nobody writes to it any more."""
        return max(0.0, (min(file.settles_at_ns for file in self._put_back) - self._clock()) / 1e9)

    def begin_again(self) -> list[Job]:
        """Lets those that should have settled stand in line again, in their old order; returns those given up."""
        put_back, self._put_back = self._put_back, []
        given_up, now_ns = [], self._clock()
        for file in put_back:
            if file.hopeless:
                given_up.append(file.job)
            elif file.settles_at_ns <= now_ns:
                self._line.append(file.job)
            else:
                self._put_back.append(file)
        return given_up

    def _back(self, job: Job, settles_in_ns: int) -> _Unsettled:
        key = job.file.place
        unsettled = self._unsettled.setdefault(key, _Unsettled(job))
        unsettled.writes += job.file != unsettled.job.file
        unsettled.job, unsettled.settles_at_ns = job, self._clock() + settles_in_ns
        self._put_back.append(unsettled)
        return unsettled
