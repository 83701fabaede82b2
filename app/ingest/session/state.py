"""One run over one or more folders, as a frozen value: what was asked, how it stands, which moves are legal.

Pure: `advance` adds an event's counters, `to` changes the status; nothing here opens a file or a database.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from app.describe.ledger import BUDGET_REACHED
from app.errors import IllegalMove, MediaIngestError, NeedsAttention
from app.ingest.session.counts import (
    STATS,
    PlanCounts,
    StageCount,
    checkpoints,
    errors_in,
    known_stats,
    stages_after,
    stats_after,
)
from app.ingest.session.parameters import Parameters
from app.ingest.session.status import Attention, DescribeStatus, FileError, Range, SessionStatus
from app.library.values import Event
from app.media import Outcome, Recipe, Skip, Stage

VERSION = 1
MAX_ERRORS = 20
SUSPICIOUS_SECONDS = 2.0
MAX_DEATHS = 2  # of the server with the same file in progress
WAITING_MENDS_NONE = frozenset(
    {"internal_error", "sum_does_not_close", "no_provider", "unknown_template"}
    | {BUDGET_REACHED, "price_unknown", "provider_refuses", "answers_unusable"}
)
"""The causes of attention that only a person can mend."""
COUNTING = 2
"""Which rule the counters of a session follow; they are counted anew from the log where it is an older one."""


class Status(StrEnum):
    """How a session stands."""

    QUEUED = "queued"  # waits for its turn
    PLANNING = "planning"  # counts what there is to do
    PROCESSING = "processing"  # takes files in
    PAUSED = "paused"  # a person stopped it; goes on when a person says so
    ATTENTION = "attention"  # something must be mended; `attention` says what
    INTERRUPTED = "interrupted"  # the server went away
    COMPLETED = "completed"  # every file is answered for
    CANCELLED = "cancelled"  # a person ended it; what was committed stays

    @property
    def ended(self) -> bool:
        """Whether nothing will happen any more."""
        return self in (Status.COMPLETED, Status.CANCELLED)

    @property
    def working(self) -> bool:
        """Whether the runner is at work on it."""
        return self in (Status.PLANNING, Status.PROCESSING)

    @property
    def under_way(self) -> bool:
        """Whether it is being worked on, or will be without anybody's doing."""
        return self.working or self is Status.QUEUED

    @property
    def resumable(self) -> bool:
        """Whether `resume` makes it go on."""
        return self in (Status.PAUSED, Status.INTERRUPTED, Status.ATTENTION)


