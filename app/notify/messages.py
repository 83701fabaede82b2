"""What is told of a session: which changes of its status, in which words, and as which payload. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.ingest.session.state import Status
from app.library.notifying.outbox import Happened
from app.media import Outcome
from app.texts import counted

TOLD: Mapping[str, str] = {
    Status.COMPLETED.value: "session.completed",
    Status.CANCELLED.value: "session.cancelled",
    Status.ATTENTION.value: "session.attention",
}
"""The type of the message about a session that came into a status; of others nobody is told."""
_TITLES = {
    "session.completed": "Session completed",
    "session.cancelled": "Session cancelled",
    "session.attention": "Session needs attention",
    "test": "Test",
}
_QUIET = timedelta(hours=1)
_PAST = timedelta(days=1)
_MAX_FOLDERS = 3


@dataclass(frozen=True, slots=True)
class Message:
    """What a target is sent. `id` is the same at each try: a receiver knows by it what it has seen already.

    `payload` has `type`, `timestamp` (ISO 8601 in UTC) and `data`, as Standard Webhooks proposes.
    """

    id: str
    payload: Mapping[str, Any]

    @property
    def title(self) -> str:
        """A few words for people."""
        return f"Media Ingest: {_TITLES[self.payload['type']]}"

    @property
    def text(self) -> str:
        """A sentence or two for people, and where to look."""
        data = self.payload["data"]
        return "\n".join(text for text in (data["sentence"], data.get("url")) if text)


def is_told(happened: Happened, now: datetime) -> bool:
    """Whether anybody is told of a change of status.

    Not of what is older than a day, and once of a trouble that comes back within an hour: a session that is tried again
    every minute would tell as often.
    """
    event, earlier = happened.event, happened.earlier
    at = datetime.fromisoformat(event.at)
    if now - at > _PAST:
        return False
    trouble = _attention(event.detail)
    if not trouble or earlier is None or at - datetime.fromisoformat(earlier.at) > _QUIET:
        return True
    return trouble.get("cause") != _attention(earlier.detail).get("cause")


def payload_of(happened: Happened, page: str) -> dict[str, Any]:
    """The payload about a change of status; `page` is the address of the server's pages."""
    event, outcomes = happened.event, happened.outcomes
    detail = event.detail or {}
    plan, status = detail.get("plan") or {}, str(detail.get("status"))
    total, processed = plan.get("total_files"), sum(outcomes.values())
    counts = {
        "total_files": total,
        "processed_files": processed,
        "committed_files": sum(outcomes.get(each.value, 0) for each in Outcome if each.committed),
        "outcomes": {each.value: outcomes.get(each.value, 0) for each in Outcome},
    }
    trouble = _attention(detail)
    data = {
        "session_id": event.session_id,
        "status": status,
        "sentence": f"{_about(detail.get('parameters') or {})}: {_became(status, total, outcomes, trouble)}",
        "counts": counts,
        "attention": {"cause": trouble.get("cause"), "sentence": trouble.get("sentence")} if trouble else None,
        "url": f"{page}/sessions/{event.session_id}",
    }
    return {"type": TOLD[status], "timestamp": event.at, "data": data}


def payload_of_a_test(now: str, page: str) -> dict[str, Any]:
    """The payload by which a person tries whether a target can be told anything."""
    data = {"sentence": "This is a test: notifications of Media Ingest arrive here.", "url": page}
    return {"type": "test", "timestamp": now, "data": data}


def _attention(detail: Mapping[str, Any] | None) -> Mapping[str, Any]:
    detail = detail or {}
    return (detail.get("attention") or {}) if detail.get("status") == Status.ATTENTION.value else {}


def _about(parameters: Mapping[str, Any]) -> str:
    folders = [str(each) for each in parameters.get("directories") or ()]
    if not folders:
        return "Chosen files"
    more = len(folders) - _MAX_FOLDERS
    return ", ".join(folders[:_MAX_FOLDERS]) + (f" and {more} more" if more > 0 else "")


def _became(status: str, total: int | None, outcomes: Mapping[str, int], trouble: Mapping[str, Any]) -> str:
    if trouble:
        return str(trouble.get("sentence"))
    told = ", ".join(f"{n:,} {outcome.value}" for outcome in Outcome if (n := outcomes.get(outcome.value, 0)))
    files = counted(sum(outcomes.values()), "file")
    if status == Status.CANCELLED.value:
        return f"cancelled after {files}{'' if total is None else f' of {total:,}'}."
    return f"completed with {files}{told and f': {told}'}."
