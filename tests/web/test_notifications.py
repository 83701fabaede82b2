"""Notifications over HTTP: a session that ends is told, the log of deliveries, a replay, a test of all targets."""

import pytest
from standardwebhooks import Webhook

from tests.support.fake_targets import SECRET, FakeTarget
from tests.support.server import until

LIST, REPLAY, TEST = (f"/api/notifications{end}" for end in ("", "/replay", "/test"))


@pytest.fixture
def target():
    with FakeTarget() as taking:
        yield taking


@pytest.fixture
def told(open_door, target):
    """A door whose sessions are told to a good target and to one that refuses."""
    with FakeTarget("refused") as refusing:
        yield open_door(ingest_notify=f"{target.url},{refusing.url}", ingest_notify_secret=SECRET)


def listed(door, **wanted):
    """The notifications that are as wanted, once there is one."""
    every = lambda: [each for each in door.get(LIST)["notifications"] if wanted.items() <= each.items()]  # noqa: E731
    return until(every, seconds=30, what="the notification")


def test_a_session_is_told_when_it_ends_and_told_again_on_demand(told, target):
    session = told.whole("photos/trip")
    good, bad = told.get(LIST)["targets"]
    [failing] = listed(told, target=bad, state="failed")
    assert failing["last_error"] == "It refused the connection."
    assert failing["next_at"] > failing["at"]
    [sent] = listed(told, target=good, state="sent")
    assert (sent["session_id"], sent["type"], sent["attempts"]) == (session["session_id"], "session.completed", 1)
    assert sent["sentence"] == "photos/trip: completed with 2 files: 2 added."
    payload = Webhook(SECRET).verify(target.requests[0].body, dict(target.requests[0].headers))
    assert payload["data"]["counts"]["committed_files"] == session["committed_files"] == 2
    assert payload["data"]["url"].endswith(f"/sessions/{session['session_id']}")
    assert told.post(REPLAY, {"id": sent["id"]})["state"] == "pending"
    until(lambda: len(target.requests) == 2, what="the replay")
    first, second = target.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    page = told.get(LIST, params={"limit": 1})
    assert [each["id"] for each in told.get(LIST, params={"cursor": page["next"]})["notifications"]] == [1]
    settings = told.client.get("/settings").text
    assert "photos/trip: completed with 2 files" in settings
    assert "It refused the connection." in settings
    kept = b"".join(file.read_bytes() for file in told.folder.rglob("*") if file.is_file())
    shown = settings + told.client.get(LIST).text
    assert not [secret for secret in ("by=test", SECRET) if secret in shown or secret.encode() in kept]


def test_a_test_says_of_each_target_what_became_of_it(told, target):
    answer = told.post(TEST)["targets"]
    assert [each["error"] for each in answer] == [None, "It refused the connection."]
    assert target.requests[0].json()["type"] == "test"
    assert told.get(LIST)["notifications"] == []


def test_what_cannot_be_is_one_sentence(open_door):
    door = open_door()
    assert door.get(LIST) == {"targets": [], "notifications": [], "next": None}
    assert door.post(TEST, code=422)["cause"] == "no_targets"
    assert door.post(REPLAY, {"id": 7}, 404)["cause"] == "unknown_notification"
    assert door.post(REPLAY, {"id": 0}, 422)["field"] == "id"
    assert door.post(REPLAY, {"id": 1, "to": "me"}, 422)["cause"] == "unknown_parameter"
    assert door.get(LIST, 422, params={"cursor": "x"})["cause"] == "bad_cursor"
    assert "set <code>INGEST_NOTIFY</code>" in door.client.get("/settings").text
