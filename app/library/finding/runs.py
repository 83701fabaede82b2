"""Which files have runs of words, where the texts of a field are in memory: for those the index need not be asked.

The index has the words of the same texts, so both find the same files, but for those that wait for their words, and for
those that have more words in a field than the index takes for sure: of these it is asked.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import NamedTuple, TypeAlias

import numpy as np

from app.library.finding.columns import LISTED, Array, Mask, Snapshot
from app.library.finding.words.wording import MOST_PLACES
from app.query.fields import FREE
from app.query.tree import Run, Words

AT_HAND: Mapping[str, str] = {"folder": "folder", "keyword": "keyword", "camera": "camera_in_full"}
"""The fields that the columns in memory have all words of, and the column that has them."""


class Sought(NamedTuple):
    """What the index is asked: each of the runs in any of the fields."""

    fields: tuple[str, ...]
    runs: tuple[Run, ...]

    @property
    def is_at_hand(self) -> bool:
        """Whether columns can answer a part of it at least."""
        return bool(self.runs) and not AT_HAND.keys().isdisjoint(self.fields)


Index: TypeAlias = Callable[[Sought], Mask]
"""The files that the index of words finds."""


def sought_by(leaf: Words) -> Sought:
    """What a leaf asks; without runs where it has no words."""
    return Sought(FREE if leaf.field == "" else (leaf.field,), tuple(run for run in leaf.runs if run.words))


def files_with(snapshot: Snapshot, sought: Sought, index: Index) -> Mask:
    """The files that have the runs: by the columns, and in the fields that have none by the index."""
    there = [field for field in sought.fields if field in AT_HAND]
    rest = tuple(field for field in sought.fields if field not in AT_HAND)

    def having(run: Run) -> Mask:
        masks = [_having(snapshot, AT_HAND[field], run) for field in there]
        if rest:
            masks.append(index(Sought(rest, (run,))))
        return reduce(np.logical_or, masks)

    return reduce(np.logical_and, map(having, sought.runs), snapshot.alive)


def cut_short(snapshot: Snapshot) -> Array:
    """The ids of the files that have so many words in one of these fields that the index may not have all of them."""
    mask = np.zeros(snapshot.slots, np.bool_)
    for column in AT_HAND.values():
        lengths = snapshot.texts[column].words.lengths
        if column in LISTED:
            slots, numbers = snapshot.listed[column]
            fitting = MOST_PLACES // max(1, int(lengths.max(initial=1)))  # texts that cannot have too many words
            if fitting and not np.any(slots[fitting:] == slots[:-fitting]):  # slots ascend
                continue
            mask |= np.bincount(slots, lengths[numbers], snapshot.slots) > MOST_PLACES
        elif np.any(lengths > MOST_PLACES):
            mask |= np.append(lengths > MOST_PLACES, [False])[snapshot.columns[column]]  # of NO_TEXT
    ids: Array = snapshot.ids[mask & snapshot.alive]
    return ids


def _having(snapshot: Snapshot, column: str, run: Run) -> Mask:
    table = snapshot.texts[column].words.having(run)
    if not table.any():
        return np.zeros(snapshot.slots, np.bool_)
    if column not in LISTED:
        mask: Mask = table[snapshot.columns[column]]
        return mask
    slots, numbers = snapshot.listed[column]
    mask = np.zeros(snapshot.slots, np.bool_)
    mask[slots[table[numbers]]] = True
    return mask
