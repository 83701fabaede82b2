"""One picture described: a request, at most one more that asks for repair, and others where one was lost.

Every request is told to its file's account twice: before it is sent, with the most that it can cost, and as soon as it
ended, however it did.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from app.describe.answers import InvalidAnswer, read_answer, repair_words
from app.describe.ledger import Account
from app.describe.lost import MOST_LOST, AnswerLost
from app.describe.manners import Manners, next_wait
from app.describe.prices import Pricing, pricing_of, worst
from app.describe.providers import Provider
from app.describe.replies import Meaning, Reply
from app.describe.templates import Template
from app.describe.wire import Message, NoReply, Wire, body_of, messages_about
from app.descriptions import Run, RunStatus
from app.errors import CannotRead, NeedsAttention
from app.texts import clean_text

MOST_REFUSED = 3
"""Requests that are refused for one reason, without any answer between them: it is not the picture."""
MOST_IN_VAIN = 10
"""Pictures in a row whose answers were paid for and cannot be used: it is the model, or what it is allowed."""
_MOST_REPEATED = 4_000  # characters of an invalid answer that are sent back for its repair
_CAUSES = {
    RunStatus.INVALID: "description_invalid",
    RunStatus.TRUNCATED: "description_truncated",
    RunStatus.REFUSED: "description_refused",
    RunStatus.FAILED: "request_refused",
    RunStatus.UNKNOWN: AnswerLost.cause,
}


@dataclass(frozen=True, slots=True)
class _End:
    """How one request ended: its run, what was written, and why there is no reply."""

    run: Run
    text: str = ""
    none: NoReply | None = None


class Asking:
    """Asks one provider by one template, in one event loop; used as a context.

    Several pictures of `media_type`, `image/jpeg` or `image/webp`, may be asked about at once: `manners` decides how
    many are.
    """

    def __init__(
        self, provider: Provider, template: Template, media_type: str = "image/jpeg", manners: Manners | None = None
    ) -> None:
        self._provider, self._template, self._media_type = provider, template, media_type
        self._manners = manners or Manners(provider.concurrency, provider.requests_per_minute)
        self._wire = Wire(provider)
        self._refused: Counter[str] = Counter()  # by their kind, since the last answer
        self._in_vain = 0
        self._alone = asyncio.Lock()  # held by the one request that finds out whether the provider answers

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._wire.close()

    async def __call__(self, picture: bytes, account: Account) -> dict[str, Any]:
        """What the model says of a picture, by the fields of the template; each request is booked in the account.

        Raises AnswerLost, CannotRead (a cause of `FILE_CAUSES`) where it says nothing of this one, and NeedsAttention:
        `provider_unreachable`, `provider_refuses`, `answers_unusable`, or what the account raises. Where the task is
        cancelled, a request that waits is over at once.
        """
        messages = messages_about(picture, self._media_type, self._template)
        end = await self._until_ended(messages, account)
        if end.run.status is RunStatus.INVALID:
            messages += [
                {"role": "assistant", "content": clean_text(end.text[:_MOST_REPEATED])},
                {"role": "user", "content": repair_words(end.run.reason or "")},
            ]
            end = await self._until_ended(messages, account)
        paid_in_vain = end.run.status in {RunStatus.INVALID, RunStatus.TRUNCATED}
        self._in_vain = self._in_vain + 1 if paid_in_vain else 0
        if self._in_vain >= MOST_IN_VAIN:
            raise NeedsAttention(self._of_no_use(end.run), cause="answers_unusable")
        if end.run.output is None:
            raise no_description(end.run, end.none)
        return dict(end.run.output)

    async def _until_ended(self, messages: Sequence[Message], account: Account) -> _End:
        """The first request that is neither put off nor lost; one that is, too, where others are answered meanwhile.

        Raises NeedsAttention, and AnswerLost.
        """
        body = body_of(self._provider, self._template, messages)
        tried, waited, lost = 0, 0.0, min(account.lost, MOST_LOST - 1)
        heard = 0 if lost else account.heard  # what was lost before this run was so before all of its answers
        while True:
            async with self._alone if account.in_doubt else nullcontext():
                end = await self._once(body, account)
            if end.none is None:
                self._refused.clear()
                return end
            self._refused[end.none.kind] += end.none.meaning is Meaning.REQUEST
            alike = self._refused[end.none.kind] >= MOST_REFUSED
            if end.none.meaning is Meaning.FILTERED or (end.none.meaning is Meaning.REQUEST and not alike):
                return end
            if end.none.meaning is Meaning.LOST:
                heard, lost = heard if lost else account.heard, lost + 1
                if lost == MOST_LOST and account.heard > heard:
                    return end
                if lost == MOST_LOST and not account.in_doubt:
                    account.doubt()
                    raise AnswerLost(_sentence(end.run, end.none), self._attention(end.none))
            tried += 1
            wait = next_wait(tried, waited, end.none.wait)
            passing = end.none.meaning in {Meaning.BUSY, Meaning.LOST}
            if not passing or (lost and account.in_doubt) or wait is None:
                raise self._attention(end.none)
            self._manners.hold_off(wait)
            account.waits_for(f"waiting for the provider '{self._provider.name}', which {_why(end.none)}")
            waited += wait

    async def _once(self, body: Mapping[str, Any], account: Account) -> _End:
        """One request, told to the account before and after."""
        async with self._manners.turn():
            pricing = pricing_of(self._provider)
            run = await account.reserve(worst(self._provider, pricing))
            began, left = time.monotonic(), asyncio.Event()
            try:
                got = await self._wire.send(body, left)
                if isinstance(got, NoReply) and got.meaning is Meaning.UNREACHABLE:
                    account.unsent(run)
                    return _End(run, none=got)
                run = replace(run, seconds=round(time.monotonic() - began, 3))
                end = self._judged(replace(run, reason=None), got, pricing)
            except BaseException:  # cancelled, or our own fault
                if not left.is_set():
                    account.unsent(run)
                    raise
                broken_off = "It was broken off before an answer came."
                account.ended(replace(run, seconds=round(time.monotonic() - began, 3), reason=broken_off))
                raise
            account.ended(end.run)
            return end

    def _judged(self, run: Run, got: Reply | NoReply, pricing: Pricing | None) -> _End:
        """How a request ended, from what came of it."""
        if isinstance(got, NoReply):
            if got.sent:
                return _End(replace(run, reason=f"No answer is known: {got.words}."), none=got)
            reason = f"Nothing was done: {got.words or got.meaning.value.replace('_', ' ')}."
            status = RunStatus.REFUSED if got.meaning is Meaning.FILTERED else RunStatus.FAILED
            return _End(replace(run, status=status, cost=Decimal(0), reason=reason), none=got)
        if got.usage is not None and pricing is not None:
            run = replace(run, cost=pricing.of(got.usage))
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

    def _of_no_use(self, last: Run) -> str:
        """Why the session has to stop though every request was answered."""
        mend = "raise INGEST_DESCRIBE_MAX_OUTPUT_TOKENS" if last.status is RunStatus.TRUNCATED else "try another model"
        return f"No answer about the last {MOST_IN_VAIN} pictures could be used, and each was paid for: {mend}. " + (
            _sentence(last, None)
        )

    def _attention(self, none: NoReply) -> NeedsAttention:
        """Why the session has to stop."""
        who = f"The provider '{self._provider.name}' ({self._provider.base_url})"
        if none.meaning in {Meaning.BUSY, Meaning.LOST, Meaning.UNREACHABLE}:
            sentence = f"{who} {_why(none)}."
            return NeedsAttention(sentence, cause="provider_unreachable")
        told = {
            Meaning.REQUEST: f"refuses one picture after the other ({none.words}): check that its model sees pictures, "
            "and INGEST_DESCRIBE_STRUCTURED.",
            Meaning.NO_CREDIT: "has no credit left for this key: mend that with who runs it.",
            Meaning.NO_ENTRY: "does not let this key in: set the right one in the environment.",
            Meaning.NO_MODEL: f"has no model '{self._provider.model}', or takes no chat completions there "
            f"({none.words}): check both.",
            Meaning.ELSEWHERE: f"leads to another address ({none.words}): set that as its base URL.",
        }.get(none.meaning, f"takes no requests ({none.words}): check its settings.")
        return NeedsAttention(f"{who} {told}", cause="provider_refuses")


def _why(none: NoReply) -> str:
    """Why a provider is asked again later, as a clause about it."""
    if none.meaning is Meaning.BUSY:
        return f"takes no more requests for now: {none.words}"
    unheard = none.meaning is Meaning.LOST
    return f"{'gives no answer that can be used' if unheard else 'cannot be reached'}: {none.words}"


def no_description(run: Run, none: NoReply | None = None) -> CannotRead:
    """Why a picture has no description, by the last request about it."""
    return CannotRead(_sentence(run, none), cause=_CAUSES[run.status])


def _sentence(run: Run, none: NoReply | None) -> str:
    match run.status:
        case RunStatus.INVALID:
            return f"The answer of {run.model} is not what the template asks for, twice: {run.reason}."
        case RunStatus.TRUNCATED:
            return f"The answer of {run.model} ended at the most tokens that it may have."
        case RunStatus.REFUSED:
            return f"{run.model} did not want to describe this picture."
        case RunStatus.UNKNOWN:
            return f"The provider gives no answer about this picture that can be used: {none.words if none else ''}."
        case _:
            return f"The provider did not take the request: {none.words if none else ''}."
