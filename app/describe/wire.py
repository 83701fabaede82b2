"""Requests as they go out: the words and the picture in OpenAI's form, sent by its package, and what comes of each.

Owns what leaves this machine: the headers on a list, the body made here, no redirect, and of the environment only the
proxies of a provider that is elsewhere. Each call sends one request.
"""

import asyncio
import logging
from base64 import b64encode
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from app.describe.bounded import bounded
from app.describe.manners import asked_to_wait
from app.describe.providers import Provider
from app.describe.replies import Meaning, Reply, error_code, error_words, is_moderation, meaning_of, read_reply
from app.describe.templates import Template

if TYPE_CHECKING:
    import httpx2

UNAVAILABLE = (
    "Describing pictures is unavailable: openai cannot be imported; pip install 'media-ingest[describe]' brings it."
)
_HEADERS = frozenset(
    {"host", "connection", "content-length", "content-type", "accept", "accept-encoding", "user-agent", "authorization"}
)
_KEEP_ALIVE_SECONDS = 2.0  # less than any server's: a request into a connection that just ended counts as lost
_CONNECT_SECONDS = 10.0
_NEWER_LIMIT = (".openai.com", ".openai.azure.com")

_LEFT: ContextVar[asyncio.Event] = ContextVar("left")  # of the request that this task sends

Message = Mapping[str, Any]


def can_be_asked() -> bool:
    """Whether the package that asks is installed."""
    return find_spec("openai") is not None


def messages_about(picture: bytes, media_type: str, template: Template) -> list[Message]:
    """The message about a picture: the template's words, and the picture as a data URL; nothing else of the file."""
    url = f"data:{media_type};base64,{b64encode(picture).decode()}"
    words, shown = {"type": "text", "text": template.words}, {"type": "image_url", "image_url": {"url": url}}
    return [{"role": "user", "content": [words, shown]}]


def body_of(provider: Provider, template: Template, messages: Sequence[Message]) -> dict[str, Any]:
    """The body of a request. OpenAI's own newer models take no `max_tokens`, and most other servers know only that."""
    newer = provider.host.endswith(_NEWER_LIMIT)
    body = {
        "model": provider.model,
        "messages": list(messages),
        "max_completion_tokens" if newer else "max_tokens": provider.max_output_tokens,
    }
    if provider.structured == "json_schema":
        schema = {"name": "description", "strict": True, "schema": template.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif provider.structured == "json_object":
        body["response_format"] = {"type": "json_object"}
    return body


@dataclass(frozen=True, slots=True)
class NoReply:
    """Why a request has no reply: what that means, in words for a person, and the seconds that one should wait.

    `sent` says whether the server may have worked on it; `kind` is what refusals for one reason have in common.
    """

    meaning: Meaning
    words: str = ""
    wait: float | None = None
    sent: bool = field(default=True)
    kind: str = ""


class Wire:
    """A line to one provider, in one event loop. It needs the extra `describe`: see `can_be_asked`."""

    def __init__(self, provider: Provider) -> None:
        import httpx2
        from openai import AsyncOpenAI

        for name in ("openai", "httpx2", "httpcore2"):  # they can log what is sent, told by the environment alone
            logging.getLogger(name).setLevel(logging.WARNING)
        self._provider = provider
        self._httpx = httpx2
        seconds = provider.timeout_seconds
        http = httpx2.AsyncClient(
            trust_env=not provider.local,  # else what is meant for this machine would go through a proxy
            follow_redirects=False,  # the picture would go along
            timeout=httpx2.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds / 2)),
            limits=httpx2.Limits(max_connections=None, keepalive_expiry=_KEEP_ALIVE_SECONDS),
            event_hooks={"request": [self._only_ours], "response": [_plain]},
        )
        # The key is set by _only_ours: what openai takes from OPENAI_API_KEY and its like is for another server.
        self._client = AsyncOpenAI(api_key="-", base_url=provider.base_url, max_retries=0, http_client=http)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def send(self, body: Mapping[str, Any], left: asyncio.Event) -> Reply | NoReply:
        """Sends one request and gives what came of it within the provider's time limit.

        `left` is set before the first byte of it leaves, once there is a connection to the provider.
        """
        import openai

        _LEFT.set(left)
        try:
            async with asyncio.timeout(self._provider.timeout_seconds):
                # Not chat.completions.create: that builds a completion out of whatever has come, without a look at it.
                got = await self._client.post("/chat/completions", cast_to=self._httpx.Response, body=dict(body))
            reply = read_reply(got.text)
        except openai.APIStatusError as error:
            return self._refused(error.response, body)
        except openai.APIConnectionError as error:
            return self._lost(error.__cause__, left=left.is_set())
        except TimeoutError as error:
            return self._lost(error, left=left.is_set())
        return reply or NoReply(Meaning.LOST, "what it answers is no chat completion")

    async def _only_ours(self, request: "httpx2.Request") -> None:
        """Leaves of the headers those on the list, with our own key or none, and says when the request leaves."""
        request.extensions["trace"] = partial(_traced, _LEFT.get())
        for name in [name for name in request.headers if name.lower() not in _HEADERS]:
            del request.headers[name]
        request.headers["user-agent"] = "media-ingest"
        request.headers["accept-encoding"] = "identity"
        if self._provider.api_key is None:
            del request.headers["authorization"]
        else:
            request.headers["authorization"] = f"Bearer {self._provider.api_key.get_secret_value()}"

    def _refused(self, response: "httpx2.Response", body: Mapping[str, Any]) -> NoReply:
        said = self._provider.without_key(response.text)
        meaning = Meaning.FILTERED if is_moderation(said) else meaning_of(response.status_code, error_code(said))
        if meaning in {Meaning.NO_ENTRY, Meaning.NO_CREDIT}:
            return NoReply(meaning, sent=False)  # what is said of a key may show a part of it
        words = error_words(said, _texts_of(body))
        wait = asked_to_wait(response.headers.get("retry-after"), datetime.now(UTC))
        told = f"status {response.status_code}{words and f', {words}'}"
        kind = f"{response.status_code} {error_code(said)}"
        return NoReply(meaning, told, wait, sent=meaning is Meaning.LOST, kind=kind)

    def _lost(self, cause: BaseException | None, *, left: bool) -> NoReply:
        http = self._httpx
        if not left or isinstance(cause, http.LocalProtocolError):  # which refuses to send what it was given
            return NoReply(Meaning.UNREACHABLE, "no connection", sent=False)
        late = isinstance(cause, http.TimeoutException | TimeoutError)
        return NoReply(Meaning.LOST, "it did not answer in time" if late else "the connection was lost")


async def _traced(left: asyncio.Event, event: str, info: Mapping[str, Any]) -> None:
    """Notes that a request leaves; that for a way through a proxy is none of ours."""
    if event.endswith(".send_request_headers.started") and info["request"].method != b"CONNECT":
        left.set()


async def _plain(response: "httpx2.Response") -> None:
    """Lets a server not choose how its answer is read, nor how much memory that takes: few bytes may unpack to many."""
    response.headers.pop("content-encoding", None)
    response.encoding = "utf-8"
    response.stream = bounded(response.stream)  # type: ignore[arg-type]


def _texts_of(body: Mapping[str, Any]) -> list[str]:
    """The texts of a request that no error may quote."""
    texts: list[str] = []
    for message in body["messages"]:
        if isinstance(message["content"], str):
            texts.append(message["content"])
        else:
            texts += [part.get("text") or part["image_url"]["url"] for part in message["content"]]
    return texts
