"""Which rows of the library have a file on disk, as far as it is known, and are up to date: counted, listed, marked.

A row whose file is gone is never deleted by an ingest. It keeps all that is known, with the time when it was missed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, Table, bindparam, func, select, update

from app.formats import Kind
from app.library.engine import Engines
from app.library.pairs import relink
from app.library.recording import MARK_MISSING
from app.library.saying.personal import leave_to_copies
from app.library.tables import MEDIA
from app.library.values import now
from app.library.whereabouts import Locations, Look, NotLookedFor, RowFile, nobody_looks, write_knowing
from app.media import Place
from app.slices import in_slices

Marks: TypeAlias = Mapping[str, Mapping[str, Any]]
"""How each stage of a file ended, by its name."""
_AT_ONCE = 500
_MARK_STAGES = update(MEDIA).where(MEDIA.c.id == bindparam("b_id")).values(stages=bindparam("b_stages"))


class Presence:
    """The rows of one library, on any engine."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def count(self, folder: Place, *, below: bool) -> int:
        """Rows of a folder (and of all folders below it) that are not marked missing."""
        statement = select(func.count()).where(_here(folder, below=below))
        return int(self._engines.read(lambda connection: connection.execute(statement).scalar_one()))

    def by_root(self, folders: Iterable[Place], *, below: bool) -> dict[str, int]:
        """Rows, by root, of several folders, none of which lies in another one."""
        rows: dict[str, int] = {}
        for folder in folders:
            rows[folder.root] = rows.get(folder.root, 0) + self.count(folder, below=below)
        return rows

    def paths(self, folder: Place, *, below: bool, after: bytes = b"", limit: int = 1_000) -> list[bytes]:
        """A page of the same rows' paths relative to the root, those after the path `after`, in their order.

        Of one folder alone it is all of them: a database that sorts by path would walk the whole root for a page.
        """
        statement = select(MEDIA.c.path).where(_here(folder, below=below))
        if below:
            statement = statement.where(MEDIA.c.path > after).order_by(MEDIA.c.path).limit(limit)
        found = self._engines.read(lambda connection: sorted(connection.execute(statement).scalars()))
        return found if below else [path for path in found if path > after]

    def sample(self, session_id: str, folders: Iterable[Place], *, below: bool, limit: int) -> list[RowFile]:
        """Up to so many rows that are not marked missing: those that a session wrote, then others of its folders."""
        conditions = (MEDIA.c.session_id == session_id, *(inside(MEDIA, folder, below=below) for folder in folders))

        def work(connection: Connection) -> list[RowFile]:
            found: dict[int, RowFile] = {}
            for condition in conditions:
                rows = select(*(MEDIA.c[name] for name in RowFile._fields))
                rows = rows.where(condition, MEDIA.c.missing_at.is_(None)).limit(limit)
                found |= {row.id: RowFile(*row) for row in connection.execute(rows)}
            return list(found.values())[:limit]

        return self._engines.read(work)

    def mark_missing(self, root: str, paths: Iterable[bytes], look: Look = nobody_looks) -> None:
        """Notes that the files of these rows are gone. Raises NeedsAttention if the database cannot be written.

        What a person said of them goes to copies of which `look` says that they are in place, or is kept for others.
        """
        at = now()
        gone = list(paths)

        def work(looked: Locations, connection: Connection) -> None:
            connection.execute(MARK_MISSING, [{"b_root": root, "b_path": path, "b_at": at} for path in gone])
            unknown: list[RowFile] = []
            for path in gone:
                try:
                    leave_to_copies(connection, Place(root, path), at, looked)
                except NotLookedFor as more:  # all of them are looked for at once
                    unknown += more.rows
                relink(connection, Place(root, path))
            if unknown:
                raise NotLookedFor(unknown)

        if gone:
            write_knowing(self._engines, work, look)

    def missed_since(self, at: str, folder: Place, *, below: bool) -> int:
        """Rows of a folder (and below) that were marked missing at this time (ISO 8601) or later, and still are."""
        statement = select(func.count()).where(
            MEDIA.c.missing_at.is_not(None),
            MEDIA.c.missing_at >= at,
            inside(MEDIA, folder, below=below),
        )
        return int(self._engines.read(lambda connection: connection.execute(statement).scalar_one()))

    def missing(self, *, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """A page of the rows that are marked missing: `id`, `root`, `path`, `missing_at`, in the order of their ids."""
        columns = (MEDIA.c.id, MEDIA.c.root, MEDIA.c.path, MEDIA.c.missing_at)
        statement = (
            select(*columns).where(MEDIA.c.missing_at.is_not(None), MEDIA.c.id > after).order_by(MEDIA.c.id)
        ).limit(limit)

        def work(connection: Connection) -> list[dict[str, Any]]:
            return [dict(row) for row in connection.execute(statement).mappings()]

        return self._engines.read(work)

    def places(self, ids: Sequence[int]) -> list[Place]:
        """Where the files of these rows are, in the order of their paths; those that are gone are left out."""

        def work(connection: Connection) -> list[Place]:
            found: list[Place] = []
            for some in in_slices(ids, _AT_ONCE):
                rows = select(MEDIA.c.root, MEDIA.c.path).where(MEDIA.c.id.in_(some))
                found += [Place(*row) for row in connection.execute(rows)]
            return sorted(found, key=lambda place: place.in_event)

        return self._engines.read(work)

    def mark_stages(self, root: str, paths: Sequence[bytes], renew: Callable[[Marks, Kind], Marks]) -> None:
        """Notes in the rows of files how their stages ended, as `renew` has it of what was noted before.

        Raises DatabaseBusy, NeedsAttention.
        """

        def work(connection: Connection) -> None:
            for some in in_slices(paths, _AT_ONCE):
                there = select(MEDIA.c.id, MEDIA.c.stages, MEDIA.c.kind).where(
                    MEDIA.c.root == root, MEDIA.c.path.in_(some)
                )
                marks = [
                    {"b_id": id_, "b_stages": renew(stages, Kind(kind))}
                    for id_, stages, kind in connection.execute(there)
                ]
                if marks:
                    connection.execute(_MARK_STAGES, marks)

        self._engines.write(work)


def inside(table: Table, folder: Place, *, below: bool) -> Any:
    """The condition for files of a folder; `below` adds all folders under it. `0` is the byte after `/`."""
    in_root, path = table.c.root == folder.root, folder.path
    if not below:
        return in_root & (table.c.folder == path)
    return in_root & ((table.c.path > path + b"/") & (table.c.path < path + b"0") if path else table.c.path != b"")


def _here(folder: Place, *, below: bool) -> Any:
    return inside(MEDIA, folder, below=below) & MEDIA.c.missing_at.is_(None)
