"""A person's edits in the database: written in one transaction for any number of files, listed, and taken back.

One edit at a time is written, in slices of rows, with an event for each file, and what it takes to undo it. What
changes nothing leaves no trace.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Text, bindparam, cast, delete, insert, select, update
from typing_extensions import TypedDict

from app.errors import AlreadyUndone, NewerWordsStand, TooManyFiles, UnknownEdit, UnknownFile
from app.library.describing.proposing import MODEL, restore_each
from app.library.describing.tables import PROPOSALS
from app.library.engine import Engines
from app.library.finding.changes import noted_once
from app.library.linking import link_each, unlink_each
from app.library.prepared import Prepared, prepared_of
from app.library.recording import append_each
from app.library.saying.answering import speaks_of_proposals
from app.library.saying.deciding import Change, Keywords, NewerWords, change_of, undone
from app.library.saying.editing import Edit, as_asked, in_brief, listed, sentence_of
from app.library.saying.personal import PERSON
from app.library.saying.standing import FromJson, standing_of
from app.library.tables import EDITED_FILES, EDITS, MEDIA
from app.library.values import now
from app.media import Place
from app.shapes import described
from app.slices import in_slices
from app.texts import clean_json

MAX_FILES = 100_000
"""Of one edit: a transaction holds up others that write."""
KEPT_EDITS = 100
LARGEST_ID = 2**31 - 1
"""Of an edit: PostgreSQL has 32 bits for it."""
PREVIEWED = 20
NO_SESSION = ""
EDITED = "edited"
"""The kind and the outcome of an event by which a person set something; it belongs to no session."""
UNKNOWN_FILE = "unknown_file"
"""The library has no row of a file that was named."""
WAITING_FOR_WORDS = "waiting_for_words"
"""The words of a file are not in the index yet, so a search by words cannot tell whether it is meant."""
GONE = "gone"
"""The row of a file is of another picture now, or is gone: an undo has nothing to take back there."""
_SLICE = 100  # rows that are at work at once: their pages are still in memory when their events and links follow
_EDITED = prepared_of(
    select(EDITED_FILES.c.media_id, cast(EDITED_FILES.c.before, Text), cast(EDITED_FILES.c.after, Text)).where(
        EDITED_FILES.c.edit_id == bindparam("edit")
    ),
    EDITED_FILES.c.media_id,
)
_KEEP_FILES = Prepared(insert(EDITED_FILES).inline(), columns=[column.name for column in EDITED_FILES.c])
_JUDGE = Prepared(update(PROPOSALS).where(PROPOSALS.c.id == bindparam("b_id")).values(state=bindparam("b_state")))
_KEPT = select(EDITS.c.id).order_by(EDITS.c.id.desc()).offset(KEPT_EDITS).limit(1).scalar_subquery()


@described
class Shown(TypedDict):
    """What an edit would change in one file."""

    path: str
    """`ROOT/relative` as shown."""
    before: dict[str, Any]
    """The fields that would change, as they are; of keywords those that are the person's own."""
    after: dict[str, Any]
    """The same fields, as they would be."""


@described
class Left(TypedDict):
    """How many files some of the edit leaves as they are, for one reason."""

    cause: str
    """Why, as a stable code."""
    files: int
    """How many."""


@described
class ListedEdit(TypedDict):
    """An edit that can be undone, or was."""

    id: int
    """What an undo names."""
    at: str
    """When, ISO 8601 in UTC."""
    sentence: str
    """What was done, for people."""
    files: int
    """How many files it changed."""
    undone_at: str | None
    """When it was undone, ISO 8601 in UTC; null while it stands."""


