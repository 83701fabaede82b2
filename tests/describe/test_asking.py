"""One picture described by a server over HTTP: what is sent, what each end of a request means, and what it costs."""

import asyncio
import gc
import gzip
import json
import logging
import socket
import threading
import time
from decimal import Decimal

import pytest
from pydantic import SecretStr

from app.describe.bounded import MOST_BYTES
from app.describe.lost import AnswerLost
from app.describe.wire import body_of, messages_about
from app.descriptions import Usage
from app.errors import FILE_CAUSES, CannotRead, NeedsAttention
from tests.describe.asked import CAPTION, PICTURE, PRICE, SHA256, WORST, Asked, FakeAccount
from tests.support.fake_provider import Step, answer, busy, cut, failing, malformed, refusing, says

OUTPUT = {"title": "A red car", "description": "A car that is red.", "keywords": ["car", "red"]}
COST = Decimal("0.002")  # of what a request of the fake provider costs, at PRICE
KEY = "sk-very-secret"
MODERATED = Step(
    403,
    body=b'{"error": {"code": 403, "message": "Your input was flagged", "metadata": {"reasons": ["violence"]}}}',
    costs=None,
)


def test_a_description_comes_with_its_run(fake_provider):
    fake_provider.script(answer(OUTPUT, costs=Usage(1_000, 100, 500)))
    asked = Asked(fake_provider)
    assert asked.ask() == OUTPUT
    [run] = asked.account.runs
    assert (run.status.value, run.usage, run.cost) == ("answered", Usage(1_000, 100, 500), Decimal("0.00155"))
    assert (run.sha256, run.provider, run.model, run.template) == (SHA256, "default", "a-model", "caption")
    assert (run.template_sha256, run.output, run.reason) == (CAPTION.sha256, OUTPUT, None)
    assert (run.run, asked.account.reserved) == ("run 1", [WORST])
    assert fake_provider.billed(PRICE) == run.cost


def test_nothing_leaves_but_the_words_the_picture_and_our_own_key(fake_provider, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-another-server")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Custom: of-another-server\nAuthorization: of-another-server")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/of-another-server")
    Asked(fake_provider, api_key=SecretStr(KEY)).ask()
    Asked(fake_provider).ask()
    with_key, without = fake_provider.requests
    names = {"host", "connection", "content-length", "content-type", "accept", "accept-encoding", "user-agent"}
    assert (set(with_key.headers), set(without.headers)) == (names | {"authorization"}, names)
    assert with_key.headers["authorization"] == f"Bearer {KEY}"
    assert (with_key.path, with_key.picture, with_key.words) == ("/v1/chat/completions", PICTURE, [CAPTION.words])
    assert set(with_key.body) == {"model", "messages", "max_tokens", "response_format"}
    assert SHA256.encode() not in with_key.raw
    assert KEY.encode() not in with_key.raw


