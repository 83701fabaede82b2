"""What is counted of a session, as frozen values: the classes of its plan, the ends of each stage, and its sums.

Each number is one of a sum that closes, at every moment and for the files of every version.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.ingest.session.status import FileError, SessionStatus, StageProgress
from app.library.values import Event
from app.media import Outcome, Stage, StageStatus

STATS = (
    *("metadata_extracted", "keywords_added", "scores_imported", "nsfw_checked", "nsfw_detected"),
    *("prompts_parsed", "prompts_partly", "prompts_raw_only"),  # of AI images, by how much was understood
    "returned",  # files that were marked missing, and are back with their bytes
    "errors",  # files that failed
    "incomplete",  # files that were taken in, of which a stage failed
)
SUMS = ("processed", "committed", "unchanged", "failed", "vanished", "incomplete")
"""The words of the sums of a session, the same for people wherever they stand."""
_FROM_THE_OUTCOME = {"errors", "incomplete"}


@dataclass(frozen=True, slots=True)
class StageCount:
    """How far one stage is: the files of the session, ended each way, and the wall time spent in seconds.

    A stage that was not asked for has zeros. Of any other `total` is the sum of all ends and `pending`.
    """

    total: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0
    not_reached: int = 0
    seconds: float = 0.0

    @property
    def ended(self) -> int:
        """Files for which the stage has ended, in whatever way."""
        return self.done + self.failed + self.skipped + self.not_reached

    @property
    def pending(self) -> int:
        """Files for which it has not ended yet."""
        return self.total - self.ended

    def as_progress(self) -> StageProgress:
        """The count as a status shows it."""
        return {
            "total": self.total,
            "done": self.done,
            "failed": self.failed,
            "skipped": self.skipped,
            "not_reached": self.not_reached,
            "pending": self.pending,
            "seconds": self.seconds,
        }

    def as_end(self) -> dict[str, int]:
        """The count as the log has it when the last file is answered for."""
        return {
            "processed_files": self.done,
            "failed_files": self.failed,
            "skipped_files": self.skipped,
            "not_reached": self.not_reached,
        }

    def after(self, status: StageStatus, seconds: float) -> "StageCount":
        """The count with one more file, which took so long."""
        return StageCount(
            self.total,
            self.done + (status is StageStatus.DONE),
            self.failed + (status is StageStatus.FAILED),
            self.skipped + (status is StageStatus.SKIPPED),
            self.not_reached + (status is StageStatus.NOT_REACHED),
            round(self.seconds + seconds, 6),
        )


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """What a walk found, class by class. `total_files` are those that the session answers for, or has answered for."""

    discovered: int
    skipped: Mapping[str, int]
    total_files: int
    pending_by: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def stages_after(stages: Mapping[str, StageCount], event: Event, wanted: Collection[Stage]) -> dict[str, StageCount]:
    """The counts of all stages with one more file, which counts once in each stage that was asked for."""
    counts = dict(stages)
    for stage, end in event.ends(wanted):
        counts[stage.value] = counts[stage.value].after(*end)
    return counts


def progress_interval(total_files: int) -> int:
    """Files between two checkpoints of a stage: 5 below 100 files, 10 below 1,000, then 50."""
    return 5 if total_files < 100 else 10 if total_files < 1_000 else 50


def checkpoints(
    stages: Mapping[str, StageCount], event: Event, wanted: Collection[Stage], interval: int | None
) -> list[dict[str, Any]]:
    """The checkpoints that belong to an event which is not counted yet: of each stage that is done for its n-th file.

    n is a multiple of `interval`, or of what suits the number of files.
    """
    counts = [(stage, stages[stage.value]) for stage in Stage if stage in wanted]
    due = {stage for stage, count in counts if (count.done + 1) % (interval or progress_interval(count.total)) == 0}
    if not due:  # as for most files
        return []
    done = {stage for stage, end in event.ends(wanted) if end.status is StageStatus.DONE}
    return [
        {"stage": stage.value, "processed_files": count.done + 1, "total_files": count.total}
        for stage, count in counts
        if stage in due & done
    ]


def stats_after(stats: Mapping[str, int], event: Event) -> dict[str, int]:
    """The stats with one more file: what its event adds, and what follows from its outcome and failures.

    Older programs wrote into `errors` of an event that something was wrong with the file, taken in or not.
    """
    added = (event.detail or {}).get("stats", {})
    counts = {name: stats[name] + added.get(name, 0) for name in STATS if name not in _FROM_THE_OUTCOME}
    failed = event.outcome == Outcome.FAILED
    lacking = not failed and event.outcome != Outcome.VANISHED and bool(event.failures)
    return counts | {"errors": stats["errors"] + failed, "incomplete": stats["incomplete"] + lacking}


def known_stats(stats: Mapping[str, int], failed: int) -> dict[str, int]:
    """The stats that this program has, of those that a program wrote which may be older; `failed` files failed.

    Up to 0.5.0 `errors` were all files with something wrong, those that were taken in, too.
    """
    known = {name: stats.get(name, 0) for name in STATS}
    if "incomplete" not in stats:
        known |= {"errors": failed, "incomplete": max(0, known["errors"] - failed)}
    return known


def errors_in(event: Event) -> Iterator[FileError]:
    """What went wrong with a file, a stage at a time; nothing where it vanished."""
    for stage, cause, reason in event.failures if event.outcome != Outcome.VANISHED else ():
        yield FileError(path=event.shown_path, stage=stage, cause=cause, reason=reason, at=event.at)


def sums_of(status: SessionStatus) -> dict[str, int]:
    """The sums of a session by their words: processed = committed + unchanged + failed + vanished.

    Incomplete files are among those that were committed or unchanged.
    """
    outcomes = status["outcomes"]
    numbers = (status["processed_files"], status["committed_files"], *map(outcomes.__getitem__, SUMS[2:5]))
    return dict(zip(SUMS, (*numbers, status["stats"]["incomplete"]), strict=True))
