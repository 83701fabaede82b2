"""The one place where the parts meet: settings in, a working house out."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from app.analysis.analyzer import Analyzer
from app.analysis.detector.choosing import MOST
from app.analysis.detector.model import Detector
from app.analysis.inspecting import Inspector
from app.analysis.nsfw.weights import Weights
from app.analysis.pictures.picture import PREVIEW_SIDE, SIDE
from app.analysis.pictures.printing import as_printed
from app.analysis.recipes import Recipes
from app.analysis.worker import prepare_worker
from app.backup.daily import DailyCopies
from app.compare.kept import Comparisons
from app.describe import taking
from app.describe.orders import Offer
from app.errors import (
    BadSetting,
    DatabaseDisabled,
    InvalidRequest,
    MediaIngestError,
    NotDetected,
    Unavailable,
    UnknownFile,
)
from app.export.descriptions.outputs import session_outputs
from app.formats import Kind
from app.ingest.disk.folders import Folders
from app.ingest.disk.inbox import Inbox
from app.ingest.plan.badges import Badges
from app.ingest.plan.planner import Planner
from app.ingest.run.describing import estimated
from app.ingest.run.ingestor import Ingestor
from app.ingest.run.runner import Runner
from app.ingest.session.lock import Lock, lock_database
from app.ingest.session.presets import Presets
from app.ingest.session.previews import Previews
from app.ingest.session.searches import Searches
from app.ingest.session.store import IngestionState
from app.ingest.workers.executor import PoolExecutor
from app.ingest.workers.worker import Limits
from app.library.engine import parse_url, sqlite_path
from app.library.finding import keeping
from app.library.finding.words.backlog import Backlog
from app.library.library import Library
from app.library.migrations import Migration, bring_to_head
from app.library.regions.listing import Detection, Wanted
from app.media import Analysis, Failure, FoundFile, Job, Place, Recipe, Stage, StageStatus
from app.models_here import ModelsHere, detector_of, models_here, weights_of
from app.notify.notifier import Notifier
from app.regions import RegionSource
from app.roots import MediaRoots, with_added
from app.settings import Settings, with_remembered
from app.writing.originals import Originals
from app.writing.writer import Writer


@dataclass(frozen=True, slots=True)
class Records:
    """What needs a database: the library, the sessions and their plans, folders held against it, who is told of them.

    `copies` is None where none are to be made: the library is on PostgreSQL, or the settings say so.
    """

    library: Library
    ingestor: Ingestor
    runner: Runner
    planner: Planner
    backlog: Backlog
    comparisons: Comparisons
    writer: Writer
    notifier: Notifier
    copies: DailyCopies | None


@dataclass(frozen=True, slots=True)
class House:
    """Everything that a door (web or command line) opens on. `records` is None where the database is disabled.

    `offer` tells what there is to choose from for descriptions; `database_lock` keeps others from an SQLite file.
    """

    settings: Settings
    folders: Folders
    store: IngestionState
    executor: PoolExecutor
    weights: Weights
    detector: Detector
    recipes: Recipes
    badges: Badges
    roots: MediaRoots
    presets: Presets
    searches: Searches
    previews: Previews
    inbox: Inbox
    records_or_none: Records | None
    offer: Callable[[], Offer]
    database_lock: Lock | None = None

    @property
    def records(self) -> Records:
        """What needs a database. Raises DatabaseDisabled where there is none."""
        if self.records_or_none is None:
            raise DatabaseDisabled
        return self.records_or_none

    def tells_spending(self) -> bool:
        """Whether pages tell what descriptions cost: nobody is bothered with it who never asked for one."""
        records, settings = self.records_or_none, self.settings
        named = settings.ingest_describe_base_url or settings.ingest_describe_providers
        return records is not None and (named is not None or records.library.run_totals.begun())

    def thumbnail(self, row: Mapping[str, Any]) -> bytes | None:
        """The thumbnail of a row's file as WebP, made again if it is missing; None where none can be."""
        if not _can_be_shown(_stage_of(row)):
            return None
        made = self.store.thumbnail(row["sha256"])
        if made is not None:
            return made
        try:
            made = self._picture(row, SIDE)
        except UnknownFile:
            return None
        self.store.save_thumbnail(row["sha256"], made)
        return made

    def preview(self, row: Mapping[str, Any]) -> bytes:
        """The picture of a row's file as WebP of at most 2,048 px a side, made unless it was kept.

        Raises UnknownFile `no_preview`, which says why none can be made; NeedsAttention.
        """
        kept = self.previews.get(row["sha256"])
        if kept is not None:
            return kept
        stage = _stage_of(row)
        if not _can_be_shown(stage):
            raise _no_preview(row, stage["reason"])
        made = self._picture(row, PREVIEW_SIDE)
        self.store.check_lock()
        self.previews.keep(row["sha256"], made)
        return made

    def printed(self, row: Mapping[str, Any]) -> bytes | None:
        """The picture of a row's file for a document, of at most 1,280 px a side; None where none can be made.

        Where the file is gone, it is the thumbnail. Raises NeedsAttention.
        """
        try:
            return as_printed(self.preview(row))
        except UnknownFile:
            small = self.thumbnail(row)
            return None if small is None else as_printed(small)

    def _picture(self, row: Mapping[str, Any], side: int) -> bytes:
        """The picture of a row's file, made by a worker. Raises UnknownFile `no_preview`, NeedsAttention."""
        place = Place(row["root"], row["path"])
        found = self.folders.found(place) if place.root in self.folders.roots else None
        if found is None:
            raise _no_preview(row, "The file is not there any more.")
        wanted, recipe = frozenset({Stage.IDENTIFY, Stage.THUMBNAIL}), self.recipes.now()
        if Stage.THUMBNAIL not in recipe.runnable(Kind(row["kind"]), wanted):
            raise _no_preview(row, recipe.complaint(Stage.THUMBNAIL))
        result = self.executor.call(_analyzer(self.folders, recipe, side), Job(found, wanted, wanted))
        if isinstance(result, Failure):
            raise _no_preview(row, result.reason)
        if result.identity.sha256 != row["sha256"]:
            raise _no_preview(row, "The file was changed after it was taken in.")
        if result.picture is None:
            raise _no_preview(row, result.stages[Stage.THUMBNAIL].reason)
        return result.picture.webp

    def models_here(self) -> ModelsHere:
        """What looks for regions here, and whether it can be used."""
        return models_here(self.detector.look(), self.recipes.now(), self.settings.ingest_detector_threshold)

    def detect(self, place: Place) -> list[Detection]:
        """Lets a worker run the detector on one file that the library knows, keeps what it finds, and gives it back.

        Raises UnknownFile, NotDetected, NeedsAttention, and Unavailable with the cause where there is no detector.
        """
        library, state, recipe = self.records.library, self.detector.look(), self.recipes.now()
        row, stages = library.known_file(place), frozenset({Stage.IDENTIFY, Stage.DETECT})
        if recipe.detector is None:
            raise Unavailable(state.sentence, cause=state.cause)
        found = self.folders.found(place)
        if found is None:
            raise UnknownFile(f"The file {place.shown} is not there any more.", cause="file_gone")
        if Stage.DETECT not in recipe.runnable(Kind(row["kind"]), stages):
            raise NotDetected(f"{place.shown} is no picture: a detector looks at pictures alone.")
        result = self.executor.call(_analyzer(self.folders, recipe), Job(found, stages, stages))
        if isinstance(result, Failure):
            raise NotDetected(f"Nothing could be detected in {place.shown}: {result.reason}")
        ended = result.stages[Stage.DETECT]
        if ended.status is not StageStatus.DONE:
            raise NotDetected(f"Nothing could be detected in {place.shown}: {ended.reason}")
        self.store.check_lock()
        library.detected(result, recipe.models_in([Stage.DETECT]))
        return library.detections.page(Wanted(source=RegionSource.DETECTOR, path=place), after=0, limit=MOST)[0]

    def close(self) -> None:
        """Ends the session at work as interrupted, the workers, the connections and the lock."""
        if self.records_or_none is not None:
            self.records_or_none.comparisons.close()
            self.records_or_none.runner.close()
            self.records_or_none.notifier.close()
            self.records_or_none.backlog.close()
            if self.records_or_none.copies is not None:
                self.records_or_none.copies.close()
            self.records_or_none.library.close()
        self.detector.close()
        self.executor.close()
        if self.database_lock is not None:
            self.database_lock.release()
        self.store.release()


