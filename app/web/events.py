"""Server-sent events: the log of a session as it grows, replayed from any id.

Frames that are rows of the log carry its id; `session`, `heartbeat` and `bye` are views and carry none. The log is read
after every change, so a stream can be late, never wrong. One that is merely quiet says so every 2 s: whoever hears
nothing for longer knows that something on the way holds it back.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from anyio import to_thread
from fastapi.sse import ServerSentEvent
from typing_extensions import TypedDict

from app.crash_points import crash_point
from app.ingest.session.answers import FileAnswer, as_answer
from app.ingest.session.state import SessionState
from app.ingest.session.status import SessionStatus
from app.library.values import Event
from app.shapes import described
from app.web.answers import as_text
from app.wiring import Records

FRAME_SECONDS = 0.1  # for each frame of files: ten of them a second
MAX_PAUSE_SECONDS = 0.5  # whole statuses wait as long
SESSION_SECONDS = 0.25
HEARTBEAT_SECONDS = 2.0
PAGE = 1_000


@described
class StageStart(TypedDict):
    """A stage begins."""

    stage: str
    """Which one."""
    total_files: int
    """Files to come."""
    at: str
    """When, ISO 8601 in UTC."""


@described
class StageCheckpoint(TypedDict):
    """How far a stage is."""

    stage: str
    """Which one."""
    processed_files: int
    """Files for which it is done: exactly a multiple of the interval."""
    total_files: int
    """The session's files, for which it is to end."""
    at: str
    """When, ISO 8601 in UTC."""


@described
class StageEnd(TypedDict):
    """A stage has ended for every file."""

    stage: str
    """Which one."""
    processed_files: int
    """Files for which it is done."""
    failed_files: int
    """Files for which it failed."""
    skipped_files: int
    """Files for which it was not needed or cannot run here."""
    not_reached: int
    """Files that failed in another stage, or vanished, before this one came to an end."""
    at: str
    """When, ISO 8601 in UTC."""


@described
class FileBundle(TypedDict):
    """Files that ended one after the other, in a fast run."""

    files: list[FileAnswer]
    """In the order of the answers."""


@described
class Heartbeat(TypedDict):
    """Nothing has changed, and the stream is open."""

    last_event_id: int
    """The newest event that the session's counters contain."""


@described
class Bye(TypedDict):
    """The stream ends on purpose."""

    reason: str
    """The status of the session that has ended, or `stopping`: the server stops."""


@dataclass(frozen=True, slots=True)
class EventKind:
    """The shape of an event's data, when it comes, and whether it bears the id of a row of the log."""

    shape: Any
    when: str
    has_id: bool


EVENTS: Mapping[str, EventKind] = {
    "session": EventKind(
        SessionStatus,
        "first on every connection, on every change of status, at most 4 times a second while it runs",
        has_id=False,
    ),
    "stage_start": EventKind(StageStart, "once a stage, when the session starts processing", has_id=True),
    "file_complete": EventKind(
        FileAnswer | FileBundle,
        "a file is committed; in a fast run a bundle with the id of its last; about 10 events a second at "
        "most, unless checkpoints, which end a bundle, come faster",
        has_id=True,
    ),
    "stage_progress": EventKind(
        StageCheckpoint,
        "with the file for which a stage is done as the n-th: every 5 below 100 files, every 10 below 1,000, "
        "else every 50, or as `INGEST_PROGRESS_INTERVAL` says",
        has_id=True,
    ),
    "stage_complete": EventKind(StageEnd, "when the last file is done", has_id=True),
    "heartbeat": EventKind(Heartbeat, "every 2 seconds in which nothing else is sent", has_id=False),
    "bye": EventKind(Bye, "last: the session has ended or the server stops", has_id=False),
}


