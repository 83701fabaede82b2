"""How long is waited, by a clock that the test winds."""

import asyncio
from datetime import UTC, datetime

import pytest

from app.describe.manners import Manners, asked_to_wait, next_wait
from tests.describe.asked import Clock

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7),
        ("1.5", 1.5),
        ("-3", 0),
        ("Thu, 01 Jan 2026 12:00:09 GMT", 9),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0),
        ("Thu, 01 Jan 999999999999999999999 12:00:00 GMT", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_a_provider_asks_for_seconds_or_for_a_time(header, seconds):
    assert asked_to_wait(header, NOW) == seconds


@pytest.mark.parametrize(
    ("tried", "waited", "asked", "wait"),
    [
        (1, 0, None, 1),
        (3, 3, None, 4),
        (1, 0, 7, 7),
        (1, 0, 0, 1),
        (5, 15, None, 16),
        (6, 31, None, None),
        (1, 0, 60, 60),
        (1, 0, 61, None),
        (2, 30, 31, None),
    ],
)
def test_a_wait_doubles_or_is_what_was_asked_for_within_a_minute_in_all(tried, waited, asked, wait):
    assert next_wait(tried, waited, asked) == wait


def begun(manners, clock, turns):
    """When each of so many turns began, asked for at once."""
    times = []

    async def one():
        async with manners.turn():
            times.append(clock())
            await asyncio.sleep(0)

    async def all_of_them():
        async with asyncio.TaskGroup() as group:
            for _ in range(turns):
                group.create_task(one())

    asyncio.run(all_of_them())
    return times


def test_requests_of_a_minute_are_spaced_whatever_is_at_once():
    clock = Clock()
    manners = Manners(4, 30, clock=clock, sleep=clock.sleep)
    assert begun(manners, clock, 4) == [2, 4, 6, 8]  # the first, too: another session may just have asked


def test_no_more_are_at_work_than_are_allowed():
    at_work, most = 0, 0
    manners = Manners(3)

    async def one():
        nonlocal at_work, most
        async with manners.turn():
            at_work += 1
            most = max(most, at_work)
            await asyncio.sleep(0)
            at_work -= 1

    async def all_of_them():
        await asyncio.gather(*(one() for _ in range(20)))

    asyncio.run(all_of_them())
    assert most == 3


def test_a_provider_that_is_held_off_is_asked_by_nobody():
    clock = Clock()
    manners = Manners(4, clock=clock, sleep=clock.sleep)
    manners.hold_off(5)
    manners.hold_off(3)
    assert begun(manners, clock, 3) == [5, 5, 5]
