"""Descriptions between the analysis of the files and their commit: several are asked for at once, all come in order.

The worker has made the picture that is sent; the provider is asked on a thread of its own, where an event loop lets
several requests wait at once. What comes out is the analysis with the stage as it ended, and what was paid for it.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias, TypeVar

from app.crash_points import crash_point
from app.describe.ledger import Account, Ledger
from app.describe.lost import MOST_ASIDE, MOST_LOST, AnswerLost
from app.descriptions import Description, Run
from app.errors import CannotRead, MediaIngestError, NeedsAttention
from app.media import Analysis, Failure, Stage, StageStatus

HEARTBEAT_SECONDS = 0.5
CANCEL_SECONDS = 2.0
MOST_AHEAD = 4  # times so many answers as are asked for at once wait for the first of them
Result: TypeAlias = Analysis | Failure
T = TypeVar("T")
Results: TypeAlias = Generator[Result | None, None, None]


class Ask(Protocol):
    """What asks a provider about one picture."""

    def __call__(self, picture: bytes, account: Account) -> Awaitable[dict[str, Any]]:
        """What it says, by the fields of the template.

        Raises CannotRead where this picture gets no description, NeedsAttention where none will for now, and AnswerLost
        where nobody knows yet which of the two it is.
        """


Opened: TypeAlias = Callable[[], AbstractAsyncContextManager[Ask]]
"""Opens what asks a provider, for the time of a run."""


@dataclass(slots=True, eq=False)
class _Begun:
    """A file whose description was asked for, or that needs none: then there is no `answer` to wait for.

    One that is `aside` is asked about once the provider has answered about another.
    """

    result: Result
    answer: "Future[Result | _Unheard] | None" = None
    aside: bool = False

    @property
    def at_work(self) -> bool:
        return self.answer is not None and not self.answer.done()

    @property
    def unheard(self) -> "_Unheard | None":
        """What became of it if its answer was lost."""
        if self.answer is None or self.at_work or self.answer.cancelled() or self.answer.exception() is not None:
            return None
        said = self.answer.result()
        return said if isinstance(said, _Unheard) else None


@dataclass(frozen=True, slots=True)
class _Unheard:
    """A file whose answers were lost: as it is if that was the picture, and why."""

    alone: Analysis
    lost: AnswerLost


class Describing:
    """Descriptions of one run of a session, `at_once` of them at a time.

    `paid` looks for what the model said of these bytes before. `given_up` says by SHA-256 why this session got nothing
    of use of them, where that was not committed before the server went. `may_be_sent` says whether a picture may leave,
    as far as is known of it now. `direct` says that descriptions are written at once, not proposed.
    """

    def __init__(
        self,
        opened: Opened,
        ledger: Ledger,
        *,
        at_once: int,
        paid: Callable[[str], Description | None],
        given_up: Mapping[str, CannotRead] = MappingProxyType({}),
        may_be_sent: Callable[[Analysis], bool],
        direct: bool,
    ) -> None:
        self._opened = opened
        self._ledger = ledger
        self._at_once = at_once
        self._turns = asyncio.Semaphore(at_once)
        self._paid = paid
        self._given_up = given_up
        self._may_be_sent = may_be_sent
        self._direct = direct
        self._line: deque[_Begun] = deque()
        self._asking: dict[asyncio.Task[Any], Account] = {}  # what is at work in the event loop
        self._loop: asyncio.AbstractEventLoop | None = None
        self._let_go = False

    @property
    def owes(self) -> bool:
        """Whether it has files of which more has come, or will, than has been given back."""
        return bool(self._line)

    def stop(self, trouble: NeedsAttention) -> None:
        """Lets go, and sends no further request about the pictures whose answers are waited for."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ledger.end, trouble)
        self.let_go()

    def let_go(self) -> None:
        """Gives up asking about pictures that wait for their turn: only what was sent is waited for from now on."""
        self._let_go = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._give_up_unsent)

    def _give_up_unsent(self) -> None:
        for task, account in self._asking.items():
            if not account.under_way:
                task.cancel()

    @property
    def _at_work(self) -> bool:
        return any(begun.at_work for begun in self._line)

    def _in_doubt(self, begun: _Begun) -> bool:
        """Whether it depends on answers about other pictures what becomes of a file."""
        return begun.aside or (self._ledger.in_doubt and begun.unheard is not None)

    def map(self, results: Iterable[Result | None]) -> Results:
        """The results in their order, each with its description; `None` while nothing has ended.

        Raises NeedsAttention when no more can be described for now, once what was under way has ended; likewise it ends
        before the first picture that was let go. Closing it
        breaks off what is under way.
        """
        self._loop = loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="descriptions", daemon=True)
        thread.start()
        try:
            asking = self._opened()
            self._ask = _done(asking.__aenter__(), loop)
            try:
                yield from self._in_order(iter(results), loop)
            except MediaIngestError:
                yield from self._all_ended()
                raise
            finally:
                self._break_off(loop)
                with contextlib.suppress(Exception):
                    _done(asking.__aexit__(None, None, None), loop)
        finally:
            self._loop = None
            loop.call_soon_threadsafe(loop.stop)
            thread.join(CANCEL_SECONDS)
            if not thread.is_alive():
                loop.close()

    def _in_order(self, results: Iterator[Result | None], loop: asyncio.AbstractEventLoop) -> Results:
        while True:
            yield from self._begun(results, loop)
            if not self._line:
                return
            first = self._line[0]
            doubtful = self._in_doubt(first)
            if doubtful and not self._at_work and self._let_go:
                return
            if doubtful and not self._asks_others(loop):
                self._line[0] = self._without_others(first)
                continue
            if doubtful or first.at_work:
                yield None
                self._wait_for_one()
                continue
            if first.answer is not None and first.answer.cancelled():
                yield from self._all_ended()
                return
            described = first.result if first.answer is None else first.answer.result()
            self._line.popleft()
            crash_point("description_ready")
            yield described.alone if isinstance(described, _Unheard) else described

    def _begun(self, results: Iterator[Result | None], loop: asyncio.AbstractEventLoop) -> Results:
        """Begins files as long as there is room; `None` while none is ready."""
        while self._has_room():
            try:
                result = next(results)
            except StopIteration:
                return
            if result is None:
                yield None
            else:
                self._line.append(self._begin(result, loop))

    def _asks_others(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Asks about the pictures that were set aside: all if the provider answers, else one if no other is at work.

        That is one of which the fewest answers were lost, so that another one is next. Says whether any is at work now.
        Raises NeedsAttention where the provider answers nobody.
        """
        self._ledger.check()
        aside = [begun for begun in self._line if begun.aside]
        if self._ledger.in_doubt:
            aside.sort(key=lambda begun: self._ledger.lost.get(_sha256(begun) or "", 0))
            aside = [] if self._at_work else aside[:1]
        for begun in aside:
            assert isinstance(begun.result, Analysis)  # noqa: S101 - only such a file is asked about
            begun.answer, begun.aside = asyncio.run_coroutine_threadsafe(self._described(begun.result), loop), False
        return self._at_work

    def _without_others(self, begun: _Begun) -> _Begun:
        """A file whose answers were lost, where there is no other to ask about: earlier answers speak for the provider.

        Raises NeedsAttention where there were none.
        """
        unheard = begun.unheard
        assert unheard is not None  # noqa: S101 - those that are aside are asked about before
        if not self._ledger.money.answers:
            raise unheard.lost.trouble
        return _Begun(unheard.alone)

    def _all_ended(self) -> Results:
        """Waits for what was sent: it is paid for."""
        while self._at_work:
            yield None
            self._wait_for_one()

    def _has_room(self) -> bool:
        """Whether another file may begin: not while the first can be committed, nor while many wait for the first.

        One more begins than are asked about at a time: its picture is ready when its turn comes. Those that depend on
        answers about others leave them room.
        """
        doubtful = [self._in_doubt(begun) for begun in self._line]
        if self._line and not doubtful[0] and not self._line[0].at_work:
            return False
        under_way = sum(begun.at_work for begun in self._line)
        return under_way <= self._at_once and doubtful.count(False) < MOST_AHEAD * self._at_once

    def _begin(self, result: Result, loop: asyncio.AbstractEventLoop) -> _Begun:
        if isinstance(result, Failure) or result.to_send is None:
            return _Begun(result)
        if (known := self._paid(result.identity.sha256)) is not None:
            return _Begun(replace(result, description=known))
        if (why := self._given_up.get(result.identity.sha256)) is not None:
            return _Begun(_ended(result, (), Description(direct=self._direct), why))
        if not self._may_be_sent(result):
            return _Begun(_left_out(result))
        lost = self._ledger.lost.get(result.identity.sha256, 0) if self._ledger.in_doubt else 0
        if lost >= MOST_LOST and sum(begun.aside for begun in self._line) < MOST_ASIDE:
            return _Begun(result, aside=True)
        same = next((begun.answer for begun in self._line if begun.answer and _sha256(begun) == _sha256(result)), None)
        asked = self._described(result) if same is None else self._as_of(same, result)
        return _Begun(result, asyncio.run_coroutine_threadsafe(asked, loop))

    async def _as_of(self, same: "Future[Result | _Unheard]", result: Analysis) -> Result | _Unheard:
        """What is said of a file whose bytes are being asked about already: the same, if anything is."""
        said = None
        with contextlib.suppress(MediaIngestError):
            first = await asyncio.wrap_future(same)
            if isinstance(first, _Unheard):
                return replace(first, alone=_ended(result, (), Description(), first.lost.alone))
            said = first.description if isinstance(first, Analysis) else None
        if said is None or said.output is None:
            return await self._described(result)
        return replace(result, description=replace(said, runs=()))

    async def _described(self, result: Analysis) -> Result | _Unheard:
        account = self._ledger.account(result.file.place, result.identity.sha256)
        assert result.to_send is not None  # noqa: S101 - only such a file is asked about
        output, error, lost = None, None, None
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine of the loop runs in one
        self._asking[task] = account
        try:
            async with self._turns:  # for all requests about it: none about the next while this one is in trouble
                output = await self._ask(result.to_send, account)
        except CannotRead as refused:
            error = refused
        except AnswerLost as silent:
            error, lost = silent.alone, silent
        except NeedsAttention as trouble:
            self._ledger.end(trouble)  # a picture that was made ready meanwhile is not asked about
            raise
        finally:
            del self._asking[task]
            account.abandon()
        ended = _ended(result, account.runs, Description(output=output, direct=self._direct), error)
        return ended if lost is None else _Unheard(ended, lost)

    def _wait_for_one(self) -> None:
        waiting = [begun.answer for begun in self._line if begun.answer is not None and not begun.answer.done()]
        wait(waiting, HEARTBEAT_SECONDS, return_when=FIRST_COMPLETED)

    def _break_off(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ends what is under way: its requests are booked at the most that they can have cost."""
        self._line.clear()
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(CANCEL_SECONDS)


def _done(work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    return asyncio.run_coroutine_threadsafe(work, loop).result(CANCEL_SECONDS)


def _sha256(file: _Begun | Analysis) -> str | None:
    result = file.result if isinstance(file, _Begun) else file
    return result.identity.sha256 if isinstance(result, Analysis) else None


async def _cancel_all() -> None:
    """Cancels every other task of the loop, and waits until each has booked what it had begun."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _ended(result: Analysis, runs: Sequence[Run], said: Description, error: CannotRead | None) -> Analysis:
    """The analysis with its stage as it ended, and what was paid for it.

    The stage takes the time of its requests: that in which a picture waits for its turn is that of others.
    """
    run = next((each.run for each in reversed(runs) if each.output is not None), None)
    before = result.stages[Stage.DESCRIBE]
    ended = replace(
        before,
        status=StageStatus.FAILED if error else StageStatus.DONE,
        seconds=before.seconds + sum(run.seconds for run in runs),
        cause=error.cause if error else None,
        reason=error.sentence if error else None,
    )
    description = replace(said, runs=tuple(runs), run=run)
    return replace(result, stages={**result.stages, Stage.DESCRIBE: ended}, description=description)


def _left_out(result: Analysis) -> Analysis:
    skipped = replace(result.stages[Stage.DESCRIBE], status=StageStatus.SKIPPED)
    return replace(result, stages={**result.stages, Stage.DESCRIBE: skipped}, to_send=None)
