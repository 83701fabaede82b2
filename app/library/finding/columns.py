"""The columns of all files in memory, by which a search decides without asking the database.

Rows are only ever appended. A file that changed gets a new slot and its old one is dead, so whoever holds a snapshot
goes on with what was there when it was taken. Dead slots are swept out when they are a quarter of all.
"""

import json
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from app.library.finding.entries import Entry, Mark
from app.library.finding.growing import FIRST_ROWS, GROWTH, WIDTHS, Growing, narrowed
from app.library.finding.texts.counted import Counted, count_of_each, count_of_lists, each_once
from app.library.finding.texts.shared import Folders, Texts
from app.query.words import fold

Array: TypeAlias = npt.NDArray[Any]
Mask: TypeAlias = npt.NDArray[np.bool_]
T = TypeVar("T")
Slots: TypeAlias = npt.NDArray[np.int32]

NO_TIME = np.iinfo(np.int64).min
NO_NUMBER = -1  # of a width or height in pixels
NO_SCORE = -128
_ANSWERS_KEPT = 12
_SWEPT_FROM = 10_000
_NEWEST = 64

WHOLE: Mapping[str, tuple[type, int]] = {
    "taken": (np.int64, NO_TIME),
    "added": (np.int64, NO_TIME),
    "updated": (np.int64, NO_TIME),
    "size": (np.int64, NO_NUMBER),
    "sha256": (np.uint64, 0),  # which every file has
    "phash": (np.uint64, 0),
    "picture": (np.uint64, 0),
    "width": (np.int32, NO_NUMBER),
    "height": (np.int32, NO_NUMBER),
    "score": (np.int8, NO_SCORE),
    "marks": (np.uint32, 0),
    "ran": (np.uint16, 0),
    "pair": (np.int32, NO_NUMBER),
    "judged": (np.uint16, 0),
}
"""Columns of whole numbers: their type, and what stands for no value."""
_NARROWED = ("size", "width", "height", "pair")
"""Of these, in the smallest type that holds all there are: most files have less than 2 GB and 32,768 pixels a side."""
REAL: Mapping[str, type] = {
    "duration": np.float32,
    "exposure": np.float32,
    "f": np.float32,
    "iso": np.float32,
    "focal": np.float32,
    "nsfw": np.float64,  # as it is stored: it is compared with a threshold
    "latitude": np.float32,
    "longitude": np.float32,
    "sure": np.float32,
}
"""Columns of numbers with a fraction, NaN where there is no value."""
CODED = (
    *("root", "folder", "kind", "format", "camera", "camera_in_full", "lens"),
    *("generator", "model", "sampler", "verdict", "label", "session"),
)
"""Columns of texts that many rows share: the text's number in its `Texts`."""
LISTED = ("keyword", "lora", "proposed", "region", "region_kind")
"""Texts of which a file has any number; the last two have one for each region, in the same order."""
_AGAIN = LISTED[3:]  # of which a file may have the same one several times


def _whole(values: Sequence[int | None], dtype: type, none: int) -> Array:
    """The values as an array; what is beyond the type is not known, so that one odd row spoils no search."""
    try:
        return np.array([none if value is None else value for value in values], dtype)
    except OverflowError:
        bounds = np.iinfo(dtype)
        fitting = (value is not None and bounds.min <= value <= bounds.max for value in values)
        return np.array([value if fits else none for value, fits in zip(values, fitting, strict=True)], dtype)


class Change(NamedTuple):
    """What became of a row: its entry now, None for one that is gone. A later change has a greater `seq`."""

    seq: int
    id: int
    entry: Entry | None


