"""A stand-in for the worker processes: the task in this process, one job at a time, without limits or heartbeat."""

from collections.abc import Iterable, Iterator

from app.ingest.workers.worker import Result, Task
from app.media import Job


class InProcess:
    """Holds to the contract of `PoolExecutor` that `test_executor.py` tests of both."""

    def map(self, task: Task, jobs: Iterable[Job], *, workers: int | None = None) -> Iterator[Result | None]:
        del workers
        for job in jobs:
            yield None
            yield task(job)

    def close(self) -> None:
        """Has nothing to end."""
