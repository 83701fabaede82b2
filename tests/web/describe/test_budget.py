"""A budget that ends within: spent and reserved never exceed it, whatever a model costs, one or four asked at once.

It is looked at from three sides: after every step of the ledger, by the status over HTTP, and by what the provider
itself would charge when each request comes in.
"""

import random
from decimal import Decimal
from itertools import accumulate

import genai_prices
import pytest

from app.describe import manners
from app.describe.ledger import Ledger
from app.descriptions import Usage, in_usd
from tests.samples import write_many
from tests.support.fake_provider import FakeProvider, answer, failing, refusing, says
from tests.support.server import until

PROVIDERS = """
[providers.openai]
model = "gpt-4o-mini"

[providers.google]
model = "gemini-2.5-pro"
max_input_tokens = 250000

[providers.own]
model = "vision-1"
price_in = 0.8
price_cached = 0.08
price_out = 4
max_input_tokens = 8000
"""
CASES = [("own", 4, 40)] + [
    pytest.param((provider, at_once, 500), marks=pytest.mark.faults, id=f"{provider}-{at_once}-500")
    for provider in ("openai", "google", "own")
    for at_once in (1, 4)
]
MOST_IN = {"openai": 128_000, "google": 250_000, "own": 8_000}
MOST_OUT = 2_048
REFUSED = refusing(401, "invalid_api_key")
NAMES = {"openai": "gpt-4o-mini", "google": "gemini-2.5-pro"}


def charged(provider, usage):
    """What a provider asks for one request, in USD, as those who publish its prices reckon."""
    if provider == "own":
        fresh = usage.tokens_in - usage.tokens_cached
        return (fresh * Decimal("0.8") + usage.tokens_cached * Decimal("0.08") + usage.tokens_out * 4) / 1_000_000
    told = genai_prices.Usage(
        input_tokens=usage.tokens_in, cache_read_tokens=usage.tokens_cached, output_tokens=usage.tokens_out
    )
    return genai_prices.calc_price(told, NAMES[provider], provider_id=provider).total_price


def requests(provider, pictures, rng):
    """The steps of a provider that is asked about so many pictures; of some it asks for more than one request."""
    for number in range(pictures):
        most = MOST_IN[provider] if number % 50 == 7 else 4_000
        tokens_in = rng.randint(500, most)
        costs = Usage(tokens_in, rng.randint(20, MOST_OUT), rng.choice((0, 0, rng.randint(0, tokens_in))))
        if number % 9 == 4:
            yield says("no", costs=costs)
        if number % 31 == 5:
            yield refusing(400, "no_picture")
        elif number % 41 == 6:
            yield answer(finish="length", costs=costs)
        elif number % 150 == 111:
            yield failing(costs=costs)  # booked as dear as it can be, and asked about again
            yield answer(costs=costs)
        else:
            yield answer(costs=costs)


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch):
    monkeypatch.setattr(manners, "FIRST_WAIT_SECONDS", 0.0)


@pytest.fixture
def steps(monkeypatch):
    """After each step of a ledger: what is spent and reserved together, and the budget."""
    seen = []

    def watched(step):
        def wrapped(ledger, *args):
            step(ledger, *args)
            seen.append((ledger.money.spent + ledger.money.reserved, ledger.budget))

        return wrapped

    for name in ("begin", "book"):
        monkeypatch.setattr(Ledger, name, watched(getattr(Ledger, name)))
    return seen


def status_within(door, session_id, status, budget):
    """The session once it has that status; every status that is seen on the way keeps the budget."""

    def look():
        seen = door.status(session_id)
        money = seen["describe"] or {"spent_usd": 0, "reserved_usd": 0}
        assert in_usd(money["spent_usd"]) + in_usd(money["reserved_usd"]) <= budget
        return seen if seen["status"] in {status, "completed", "attention"} else None

    found = until(look, seconds=240, what=status)
    assert found["status"] == status, found["attention"]
    return found


