"""What page, programs and command line are told of a session: the shape of its status."""

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired

from typing_extensions import TypedDict

from app.ingest.session.parameters import Parameters
from app.shapes import ShapedAs, described


@described
class Range(TypedDict):
    """A number that is not known exactly: of seconds, or of USD."""

    low: float
    """At least."""
    high: float
    """At most."""


@described
class StageProgress(TypedDict):
    """How far one stage is: `total = done + failed + skipped + not_reached + pending`."""

    total: int
    """The session's `total_files`; 0, as all of these, where the stage was not asked for."""
    done: int
    """Files for which it succeeded."""
    failed: int
    """Files for which it failed."""
    skipped: int
    """Files for which it was not needed or cannot run here."""
    not_reached: int
    """Files that failed in another stage, or vanished, before this one came to an end."""
    pending: int
    """Files that are not answered for yet."""
    seconds: float
    """Wall time spent in it, in seconds."""


@described
class FileError(TypedDict):
    """A stage that failed for a file."""

    path: str | None
    """`ROOT/relative` as shown."""
    stage: str
    """The stage that failed."""
    cause: str
    """The stable code of the failure."""
    reason: str
    """One sentence about this file."""
    at: str
    """When, ISO 8601 in UTC."""


@described
class DescribeStatus(TypedDict):
    """What a session's descriptions cost so far. Spent and reserved together never exceed the budget."""

    spent_usd: float
    """What was paid, in USD; what was sent and never answered counts as the most that it can have cost."""
    reserved_usd: float
    """Set aside for requests that are under way."""
    budget_usd: float | None
    """What it may cost at most; null without a limit."""
    requests: int
    """Requests that were sent."""
    answers: int
    """Those of them that gave a description."""
    unpriced: NotRequired[int]  # sessions of the first versions have none
    """Requests of which no cost is known: they are no part of `spent_usd`."""
    written: NotRequired[Mapping[str, int]]  # once it has stopped, where files are asked for
    """Files of descriptions that are in the session's folder, by format, once it has stopped."""


@described
class Attention(TypedDict):
    """What a person must mend before a session goes on."""

    cause: str
    """The stable code."""
    sentence: str
    """What is wrong and what to do."""
    needs_confirm: NotRequired[bool]  # sessions of the first versions have none
    """True: it goes on only by `resume` with `"confirm": true`."""
    by_itself: NotRequired[bool]  # told, not kept
    """Whether it is tried again by itself; else a person has to mend what is wrong, and resume it."""


@described
class SessionStatus(TypedDict):
    """A session as it stands. `discovered = total_files + skipped`, and `total_files = processed_files + pending`."""

    session_id: str
    """UUID of 36 characters."""
    status: str
    """How it stands; see [status](#status)."""
    progress: float
    """0 to 100, with one decimal; 100 only when nothing is pending."""
    discovered: int | None
    """Files found; null before the plan."""
    skipped: Mapping[str, int]
    """Files that are not processed, by why."""
    total_files: int | None
    """Files that the session answers for; null while it is counted."""
    pending: int | None
    """Files that are not answered for yet; null before the plan."""
    processed_files: int
    """Files that are answered for: the sum of `outcomes`, which is committed + unchanged + failed + vanished."""
    committed_files: int
    """Files of which something was written: added, updated and moved."""
    current_file: str | None
    """The file at work, `ROOT/relative`."""
    current_started_at: str | None
    """Since when, ISO 8601 in UTC."""
    outcomes: Mapping[str, int]
    """Files by what became of them."""
    stats: Mapping[str, int]
    """Files by what was found out; `keywords_added` alone counts links made. `prompts_parsed`, `prompts_partly` and
    `prompts_raw_only` are AI images by how much was understood; `returned` are files
    that were missing before and are back. `errors` are those that failed; `incomplete` those that were taken in
    (committed or unchanged) although a stage failed."""
    stages: Mapping[str, StageProgress]
    """How far each stage is."""
    errors: list[FileError]
    """The last 20."""
    active_seconds: float
    """Time spent processing, in seconds, over all resumes."""
    files_per_second: float | None
    """The average over `active_seconds`; null before the first file."""
    eta_seconds: Range | None
    """The time left; null where it is not known."""
    created_at: str
    """ISO 8601 in UTC, as every time here."""
    started_at: str | None
    """When it was first planned."""
    ended_at: str | None
    """When it was completed or cancelled."""
    heartbeat_at: str | None
    """When it last gave a sign of life."""
    last_event_id: int
    """The newest event that the counters contain."""
    attention: Attention | None
    """What must be mended; null where nothing must."""
    marked_missing: int
    """Files of the library that the session found gone from disk."""
    interruptions: int
    """How often the server went away under it."""
    parameters: Annotated[Mapping[str, Any], ShapedAs(Parameters)]
    """What was asked for."""
    activity: str | None
    """What is being prepared or waited for."""
    unavailable: Mapping[str, str]
    """Stages that cannot run here, each with one sentence."""
    limited: Mapping[str, str]
    """Stages that run, but not for every kind of file, each with one sentence."""
    pending_by: Mapping[str, int]
    """Files to process by why (`new`, `changed` and others), as the walk before the first of them found it; empty once
    the session has ended."""
    warnings: list[str]
    """Sentences about folders that could not be read, at most 20."""
    describe: DescribeStatus | None
    """What its descriptions cost; null of a session that asks for none, and before the first of them."""
    dismissed: bool
    """Whether a person has seen that it ended."""
