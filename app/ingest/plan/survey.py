"""Which files are to be processed, and why the others are not: one road for plan, start, resume, lists and badges.

There is no to-do list: pending = files on disk that match, minus what the library holds fresh, minus what the session
has answered for already. `judge` decides for one file and is pure; `Survey` walks folders in path order.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple, Never, Protocol

from app.beside.sidecars import Stamps
from app.formats import FORMAT_OF_SUFFIX, Kind, suffix_of
from app.ingest.disk.folders import Entry, EntryKind, Listing
from app.ingest.disk.ignoring import Ignores
from app.ingest.session.parameters import Parameters
from app.library.values import KnownFile, is_nsfw
from app.media import (
    FoundFile,
    Job,
    Place,
    Recipe,
    Skip,
    Stage,
)
from app.revisions import RowFacts

NOTHING_KNOWN = KnownFile()
LOOKS_ALIKE = "another file looks alike, and may be the same picture"
"""Why a picture is read again whose row is older than the hash of the picture alone."""
READ_AGAIN = "read_again"
"""Why a file is processed that did not change, and was read to its end: more would be read of it now."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a session does with one discovered file.

    Exactly one of: `skip` (why it is not processed), `job` (with `why`: new, changed, ...), or `answered`. `because` is
    the reason where `why` is `read_again`; `known` says that the library has a row of it that is not marked missing;
    `outlived` that it is fresh although stages ended at older versions: as its row tells, they would end alike;
    `held_back` that it is not sent to who describes, because it may be NSFW.
    """

    folder: Place
    entry: Entry
    skip: Skip | None = None
    job: Job | None = None
    why: str | None = None
    because: str = ""
    answered: bool = False
    known: bool = False
    outlived: bool = False
    held_back: bool = False

    @property
    def describes(self) -> bool:
        """Whether a model is asked to describe the file, if it is an image as its suffix says."""
        job = self.job
        anew = job is not None and self.why in ("new", "changed", "again")
        wanted = Stage.DESCRIBE in ((job.wanted if anew else job.stale) if job else ())
        return wanted and _is_image(self.entry)

    @property
    def place(self) -> Place:
        """Where it is."""
        return self.folder.below(self.entry.name)


class Judgement(NamedTuple):
    """What is done with a file, and why; `because` says what is read anew of a file that did not change."""

    decision: Skip | Job
    why: str
    because: str = ""


def judge(
    file: FoundFile,
    known: KnownFile,
    parameters: Parameters,
    recipe: Recipe,
    tell: Callable[[], RowFacts] = RowFacts,
) -> Judgement:
    """Fresh, failed before, or a job with the reason for it. `tell` looks what the row tells of the file."""
    same_file = known.size == file.size and known.mtime_ns == file.mtime_ns
    possible = _shared(recipe.possible(parameters.wanted))  # which of them apply, the content says, not the suffix
    if is_held_back(known if same_file else NOTHING_KNOWN, parameters, recipe):
        possible = _shared(possible - {Stage.DESCRIBE})
    failures = [failed for failed in known.failures if failed.fingerprint == file.fingerprint]
    if not parameters.skip_existing:
        if any(failed.ignored for failed in failures) and not parameters.retry_chosen:  # who names a file means it
            return Judgement(Skip.FAILED_BEFORE, "failed_before")
        return Judgement(Job(file, possible, possible), _why_again(known, parameters))
    reasons = reasons_to_run(file, known, recipe.runnable(known.kind or file.kind, possible), recipe, tell)
    stale = _shared(frozenset(reasons))
    if same_file and not stale and not known.missing and not known.words_wait:
        return Judgement(Skip.FRESH, "fresh")
    if any(
        failed.ignored
        or (failed.stage in possible and recipe.fails_alike(failed.stage, known.kind or file.kind, failed.version))
        for failed in failures
    ):
        return Judgement(Skip.FAILED_BEFORE, "failed_before")
    job = Job(file, possible, stale, known.sha256)
    why = _why(file, known, reasons, same_file=same_file)
    return Judgement(job, why, _first(recipe, reasons) if why == READ_AGAIN else "")


def is_held_back(known: KnownFile, parameters: Parameters, recipe: Recipe) -> bool:
    """Whether a picture must not be sent to who describes: it is NSFW, or nobody will know whether it is."""
    describer = recipe.describer
    if describer is None or not describer.safe_only:
        return False
    nsfw = is_nsfw(known.nsfw, parameters.nsfw_threshold)
    return nsfw or (nsfw is None and Stage.NSFW not in recipe.possible(parameters.wanted))


def _first(recipe: Recipe, reasons: Mapping[Stage, str]) -> str:
    """The reason of several that is told: the one that the revisions tell first."""
    told = (revision.why for revision in recipe.revisions if revision.why in reasons.values())
    return next(told, next(iter(reasons.values())))


@lru_cache(maxsize=64)
def _shared(stages: frozenset[Stage]) -> frozenset[Stage]:
    """One set for all files with equal stages: with a set of its own each job would take four times the memory."""
    return stages


def reasons_to_run(
    file: FoundFile, known: KnownFile, runnable: frozenset[Stage], recipe: Recipe, tell: Callable[[], RowFacts]
) -> dict[Stage, str]:
    """The stages to run even if the bytes are the row's: never ended, concerned by a revision, or a sidecar changed.

    So does stage thumbnail of a picture that may be the same as another. Each has the reason as `Recipe.why_again`
    tells it.
    """
    marks, kind = known.stages or {}, known.kind or file.kind
    reasons = {
        stage: why
        for stage in runnable
        if (why := recipe.why_again(stage, kind, marks.get(stage.value), tell)) is not None
    }
    if known.looks_alike and Stage.THUMBNAIL in runnable:
        reasons.setdefault(Stage.THUMBNAIL, LOOKS_ALIKE)
    if known.sidecar != file.sidecar:
        reasons |= dict.fromkeys(runnable & Stamps(known.sidecar).stages_changed(file.sidecar), "")
    return reasons


def renewed(
    marks: Mapping[str, Mapping[str, Any]], kind: Kind, parameters: Parameters, recipe: Recipe
) -> dict[str, Mapping[str, Any]]:
    """The marks of a fresh file as stages of today would have left them, so that its row is not asked again."""
    runnable = recipe.runnable(kind, parameters.wanted)
    return {
        name: {**mark, "version": recipe.version(Stage(name), kind)}
        if name in runnable and not recipe.current(Stage(name), kind, str(mark["version"]))
        else mark
        for name, mark in marks.items()
    }


def _why_again(known: KnownFile, parameters: Parameters) -> str:
    """Why a file is processed where everything is: what a retry looks at has failed, whatever is remembered of it."""
    if known.failures or parameters.retry_of:
        return Skip.FAILED_BEFORE.value
    return "new" if known.size is None else "again"


def _why(file: FoundFile, known: KnownFile, reasons: Mapping[Stage, str], *, same_file: bool) -> str:
    if known.size is None:
        return "new"
    if not same_file:
        return "changed"
    if known.sidecar != file.sidecar:
        return "sidecar_changed"
    if not reasons:
        return "returned" if known.missing else "words_wait"
    if all(reasons.values()):
        return READ_AGAIN
    return "only_nsfw" if reasons.keys() == {Stage.NSFW} else "new_stages"


class Knowledge(Protocol):
    """What a survey asks of the library."""

    def known(self, folder: Place) -> Mapping[bytes, KnownFile]:
        """What is known of the files of one folder, by path."""

    def facts(self, folder: Place) -> Mapping[bytes, RowFacts]:
        """What the rows of the files of one folder tell of them, by path."""


@dataclass(frozen=True, slots=True)
class ReadFolder:
    """A folder that was read, before its files are judged: however empty folders are, a walk can be stopped there."""

    folder: Place
    warning: str | None = None


class NothingKnown:
    """A library that knows no file: what matches is the same, and nothing has to be asked."""

    def known(self, folder: Place) -> Mapping[bytes, Never]:
        """Nothing."""
        del folder
        return {}

    facts = known


@dataclass(frozen=True, slots=True)
class Survey:
    """One walk over folders for one set of parameters.

    `read` gives a folder's listing (from disk, or from a walk made before). `answered` holds `ROOT/relative` of the
    files that the session has answered for: they stay in its total and count against `max_files`.
    """

    read: Callable[..., Listing]
    library: Knowledge
    recipe: Recipe
    folders: tuple[Place, ...]
    parameters: Parameters
    answered: frozenset[bytes] = frozenset()

    def __iter__(self) -> Iterator[Verdict | ReadFolder]:
        """A verdict for each discovered file, in path order, and a sign of life for each folder."""
        limit = self.parameters.max_files
        left = None if limit is None else max(0, limit - len(self.answered))
        for verdict in self._verdicts():
            if isinstance(verdict, Verdict) and verdict.job is not None and left is not None:
                if left == 0:
                    yield replace(verdict, job=None, why=None, because="", skip=Skip.BEYOND_MAX_FILES)
                    continue
                left -= 1
            yield verdict

    def _verdicts(self) -> Iterator[Verdict | ReadFolder]:
        for folder in self.folders:
            yield from self._in_folder(folder)

    def _in_folder(self, top: Place) -> Iterator[Verdict | ReadFolder]:
        """Depth first, without recursion: folders may be nested deeper than Python's stack."""
        stack = [self._items(top)]
        while stack:
            item = next(stack[-1], None)
            if item is None:
                stack.pop()
            elif isinstance(item, tuple):
                stack.append(self._items(*item))
            else:
                yield item

    def _items(
        self, folder: Place, ignores: Ignores | None = None
    ) -> Iterator[Verdict | ReadFolder | tuple[Place, Ignores]]:
        """A folder's files and folders in the order of their paths; folders with what is left out there."""
        listing = self.read(folder, ignores)
        yield ReadFolder(folder, listing.warning)
        has_media = any(entry.kind is EntryKind.MEDIA for entry in listing.entries)
        known = self.library.known(folder) if has_media else {}
        facts = cache(partial(self.library.facts, folder))  # asked for once, and only where a row is of another version
        below = list(reversed(listing.folders)) if self.parameters.recursive else []
        for entry in listing.entries:
            while below and below[-1] + b"/" < entry.name:
                yield listing.below(below.pop())
            yield self._verdict(listing, entry, known, facts)
        for name in reversed(below):
            yield listing.below(name)

    def _verdict(
        self,
        listing: Listing,
        entry: Entry,
        known: Mapping[bytes, KnownFile],
        facts: Callable[[], Mapping[bytes, RowFacts]],
    ) -> Verdict:
        folder = listing.folder
        if entry.kind is not EntryKind.MEDIA:
            return Verdict(folder, entry, skip=Skip.FILTERED if entry.kind is EntryKind.IGNORED else Skip.UNSUPPORTED)
        file = listing.found(entry)
        this = known.get(file.path, NOTHING_KNOWN)
        has_row = this.size is not None and not this.missing
        if self.answered and file.place.in_event in self.answered:
            return Verdict(folder, entry, answered=True, known=has_row)
        if not self.parameters.takes(entry.name, entry.size):
            return Verdict(folder, entry, skip=Skip.FILTERED, known=has_row)
        told: list[RowFacts] = []

        def tell() -> RowFacts:
            told.append(facts().get(file.path, RowFacts()))
            return told[-1]

        judgement = judge(file, this, self.parameters, self.recipe, tell)
        held_back = is_held_back(this, self.parameters, self.recipe) and _is_image(entry)
        if isinstance(judgement.decision, Skip):
            outlived = judgement.decision is Skip.FRESH and bool(told)
            return Verdict(
                folder, entry, skip=judgement.decision, known=has_row, outlived=outlived, held_back=held_back
            )
        return Verdict(
            folder,
            entry,
            job=judgement.decision,
            why=judgement.why,
            because=judgement.because,
            known=has_row,
            held_back=held_back,
        )


def _is_image(entry: Entry) -> bool:
    promised = FORMAT_OF_SUFFIX.get(suffix_of(entry.name))
    return promised is not None and promised.kind is Kind.IMAGE
