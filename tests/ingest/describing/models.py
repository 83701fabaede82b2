"""A vision model in this process, and sessions that let it describe pictures."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.describe.ledger import Account, Whom
from app.describe.orders import Order
from app.descriptions import Describer, RunStatus, Usage
from app.errors import InvalidRequest
from app.ingest.session.state import SessionState
from app.library.describing.tables import RUNS
from tests.ingest.builders import Gate, Workplace, assert_sums_close

CENT = Decimal("0.01")
DESCRIBE = {"template": "caption"}


@dataclass
class Model:
    """A provider in this process: says what a picture shows for a cent, and remembers what it was asked."""

    cost: Decimal = CENT
    worst: Decimal | None = CENT * 2
    local: bool = True
    name: str = "vision-1"
    at_once: int = 1
    asked: list[bytes] = field(default_factory=list)
    trouble: dict[bytes, Exception] = field(default_factory=dict)
    gates: dict[bytes, Gate] = field(default_factory=dict)

    def take(self, request: Any) -> Order:
        if request.budget_usd is not None and self.worst is None:
            raise InvalidRequest("No price is known.", field="describe", cause="price_unknown")
        sha256 = hashlib.sha256(request.template.encode()).hexdigest()
        whom = Whom(request.provider, request.model or self.name, request.template, sha256)
        describer = Describer(whom.model, sha256, safe_only=not (self.local or request.include_nsfw))
        return Order(whom, describer, self.opened, self.at_once, self.worst, self.local)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["Model"]:
        yield self

    async def __call__(self, picture: bytes, account: Account) -> dict[str, Any]:
        reserved = await account.reserve(self.worst)
        run = replace(reserved, status=RunStatus.ANSWERED, cost=self.cost, usage=Usage(100, 10), reason=None)
        self.asked.append(picture)
        if picture in self.gates:
            await asyncio.to_thread(self.gates[picture])
        if picture in self.trouble:
            raise self.trouble[picture]
        said = {"title": f"Title of {picture.decode()}", "keywords": ["cat", picture.decode()]}
        account.ended(replace(run, output=said))
        return said


def pictures(place: Workplace, *names: str) -> None:
    for name in names:
        (place.media / f"{name}.jpg").write_bytes(name.encode())


def describe(place: Workplace, **asked: Any) -> SessionState:
    session = place.run(describe=DESCRIBE | asked)
    assert_sums_close(session)
    return session


def runs_of(place: Workplace) -> list[Any]:
    return place.library._engines.read(lambda c: c.execute(select(RUNS).order_by(RUNS.c.id)).all())