@dataclass(slots=True)
class Done:
    """What an edit or an undo changed, or would change: files, the id to undo it by, and why some files were left."""

    changed: int = 0
    undo: int | None = None
    left: Counter[str] = field(default_factory=Counter)
    shown: list[Shown] = field(default_factory=list)

    @property
    def causes(self) -> list[Left]:
        """Why files were left, the most frequent cause first."""
        causes = sorted(self.left.items(), key=lambda one: (-one[1], one[0]))
        return [{"cause": cause, "files": files} for cause, files in causes if files]


class Asked(NamedTuple):
    """What is asked of which rows: one edit of all of them, or one of each; how it is told; what is left already.

    `said_at` tells, by row and field, when words of another library were said there.
    """

    ids: Sequence[int]
    edits: Edit | Mapping[int, Edit]
    asked: Mapping[str, Any] = {}
    left: Mapping[str, int] = {}
    said_at: Mapping[int, Mapping[str, str]] = {}

    def of(self, media_id: int) -> Edit:
        """The edit of one row."""
        return self.edits if isinstance(self.edits, Edit) else self.edits[media_id]

    @property
    def sentence(self) -> str:
        """What is done, for people."""
        every = [self.edits] if isinstance(self.edits, Edit) else list(self.edits.values())
        if len({*map(sentence_of, every)}) == 1:
            return sentence_of(every[0])
        fields = sorted(frozenset[str]().union(*(edit.touched for edit in every)))
        return f"A person changed {listed(fields)}."

    @property
    def recorded(self) -> dict[str, Any]:
        """What was asked, as JSON, without the paths."""
        said = as_asked(self.edits) if isinstance(self.edits, Edit) else {}
        cleaned: dict[str, Any] = clean_json({**self.asked, **said})
        return cleaned


_Decided: TypeAlias = tuple[Edit, Change | None, Keywords, frozenset[str]]


class Edits:
    """What people changed in one library; as `library.edits`.

    All methods raise DatabaseBusy, with nothing changed, and NeedsAttention.
    """

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def ids_of(self, places: Collection[Place]) -> dict[Place, int]:
        """The ids of the rows of those of these files that have one, in their order."""
        by_root: dict[str, list[bytes]] = {}
        for place in places:
            by_root.setdefault(place.root, []).append(place.path)

        def work(connection: Connection) -> dict[Place, int]:
            found: dict[Place, int] = {}
            for root, paths in by_root.items():
                for some in in_slices(paths, _SLICE):
                    rows = select(MEDIA.c.path, MEDIA.c.id).where(MEDIA.c.root == root, MEDIA.c.path.in_(some))
                    found |= {Place(root, path): number for path, number in connection.execute(rows)}
            return {place: found[place] for place in places if place in found}

        return self._engines.read(work)

    def edit(self, place: Place, edit: Edit) -> int | None:
        """Writes what a person says of one file; the id to undo it by, None where nothing changed. Raises UnknownFile.

        Between the look for the row and the write it may be gone: nothing is changed then.
        """
        ids = [*self.ids_of([place]).values()]
        if not ids:
            raise UnknownFile(f"The library has no file {place.shown}.")
        return self.write(Asked(ids, edit)).undo

    def preview(self, asked: Asked) -> Done:
        """What an edit would change, with the first 20 files. Raises TooManyFiles."""
        _check_number(asked.ids)

        def work(connection: Connection) -> Done:
            done = Done(left=Counter(asked.left))
            for _, change, keywords, left in _decided(connection, asked):
                done.left.update(left)
                done.changed += change is not None
                if change is not None and len(done.shown) < PREVIEWED:
                    own = keywords.own
                    done.shown.append(
                        {
                            "path": change.place.shown,
                            "before": change.shown(change.before, own),
                            "after": change.shown(change.after, (own - change.removed) | change.added),
                        }
                    )
            return done

        return self._engines.read(work)

    def write(self, asked: Asked) -> Done:
        """Writes an edit in one transaction. Raises TooManyFiles."""
        _check_number(asked.ids)
        return self._engines.write_many(partial(write, asked))

    def undo(self, edit_id: int) -> Done:
        """Takes an edit back, in all its files or in none; where nothing is left to take back, it stands as before.

        Raises UnknownEdit, AlreadyUndone, and NewerWordsStand where a person has said something else since.
        """
        return self._engines.write_many(partial(_undo, edit_id))

    def listed(self, limit: int = KEPT_EDITS) -> list[ListedEdit]:
        """The last edits, newest first."""
        columns = (EDITS.c.id, EDITS.c.at, EDITS.c.sentence, EDITS.c.files, EDITS.c.undone_at)
        statement = select(*columns).order_by(EDITS.c.id.desc()).limit(limit)
        return self._engines.read(lambda c: [ListedEdit(**row) for row in c.execute(statement).mappings()])  # type: ignore[typeddict-item]


