"""A provider in this process, for tests of what stands around descriptions: it takes orders, and answers for a cent."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from app.describe import taking
from app.describe.ledger import Account, Whom
from app.describe.orders import Offer, OfferedProvider, OfferedTemplate, Order, Request
from app.descriptions import Describer, RunStatus, Usage
from app.errors import CannotRead, InvalidRequest

SAID = {"title": "A lake", "description": "A lake below mountains.", "keywords": ["lake", "mountains"]}
CENT = Decimal("0.01")
OFFER = Offer(
    (OfferedTemplate("caption", "Caption"), OfferedTemplate("alt-text", "Alternative text")),
    (
        OfferedProvider("default", "vision-1", local=False, priced=True),
        OfferedProvider("unpriced", "vision-2", local=True, priced=False),
    ),
    missing=None,
)


class Answering:
    """Asked about any picture it says the same; `asked` are the pictures. A request is reserved at two cents.

    So many as it `refuses` get no description at first.
    """

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.refuses = 0

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lets every house that is built from now on ask it."""
        monkeypatch.setattr(taking, "take", lambda _settings, request: self.take(request))
        monkeypatch.setattr(taking, "offer", lambda _settings: OFFER)

    def take(self, request: Request) -> Order:
        """The order of a request. Raises InvalidRequest `price_unknown`."""
        priced = request.provider == "default"
        if request.budget_usd is not None and not priced:
            raise InvalidRequest("No price of vision-2 is known.", field="describe", cause="price_unknown")
        sha256 = hashlib.sha256(request.template.encode()).hexdigest()
        whom = Whom(request.provider, request.model or "vision-1", request.template, sha256)
        opened = partial(self._opened, CENT if priced else None)
        return Order(whom, Describer(whom.model, sha256), opened, 1, 2 * CENT if priced else None, local=True)

    @asynccontextmanager
    async def _opened(self, cost: Decimal | None) -> AsyncIterator[Any]:
        yield partial(self._ask, cost)

    async def _ask(self, cost: Decimal | None, picture: bytes, account: Account) -> dict[str, Any]:
        reserved = await account.reserve(None if cost is None else 2 * cost)
        self.asked.append(picture)
        said = {"cost": cost, "usage": Usage(1_000, 100), "reason": None}
        if self.refuses:
            self.refuses -= 1
            account.ended(replace(reserved, status=RunStatus.REFUSED, **said))
            raise CannotRead("It does not want to.", cause="description_refused")
        account.ended(replace(reserved, status=RunStatus.ANSWERED, output=SAID, **said))
        return dict(SAID)