def test_a_server_on_this_machine_is_asked_without_a_proxy(fake_provider, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert Asked(fake_provider).ask()


def test_nothing_of_it_is_logged_even_where_openai_is_told_to(fake_provider, caplog):
    with caplog.at_level(logging.DEBUG):
        Asked(fake_provider, api_key=SecretStr(KEY)).ask()
    logged = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    assert not any(secret in logged for secret in (KEY, CAPTION.prompt[:40], "base64", "chat/completions"))


@pytest.mark.parametrize(
    ("steps", "cause", "ends"),
    [
        ([says("no"), says("{}")], "description_invalid", [("invalid", COST), ("invalid", COST)]),
        ([says(""), says("")], "description_invalid", [("invalid", COST)] * 2),
        ([answer(finish="length")], "description_truncated", [("truncated", COST)]),
        ([answer(refusal="I cannot")], "description_refused", [("refused", COST)]),
        ([answer(finish="content_filter")], "description_refused", [("refused", COST)]),
        ([refusing(400, "no_pictures")], "request_refused", [("failed", 0)]),
        ([refusing(413, "large", "It is too large.")], "request_refused", [("failed", 0)]),
        ([refusing(400, "content_filter")], "description_refused", [("refused", 0)]),
        ([MODERATED], "description_refused", [("refused", 0)]),
        ([says("no"), refusing(422, "x")], "request_refused", [("invalid", COST), ("failed", 0)]),
        ([says("no"), answer(OUTPUT)], None, [("invalid", COST), ("answered", COST)]),
        ([answer(OUTPUT, usage=False)], None, [("answered", WORST)]),
        ([says("no", usage=False), answer(OUTPUT)], None, [("invalid", WORST), ("answered", COST)]),
        ([answer(OUTPUT, costs=Usage(50_000, 9_000))], None, [("answered", Decimal("0.14"))]),
        ([failing(), cut("before"), answer(OUTPUT)], None, [("unknown", WORST)] * 2 + [("answered", COST)]),
        ([malformed(), cut("within"), answer(OUTPUT)], None, [("unknown", WORST)] * 2 + [("answered", COST)]),
        ([busy(), answer(OUTPUT)], None, [("failed", 0), ("answered", COST)]),
    ],
)
def test_each_end_of_a_request_has_its_status_and_its_cost(fake_provider, steps, cause, ends):
    fake_provider.script(*steps)
    asked = Asked(fake_provider)
    if cause is None:
        assert asked.ask() == OUTPUT
    else:
        with pytest.raises(CannotRead) as caught:
            asked.ask()
        assert caught.value.cause == cause
        assert cause in FILE_CAUSES
        assert ".." not in str(caught.value)
    assert (asked.account.ends, len(fake_provider.requests)) == (ends, len(steps))


def test_what_a_server_charges_is_never_more_than_what_is_booked(fake_provider):
    fake_provider.script(cut("within"), failing(costs=Usage(1_000, 0)), says("no"), busy(), answer(OUTPUT))
    asked = Asked(fake_provider)
    asked.ask()
    assert fake_provider.billed(PRICE) <= sum(run.cost for run in asked.account.runs)


def test_an_invalid_answer_is_sent_back_with_what_is_wrong_with_it(fake_provider):
    fake_provider.script(says('{"title": "A car"}'))
    Asked(fake_provider).ask()
    assert fake_provider.requests[1].words[1] == '{"title": "A car"}'
    assert "description is needed" in fake_provider.requests[1].words[2]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (refusing(401, "invalid_api_key", f"Incorrect API key provided: {KEY}"), "key"),
        (refusing(403, "x", f"{KEY[:9]}*** may not"), "key"),
        (refusing(404, "model_not_found", "no model a-model"), "'a-model'"),
        (refusing(429, "insufficient_quota"), "credit"),
        (refusing(405, "x", f"with {KEY}"), r"status 405, with \*"),
        (refusing(307, "x", headers={"Location": "http://127.0.0.1:9/"}), "another address"),
    ],
)
def test_a_provider_that_does_not_want_us_stops_the_session(fake_provider, step, words):
    fake_provider.script(step)
    asked = Asked(fake_provider, api_key=SecretStr(KEY))
    with pytest.raises(NeedsAttention, match=words) as caught:
        asked.ask()
    assert (caught.value.cause, asked.account.ends) == ("provider_refuses", [("failed", 0)])
    assert len(fake_provider.requests) == 1
    assert not any(KEY[:9] in text for text in (caught.value.sentence, asked.account.runs[0].reason))


def asked_one_by_one(fake, pictures):
    """What each of so many pictures came to: an output, or the cause why there is none."""
    asked = Asked(fake)

    async def one(asking):
        try:
            return await asking(PICTURE, asked.account)
        except (CannotRead, NeedsAttention) as error:
            return error.cause

    async def each():
        async with asked.asking() as asking:
            return [await one(asking) for _ in range(pictures)]

    return asyncio.run(each())


def test_a_provider_that_refuses_one_picture_after_the_other_stops_the_session(fake_provider):
    fake_provider.otherwise = refusing(400, "x", "This model sees no pictures.")
    assert asked_one_by_one(fake_provider, 3) == ["request_refused", "request_refused", "provider_refuses"]
    fake_provider.otherwise = refusing(400, "content_filter")
    assert asked_one_by_one(fake_provider, 4) == ["description_refused"] * 4


@pytest.mark.parametrize(
    ("step", "requests", "cause"),
    [(says("no"), 2, "description_invalid"), (answer(finish="length"), 1, "description_truncated")],
)
def test_answers_of_no_use_are_not_paid_for_without_end(fake_provider, step, requests, cause):
    fake_provider.otherwise = step
    assert asked_one_by_one(fake_provider, 10) == [cause] * 9 + ["answers_unusable"]
    fake_provider.script(*[step] * 9 * requests, answer(OUTPUT))
    assert asked_one_by_one(fake_provider, 19) == [*[cause] * 9, OUTPUT, *[cause] * 9]


def test_pictures_that_are_refused_for_reasons_of_their_own_fail_alone(fake_provider):
    fake_provider.script(*([refusing(400, "x")] * 2), answer(OUTPUT), *([refusing(400, "x")] * 2), refusing(413, "y"))
    failed = ["request_refused"] * 2
    assert asked_one_by_one(fake_provider, 6) == [*failed, OUTPUT, *failed, "request_refused"]


