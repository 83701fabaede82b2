"""The orders in which files are shown, the same on every database.

By the key, and files with the same key by their id, in the same direction. Those without a value come last in either
direction. Names are in the order of their folded text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from app.library.finding.columns import NO_SCORE, NO_TIME, Array, Mask, Slots, Snapshot

_FEW = 2_000  # new rows that are put into their places one by one; more, and all are sorted anew


class Sort(StrEnum):
    """What files are in the order of."""

    TAKEN = "taken"
    ADDED = "added"
    NAME = "name"
    SIZE = "size"
    SCORE = "score"
    NSFW = "nsfw"


Key: TypeAlias = float | int | bytes | None
_NO_VALUE: Mapping[Sort, int] = {Sort.TAKEN: NO_TIME, Sort.SCORE: NO_SCORE}
_LAST = np.inf


@dataclass(frozen=True, eq=False)
class Order:
    """All slots in ascending order. `valued` is how many come before those without a value."""

    slots: Slots
    valued: int

    def found(self, mask: Mask, *, descending: bool) -> tuple[Slots, int]:
        """The slots of the mask in this order, and how many of them have a value."""
        with_value, without = self.slots[: self.valued], self.slots[self.valued :]
        first, last = with_value[mask[with_value]], without[mask[without]]
        if descending:
            first, last = first[::-1], last[::-1]
        return np.concatenate((first, last)) if len(last) else first, len(first)


def key_of(snapshot: Snapshot, sort: Sort, slot: int) -> Key:
    """The key of one file, None without a value."""
    if sort is Sort.NAME:
        return snapshot.name(slot)
    value = snapshot.columns[sort][slot].item()
    return None if value == _NO_VALUE.get(sort) or value != value else value  # noqa: PLR0124 - NaN is not itself


def order_of(snapshot: Snapshot, sort: Sort, older: "tuple[Order, int] | None" = None) -> Order:
    """The order of all slots of a snapshot. `older` is that of its first so many slots, which saves sorting those."""
    known = older[1] if older else 0
    if older and snapshot.slots - known <= _FEW:
        return _with_new(snapshot, sort, older[0], known)
    ids = snapshot.ids
    if sort is Sort.NAME:
        return Order(np.lexsort((ids, _name_ranks(snapshot))).astype(np.int32), snapshot.slots)
    keys = _keys(snapshot, sort)
    slots = np.lexsort((ids, keys)).astype(np.int32)
    return Order(slots, int(np.count_nonzero(keys != _LAST)))


def place_in(
    snapshot: Snapshot, sort: Sort, found: Slots, valued: int, at: tuple[Key, int], *, descending: bool
) -> int:
    """How many of the found files come before a key and id, or are that file: where the next page begins."""
    key, number = at
    low, high = (valued, len(found)) if key is None else (0, valued)
    while low < high:
        middle = (low + high) // 2
        slot = int(found[middle])
        there = (key_of(snapshot, sort, slot) if key is not None else None, int(snapshot.ids[slot]))
        before = _is_after(there, (key, number)) if descending else _is_after((key, number), there)
        low, high = (middle + 1, high) if before or there == (key, number) else (low, middle)
    return low


def _is_after(one: tuple[Key, int], other: tuple[Key, int]) -> bool:
    return one[1] > other[1] if one[0] == other[0] else one[0] > other[0]  # type: ignore[operator] # both of one kind


def _keys(snapshot: Snapshot, sort: Sort) -> Array:
    """Numbers to sort by; those of files without a value are the last."""
    column = snapshot.columns[sort]
    keys = column.astype(np.float64)
    none = np.isnan(keys) if sort is Sort.NSFW else column == _NO_VALUE.get(sort)
    keys[none] = _LAST
    return keys


def _name_ranks(snapshot: Snapshot) -> Array:
    """A number for each name, in the order of their bytes.

    Eight bytes at a time, then the next eight of those that are still alike: a million names as objects would take
    more memory than all columns.
    """
    ends = snapshot.name_ends.astype(np.int64)
    starts = np.concatenate((ends[:1] * 0, ends[:-1]))
    ranks, alike, depth = np.zeros(snapshot.slots, np.int64), np.arange(snapshot.slots), 0
    while len(alike):
        parts = _eight_bytes(snapshot.names, starts[alike] + depth, ends[alike])
        in_order = np.lexsort((parts, ranks[alike]))
        slots, parts = alike[in_order], parts[in_order]
        old = ranks[slots]
        places = np.arange(len(slots))
        old_begins = np.concatenate(([True], old[1:] != old[:-1]))
        begins = old_begins | np.concatenate(([True], parts[1:] != parts[:-1]))
        first_of_old, first = (np.maximum.accumulate(np.where(b, places, 0)) for b in (old_begins, begins))
        ranks[slots] = old + first - first_of_old
        alone = begins & np.concatenate((begins[1:], [True]))
        alike = slots[~alone & (parts & np.uint64(0xFF) != 0)]  # a name that ended has zeros behind it
        depth += 8
    return ranks


def _eight_bytes(names: Array, starts: Array, ends: Array) -> Array:
    """The next eight bytes of each name as one number, zeros behind its end."""
    parts = np.zeros(len(starts), np.uint64)
    for place in range(8):
        at = starts + place
        byte = names[np.minimum(at, len(names) - 1)]
        parts = parts << np.uint64(8) | np.where(at < ends, byte, 0).astype(np.uint64)
    return parts


def _with_new(snapshot: Snapshot, sort: Sort, order: Order, known: int) -> Order:
    """An older order with the new slots in their places."""
    slots, valued = order.slots, order.valued
    new = range(known, snapshot.slots)
    if not new:
        return order
    keyed = [(key_of(snapshot, sort, slot), int(snapshot.ids[slot]), slot) for slot in new]
    with_value = sorted((one for one in keyed if one[0] is not None), key=lambda one: (one[0], one[1]))
    without = sorted(one[1:] for one in keyed if one[0] is None)
    places = [place_in(snapshot, sort, slots, valued, (key, number), descending=False) for key, number, _ in with_value]
    places += [place_in(snapshot, sort, slots, valued, (None, number), descending=False) for number, _ in without]
    put = [slot for *_, slot in with_value] + [slot for _, slot in without]
    return Order(np.insert(slots, places, put).astype(np.int32), valued + len(with_value))
