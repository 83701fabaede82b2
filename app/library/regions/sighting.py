"""What was seen in the pictures of a snapshot, label by label, for any number of folders and searches.

It asks the columns in memory alone. The pictures stand in the order of their folders, so that those of a folder and all
below it are neighbours, and what is in them is the difference of two running sums.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection
from typing import NamedTuple

import numpy as np

from app.formats import Kind
from app.library.finding.columns import Array, Mask, Snapshot
from app.library.finding.entries import Mark
from app.query.words import fold, fold_path


class Numbers(NamedTuple):
    """How many regions with a label were found, in how many pictures, and how many of these were looked at for it."""

    found: int
    pictures: int
    looked_at: int


class _Labelled(NamedTuple):
    """The pictures with a label: their slots, by place in the order of folders, and how many such regions each has.

    `only_so` are those that count as looked at because of it alone. The sums run over all before, so they are one more.
    """

    slots: Array
    places: Array
    numbers: Array
    only_so: Mask
    sum_of_numbers: Array
    sum_of_only_so: Array


class Sighted:
    """The pictures of a snapshot that are there, and what was seen in them.

    `detectable` are the labels that the detector knows, folded: it looks for no others.
    """

    def __init__(self, snapshot: Snapshot, detectable: Collection[str] = frozenset()) -> None:
        marks, kinds = snapshot.columns["marks"], snapshot.texts["kind"]
        self._snapshot = snapshot
        self._images: Mask = snapshot.columns["kind"] == kinds.first(Kind.IMAGE.value)
        self._detectable = detectable
        looked: Mask = (marks & Mark.LOOKED) != 0
        self._looked = (looked, looked | ((marks & Mark.DETECTED) != 0))  # for any label, and for a detectable one
        self._in_part: Mask = (marks & Mark.IN_PART) != 0
        self._rank_of, self._folders = _ranks(list(snapshot.texts["folder"].folded))
        self._pictures = snapshot.there & self._images
        self._sum_of_pictures = self._by_folder(self._pictures)
        self._sums_of_looked = [self._by_folder(self._pictures & mask) for mask in self._looked]
        numbers = snapshot.listed["region"][1]
        self._by_label = np.argsort(numbers, kind="stable")
        self._starts = np.searchsorted(numbers[self._by_label], np.arange(len(snapshot.texts["region"].texts) + 1))
        self._labelled: dict[str, _Labelled] = {}

    def below(self, folder: str, label: str) -> Numbers:
        """The numbers of a label in a folder, `ROOT/relative` as shown, and all below it."""
        first, end = self._span(fold_path(folder))
        labelled = self._with(label)
        low, high = np.searchsorted(labelled.places, (first, end))
        sum_of_looked = self._sums_of_looked[self._detected(label)]
        looked = sum_of_looked[end] - sum_of_looked[first]
        only_so = labelled.sum_of_only_so[high] - labelled.sum_of_only_so[low]
        found = labelled.sum_of_numbers[high] - labelled.sum_of_numbers[low]
        pictures = self._sum_of_pictures[end] - self._sum_of_pictures[first]
        return Numbers(int(found), int(pictures), int(looked + only_so))

    def within(self, mask: Mask) -> Callable[[str], Numbers]:
        """The numbers of a label in those of some files that are pictures."""
        pictures = mask & self._images
        number = int(np.count_nonzero(pictures))
        looked = [int(np.count_nonzero(pictures & mask)) for mask in self._looked]

        def numbers_of(label: str) -> Numbers:
            labelled = self._with(label)
            meant = mask[labelled.slots]
            found, only_so = labelled.numbers[meant].sum(), np.count_nonzero(labelled.only_so & meant)
            return Numbers(int(found), number, looked[self._detected(label)] + int(only_so))

        return numbers_of

    def _detected(self, label: str) -> bool:
        """Whether the detector looks for a label."""
        return fold(label) in self._detectable

    def _span(self, folder: str) -> tuple[int, int]:
        """Where a folder and those below it begin in the order of folders, and where they end."""
        key = _in_order(folder)
        return bisect_left(self._folders, key), bisect_left(self._folders, key + "\1")

    def _by_folder(self, mask: Mask) -> Array:
        """How many of some files lie in the folders before each place in their order."""
        numbers = np.bincount(self._rank_of[self._snapshot.columns["folder"][mask]], minlength=len(self._folders))
        return _running(numbers[: len(self._folders)])

    def _with(self, label: str) -> _Labelled:
        folded = fold(label)
        if folded not in self._labelled:
            self._labelled[folded] = self._found(folded)
        return self._labelled[folded]

    def _found(self, label: str) -> _Labelled:
        snapshot, texts = self._snapshot, self._snapshot.texts
        slots_of, kinds = snapshot.listed["region_kind"]
        numbers = (texts["region"][text] for text in texts["region"].like(label))
        meant = [
            self._by_label[self._starts[number] : self._starts[number + 1]]
            for number in numbers
            if number + 1 < len(self._starts)  # the others are of a later snapshot
        ]
        if (kind := texts["region_kind"].first(label)) >= 0:
            meant.append(np.flatnonzero(kinds == kind))
        regions = np.unique(np.concatenate(meant)) if meant else np.zeros(0, np.int64)
        slots, numbers_of = np.unique(slots_of[regions], return_counts=True)
        images = snapshot.alive[slots] & self._images[slots]
        slots, numbers_of = slots[images], numbers_of[images]
        places = self._rank_of[snapshot.columns["folder"][slots]]
        order = np.argsort(places, kind="stable")
        slots, numbers_of, places = slots[order], numbers_of[order], places[order]
        only_so = ~self._looked[label in self._detectable][slots] & ~self._in_part[slots]
        there = snapshot.there[slots]
        sums = _running(numbers_of * there), _running(only_so & there)
        return _Labelled(slots, places, numbers_of, only_so, *sums)


def _ranks(folders: list[str]) -> tuple[Array, list[str]]:
    """The place of each folder in their order, by its number, and what stands at each place."""
    in_order = sorted({_in_order(folder) for folder in folders})
    place_of = {folder: place for place, folder in enumerate(in_order)}
    return np.array([place_of[_in_order(folder)] for folder in folders], np.int64), in_order


def _in_order(folder: str) -> str:
    """A folder so that all below it follow it at once: no name has a character less than what stands between names."""
    return folder.replace("/", "\0")


def _running(numbers: Array) -> Array:
    """The sum of all before each place, and behind the last."""
    return np.concatenate(([0], np.cumsum(numbers, dtype=np.int64)))
