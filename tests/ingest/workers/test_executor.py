"""One contract for the pool and its stand-in in other tests; what only worker processes can do, below."""

import itertools
import os
import select
import signal
import threading
from collections.abc import Iterator

import pytest

from app.errors import NeedsAttention
from app.ingest.session.state import Status
from app.ingest.workers.executor import PoolExecutor
from app.ingest.workers.worker import BYTES_PER_EXTRA_SECOND, Limits
from app.media import Failure, Job, Stage
from tests.ingest.builders import EVERY_STAGE, WAIT_SECONDS, assert_sums_close, found, parameters, tree, workplace
from tests.ingest.workers.conftest import LIMITS, PRELOAD, pool
from tests.ingest.workers.in_process import InProcess
from tests.ingest.workers.tasks import by_name, cannot_prepare, never_prepared, prepare
from tests.support.server import until


def job(name: str | bytes, wanted: frozenset[Stage] = EVERY_STAGE, size: int = 100) -> Job:
    return Job(found(os.fsencode(name), size=size), wanted, wanted)


def jobs(*names: str | bytes) -> list[Job]:
    """Files with more time than a slow machine takes, except those that overrun it, or wait for a turn."""
    slow = ("hang", "nap", "stall")
    return [
        job(name, size=100 if os.fsdecode(name).startswith(slow) else int(WAIT_SECONDS) * BYTES_PER_EXTRA_SECOND)
        for name in names
    ]


def results(executor: PoolExecutor | InProcess, todo: list[Job], workers: int | None = None) -> list[Failure]:
    return [result for result in executor.map(by_name, todo, workers=workers) if result is not None]


def causes(executor: PoolExecutor | InProcess, *names: str) -> list[str]:
    return [result.cause for result in results(executor, jobs(*names))]


def pid_in(result: Failure) -> int:
    assert result.cause == "answered", result
    return int(result.reason)


