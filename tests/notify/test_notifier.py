"""Who is told of the sessions of a library, on both engines: out of the log, once, until it is taken or given up."""

import threading
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.errors import Conflict, InvalidRequest, NotFound
from app.library.library import Library
from app.library.values import FORGOTTEN
from app.media import Outcome
from app.notify.notifier import PAUSES, Notifier
from app.notify.sending import Delivery
from app.settings import Settings
from app.targets import parse_targets, targets_of
from tests.ingest.builders import OTHER_SESSION, SESSION, analysis, failure, found

TARGETS = "https://a.example/hook,ntfy://b.example/topic"
SECRET = "whsec_bm90IGEgc2VjcmV0LCBidXQgbG9uZyBlbm91Z2g="
WEBHOOK, NTFY = (target.name for target in targets_of(parse_targets(TARGETS)))
TRUTH = {WEBHOOK: None, NTFY: None}


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def later(self, by: timedelta) -> None:
        self.now += by


class Post:
    """Notes what it is to send; `errors` says of each target why it fails, or nothing at all where it has no word."""

    def __init__(self, errors: dict[str, str | None] = TRUTH) -> None:
        self.errors = errors
        self.sent: list[tuple[str, str, str]] = []
        self.payloads: list[dict] = []

    def __call__(self, deliveries: Collection[Delivery]) -> Iterator[tuple[int, str | None]]:
        for each in deliveries:
            self.sent.append((each.target.name, each.message.payload["type"], each.message.id))
            self.payloads.append(dict(each.message.payload))
            if each.target.name in self.errors:
                yield each.number, self.errors[each.target.name]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def notifier(
    library: Library, post: Callable | None = None, clock: Callable | None = None, targets: str = TARGETS
) -> Notifier:
    settings = Settings(_env_file=None, ingest_notify=targets, ingest_notify_secret=SECRET, ingest_state_dir=Path("/s"))
    made = Notifier(settings, library.notifications, clock=clock or Clock(), post=post or Post())
    made.begin()
    return made


def becomes(library: Library, status: str, session: str = SESSION, **more) -> int:
    """Writes that a session came into a status, and gives the id of that event."""
    detail = {"status": status, "plan": {"total_files": 3}, "parameters": {"directories": ["m"]}}
    return library.append(session, "session", detail, **more).id


def shown(library: Library) -> list[tuple[str, str, int, str | None]]:
    found, _ = library.notifications.page()
    return [(each["target"], each["state"], each["attempts"], each["last_error"]) for each in found]


def test_each_target_is_told_of_what_happens_from_now_on(library):
    becomes(library, "completed", OTHER_SESSION)
    post = Post()
    ours = notifier(library, post)
    becomes(library, "queued")
    becomes(library, "processing")
    library.commit_single_file_to_database(SESSION, analysis(), nsfw_threshold=0.8)
    library.commit_single_file_to_database(SESSION, failure(found(b"b.jpg")), nsfw_threshold=0.8)
    event = becomes(library, "completed")
    library.forget_session(OTHER_SESSION, {"status": "completed"})
    becomes(library, "completed", OTHER_SESSION, outcome=FORGOTTEN)
    ours.look()
    ours.look()
    assert post.sent == [(name, "session.completed", f"{SESSION}.{event}") for name in TRUTH]
    outcomes = post.payloads[0]["data"]["counts"]["outcomes"]
    assert {name: n for name, n in outcomes.items() if n} == {Outcome.ADDED: 1, Outcome.FAILED: 1}
    assert shown(library) == [(NTFY, "sent", 1, None), (WEBHOOK, "sent", 1, None)]


