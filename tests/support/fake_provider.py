"""A provider that is not one: a real HTTP server on loopback, OpenAI's chat completions as a test scripts them.

    with FakeProvider() as fake:
        fake.script(busy(retry_after="1"), failing(500), answer({"title": "A red car"}))
        ...  # ask fake.base_url
        assert fake.bill == ...

Each request takes the step of its picture in `fake.about`, else the next of the script, and `fake.otherwise` when that
is done. `fake.requests` is all that came
in, `fake.bill` what a provider would charge: work that was done counts even if its answer never arrived.
"""

import hashlib
import json
import threading
import time
from base64 import b64decode
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

from app.descriptions import Price, Usage

COSTS = Usage(1_000, 100)
"""What a request is billed unless its step says otherwise."""


@dataclass(frozen=True, slots=True)
class Step:
    """How one request is met.

    `output` is said as JSON, None: whatever fits the schema that was asked for; `text` is said instead. `usage` None:
    not told, though `costs` are billed. `body` is sent instead of all that. `cut`: the connection ends `before` the
    headers or `within` the body. It waits for `until` (set by the test) and `seconds`, neither longer than the
    server; with `drip`, so many seconds pass after each byte of the body.
    """

    status: int = 200
    output: Mapping[str, Any] | None = None
    text: str | None = None
    finish: str = "stop"
    refusal: str | None = None
    usage: bool = True
    costs: Usage | None = COSTS
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: Literal["before", "within"] | None = None
    until: threading.Event | None = None
    seconds: float = 0.0
    drip: float = 0.0


def answer(output: Mapping[str, Any] | None = None, **more: Any) -> Step:
    """A good answer; without an output, one that fits whatever schema was sent."""
    return Step(output=output, **more)


def says(text: str, **more: Any) -> Step:
    """An answer in these very words."""
    return Step(text=text, **more)


def busy(retry_after: str | None = None) -> Step:
    """429: too many requests; costs nothing."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return refusing(429, "rate_limit_exceeded", headers=headers)


def failing(status: int = 500, *, costs: Usage | None = None) -> Step:
    """A fault of the server, before any work was done unless it costs something."""
    return replace(refusing(status, "server_error"), costs=costs)


def refusing(status: int, code: str, message: str = "no", **more: Any) -> Step:
    """An error in the form of OpenAI; costs nothing."""
    error = {"error": {"message": message, "type": "invalid_request_error", "code": code}}
    return Step(status, body=json.dumps(error).encode(), costs=None, **more)


def cut(where: Literal["before", "within"] = "before", **more: Any) -> Step:
    """The work is done and billed, and the connection ends before the answer is whole."""
    return Step(cut=where, **more)


def malformed() -> Step:
    """An answer that is no JSON, though it says so; billed."""
    return Step(body=b'{"choices": [')


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in; header names in lower case. `picture` are the bytes of its data URL."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    raw: bytes
    picture: bytes | None

    @property
    def sha256(self) -> str | None:
        """The hash of the picture that was sent."""
        return None if self.picture is None else hashlib.sha256(self.picture).hexdigest()

    @property
    def words(self) -> list[str]:
        """All texts that were sent, in order."""
        return [
            part["text"] if isinstance(part, dict) else part
            for message in self.body["messages"]
            for part in (message["content"] if isinstance(message["content"], list) else [message["content"]])
            if not isinstance(part, dict) or part["type"] == "text"
        ]


@dataclass(frozen=True, slots=True)
class Billed:
    """What is charged for one request: the model, the picture by its hash, and the tokens."""

    model: str
    sha256: str | None
    usage: Usage


class FakeProvider:
    """The server; used as a context. `port` 0 lets the system choose."""

    def __init__(self, *, port: int = 0, otherwise: Step | None = None) -> None:
        self.otherwise = otherwise or answer()
        self.requests: list[Received] = []
        self.bill: list[Billed] = []
        self.most_at_once = 0
        self.seconds_at_work = 0.0
        self.about: dict[bytes, Step] = {}
        self._script: deque[Step] = deque()
        self._at_work = 0
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._closing = threading.Event()
        fake = self

        class Handler(_Handler):
            provider = fake

        self._server = _Server(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="fake-provider")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the server, and whatever waits in it."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        """What to set as INGEST_DESCRIBE_BASE_URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def script(self, *steps: Step) -> None:
        """Adds steps for the next requests, in the order in which they come in."""
        with self._lock:
            self._script.extend(steps)

    def wait_for(self, requests: int, seconds: float = 30.0) -> None:
        """Returns when so many requests have come in, since the beginning. Fails after so many seconds."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.requests) >= requests, seconds), (
                f"{len(self.requests)} of {requests} requests came in within {seconds:.0f} s"
            )

    def billed(self, price: Price) -> Decimal:
        """What the whole bill comes to, in USD."""
        with self._lock:
            return sum((price.of(entry.usage) for entry in self.bill), Decimal(0))

    def requests_by_picture(self) -> Counter[str | None]:
        """How many requests came in about each picture, by the hash of what was sent."""
        with self._lock:
            return Counter(request.sha256 for request in self.requests)

    # -- for the handler -----------------------------------------------------------------------------------------------

    def meet(self, request: Received) -> Step:
        """Takes a request down, bills it, and gives its step, when its time has come."""
        with self._arrived:
            step = self.about.get(request.picture or b"")
            step = step or (self._script.popleft() if self._script else self.otherwise)
            self.requests.append(request)
            if step.costs is not None:
                self.bill.append(Billed(request.body["model"], request.sha256, step.costs))
            self._at_work += 1
            self.most_at_once = max(self.most_at_once, self._at_work)
            self._arrived.notify_all()
        while step.until is not None and not step.until.wait(0.01) and not self._closing.is_set():
            pass
        if step.seconds:
            self._closing.wait(step.seconds)
        return step

    def drip(self, write: Callable[[bytes], Any], content: bytes, seconds: float) -> None:
        """Writes byte by byte until somebody has had enough."""
        for at in range(len(content)):
            write(content[at : at + 1])
            if self._closing.wait(seconds):
                return

    def was_at_work(self, seconds: float) -> None:
        """Counts the time that a request took here, from its first line to the end of the answer."""
        with self._lock:
            self.seconds_at_work += seconds

    def met(self) -> None:
        """Counts one request less at work."""
        with self._lock:
            self._at_work -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client may keep its connection open
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked is gone, as tests want it."""


