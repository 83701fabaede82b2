"""One picture described: a request, at most one more that asks for repair, and others where one was lost.

Every request is told to the ledger twice: before it is sent, with the most that it can cost, and as soon as it ended,
however it did.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Protocol, Self

from app.describe.answers import InvalidAnswer, read_answer, repair_words
from app.describe.manners import Manners, next_wait
from app.describe.prices import pricing_of, worst
from app.describe.providers import Provider
from app.describe.replies import Meaning, Reply
from app.describe.templates import Template
from app.describe.wire import Message, NoReply, Wire, body_of, messages_about
from app.descriptions import Description, Run, RunStatus
from app.errors import NeedsAttention

MOST_LOST = 3
"""Requests about one picture, without a wait that the provider asks for, of which the answer may be lost."""
_MOST_REPEATED = 4_000  # characters of an invalid answer that are sent back for its repair
_CAUSES = {
    RunStatus.INVALID: "description_invalid",
    RunStatus.TRUNCATED: "description_truncated",
    RunStatus.REFUSED: "description_refused",
    RunStatus.FAILED: "request_refused",
}


class Ledger(Protocol):
    """Who keeps the budget: gives leave for each request, and writes down how it ended."""

    async def reserve(self, worst: Decimal | None) -> str:
        """The UUID of the run that may be sent now. Raises NeedsAttention `budget_reached` where it could cost more."""
        ...

    def ended(self, run: Run) -> None:
        """Writes down how a run ended, before anything else happens: it never waits for another task."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one picture: its description, or a cause of `FILE_CAUSES` with a sentence, with all its runs."""

    description: Description
    cause: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _End:
    """How one request ended: its run, what was written, and why there is no reply."""

    run: Run
    text: str = ""
    none: NoReply | None = None