def _check_number(ids: Sequence[int]) -> None:
    if len(ids) > MAX_FILES:
        raise TooManyFiles(len(ids), MAX_FILES)


def _decided(connection: Connection, asked: Asked) -> Iterator[_Decided]:
    """What becomes of each row that there is, slice by slice."""
    for ids in in_slices(asked.ids, _SLICE):
        found = standing_of(connection, ids, proposals=any(speaks_of_proposals(asked.of(number)) for number in ids))
        for number in ids:
            if (stands := found.get(number)) is not None:
                edit = asked.of(number)
                change, left = change_of(stands.row, stands.keywords, edit, stands.proposals)
                yield edit, change, stands.keywords, left


def write(asked: Asked, connection: Connection) -> Done:
    """Writes an edit, and what it takes to undo it, inside the caller's transaction."""
    done, at = Done(left=Counter(asked.left)), now()
    changes: list[tuple[Change, Edit]] = []
    with noted_once(connection):
        for edit, change, _, left in _decided(connection, asked):
            done.left.update(left)
            if change is None:
                continue
            if done.undo is None:
                done.undo = _begun(connection, asked, at)
            done.changed += 1
            changes.append((change, edit))
            if len(changes) == _SLICE:
                _write_edited(connection, done.undo, changes, at, asked.said_at)
                changes.clear()
        if done.undo is not None:
            _write_edited(connection, done.undo, changes, at, asked.said_at)
    if done.undo is not None:
        connection.execute(update(EDITS).where(EDITS.c.id == done.undo).values(files=done.changed))
        _forget_old(connection)
    return done


def _begun(connection: Connection, asked: Asked, at: str) -> int:
    values = {"at": at, "asked": asked.recorded, "sentence": asked.sentence, "files": 0}
    return int(connection.execute(insert(EDITS).values(values).returning(EDITS.c.id)).scalar_one())


def _forget_old(connection: Connection) -> None:
    """Keeps the last edits alone; their files go with them."""
    oldest = connection.execute(select(_KEPT)).scalar_one()
    if oldest is not None:
        connection.execute(delete(EDITED_FILES).where(EDITED_FILES.c.edit_id <= oldest))
        connection.execute(delete(EDITS).where(EDITS.c.id <= oldest))


def _write_edited(
    connection: Connection,
    edit_id: int,
    changes: Iterable[tuple[Change, Edit]],
    at: str,
    said_at: Mapping[int, Mapping[str, str]],
) -> None:
    listed_changes = list(changes)
    _write_rows(connection, [change for change, _ in listed_changes], at)
    edits = {id(edit): edit for _, edit in listed_changes}  # most often one for all files
    told = {number: (sentence_of(edit), {**in_brief(edit), "edit": edit_id}) for number, edit in edits.items()}
    append_each(connection, (_event_of(change, *told[id(edit)], at, said_at) for change, edit in listed_changes))
    _KEEP_FILES.each(
        connection,
        (
            {
                "edit_id": edit_id,
                "media_id": change.id,
                "before": change.before,
                "after": change.after,
            }
            for change, _ in listed_changes
        ),
    )


