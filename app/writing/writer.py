"""Writes what a person said, file by file, and takes it back: the one that knows disk, library and sessions together.

Files are noted in the database, written on the disk, and known to their rows, in this order; `tidy` goes on where a
crash broke that off. A file that cannot be written is refused by its cause, and holds up no other.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from app.crash_points import crash_point
from app.errors import Conflict, NotFound
from app.ingest.disk.folders import Folders, Listing
from app.library.library import Library
from app.library.whereabouts import RowFile, Whereabouts
from app.library.writes.writes import BEGUN, Begun, Stamp, undo_of
from app.media import Place, storable_ns
from app.settings import check_apart
from app.slices import in_slices
from app.texts import shown_name
from app.writing.causes import LEFT_FOR, NotWritten
from app.writing.files import Files, Inspect
from app.writing.originals import Originals
from app.writing.planned import (
    FileWritten,
    LastWrite,
    Plan,
    TakenBack,
    Target,
    Told,
    WriteOutcome,
    Written,
    sentence_of,
)
from app.writing.program import MISSING, find_program
from app.writing.sidecars import Sidecars
from app.writing.words import Difference, said_by_a_person, taken_back

AT_ONCE = 100
"""Files of a folder that are noted in one transaction, and whose stamps are read together."""
ASKED_AT_ONCE = 500
"""Files of whose earlier writes the log is asked together."""
Row: TypeAlias = Any
Rest: TypeAlias = Callable[[], AbstractContextManager[None]]


class Way(Protocol):
    """One kind of target: sidecars, or the files themselves."""

    def plan(self, row: Any, words: Any) -> Plan:
        """What would change. Raises NotWritten."""

    def begun(self, plan: Plan) -> Begun:
        """A plan as it is noted. Raises NotWritten."""

    def write(self, plan: Plan, file: Any) -> str:
        """Puts the new bytes in their place: their SHA-256. Raises NotWritten."""

    def undo(self, file: Any) -> None:
        """Puts back what was there. Raises NotWritten."""

    def sha256(self, file: Any) -> str | None:
        """What is there now. Raises NotWritten."""


class Writer:
    """The writer of one house; one write at a time.

    `rest` keeps sessions from beginning while files change, `inspect` looks at a picture in a worker, `originals` keeps
    those of files that are written into, and `carry` lets what was made of the bytes with one SHA-256 serve those with
    another, which show the same.
    """

    def __init__(
        self,
        folders: Folders,
        library: Library,
        sidecar_dir: Path,
        *,
        rest: Rest,
        inspect: Inspect,
        originals: Originals,
        carry: Callable[[str, str], None],
    ) -> None:
        self._folders, self._library, self._rest = folders, library, rest
        self._sidecar_dir = sidecar_dir
        self._inspect, self._originals, self._carry = inspect, originals, carry
        self._writing = threading.Lock()

    @property
    def shown_dir(self) -> str:
        """The folder for sidecars, for people."""
        return shown_name(os.fsencode(os.path.abspath(self._sidecar_dir)))

    def why_not(self, target: Target) -> str | None:
        """Why a target cannot be used at all, in one sentence; None where it can."""
        if target is Target.FILE:
            return None if find_program() else MISSING
        if target is Target.SIDECAR:
            return None
        roots = {name: Path(os.fsdecode(path)) for name, path in self._folders.roots.items()}
        try:
            check_apart(self._sidecar_dir, roots, "sidecars", "INGEST_SIDECAR_DIR")
        except ValueError as error:
            return f"{str(error)[:1].upper()}{str(error)[1:]}."
        return None

    # -- writing -------------------------------------------------------------------------------------------------

    def dry_run(self, rows: Sequence[Row], target: Target, fields: Iterable[str]) -> Written:
        """What a write would change, of a target that can be used."""
        told = [
            one if isinstance(one, Told) else one.told(WriteOutcome.WOULD_WRITE)
            for one in self._plans(rows, target, self._made(target), tuple(fields))
        ]
        return _answer(target, told, None, dry_run=True)

    def write(self, rows: Sequence[Row], target: Target, fields: Iterable[str]) -> Written:
        """Writes what a person said of these rows. Raises Conflict `write_at_work`, IllegalMove.

        Where files of the roots change, no session may be at work, and none begins meanwhile.
        """
        way, told = self._made(target), dict[int, Told]()
        write_id = None
        with self._alone(), nullcontext() if target is Target.SIDECAR_DIR else self._rest():
            self.tidy()
            plans: list[tuple[int, Plan]] = []
            for number, one in enumerate(self._plans(rows, target, way, tuple(fields))):
                if isinstance(one, Told):
                    told[number] = one
                else:
                    plans.append((number, one))
            plans.sort(key=lambda plan: plan[1].of.in_event)
            for folder, some in groupby(plans, key=lambda plan: plan[1].of.folder):
                for part in in_slices(some, AT_ONCE):
                    write_id, done = self._write(folder, [plan for _, plan in part], way, target, write_id)
                    told |= dict(zip((number for number, _ in part), done, strict=True))
            self._library.writes.prune()
            self._make_room()
        last = self.last() if any(one.outcome is WriteOutcome.WRITTEN for one in told.values()) else None
        undo = last["undo"] if last and write_id and last["undo"] == undo_of(write_id) else None
        return _answer(target, [told[number] for number in range(len(rows))], undo, dry_run=False)

    def _write(
        self, folder: Place, plans: Sequence[Plan], way: Way, target: Target, write_id: int | None
    ) -> tuple[int | None, list[Told]]:
        """Writes some files of one folder: what became of each, in order."""
        told: list[Told | None] = [None] * len(plans)
        begun: list[tuple[int, Begun]] = []
        for number, plan in enumerate(plans):
            try:
                begun.append((number, way.begun(plan)))
            except NotWritten as refused:
                told[number] = _refused(plan, refused)
        if not begun:
            return write_id, [one for one in told if one]
        before = self._listed(folder, target)
        write_id, rows = self._library.writes.begin(target, [one for _, one in begun], write_id)
        crash_point("write_begun")
        written: list[tuple[int, Any, str]] = []
        try:
            for (number, _), row in zip(begun, rows, strict=True):
                try:
                    written.append((number, row, way.write(plans[number], row)))
                except NotWritten as refused:
                    self._library.writes.drop([row.id])
                    told[number] = _refused(plans[number], refused)
        finally:  # whatever comes, what has its new bytes is known to its row
            after = self._listed(folder, target)
            for number, row, sha256 in written:
                plan = plans[number]
                sentence = sentence_of(target, plan.shown, plan.changes)
                self._finish(row, self._stamp(row, sha256, before, after), sentence)
                crash_point("write_recorded")
                told[number] = plan.told(WriteOutcome.WRITTEN)
        return write_id, [one for one in told if one]

    def _plans(self, rows: Iterable[Row], target: Target, way: Way, fields: tuple[str, ...]) -> Iterator[Plan | Told]:
        """What is to become of each row: a plan where its target says something else, else what there is to say."""
        for row, words in self._words(rows, target, fields):
            place = Place(row["root"], row["path"])
            if not words:
                yield Told(place, WriteOutcome.NOTHING_SAID)
                continue
            if place.root not in self._folders.roots:
                yield Told(place, WriteOutcome.REFUSED, None, "file_gone", _no_root(place.root))
                continue
            try:
                plan = way.plan(row, words)
            except NotWritten as refused:
                yield Told(place, WriteOutcome.REFUSED, None, refused.cause, refused.sentence)
                continue
            yield plan if plan.changes else plan.told(WriteOutcome.UNCHANGED)

    def _words(
        self, rows: Iterable[Row], target: Target, fields: tuple[str, ...]
    ) -> Iterator[tuple[Row, dict[str, Any]]]:
        """Each row with what is to be written of it, keywords that were taken back among it."""
        for some in in_slices(rows, ASKED_AT_ONCE):
            places = [Place(row["root"], row["path"]) for row in some]
            told = self._library.writes.told(places, target) if "keywords" in fields else {}
            for row, place in zip(some, places, strict=True):
                yield row, taken_back(said_by_a_person(row, fields), told.get(place, ()))

    # -- taking back ---------------------------------------------------------------------------------------------

    def last(self) -> LastWrite | None:
        """The newest write that can be undone; None without one."""
        last = self._library.writes.last()
        if last is None:
            return None
        return {"undo": undo_of(last.id), "at": last.at, "to": last.target, "files": last.files}

    def undo(self, undo: str) -> TakenBack:
        """Puts back what was there before a write, as far as nothing changed since. Raises NotFound, Conflict."""
        with self._alone():
            files = self._library.writes.files(int(undo.removeprefix("w")))
            if not files:
                raise NotFound(f"There is no write {undo} that can be undone.", cause="unknown_write")
            target = Target(files[0].target)
            way, changed, left = self._made(target), 0, list[FileWritten]()
            with nullcontext() if target is Target.SIDECAR_DIR else self._rest():
                files.sort(key=lambda file: Place(file.root, file.path).in_event)
                for folder, some in groupby(files, key=lambda file: Place(file.root, file.path).folder):
                    tried = self._undo(folder, list(some), way, target)
                    left += [told.as_answer() for told in tried if told is not None]
                    changed += tried.count(None)
            self._make_room()
        return {"changed": changed, "left": left}

    def _undo(self, folder: Place, files: Sequence[Any], way: Way, target: Target) -> list[Told | None]:
        """Takes back some files of one folder: None for each that is as it was, else why it is not."""
        if target is not Target.SIDECAR_DIR and folder.root not in self._folders.roots:
            gone = NotWritten("file_gone", _no_root(folder.root))
            return [_left(file, gone) for file in files]
        told: list[Told | None] = []
        before = self._listed(folder, target)
        for file in files:
            self._library.writes.undoing(file.id)
            try:
                way.undo(file)
                told.append(None)
            except NotWritten as refused:
                vanished = refused.cause == "file_gone" and self._surely_gone(file, target)
                if vanished or refused.cause in LEFT_FOR:
                    self._library.writes.leave(file, refused.cause, refused.sentence)
                else:
                    self._library.writes.still_written(file.id)
                told.append(_left(file, refused))
        after = self._listed(folder, target)
        for file, refusal in zip(files, told, strict=True):
            if refusal is None:
                self._take_back(file, self._stamp(file, file.former_sha256, before, after))
        return told

    def _take_back(self, file: Any, stamp: Stamp) -> None:
        self._library.writes.take_back(file, stamp, "What had been written was undone.")

    # -- after a crash -------------------------------------------------------------------------------------------

    def tidy(self) -> None:
        """Ends what was broken off: the row of a file with new bytes knows them, of one as it was before nothing stays.

        What is neither is left as it is, with its original, and an event says so. What lies on a disk that is not there
        waits for another start.
        """
        for file in self._library.writes.broken_off():
            target = Target(file.target)
            try:
                there = self._there(file, target)
            except NotWritten:
                continue
            if file.status != BEGUN:
                if there == file.former_sha256:
                    self._take_back(file, self._stamp(file, there, None, None))
                elif there == file.new_sha256:
                    self._library.writes.still_written(file.id)
                else:
                    self._leave(file, there)
            elif there is not None and there == file.new_sha256:
                changes = tuple(Difference(**change) for change in file.changes)
                sentence = sentence_of(target, shown_name(file.place), changes)
                self._finish(file, self._stamp(file, there, None, None), sentence)
            elif there == file.former_sha256 or file.new_sha256 is None:
                self._library.writes.drop([file.id])
            else:
                self._leave(file, there)

    def _leave(self, file: Any, there: str | None) -> None:
        """Ends what was broken off where neither the old bytes nor the new ones are there."""
        shown, work = shown_name(file.place), "writing" if file.status == BEGUN else "undo"
        found, cause = ("is not there", "file_gone") if there is None else ("has other bytes", "file_changed")
        sentence = f"Its {work} was broken off, and {shown} {found} by now: it is left as it is."
        self._library.writes.leave(file, cause, sentence)

    def _there(self, file: Any, target: Target) -> str | None:
        """The SHA-256 of what is there of a file that was broken off; None where there surely is nothing.

        Raises NotWritten where that cannot be told: an empty folder may be one in which no disk is mounted.
        """
        if target is not Target.SIDECAR_DIR and not os.path.isdir(self._folders.roots.get(file.root, b"")):
            raise NotWritten("file_gone", f"The media root '{file.root}' is not there.")
        try:
            there = self._made(target).sha256(file)
        except NotWritten as refused:
            if refused.cause != "file_gone":
                raise
            there = None
        if there is None and not self._surely_gone(file, target):
            raise NotWritten("file_gone", f"{shown_name(file.place)} is not there.")
        return there

    def _surely_gone(self, file: Any, target: Target) -> bool:
        """Whether what is not there is gone: a sidecar by its picture, or others; a picture by what a session found."""
        place, beside = Place(file.root, file.path), self._sidecar_dir
        if target is Target.SIDECAR_DIR:
            return (beside.is_dir() and any(beside.iterdir())) or self._originals.stand_beside(beside)
        if target is Target.SIDECAR and self._folders.found(place) is not None:
            return True
        row = self._library.file(place)
        return row is None or row["missing_at"] is not None

    # -- what the disk says --------------------------------------------------------------------------------------

    def _listed(self, folder: Place, target: Target) -> Listing | None:
        return self._folders.read(folder) if target is Target.SIDECAR else None

    def _make_room(self) -> None:
        self._originals.make_room(self._library.writes.kept(), self._library.writes.let_go)

    def _finish(self, file: Any, stamp: Stamp, sentence: str) -> None:
        if stamp.sha256 is not None and file.former_sha256 is not None:
            self._carry(file.former_sha256, stamp.sha256)
        self._library.writes.finish(file, stamp, sentence, self._look)

    def _stamp(self, file: Any, sha256: str | None, before: Listing | None, after: Listing | None) -> Stamp:
        """What the row of a file is to know. Without listings the sidecars are read again once."""
        if file.target == Target.FILE:
            status = self._folders.status(Place(file.root, file.path))
            return Stamp(status.st_size, storable_ns(status.st_mtime_ns), sha256)
        if before is not None and after is not None:
            name = Place(file.root, file.path).name
            texts = [next((one.sidecar for one in told.entries if one.name == name), "") for told in (before, after)]
            return Stamp(sidecar=(texts[0], texts[1]))
        return Stamp()

    def _look(self, row: RowFile) -> Whereabouts:
        """Where the file of another row is."""
        if row.root not in self._folders.roots:
            return Whereabouts.UNKNOWN
        try:
            status = self._folders.status(row.place)
        except (FileNotFoundError, NotADirectoryError):
            return Whereabouts.UNSURE
        except OSError:
            return Whereabouts.UNKNOWN
        same = (status.st_size, storable_ns(status.st_mtime_ns)) == (row.size, row.mtime_ns)
        return Whereabouts.IN_PLACE if same else Whereabouts.CHANGED

    def _made(self, target: Target) -> Way:
        if target is Target.FILE:
            return Files(self._folders, self._inspect, self._originals, self._library.writes.ready)
        return Sidecars(self._folders, os.fsencode(os.path.abspath(self._sidecar_dir)), target)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._writing.acquire(blocking=False):
            raise Conflict("Another write is at work: wait until it has ended.", cause="write_at_work")
        try:
            yield
        finally:
            self._writing.release()


def _no_root(root: str) -> str:
    return f"There is no media root '{root}' any more."


def _left(file: Any, refused: NotWritten) -> Told:
    """A file whose writing is not undone."""
    return Told(Place(file.root, file.path), WriteOutcome.REFUSED, None, refused.cause, refused.sentence)


def _refused(plan: Plan, refused: NotWritten) -> Told:
    return plan.told(WriteOutcome.REFUSED, cause=refused.cause, reason=refused.sentence)


def _answer(target: Target, told: Sequence[Told], undo: str | None, *, dry_run: bool) -> Written:
    counts: dict[str, int] = {}
    for one in told:
        counts[one.outcome.value] = counts.get(one.outcome.value, 0) + 1
    files = [one.as_answer() for one in told]
    return {"to": target.value, "dry_run": dry_run, "counts": counts, "undo": undo, "files": files}