def rows_of(door):
    """Every request that was recorded."""
    found, cursor = [], {}
    while cursor is not None:
        page = door.get("/api/describe/runs", params={"limit": 200, **cursor})
        found += page["runs"]
        cursor = page["next"] and {"cursor": page["next"]}
    return found


def sum_of(rows):
    return in_usd(sum(Decimal(str(run["cost_usd"])) for run in rows))


@pytest.mark.parametrize("case", CASES)
def test_nothing_ever_exceeds_a_budget_and_every_sum_is_the_servers_bill(open_door, tmp_path, steps, case):
    provider, at_once, pictures = case
    write_many(tmp_path / "media", pictures, size=(48, 32))
    script = list(requests(provider, pictures, random.Random(f"{provider} {at_once}")))
    costs = [charged(provider, step.costs) if step.costs else Decimal(0) for step in script]
    worst = charged(provider, Usage(MOST_IN[provider], MOST_OUT))
    budget, more = in_usd(worst + sum(costs) * Decimal("0.4")), in_usd(sum(costs) * 2 + worst * 5)
    with FakeProvider() as fake:
        fake.script(*script)
        file = tmp_path / "providers.toml"
        file.write_text(PROVIDERS.replace("model =", f'base_url = "{fake.base_url}"\nconcurrency = {at_once}\nmodel ='))
        door = open_door(tmp_path / "media", ingest_describe_providers=file)
        describe = {"template": "caption", "provider": provider, "budget_usd": float(budget)}
        session_id = door.begin(generate_thumbnails=False, describe=describe)
        stopped = status_within(door, session_id, "attention", budget)
        asked, spent = len(fake.requests), in_usd(stopped["describe"]["spent_usd"])
        attention = stopped["attention"]
        assert (attention["cause"], attention["by_itself"]) == ("budget_reached", False)
        assert f"the next picture may cost up to ${worst:,.4f}" in attention["sentence"]
        assert (spent + worst > budget, stopped["describe"]["reserved_usd"]) == (True, 0)
        door.post("/api/ingest/resume", {"session_id": session_id, "budget_usd": float(more)})
        ended = status_within(door, session_id, "completed", more)
        assert len(fake.requests) == len(script) > asked > pictures / 5
    # By the ledger; and by the server: what it charged before each request, and the most of that one, is within.
    nearly = len(script) * Decimal("1e-9")
    booked = [worst if step.status == 500 else cost for step, cost in zip(script, costs, strict=True)]
    before = [Decimal(0), *accumulate(booked)]
    assert {budget, more} == {limit for _, limit in steps}
    assert all(amount <= limit for amount, limit in steps)
    assert max(before[:asked]) + worst <= budget
    assert before[asked] == pytest.approx(spent, abs=nearly)
    # By the rows and the totals, and by the server's whole bill.
    rows = rows_of(door)
    assert sum_of(rows) == in_usd(ended["describe"]["spent_usd"]) == in_usd(door.get("/api/summary")["spent_usd"])
    assert sum_of(rows) == pytest.approx(before[-1], abs=nearly)
    bill = sum(charged(provider, entry.usage) for entry in fake.bill)
    lost = sum(cost for step, cost in zip(script, costs, strict=True) if step.status == 500)
    heard = [run for run in rows if run["status"] != "unknown"]
    assert (len(rows), sum_of(heard)) == (len(script), pytest.approx(bill - lost, abs=nearly))


@pytest.mark.parametrize(("fails", "at_once", "most"), [(REFUSED, 1, 1), (REFUSED, 2, 2), (failing(), 1, 4)])
def test_nothing_is_asked_after_what_stops_a_session(tmp_path, open_door, fails, at_once, most):
    write_many(tmp_path / "media", 6)
    with FakeProvider(otherwise=fails) as fake:
        asked = {"base_url": fake.base_url, "model": "vision-1", "concurrency": at_once}
        door = open_door(tmp_path / "media", **{f"ingest_describe_{name}": value for name, value in asked.items()})
        assert door.wait_for(door.begin(describe={"template": "caption"}), "attention")["processed_files"] == 0
        assert len(fake.requests) <= most