class _Handler(BaseHTTPRequestHandler):
    provider: FakeProvider
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        began = time.perf_counter()
        try:
            self._meet()
        finally:
            self.provider.was_at_work(time.perf_counter() - began)

    def _meet(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(raw)
        headers = {name.lower(): value for name, value in self.headers.items()}
        step = self.provider.meet(Received(self.path, headers, body, raw, _picture_in(body)))
        self.provider.met()  # before it is answered: whoever asks next is not at work beside it
        if not self.path.endswith("/chat/completions"):
            step = refusing(404, "not_found")
        if step.cut == "before":
            self.close_connection = True
            return
        content = step.body if step.body is not None else json.dumps(_completion(step, body)).encode()
        self.send_response(step.status)
        for name, value in {"Content-Type": "application/json", **step.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if step.cut else b"" if step.drip else content)
        if step.drip:
            self.provider.drip(self.wfile.write, content, step.drip)
        self.close_connection = self.close_connection or step.cut is not None

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Says nothing."""


def _picture_in(body: Mapping[str, Any]) -> bytes | None:
    for message in body.get("messages", ()):
        for part in message["content"] if isinstance(message["content"], list) else ():
            if part["type"] == "image_url":
                return b64decode(part["image_url"]["url"].partition("base64,")[2])
    return None


def _completion(step: Step, body: Mapping[str, Any]) -> dict[str, Any]:
    text = step.text
    if text is None:
        text = json.dumps(step.output if step.output is not None else _fitting(body))
    message = {"role": "assistant", "content": None if step.refusal else text, "refusal": step.refusal}
    completion: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": step.finish, "logprobs": None}],
    }
    if step.usage and step.costs is not None:
        completion["usage"] = {
            "prompt_tokens": step.costs.tokens_in,
            "completion_tokens": step.costs.tokens_out,
            "total_tokens": step.costs.tokens_in + step.costs.tokens_out,
            "prompt_tokens_details": {"cached_tokens": step.costs.tokens_cached},
        }
    return completion


def _fitting(body: Mapping[str, Any]) -> dict[str, Any]:
    """What fits the schema of a request; without one, what fits the shipped template `caption`."""
    form = body.get("response_format", {})
    if form.get("type") != "json_schema":
        return {"title": "A title", "description": "A description.", "keywords": ["one", "two"]}
    return {name: _value(name, schema) for name, schema in form["json_schema"]["schema"]["properties"].items()}


def _value(name: str, schema: Mapping[str, Any]) -> Any:
    kind = schema["type"][0] if isinstance(schema["type"], list) else schema["type"]
    if "enum" in schema:
        return schema["enum"][0]
    return {"string": f"A {name}", "array": ["one", "two"], "number": 3, "boolean": True}[kind]
