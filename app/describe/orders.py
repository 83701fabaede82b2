"""What a session orders, and what there is to choose from: who describes pictures, by what template, at what price."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeAlias

from app.describe.describing import Opened
from app.describe.ledger import Whom
from app.descriptions import Describer
from app.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Order:
    """An order that can be carried out now.

    `opened` opens what asks. `worst` is the most that one request can cost in USD, None: not known.

    `at_once` requests may wait at a time; `local` says that the provider is on this machine.
    """

    whom: Whom
    describer: Describer
    opened: Opened
    at_once: int
    worst: Decimal | None
    local: bool

    @property
    def priced(self) -> bool:
        """Whether what a request costs can be told."""
        return self.worst is not None


class Request(Protocol):
    """What of a session's parameters says whom to ask."""

    @property
    def template(self) -> str:
        """The name of the template."""

    @property
    def provider(self) -> str:
        """The name of the provider."""

    @property
    def model(self) -> str | None:
        """The model, None for the provider's."""

    @property
    def budget_usd(self) -> float | None:
        """What may be spent, None for no limit."""

    @property
    def include_nsfw(self) -> bool:
        """Whether pictures may leave this machine that are NSFW, or may be."""


@dataclass(frozen=True, slots=True)
class OfferedTemplate:
    """A template that can be chosen; `title` is for people."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class OfferedProvider:
    """A provider that can be asked, and its own model. `priced` says whether what a request costs can be told."""

    name: str
    model: str
    local: bool
    priced: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What a session can choose from; `missing` says in a sentence what to set where there is no provider."""

    templates: tuple[OfferedTemplate, ...] = ()
    providers: tuple[OfferedProvider, ...] = ()
    missing: str | None = None


def nobody(request: Request) -> Order:
    """Takes no order. Raises InvalidRequest."""
    del request
    raise InvalidRequest("Nobody can be asked for descriptions here.", field="describe", cause="no_provider")


Take: TypeAlias = Callable[[Request], Order]
"""Makes an order. Raises InvalidRequest where the template, the provider or its model is not known, or where it has no
price and a budget is asked for (`price_unknown`)."""