def build(settings: Settings, store: IngestionState, *, migrate: bool = True) -> tuple[House, Migration | None]:
    """The house of these settings on a state folder; nothing runs yet. Raises CannotStart with one sentence.

    With `migrate` the database is brought to head first, and what was done is returned.
    """
    migration = bring_to_head(settings.database_url) if migrate and settings.database_enabled else None
    folders = Folders(with_added(settings, store).ingest_media_roots)
    _check_inbox(settings, folders)
    weights = weights_of(settings)
    detector = detector_of(settings)
    recipes = Recipes(weights, detector)
    limits = Limits(
        settings.ingest_file_timeout_seconds, settings.file_timeout_video_seconds, settings.ingest_worker_memory_mb
    )
    executor = PoolExecutor(settings.ingest_workers, limits, prepare_worker, ["app.analysis.analyzer"])
    library, records = _library_of(settings, store) if settings.database_enabled else None, None
    if library is not None:
        interval = settings.ingest_progress_interval
        ingestor = Ingestor(
            folders,
            library,
            store,
            executor,
            partial(_analyzer, folders),
            recipes,
            progress_interval=interval,
            take=partial(taking.take, settings),
            outputs=session_outputs(settings.describe_dir, folders, library, store),
        )
        planner = Planner(
            folders,
            library,
            ingestor.recipe_for,
            partial(rows_in, library),
            free=partial(free_bytes, store.folder),
            found=ingestor.found,
            cost=partial(estimated, ingestor.take, library),
        )
        runner = Runner(ingestor)
        runner.listen(planner.hear)
        backlog = Backlog(library.indexing, partial(_at_work, runner))
        writer = Writer(
            folders,
            library,
            settings.sidecar_dir,
            rest=runner.at_rest,
            inspect=partial(_inspect, folders, executor),
            originals=Originals(store.folder / "originals", settings.ingest_keep_originals_mb * 2**20),
            carry=partial(_carry_thumbnail, store),
        )
        notifier = Notifier(settings, library.notifications)
        runner.listen(notifier.hear)
        copies = _copies(settings, library, partial(_at_work, runner))
        comparisons = Comparisons(folders, library.stock)
        records = Records(library, ingestor, runner, planner, backlog, comparisons, writer, notifier, copies)
    badges = Badges(folders, library)
    roots = MediaRoots(settings, store, folders, library, records.runner if records else None)
    inbox = Inbox(folders, settings.ingest_inbox)
    previews = Previews(store.folder / "previews", settings.ingest_preview_cache_mb * 2**20)
    kept = Presets(store), Searches(store), previews
    parts = settings, folders, store, executor, weights, detector, recipes, badges, roots, *kept, inbox, records
    made = House(*parts, partial(taking.offer, settings))
    return made, migration


