"""The outbox of notifications: what the log has that somebody is to be told, and how each delivery stands.

It is filled from the log by id, so that a crash loses none, and one pair of event and target is one row, whichever
servers fill it. A delivery is claimed before it is tried: of two servers one does. The database is the only state.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from app.errors import Conflict, NotFound
from app.library.engine import Engines
from app.library.notifying.listing import ROWS, ShownNotification, as_shown
from app.library.notifying.tables import NOTIFICATIONS, UP_TO
from app.library.recording import as_events
from app.library.tables import EVENTS
from app.library.values import FORGOTTEN, Event
from app.texts import clean_json, clean_text

PENDING, FAILED, SENT, GIVEN_UP = "pending", "failed", "sent", "given_up"
KEPT = 10_000
_AT_ONCE = 200
_SESSIONS = text("kind = 'session'")  # as the index says it
_status = EVENTS.c.detail["status"].as_string()
_NOT_FORGOTTEN = EVENTS.c.outcome.is_distinct_from(FORGOTTEN)


class Happened(NamedTuple):
    """A change of a session's status as the log has it.

    `outcomes` counts the files that were answered for until then; `earlier` is the change to the same status before it.
    """

    event: Event
    outcomes: Mapping[str, int]
    earlier: Event | None


class News(NamedTuple):
    """What the log has since: how far it was looked at for each target that is known, and how far it goes now."""

    up_to: Mapping[str, int]
    newest: int
    happened: list[Happened]


class Waiting(NamedTuple):
    """A notification that is to be sent now; `attempts` counts this try."""

    id: int
    target: str
    session_id: str
    event_id: int
    attempts: int
    payload: Mapping[str, Any]


class Outbox:
    """The notifications of one library; as `library.notifications`. All methods raise NeedsAttention."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def news(self, targets: Collection[str], statuses: Collection[str]) -> News:
        """What became of sessions, as far as it is one of these statuses, since these targets were looked at last."""
        return self._engines.read(partial(_news, targets=targets, statuses=statuses))

    def fill(
        self,
        news: News,
        targets: Collection[str],
        to_tell: Iterable[tuple[str, Event, Mapping[str, Any]]],
        now: datetime,
    ) -> None:
        """Puts in what is to be told at once, to whom, with which payload; notes how far these targets were looked at.

        What is there already is left as it is.
        """
        rows = [
            {
                "session_id": event.session_id,
                "event_id": event.id,
                "target": target,
                "payload": clean_json(payload),
                "state": PENDING,
                "attempts": 0,
                "at": event.at,
                "next_at": _text(now),
            }
            for target, event, payload in to_tell
        ]
        self._engines.write(partial(_fill, rows=rows, targets=targets, newest=news.newest))

    def claim(self, targets: Collection[str], now: datetime, again: datetime) -> list[Waiting]:
        """What is due for these targets, to be tried by whoever asks. What is not settled is due anew at `again`."""
        if not self._engines.read(lambda c: c.execute(_due(targets, now).limit(1)).first()):
            return []  # no need to hold up whoever writes
        return self._engines.write(partial(_claim, targets=targets, now=now, again=again))

    def settle(self, number: int, *, state: str, at: datetime, error: str | None, again: datetime | None) -> None:
        """Notes how a try ended: `sent`, or `failed` with the time of the next, or `given_up`."""
        values = {
            "state": state,
            "last_error": None if error is None else clean_text(error),
            "next_at": _text(again),
            "sent_at": _text(at) if state == SENT else None,
        }
        self._engines.write(
            lambda c: c.execute(update(NOTIFICATIONS).where(NOTIFICATIONS.c.id == number).values(values))
        )

    def replay(self, number: int, now: datetime, targets: Collection[str]) -> ShownNotification:
        """Lets a notification be sent anew, now, with all its tries before it.

        Raises NotFound, and Conflict where its target is not among these.
        """
        values = {"state": PENDING, "attempts": 0, "next_at": _text(now)}
        one = NOTIFICATIONS.c.id == number

        def work(connection: Connection) -> ShownNotification:
            row = connection.execute(ROWS.where(one)).mappings().one_or_none()
            if row is None:
                raise NotFound(f"There is no notification {number}.", cause="unknown_notification")
            if row["target"] not in targets:
                raise Conflict(f"{row['target']} is not among the targets any more.", cause="target_gone")
            connection.execute(update(NOTIFICATIONS).where(one).values(values))
            return as_shown(connection.execute(ROWS.where(one)).mappings().one())

        return self._engines.write(work)

    def page(self, *, before: int | None = None, limit: int = 100) -> tuple[list[ShownNotification], int | None]:
        """Up to so many notifications, the newest first, and the id to go on before, None on the last page."""
        statement = ROWS if before is None else ROWS.where(NOTIFICATIONS.c.id < before)
        statement = statement.order_by(NOTIFICATIONS.c.id.desc()).limit(limit + 1)
        rows = self._engines.read(lambda c: c.execute(statement).mappings().all())
        return [as_shown(row) for row in rows[:limit]], rows[limit - 1]["id"] if len(rows) > limit else None


