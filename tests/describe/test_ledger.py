"""The money of a session: never more than the budget, and nothing that was sent is forgotten."""

import asyncio
import errno
import os
import random
import threading
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
    account.ended(answered((await account.reserve(worst)).run, cost))


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
        first.ended(answered(run.run, "0.01"))
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


def test_without_a_budget_an_answer_may_be_dearer_than_was_thought(tmp_path):
    async def work() -> None:
        ledger = ledger_in(tmp_path)
        await ask(ledger, CENT, "0.05")
        await ask(ledger, CENT, "0.01")
        assert ledger.money.spent == CENT * 6

    asyncio.run(work())


def test_a_request_that_never_left_leaves_no_trace(tmp_path):
    async def work() -> None:
        ledger = ledger_in(tmp_path, budget="0.05")
        other, account = ledger.account(PLACE, "b" * 64), ledger.account(PLACE, "a" * 64)
        sent = await other.reserve(CENT)
        account.unsent(await account.reserve(CENT))
        account.abandon()
        assert (account.runs, ledger.money) == ([], Money(reserved=CENT, requests=1))
        assert [entry.run.run for entry in read(tmp_path / "s.describe.jsonl")] == [sent.run]
        other.unsent(sent)
        assert read(tmp_path / "s.describe.jsonl") == []

    asyncio.run(work())


def test_what_is_never_answered_is_booked_at_all_that_was_reserved_for_it(tmp_path):
    async def work() -> None:
        ledger = ledger_in(tmp_path, budget="1.00", money=Money(largest=CENT * 5))
        account = ledger.account(PLACE, "a" * 64)
        await account.reserve(CENT)
        account.abandon()
        assert (ledger.money.spent, ledger.money.reserved) == (CENT * 5, 0)
        assert [entry.run.cost for entry in read(tmp_path / "s.describe.jsonl")] == [CENT * 5]

    asyncio.run(work())


def test_within_a_budget_nothing_is_asked_of_which_the_price_is_not_known(tmp_path):
    async def work() -> None:
        with pytest.raises(NeedsAttention) as refused:
            await ledger_in(tmp_path, budget="1.00").account(PLACE, "a" * 64).reserve(None)
        assert refused.value.cause == "price_unknown"

    asyncio.run(work())


def no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_request_that_cannot_be_written_down_is_not_sent_and_gives_back_what_was_set_aside(tmp_path, monkeypatch):
    async def work() -> None:
        ledger = ledger_in(tmp_path, budget="0.02")
        monkeypatch.setattr(os, "fsync", no_room)
        with pytest.raises(NeedsAttention, match="No space left") as refused:
            await ledger.account(PLACE, "a" * 64).reserve(CENT * 2)
        assert refused.value.cause == "state_unwritable"
        monkeypatch.undo()
        async with asyncio.timeout(5):  # nobody waits for money that nobody has
            await ask(ledger, CENT * 2, "0.01")
        assert ledger.money == Money(CENT, Decimal(0), 1, 1, CENT)

    asyncio.run(work())


def test_an_answer_that_cannot_be_written_down_is_kept_and_nothing_more_is_asked(tmp_path, monkeypatch):
    async def work() -> None:
        ledger = ledger_in(tmp_path)
        account = ledger.account(PLACE, "a" * 64)
        run = await account.reserve(CENT * 2)
        monkeypatch.setattr(os, "fsync", no_room)
        account.ended(answered(run.run, "0.01"))
        monkeypatch.undo()
        assert ([one.output for one in account.runs], ledger.money.spent) == ([{"title": "A cat"}], CENT)
        for worst in (CENT, None):
            with pytest.raises(NeedsAttention, match="No space left"):
                await account.reserve(worst)

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
            account.ended(answered(run.run, str(in_usd(worst * Decimal(seeded.random())))))
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


def test_a_torn_line_spoils_none_that_comes_after_it(tmp_path, monkeypatch):
    journal, runs = Journal(tmp_path / "j"), [answered(str(n), "0.01") for n in range(3)]
    (tmp_path / "j").write_bytes(b'{"path": "m/b.jpg", "run": "9", "sha')  # of a server that was killed
    journal.write(PLACE, runs[0])
    whole = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: whole(handle, data[:20]) if len(data) > 20 else no_room())
    with pytest.raises(NeedsAttention):
        journal.write(PLACE, runs[1])
    monkeypatch.undo()
    journal.write(PLACE, runs[2])
    assert [entry.run for entry in read(tmp_path / "j")] == [runs[0], runs[2]]


def test_a_request_that_begins_while_another_is_forgotten_stays_in_the_journal(tmp_path, monkeypatch):
    journal, whole = Journal(tmp_path / "j"), os.fsync
    first, second = answered("1", "0.01"), answered("2", "0.01")
    journal.write(PLACE, first)
    drops = threading.Thread(target=journal.drop, args=(["1"],))

    def meanwhile(handle: int) -> None:
        whole(handle)
        if not drops.ident:
            drops.start()
            drops.join(0.2)

    monkeypatch.setattr(os, "fsync", meanwhile)
    journal.write(PLACE, second)
    drops.join()
    assert [entry.run for entry in read(tmp_path / "j")] == [first, second]


def test_a_journal_that_cannot_be_read_is_not_taken_for_none(tmp_path):
    (tmp_path / "j").mkdir()
    with pytest.raises(NeedsAttention) as refused:
        read(tmp_path / "j")
    assert refused.value.cause == "state_unwritable"


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
