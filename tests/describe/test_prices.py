"""What a request may cost: settings before the list, the worst case, and what neither knows."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from app.describe.prices import Pricing, Tier, max_input_tokens_of, pricing_of, worst
from app.describe.providers import Provider
from app.descriptions import Price, Usage

OPENAI = "https://api.openai.com/v1"
LOCAL = "http://localhost:1/v1"
TIERED = Pricing(
    (
        Tier(0, Price(Decimal(1), Decimal(10), Decimal("0.1"))),
        Tier(200_000, Price(Decimal(2), Decimal(15), Decimal("0.2"))),
    )
)


def test_the_settings_stand_above_the_list_and_nothing_may_cost_nothing():
    given = Price(Decimal(0), Decimal(0))
    provider = Provider("p", OPENAI, "gpt-4o", price=given)
    assert pricing_of(provider) == Pricing((Tier(0, given),))
    assert worst(provider, pricing_of(provider)) == 0


def test_the_list_knows_models_by_address_and_elsewhere_by_their_exact_names():
    listed = pricing_of(Provider("p", OPENAI, "gpt-4o-2024-08-06"))
    assert listed is not None
    assert listed == pricing_of(Provider("p", OPENAI, "gpt-4o")) == pricing_of(Provider("p", LOCAL, "gpt-4o"))
    assert pricing_of(Provider("p", LOCAL, "gpt-4o-2024-08-06")) is None
    for model in ("qwen2.5vl:7b", "llava", "gemma3:4b", "mistral-small3.1", "no-such-model", ""):
        assert pricing_of(Provider("p", LOCAL, model)) is None, model


def test_a_price_that_changes_with_a_date_holds_from_that_date():
    provider = Provider("p", "https://generativelanguage.googleapis.com/v1beta/openai", "gemini-3.6-flash")
    before, after = (pricing_of(provider, datetime(year, 6, 1, tzinfo=UTC)) for year in (2026, 2027))
    assert after.of(Usage(1_000_000, 0)) == 2 * before.of(Usage(1_000_000, 0))


def test_the_context_is_that_of_the_settings_else_of_the_list():
    assert max_input_tokens_of(Provider("p", OPENAI, "gpt-4o", max_input_tokens=5)) == 5
    assert max_input_tokens_of(Provider("p", OPENAI, "gpt-4o")) == 128_000
    assert max_input_tokens_of(Provider("p", LOCAL, "llava")) is None


def test_a_price_that_rises_with_the_request_holds_for_all_of_it():
    assert TIERED.of(Usage(200_000, 1_000)) == Decimal("0.21")
    assert TIERED.of(Usage(200_001, 1_000)) == Decimal("0.415002")
    assert TIERED.of(Usage(200_000, 0, 200_000)) == Decimal("0.02")


@pytest.mark.parametrize(("tokens_in", "most"), [(200_000, "0.21"), (200_001, "0.415002")])
def test_the_worst_is_the_highest_tier_that_can_be_reached(tokens_in, most):
    provider = Provider("p", LOCAL, "m", max_input_tokens=tokens_in, max_output_tokens=1_000)
    assert worst(provider, TIERED) == Decimal(most)


def test_the_worst_counts_a_cached_token_where_it_costs_more():
    dear = Pricing((Tier(0, Price(Decimal(1), Decimal(1), Decimal(3))),))
    assert dear.most(1_000_000, 0) == 3


def test_the_worst_counts_a_token_that_is_put_into_the_cache_and_a_cost_does_not():
    listed = pricing_of(Provider("p", OPENAI, "gpt-5.6-cyber"))
    assert listed.most(1_000_000, 0) > listed.of(Usage(1_000_000, 0))


def test_there_is_no_worst_without_a_price_or_a_context():
    provider = Provider("p", LOCAL, "m")
    assert worst(provider, None) is None
    assert worst(provider, TIERED) is None


def test_every_model_of_the_list_has_a_sensible_price_or_none():
    from genai_prices.data_snapshot import get_snapshot

    from app.describe.prices import _pricing_from

    found = [
        _pricing_from(model.prices)
        for provider in get_snapshot().providers
        for model in provider.models
        if not isinstance(model.prices, list)
    ]
    priced = [pricing for pricing in found if pricing is not None]
    assert len(priced) > 500
    assert all(pricing.tiers[0].above == 0 and pricing.most(1_000, 1_000) >= 0 for pricing in priced)