def test_two_servers_tell_of_each_session_once(library, library_url):
    post, other = Post(), Library(library_url)
    try:
        both = [notifier(library, post), notifier(other, post)]
        events = [becomes(library, "attention", f"00000000-0000-4000-8000-{n:012}") for n in range(40)]
        barrier = threading.Barrier(2)

        def work(ours: Notifier) -> None:
            barrier.wait()
            for _ in range(5):
                ours.look()

        threads = [threading.Thread(target=work, args=(each,)) for each in both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        other.close()
    assert sorted(number.rpartition(".")[2] for name, _, number in post.sent if name == NTFY) == sorted(
        map(str, events)
    )
    assert len(post.sent) == 80


def test_what_a_server_was_at_when_it_was_killed_is_tried_again_with_the_same_id_and_words(library, clock):
    post = Post({})  # never a word of what became of it
    ours = notifier(library, post, clock)
    becomes(library, "completed")
    ours.look()
    clock.later(timedelta(seconds=30))
    ours.look()
    assert len(post.sent) == 2, "it may still be under way"
    clock.later(timedelta(seconds=30))
    post.errors = TRUTH
    ours.look()
    assert post.sent[2:] == post.sent[:2]
    assert post.payloads[2:] == post.payloads[:2]
    assert {state for _, state, *_ in shown(library)} == {"sent"}


def test_a_dead_target_is_tried_later_and_later_and_then_given_up(library, clock):
    post = Post(TRUTH | {NTFY: "It is dead."})
    ours = notifier(library, post, clock)
    becomes(library, "completed")
    for number, pause in enumerate(PAUSES, start=1):
        ours.look()
        assert shown(library)[0] == (NTFY, "failed", number, "It is dead.")
        clock.later(pause - timedelta(milliseconds=1))
        ours.look()
        clock.later(timedelta(milliseconds=1))
    ours.look()
    clock.later(timedelta(days=30))
    ours.look()
    assert shown(library) == [(NTFY, "given_up", 7, "It is dead."), (WEBHOOK, "sent", 1, None)]
    assert len(post.sent) == 8


def test_a_notification_is_sent_anew_on_demand(library, clock):
    post = Post()
    ours = notifier(library, post, clock)
    becomes(library, "completed")
    ours.look()
    number = library.notifications.page()[0][0]["id"]
    assert ours.replay(number)["state"] == "pending"
    ours.look()
    assert post.sent[2] == post.sent[1]
    with pytest.raises(NotFound, match="no notification 99"):
        ours.replay(99)
    with pytest.raises(Conflict, match="is not among the targets any more"):
        notifier(library, targets="mailto://me@a.example").replay(number)


def test_a_target_that_is_named_later_is_told_nothing_of_the_past(library):
    notifier(library)
    becomes(library, "completed")
    post = Post()
    later = notifier(library, post, targets=f"{TARGETS},mailto://me@a.example")
    later.look()
    assert {name for name, *_ in post.sent} == set(TRUTH)
    becomes(library, "cancelled")
    later.look()
    assert [kind for name, kind, _ in post.sent if name.startswith("mailto")] == ["session.cancelled"]


def test_the_newest_notifications_are_kept(library, monkeypatch):
    monkeypatch.setattr("app.library.notifying.outbox.KEPT", 3)
    ours = notifier(library)
    for _ in range(4):
        becomes(library, "completed")
        ours.look()
    assert [each["id"] for each in library.notifications.page()[0]] == [8, 7, 6]


def test_without_targets_nothing_is_written_and_a_test_says_what_to_set(library):
    nobody = notifier(library, targets="")
    becomes(library, "completed")
    nobody.tell()
    assert shown(library) == []
    with pytest.raises(InvalidRequest, match="set INGEST_NOTIFY"):
        nobody.test()


def test_trouble_with_the_database_is_said_once_and_tried_again(library, caplog):
    post = Post()
    ours = notifier(library, post)
    becomes(library, "completed")
    for _ in range(2):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(library.notifications, "news", _no_database)
            ours.tell()
    ours.tell()
    assert [record.message for record in caplog.records] == ["nobody can be told of sessions: It is gone."]
    assert len(post.sent) == 2


def _no_database(*_args):
    from app.errors import NeedsAttention

    raise NeedsAttention("It is gone.", cause="database_unreachable")
