"""What is written out of one library: noted before the disk changes, and known with the row of the file after it.

A file is noted as `begun` before anything of it lies on the disk, so that a start after a crash finds what lies about.
It is `written` in the transaction in which its row gets the new bytes, the stamp of its sidecars and an event.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy import Connection, Update, delete, func, insert, select, text, update

from app.library.engine import Engines
from app.library.recording import append, row_in
from app.library.saying.edits import EDITED, NO_SESSION
from app.library.saying.past import said_of
from app.library.saying.personal import keep, links_of, said, taken
from app.library.tables import FAILURES, MEDIA
from app.library.values import now
from app.library.whereabouts import Locations, Look, write_knowing
from app.library.writes.tables import WRITES, WRITTEN
from app.media import Place
from app.texts import clean_json

KEPT_WRITES = 20
"""So many of the newest writes can be undone; what is kept of older ones is let go."""
BEGUN, DONE, UNDOING, LEFT = "begun", "written", "undoing", "left"
WRITTEN_OUT, TAKEN_BACK, LEFT_ALONE = "written", "undone", "left"
"""The outcomes of the events of a file that was written, whose writing was undone, and of one that is left as it is
because it is neither what was written nor what was there before; their kind is `edited`."""
UNDO_OF_A_WRITE = r"w[1-9][0-9]{0,15}"
"""What a write is undone by, as a pattern: with its letter it is never the number of an edit."""
TO_FILE, TO_SIDECAR, TO_SIDECAR_DIR = "file", "sidecar", "sidecar_dir"


@dataclass(frozen=True, slots=True)
class Begun:
    """A file that is about to be written, as `written_files` has it."""

    root: str
    path: bytes
    place: bytes
    temporary: bytes
    changes: Sequence[dict[str, Any]]
    former_sha256: str | None = None
    former_mtime_ns: int | None = None
    former: bytes | None = None
    new_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the disk says of a file after it was written: bytes, time in ns, SHA-256, and the text of its `Stamps`.

    `before` is what it said before: what the row does not know of it stays pending. None is what did not change.
    """

    size: int | None = None
    mtime_ns: int | None = None
    sha256: str | None = None
    sidecar: tuple[str, str] | None = None


ToldOnce: TypeAlias = tuple[bool, list[dict[str, Any]]]
"""Whether a write of a file was undone, and the changes of the write."""


def undo_of(write_id: int) -> str:
    """What a write is undone by."""
    return f"w{write_id}"


