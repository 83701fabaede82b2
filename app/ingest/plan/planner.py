"""What a session would do, counted before it starts by the code that then does it.

One walk over a directory serves every change of options: the listings are kept, the library is asked anew each time.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, overload

from typing_extensions import TypedDict

from app.errors import BadCursor, InvalidRequest
from app.ingest.disk.folders import EntryKind, Folders, Listing
from app.ingest.disk.guard import shrunk
from app.ingest.disk.ignoring import Ignores
from app.ingest.plan.retrying import ChosenFiles
from app.ingest.plan.survey import Knowledge, Survey, Verdict
from app.ingest.plan.tally import MAX_WARNINGS, Tally
from app.ingest.session.parameters import Parameters
from app.ingest.session.state import SessionState, Status
from app.ingest.session.status import Range
from app.media import Place, Recipe, Skip, Stage
from app.shapes import described
from app.texts import path_from_shown

KEEP_SECONDS = 600.0
SECONDS_PER_FILE = (0.03, 0.3)  # before this library has any experience of its own
SECONDS_OF = {Stage.NSFW: (0.02, 0.08), Stage.BARCODES: (0.03, 0.5), Stage.DETECT: (0.05, 1.0)}
"""A file takes at least so long with one of these stages, whatever sessions without it took.

Reading barcodes took 0.02 s of a picture of 600 px and 0.26 s of one of 2,880; a detector's time is assumed, for it is
that of the model.
"""
THUMBNAIL_BYTES = 10_000  # the mean of 24 pictures of the corpus with 1,000 px and more a side
ROW_BYTES = 3_600  # of the database to one of the 635 rows after the corpus was taken in, its events included
LISTS = ("pending", *(skip.value for skip in Skip))


@described
class FilesOfFormat(TypedDict):
    """Media files of one format in the folders, whatever becomes of them."""

    files: int
    """How many."""
    bytes: int
    """How large they are together."""
    pattern: str
    """The `pattern` that chooses them: globs of the suffixes that were found."""


@described
class Space(TypedDict):
    """What the state folder and the database would grow by, in bytes, as far as it can be guessed."""

    thumbnails: int
    """Thumbnails of the files that are new."""
    database: int
    """Rows and events of the files that are new."""
    free: int | None
    """Free on the disk of the state folder; null where that is not known."""


@described
class DescribeEstimate(TypedDict):
    """What the descriptions of a session would take."""

    requests: int
    """Pictures that a model would be asked about, if each is answered at once."""
    usd: Range | None
    """What that would cost, in USD: from the least to the most that the last pictures cost, and before any to the most
    that a request can cost; null where no price is known."""
    priced: bool
    """Whether a price is known; without one no budget can be promised."""
    seconds: Range
    """How long the answers would take: from the least to the most that the last pictures took, so many at a time as the
    provider is asked about."""
    left_out: int
    """Pictures that are not sent because they are NSFW, or because nobody will know whether they are."""


@described
class Plan(TypedDict):
    """What a session would do."""

    walking: Literal[False]
    """The folders have been walked."""
    discovered: int
    """Files found: `pending` and all `skipped`."""
    pending: int
    """Files that the session would process: its `total_files`."""
    pending_by: Mapping[str, int]
    """Files to process by why: `new`, `changed`, `sidecar_changed`, `new_stages`, `only_nsfw`, `read_again` (this
    version reads more of them), `returned`, `words_wait`, `failed_before` (and tried again), `again`."""
    read_again: Mapping[str, int]
    """The files that count as `read_again` by the reason, most first; a reason goes on after "because"."""
    skipped: Mapping[str, int]
    """Files that it would not process, by why."""
    unavailable: Mapping[str, str]
    """Stages that cannot run here, each with one sentence."""
    limited: Mapping[str, str]
    """Stages that run, but not for every kind of file, each with one sentence."""
    estimate_seconds: Range
    """How long it would take."""
    by_type: Mapping[str, int]
    """Files to process by the format that their suffix promises."""
    formats: Mapping[str, FilesOfFormat]
    """All media files in the folders by the format that their suffix promises, most first, whatever the pattern."""
    space: Space
    """What it would take on the disk."""
    folders: int
    """Folders that were read."""
    directories: list[str]
    """The folders of the session, as shown."""
    warnings: list[str]
    """Sentences about what could not be read or looks wrong, at most 20."""
    age_seconds: float
    """How old the walk is, in seconds."""
    describe_estimate: DescribeEstimate | None
    """What its descriptions would cost; null where it asks for none."""


@described
class Walking(TypedDict):
    """The walk is not at its end yet: ask again."""

    walking: Literal[True]
    """The folders are being walked."""
    discovered: int
    """Files found so far."""


@described
class PlannedFile(TypedDict):
    """One file of a class of the plan."""

    path: str
    """`ROOT/relative` as shown."""
    size: int | None
    """Bytes; null for what is no media file."""
    why: str | None
    """Why it is to be processed (see `pending_by`); null where it is skipped."""


class PlannedFiles(TypedDict):
    """A page of one class of the plan, in path order."""

    files: list[PlannedFile]
    next: str | None


@dataclass(slots=True)
class Walk:
    """The listings of one source, as they were when the walk began (`monotonic` seconds)."""

    folders: tuple[Place, ...]
    recursive: bool
    began: float = field(default_factory=time.monotonic)
    listings: dict[Place, Listing] = field(default_factory=dict)
    discovered: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def read(self, folder: Place, ignores: Ignores | None = None) -> Listing:
        """A listing as `Folders.read` gives it, from memory."""
        return self.listings.get(folder) or Listing(folder, ignores or Ignores(folder.root))

    def run(self, disk: Folders) -> None:
        """Reads every folder; `discovered` grows while it runs."""
        stack: list[tuple[Place, Ignores | None]] = [(folder, None) for folder in self.folders]
        try:
            while stack:
                folder, ignores = stack.pop()
                listing = self.listings[folder] = disk.read(folder, ignores)
                self.discovered += len(listing.entries)
                if self.recursive:
                    stack += map(listing.below, listing.folders)
        finally:
            self.done.set()


class Planner:
    """Plans for the page and for programs; keeps the last walk."""

    def __init__(
        self,
        folders: Folders,
        library: Knowledge,
        recipe: Callable[[Parameters], Recipe],
        rows: Callable[[tuple[Place, ...], bool], Mapping[str, int]] = lambda _folders, _below: {},
        *,
        free: Callable[[], int | None] = lambda: None,
        found: Callable[[str], list[bytes]] = lambda _q: [],
        cost: Callable[[Parameters, int, int], DescribeEstimate | None] = lambda _parameters, _asked, _left: None,
    ) -> None:
        self._folders = folders
        self._library = library
        self._recipe = recipe
        self._rows = rows  # how many the library has in folders (and below), by root
        self._free = free  # bytes on the disk of the state folder
        self._found = found  # what a search finds, as `ROOT/relative`
        self._cost = cost  # what so many descriptions would cost, and how many pictures are left out
        self._walk: Walk | None = None
        self._statuses: dict[str, Status] = {}
        self._lock = threading.Lock()

    @overload
    def plan(
        self, parameters: Parameters, *, pace: tuple[float, float] | None = None, wait_seconds: None = None
    ) -> Plan: ...

    @overload
    def plan(
        self,
        parameters: Parameters,
        *,
        pace: tuple[float, float] | None = None,
        wait_seconds: float | None,
        refresh: bool = False,
    ) -> Plan | Walking: ...

    def plan(
        self,
        parameters: Parameters,
        *,
        pace: tuple[float, float] | None = None,
        wait_seconds: float | None = None,
        refresh: bool = False,
    ) -> Plan | Walking:
        """The counts of the contract.

        With `wait_seconds` an earlier walk may serve, and one that takes longer answers `{"walking": true,
        "discovered"}`. `pace` is the time that one file takes, low and high, in seconds.
        """
        walk = self._walked(parameters, fresh=refresh or wait_seconds is None)
        if not walk.done.wait(wait_seconds):
            return {"walking": True, "discovered": walk.discovered}
        survey = self._survey(parameters, walk)
        tally = Tally().counted(survey)
        unavailable, limited = survey.recipe.told(parameters.wanted)
        space = self._space(tally, parameters)
        suspicious = shrunk(tally.media, self._rows(walk.folders, walk.recursive))
        low, high = pace or SECONDS_PER_FILE
        for stage in survey.recipe.possible(parameters.wanted) & SECONDS_OF.keys():
            low, high = max(low, SECONDS_OF[stage][0]), max(high, SECONDS_OF[stage][1])
        cost = self._cost(parameters, tally.to_describe, tally.held_back)
        asked = {"low": 0.0, "high": 0.0} if cost is None else cost["seconds"]  # meanwhile the next files are read
        return {
            "walking": False,
            "discovered": tally.discovered,
            "pending": tally.pending,
            "pending_by": tally.pending_by,
            "read_again": dict(sorted(tally.read_again.items(), key=lambda item: -item[1])),
            "skipped": {skip.value: tally.skipped[skip] for skip in Skip},
            "unavailable": unavailable,
            "limited": limited,
            "estimate_seconds": {
                "low": max(round(tally.pending * low, 1), asked["low"]),
                "high": max(round(tally.pending * high, 1), asked["high"]),
            },
            "by_type": tally.by_type,
            "formats": _formats(tally),
            "space": space,
            "folders": tally.folders,
            "directories": list(parameters.directories),
            "warnings": [*filter(None, (suspicious, _short_of(space))), *tally.warnings][:MAX_WARNINGS],
            "age_seconds": round(time.monotonic() - walk.began, 1),
            "describe_estimate": cost,
        }

    def hear(self, session: SessionState) -> None:
        """Drops the last walk whenever a session moves on: that has seen the disk since, and changed the library."""
        with self._lock:
            if self._statuses.get(session.session_id) is not session.status:
                self._statuses[session.session_id] = session.status
                self._walk = None

    def files(self, parameters: Parameters, name: str, *, cursor: str | None, limit: int) -> PlannedFiles:
        """A page of the files of one class of the plan (`pending` or a skip), in path order."""
        if name not in LISTS:
            raise InvalidRequest(f"'list' must be one of {', '.join(LISTS)}.", field="list")
        walk = self._walked(parameters, fresh=False)
        walk.done.wait()
        return page_of(self._survey(parameters, walk), name, cursor=cursor, limit=limit)

    def _space(self, tally: Tally, parameters: Parameters) -> Space:
        new = tally.pending_by.get("new", 0)
        thumbnails = new * THUMBNAIL_BYTES if Stage.THUMBNAIL in parameters.wanted else 0
        return {"thumbnails": thumbnails, "database": new * ROW_BYTES, "free": self._free()}

    def _survey(self, parameters: Parameters, walk: Walk) -> Survey:
        return Survey(walk.read, self._library, self._recipe(parameters), walk.folders, parameters)

    def _walked(self, parameters: Parameters, *, fresh: bool) -> Walk:
        """The last walk if it is over the same folders and may serve; else a new one, on a thread of its own.

        What a search finds is listed at once.
        """
        if parameters.q is not None:
            return _listed(ChosenFiles(self._folders.read, self._found(parameters.q)))
        folders = self._folders.resolve_all(parameters.directories, recursive=parameters.recursive)
        with self._lock:
            walk = self._walk
            same = walk is not None and walk.folders == folders and walk.recursive == parameters.recursive
            young = walk is not None and time.monotonic() - walk.began < KEEP_SECONDS
            if walk is not None and same and young and not (fresh and walk.done.is_set()):
                return walk
            walk = self._walk = Walk(folders, parameters.recursive)
        threading.Thread(target=walk.run, args=(self._folders,), name="walk", daemon=True).start()
        return walk


def _listed(files: ChosenFiles) -> Walk:
    walk = Walk(files.folders, recursive=False)
    walk.listings = {folder: files.read(folder) for folder in files.folders}
    walk.done.set()
    return walk


def _formats(tally: Tally) -> dict[str, FilesOfFormat]:
    most_first = sorted(tally.formats.items(), key=lambda item: (-item[1].files, item[0]))
    return {name: {"files": of.files, "bytes": of.size, "pattern": of.pattern} for name, of in most_first}


def _short_of(space: Space) -> str | None:
    """A warning where the disk of the state folder has less free than a session would take."""
    needed = space["thumbnails"] + space["database"]
    if space["free"] is None or needed <= space["free"]:
        return None
    return (
        f"The disk of the state folder has {space['free'] / 1e9:.1f} GB free; "
        f"thumbnails and rows of the new files take about {needed / 1e9:.1f} GB."
    )


def page_of(survey: Survey, name: str, *, cursor: str | None, limit: int) -> PlannedFiles:
    """A page of one class of a survey: the files after the path `cursor`.

    The cursor need not be in the class any more: files are in the order of their paths. Raises BadCursor.
    """
    try:
        after = b"" if cursor is None else path_from_shown(cursor)
    except UnicodeEncodeError:  # a lone surrogate, which no shown path has
        raise BadCursor from None
    found = list(islice(_of_class(survey, name, after), limit + 1))
    files: list[PlannedFile] = [
        {
            "path": verdict.place.shown,
            "size": verdict.entry.size if verdict.entry.kind is EntryKind.MEDIA else None,
            "why": verdict.why,
        }
        for verdict in found[:limit]
    ]
    return {"files": files, "next": files[-1]["path"] if len(found) > limit else None}


def _of_class(survey: Survey, name: str, after: bytes) -> Iterator[Verdict]:
    for verdict in survey:
        if (
            isinstance(verdict, Verdict)
            and not verdict.answered
            and (verdict.skip or "pending") == name
            and verdict.place.in_event > after
        ):
            yield verdict