class Bells:
    """Wakes the streams of a session when it changes. Rung from the runner's thread, waited for on the event loop."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.stopping = False
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def ring(self, session: SessionState) -> None:
        """Tells the streams of this session, from any thread."""
        if self.loop is not None and session.session_id in self._waiting and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._wake, session.session_id)

    def stop_from_any_thread(self) -> None:
        """Ends every stream, from a signal handler or another thread."""
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.stop)

    def stop(self) -> None:
        """Ends every stream."""
        self.stopping = True
        for session_id in self._waiting:
            self._wake(session_id)

    def hang(self, session_id: str) -> asyncio.Event:
        """A bell that rings when the session changes."""
        bell = asyncio.Event()
        self._waiting.setdefault(session_id, set()).add(bell)
        return bell

    def take_down(self, session_id: str, bell: asyncio.Event) -> None:
        """Undoes `hang`."""
        bells = self._waiting[session_id]
        bells.discard(bell)
        if not bells:
            del self._waiting[session_id]

    def _wake(self, session_id: str) -> None:
        for bell in self._waiting.get(session_id, ()):
            bell.set()


async def stream(records: Records, bells: Bells, session_id: str, after: int) -> AsyncIterator[ServerSentEvent]:
    """The frames of one connection, beginning after the event `after`."""
    bell = bells.hang(session_id)
    try:
        async for frame in _Stream(records, bells, bell, session_id, after).frames():
            yield frame
    finally:
        bells.take_down(session_id, bell)


class _Stream:
    """One connection: what it has been sent so far."""

    def __init__(self, records: Records, bells: Bells, bell: asyncio.Event, session_id: str, after: int) -> None:
        self._records = records
        self._bells = bells
        self._bell = bell
        self._session_id = session_id
        self._after = after
        self._told: SessionState | None = None
        self._told_at = 0.0

    async def frames(self) -> AsyncIterator[ServerSentEvent]:
        """The frames of this connection until the session ends or the server stops."""
        session = self._records.runner.session(self._session_id)
        yield self._session_frame(session)
        while True:
            self._bell.clear()
            session = self._records.runner.session(self._session_id)
            stopping = self._bells.stopping
            bundles = 0
            async for frame in self._new_rows():
                bundles += frame.event == "file_complete"
                yield frame
            if self._told is None or session.status is not self._told.status or session.status.ended:
                if session is not self._told:
                    yield self._session_frame(session)
            elif session is not self._told and time.monotonic() - self._told_at >= SESSION_SECONDS:
                yield self._session_frame(session)
            if session.status.ended or stopping:
                bye = Bye(reason="stopping" if stopping else session.status.value)
                yield ServerSentEvent(event="bye", raw_data=as_text(bye))
                return
            await asyncio.sleep(0 if self._bells.stopping else pause_after(bundles))
            while not await self._changed(session):
                yield ServerSentEvent(event="heartbeat", data=Heartbeat(last_event_id=session.last_event_id))

    async def _changed(self, session: SessionState) -> bool:
        """Waits for a change; one that was held back for its rate is there when its time has come."""
        held_back = session is not self._told
        try:
            await asyncio.wait_for(self._bell.wait(), SESSION_SECONDS if held_back else HEARTBEAT_SECONDS)
        except TimeoutError:
            return held_back
        return True

    async def _new_rows(self) -> AsyncIterator[ServerSentEvent]:
        while True:
            rows = await to_thread.run_sync(self._records.library.events, self._session_id, self._after, PAGE)
            for frame in frames_of(rows):
                yield frame
                crash_point("frame_sent")
            if rows:
                self._after = rows[-1].id
            if len(rows) < PAGE:
                return

    def _session_frame(self, session: SessionState) -> ServerSentEvent:
        self._told, self._told_at = session, time.monotonic()
        return session_frame(session)


def pause_after(bundles: int) -> float:
    """Seconds until the next rows are sent, after so many frames of files.

    Checkpoints end a bundle, for each has its own id and comes after its files; so there may be several at once.
    """
    return min(max(bundles, 1) * FRAME_SECONDS, MAX_PAUSE_SECONDS)


def session_frame(session: SessionState) -> ServerSentEvent:
    """A whole status as a frame."""
    return ServerSentEvent(event="session", raw_data=as_text(session.as_status()))


def frames_of(rows: list[Event]) -> list[ServerSentEvent]:
    """Rows as frames: neighbouring `file_complete` rows become one bundle that bears the id of its last."""
    frames: list[ServerSentEvent] = []
    for kind, group in groupby(rows, key=lambda row: row.kind):
        together = list(group)
        if kind == "file_complete":
            files = [as_answer(row) for row in together]
            data = files[0] if len(files) == 1 else FileBundle(files=files)
            frames.append(ServerSentEvent(event=kind, raw_data=as_text(data), id=str(together[-1].id)))
        elif kind in {"stage_start", "stage_progress", "stage_complete"}:
            for row in together:
                text = as_text({**(row.detail or {}), "at": row.at})
                frames.append(ServerSentEvent(event=kind, raw_data=text, id=str(row.id)))
    return frames
