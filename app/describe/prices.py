"""What a request may cost: prices from the settings, else from the list of genai-prices, which comes with its package.

Nothing is fetched. Where neither knows a price it is None, never 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import find_spec
from typing import Any, NamedTuple

from app.describe.providers import Provider
from app.descriptions import Price, Usage

_WHOLE = {"input_mtok", "output_mtok"}
_PER_USE = {"requests_kcount", "input_mchars", "audio_hours", "input_audio_hours"}
"""Prices that tokens do not tell: with one, what a request costs is not known."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A price that holds for a whole request of more than `above` tokens that go in.

    `written` is that of a million tokens that the provider also puts into its cache, None where that costs nothing
    more. Servers do not tell how many did: a request may cost it, and is booked without it.
    """

    above: int
    price: Price
    written: Decimal | None = None

    def most(self, tokens_in: int, tokens_out: int) -> Decimal:
        """The most that so many tokens cost in USD: cached or not, or put into the cache."""
        dearest = replace(self.price, tokens_in=max(self.price.tokens_in, self.written or Decimal(0)))
        return max(dearest.of(Usage(tokens_in, tokens_out, cached)) for cached in (0, tokens_in))


@dataclass(frozen=True, slots=True)
class Pricing:
    """What a model costs: `tiers` in rising order of `above`, of which the first has 0."""

    tiers: tuple[Tier, ...]

    def of(self, usage: Usage) -> Decimal:
        """What a request cost, in USD with nine decimals."""
        holds = [tier.price for tier in self.tiers if usage.tokens_in > tier.above]
        return (holds or [self.tiers[0].price])[-1].of(usage)

    def most(self, tokens_in: int, tokens_out: int) -> Decimal:
        """The most that a request of at most so many tokens can cost, in USD: in any tier, cached or not."""
        return max(tier.most(tokens_in, tokens_out) for tier in self.tiers if tier.above < tokens_in or not tier.above)

    @property
    def free(self) -> bool:
        """Whether nothing costs anything, as of a local model."""
        return not self.most(1_000_000, 1_000_000)


class Known(NamedTuple):
    """What the price list knows of a model; `context` is the most tokens that go in."""

    pricing: Pricing | None = None
    context: int | None = None


def pricing_of(provider: Provider, at: datetime | None = None) -> Pricing | None:
    """What the settings say, else what the price list knows for a time, by default now; None where neither does.

    It is asked for before each request: some prices change with a date that is known, or with the hour.
    """
    if provider.price is not None:
        return Pricing((Tier(0, provider.price),))
    return _listed(provider.base_url, provider.model, at).pricing


def max_input_tokens_of(provider: Provider) -> int | None:
    """The most tokens that can go in: of the settings, else the model's context as the price list knows it."""
    return provider.max_input_tokens or _listed(provider.base_url, provider.model).context


def worst(provider: Provider, pricing: Pricing | None) -> Decimal | None:
    """The most that one request can cost, in USD with nine decimals; None where price or context are not known."""
    if pricing is None:
        return None
    if pricing.free:
        return Decimal(0)
    tokens_in = max_input_tokens_of(provider)
    return None if tokens_in is None else pricing.most(tokens_in, provider.max_output_tokens)


def _listed(base_url: str, model: str, at: datetime | None = None) -> Known:
    """What the list knows: by the server's address, else by the exact name of the model.

    A name that only resembles one counts at a known address alone: a local copy of a model costs nothing, and a wrong
    price is worse than none.
    """
    if find_spec("genai_prices") is None:
        return Known()
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    try:
        _, found = snapshot.find_provider_model(model, None, None, base_url)
    except LookupError:
        try:
            _, found = snapshot.find_provider_model(model, None, None, None)
        except LookupError:
            return Known()
        if found.id != model:
            return Known()
    return Known(_pricing_from(found.get_prices(at or datetime.now(UTC))), found.context_window)


def _pricing_from(listed: Any) -> Pricing | None:
    """A price of genai-prices as ours; None where tokens alone do not tell the cost."""
    prices = {key: value for key, value in vars(listed).items() if value is not None}
    if not prices.keys() >= _WHOLE or prices.keys() & _PER_USE:
        return None
    starts = sorted({0, *(tier.start for value in prices.values() for tier in getattr(value, "tiers", ()))})
    return Pricing(tuple(_tier(prices, start) for start in starts))


def _tier(prices: dict[str, Any], start: int) -> Tier:
    """What a request of more than `start` tokens costs: of several prices for one direction, the highest."""

    def highest(keys: Iterable[str]) -> Decimal | None:
        found = [_at(prices[key], start) for key in keys if key in prices]
        return max(found, default=None)

    tokens_in = highest(("input_mtok", "input_image_mtok"))
    tokens_out = highest(("output_mtok", "output_reasoning_mtok"))
    assert tokens_in is not None and tokens_out is not None  # noqa: S101, PT018 - whoever calls has looked
    price = Price(tokens_in, tokens_out, highest(("cache_read_mtok", "cache_image_read_mtok")))
    return Tier(start, price, highest(("cache_write_mtok",)))


def _at(value: Any, start: int) -> Decimal:
    """A price that may have tiers, for a request of more than `start` tokens that go in."""
    tiers = [tier.price for tier in getattr(value, "tiers", ()) if tier.start <= start]
    return Decimal((tiers or [getattr(value, "base", value)])[-1])
