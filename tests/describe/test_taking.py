"""Orders of sessions, taken by the settings, and carried out against a server with the ledger of a session."""

import asyncio
from decimal import Decimal

import pytest

from app.describe import wire
from app.describe.journal import Journal, read
from app.describe.ledger import Ledger
from app.describe.taking import take
from app.descriptions import Price
from app.errors import InvalidRequest, NeedsAttention
from app.ingest.session.parameters import DescribeRequest
from app.media import Place
from app.settings import Settings
from tests.support.fake_provider import answer, says

PRICED = {"ingest_describe_price_in": 1, "ingest_describe_price_out": 10, "ingest_describe_max_input_tokens": 10_000}


@pytest.fixture
def order(tmp_path, monkeypatch):
    """Takes an order of the provider `default`; settings and what is asked for can be changed."""
    monkeypatch.chdir(tmp_path)

    def make(settings=PRICED, base_url="http://localhost:1/v1", **request):
        given = {"ingest_describe_base_url": base_url, "ingest_describe_model": "a-model", **settings}
        return take(Settings(**given), DescribeRequest(template="caption", **request))

    return make


def test_an_order_says_whom_at_what_price_and_how_a_picture_is_sent(order):
    webp = {"ingest_describe_format": "webp", "ingest_describe_side": 512, "ingest_describe_concurrency": 3}
    taken = order(PRICED | webp, "http://gpu.example/v1")
    assert (taken.whom.provider, taken.whom.model, taken.whom.template) == ("default", "a-model", "caption")
    assert (taken.describer.side, taken.describer.quality, taken.describer.format) == (512, 80, "webp")
    assert (taken.at_once, taken.worst, taken.local, taken.describer.safe_only) == (3, Decimal("0.03048"), False, True)
    assert not order(base_url="http://gpu.example/v1", include_nsfw=True).describer.safe_only
    assert not order().describer.safe_only


@pytest.mark.parametrize(
    ("settings", "request_", "cause", "words"),
    [
        ({}, {"budget_usd": 1.0}, "price_unknown", "set INGEST_DESCRIBE_PRICE_IN"),
        (PRICED | {"ingest_describe_max_input_tokens": None}, {"budget_usd": 1.0}, "price_unknown", "MAX_INPUT_TOKENS"),
        ({}, {"provider": "other"}, "no_provider", "choose one of default"),
        ({"ingest_describe_providers": "missing.toml"}, {}, "no_provider", "cannot be read"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(order, settings, request_, cause, words):
    with pytest.raises(InvalidRequest, match=words) as caught:
        order(settings, **request_)
    assert caught.value.cause == cause


def test_without_a_budget_no_price_is_needed_and_what_is_free_needs_no_context(order):
    assert order({}).worst is None
    free = {"ingest_describe_price_in": 0, "ingest_describe_price_out": 0}
    assert order(free, budget_usd=0.0).worst == 0


def test_what_is_missing_is_told_by_the_extra_that_brings_it(order, monkeypatch):
    monkeypatch.setattr(wire, "find_spec", lambda _: None)
    with pytest.raises(InvalidRequest, match=r"media-ingest\[describe\]"):
        order()


def test_a_budget_holds_whatever_the_server_does_and_covers_its_bill(order, fake_provider, tmp_path):
    fake_provider.script(answer(), says("no"), answer(usage=False))
    taken = order(PRICED | {"ingest_describe_concurrency": 4}, fake_provider.base_url)
    journal = tmp_path / "s.jsonl"
    budget = Decimal("0.1")
    ledger = Ledger(Journal(journal), taken.whom, now=lambda: "2026-01-01T00:00:00.000+00:00", budget=budget)

    async def describe():
        async with taken.opened() as ask:
            asked = [ask(b"picture %d" % number, ledger.account(Place("m", b"a"), "a" * 64)) for number in range(40)]
            return await asyncio.gather(*asked, return_exceptions=True)

    ended = asyncio.run(describe())
    assert {error.cause for error in ended if isinstance(error, NeedsAttention)} == {"budget_reached"}
    runs = [entry.run for entry in read(journal)]
    assert len(runs) == len(fake_provider.requests)
    bill = fake_provider.billed(Price(Decimal(1), Decimal(10)))
    assert bill <= sum(run.cost for run in runs) == ledger.money.spent <= budget
    assert ledger.money.reserved == 0