class Kept:
    """What was found out of a snapshot, for those who ask again: the last few answers."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Any, Any] = OrderedDict()
        self._changing = threading.Lock()

    def get(self, question: Any, make: Callable[[], T]) -> T:
        """The answer to a question, made only where it is not at hand."""
        with self._changing:
            if question in self._answers:
                self._answers.move_to_end(question)
                at_hand: T = self._answers[question]
                return at_hand
        made = make()
        with self._changing:
            self._answers[question] = made
            while len(self._answers) > _ANSWERS_KEPT:
                self._answers.popitem(last=False)
        return made


class Stand(NamedTuple):
    """Which snapshot something was made of: its last change, its era and how many slots it had."""

    seq: int
    era: object
    slots: int

    def follows(self, other: "Stand") -> bool:
        """Whether all slots of another one are among these: what was made of it can be gone on with."""
        return self.era is other.era and self.seq >= other.seq


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All files as they were at one moment. `seq` is the number of the last change that is in it.

    Slots keep their numbers as long as `era` is the same object. Arrays have an element for each of `slots`; those of
    dead ones mean nothing. `listed` has two arrays for each list: slots, and the numbers of the texts. `by_id` has the
    slot of each id, -1 of none; its last element is of all above.
    """

    seq: int
    era: object
    alive: Mask
    ids: Array
    columns: Mapping[str, Array]
    texts: Mapping[str, Texts]
    listed: Mapping[str, tuple[Array, Array]]
    names: Array
    name_ends: Array
    by_id: Slots
    behind: int = 0  # changes that are not in it yet
    kept: Kept = field(default_factory=Kept)

    @property
    def slots(self) -> int:
        """How many there are, dead ones with them."""
        return len(self.alive)

    @cached_property
    def there(self) -> Mask:
        """The files that are not known to be gone from disk."""
        there: Mask = self.alive & ((self.columns["marks"] & Mark.MISSING) == 0)
        return there

    @property
    def stand(self) -> Stand:
        """Which snapshot it is, for who goes on from it and need not keep it."""
        return Stand(self.seq, self.era, self.slots)

    @cached_property
    def duplicates(self) -> Mask:
        """The files that are there of which another one that is there has the bytes."""
        there = np.flatnonzero(self.there)
        sha256 = self.columns["sha256"][there]
        in_order = np.argsort(sha256)
        same = sha256[in_order[1:]] == sha256[in_order[:-1]]
        mask = np.zeros(self.slots, np.bool_)
        mask[there[in_order[1:][same]]] = True
        mask[there[in_order[:-1][same]]] = True
        return mask

    def at(self, ids: Array) -> Slots:
        """The slots of these rows, without those that it has not."""
        found = self.places(ids)
        return found[found >= 0]

    def places(self, ids: Array) -> Slots:
        """The slot of each of these rows, -1 for one that it has not."""
        found: Slots = self.by_id[np.minimum(ids, len(self.by_id) - 1, dtype=np.int64)]
        return found

    def counted(self, name: str, of: Mask) -> Counted:
        """How many of these files have each text of a column; of folders those in all folders below, too."""
        texts = self.texts[name]
        if name not in LISTED:
            return count_of_each(texts, self.columns[name][of])
        slots, numbers = self.listed[name]
        there = of[slots]
        pairs = slots[there], numbers[there]
        slots, numbers = each_once(*pairs) if name in _AGAIN else pairs
        return count_of_lists(texts, slots, numbers, int(np.count_nonzero(of)))

    def name(self, slot: int) -> bytes:
        """The name of a file as names are ordered: folded, in UTF-8."""
        start = int(self.name_ends[slot - 1]) if slot else 0
        return self.names[start : int(self.name_ends[slot])].tobytes()


def _smallest(texts: int) -> type:
    """The type that holds the numbers of so many texts, and NO_TEXT."""
    return next(type_ for type_ in (np.int8, np.int16, np.int32) if texts <= np.iinfo(type_).max)


def _transposed(entries: Sequence[Sequence[Any]]) -> Any:
    """For each field of `Entry` its values in all of them."""
    return Entry._make(zip(*entries, strict=True))


