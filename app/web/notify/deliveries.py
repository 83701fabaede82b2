"""The log of notifications over HTTP: each delivery and how it stands, one sent anew, and a test of all targets."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from app.library.notifying.listing import ShownNotification
from app.notify.notifier import Tried
from app.shapes import described
from app.web.answers import Answer, Route, reads, refuses
from app.web.bodies import OfSession, checked, to_begin
from app.web.depends import Cursor, InRecords, JsonBody, Limit, only_known, row_cursor

router = APIRouter(prefix="/api/notifications", route_class=Route, dependencies=[only_known], tags=["Notifications"])


@described
class NotificationPage(TypedDict):
    """A page of notifications."""

    targets: list[str]
    """Who is told by the settings of this server, by their names."""
    notifications: list[ShownNotification]
    """The newest first; the newest 10,000 are kept."""
    next: str | None
    """The cursor of the next page; null on the last."""


@described
class TargetsTried(TypedDict):
    """What became of a test of all targets."""

    targets: list[Tried]
    """Each of them, in the order of the settings."""


class Replay(BaseModel):
    """Which notification is sent anew."""

    model_config = OfSession.model_config

    id: Annotated[int, Field(ge=1, lt=2**63)]
    """Its number in the list."""


@reads(Replay)
@refuses("invalid_parameter")
def which_again(body: JsonBody) -> Replay:
    """Which notification is sent anew. Raises InvalidRequest."""
    return checked(Replay, body)


@router.get("")
@refuses("bad_cursor")
def notifications(records: InRecords, cursor: Cursor = None, limit: Limit = 100) -> Answer[NotificationPage]:
    """Lists what was told of sessions to whom, and how each delivery stands."""
    before = None if cursor is None else row_cursor(cursor)
    found, last = records.library.notifications.page(before=before, limit=limit)
    names = [target.name for target in records.notifier.targets]
    return Answer({"targets": names, "notifications": found, "next": None if last is None else str(last)})


@router.post("/replay")
@refuses("unknown_notification", "target_gone")
def replay(records: InRecords, body: Annotated[Replay, Depends(which_again)]) -> Answer[ShownNotification]:
    """Sends a notification anew, at once, with the same id and as many tries as the first time."""
    return Answer(records.notifier.replay(body.id))


@router.post("/test", dependencies=[Depends(to_begin)])
@refuses("no_targets")
def test(records: InRecords) -> Answer[TargetsTried]:
    """Sends a test message to each target, once, and waits for what becomes of it, at most half a minute."""
    return Answer({"targets": records.notifier.test()})
