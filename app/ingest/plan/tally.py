"""What a walk comes to: the verdicts counted, for a plan before the start and for the sums of a session."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.formats import FORMAT_OF_SUFFIX, suffix_of
from app.ingest.disk.folders import EntryKind
from app.ingest.plan.survey import ReadFolder, Verdict
from app.ingest.session.counts import PlanCounts
from app.media import Skip

MAX_WARNINGS = 20


@dataclass(slots=True)
class OfFormat:
    """Media files of one format, by their suffixes, whatever becomes of them: how many, how many bytes."""

    files: int = 0
    size: int = 0
    suffixes: set[bytes] = field(default_factory=set)

    def add(self, suffix: bytes, size: int) -> None:
        """Counts one file of so many bytes."""
        self.files += 1
        self.size += size
        self.suffixes.add(suffix)

    @property
    def pattern(self) -> str:
        """Globs that these files match and those of other formats do not."""
        return "|".join(f"*{suffix.decode()}" for suffix in sorted(self.suffixes))


@dataclass(slots=True)
class Tally:
    """Counts verdicts as they pass: the plan of a session, and the sums that must close at its end.

    `read_again` counts the files that are read again by the reason. `media` counts media files by root, whatever
    becomes of them; `known` those that the library has a row of; `to_describe` images of which a description is asked
    for, `held_back` those that may not be sent.
    """

    answered_before: int = 0
    discovered: int = 0
    pending: int = 0
    skipped: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Skip, 0))
    pending_by: dict[str, int] = field(default_factory=dict)
    read_again: dict[str, int] = field(default_factory=dict)
    by_type: dict[str, int] = field(default_factory=dict)
    formats: dict[str, OfFormat] = field(default_factory=dict)
    folders: int = 0
    warnings: list[str] = field(default_factory=list)
    media: dict[str, int] = field(default_factory=dict)
    known: int = 0
    to_describe: int = 0
    held_back: int = 0

    def add(self, verdict: Verdict | ReadFolder) -> None:
        """Counts one verdict, or keeps the warning of a folder."""
        if isinstance(verdict, ReadFolder):
            self.folders += 1
            self.warnings += [verdict.warning] if verdict.warning else []
            return
        suffix = suffix_of(verdict.entry.name)
        media = verdict.entry.kind is EntryKind.MEDIA
        if suffix in FORMAT_OF_SUFFIX and verdict.entry.kind is not EntryKind.UNSUPPORTED:
            self._count(self.media, verdict.folder.root)
            self.known += verdict.known
        if media:
            self.formats.setdefault(FORMAT_OF_SUFFIX[suffix].name, OfFormat()).add(suffix, verdict.entry.size)
        if verdict.answered:
            return
        self.discovered += 1
        self.to_describe += verdict.describes
        self.held_back += verdict.held_back
        if verdict.skip is not None:
            self.skipped[verdict.skip] += 1
        else:
            self.pending += 1
            self._count(self.pending_by, str(verdict.why))
            if verdict.because:
                self._count(self.read_again, verdict.because)
            self._count(self.by_type, FORMAT_OF_SUFFIX[suffix].name)

    def counted(self, verdicts: Iterable[Verdict | ReadFolder]) -> "Tally":
        """This tally with all of these counted."""
        for verdict in verdicts:
            self.add(verdict)
        return self

    def as_plan(self) -> PlanCounts:
        """The counts of a session; files that it has answered for count as discovered though they may be gone now."""
        return PlanCounts(
            discovered=self.discovered + self.answered_before,
            skipped=dict(self.skipped),
            total_files=self.pending + self.answered_before,
            pending_by=dict(self.pending_by),
            warnings=tuple(self.warnings[:MAX_WARNINGS]),
        )

    @staticmethod
    def _count(counts: dict[str, int], name: str) -> None:
        counts[name] = counts.get(name, 0) + 1
