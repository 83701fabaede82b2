"""The money of one session: nothing is sent that could exceed its budget, and all that was sent is booked.

A request is reserved at the most that it can cost before it is sent, and booked at what it cost when its answer is
there. Spent and reserved together never exceed the budget, as long as servers keep to their limits; an answer that cost
more than was reserved for it is booked as it is, and ends the session.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from app.crash_points import crash_point
from app.describe.journal import Journal
from app.descriptions import SILENT, Run, RunStatus, in_usd
from app.errors import NeedsAttention
from app.media import Place

BUDGET_REACHED = "budget_reached"
"""The next request could cost more than is left of the budget."""


@dataclass(frozen=True, slots=True)
class Whom:
    """Who is asked by what: what each request of a session has in common."""

    provider: str
    model: str
    template: str
    template_sha256: str


@dataclass(slots=True)
class Money:
    """What a session has spent and reserved so far, in USD, and how many requests and answers there were."""

    spent: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)
    requests: int = 0
    answers: int = 0
    largest: Decimal = Decimal(0)
    """The most that one request cost."""
    unpriced: int = 0
    """Requests of which no cost is known."""


class Ledger:
    """What one session may spend. `budget` in USD, None for no limit; `money` is what it has spent before.

    `lost` says how many answers about which bytes were lost since the last that came.
    `now` tells the time as ISO 8601 in UTC.

    Its methods are called in one event loop; `money` may be read anywhere.
    """

    def __init__(
        self,
        journal: Journal,
        whom: Whom,
        *,
        now: Callable[[], str],
        budget: Decimal | None = None,
        money: Money | None = None,
        lost: Mapping[str, int] | None = None,
    ) -> None:
        self.whom = whom
        self.now = now
        self.budget = budget
        self.money = money or Money()
        self.waits_for: str | None = None
        """What is waited for before anything is sent again; None while nothing has to be."""
        self.lost = lost or {}
        self.in_doubt = bool(lost)
        """Whether the provider may not answer at all: then one request at a time finds out."""
        self.heard = 0
        """Requests of this run that were answered in some way."""
        self._journal = journal
        self._changed = asyncio.Event()  # another one after each change
        self._ended: NeedsAttention | None = None

    def account(self, place: Place, sha256: str) -> "Account":
        """The requests about one file with these bytes."""
        return Account(self, place, sha256)

    def check(self) -> None:
        """Raises NeedsAttention where an answer has ended the session: nothing more may be sent."""
        if self._ended is not None:
            raise self._ended

    def committed(self, runs: Iterable[Run]) -> None:
        """Forgets requests that the library has."""
        self._journal.drop(run.run for run in runs)

    async def reserve(self, worst: Decimal | None) -> Decimal | None:
        """Sets aside what a request can cost: `worst`, or the most that one has cost; None where no price is known.

        Waits for answers that may give something back. Raises NeedsAttention `budget_reached`, or `price_unknown` where
        a budget could not be kept.
        """
        while True:
            self.check()
            if worst is None:
                if self.budget is not None:
                    sentence = f"What {self.whom.model} costs is not known any more, so the budget cannot be kept."
                    raise NeedsAttention(sentence, cause="price_unknown")
                return None
            amount = max(in_usd(worst), self.money.largest)
            if self.budget is None or self.money.spent + self.money.reserved + amount <= self.budget:
                self.money.reserved += amount
                return amount
            if not self.money.reserved:
                raise NeedsAttention(_out_of_money(self.budget, self.money.spent, amount), cause=BUDGET_REACHED)
            await self._changed.wait()

    def book(self, place: Place, run: Run, reserved: Decimal | None) -> None:
        """Books a request that has ended in the place of what was reserved for it.

        Where it cannot be written down, what was said is not lost: its file is committed, and nothing more is asked.
        """
        crash_point("description_answered")
        try:
            self._journal.write(place, run)
        except NeedsAttention as trouble:
            self._ended = trouble
        crash_point("description_journalled")
        money, cost = self.money, run.cost or Decimal(0)
        money.spent += cost
        money.answers += run.status is RunStatus.ANSWERED
        if run.status not in SILENT:
            self.heard, self.in_doubt = self.heard + 1, False
        money.unpriced += run.cost is None
        if self.budget is not None and reserved is not None and cost > reserved:
            sentence = f"A description cost {in_words(cost)}, more than the {in_words(reserved)} that it could cost: "
            hint = "set INGEST_DESCRIBE_MAX_INPUT_TOKENS and _MAX_OUTPUT_TOKENS to what the server keeps to."
            self._ended = NeedsAttention(sentence + hint, cause=BUDGET_REACHED)
        money.largest = max(money.largest, cost)
        self._give_back(reserved)

    def end(self, trouble: NeedsAttention) -> None:
        """Lets no request begin any more: whoever wants to gets this trouble."""
        self._ended = trouble
        self._give_back(None)

    def begin(self, place: Place, run: Run) -> None:
        """Notes that a request is about to be sent. Raises NeedsAttention where that cannot be: it must not be sent."""
        try:
            self._journal.write(place, run)
        except NeedsAttention:
            self._give_back(run.cost)
            raise
        self.waits_for = None
        self.money.requests += 1
        crash_point("description_reserved")

    def strike(self, run: Run) -> None:
        """Takes back a request that never left. Where that cannot be written down, it is booked once it is read."""
        with contextlib.suppress(NeedsAttention):
            self._journal.strike(run.run)
        self.money.requests -= 1
        self._give_back(run.cost)

    def _give_back(self, reserved: Decimal | None) -> None:
        self.money.reserved -= reserved or Decimal(0)
        self._changed.set()
        self._changed = asyncio.Event()


@dataclass(slots=True)
class Account:
    """The requests about one file; `runs` are those that have ended."""

    ledger: Ledger
    place: Place
    sha256: str
    runs: list[Run] = field(default_factory=list)
    _open: dict[str, Run] = field(default_factory=dict)

    async def reserve(self, worst: Decimal | None) -> Run:
        """A request that may be sent now, as it is booked if nothing is ever heard of it: at all that was reserved.

        `worst` is the most that it can cost in USD, as far as is known before. Raises NeedsAttention `budget_reached`
        with its price.
        """
        amount = await self.ledger.reserve(worst)
        whom = self.ledger.whom
        run = Run(
            str(uuid.uuid4()),
            self.sha256,
            whom.provider,
            whom.model,
            whom.template,
            whom.template_sha256,
            RunStatus.UNKNOWN,
            self.ledger.now(),
            cost=amount,
            reason="No answer is known.",
        )
        self.ledger.begin(self.place, run)
        self._open[run.run] = run
        return run

    def ended(self, run: Run) -> None:
        """Books a request that has ended; a second end of the same is left out."""
        begun = self._open.pop(run.run, None)
        if begun is None:
            return
        self.runs.append(run)
        self.ledger.book(self.place, run, begun.cost)

    def unsent(self, run: Run) -> None:
        """Takes back a request that never left: it is no run, and costs nothing."""
        if self._open.pop(run.run, None) is not None:
            self.ledger.strike(run)

    @property
    def under_way(self) -> bool:
        """Whether a request was begun that has not ended."""
        return bool(self._open)

    @property
    def heard(self) -> int:
        """How many requests, about any picture, were answered in this run."""
        return self.ledger.heard

    @property
    def in_doubt(self) -> bool:
        """Whether the provider may not answer at all."""
        return self.ledger.in_doubt

    @property
    def lost(self) -> int:
        """How many answers about these bytes were lost before this run, since the last that came."""
        return self.ledger.lost.get(self.sha256, 0)

    def doubt(self) -> None:
        """Says that the provider may not answer at all, until it answers something."""
        self.ledger.in_doubt = True

    def waits_for(self, what: str) -> None:
        """Says what is waited for until the next request."""
        self.ledger.waits_for = what

    def abandon(self) -> None:
        """Ends what was begun and not ended, at the most that it can have cost."""
        for run in list(self._open.values()):
            self.ended(replace(run, reason="It was broken off before an answer came."))


def _out_of_money(budget: Decimal, spent: Decimal, amount: Decimal) -> str:
    return (
        f"The budget of {in_words(budget)} does not allow another description: {in_words(spent)} is spent, "
        f"and the next picture may cost up to {in_words(amount)}. Raise the budget to go on."
    )


def in_words(amount: Decimal) -> str:
    """An amount of USD for people: to four decimals, more where it is smaller."""
    places = 4 if not amount or amount >= Decimal("0.0001") else 9
    return f"${amount:,.{places}f}"