def assert_ends(pid: int) -> None:
    """Waits until the process has ended, by asking the kernel to say so."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ready, _, _ = select.select([handle], [], [], WAIT_SECONDS)
        assert ready, f"process {pid} is still there"
    finally:
        os.close(handle)


# -- the contract ------------------------------------------------------------------------------------------------


def test_results_come_in_the_order_of_the_jobs(executor):
    names = [f"{number}.jpg".encode() for number in range(12)]
    assert [result.file.path for result in results(executor, jobs(*names))] == names


def test_no_jobs_give_no_results(executor):
    assert results(executor, []) == []


def test_one_worker_begins_a_file_when_the_one_before_it_has_been_dealt_with(executor):
    begun = []

    def counted() -> Iterator[Job]:
        for number in range(50):
            begun.append(number)
            yield job(f"{number}.jpg")

    running = executor.map(by_name, counted(), workers=1)
    assert begun == []
    for taken in range(1, 4):
        while next(running) is None:
            pass
        assert len(begun) == taken
    running.close()
    ended_with = len(begun)
    assert list(running) == []
    assert len(begun) == ended_with


@pytest.mark.parametrize("workers", [1, 3])
def test_the_caller_has_a_turn_before_each_result_also_of_the_last_ones(executor, workers):
    """What it has to do besides must not wait for a result."""
    running = executor.map(by_name, jobs(*"abcde"), workers=workers)
    came = [result is not None for result in running]
    assert sum(came) == 5
    assert not came[0]
    assert not any(one and other for one, other in itertools.pairwise(came))


def test_an_executor_can_be_used_again_after_a_run_was_closed(executor):
    running = executor.map(by_name, jobs(*"abcdef"))
    while next(running) is None:
        pass
    running.close()
    assert causes(executor, "x.jpg", "y.jpg") == ["answered", "answered"]


def test_an_executor_can_be_closed_twice_and_used_again(executor):
    assert causes(executor, "x.jpg") == ["answered"]
    executor.close()
    executor.close()
    assert causes(executor, "y.jpg") == ["answered"]


def test_two_jobs_with_the_same_file_are_two_results(executor):
    assert causes(executor, "x.jpg", "x.jpg") == ["answered", "answered"]


# -- worker processes --------------------------------------------------------------------------------------------


def test_the_task_runs_in_another_process_which_is_kept(shared_pool):
    pids = {pid_in(result) for result in results(shared_pool, jobs("a.jpg", "b.jpg", "c.jpg"))}
    assert len(pids) == 1
    assert os.getpid() not in pids


@pytest.mark.parametrize(("name", "words"), [("crash", "SIGKILL"), ("segfault", "SIGSEGV"), ("exit", "exit code 3")])
def test_a_worker_that_dies_costs_its_own_file_only(shared_pool, name, words):
    before, broken, after, last = results(shared_pool, jobs("a.jpg", f"{name}.jpg", "b.jpg", "c.jpg"))
    assert broken.cause == "decoder_crashed"
    assert words in broken.reason
    assert broken.reason.endswith(".")
    assert pid_in(before) not in {pid_in(after), pid_in(last)}


def test_a_file_whose_worker_died_once_is_tried_again(shared_pool, tmp_path):
    before, again, after = results(shared_pool, jobs("a.jpg", str(tmp_path / "once.jpg"), "b.jpg"))
    assert [result.cause for result in (before, again, after)] == ["answered"] * 3


def test_crash_after_crash_costs_each_its_own_file(shared_pool):
    assert causes(shared_pool, "crash.jpg", "crash.jpg", "a.jpg", "crash.jpg", "b.jpg") == [
        "decoder_crashed",
        "decoder_crashed",
        "answered",
        "decoder_crashed",
        "answered",
    ]


def test_a_worker_that_is_killed_while_idle_costs_no_file(shared_pool):
    [first] = results(shared_pool, jobs("a.jpg"))
    os.kill(pid_in(first), signal.SIGKILL)
    assert_ends(pid_in(first))
    assert causes(shared_pool, "b.jpg", "c.jpg") == ["answered", "answered"]


def test_workers_that_are_killed_while_idle_between_two_results_cost_no_file():
    """With two workers, the one that has nothing to do is killed while the other one works."""
    executor = pool(workers=2)
    try:
        for _ in range(3):
            pids = {pid_in(result) for result in results(executor, jobs(*(f"{n}.jpg" for n in range(8))), workers=2)}
            os.kill(pids.pop(), signal.SIGKILL)
            assert causes(executor, *(f"{n}.jpg" for n in range(8))) == ["answered"] * 8
    finally:
        executor.close()


def test_workers_that_cannot_start_blame_no_file():
    broken = PoolExecutor(1, LIMITS, cannot_prepare, PRELOAD)
    try:
        with pytest.raises(NeedsAttention) as caught:
            results(broken, jobs("a.jpg", "b.jpg"))
    finally:
        broken.close()
    assert caught.value.cause == "workers_cannot_start"
    words = "The analysis processes cannot be started here: RuntimeError: a library is missing here."
    assert caught.value.sentence == words


def test_a_session_whose_workers_cannot_start_needs_attention_and_answers_for_no_file(tmp_path, sqlite_url):
    with workplace(tmp_path, sqlite_url) as place:
        tree(place.media, "a.jpg", "b.jpg")
        broken = PoolExecutor(1, LIMITS, cannot_prepare, PRELOAD)
        object.__setattr__(place.ingestor, "executor", broken)
        object.__setattr__(place.ingestor, "analyzer", lambda _recipe: by_name)
        session = place.recover().start(parameters("m"))
        stopped = place.until(session.session_id, Status.ATTENTION)
        assert stopped.attention["cause"] == "workers_cannot_start"
        assert (stopped.processed_files, stopped.pending, stopped.errors) == (0, 2, ())
        assert_sums_close(stopped)


def test_a_fault_of_ours_names_itself_and_stops_nothing(shared_pool):
    fault, after = results(shared_pool, jobs("fault.jpg", "a.jpg"))
    assert (fault.cause, after.cause) == ("internal_error", "answered")
    assert "ValueError: a fault of ours" in fault.reason


def test_a_memory_bomb_is_stopped_at_the_limit(shared_pool):
    bomb, after = results(shared_pool, jobs("memory.jpg", "a.jpg"))
    assert (bomb.cause, after.cause) == ("decoder_memory", "answered")
    assert "1024 MB" in bomb.reason


def test_a_file_that_takes_too_long_is_stopped():
    executor = pool(limits=Limits(image_seconds=0.3, video_seconds=WAIT_SECONDS))
    try:
        hung, after = results(executor, jobs("hang.jpg", "a.jpg"))
        assert (hung.cause, after.cause) == ("decoder_timeout", "answered")
        assert hung.reason == "Reading the file took longer than 0 s; the worker was stopped."
    finally:
        executor.close()


def test_time_is_given_by_kind_and_size():
    limits = Limits(image_seconds=30, video_seconds=120)
    assert limits.seconds_for(job("a.jpg", size=0)) == 30
    assert limits.seconds_for(job("a.mp4", size=3 * BYTES_PER_EXTRA_SECOND)) == 123


def test_a_result_that_takes_longer_gives_signs_of_life():
    executor = pool(limits=Limits(image_seconds=1.2))
    try:
        assert list(executor.map(by_name, jobs("hang.jpg"))).count(None) >= 3
    finally:
        executor.close()


@pytest.mark.parametrize(
    ("wanted", "stage"),
    [
        (EVERY_STAGE, Stage.THUMBNAIL),
        ({Stage.IDENTIFY, Stage.THUMBNAIL}, Stage.THUMBNAIL),
        ({Stage.IDENTIFY, Stage.NSFW}, Stage.NSFW),
        ({Stage.IDENTIFY, Stage.METADATA}, Stage.IDENTIFY),
    ],
)
def test_a_crash_is_held_against_a_stage_that_was_asked_for(shared_pool, wanted, stage):
    """A failure of a stage that nobody asked for would be forgotten, and the file run again for ever."""
    [crashed] = results(shared_pool, [job("crash.jpg", frozenset(wanted))])
    assert crashed.stage is stage


def test_one_job_can_be_called_for_now(shared_pool):
    assert shared_pool.call(by_name, job("a.jpg")).cause == "answered"
    assert shared_pool.call(by_name, job("crash.jpg")).cause == "decoder_crashed"


def test_a_call_beside_a_run_goes_to_the_same_workers(shared_pool):
    running = shared_pool.map(by_name, jobs("a.jpg", "b.jpg", "c.jpg"))
    while (first := next(running)) is None:
        pass
    assert pid_in(shared_pool.call(by_name, job("now.jpg"))) == pid_in(first)
    assert [result.cause for result in running if result is not None] == ["answered", "answered"]


def test_another_number_of_workers_makes_another_pool(shared_pool):
    [before] = results(shared_pool, jobs("a.jpg"), workers=1)
    after = results(shared_pool, jobs("a.jpg", "b.jpg"), workers=2)
    assert pid_in(before) not in {pid_in(result) for result in after}


def test_workers_that_never_come_to_their_first_file_blame_no_file(monkeypatch):
    monkeypatch.setattr("app.ingest.workers.executor.GRACE_SECONDS", 0.2)
    stuck = PoolExecutor(1, Limits(image_seconds=0.1), never_prepared, PRELOAD)
    try:
        with pytest.raises(NeedsAttention) as caught:
            results(stuck, jobs("hang.jpg"))
    finally:
        stuck.close()
    assert caught.value.sentence == "The analysis processes cannot be started here."


def test_calls_from_many_threads_beside_a_run_are_all_answered(shared_pool):
    """Whoever listens hears for the others as well."""
    called: list[str] = []

    def call(number: int) -> None:
        called.extend(shared_pool.call(by_name, job(f"{number}-{turn}.jpg")).cause for turn in range(10))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    assert causes(shared_pool, *(f"{number}.jpg" for number in range(100))) == ["answered"] * 100
    for thread in threads:
        thread.join()
    assert called == ["answered"] * 40


def test_a_call_whose_worker_is_stopped_by_another_run_is_begun_again(shared_pool, begun):
    name, wait_until_begun = begun()
    running = shared_pool.map(by_name, jobs(name))
    begin = threading.Thread(target=lambda: next(running))
    begin.start()
    wait_until_begun()
    begin.join()
    called: list[str] = []
    calling = threading.Thread(target=lambda: called.append(shared_pool.call(by_name, job("now.jpg")).cause))
    calling.start()
    until(lambda: shared_pool._workers[0].jobs_ahead == 2, what="the call in line")
    running.close()
    calling.join()
    assert called == ["answered"]


def test_a_worker_is_replaced_after_so_many_files(monkeypatch):
    monkeypatch.setattr("app.ingest.workers.executor.JOBS_PER_WORKER", 3)
    executor = pool()
    try:
        pids = [pid_in(result) for result in results(executor, jobs(*"abcdefg"))]
    finally:
        executor.close()
    assert len(set(pids)) == 3
    assert [pids.index(pid) for pid in pids] == [0, 0, 0, 3, 3, 3, 6]


def test_several_workers_share_the_work(begun):
    """Also while nobody hears their answers: the one that is done first is given the next job."""
    two = pool(2)
    name, wait_until_begun = begun()
    try:
        running = two.map(by_name, jobs("a.jpg", name, "b.jpg", "c.jpg"))
        first = next(result for result in running if result is not None)
        busy = wait_until_begun()
        assert busy != pid_in(first)
        assert pid_in(two.call(by_name, job("now.jpg"))) == pid_in(first)
        assert pid_in(two.call(by_name, job("again.jpg"))) == pid_in(first)
        running.close()
    finally:
        two.close()


def test_a_worker_that_stalls_in_the_middle_of_its_answer_is_stopped_in_time(shared_pool):
    stalling = pool(limits=Limits(image_seconds=2.0, memory_mb=1024))
    try:
        assert causes(stalling, "stall.jpg", "a.jpg") == ["decoder_timeout", "answered"]
    finally:
        stalling.close()


def test_an_answer_that_cannot_be_read_is_a_fault_of_its_own_file_only(shared_pool):
    assert causes(shared_pool, "a.jpg", "unreadable.jpg", "b.jpg") == ["answered", "internal_error", "answered"]


def test_an_answer_may_be_large(shared_pool):
    before, large, after = results(shared_pool, jobs("a.jpg", "large.jpg", "b.jpg"))
    assert (before.cause, len(large.reason), after.cause) == ("answered", 5_000_000, "answered")


def test_a_job_whose_workers_are_stopped_before_they_have_started_blames_no_worker(shared_pool):
    starting = PoolExecutor(1, LIMITS, never_prepared, PRELOAD)
    called: list[object] = []

    def call() -> None:
        try:
            called.append(starting.call(by_name, job("a.jpg")))
        except NeedsAttention as trouble:
            called.append(trouble)

    calling = threading.Thread(target=call, daemon=True)
    calling.start()
    for _ in range(3):
        until(lambda: starting._workers and starting._workers[0].jobs_ahead, what="the job's turn")
        starting._workers[0].stop()
    assert called == []
    starting._prepare = prepare
    until(lambda: starting._workers and starting._workers[0].jobs_ahead, what="the job's turn")
    starting.close()
    calling.join()
    starting.close()
    assert [result.cause for result in called] == ["answered"]