def take(settings: Settings, address: str) -> tuple[House, Migration | None]:
    """The house of these settings, once its state folder is ours and knows their media roots.

    `address` is what others are told of whoever holds the folder. Raises CannotStart or NeedsAttention.
    """
    store = IngestionState(settings.ingest_state_dir)
    store.acquire(address)
    lock: Lock | None = None
    try:
        store.remember_roots(with_remembered(settings, store.remembered_roots()).ingest_media_roots)
        file = sqlite_path(parse_url(settings.database_url)) if settings.database_enabled else None
        if file is not None:
            lock = lock_database(file, address)
        house, migration = build(settings, store)
        if house.records_or_none is not None:
            house.records_or_none.writer.tidy()  # before any session looks at the files
            house.records_or_none.library.leases.enter(store.server_id(), address)
        return replace(house, database_lock=lock), migration
    except MediaIngestError:
        if lock is not None:
            lock.release()
        store.release()
        raise


def _library_of(settings: Settings, store: IngestionState) -> Library:
    columns, threshold = store.folder / keeping.NAME, settings.ingest_nsfw_threshold
    return Library(settings.database_url, columns, nsfw_threshold=threshold)


def _at_work(runner: Runner) -> bool:
    return any(session.status.working for session in runner.sessions())


def _copies(settings: Settings, library: Library, at_work: Callable[[], bool]) -> DailyCopies | None:
    """What copies the library once a day; None where that is switched off, or PostgreSQL's own program does it."""
    file = sqlite_path(parse_url(settings.database_url))
    if file is None or settings.ingest_backups == 0:
        return None
    kept = settings.ingest_backups
    return DailyCopies(file, settings.backup_dir, kept, at_work=at_work, holds_anything=library.holds_anything)


