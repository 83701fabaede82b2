"""The kept previews: within their limit, oldest use first, and no error of the disk reaches who looks at a picture."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.ingest.session.previews import Previews


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "previews"


def name(number):
    return f"{number:064x}"[::-1]


def used(folder, *numbers):
    """Says when each was used last: the first longest ago."""
    for age, number in enumerate(numbers):
        os.utime(folder / name(number)[:2] / f"{name(number)}.webp", ns=(age, age))


def total(folder):
    return sum(file.stat().st_size for file in folder.glob("*/*"))


def test_what_is_kept_is_given_as_it_is_and_nothing_else(folder):
    previews = Previews(folder, 1_000)
    assert previews.get(name(1)) is None
    previews.keep(name(1), b"one")
    assert previews.get(name(1)) == b"one"
    assert Previews(folder, 1_000).get(name(1)) == b"one"
    assert previews.get(name(2)) is None


def test_the_ones_whose_last_use_is_longest_ago_go_first(folder):
    for number in range(4):
        Previews(folder, 1_000).keep(name(number), bytes(200))
    used(folder, 2, 0, 1, 3)
    assert Previews(folder, 1_000).get(name(2)), "and so it was used last"
    Previews(folder, 1_000).keep(name(4), bytes(200))
    kept = {number for number in range(5) if Previews(folder, 1_000).get(name(number))}
    assert kept == {1, 2, 3, 4}


def test_the_limit_holds_after_every_file_whoever_writes(folder):
    one, other = Previews(folder, 16_000), Previews(folder, 16_000)
    for number in range(200):
        (one if number % 3 else other).keep(name(number), bytes(300))
        assert total(folder) <= 16_000 + 16_000 // 16
    assert total(folder) >= 14_000


def test_what_is_larger_than_the_limit_is_not_kept(folder):
    Previews(folder, 0).keep(name(1), b"x")
    assert not folder.exists()


def test_a_disk_that_refuses_is_no_error(folder):
    folder.write_bytes(b"no folder")
    Previews(folder, 1_000).keep(name(1), b"x")
    assert Previews(folder, 1_000).get(name(1)) is None


def test_threads_that_write_and_read_find_whole_files(folder):
    each = [Previews(folder, 5_000) for _ in range(2)]

    def work(number):
        own = each[number % 2]
        own.keep(name(number % 20), bytes([number % 20]) * 500)
        found = own.get(name(number % 20))
        assert found is None or found == bytes([number % 20]) * 500

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(200)))
    assert not list(folder.glob("*/.*"))
