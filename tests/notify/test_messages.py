"""What is told of a session, and when nobody is."""

from datetime import UTC, datetime, timedelta

import pytest

from app.library.notifying.outbox import Happened
from app.library.values import Event
from app.notify.messages import Message, is_told, payload_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ONE = "00000000-0000-4000-8000-000000000001"


def event(status: str, *, ago: timedelta = timedelta(), cause: str | None = None, folders=("photos/trip",)) -> Event:
    trouble = {"cause": cause, "sentence": "The disk is full.", "needs_confirm": False} if cause else None
    detail = {
        "status": status,
        "attention": trouble,
        "plan": {"total_files": 1_200},
        "parameters": {"directories": folders},
    }
    return Event(7, ONE, (NOW - ago).isoformat(timespec="milliseconds"), "session", detail=detail)


def told(now: Event, before: Event | None = None) -> bool:
    return is_told(Happened(now, {}, before), NOW)


def test_what_is_older_than_a_day_is_told_to_nobody():
    assert told(event("completed", ago=timedelta(hours=23)))
    assert not told(event("completed", ago=timedelta(hours=25)))


def test_a_trouble_that_comes_back_within_an_hour_is_told_once():
    """A session is tried again every minute."""
    first = event("attention", cause="disk_full", ago=timedelta(minutes=59))
    assert told(first)
    assert not told(event("attention", cause="disk_full"), first)
    assert told(event("attention", cause="root_changed"), first)
    assert told(event("attention", cause="disk_full"), event("attention", cause="disk_full", ago=timedelta(minutes=61)))
    assert told(event("cancelled"), event("cancelled"))


@pytest.mark.parametrize(
    ("happened", "sentence"),
    [
        (Happened(event("completed"), {"added": 1_190, "unchanged": 8, "failed": 2}, None),
         "photos/trip: completed with 1,200 files: 1,190 added, 8 unchanged, 2 failed."),
        (Happened(event("completed"), {}, None), "photos/trip: completed with 0 files."),
        (Happened(event("cancelled"), {"added": 1}, None), "photos/trip: cancelled after 1 file of 1,200."),
        (Happened(event("attention", cause="disk_full"), {"added": 1}, None), "photos/trip: The disk is full."),
        (Happened(event("completed", folders="abcde"), {}, None), "a, b, c and 2 more: completed with 0 files."),
        (Happened(event("completed", folders=()), {}, None), "Chosen files: completed with 0 files."),
    ],
)  # fmt: skip
def test_a_sentence_says_what_became_of_which_folders(happened, sentence):
    assert payload_of(happened, "http://here")["data"]["sentence"] == sentence


def test_a_payload_counts_and_leads_to_the_session():
    payload = payload_of(
        Happened(event("attention", cause="disk_full"), {"added": 3, "moved": 1, "failed": 2}, None), "http://h"
    )
    assert (payload["type"], payload["timestamp"]) == ("session.attention", "2026-11-30T12:00:00.000+00:00")
    assert payload["data"]["counts"] == {
        "total_files": 1_200,
        "processed_files": 6,
        "committed_files": 4,
        "outcomes": {"added": 3, "updated": 0, "moved": 1, "unchanged": 0, "failed": 2, "vanished": 0},
    }
    assert payload["data"]["attention"] == {"cause": "disk_full", "sentence": "The disk is full."}
    message = Message("1", payload)
    assert (message.title, message.text) == (
        "Media Ingest: Session needs attention",
        f"photos/trip: The disk is full.\nhttp://h/sessions/{ONE}",
    )
