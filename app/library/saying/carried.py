"""A person's words on their way from one library to another, by the SHA-256 of the bytes that they were said of.

Owns which words leave, and what becomes of each that arrives. When a field was last spoken of, the log tells, or the
line that brought it. A word of a person gives way only to one that was said later, field by field, and is never left
out for the sake of another field. What is decided is pure; words are written by `edits`, as if they were said here.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, bindparam, func, select

from app.library.engine import Engines
from app.library.saying.deciding import COLUMNS
from app.library.saying.editing import parse_edit
from app.library.saying.edits import EDITED, Asked, write
from app.library.saying.past import said_of
from app.library.saying.personal import NOTHING, PERSON, SPEAKS, Words, keep_apart, said
from app.library.tables import KEPT, KEYWORDS, LINKS, MEDIA
from app.library.values import Event, now
from app.media import Place
from app.slices import in_slices

KEYWORDS_FIELD = "keywords"
_SLICE = 500  # in one statement
_AT_ONCE = 2_000  # lines in one transaction, which can be undone as one edit
_COLUMNS = tuple(MEDIA.c[name] for name in (*COLUMNS, "missing_at", "updated_at"))
_ANY = "*"  # of an undo that does not say of which fields it is, as those of earlier versions
_LONG_AGO = "1970-01-01T00:00:00.000+00:00"
_OWN_KEYWORDS = (
    select(LINKS.c.media_id, KEYWORDS.c.text)
    .join(KEYWORDS, KEYWORDS.c.id == LINKS.c.keyword_id)
    .where(LINKS.c.source == PERSON)
)
_OF_TIMES = ("shift_taken_at", "zone")
T = TypeVar("T")
Times: TypeAlias = Mapping[str, str]
"""When each field was last spoken of, ISO 8601 in UTC."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What a person said of bytes, and when, by field, as far as that is known; `place` is where they were."""

    sha256: str
    words: Words
    said_at: Times = field(default_factory=dict)
    place: Place | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """All that was said, by the name of the field; keywords in their order."""
        return _fields_of(self.words)


class Fate(StrEnum):
    """What becomes of the words of a line."""

    GIVEN = "given"  # a row has them now
    THERE = "there"  # a row has them already
    KEPT = "kept"  # for bytes that no row has
    NEWER = "newer"  # of a field at least, what was said here later stands


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    place: Place
    missing: bool
    words: Words
    updated_at: str


def files_spoken_of(connection: Connection) -> int:
    """How many files there are of which a person said something."""
    return int(connection.execute(select(func.count()).select_from(MEDIA).where(SPEAKS)).scalar_one())


# -- decisions ---------------------------------------------------------------------------------------------------------


def times_of(events: Iterable[Event]) -> dict[str, str]:
    """When each field of a file was last spoken of, out of its `edited` events, oldest first."""
    times: dict[str, str] = {}
    for event in events:
        detail = event.detail or {}
        fields = {*detail.get("set", ()), *detail.get("released", ()), *detail.get("fields", ())}
        fields |= {KEYWORDS_FIELD} if detail.get("add_keywords") or detail.get("remove_keywords") else set()
        fields |= {"taken_at"} if any(detail.get(name) for name in _OF_TIMES) else set()
        carried = detail.get("said_at", {})
        times |= {name: carried.get(name, event.at) for name in fields or (_ANY,)}
    return times


def _time(times: Times, name: str) -> str | None:
    return max((times[one] for one in (name, _ANY) if one in times), default=None)


def to_take(line: Carried, here: Words, times: Times, *, otherwise: str) -> tuple[dict[str, Any], bool]:
    """Which fields of a line a file takes that has the words `here`; and whether any gives way to newer ones.

    `otherwise` is when a word was said of which `times` tells nothing.
    """
    ours, taken, gave_way = _fields_of(here), {}, False
    for name, value in line.fields.items():
        if name in ours and ours[name] == value:
            continue
        at = _time(times, name) or (otherwise if name in ours else None)
        if at is None or line.said_at.get(name, "") > at:
            taken[name] = value
        else:
            gave_way = True
    return taken, gave_way


def chosen(rows: Sequence[tuple[int, Place, bool]], line: Place | None, claimed: AbstractSet[int]) -> int:
    """Which of the rows of the same bytes, as id, place and "is missing", a line is of; `line` is where its file was.

    The file itself, else one that no other line has: by its path in any root, by its name, one that is there.
    """

    def rank(row: tuple[int, Place, bool]) -> tuple[bool, bool, bool, bool, bool, int]:
        number, place, missing = row
        path = line is None or place.path != line.path
        return place != line, number in claimed, path, line is None or place.name != line.name, missing, number

    return min(rows, key=rank)[0]


def _fields_of(words: Words) -> dict[str, Any]:
    return {**words.fields, **({KEYWORDS_FIELD: sorted(words.keywords)} if words.keywords else {})}


def _as_words(fields: Mapping[str, Any]) -> Words:
    columns = {name: value for name, value in fields.items() if name != KEYWORDS_FIELD}
    return Words(columns, frozenset(fields.get(KEYWORDS_FIELD, ())))


# -- the database ------------------------------------------------------------------------------------------------------