def _news(connection: Connection, targets: Collection[str], statuses: Collection[str]) -> News:
    known = select(UP_TO.c.target, UP_TO.c.event_id).where(UP_TO.c.target.in_(targets))
    up_to = dict(connection.execute(known).all())
    newest = connection.execute(select(func.max(EVENTS.c.id)).where(_SESSIONS)).scalar_one() or 0
    if not up_to or newest <= min(up_to.values()):
        return News(up_to, newest, [])
    since = select(EVENTS).where(_SESSIONS, EVENTS.c.id > min(up_to.values()), EVENTS.c.id <= newest)
    since = since.where(_NOT_FORGOTTEN, _status.in_(statuses)).order_by(EVENTS.c.id).limit(_AT_ONCE)
    events = as_events(connection.execute(since))
    if len(events) == _AT_ONCE:
        newest = events[-1].id
    return News(up_to, newest, [_happened(connection, event) for event in events])


def _happened(connection: Connection, event: Event) -> Happened:
    of_session = EVENTS.c.session_id == event.session_id
    answers = (of_session, EVENTS.c.kind == "file_complete", EVENTS.c.id < event.id)
    outcomes = select(EVENTS.c.outcome, func.count()).where(*answers).group_by(EVENTS.c.outcome)
    same = _status == str((event.detail or {}).get("status"))
    earlier = select(EVENTS).where(_SESSIONS, of_session, same, EVENTS.c.id < event.id)
    found = as_events(connection.execute(earlier.order_by(EVENTS.c.id.desc()).limit(1)))
    return Happened(event, dict(connection.execute(outcomes).all()), next(iter(found), None))


def _fill(connection: Connection, rows: list[dict[str, Any]], targets: Collection[str], newest: int) -> None:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    if rows:
        connection.execute(insert(NOTIFICATIONS).on_conflict_do_nothing(), rows)
        oldest = select(NOTIFICATIONS.c.id).order_by(NOTIFICATIONS.c.id.desc()).offset(KEPT).limit(1).scalar_subquery()
        connection.execute(NOTIFICATIONS.delete().where(NOTIFICATIONS.c.id <= oldest))
    looked = [{"target": target, "event_id": newest} for target in targets]
    connection.execute(insert(UP_TO).on_conflict_do_nothing(), looked)
    behind = (UP_TO.c.target.in_(targets), UP_TO.c.event_id < newest)  # another server may have been faster
    connection.execute(update(UP_TO).where(*behind).values(event_id=newest))


def _due(targets: Collection[str], now: datetime) -> Any:
    columns = [NOTIFICATIONS.c[name] for name in Waiting._fields]
    due = (NOTIFICATIONS.c.next_at.is_not(None), NOTIFICATIONS.c.next_at <= _text(now))
    return select(*columns).where(*due, NOTIFICATIONS.c.target.in_(targets)).order_by(NOTIFICATIONS.c.id)


def _claim(connection: Connection, targets: Collection[str], now: datetime, again: datetime) -> list[Waiting]:
    found = [Waiting(*row) for row in connection.execute(_due(targets, now).limit(_AT_ONCE))]
    ours = NOTIFICATIONS.c.id.in_([each.id for each in found])
    connection.execute(
        update(NOTIFICATIONS).where(ours).values(attempts=NOTIFICATIONS.c.attempts + 1, next_at=_text(again))
    )
    return [each._replace(attempts=each.attempts + 1) for each in found]


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds")
