"""Pools of workers."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.ingest.workers.executor import PoolExecutor
from app.ingest.workers.worker import Limits
from tests.ingest.builders import WAIT_SECONDS
from tests.ingest.workers.in_process import InProcess
from tests.ingest.workers.tasks import prepare

LIMITS = Limits(image_seconds=WAIT_SECONDS, video_seconds=WAIT_SECONDS, memory_mb=1024)
PRELOAD = ["tests.ingest.workers.tasks"]


def pool(workers: int = 1, limits: Limits = LIMITS) -> PoolExecutor:
    return PoolExecutor(workers, limits, prepare, PRELOAD)


@pytest.fixture(scope="module")
def shared_pool() -> Iterator[PoolExecutor]:
    made = pool()
    yield made
    made.close()


@pytest.fixture(params=["in_process", "pool"])
def executor(request: pytest.FixtureRequest) -> PoolExecutor | InProcess:
    return InProcess() if request.param == "in_process" else request.getfixturevalue("shared_pool")


@pytest.fixture
def begun(tmp_path: Path) -> Callable[[], tuple[str, Callable[[], int]]]:
    """A job's name, and what waits until that job has begun and gives its worker's process id."""

    def make() -> tuple[str, Callable[[], int]]:
        fifo = tmp_path / "fifo.jpg"
        os.mkfifo(fifo)
        return str(fifo), lambda: int(fifo.read_text())

    return make
