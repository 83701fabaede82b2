"""Descriptions in a run: what a crash left is written first, and what the session spends is told as it goes on."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

from app.describe.asking import no_description
from app.describe.describing import Describing
from app.describe.journal import Journal, read
from app.describe.ledger import Ledger, Money
from app.describe.orders import Order, Take
from app.descriptions import Description, in_usd
from app.errors import NeedsAttention
from app.ingest.plan.planner import DescribeEstimate
from app.ingest.run.parts import Parts
from app.ingest.session.parameters import DescribeRequest, Parameters
from app.ingest.session.state import SessionState
from app.ingest.session.status import DescribeStatus, Range
from app.ingest.session.store import DESCRIPTIONS, is_session_id
from app.library.describing.runs import Spent
from app.library.library import Library
from app.library.values import is_nsfw, now
from app.media import Analysis

SECONDS_PER_DESCRIPTION = (1.0, 10.0)  # before this library knows how long the model takes


class Describer:
    """What a run needs for descriptions: who is asked, and the money."""

    def __init__(self, parts: Parts, session: SessionState, request: DescribeRequest) -> None:
        self._parts, self._request, self._session_id = parts, request, session.session_id
        self.trouble: NeedsAttention | None = None  # with the files: the session stops once it has what is paid for
        order = parts.take(request)
        settle_each(parts)
        money = _money_of(parts.library.runs.spent(session.session_id))
        budget = None if request.budget_usd is None else in_usd(request.budget_usd)
        journal = Journal(journal_of(parts, session.session_id))
        lost = parts.library.runs.lost(session.session_id)
        self.ledger = Ledger(journal, order.whom, now=now, budget=budget, money=money, lost=lost)
        in_vain = parts.library.runs.in_vain(session.session_id, order.whom.template_sha256, order.whom.model)
        self.describing = Describing(
            order.opened,
            self.ledger,
            at_once=order.at_once,
            paid=partial(_paid, parts.library, order, direct=request.commit == "direct"),
            given_up={sha256: no_description(run) for sha256, run in in_vain.items()},
            may_be_sent=partial(_may_be_sent, parts.library, order, request, session.parameters.nsfw_threshold),
            direct=request.commit == "direct",
        )

    def catch_up(self) -> Iterator[None]:
        """Writes the files, one after the other, that a crash kept from being written. Raises NeedsAttention."""
        if self._request.write and self._parts.outputs is not None:
            yield from self._parts.outputs.catch_up(self._session_id, self._request.write)

    def told(self) -> DescribeStatus:
        """What the session's status says of it."""
        return money_told(self.ledger.money, self._request.budget_usd)

    def committed(self, result: Analysis) -> None:
        """Forgets what the library has by now, and writes what is to be written of it, until there is `trouble`."""
        if result.description is None:
            return
        self.ledger.committed(result.description.runs)
        write, outputs = self._request.write, self._parts.outputs
        if write and outputs is not None and result.description.output is not None and self.trouble is None:
            try:
                outputs.write(self._session_id, result.file.place, write, result.to_send)
            except NeedsAttention as trouble:
                self.trouble = trouble


def _money_of(spent: Spent) -> Money:
    """The money of a session before its next request."""
    return Money(spent.usd, Decimal(0), spent.runs, spent.answered, spent.largest, spent.unpriced)


def money_told(money: Money, budget_usd: float | None) -> DescribeStatus:
    """What a status says of the money of its session."""
    return {
        "spent_usd": float(money.spent),
        "reserved_usd": float(money.reserved),
        "budget_usd": budget_usd,
        "requests": money.requests,
        "answers": money.answers,
        "unpriced": money.unpriced,
    }


def at_first(parameters: Parameters) -> DescribeStatus | None:
    """What a session's status says of its money before anything is asked; None where it asks for no descriptions."""
    return None if parameters.describe is None else money_told(Money(), parameters.describe.budget_usd)


def estimated(
    take: Take, library: Library | None, parameters: Parameters, requests: int, left_out: int
) -> DescribeEstimate | None:
    """What the descriptions of a session would cost; None where it asks for none. Raises InvalidRequest.

    Without a library none was ever paid for.
    """
    if parameters.describe is None:
        return None
    order = take(parameters.describe)
    asked = order.whom.template_sha256, order.whom.model
    usd: Range | None = None
    if order.worst is not None:
        costs = (library.runs.costs(*asked) if library else []) or [0.0, float(order.worst)]
        usd = {"low": round(requests * min(costs), 6), "high": round(requests * max(costs), 6)}
    took = (library.runs.seconds(*asked) if library else []) or SECONDS_PER_DESCRIPTION
    turns = requests / order.at_once
    seconds: Range = {"low": round(turns * min(took), 1), "high": round(turns * max(took), 1)}
    return {"requests": requests, "usd": usd, "priced": order.priced, "seconds": seconds, "left_out": left_out}


def journal_of(parts: Parts, session_id: str) -> Path:
    """Where a session's requests are, until the library has them."""
    return parts.store.folder / f"{session_id}{DESCRIPTIONS}"


def settle(parts: Parts, session_id: str) -> None:
    """Writes what the journal of a session has and the library has not: it was paid for, whatever became of the files.

    Raises NeedsAttention; the journal stays then.
    """
    file = journal_of(parts, session_id)
    for entry in read(file):
        parts.library.runs.add([entry.run], session_id=session_id, place=entry.place)
    with contextlib.suppress(OSError):  # what is written already is known by its name
        file.unlink(missing_ok=True)


def settle_each(parts: Parts) -> None:
    """Writes what any session has left in its journal, so that no other pays for it again. Raises NeedsAttention."""
    for file in parts.store.folder.glob(f"*{DESCRIPTIONS}"):
        if is_session_id(session_id := file.name.removesuffix(DESCRIPTIONS)):
            settle(parts, session_id)


def settled(parts: Parts, session: SessionState) -> SessionState:
    """The session at its end, with what it came to. What cannot be written now is written before it goes on."""
    with contextlib.suppress(NeedsAttention):
        settle(parts, session.session_id)
        return with_money(parts, session)
    return session


def with_money(parts: Parts, session: SessionState) -> SessionState:
    """The session with what its requests came to, as the library has them. Raises NeedsAttention."""
    if session.parameters.describe is None:
        return session
    request, money = session.parameters.describe, _money_of(parts.library.runs.spent(session.session_id))
    told = money_told(money, request.budget_usd)
    if request.write and parts.outputs is not None:
        with contextlib.suppress(NeedsAttention):
            told["written"] = parts.outputs.written(session.session_id, request.write)
    return replace(session, describe=told)


def _paid(library: Library, order: Order, sha256: str, *, direct: bool) -> Description | None:
    found = library.runs.paid(sha256, order.whom.template_sha256, order.whom.model)
    return None if found is None else replace(found, direct=direct)


def _may_be_sent(
    library: Library, order: Order, request: DescribeRequest, threshold: float, analysis: Analysis
) -> bool:
    """Whether a picture may leave this machine: not while it may be NSFW, unless that was asked for by name."""
    if order.local or request.include_nsfw:
        return True
    known = library.runs.nsfw_of(analysis.file.place, analysis.identity.sha256)
    if analysis.nsfw is not None:
        known = known._replace(probability=analysis.nsfw.probability)
    return is_nsfw(known, threshold) is False