_ANYTIME = frozenset({Status.CANCELLED, Status.INTERRUPTED})
MOVES: Mapping[Status, frozenset[Status]] = {
    Status.QUEUED: _ANYTIME | {Status.PLANNING},
    Status.PLANNING: _ANYTIME | {Status.PROCESSING, Status.ATTENTION, Status.COMPLETED},
    Status.PROCESSING: _ANYTIME | {Status.PAUSED, Status.ATTENTION, Status.COMPLETED},
    Status.PAUSED: _ANYTIME | {Status.QUEUED},
    Status.ATTENTION: _ANYTIME | {Status.QUEUED},
    Status.INTERRUPTED: _ANYTIME | {Status.QUEUED},
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class SessionState:
    """A session as it stands. Its counters are a cache of its events; `last_event_id` is the newest one counted.

    Times are ISO 8601 in UTC. `active_seconds` is the time spent processing, over all resumes. `activity` says what is
    being prepared before the first file. `attention` is `{"cause", "sentence", "needs_confirm"}` while a person must
    mend something, `confirmed` that a person confirmed it. `suspects` counts how often the server died while a file was
    being read. `marked_missing` are the rows whose files were found gone.
    """

    session_id: str
    parameters: Parameters
    created_at: str
    status: Status = Status.QUEUED
    plan: PlanCounts | None = None
    outcomes: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    stats: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(STATS, 0))
    stages: Mapping[str, StageCount] = field(default_factory=lambda: {stage.value: StageCount() for stage in Stage})
    errors: tuple[FileError, ...] = ()
    current_file: str | None = None
    current_started_at: str | None = None
    suspects: Mapping[str, int] = field(default_factory=dict)
    activity: str | None = None
    unavailable: Mapping[str, str] = field(default_factory=dict)
    limited: Mapping[str, str] = field(default_factory=dict)
    attention: Attention | None = None
    confirmed: bool = False
    marked_missing: int = 0
    interruptions: int = 0
    queued_at: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    heartbeat_at: str | None = None
    last_event_id: int = 0
    active_seconds: float = 0.0
    describe: DescribeStatus | None = None
    dismissed: bool = False
    counting: int = COUNTING

    @property
    def may_be_behind(self) -> bool:
        """Whether its counters may not be what its events add up to: it had not ended, or an older program counted."""
        return not self.status.ended or self.counting != COUNTING

    @property
    def total_files(self) -> int | None:
        """Files that the session answers for; None before it is planned."""
        return None if self.plan is None else self.plan.total_files

    @property
    def processed_files(self) -> int:
        """Files that have been answered for."""
        return sum(self.outcomes.values())

    @property
    def committed_files(self) -> int:
        """Files of which something new was written into the library."""
        return sum(self.outcomes[outcome] for outcome in Outcome if outcome.committed)

    @property
    def pending(self) -> int | None:
        """Files that are not answered for yet; None before it is planned."""
        return None if self.total_files is None else self.total_files - self.processed_files

    @property
    def progress(self) -> float:
        """0..100, with one decimal; 100 only when nothing is pending."""
        if self.status is Status.COMPLETED:
            return 100.0
        if not self.total_files:
            return 0.0
        return math.floor(1000 * self.processed_files / self.total_files) / 10

    @property
    def files_per_second(self) -> float | None:
        """The average over the time spent processing; None before the first file."""
        if not self.processed_files or self.active_seconds <= 0:
            return None
        return round(self.processed_files / self.active_seconds, 2)

    @property
    def eta_seconds(self) -> Range | None:
        """The time left as a range: the average so far, less a quarter and plus a half."""
        if not self.files_per_second or self.pending is None or self.status.ended:
            return None
        seconds = self.pending / self.files_per_second
        return {"low": math.floor(seconds * 0.75), "high": math.ceil(seconds * 1.5)}

    @property
    def _attention(self) -> Attention | None:
        attention = self.attention
        return None if attention is None else {**attention, "by_itself": goes_on_by_itself(attention)}

    def to(self, status: Status, at: str) -> "SessionState":
        """The session in another status. Raises IllegalMove where the table of moves has none."""
        if status not in MOVES[self.status]:
            raise IllegalMove(f"The session is {self.status.value}: it cannot become {status.value}.")
        changes: dict[str, Any] = {"status": status, "heartbeat_at": at, "activity": None}
        if not status.working:
            changes |= {"current_file": None, "current_started_at": None}
        if status is Status.QUEUED:
            changes["queued_at"] = at
        if status is Status.PLANNING and self.started_at is None:
            changes["started_at"] = at
        if status is Status.INTERRUPTED:
            changes["interruptions"] = self.interruptions + 1
        if status is not Status.ATTENTION:
            changes["attention"] = None
        if status.ended:
            changes["ended_at"] = at
        return replace(self, **changes)

    def planned(self, plan: PlanCounts, recipe: Recipe) -> "SessionState":
        """The session with the counts of a walk; each stage that was asked for is to end once for every file."""
        wanted = self.parameters.wanted
        stages = {
            stage.value: replace(self.stages[stage.value], total=plan.total_files if stage in wanted else 0)
            for stage in Stage
        }
        unavailable, limited = recipe.told(wanted)
        return replace(self, plan=plan, stages=stages, unavailable=unavailable, limited=limited)

    def advance(self, event: Event) -> "SessionState":
        """The session after one more event: each counter grows by what a `file_complete` says."""
        if event.kind != "file_complete" or event.outcome is None:
            return replace(self, last_event_id=max(self.last_event_id, event.id))
        new_errors = tuple(errors_in(event))
        return replace(
            self,
            outcomes={**self.outcomes, event.outcome: self.outcomes.get(event.outcome, 0) + 1},
            stats=stats_after(self.stats, event),
            stages=stages_after(self.stages, event, self.parameters.wanted),
            errors=(*self.errors, *new_errors)[-MAX_ERRORS:] if new_errors else self.errors,
            suspects=self.suspects and {path: n for path, n in self.suspects.items() if path != event.shown_path},
            last_event_id=max(self.last_event_id, event.id),
        )

    def heard(self, event: Event) -> "SessionState":
        """The session of another server after one more event: a `session` event says all that is not counted."""
        if event.kind != "session":
            return self.advance(event)
        try:
            told = SessionState.from_log(event.detail)
        except ValueError:  # of another version
            return self.advance(event)
        stages = {name: replace(self.stages[name], total=count.total) for name, count in told.stages.items()}
        so_far: dict[str, Any] = {"outcomes": self.outcomes, "stats": self.stats, "stages": stages}
        return replace(told, **so_far, errors=self.errors, last_event_id=max(self.last_event_id, event.id))

    def checkpoints(self, event: Event, *, interval: int | None) -> list[dict[str, Any]]:
        """What the log says of the progress of stages together with the event that comes next."""
        return checkpoints(self.stages, event, self.parameters.wanted, interval)

    def at_work_on(self, file: str | None, at: str) -> "SessionState":
        """The session with this file in progress since `at`; a file that is in progress already keeps its time."""
        if file == self.current_file and self.current_started_at is not None:
            return replace(self, heartbeat_at=at)
        return replace(self, current_file=file, current_started_at=at if file else None, heartbeat_at=at)

    def at_rest(self) -> "SessionState":
        """The session with no file in progress."""
        return replace(self, current_file=None, current_started_at=None)

    def after_death(self) -> "SessionState":
        """The session after its server was killed: that counts against a file that was in progress for 2 s or more.

        A death counts once, however often this is asked: no file is in progress afterwards.
        """
        file, began, last = self.current_file, self.current_started_at, self.heartbeat_at
        session = self.at_rest()
        if file is None or began is None or last is None:
            return session
        seconds = (datetime.fromisoformat(last) - datetime.fromisoformat(began)).total_seconds()
        if seconds < SUSPICIOUS_SECONDS:
            return session
        return replace(session, suspects={**self.suspects, file: self.suspects.get(file, 0) + 1})

    def faults_of_the_sums(self, answered: Mapping[str, int]) -> list[str]:
        """What does not close, as sentences, none where all is well. `answered` counts the log's answers by outcome."""
        plan = self.plan
        if plan is None:
            return ["The session has no plan."]
        faults = []
        if self.pending:
            faults.append(f"{self.pending} of {plan.total_files} files were not answered for.")
        if plan.discovered != plan.total_files + sum(plan.skipped.values()):
            parts = f"{plan.total_files} to process and {sum(plan.skipped.values())} skipped"
            faults.append(f"{plan.discovered} files were discovered, but {parts}.")
        for outcome, count in self.outcomes.items():
            if count != answered.get(outcome, 0):
                faults.append(f"{count} files were counted as {outcome}, the log has {answered.get(outcome, 0)}.")
        return faults

    def without_answers(self) -> "SessionState":
        """The session with its counters at zero, to be counted again from the events."""
        fresh = SessionState(self.session_id, self.parameters, self.created_at)
        stages = {name: StageCount(total=count.total) for name, count in self.stages.items()}
        zeros: dict[str, Any] = {"outcomes": fresh.outcomes, "stats": fresh.stats, "stages": stages, "errors": ()}
        return replace(self, **zeros, last_event_id=0, counting=COUNTING)

    def as_log(self) -> dict[str, Any]:
        """What a `session` event carries: all that the file events do not, so that a lost file can be rebuilt."""
        whole = self.as_json()
        return {name: whole[name] for name in whole if name not in _TOLD_BY_OTHERS}

    def as_json(self) -> dict[str, Any]:
        """The session file: schema version 1."""
        return _fields_of(self) | {
            "version": VERSION,
            "processed_files": self.processed_files,
            "committed_files": self.committed_files,
            "parameters": dict(self.parameters.as_kept),
            "status": self.status.value,
            "plan": None if self.plan is None else _fields_of(self.plan),
            "stages": {name: _fields_of(count) for name, count in self.stages.items()},
        }

    @classmethod
    def from_json(cls, values: Any) -> "SessionState":
        """A session from its file or from a `session` event. Raises ValueError if it is none."""
        if not isinstance(values, Mapping) or values.get("version") != VERSION:
            message = f"this is no session file of version {VERSION}"
            raise ValueError(message)
        session = _CHECKED.validate_python({"counting": 1, **values})
        datetime.fromisoformat(session.created_at)
        if not math.isfinite(session.active_seconds):
            message = "the time spent processing is not a number"
            raise ValueError(message)
        outcomes = {outcome.value: session.outcomes.get(outcome.value, 0) for outcome in Outcome}
        return replace(  # the counters that this program has; those that the writer did not know are zero
            session,
            outcomes=outcomes,
            stats=known_stats(session.stats, outcomes[Outcome.FAILED]),
            stages={stage.value: session.stages.get(stage.value, StageCount()) for stage in Stage},
        )

    @classmethod
    def from_log(cls, detail: Any) -> "SessionState":
        """A session from a `session` event, its counters at zero. Raises ValueError if it is none."""
        zeros: dict[str, Any] = {"outcomes": {}, "stats": {}}
        return cls.from_json({**detail, **zeros} if isinstance(detail, Mapping) else None).without_answers()

    def as_status(self) -> SessionStatus:
        """The whole status of the contract: what the page, programs and the command line see."""
        plan = self.plan
        return {
            "session_id": self.session_id,
            "status": self.status.value,
            "progress": self.progress,
            "discovered": None if plan is None else plan.discovered,
            "skipped": dict.fromkeys(Skip, 0) if plan is None else dict(plan.skipped),
            "total_files": self.total_files,
            "pending": self.pending,
            "processed_files": self.processed_files,
            "committed_files": self.committed_files,
            "current_file": self.current_file,
            "current_started_at": self.current_started_at,
            "outcomes": dict(self.outcomes),
            "stats": dict(self.stats),
            "stages": {name: count.as_progress() for name, count in self.stages.items()},
            "errors": [error.copy() for error in self.errors],
            "active_seconds": self.active_seconds,
            "files_per_second": self.files_per_second,
            "eta_seconds": self.eta_seconds,
            "created_at": self.created_at,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "heartbeat_at": self.heartbeat_at,
            "last_event_id": self.last_event_id,
            "attention": self._attention,
            "marked_missing": self.marked_missing,
            "interruptions": self.interruptions,
            "parameters": dict(self.parameters.as_json),
            "activity": self.activity,
            "unavailable": dict(self.unavailable),
            "limited": dict(self.limited),
            "pending_by": {} if plan is None or self.status.ended else dict(plan.pending_by),
            "warnings": [] if plan is None else list(plan.warnings),
            "describe": self.describe,
            "dismissed": self.dismissed,
        }


def goes_on_by_itself(attention: Attention | None) -> bool:
    """Whether a session that needs attention is tried again without a person's doing."""
    return attention is None or not (attention["cause"] in WAITING_MENDS_NONE or attention.get("needs_confirm"))


def attention_for(trouble: MediaIngestError) -> Attention:
    """What a person must mend, as a session's `attention` says it."""
    needs_confirm = isinstance(trouble, NeedsAttention) and trouble.needs_confirm
    return {"cause": trouble.cause, "sentence": trouble.sentence, "needs_confirm": needs_confirm}


def _fields_of(value: Any) -> dict[str, Any]:
    """The fields of a frozen value by name; not copied, as `dataclasses.asdict` would, after each file."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


_COUNTED = ("outcomes", "stats", "errors", "processed_files", "committed_files")
_TOLD_BY_OTHERS = {*_COUNTED, "current_file", "current_started_at", "activity"}
_CHECKED = TypeAdapter(SessionState)