@pytest.mark.parametrize("charset", ["base64", "zlib", "utf-16", "none"])
def test_a_server_does_not_choose_how_its_answer_is_read(fake_provider, charset):
    headers = {"Content-Type": f"application/json; charset={charset}", "Content-Encoding": "none"}
    fake_provider.script(refusing(429, "rate_limit_exceeded", headers=headers), answer(OUTPUT, headers=headers))
    assert Asked(fake_provider).ask() == OUTPUT
    assert fake_provider.requests[0].headers["accept-encoding"] == "identity"


def completion_of(content: str) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}).encode()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b" " * MOST_BYTES + completion_of(json.dumps(OUTPUT)), {}),  # whole, and longer than is read
        (gzip.compress(completion_of(json.dumps(OUTPUT))), {"Content-Encoding": "gzip"}),  # few bytes may be many
    ],
)
def test_an_answer_takes_no_more_memory_than_one_has(fake_provider, body, headers):
    fake_provider.script(Step(body=body, headers=headers), answer(OUTPUT))
    asked = Asked(fake_provider)
    assert asked.ask() == OUTPUT
    assert asked.account.ends == [("unknown", WORST), ("answered", COST)]


def test_an_invalid_answer_that_is_no_text_is_sent_back_all_the_same(fake_provider):
    fake_provider.script(says("\ud83d no"), answer(OUTPUT))
    assert Asked(fake_provider).ask() == OUTPUT
    assert fake_provider.requests[1].words[1] == "\ufffd no"


@pytest.mark.parametrize("step", [failing(), failing(503), cut("before"), cut("within"), malformed()])
def test_three_lost_answers_put_the_provider_in_doubt_and_count_as_dear_as_they_can_be(fake_provider, step):
    fake_provider.otherwise = step
    asked = Asked(fake_provider)
    with pytest.raises(AnswerLost) as caught:
        asked.ask()
    assert (caught.value.trouble.cause, asked.account.ends) == ("provider_unreachable", [("unknown", WORST)] * 3)
    assert "gives no answer that can be used: " in caught.value.trouble.sentence
    assert (asked.clock.sleeps, asked.account.in_doubt) == ([1, 2], True)


def test_a_provider_in_doubt_is_asked_once(fake_provider):
    fake_provider.otherwise = failing()
    asked = Asked(fake_provider)
    asked.account.in_doubt = True
    with pytest.raises(NeedsAttention, match="gives no answer that can be used: "):
        asked.ask()
    assert asked.account.ends == [("unknown", WORST)]


def test_a_picture_about_which_answers_are_lost_fails_alone_while_others_are_answered(fake_provider):
    fake_provider.about[b"bad"] = failing()
    asked = Asked(fake_provider)

    async def beside_others():
        async with asked.asking() as asking:
            bad = asyncio.create_task(asking(b"bad", asked.account))
            while not bad.done():
                await asking(PICTURE, asked.account)
            return await bad

    with pytest.raises(CannotRead, match="status 500") as caught:
        asyncio.run(beside_others())
    assert caught.value.cause == "description_lost"


def test_an_answer_after_the_time_limit_is_lost(fake_provider):
    fake_provider.script(answer(until=threading.Event()), answer(drip=0.05), answer(until=threading.Event()))
    asked = Asked(fake_provider, timeout_seconds=0.6)
    with pytest.raises(AnswerLost, match="did not answer in time"):
        asked.ask()
    assert asked.account.ends == [("unknown", WORST)] * 3


@pytest.mark.parametrize(
    ("steps", "sleeps"),
    [([busy("7"), busy()], [7, 2]), ([busy("0"), busy("59")], [1, 59]), ([busy("Thu, 01 Jan 1970 00:00:00 GMT")], [1])],
)
def test_a_busy_provider_is_waited_for_as_long_as_it_asks(fake_provider, steps, sleeps):
    fake_provider.script(*steps)
    asked = Asked(fake_provider)
    assert asked.ask()
    assert asked.clock.sleeps == sleeps


@pytest.mark.parametrize(("retry_after", "requests"), [("61", 1), (None, 6)])
def test_a_provider_that_stays_busy_is_left_after_a_minute(fake_provider, retry_after, requests):
    fake_provider.otherwise = busy(retry_after)
    asked = Asked(fake_provider)
    with pytest.raises(NeedsAttention, match="no more requests for now") as caught:
        asked.ask()
    assert caught.value.cause == "provider_unreachable"
    assert asked.account.ends == [("failed", 0)] * requests
    assert asked.clock.now <= 60
    waiting = "waiting for the provider 'default', which takes no more requests for now: status 429"
    assert [what.startswith(waiting) for what in asked.account.waited] == [True] * (requests - 1)


