"""The money of a session: never more than the budget, and nothing that was sent is forgotten."""

import asyncio
import random
from dataclasses import replace
from decimal import Decimal

import pytest

from app.describe.journal import Journal, read
from app.describe.ledger import Ledger, Money, Whom
from app.descriptions import Price, Run, RunStatus, Usage, in_usd
from app.errors import NeedsAttention
from app.media import Place

WHOM = Whom("default", "vision-1", "caption", "c" * 64)
PLACE = Place("m", b"a.jpg")
CENT = Decimal("0.01")


def ledger_in(folder, budget=None, money=None) -> Ledger:
    return Ledger(
        Journal(folder / "s.describe.jsonl"),
        WHOM,
        now=lambda: "2026-11-30T10:00:00.000+00:00",
        budget=None if budget is None else Decimal(budget),
        money=money,
    )


def answered(run: str, cost: str) -> Run:
    said = {"title": "A cat"}
    return Run(run, "a" * 64, "p", "m", "t", "c" * 64, RunStatus.ANSWERED, "t", cost=Decimal(cost), output=said)


async def ask(ledger: Ledger, worst: Decimal, cost: str) -> None:
    account = ledger.account(PLACE, "a" * 64)
    account.ended(answered(await account.reserve(worst), cost))


def test_cached_tokens_cost_their_own_price_and_without_one_what_others_do():
    usage = Usage(tokens_in=1_000, tokens_out=100, tokens_cached=400)
    price = Price(Decimal("2.5"), Decimal(10), Decimal("1.25"))
    assert price.of(usage) == Decimal("0.003")
    assert replace(price, tokens_cached=None).of(usage) == Decimal("0.0035")
    assert Price(Decimal(0), Decimal(0)).of(usage) == 0


def test_a_float_gives_back_the_amount_that_was_written():
    assert in_usd(float(in_usd(Decimal("0.000000123")))) == Decimal("0.000000123")
    assert in_usd(sum([0.0004] * 25)) == Decimal("0.01")


def test_the_request_that_could_exceed_the_budget_is_not_begun(tmp_path):
    async def work() -> None:
        ledger = ledger_in(tmp_path, budget="0.05")
        for _ in range(4):
            await ask(ledger, CENT * 2, "0.01")
        with pytest.raises(NeedsAttention, match=r"\$0\.0400 is spent, .* up to \$0\.0200") as refused:
            await ask(ledger, CENT * 2, "0.01")
        assert refused.value.cause == "budget_reached"
        assert ledger.money == Money(Decimal("0.04"), Decimal(0), 4, 4, CENT)

    asyncio.run(work())


def test_a_request_waits_for_answers_that_give_something_back(tmp_path):
    async def work() -> None:
        ledger = ledger_in(tmp_path, budget="0.03")
        first = ledger.account(PLACE, "a" * 64)
        run = await first.reserve(CENT * 2)
        waits = asyncio.create_task(ask(ledger, CENT * 2, "0.02"))
        await asyncio.sleep(0)
        assert (ledger.money.reserved, ledger.money.requests) == (CENT * 2, 1)
        first.ended(answered(run, "0.01"))
        await waits
        assert ledger.money.spent == CENT * 3

    asyncio.run(work())


def test_an_answer_above_its_reserve_is_booked_and_ends_the_session(tmp_path):
    async def work() -> None:
        ledger = ledger_in(tmp_path, budget="1.00")
        await ask(ledger, CENT, "0.05")
        assert ledger.money.spent == CENT * 5
        with pytest.raises(NeedsAttention, match=r"cost \$0\.05") as stopped:
            await ask(ledger, CENT, "0.01")
        assert stopped.value.cause == "budget_reached"
        later = ledger_in(tmp_path, budget="0.09", money=ledger.money)
        with pytest.raises(NeedsAttention, match=r"up to \$0\.0500"):  # the next reserve is at least that
            await ask(later, CENT, "0.01")

    asyncio.run(work())


def test_whatever_ends_in_whatever_order_spent_and_reserved_stay_within_the_budget(tmp_path):
    seeded = random.Random(16)
    budget, asked = Decimal("0.50"), 0

    async def one(ledger: Ledger) -> None:
        nonlocal asked
        worst = CENT * seeded.randint(1, 4)
        account = ledger.account(PLACE, "a" * 64)
        run = await account.reserve(worst)
        asked += 1
        assert ledger.money.spent + ledger.money.reserved <= budget
        for _ in range(seeded.randint(0, 5)):
            await asyncio.sleep(0)
        if seeded.random() < 0.2:
            account.abandon()
        else:
            account.ended(answered(run, str(in_usd(worst * Decimal(seeded.random())))))
        assert ledger.money.spent + ledger.money.reserved <= budget

    async def work() -> None:
        ledger = ledger_in(tmp_path, budget=budget)
        ends = await asyncio.gather(*(one(ledger) for _ in range(200)), return_exceptions=True)
        refused = [end for end in ends if end is not None]
        assert all(isinstance(end, NeedsAttention) for end in refused), refused
        assert ledger.money.reserved == 0
        assert len(refused) == 200 - asked
        assert budget - ledger.money.spent < CENT * 4

    asyncio.run(work())


# -- the journal -------------------------------------------------------------------------------------------------


def test_what_was_sent_and_never_ended_counts_as_the_most_that_it_can_have_cost(tmp_path):
    asyncio.run(ledger_in(tmp_path).account(PLACE, "a" * 64).reserve(CENT * 3))
    (entry,) = read(tmp_path / "s.describe.jsonl")
    assert (entry.place, entry.run.status, entry.run.cost) == (PLACE, RunStatus.UNKNOWN, CENT * 3)


def test_the_journal_gives_back_each_request_as_it_ended_and_a_torn_line_nothing(tmp_path):
    place = Place("m", b"caf\xe9 \xf0\x9f\x90\x88.jpg")
    journal = Journal(tmp_path / "j")
    run = Run("1", "a" * 64, "p", "m", "caption", "c" * 64, RunStatus.UNKNOWN, "t", cost=CENT)
    ended = replace(answered("1", "0.002"), usage=Usage(3, 4, 1), seconds=1.5)
    journal.write(place, run)
    journal.write(place, ended)
    with (tmp_path / "j").open("ab") as stream:
        stream.write(b'{"path": "m/b.jpg", "run": "2", "sha')
    assert read(tmp_path / "j") == [(place, ended)]
    assert read(tmp_path / "none") == []


def test_what_the_library_has_leaves_the_journal_and_the_last_takes_it_along(tmp_path):
    file, journal = tmp_path / "j", Journal(tmp_path / "j")
    runs = [Run(str(n), "a" * 64, "p", "m", "t", "c" * 64, RunStatus.FAILED, "t") for n in range(2_100)]
    for run in runs:
        journal.write(PLACE, run)
        journal.drop([run.run] if run is not runs[7] else [])
    assert next(entry.run for entry in read(file)) == runs[7]
    assert len(file.read_bytes().splitlines()) < 1_100
    journal.drop(["7"])
    assert not file.exists()