def _event_of(
    change: Change, sentence: str, detail: Mapping[str, Any], at: str, said_at: Mapping[int, Mapping[str, str]]
) -> dict[str, Any]:
    elsewhere = {"said_at": said_at[change.id]} if change.id in said_at else {}
    return _event(at, change.place, sentence, {**detail, **elsewhere})


def _event(at: str, place: Place, sentence: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "session_id": NO_SESSION,
        "at": at,
        "kind": EDITED,
        "path": place.in_event,
        "outcome": EDITED,
        "reason": sentence,
        "detail": detail,
    }


@lru_cache(maxsize=64)
def _update_of(columns: tuple[str, ...]) -> Prepared:
    """The statement that writes these columns of a row."""
    values = {name: bindparam(name, type_=MEDIA.c[name].type) for name in columns}
    return Prepared(update(MEDIA).where(MEDIA.c.id == bindparam("b_id", type_=MEDIA.c.id.type)).values(values))


def _write_rows(connection: Connection, changes: Sequence[Change], at: str) -> None:
    """Writes what changes of rows and of the person's keywords."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for change in changes:
        columns = {**change.columns, "updated_at": at}
        alike.setdefault(tuple(sorted(columns)), []).append({**columns, "b_id": change.id})
    for names, rows in alike.items():
        _update_of(names).each(connection, rows)
    unlink_each(connection, ((change.id, change.removed) for change in changes if change.removed), PERSON)
    unlink_each(connection, ((change.id, change.withdrawn) for change in changes if change.withdrawn), MODEL)
    _JUDGE.each(connection, ({"b_id": one, "b_state": to} for change in changes for one, to in change.judged.items()))
    own = {change.id: dict.fromkeys((text, PERSON) for text in sorted(change.added)) for change in changes}
    link_each(connection, ((number, links) for number, links in own.items() if links))
    restore_each(connection, ((change.id, change.restored) for change in changes if change.restored))


def _undo(edit_id: int, connection: Connection) -> Done:
    edit = connection.execute(select(EDITS).where(EDITS.c.id == edit_id)).mappings().one_or_none()
    if edit is None:
        raise UnknownEdit(edit_id)
    if edit["undone_at"] is not None:
        raise AlreadyUndone
    done, at = Done(), now()
    of_the_edit = EDITED_FILES.c.edit_id == edit_id
    ids = connection.execute(select(EDITED_FILES.c.media_id).where(of_the_edit).order_by(EDITED_FILES.c.media_id))
    with noted_once(connection):
        for some in in_slices(ids.scalars().all(), _SLICE):
            found, changes, said = standing_of(connection, some, proposals=False), [], FromJson()
            for number, before, after in _EDITED.all(connection, {"edit": edit_id, "ids": some}):
                row = found[number].row
                try:
                    change = undone(row, found[number].keywords.own, said[before], said[after])
                except NewerWords:
                    raise NewerWordsStand(Place(row["root"], row["path"]).shown) from None
                if change is not None:
                    changes.append(change)
            _write_rows(connection, changes, at)
            done.changed += len(changes)
            told = [(change.place, [*change.after["fields"], *_keywords_in(change)]) for change in changes]
            append_each(connection, (_event_of_undo(edit_id, at, place, fields) for place, fields in told))
    if left := edit["files"] - done.changed:
        done.left[GONE] = left
    if done.changed:
        connection.execute(update(EDITS).where(EDITS.c.id == edit_id).values(undone_at=at))
    return done


def _event_of_undo(edit_id: int, at: str, place: Place, fields: Sequence[str]) -> dict[str, Any]:
    sentence = f"A person took back what they had said of {listed(fields)}."
    return _event(at, place, sentence, {"undone": edit_id, "fields": fields})


def _keywords_in(change: Change) -> list[str]:
    if change.added or change.removed or change.restored:
        return ["keywords"]
    return [] if change.after["fields"] else ["proposals"]