LEFT_OPEN = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""A TLS handshake that is broken off leaves its socket to the garbage collector."""


@LEFT_OPEN
@pytest.mark.parametrize(("scheme", "listens"), [("http", 0), ("https", 1)])
def test_a_request_that_never_left_is_no_run(scheme, listens):
    """Refused, or never encrypted: a server that accepts and says nothing begins no TLS."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        if listens:
            nobody.listen()
        asked = Asked(None, base_url=f"{scheme}://127.0.0.1:{nobody.getsockname()[1]}/v1", timeout_seconds=0.4)
        with pytest.raises(NeedsAttention, match="cannot be reached") as caught:
            asked.ask()
    assert (caught.value.cause, asked.account.ends) == ("provider_unreachable", [])
    assert asked.account.struck == ["run 1"]
    gc.collect()


@LEFT_OPEN
def test_a_request_that_is_cancelled_while_it_connects_is_no_run():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        asked = Asked(None, base_url=f"https://127.0.0.1:{silent.getsockname()[1]}/v1")

        async def cancelled():
            async with asked.asking() as asking:
                task = asyncio.create_task(asking(PICTURE, asked.account))
                connection, _ = await asyncio.to_thread(silent.accept)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                connection.close()

        asyncio.run(cancelled())
    assert (asked.account.ends, asked.account.struck) == ([], ["run 1"])
    gc.collect()


def test_a_proxy_that_lets_nobody_through_lets_nothing_leave(fake_provider, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", fake_provider.base_url.removesuffix("/v1"))  # which knows no CONNECT
    asked = Asked(None, base_url="https://provider.invalid/v1")
    with pytest.raises(NeedsAttention, match="cannot be reached"):
        asked.ask()
    assert asked.account.ends == []


def test_without_a_price_no_cost_is_known(fake_provider):
    fake_provider.script(failing(), busy(), answer(OUTPUT))
    asked = Asked(fake_provider, price=None)
    asked.ask()
    assert asked.account.reserved == [None] * 3
    assert asked.account.ends == [("unknown", None), ("failed", 0), ("answered", None)]


def test_nothing_is_sent_without_leave(fake_provider):
    fake_provider.script(says("no"))
    with pytest.raises(NeedsAttention) as caught:
        Asked(fake_provider, account=FakeAccount(most=1)).ask()
    assert (caught.value.cause, len(fake_provider.requests)) == ("budget_reached", 1)


def test_a_request_that_waits_is_over_as_soon_as_it_is_cancelled(fake_provider):
    fake_provider.otherwise = answer(until=threading.Event())
    asked = Asked(fake_provider, concurrency=1)

    async def cancelled():
        async with asked.asking() as asking:
            tasks = [asyncio.create_task(asking(PICTURE, asked.account)) for _ in range(2)]
            await asyncio.to_thread(fake_provider.wait_for, 1)
            began = time.monotonic()
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            return time.monotonic() - began, ended

    seconds, ended = asyncio.run(cancelled())
    assert all(isinstance(one, asyncio.CancelledError) for one in ended)
    assert asked.account.ends == [("unknown", WORST)]  # the other one had not been sent
    assert seconds < 1


def test_as_many_are_asked_at_once_as_are_allowed(fake_provider):
    together = threading.Event()
    fake_provider.otherwise = answer(OUTPUT, until=together)
    asked = Asked(fake_provider, concurrency=3)
    threading.Thread(target=lambda: (fake_provider.wait_for(3), together.set())).start()
    assert asked.ask(pictures=9) == [OUTPUT] * 9
    assert fake_provider.most_at_once == 3


@pytest.mark.parametrize(
    ("base_url", "structured", "limit", "form"),
    [
        ("http://localhost:1/v1", "json_schema", "max_tokens", "json_schema"),
        ("http://localhost:1/v1", "json_object", "max_tokens", "json_object"),
        ("http://localhost:1/v1", "none", "max_tokens", None),
        ("https://api.openai.com/v1", "json_schema", "max_completion_tokens", "json_schema"),
        ("https://a.openai.azure.com/v1", "json_schema", "max_completion_tokens", "json_schema"),
        ("https://evil-openai.com/v1", "json_schema", "max_tokens", "json_schema"),
    ],
)
def test_the_limit_and_the_form_are_asked_for_in_the_words_of_the_server(base_url, structured, limit, form):
    provider = Asked(None, base_url=base_url, structured=structured).provider
    body = body_of(provider, CAPTION, messages_about(PICTURE, "image/webp", CAPTION))
    assert body[limit] == 200
    assert len(body.keys() & {"max_tokens", "max_completion_tokens"}) == 1
    assert body.get("response_format", {}).get("type") == form
