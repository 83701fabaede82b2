"""Which file's turn it is: settled ones in order, the others when they have settled, and none for ever."""

from dataclasses import replace

import pytest

from app.ingest.run.turns import MAX_CHANGED_READS, MAX_WRITES, Turns
from app.media import FoundFile, Job
from tests.ingest.builders import EVERY_STAGE, analysis, failure, found

SECOND = 10**9
NOW = 1_000 * SECOND


class Disk:
    """Files and a clock that a test sets."""

    def __init__(self, *names: str, mtime_ns: int = 0) -> None:
        self.now = NOW
        self.files = {name.encode(): found(name.encode(), mtime_ns=mtime_ns) for name in names}

    def look(self, file: FoundFile) -> FoundFile | None:
        return self.files.get(file.path)

    def touch(self, name: str, mtime_ns: int) -> None:
        self.files[name.encode()] = replace(self.files[name.encode()], mtime_ns=mtime_ns)

    def turns(self) -> Turns:
        jobs = [Job(file, EVERY_STAGE, EVERY_STAGE) for file in self.files.values()]
        return Turns(jobs, self.look, clock=lambda: self.now)


def order(turns: Turns) -> list[str]:
    """The names of all whose turn comes now; each is answered for."""
    names = []
    while (job := turns.next()) is not None:
        names.append(job.file.path.decode())
        assert turns.end(analysis(job.file))
    return names


@pytest.mark.parametrize(
    ("age_seconds", "settled"), [(0, False), (1.999, False), (2, True), (3_600, True), (-0.001, True), (-3_600, True)]
)
def test_a_file_that_is_0_to_2_seconds_old_goes_to_the_end(age_seconds, settled):
    disk = Disk("a.jpg", "b.jpg")
    disk.touch("a.jpg", NOW - round(age_seconds * SECOND))
    turns = disk.turns()
    assert order(turns) == (["a.jpg", "b.jpg"] if settled else ["b.jpg"])
    assert turns.waiting == (0 if settled else 1)


def test_a_file_that_was_put_back_has_its_turn_when_it_has_settled_and_only_once():
    disk = Disk("a.jpg", "b.jpg", mtime_ns=NOW - SECOND)
    turns = disk.turns()
    assert order(turns) == []
    assert turns.seconds_to_wait() == 1.0
    disk.now += SECOND
    assert turns.seconds_to_wait() == 0.0
    assert turns.begin_again() == []
    assert order(turns) == ["a.jpg", "b.jpg"]
    assert turns.waiting == 0


def test_a_turn_begins_with_the_file_as_it_is_now_and_with_the_sidecars_that_were_planned():
    disk = Disk("a.jpg")
    turns = Turns([Job(found(b"a.jpg", sidecar="xmp=1:2"), EVERY_STAGE, EVERY_STAGE)], disk.look, clock=lambda: NOW)
    disk.touch("a.jpg", 77)
    job = turns.next()
    assert (job.file.mtime_ns, job.file.sidecar) == (77, "xmp=1:2")


def test_a_file_that_is_gone_has_its_turn_so_that_it_is_answered_for():
    disk = Disk("a.jpg")
    turns = disk.turns()
    disk.files.clear()
    assert turns.next().file.path == b"a.jpg"


@pytest.mark.parametrize("how", ["says so", "another size", "another time"])
def test_a_file_that_changed_while_it_was_read_is_read_three_times_and_then_given_up(how):
    disk = Disk("a.jpg")
    turns = disk.turns()
    for read in range(1, MAX_CHANGED_READS + 1):
        job = turns.next()
        result = {
            "says so": failure(job.file, cause="still_changing"),
            "another size": analysis(replace(job.file, size=job.file.size + 1)),
            "another time": analysis(replace(job.file, mtime_ns=job.file.mtime_ns + 1)),
        }[how]
        assert turns.end(result) is False
        assert turns.next() is None
        disk.now += round(turns.seconds_to_wait() * SECOND)
        given_up = turns.begin_again()
        assert [job.file.path for job in given_up] == ([b"a.jpg"] if read == MAX_CHANGED_READS else [])
    assert turns.next() is None
    assert turns.waiting == 0


def test_a_file_that_changed_once_is_recorded_once():
    disk = Disk("a.jpg")
    turns = disk.turns()
    assert not turns.end(failure(turns.next().file, cause="still_changing"))
    assert turns.begin_again() == []
    assert turns.next() is None
    disk.now += 2 * SECOND
    assert turns.begin_again() == []
    assert order(turns) == ["a.jpg"]
    assert turns.begin_again() == []


def test_a_file_that_is_written_to_all_the_time_is_given_up_in_the_end():
    disk = Disk("a.jpg", mtime_ns=NOW)
    turns = disk.turns()
    for _ in range(1, MAX_WRITES + 1):
        assert turns.next() is None
        assert turns.begin_again() == []
        disk.now += 2 * SECOND
        disk.touch("a.jpg", disk.now)
        assert turns.begin_again() == []
    assert turns.next() is None
    assert len(turns.begin_again()) == 1
    assert turns.waiting == 0


def test_files_that_rest_have_their_turns_one_by_one_however_many_wait_beside_them():
    disk = Disk(*(f"{number:02d}.jpg" for number in range(60)))
    for number in range(60):
        disk.touch(f"{number:02d}.jpg", NOW - number * SECOND // 50)
    turns, taken = disk.turns(), order(disk.turns())
    while True:
        taken += order(turns)
        if not turns.waiting:
            break
        disk.now += max(1, round(turns.seconds_to_wait() * SECOND))
        assert turns.begin_again() == []
    assert sorted(taken) == [f"{number:02d}.jpg" for number in range(60)]


def test_the_current_file_is_the_one_at_work_or_else_the_next():
    disk = Disk("a.jpg", "b.jpg")
    turns = disk.turns()
    assert turns.current.path == b"a.jpg"
    first = turns.next()
    turns.next()
    assert turns.current.path == b"a.jpg"
    turns.end(analysis(first.file))
    assert turns.current.path == b"b.jpg"
    turns.end(failure(disk.files[b"b.jpg"]))
    assert turns.current is None
