"""How many files have each of the texts that they share. Pure."""

from collections.abc import Sequence
from heapq import nsmallest
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from app.library.finding.texts.shared import NO_TEXT, Folders, Texts
from app.query.words import natural

Numbers: TypeAlias = npt.NDArray[Any]
_AT_ONCE = 2**17


class Counted:
    """How many files have each text; a text that has several spellings has the number of the first.

    `files` has an element for each number, 0 for those that are not first; `none` is how many files have no text.
    """

    def __init__(self, texts: Texts, files: Numbers, none: int, spellings: dict[int, int]) -> None:
        self._texts = texts
        self.files = files
        self.none = none
        self._spellings = spellings

    @property
    def present(self) -> list[int]:
        """The texts that any file has."""
        there: list[int] = np.flatnonzero(self.files).tolist()
        return there

    def shown(self, number: int) -> str:
        """A text in its most frequent spelling."""
        return self._texts.texts[self._spellings.get(number, number)]

    def most(self, limit: int, among: Sequence[int] | None = None) -> list[tuple[str, int]]:
        """Up to so many texts with their files, those of most files first, equal ones by name."""
        some = among if among is not None else self._of_most(limit)
        first = nsmallest(limit, some, key=lambda number: (-self.files[number], self.shown(number)))
        return [(self.shown(number), int(self.files[number])) for number in first]

    def _of_most(self, limit: int) -> list[int]:
        least = int(np.partition(self.files, -limit)[-limit]) if len(self.files) > limit else 1
        some: list[int] = np.flatnonzero(self.files >= max(1, least)).tolist()
        return some


def how_many(numbers: Numbers, length: int) -> Numbers:
    """How often each whole number from 0 up to `length` is among these.

    Part by part, where `length` is small: `np.bincount` makes eight bytes of each number that it is given.
    """
    if length > _AT_ONCE:
        return np.bincount(numbers, minlength=length)
    counts = np.zeros(length, np.int64)
    for first in range(0, len(numbers), _AT_ONCE):
        counts += np.bincount(numbers[first : first + _AT_ONCE], minlength=length)
    return counts


def count_of_each(texts: Texts, numbers: Numbers) -> Counted:
    """Counts files of which each has one text: its number, or NO_TEXT."""
    known = numbers[numbers != NO_TEXT]
    respelled, length = _respelled(texts)
    apart = how_many(known, length)
    if isinstance(texts, Folders):
        apart = with_those_below(texts, apart)
    files = apart.copy()
    for number, first in respelled:
        files[first] += apart[number]
        files[number] = 0
    return Counted(texts, files, len(numbers) - len(known), _most_frequent(texts, respelled, apart))


def each_once(slots: Numbers, numbers: Numbers) -> tuple[Numbers, Numbers]:
    """The slots of files and the numbers of their texts without those that a file has several times."""
    if not len(slots):
        return slots, numbers
    width = int(numbers.max()) + 1
    pairs = np.unique(slots.astype(np.int64) * width + numbers)
    return pairs // width, pairs % width


def count_of_lists(texts: Texts, slots: Numbers, numbers: Numbers, files: int) -> Counted:
    """Counts so many files, of which each has any number of texts: the slot of a file for each number of a text.

    A file that has several spellings of a text counts once.
    """
    respelled, length = _respelled(texts)
    apart = how_many(numbers, length)
    some = np.zeros(int(slots.max(initial=-1)) + 1, np.bool_)
    some[slots] = True
    none = files - int(np.count_nonzero(some))
    if not respelled:
        return Counted(texts, apart, none, {})
    firsts = np.arange(length)
    several = np.zeros(length, np.bool_)
    for number, first in respelled:
        firsts[number] = first
        several[[number, first]] = True
    among = several[numbers]
    once = np.unique(firsts[numbers[among]] * len(some) + slots[among]) // max(1, len(some))
    joined = np.where(several, 0, apart) + np.bincount(once, minlength=length)
    return Counted(texts, joined, none, _most_frequent(texts, respelled, apart))


def with_those_below(folders: Folders, files: Numbers) -> Numbers:
    """How many files are in each folder and below it, of how many are in each."""
    above = np.array(folders.above[: len(files)], np.int64)
    below = files.copy()
    level = np.flatnonzero(above == NO_TEXT)
    levels = []
    in_order = np.argsort(above, kind="stable")  # the folders of one folder side by side
    starts = np.searchsorted(above[in_order], np.arange(len(files) + 1))
    while len(level):
        levels.append(level)
        lengths = starts[level + 1] - starts[level]
        first = np.repeat(starts[level] - np.cumsum(lengths) + lengths, lengths)
        level = in_order[first + np.arange(lengths.sum())]
    for level in reversed(levels[1:]):
        np.add.at(below, above[level], below[level])
    return below


class Inside(NamedTuple):
    """A folder of another one: its path as shown, how many files are in it and below, and whether any folder is."""

    path: str
    files: int
    opens: bool


def folders_inside(folders: Folders, counted: Counted, path: str | None) -> list[Inside]:
    """The folders directly in one, by name (`2` before `10`), of which any file is counted; None is above the roots."""
    length = len(counted.files)
    above = np.array(folders.above[:length], np.int64)
    firsts = np.arange(length + 1)
    firsts[-1] = NO_TEXT  # that of NO_TEXT
    for number, first in folders.respelled:
        if number < length:
            firsts[number] = first
    present = np.flatnonzero(counted.files)
    parents = firsts[above[present]]
    wanted = NO_TEXT if path is None else folders.first(path)
    if path is not None and wanted == NO_TEXT:
        return []
    opening = set(parents.tolist())
    here = sorted(present[parents == wanted].tolist(), key=lambda number: natural(folders.folded[number]))
    return [Inside(counted.shown(number), int(counted.files[number]), number in opening) for number in here]


def _respelled(texts: Texts) -> tuple[list[tuple[int, int]], int]:
    """The texts that have several spellings, and how many texts there are: more may come meanwhile."""
    length = len(texts.texts)
    return [(number, first) for number, first in texts.respelled if number < length], length


def _most_frequent(texts: Texts, respelled: Sequence[tuple[int, int]], apart: Numbers) -> dict[int, int]:
    """For the first of several spellings the one of most files, the first by name of equal ones."""
    best: dict[int, int] = {}
    for number, first in respelled:
        if not apart[number]:
            continue
        so_far = best.get(first, first)
        if (-apart[number], texts.texts[number]) < (-apart[so_far], texts.texts[so_far]):
            best[first] = number
    return best