class Asking:
    """Asks one provider by one template, in one event loop; used as a context.

    Raises Unavailable where the extra `describe` is not installed. Several pictures may be asked about at once:
    `manners` decides how many are, and are shared with whoever else asks that provider.
    """

    def __init__(self, provider: Provider, template: Template, ledger: Ledger, manners: Manners | None = None) -> None:
        self._provider, self._template, self._ledger = provider, template, ledger
        self._manners = manners or Manners(provider.concurrency, provider.requests_per_minute)
        self._pricing = pricing_of(provider)
        self._worst = worst(provider, self._pricing)
        self._wire = Wire(provider)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._wire.close()

    async def ask(self, picture: bytes, media_type: str, sha256: str) -> Asked:
        """What the model says of a picture, `image/jpeg` or `image/webp`; `sha256` is that of the file's bytes.

        Raises NeedsAttention: `provider_unreachable`, `provider_refuses`, or what the ledger raises. All runs up to
        then are in the ledger. Where the task is cancelled, a request that waits is over at once.
        """
        messages = messages_about(picture, media_type, self._template)
        runs: list[Run] = []
        end = await self._until_ended(messages, sha256, runs)
        if end.run.status is RunStatus.INVALID:
            messages += [
                {"role": "assistant", "content": end.text[:_MOST_REPEATED]},
                {"role": "user", "content": repair_words(end.run.reason or "")},
            ]
            end = await self._until_ended(messages, sha256, runs)
        run = end.run
        if run.status is RunStatus.ANSWERED:
            return Asked(Description(tuple(runs), run.run, run.output))
        return Asked(Description(tuple(runs)), _CAUSES[run.status], _sentence(run, end.none))

    async def _until_ended(self, messages: Sequence[Message], sha256: str, runs: list[Run]) -> _End:
        """The first request that is neither lost nor put off. Raises NeedsAttention."""
        body = body_of(self._provider, self._template, messages)
        tried, waited, lost = 0, 0.0, 0
        while True:
            end = await self._once(body, sha256)
            runs.append(end.run)
            if end.none is None or end.none.meaning is Meaning.REQUEST:
                return end
            tried, lost = tried + 1, lost + (end.none.meaning is Meaning.LOST)
            wait = next_wait(tried, waited, end.none.wait)
            passing = end.none.meaning in {Meaning.BUSY, Meaning.LOST}
            unsent = end.none.meaning is Meaning.LOST and not end.none.sent
            if not passing or unsent or lost == MOST_LOST or wait is None:
                raise self._attention(end.none)
            self._manners.hold_off(wait)
            waited += wait

    async def _once(self, body: Mapping[str, Any], sha256: str) -> _End:
        """One request, told to the ledger before and after."""
        async with self._manners.turn():
            run = Run(
                await self._ledger.reserve(self._worst),
                sha256,
                self._provider.name,
                self._provider.model,
                self._template.name,
                self._template.sha256,
                RunStatus.UNKNOWN,
                datetime.now(UTC).isoformat(timespec="milliseconds"),
                cost=self._worst,
                reason="It was sent, and stopped before an answer came.",
            )
            began = time.monotonic()
            try:
                got = await self._wire.send(body)
                end = self._judged(replace(run, seconds=round(time.monotonic() - began, 3), reason=None), got)
            except BaseException:  # cancelled, or our own fault: it may have been paid for
                self._ledger.ended(replace(run, seconds=round(time.monotonic() - began, 3)))
                raise
            self._ledger.ended(end.run)
            return end

    def _judged(self, run: Run, got: Reply | NoReply) -> _End:
        """How a request ended, from what came of it."""
        if isinstance(got, NoReply):
            if got.sent:
                return _End(replace(run, reason=f"No answer is known: {got.words}."), none=got)
            reason = f"Nothing was done: {got.words or got.meaning.value.replace('_', ' ')}."
            return _End(replace(run, status=RunStatus.FAILED, cost=Decimal(0), reason=reason), none=got)
        if got.usage is not None and self._pricing is not None:
            run = replace(run, cost=self._pricing.of(got.usage))
        run = replace(run, usage=got.usage)
        if got.refused:
            return _End(replace(run, status=RunStatus.REFUSED))
        if got.finish == "length":
            return _End(replace(run, status=RunStatus.TRUNCATED))
        try:
            output = read_answer(got.text, self._template)
        except InvalidAnswer as fault:
            return _End(replace(run, status=RunStatus.INVALID, reason=str(fault)), got.text)
        return _End(replace(run, status=RunStatus.ANSWERED, output=output))

    def _attention(self, none: NoReply) -> NeedsAttention:
        """Why the session has to stop."""
        who = f"The provider '{self._provider.name}' ({self._provider.base_url})"
        if none.meaning in {Meaning.BUSY, Meaning.LOST}:
            why = "takes no more requests for now" if none.meaning is Meaning.BUSY else "cannot be reached"
            sentence = f"{who} {why}: {none.words}. It is asked again by itself."
            return NeedsAttention(sentence, cause="provider_unreachable")
        told = {
            Meaning.NO_CREDIT: "has no credit left for this key: mend that with who runs it.",
            Meaning.NO_ENTRY: "does not let this key in: set the right one in the environment.",
            Meaning.NO_MODEL: f"has no model '{self._provider.model}', or takes no chat completions there "
            f"({none.words}): check both.",
            Meaning.ELSEWHERE: f"leads to another address ({none.words}): set that as its base URL.",
        }.get(none.meaning, f"takes no requests ({none.words}): check its settings.")
        return NeedsAttention(f"{who} {told}", cause="provider_refuses")


def _sentence(run: Run, none: NoReply | None) -> str:
    """Why a picture has no description."""
    match run.status:
        case RunStatus.INVALID:
            return f"The answer of {run.model} is not what the template asks for, twice: {run.reason}."
        case RunStatus.TRUNCATED:
            return f"The answer of {run.model} ended at the most tokens that it may have."
        case RunStatus.REFUSED:
            return f"{run.model} did not want to describe this picture."
        case _:
            return f"The provider did not take the request: {none.words if none else ''}."