class Writes:
    """The writes of one library; as `library.writes`."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def begin(self, target: str, files: Iterable[Begun], write_id: int | None = None) -> tuple[int, list[Any]]:
        """Notes files that are about to be written, of a new write or of one that began: its id, and their rows."""

        def work(connection: Connection) -> tuple[int, list[Any]]:
            number = write_id
            if number is None:
                made = connection.execute(insert(WRITES).values(at=now(), target=target).returning(WRITES.c.id))
                number = int(made.scalar_one())
            ids = [_note(connection, number, file) for file in files]
            return number, [row for one in ids for row in connection.execute(_ROWS.where(WRITTEN.c.id == one))]

        return self._engines.write(work)

    def ready(self, written_id: int, new_sha256: str, *, kept: bool) -> None:
        """Notes the bytes that a file is about to have, and whether its original is kept."""
        self._set([written_id], new_sha256=new_sha256, kept=kept)

    def undoing(self, written_id: int) -> None:
        """Notes that a file is about to be what it was before."""
        self._set([written_id], status=UNDOING)

    def still_written(self, written_id: int) -> None:
        """Notes that a file is as it was written: nothing was undone."""
        self._set([written_id], status=DONE)

    def let_go(self, ids: Iterable[int]) -> None:
        """Notes that the originals of these are kept no more."""
        self._set(ids, kept=False)

    def drop(self, ids: Iterable[int]) -> None:
        """Forgets files that were not written after all; their write stays, for others of it may follow."""
        self._engines.write(partial(_forget, list(ids)))

    def finish(self, file: Any, stamp: Stamp, sentence: str, look: Look) -> None:
        """Lets the row of a file know what the disk has now, with an event and in one transaction.

        A person's words are kept for the bytes that it had, too. `file` is a row of `begin` or `broken_off`.
        """
        write_knowing(self._engines, partial(_finish, file, stamp, sentence), look)

    def take_back(self, file: Any, stamp: Stamp, sentence: str) -> None:
        """Lets the row of a file know that it is again what it was before it was written, with an event."""
        self._engines.write(partial(_take_back, file, stamp, sentence))

    def leave(self, file: Any, cause: str, sentence: str) -> None:
        """Notes that a file is left as it is, with an event that says why; what is kept of it stays.

        `file` is a row of `files` or `broken_off`.
        """
        self._engines.write(partial(_leave, file, cause, sentence))

    def broken_off(self) -> list[Any]:
        """The files whose writing or undo was broken off, each with the `target` of its write."""
        return self._rows((WRITTEN.c.status != text("'written'")) & (WRITTEN.c.status != LEFT))

    def files(self, write_id: int) -> list[Any]:
        """The files of one write that can be taken back, each with the `target` of the write."""
        return self._rows((WRITTEN.c.write_id == write_id) & WRITTEN.c.status.in_(_ENDED))

    def told(self, places: Collection[Place], target: str) -> dict[Place, list[ToldOnce]]:
        """What was written of pictures to this target, and taken back, as far as the log knows; oldest first.

        It follows each file to where it was moved from, and ends where its name was that of another picture.
        """
        return self._engines.read(partial(_told, places, target))

    def last(self) -> Any | None:
        """The newest write that can be undone, with `id`, `at`, `target` and how many `files`; None without one.

        A file that was written into counts only while its original is kept.
        """
        written = (WRITTEN.c.status == DONE) & (WRITTEN.c.kept | (WRITES.c.target != TO_FILE))
        newest = select(WRITES, func.count().label("files")).join(WRITTEN, _OF_WRITE).where(written)
        newest = newest.group_by(*WRITES.c).order_by(WRITES.c.id.desc()).limit(1)
        return self._engines.read(lambda connection: connection.execute(newest).one_or_none())

    def kept(self) -> list[int]:
        """The ids of the files whose originals are kept, the newest first."""
        statement = select(WRITTEN.c.id).where(WRITTEN.c.kept).order_by(WRITTEN.c.id.desc())
        return self._engines.read(lambda connection: list(connection.execute(statement).scalars()))

    def prune(self) -> None:
        """Forgets all but the newest `KEPT_WRITES` writes, and those without files.

        What was broken off stays, and so does a file that was left, as long as its original is kept.
        """
        newest = select(WRITES.c.id).order_by(WRITES.c.id.desc()).limit(KEPT_WRITES)

        def work(connection: Connection) -> None:
            connection.execute(_WITHOUT_FILES)
            standing = list(connection.execute(newest).scalars())
            over = (WRITTEN.c.status == DONE) | ((WRITTEN.c.status == LEFT) & ~WRITTEN.c.kept)
            old = (WRITTEN.c.write_id.not_in(standing), over)
            connection.execute(delete(WRITTEN).where(*old))
            connection.execute(_WITHOUT_FILES)

        self._engines.write(work)

    def _set(self, ids: Iterable[int], **values: Any) -> None:
        if changed := list(ids):
            statement = update(WRITTEN).where(WRITTEN.c.id.in_(changed)).values(**values)
            self._engines.write(lambda connection: _run(connection, statement))

    def _rows(self, which: Any) -> list[Any]:
        return self._engines.read(lambda connection: list(connection.execute(_ROWS.where(which)).all()))


_ENDED = (DONE, LEFT)
_OF_WRITE = WRITTEN.c.write_id == WRITES.c.id
_ROWS = select(WRITTEN, WRITES.c.target).join(WRITES, _OF_WRITE).order_by(WRITTEN.c.id)
_WITHOUT_FILES = delete(WRITES).where(~select(WRITTEN.c.id).where(_OF_WRITE).exists())


def _note(connection: Connection, write_id: int, file: Begun) -> int:
    values = {
        "write_id": write_id,
        "root": file.root,
        "path": file.path,
        "place": file.place,
        "temporary": file.temporary,
        "status": BEGUN,
        "former_sha256": file.former_sha256,
        "former_mtime_ns": file.former_mtime_ns,
        "former": file.former,
        "kept": False,
        "new_sha256": file.new_sha256,
        "changes": clean_json(list(file.changes)),
    }
    return int(connection.execute(insert(WRITTEN).values(**values).returning(WRITTEN.c.id)).scalar_one())


def _finish(file: Any, stamp: Stamp, sentence: str, looked: Locations, connection: Connection) -> None:
    at, place = now(), Place(file.root, file.path)
    row = row_in(connection, place)
    if row is not None:
        if stamp.sha256 is not None and row["sha256"] == file.former_sha256:
            keep(connection, row, said(row, links_of(connection, row["id"])), at, looked)
        _stamp_row(connection, row, stamp, file.former_sha256, at)
    _append(connection, file, at, WRITTEN_OUT, reason=sentence)
    connection.execute(update(WRITTEN).where(WRITTEN.c.id == file.id).values(status=DONE))


def _take_back(file: Any, stamp: Stamp, sentence: str, connection: Connection) -> None:
    at, place = now(), Place(file.root, file.path)
    row = row_in(connection, place)
    if row is not None:
        _stamp_row(connection, row, stamp, file.new_sha256, at)
        if stamp.sha256 is not None:
            taken(connection, stamp.sha256)  # the row speaks for these bytes again
    _append(connection, file, at, TAKEN_BACK, reason=sentence)
    _forget([file.id], connection)


def _told(places: Collection[Place], target: str, connection: Connection) -> dict[Place, list[ToldOnce]]:
    return {
        place: [
            (event.outcome == TAKEN_BACK, event.detail["changes"])
            for event in events
            if event.outcome in {WRITTEN_OUT, TAKEN_BACK} and event.detail and event.detail["to"] == target
        ]
        for place, events in said_of(connection, places).items()
    }


def _leave(file: Any, cause: str, sentence: str, connection: Connection) -> None:
    if file.status != LEFT:  # an undo that is tried again says nothing new
        _append(connection, file, now(), LEFT_ALONE, reason=sentence, cause=cause)
    connection.execute(update(WRITTEN).where(WRITTEN.c.id == file.id).values(status=LEFT))


def _forget(ids: Sequence[int], connection: Connection) -> None:
    connection.execute(delete(WRITTEN).where(WRITTEN.c.id.in_(ids)))


def _stamp_row(connection: Connection, row: dict[str, Any], stamp: Stamp, known_sha256: str | None, at: str) -> None:
    """Writes into a row what the disk says, where the row knew what was there before; else it stays pending."""
    columns: dict[str, Any] = {}
    if stamp.sha256 is not None and row["sha256"] == known_sha256:
        columns |= {"sha256": stamp.sha256, "size": stamp.size, "mtime_ns": stamp.mtime_ns}
    if stamp.sidecar is not None and row["sidecar"] == stamp.sidecar[0]:
        columns["sidecar"] = stamp.sidecar[1]
    if not columns:
        return
    connection.execute(update(MEDIA).where(MEDIA.c.id == row["id"]).values(**columns, updated_at=at))
    old, new = (f"{one['size']}:{one['mtime_ns']}:{one['sidecar']}" for one in (row, row | columns))
    of_the_file = (FAILURES.c.root == row["root"], FAILURES.c.path == row["path"], FAILURES.c.fingerprint == old)
    connection.execute(update(FAILURES).where(*of_the_file).values(fingerprint=new))


def _append(connection: Connection, file: Any, at: str, outcome: str, **why: str) -> None:
    path = Place(file.root, file.path).in_event
    values = {"session_id": NO_SESSION, "at": at, "kind": EDITED, "path": path, "outcome": outcome}
    detail = {"to": file.target, "changes": file.changes}
    append(connection, {**values, **why, "detail": clean_json(detail)})


def _run(connection: Connection, statement: Update) -> None:
    connection.execute(statement)
