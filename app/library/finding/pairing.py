"""Which files are one picture: the halves of a Live Photo, and a camera raw file with the picture taken with it.

One of them stands for the others where a list shows one of each. It follows from columns alone, so it is the same on
every database. A file that is gone from disk is in no pair.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.formats import BESIDE_RAW
from app.library.finding.columns import NO_NUMBER, NO_TIME, Array, Mask, Slots, Snapshot
from app.library.finding.entries import Mark

_FNV_OFFSET, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_DOT = ord(".")
_ALONE = -1
_RAW, _NEITHER = len(BESIDE_RAW), len(BESIDE_RAW) + 1


class Pairs(StrEnum):
    """What a list shows of files that are one picture."""

    ONE = "one"
    BOTH = "both"


class PairKind(StrEnum):
    """Why two files are one picture."""

    LIVE_PHOTO = "live_photo"
    RAW = "raw"


@dataclass(frozen=True, eq=False)
class Pairing:
    """For each slot of a snapshot the slot of the file that stands for it, or -1; and the slots that have one.

    A file that stands for another has none itself.
    """

    snapshot: Snapshot
    leads: Slots
    behind: Slots

    def shown(self, mask: Mask) -> Mask:
        """The files of a mask without those for which another one of the mask stands."""
        hidden = self.behind[mask[self.behind] & mask[self.leads[self.behind]]]
        shown = mask.copy()
        shown[hidden] = False
        return shown

    def halves(self) -> Mask:
        """The halves of Live Photos."""
        films = self.behind[_are(self.snapshot, "kind", "video", self.behind)]
        halves = np.zeros(self.snapshot.slots, np.bool_)
        halves[films] = halves[self.leads[films]] = True
        return halves

    def films_inside(self) -> Mask:
        """The files with a film inside: motion photos, which are half of nothing."""
        columns = self.snapshot.columns
        inside: Mask = ((columns["marks"] & Mark.LIVE) != 0) & (columns["pair"] == NO_NUMBER)
        return inside

    def of(self, ids: Iterable[int]) -> Mapping[int, list[tuple[int, PairKind]]]:
        """The files that are one picture with each of these, by ids; those that stand alone are left out."""
        snapshot, behind = self.snapshot, self.behind
        asked = np.zeros(snapshot.slots, np.bool_)
        asked[snapshot.at(np.fromiter(ids, np.int64))] = True
        found: dict[int, list[tuple[int, PairKind]]] = {}
        some = behind[asked[behind] | asked[self.leads[behind]]]
        for slot, is_film in zip(some.tolist(), _are(snapshot, "kind", "video", some), strict=True):
            lead = int(self.leads[slot])
            kind = PairKind.LIVE_PHOTO if is_film else PairKind.RAW
            for one, other in ((slot, lead), (lead, slot)):
                if asked[one]:
                    found.setdefault(int(snapshot.ids[one]), []).append((int(snapshot.ids[other]), kind))
        return found

    def lead_of(self, slot: int) -> int:
        """The file that stands for one; itself where none does."""
        lead = int(self.leads[slot])
        return slot if lead == _ALONE else lead


def pairing_of(snapshot: Snapshot, older: Pairing | None = None) -> Pairing:
    """The pairs of a snapshot. `older` is that of an earlier one, which saves looking at what did not change."""
    leads, touched = np.full(snapshot.slots, _ALONE, np.int32), snapshot.alive
    if older and snapshot.stand.follows(older.snapshot.stand):
        known = older.snapshot.slots
        leads[:known] = older.leads
        touched = np.ones(snapshot.slots, np.bool_)
        touched[:known] = older.snapshot.alive & ~snapshot.alive[:known]
    there = snapshot.there
    _join_live(snapshot, leads, touched & there)
    _join_raw(snapshot, leads, touched)
    behind = np.flatnonzero(leads != _ALONE).astype(np.int32)
    both = there[behind] & there[leads[behind]]
    leads[behind[~both]] = _ALONE
    return Pairing(snapshot, leads, behind[both])


def _join_live(snapshot: Snapshot, leads: Slots, touched: Mask) -> None:
    """The picture stands for the film."""
    pair = snapshot.columns["pair"]
    halves = np.flatnonzero(touched & (pair != NO_NUMBER))
    others = snapshot.places(pair[halves])
    halves, others = halves[others >= 0], others[others >= 0]
    films = _are(snapshot, "kind", "video", halves)
    joined = (pair[others] == snapshot.ids[halves]) & (_are(snapshot, "kind", "video", others) != films)
    halves, others, films = halves[joined], others[joined], films[joined]
    leads[np.where(films, halves, others)] = np.where(films, others, halves)


def _join_raw(snapshot: Snapshot, leads: Slots, touched: Mask) -> None:
    """The one JPEG, or else the one HEIC, stands for the raw files of its name in its folder and its second."""
    columns = snapshot.columns
    folders = columns["folder"]
    some = np.zeros(len(snapshot.texts["folder"].texts), np.bool_)
    changed = np.flatnonzero(touched)
    some[folders[changed[_ranks(snapshot, changed) != _NEITHER]]] = True
    slots = np.flatnonzero(some[folders]).astype(np.int32) if some.any() else changed[:0].astype(np.int32)
    ranks = _ranks(snapshot, slots)
    raw = slots[ranks == _RAW]
    if not len(raw):
        return
    leads[raw] = _ALONE
    some[:] = False
    some[folders[raw]] = True
    dated = some[folders[slots]] & snapshot.there[slots] & (columns["taken"][slots] != NO_TIME) & (ranks != _NEITHER)
    slots, ranks = slots[dated], ranks[dated]
    group = _groups(folders[slots], columns["taken"][slots] // 1_000, _stems(snapshot, slots))
    groups = int(group.max(initial=-1)) + 1
    counts = [np.bincount(group[ranks == rank], minlength=groups) for rank in (0, 1)]
    lead_of_group = np.full(groups, _ALONE, np.int32)
    for rank, alone in ((1, (counts[0] == 0) & (counts[1] == 1)), (0, counts[0] == 1)):
        standing = (ranks == rank) & alone[group]
        lead_of_group[group[standing]] = slots[standing]
    behind = ranks == _RAW
    leads[slots[behind]] = lead_of_group[group[behind]]


def _ranks(snapshot: Snapshot, slots: Array) -> Array:
    """For each of these files which stands for which: a lower one for _RAW; _NEITHER has no part in it."""
    ranks = np.where((snapshot.columns["marks"][slots] & Mark.RAW) != 0, _RAW, _NEITHER).astype(np.int8)
    for rank, name in enumerate(BESIDE_RAW):
        ranks[_are(snapshot, "format", name, slots)] = rank
    return ranks


def _are(snapshot: Snapshot, column: str, text: str, slots: Array) -> Mask:
    """Which of these files have the text."""
    number = snapshot.texts[column].get(text)
    if number is None:
        return np.zeros(len(slots), np.bool_)
    same: Mask = snapshot.columns[column][slots] == number
    return same


def _groups(*keys: Array) -> Array:
    """A number for each element, the same for those that are alike in all keys."""
    order = np.lexsort(keys)
    begins = np.zeros(len(order), np.bool_)
    for key in keys:
        begins[1:] |= key[order][1:] != key[order][:-1]
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(begins)
    return group


def _stems(snapshot: Snapshot, slots: Slots) -> Array:
    """A number for the name of each file up to its last dot: its FNV-1a hash of 64 bits.

    Names are as they are ordered, so capitals do not matter. That two of one folder and second had the same by chance
    is not to be expected, and would hide a file until both are shown.
    """
    ends = snapshot.name_ends
    at = np.where(slots > 0, ends[slots - 1], 0).astype(np.int64)
    end = ends[slots].astype(np.int64)
    whole = np.full(len(slots), _FNV_OFFSET)
    stems = whole.copy()
    going = np.flatnonzero(at < end)
    while len(going):
        byte = snapshot.names[at[going]]
        dots = going[byte == _DOT]
        stems[dots] = whole[dots]
        whole[going] = (whole[going] ^ byte) * _FNV_PRIME
        at[going] += 1
        going = going[at[going] < end[going]]
    return stems
