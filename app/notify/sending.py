"""Deliveries handed to the process that makes them (`post.py`), and what became of each.

A process of its own, because what answers may never end, packages of many services run in it, and its guard sees every
connection that it makes. It gets nothing of our environment that has to do with the library.
"""

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from app.notify.messages import Message
from app.own_process import BEAT_SECONDS
from app.targets import Target

SECONDS = 25.0
"""How long all deliveries of a round may take together."""
STEP_SECONDS = 10.0
"""How long a webhook may take for one step: a connection, a part of its answer. Those of apprise are its own, 4 s."""
_LATE = "It did not answer in time."
_BROKEN = "The process that tells ended before it was done."
_OURS = ("INGEST_", "DATABASE_URL")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to a target. `number` is what its end is told by."""

    number: int
    target: Target
    message: Message


Post = Callable[[Collection[Delivery]], Iterator[tuple[int, str | None]]]
"""Makes deliveries; gives the number of each as it ends, and why it failed, as a sentence."""


@dataclass(frozen=True, slots=True)
class Postman:
    """Who makes deliveries: by which secret webhooks are signed, and which hosts may be called beside their own.

    `stops` is asked several times a second whether to give up. `seconds` are for a round, `step_seconds` for one step.
    """

    secret: SecretStr | None
    allowed: Collection[str]
    stops: Callable[[], bool]
    seconds: float = SECONDS
    step_seconds: float = STEP_SECONDS

    def post(self, deliveries: Collection[Delivery]) -> Iterator[tuple[int, str | None]]:
        """Makes deliveries side by side; see `Post`. Of those that were given up, because it stops, nothing is told."""
        if not deliveries:
            return
        command = [sys.executable, "-P", "-m", "app.notify.post"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        child = subprocess.Popen(command, **pipes, env=_environment(), process_group=0)  # type: ignore[call-overload] # noqa: S603
        waited, give_up_at = {each.number for each in deliveries}, time.monotonic() + self.seconds
        try:
            with contextlib.suppress(BrokenPipeError), child.stdin:
                child.stdin.write(self._order(deliveries))
            for line in self._lines(child, give_up_at):
                ended = json.loads(line)
                waited.discard(ended["number"])
                yield ended["number"], ended["error"]
        finally:
            child.kill()
            child.wait()
            child.stdout.close()
        if not self.stops():
            why = _LATE if time.monotonic() >= give_up_at else _BROKEN
            yield from ((number, why) for number in sorted(waited))

    def _order(self, deliveries: Collection[Delivery]) -> bytes:
        written = {host.lower().rstrip(".") for host in self.allowed}.union(*(each.target.hosts for each in deliveries))
        secret = self.secret.get_secret_value() if self.secret else None
        orders = [
            {
                "number": each.number,
                "is_webhook": each.target.is_webhook,
                "url": each.target.url,
                "seconds": self.step_seconds,
                "secret": secret if each.target.is_webhook else None,
                "id": each.message.id,
                "payload": each.message.payload,
                "title": each.message.title,
                "text": each.message.text,
            }
            for each in deliveries
        ]
        return json.dumps({"parent": os.getpid(), "written": sorted(written), "deliveries": orders}).encode()

    def _lines(self, child: "subprocess.Popen[bytes]", give_up_at: float) -> Iterator[bytes]:
        """The lines that a process writes, until it ends or its time is over."""
        assert child.stdout is not None  # noqa: S101 - it was asked for
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while time.monotonic() < give_up_at and not self.stops():
                if not selector.select(BEAT_SECONDS):
                    continue
                if not (read := os.read(child.stdout.fileno(), 65_536)):
                    return
                *lines, rest = (rest + read).split(b"\n")
                yield from lines


def _environment() -> Mapping[str, str]:
    """Ours without what is the library's, and without proxies and passwords of other programs.

    Through a proxy nobody can check an address, and `requests` would send what `~/.netrc` has for a host.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_OURS) and not name.lower().endswith("_proxy")
    }
    return kept | {"NETRC": os.devnull}
