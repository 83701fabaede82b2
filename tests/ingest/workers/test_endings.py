"""How worker processes end: at their limits, with the program that started them, when a run is closed."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.ingest.workers.worker import Limits
from tests.ingest.builders import WAIT_SECONDS
from tests.ingest.workers.conftest import pool
from tests.ingest.workers.tasks import by_name
from tests.ingest.workers.test_executor import assert_ends, causes, jobs


def test_the_kernel_ends_a_worker_that_used_up_its_processor_time():
    finished = worker_alone(OUT_OF_TIME)
    assert finished.returncode == -signal.SIGXCPU
    assert finished.stdout.split()[-1] == "True"


def test_a_worker_out_of_processor_time_is_a_time_out_and_gets_no_second_try(shared_pool, tmp_path):
    assert causes(shared_pool, str(tmp_path / "processor.jpg"), "b.jpg") == ["decoder_timeout", "answered"]


def test_closing_a_run_stops_the_file_at_work(shared_pool, begun):
    name, wait_until_begun = begun()
    running = shared_pool.map(by_name, jobs(name, "b.jpg"))
    answer = threading.Thread(target=lambda: next(running))
    answer.start()
    pid = wait_until_begun()
    answer.join()
    running.close()
    assert_ends(pid)
    assert causes(shared_pool, "c.jpg") == ["answered"]


def test_closing_the_executor_ends_every_worker_at_once(begun):
    executor = pool()
    name, wait_until_begun = begun()
    running = executor.map(by_name, jobs(name))
    answer = threading.Thread(target=lambda: next(running))
    answer.start()
    pid = wait_until_begun()
    answer.join()
    executor.close()
    assert_ends(pid)


PROGRAM = """
from tests.ingest.workers.conftest import pool
from tests.ingest.workers.tasks import by_name
from tests.ingest.workers.test_executor import jobs

if __name__ == "__main__":
    executor = pool()
    for result in executor.map(by_name, jobs("a.jpg", "hang.jpg"), workers=2):
        if result is not None:
            print(result.reason, flush=True)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_die_with_the_program(tmp_path, how):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    root = str(Path(__file__).parents[3])
    environment = {**os.environ, "PYTHONPATH": root}
    command = [sys.executable, str(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=root) as started:
        assert started.stdout is not None
        worker = int(started.stdout.readline())
        started.send_signal(how)
        started.wait(WAIT_SECONDS)
    assert_ends(worker)


WORKER = """
import os, resource, signal
from multiprocessing import Pipe
from app.ingest.workers.worker import start_worker

life, program = Pipe(duplex=False)
start_worker(lambda: print("prepared", flush=True), 700, life)
print(resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_CORE)[0], flush=True)
print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, flush=True)
"""


OUT_OF_TIME = (
    WORKER
    + """
from app.ingest.workers.worker import within_limits
from tests.ingest.builders import found
from app.media import Job

def busy(_):
    while True:
        pass

stages = frozenset()
within_limits(lambda job: None, 0.0, Job(found(), stages, stages))
print(resource.getrlimit(resource.RLIMIT_CPU)[0] == resource.RLIM_INFINITY, flush=True)
within_limits(busy, 0.0, Job(found(), stages, stages))
"""
)


def worker_alone(program: str) -> subprocess.CompletedProcess[str]:
    """What a worker does first, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(__file__).parents[3], check=False
    )


def test_a_worker_has_its_limits_before_its_first_file():
    done = worker_alone(WORKER)
    assert done.stderr == ""
    assert done.stdout.split() == ["prepared", str(700 * 2**20), "0", "True"]


def test_a_worker_ends_the_moment_its_program_does():
    done = worker_alone(WORKER + "program.close()\nsignal.pause()\n")
    assert done.returncode == -signal.SIGIO


def test_a_worker_whose_program_is_gone_already_ends_at_once():
    done = worker_alone(WORKER.replace("start_worker(", "program.close()\nstart_worker("))
    assert (done.returncode, done.stdout) in {(1, ""), (-signal.SIGIO, "")}


def test_a_job_has_its_own_time_however_long_it_stood_in_line():
    two = pool(2, Limits(image_seconds=1.4, memory_mb=1024))
    try:
        assert causes(two, "warm.jpg", "up.jpg") == ["answered", "answered"]
        assert causes(two, *(f"nap-{number}.jpg" for number in range(5))) == ["answered"] * 5
    finally:
        two.close()


def test_a_job_that_stood_behind_one_that_overran_is_begun_again():
    two = pool(2, Limits(image_seconds=0.5, memory_mb=1024))
    try:
        assert causes(two, "hang.jpg", "hang.jpg", "a.jpg", "crash.jpg", "crash.jpg", "b.jpg", "c.jpg") == [
            *("decoder_timeout", "decoder_timeout", "answered"),
            *("decoder_crashed", "decoder_crashed", "answered", "answered"),
        ]
    finally:
        two.close()
