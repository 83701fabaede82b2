"""What a session that describes tells of its money and time while it runs, and what ends it."""

import asyncio
import os
import threading
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest

from app.describe.describing import Ask
from app.ingest.plan.planner import Planner
from app.ingest.run.describing import SECONDS_PER_DESCRIPTION, estimated
from app.ingest.session.state import Status
from tests.ingest.builders import Gate, parameters
from tests.ingest.describing.models import CENT, DESCRIBE, Model, pictures


def answer_by(model: Model, ask: Ask) -> None:
    """Lets this be what asks a provider."""

    @asynccontextmanager
    async def opened():
        yield ask

    model.opened = opened


def take_seconds(model: Model, seconds: float) -> None:
    """Lets each answer take so long, as its run says."""

    async def ask(picture, account):
        said = await Model.__call__(model, picture, account)
        account.runs[:] = [replace(run, seconds=seconds) for run in account.runs]
        return said

    answer_by(model, ask)


def test_an_answer_above_its_reserve_stops_the_session_before_files_that_were_put_back(place, model):
    pictures(place, "a", "b")
    os.utime(place.media / "a.jpg", (1_000, 1_000))
    written_ns = (place.media / "b.jpg").stat().st_mtime_ns
    object.__setattr__(place.ingestor, "settled_seconds", 0.05)
    object.__setattr__(place.ingestor, "clock", lambda: written_ns + 10**9 * bool(model.asked))
    model.cost = 3 * CENT
    started = place.runner.start(parameters("m", describe=DESCRIBE | {"budget_usd": 1}))
    session = place.until(started.session_id, Status.ATTENTION)
    assert session.attention["cause"] == "budget_reached"
    assert session.attention["sentence"].startswith("A description cost $0.0300, more than the $0.0200")
    assert model.asked == [b"a"]


def test_the_money_is_told_from_the_start(place, model):
    pictures(place, "a")
    told = []
    place.runner.listen(lambda session: told.append(session.describe))
    started = place.runner.start(parameters("m", describe=DESCRIBE | {"budget_usd": 1.0}))
    place.until(started.session_id, Status.COMPLETED)
    nothing = {"spent_usd": 0.0, "reserved_usd": 0.0, "budget_usd": 1.0, "requests": 0, "answers": 0, "unpriced": 0}
    assert told[0] == nothing
    assert None not in told


def test_what_is_reserved_is_told_while_a_provider_is_slow(place, model):
    pictures(place, "a")
    gate = model.gates[b"a"] = Gate()
    place.ends.append(gate.open)
    started = place.runner.start(parameters("m", describe=DESCRIBE))
    waiting = place.runner.wait(started.session_id, lambda s: s.describe and s.describe["requests"], 20)
    assert (waiting.describe["reserved_usd"], waiting.describe["spent_usd"]) == (0.02, 0.0)
    gate.open()
    assert place.until(started.session_id, Status.COMPLETED).describe["reserved_usd"] == 0.0


def test_what_a_provider_is_waited_for_is_told_until_it_is_asked_again(place, model):
    async def ask(picture, account):
        said = await Model.__call__(model, picture, account)
        if picture == b"a":
            account.waits_for("waiting for the provider")
            await asyncio.to_thread(gate)
        return said

    gate = Gate()
    place.ends.append(gate.open)
    answer_by(model, ask)
    pictures(place, "a", "b")
    started = place.runner.start(parameters("m", describe=DESCRIBE))
    place.runner.wait(started.session_id, lambda session: session.activity == "waiting for the provider", 20)
    gate.open()
    assert place.until(started.session_id, Status.COMPLETED).activity is None


def test_a_pause_sends_nothing_more_and_waits_for_no_turn(place, model):
    async def ask(picture, account):
        if picture != b"b" or paused.is_set():
            return await Model.__call__(model, picture, account)
        waits.set()
        return await asyncio.Event().wait()  # as one that was told to stay away

    waits, paused = threading.Event(), threading.Event()
    answer_by(model, ask)
    model.at_once = 3
    pictures(place, "a", "b", "c")
    gate = model.gates[b"c"] = Gate()
    place.ends.append(gate.open)
    started = place.runner.start(parameters("m", describe=DESCRIBE))
    gate.arrived()
    assert waits.wait(20)
    place.runner.pause(started.session_id)
    paused.set()
    gate.open()
    session = place.until(started.session_id, Status.PAUSED)
    assert (session.processed_files, session.describe["requests"], session.describe["answers"]) == (1, 2, 2)
    place.runner.resume(started.session_id)
    assert place.until(started.session_id, Status.COMPLETED).describe["requests"] == 3
    assert model.asked == [b"a", b"c", b"b"]  # what was sent is known, and asked about once


def test_the_stage_takes_the_time_of_its_requests_and_not_of_waiting_for_others(place, model):
    take_seconds(model, 1.5)
    pictures(place, "a", "b", "c")
    started = place.runner.start(parameters("m", describe=DESCRIBE))
    session = place.until(started.session_id, Status.COMPLETED)
    assert session.stages["describe"].seconds == pytest.approx(3 * 1.5, abs=0.01)


def test_a_plan_takes_as_long_as_the_answers_that_it_waits_for(place, model):
    def takes(asked):
        cost = partial(estimated, model.take, place.library)
        return Planner(place.folders, place.library, place.ingestor.recipe_for, cost=cost).plan(asked)[
            "estimate_seconds"
        ]

    take_seconds(model, 30.0)
    model.at_once = 2
    pictures(place, "a")
    low, high = SECONDS_PER_DESCRIPTION
    asked = parameters("m", describe=DESCRIBE)
    assert takes(asked) == {"low": low / 2, "high": high / 2}
    place.run(describe=DESCRIBE)
    pictures(place, "b", "c", "d")
    assert takes(asked) == {"low": 45.0, "high": 45.0}
    assert takes(parameters("m"))["high"] < 2
