"""What a vision model says of a picture, and what that costs, as frozen values.

Owns the words (run, price, description) that travel from what asks a provider to what writes the library. It opens
nothing and asks nobody.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any

from app.models import ModelVersion

_NANO = Decimal("1e-9")
TOKENS_PRICED = 1_000_000
"""Prices are told for so many tokens."""


class RunStatus(StrEnum):
    """How one request to a provider ended."""

    ANSWERED = "answered"  # with what the template asks for
    INVALID = "invalid"  # the answer is not what the template asks for
    TRUNCATED = "truncated"  # the answer ended at the most tokens that were allowed
    REFUSED = "refused"  # the model, or a filter of its provider, does not want to describe this picture
    FAILED = "failed"  # the provider said no before it did any work: nothing is charged
    UNKNOWN = "unknown"  # it was sent and no answer is known: booked at the most that it can have cost


SILENT = frozenset({RunStatus.UNKNOWN, RunStatus.FAILED})
"""The ends of a request that do not show that its provider answers."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request as its server reported them; `cached` are among those that went `in`."""

    tokens_in: int
    tokens_out: int
    tokens_cached: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """USD for a million tokens that go in, that go in but were cached, and that come out; all 0 for a local model."""

    tokens_in: Decimal
    tokens_out: Decimal
    tokens_cached: Decimal | None = None

    def of(self, usage: Usage) -> Decimal:
        """What a request cost, in USD with nine decimals."""
        cached = self.tokens_in if self.tokens_cached is None else self.tokens_cached
        fresh = usage.tokens_in - usage.tokens_cached
        whole = fresh * self.tokens_in + usage.tokens_cached * cached + usage.tokens_out * self.tokens_out
        return in_usd(whole / TOKENS_PRICED)


def in_usd(amount: Decimal | float) -> Decimal:
    """An amount of USD with nine decimals: a column of floats gives back the amount that was written."""
    return Decimal(str(amount)).quantize(_NANO, ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Describer:
    """Who describes pictures in a session, by what template, and how a picture is sent: upright and reduced.

    `safe_only` says that pictures which may be NSFW are not sent.
    `template_sha256` is that of what is asked; `side` the longer side in px at most, `quality` 1 to 100, `format`
    `jpeg` or `webp`.
    """

    model: str
    template_sha256: str
    safe_only: bool = False
    side: int = 1_024
    quality: int = 80
    format: str = "jpeg"

    @property
    def fingerprint(self) -> str:
        """What is another one whenever something else would be asked, or another model: 16 hex digits."""
        return hashlib.sha256(f"{self.template_sha256}\0{self.model}".encode()).hexdigest()[:16]

    @property
    def version(self) -> ModelVersion:
        """It as what ran."""
        return ModelVersion("describe", self.model)


@dataclass(frozen=True, slots=True)
class Run:
    """One request to a provider about one picture: a row of `describe_runs`.

    `run` is a UUID, given before the request is sent. `cost` is in USD, None where no price is known. `output` is what
    was said, by the fields of the template; only an answered run has one. `reason` says in a sentence why there is
    none. `at` is when it was sent, ISO 8601 in UTC; `seconds` how long the answer took.
    """

    run: str
    sha256: str
    provider: str
    model: str
    template: str
    template_sha256: str
    status: RunStatus
    at: str
    seconds: float = 0.0
    usage: Usage | None = None
    cost: Decimal | None = None
    output: Mapping[str, Any] | None = None
    reason: str | None = None

    @property
    def told(self) -> dict[str, Any]:
        """Who was asked by what and when, and what it took, by the names of the columns; None where it is not known."""
        usage = self.usage
        return {
            "provider": self.provider,
            "model": self.model,
            "template": self.template,
            "template_sha256": self.template_sha256,
            "tokens_in": usage.tokens_in if usage else None,
            "tokens_cached": usage.tokens_cached if usage else None,
            "tokens_out": usage.tokens_out if usage else None,
            "cost_usd": None if self.cost is None else float(self.cost),
            "seconds": self.seconds,
            "at": self.at,
        }


@dataclass(frozen=True, slots=True)
class Description:
    """What became of a file in stage `describe`: what was said of its bytes, and the runs that are to be recorded.

    `run` is the run that said it, which may be an older one, of a copy: then `runs` has none, and nothing was paid.
    `output` is None where none of them was answered. `direct` says that it is written at once, not proposed.
    """

    runs: tuple[Run, ...] = ()
    run: str | None = None
    output: Mapping[str, Any] | None = None
    direct: bool = False