def _check_inbox(settings: Settings, folders: Folders) -> None:
    """Raises BadSetting where the inbox is not inside a media root."""
    if settings.ingest_inbox is None:
        return
    try:
        place = folders.locate(settings.ingest_inbox)
    except InvalidRequest as error:
        raise BadSetting(f"INGEST_INBOX: {error.sentence}") from None
    if not place.path:
        raise BadSetting(f"INGEST_INBOX: name a folder inside '{place.root}', such as {place.root}/inbox.")


def rows_in(library: Library, folders: tuple[Place, ...], below: bool) -> Mapping[str, int]:  # noqa: FBT001
    """How many rows a library has in folders (and below them), by root."""
    return library.presence.by_root(folders, below=below)


def free_bytes(folder: Path) -> int | None:
    """What is free on the disk of a folder; None where the system does not say."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def _analyzer(folders: Folders, recipe: Recipe, side: int = SIDE) -> Analyzer:
    """An analysis in the media roots as they are when a run begins; its picture has at most `side` px a side."""
    return Analyzer(_roots_as_text(folders), recipe, side)


def _inspect(folders: Folders, executor: PoolExecutor, file: FoundFile) -> Analysis | Failure:
    """What a worker sees of one picture, its sidecars left aside. Raises NeedsAttention."""
    decoded = frozenset({Stage.IDENTIFY, Stage.THUMBNAIL})
    return executor.call(Inspector(_roots_as_text(folders)), Job(file, decoded, decoded))


def _carry_thumbnail(store: IngestionState, former: str, now: str) -> None:
    """Lets a thumbnail be that of other bytes, too, which show the same picture. Raises NeedsAttention."""
    if (made := store.thumbnail(former)) is not None:
        store.save_thumbnail(now, made)


def _stage_of(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """How stage thumbnail ended for a row."""
    return {"status": StageStatus.SKIPPED, "reason": None, **row["stages"].get(Stage.THUMBNAIL.value, {})}


def _can_be_shown(stage: Mapping[str, Any]) -> bool:
    """Whether stage thumbnail has made something of a file, or has not been asked yet."""
    return bool(stage["status"] != StageStatus.FAILED or stage.get("partial"))


def _no_preview(row: Mapping[str, Any], reason: str | None) -> UnknownFile:
    sentence = f"There is no preview of {Place(row['root'], row['path']).shown}."
    return UnknownFile(f"{sentence} {reason}" if reason else sentence, cause="no_preview")


def _roots_as_text(folders: Folders) -> Mapping[str, str]:
    return {name: os.fsdecode(path) for name, path in folders.roots.items()}