class Carrying:
    """The words of one library that leave it, and those that arrive; as `library.carrying`."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines

    def hand_out(self, take: Callable[[Iterator[Carried]], T]) -> T:
        """What `take` makes of all that a person said, as it stands at one moment.

        A line for each file, those that are missing, too, and for what is kept of bytes that no row has. `take` may be
        called again where the connection was lost. Raises NeedsAttention.
        """
        return self._engines.read_at_once(lambda connection: take(_all(connection)))

    def receive(self, lines: Iterable[Carried]) -> Counter[Fate]:
        """Gives words to the rows that have their bytes, and keeps the others until these turn up; counts lines.

        Each 2,000 are a transaction and an edit that can be undone: what was received stays if a later one fails, and
        may be received again. Raises DatabaseBusy, NeedsAttention.
        """
        fates: Counter[Fate] = Counter()
        claimed: set[int] = set()
        for some in in_slices(lines, _AT_ONCE):
            found, rows = self._engines.write(partial(_received, some, claimed))
            fates.update(found)
            claimed = rows
        return fates


def _all(connection: Connection) -> Iterator[Carried]:
    last = 0
    while rows := _spoken(connection, after=last):
        last = rows[-1][0]
        yield from (line for _, line in rows)
    sha256 = ""
    while kept := _kept_behind(connection, after=sha256):
        sha256 = kept[-1].sha256
        yield from (line for line in kept if line.words != NOTHING)


def _spoken(connection: Connection, after: int) -> list[tuple[int, Carried]]:
    """The words of the next files of which a person said something, with the ids of their rows."""
    statement = select(*_COLUMNS).where(MEDIA.c.id > after, SPEAKS).order_by(MEDIA.c.id).limit(_SLICE)
    rows = _rows(connection, statement)
    times = _times(connection, [row.place for _, row in rows])
    carried = []
    for sha256, row in rows:
        fields = _fields_of(row.words)
        known = {name: at for name in fields if (at := _time(times[row.place], name)) is not None}
        carried.append((row.id, Carried(sha256, row.words, known, row.place)))
    return carried


def _kept_behind(connection: Connection, after: str) -> list[Carried]:
    """The next words that are kept of bytes, without a time: the log tells when they were kept, not when said."""
    rows = connection.execute(select(KEPT).where(KEPT.c.sha256 > after).order_by(KEPT.c.sha256).limit(_SLICE))
    return [Carried(row.sha256, Words(row.words, frozenset(row.keywords))) for row in rows]


def _received(
    lines: Sequence[Carried], claimed: AbstractSet[int], connection: Connection
) -> tuple[Counter[Fate], set[int]]:
    """What became of lines, and which rows they were of."""
    fates: Counter[Fate] = Counter()
    mine = set(claimed)
    there: dict[str, dict[int, _Row]] = {}
    for some in in_slices(sorted({line.sha256 for line in lines}), _SLICE):
        for sha256, row in _rows(connection, select(*_COLUMNS).where(MEDIA.c.sha256.in_(some))):
            there.setdefault(sha256, {})[row.id] = row
    given: dict[int, dict[str, Any]] = {}
    said_at: dict[int, dict[str, str]] = {}
    times = _times(connection, [row.place for rows in there.values() for row in rows.values()])
    for line in lines:
        if not (rows := there.get(line.sha256)):
            fates[_keep(connection, line)] += 1
            continue
        row = rows[chosen([(row.id, row.place, row.missing) for row in rows.values()], line.place, mine)]
        mine.add(row.id)
        taken, gave_way = to_take(line, row.words, times[row.place], otherwise=row.updated_at)
        if taken:
            known = {name: line.said_at[name] for name in taken if name in line.said_at}
            given[row.id] = given.get(row.id, {}) | taken
            said_at[row.id] = said_at.get(row.id, {}) | known
            times[row.place] |= dict.fromkeys(taken, now()) | known
            rows[row.id] = replace(row, words=_as_words({**_fields_of(row.words), **taken}))
        fates[Fate.NEWER if gave_way else Fate.GIVEN if taken else Fate.THERE] += 1
    edits = {number: parse_edit(fields) for number, fields in given.items()}
    write(Asked(sorted(edits), edits, said_at=said_at), connection)
    return fates, mine


def _keep(connection: Connection, line: Carried) -> Fate:
    """Keeps words of bytes that no row has, beside what is kept of them already."""
    kept = connection.execute(select(KEPT).where(KEPT.c.sha256 == line.sha256)).one_or_none()
    here = NOTHING if kept is None else Words(kept.words, frozenset(kept.keywords))
    before = _LONG_AGO if kept is None else str(kept.at)
    taken, gave_way = to_take(line, here, {}, otherwise=before)
    if taken:
        at = max([before, *(line.said_at.get(name, _LONG_AGO) for name in taken)])
        keep_apart(connection, line.sha256, _as_words({**_fields_of(here), **taken}), at)
    return Fate.NEWER if gave_way else Fate.KEPT if taken else Fate.THERE


def _rows(connection: Connection, statement: Any) -> list[tuple[str, _Row]]:
    """Rows with what a person said of them, and their SHA-256."""
    found = [dict(row) for row in connection.execute(statement).mappings()]
    links: dict[int, list[tuple[str, str]]] = {row["id"]: [] for row in found}
    own = _OWN_KEYWORDS.where(LINKS.c.media_id.in_(bindparam("b_ids", expanding=True)))
    for some in in_slices(links, _SLICE):
        for number, word in connection.execute(own, {"b_ids": some}):
            links[number].append((word, PERSON))
    return [
        (
            row["sha256"],
            _Row(
                row["id"],
                Place(row["root"], row["path"]),
                row["missing_at"] is not None,
                said(row, links[row["id"]]),
                row["updated_at"],
            ),
        )
        for row in found
    ]


def _times(connection: Connection, places: Sequence[Place]) -> dict[Place, dict[str, str]]:
    """When each field of these files was last spoken of, whatever names they had then."""
    return {
        place: times_of(event for event in events if event.outcome == EDITED)
        for place, events in said_of(connection, places).items()
    }