class Columns:
    """The columns as they grow. Not safe for several threads: who changes them holds a lock; snapshots are."""

    def __init__(self) -> None:
        self.seq = 0
        self.newest: deque[tuple[int, int]] = deque(maxlen=_NEWEST)  # changes, as seq and id
        self._start()

    def _start(self) -> None:
        types = {name: dtype for name, (dtype, _) in WHOLE.items()} | dict(REAL)
        types |= dict.fromkeys(CODED, np.int8) | dict.fromkeys(_NARROWED, WIDTHS[0])
        self._columns = {name: Growing(dtype) for name, dtype in types.items()}
        self._ids, self._alive, self._name_ends = Growing(WIDTHS[0]), Growing(np.bool_), Growing(np.uint32)
        self._texts = {name: Folders() if name == "folder" else Texts() for name in (*CODED, *LISTED)}
        self._listed = {name: (Growing(np.int32), Growing(np.int8)) for name in LISTED}
        self._names = Growing(np.uint8)
        self._era = object()
        self._slot_of = np.full(FIRST_ROWS, -1, np.int32)  # by id
        self._dead = 0
        self._lent = False

    def reserve(self, rows: int) -> None:
        """Makes room for so many rows at once: arrays that grow step by step have room to spare."""
        for column in (*self._columns.values(), self._ids, self._alive, self._name_ends):
            column.reserve(rows)

    def take(self, changes: Sequence[Change]) -> None:
        """Takes in changes, oldest first."""
        if not changes:
            return
        if self._lent:  # a snapshot goes on with what there was
            alive, self._slot_of, self._lent = self._alive.view.copy(), self._slot_of.copy(), False
            self._alive.begin_with(alive)
        latest = {number: entry for _, number, entry in changes}
        self._kill(np.fromiter(latest, np.int64, len(latest)))
        there = [(number, entry) for number, entry in latest.items() if entry is not None]
        if there:
            self._append([number for number, _ in there], [entry for _, entry in there])
        self.seq = changes[-1].seq
        self.newest.extend((change.seq, change.id) for change in changes[-_NEWEST:])
        if self._dead > max(_SWEPT_FROM, len(self._alive.view) // 4):
            self._sweep()

    def snapshot(self, behind: int = 0) -> Snapshot:
        """What there is now; `behind` changes are known to come."""
        self._lent = True
        return Snapshot(
            self.seq,
            self._era,
            self._alive.view,
            self._ids.view,
            {name: column.view for name, column in self._columns.items()},
            self._texts,
            {name: (slots.view, numbers.view) for name, (slots, numbers) in self._listed.items()},
            self._names.view,
            self._name_ends.view,
            self._slot_of,
            behind,
        )

    def as_arrays(self) -> dict[str, Array]:
        """All that there is, to be kept in a file; dead slots are swept out."""
        if self._dead:
            self._sweep()
        arrays = {f"column {name}": column.view for name, column in self._columns.items()}
        for name, (slots, numbers) in self._listed.items():
            arrays |= {f"slots {name}": slots.view, f"numbers {name}": numbers.view}
        for name, texts in self._texts.items():
            arrays[f"texts {name}"] = np.frombuffer(json.dumps(texts.texts).encode(), np.uint8)
        newest = np.array([(self.seq, 0), *self.newest], np.int64)
        others = {"ids": self._ids.view, "names": self._names.view, "name_ends": self._name_ends.view, "newest": newest}
        return arrays | others

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> "Columns":
        """What `as_arrays` gave. Raises KeyError or ValueError for anything else."""
        made = cls()
        (made.seq, _), *newest = arrays["newest"].tolist()
        made.newest.extend((seq, number) for seq, number in newest)
        for name, texts in made._texts.items():
            texts.numbers(json.loads(arrays[f"texts {name}"].tobytes()))
        for name, column in made._columns.items():
            column.begin_with(arrays[f"column {name}"])
        for name, (slots, numbers) in made._listed.items():
            slots.begin_with(arrays[f"slots {name}"])
            numbers.begin_with(arrays[f"numbers {name}"])
        made._names.begin_with(arrays["names"])
        made._name_ends.begin_with(arrays["name_ends"])
        ids = arrays["ids"]
        if {len(column.view) for column in (*made._columns.values(), made._name_ends)} != {len(ids)}:
            raise ValueError("columns of several lengths")
        made._ids.begin_with(ids)
        made._alive.append(np.ones(len(ids), np.bool_))
        if len(ids):
            made._place(ids, 0)
        return made

    def _kill(self, ids: Array) -> None:
        known = ids[ids < len(self._slot_of)]
        slots = self._slot_of[known]
        slots = slots[slots >= 0]
        self._alive.view[slots] = False
        self._slot_of[known] = -1
        self._dead += len(slots)

    def _append(self, ids: list[int], entries: list[Entry]) -> None:
        first, values = len(self._alive.view), _transposed(entries)
        for name, (dtype, none) in WHOLE.items():
            numbers = _whole(getattr(values, name), dtype, none)
            self._columns[name].append(narrowed(numbers) if name in _NARROWED else numbers)
        for name, dtype in REAL.items():
            self._columns[name].append(np.array(getattr(values, name), dtype))  # None becomes NaN
        for name in CODED:
            self._columns[name].append(self._numbers(name, getattr(values, name)))
        for name in LISTED:
            self._append_lists(name, first, getattr(values, name))
        self._append_names([fold(name).encode("utf-8", "surrogatepass") for name in values.name])
        self._ids.append(narrowed(np.array(ids, np.int64)))
        self._alive.append(np.ones(len(ids), np.bool_))
        self._place(np.array(ids, np.int64), first)

    def _append_lists(self, name: str, first: int, lists: Sequence[Sequence[str]]) -> None:
        slots, numbers = self._listed[name]
        lengths = [len(texts) for texts in lists]
        slots.append(np.repeat(np.arange(first, first + len(lists), dtype=np.int32), lengths))
        numbers.append(self._numbers(name, (text for texts in lists for text in texts)))

    def _numbers(self, name: str, texts: Iterable[str | None]) -> Array:
        """The numbers of texts of a column, in the smallest type that holds any of them."""
        numbers = self._texts[name].numbers(texts)
        return np.array(numbers, _smallest(len(self._texts[name].texts)))

    def _append_names(self, names: list[bytes]) -> None:
        lengths = np.array([len(name) for name in names], np.uint32)
        self._name_ends.append(len(self._names.view) + np.cumsum(lengths, dtype=np.uint32))
        self._names.append(np.frombuffer(b"".join(names), np.uint8))

    def _place(self, ids: Array, first: int) -> None:
        need = int(ids.max()) + 2  # the last is of no id
        if need > len(self._slot_of):
            grown = np.full(max(need, int(len(self._slot_of) * GROWTH)), -1, np.int32)
            grown[: len(self._slot_of)] = self._slot_of
            self._slot_of = grown
        self._slot_of[ids] = np.arange(first, first + len(ids), dtype=np.int32)

    def _sweep(self) -> None:
        """Leaves out the dead slots. Texts keep their numbers."""
        old, texts = self.snapshot(), self._texts
        keep = np.flatnonzero(old.alive)
        moved = np.full(old.slots, -1, np.int32)
        moved[keep] = np.arange(len(keep), dtype=np.int32)
        names = [old.name(int(slot)) for slot in keep]
        self._start()
        self._texts = texts
        for name, column in old.columns.items():
            self._columns[name].append(column[keep])
        for name, (slots, numbers) in old.listed.items():
            there = moved[slots] >= 0
            self._listed[name][0].append(moved[slots][there])
            self._listed[name][1].append(numbers[there])
        self._append_names(names)
        self._ids.append(old.ids[keep])
        self._alive.append(np.ones(len(keep), np.bool_))
        if len(keep):
            self._place(old.ids[keep], 0)
