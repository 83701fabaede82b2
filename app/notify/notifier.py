"""The thread that tells targets of sessions, out of the outbox, until each has taken it or is given up.

It never stands in the way of a session: it reads the log behind the commit, and what a target does happens in another
process. Whatever goes wrong with the database is tried again at the next look.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from typing_extensions import TypedDict

from app.errors import InvalidRequest, MediaIngestError
from app.ingest.session.state import SessionState
from app.library.notifying.listing import ShownNotification
from app.library.notifying.outbox import FAILED, GIVEN_UP, SENT, Outbox, Waiting
from app.notify.messages import TOLD, Message, is_told, payload_of, payload_of_a_test
from app.notify.sending import SECONDS, Delivery, Post, Postman
from app.settings import Settings
from app.shapes import described
from app.targets import Target, targets_of

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3_600, 21_600))
"""How long until the next try, after each that failed; then it is given up."""
LOOK_SECONDS = 5.0
_CLAIMED = timedelta(seconds=2 * SECONDS)  # after which it counts as lost with the server that tried it
_log = logging.getLogger("media_ingest")


@described
class Tried(TypedDict):
    """What became of a test message to one target."""

    target: str
    """Who was to be told."""
    error: str | None
    """Why that failed, as a sentence; null where it was taken."""


def next_try(attempts: int, at: datetime) -> datetime | None:
    """When a delivery that failed so many times is tried again; None where it is given up."""
    return at + PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def try_targets(targets: Sequence[Target], post: Post, page: str) -> list[Tried]:
    """Sends a test message to each target, now and once. Raises InvalidRequest where there are none."""
    if not targets:
        raise InvalidRequest("Nobody is to be told: set INGEST_NOTIFY.", cause="no_targets")
    message = Message(str(uuid4()), payload_of_a_test(datetime.now(UTC).isoformat(timespec="milliseconds"), page))
    ended = dict(post([Delivery(number, target, message) for number, target in enumerate(targets)]))
    given_up = "It was given up: the server is stopping."
    return [{"target": target.name, "error": ended.get(number, given_up)} for number, target in enumerate(targets)]


def try_now(settings: Settings) -> list[Tried]:
    """Sends a test message to each target of the settings, from wherever it is asked. Raises InvalidRequest."""
    postman = Postman(settings.ingest_notify_secret, settings.ingest_allowed_targets or (), lambda: False)
    return try_targets(targets_of(settings.ingest_notify), postman.post, settings.address)


class Notifier:
    """Who is told of the sessions of one library. Without targets it does nothing."""

    def __init__(
        self,
        settings: Settings,
        outbox: Outbox,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        post: Post | None = None,
    ) -> None:
        self.targets = targets_of(settings.ingest_notify)
        self._by_name = {target.name: target for target in self.targets}
        self._page = settings.address
        self._outbox, self._clock = outbox, clock
        self._closing, self._wake = threading.Event(), threading.Event()
        postman = Postman(settings.ingest_notify_secret, settings.ingest_allowed_targets or (), self._closing.is_set)
        self._post = post or postman.post
        self._thread = threading.Thread(target=self._work, name="notifier", daemon=True)
        self._trouble: str | None = None

    # -- life ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begins to look, as a server does until it ends. Never raises."""
        self.begin()
        if self.targets:
            self._thread.start()

    def begin(self) -> None:
        """Notes where the log stands, if that was never done: of what was before nobody is told. Never raises."""
        if self.targets:
            self._quietly(self._fill)

    def tell(self) -> None:
        """Looks once, as a command does at its end; it may take as long as targets do. Never raises."""
        if self.targets:
            self._quietly(self.look)

    def hear(self, session: SessionState) -> None:
        """A listener of the runner: looks at once where a session came into a status that is told."""
        if session.status.value in TOLD:
            self._wake.set()

    def close(self) -> None:
        """Ends the thread; what is under way is tried again by whoever works on the library next."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            self._quietly(self.look)
            self._wake.wait(LOOK_SECONDS)

    def _quietly(self, work: Callable[[], None]) -> None:
        try:
            work()
            self._trouble = None
        except MediaIngestError as trouble:
            if trouble.sentence != self._trouble:
                _log.warning("nobody can be told of sessions: %s", trouble.sentence)
            self._trouble = trouble.sentence
        except Exception as fault:  # noqa: BLE001 - without this thread nobody would be told any more
            _log.error("telling of sessions failed by a fault of our own", exc_info=fault)

    # -- work ----------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Puts into the outbox what happened since, and sends what is due. Raises NeedsAttention."""
        self._fill()
        now = self._clock()
        due = {each.id: each for each in self._outbox.claim(list(self._by_name), now, now + _CLAIMED)}
        deliveries = [Delivery(each.id, self._by_name[each.target], _message(each)) for each in due.values()]
        for number, error in self._post(deliveries):
            self._settle(due[number], error)

    def _fill(self) -> None:
        names, now = list(self._by_name), self._clock()
        news = self._outbox.news(names, tuple(TOLD))
        if len(news.up_to) == len(names) and news.newest <= min(news.up_to.values(), default=0):
            return
        told = [each for each in news.happened if is_told(each, now)]
        payloads = {each.event.id: payload_of(each, self._page) for each in told}
        to_tell = (
            (name, each.event, payloads[each.event.id])
            for each in told
            for name, up_to in news.up_to.items()
            if each.event.id > up_to
        )
        self._outbox.fill(news, names, to_tell, now)

    def _settle(self, tried: Waiting, error: str | None) -> None:
        now = self._clock()
        again = None if error is None else next_try(tried.attempts, now)
        state = SENT if error is None else GIVEN_UP if again is None else FAILED
        self._outbox.settle(tried.id, state=state, at=now, error=error, again=again)

    # -- what people ask for -------------------------------------------------------------------------------------

    def replay(self, number: int) -> ShownNotification:
        """Sends a notification anew, at once. Raises NotFound, Conflict, NeedsAttention."""
        shown = self._outbox.replay(number, self._clock(), list(self._by_name))
        self._wake.set()
        return shown

    def test(self) -> list[Tried]:
        """Sends a test message to each target. Raises InvalidRequest where there are none."""
        return try_targets(self.targets, self._post, self._page)


def _message(waiting: Waiting) -> Message:
    return Message(f"{waiting.session_id}.{waiting.event_id}", waiting.payload)
