"""Groups of files that are duplicates, or similar, among all files of a snapshot. Pure, but for the file of codes.

The kinds are kept apart: of files with the same bytes one stands for all in the groups of the same picture, and of
those one for all in the groups of similar files. A file behind another of a pair (the film of a Live Photo, a camera
raw file) is no duplicate of it, and only counts by its bytes.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from app.library.alike.codes import CodeFile, Codes, bits_apart
from app.library.alike.near import By, comparable, left_out
from app.library.finding.columns import Array, Mask, Slots, Snapshot
from app.library.finding.pairing import Pairing

WIDEST = {By.BYTES: 0, By.PICTURE: 0, By.PHASH: 4, By.FEATURES: 240}
"""Up to how many bits files are grouped; a smaller distance only filters."""
MOST_CODES = 10_000
"""Above, files are not grouped by features: each is held against each, a quarter of a second for a thousand."""
TOO_MANY = "too_many"
_BANDS = 6  # of every sixth bit: where 4 differ, two bands are the same
_NEIGHBOURS = 64  # of equal bands, to which a hash is held: more than a library of photos has, and a bound for others


class Edges(NamedTuple):
    """Which files are alike: slots, two and two, and in how many bits they differ; `known` could be compared."""

    ones: Slots
    others: Slots
    distances: Array
    known: Mask
    left: dict[str, int]


class Groups(NamedTuple):
    """Groups of slots: those of group `n` are `slots[starts[n]:starts[n + 1]]`, in the order of ids, as are the groups.

    `distances` is how far each file is from the nearest other one of its group.
    """

    slots: Slots
    starts: Array
    distances: Array

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self.starts) - 1

    def group(self, place: int) -> tuple[Slots, Array]:
        """The slots of one, and their distances."""
        part = slice(int(self.starts[place]), int(self.starts[place + 1]))
        return self.slots[part], self.distances[part]


def edges_of(snapshot: Snapshot, pairing: Pairing, codes: CodeFile, by: By) -> Edges:
    """All pairs of files that are alike, within the widest distance. Raises NeedsAttention."""
    if by is By.BYTES:
        slots = np.flatnonzero(snapshot.there)
        ones, others = _equal(slots, snapshot.columns["sha256"][slots])
        return _told(snapshot, by, (ones, others, None), snapshot.there)
    front = snapshot.there.copy()
    front[pairing.behind] = False
    if by is By.FEATURES:
        return _by_codes(snapshot, codes, front, pairing)
    known = comparable(snapshot, by) & front
    counted = _with_pairs(known, pairing)
    if by is By.PICTURE:
        slots = np.flatnonzero(_standing(snapshot, known, "sha256"))
        return _told(snapshot, by, (*_equal(slots, snapshot.columns["picture"][slots]), None), counted)
    slots = np.flatnonzero(_of_each_picture(snapshot, known))
    return _told(snapshot, by, _near_hashes(slots, snapshot.columns["phash"][slots]), counted)


def _by_codes(snapshot: Snapshot, codes: CodeFile, front: Mask, pairing: Pairing) -> Edges:
    behind, slots = codes.catch_up(), np.flatnonzero(front)
    models = codes.models(snapshot.ids[slots])
    known = np.zeros(snapshot.slots, np.bool_)
    known[slots[models > 0]] = True
    compared = _of_each_picture(snapshot, known)[slots]
    known = _with_pairs(known, pairing)
    if np.count_nonzero(compared) > MOST_CODES:
        left = left_out(snapshot, By.FEATURES, known, behind)
        return Edges(*_no_edges(), known & False, left | {TOO_MANY: int(np.count_nonzero(known))})
    slots, models = slots[compared], models[compared]
    edges = _near_codes(slots, models, codes.of(snapshot.ids[slots]))
    return _told(snapshot, By.FEATURES, edges, known, behind)


def _with_pairs(known: Mask, pairing: Pairing) -> Mask:
    """The same with the files behind others, of which those that stand for them are compared."""
    known = known.copy()
    known[pairing.behind] = known[pairing.leads[pairing.behind]]
    return known


def _no_edges() -> tuple[Slots, Slots, Array]:
    nothing = np.empty(0, np.int32)
    return nothing, nothing, nothing


def _told(snapshot: Snapshot, by: By, found: tuple[Array, Array, Array | None], known: Mask, behind: int = 0) -> Edges:
    ones, others, distances = found
    apart = np.zeros(len(ones), np.int32) if distances is None else distances
    return Edges(ones.astype(np.int32), others.astype(np.int32), apart, known, left_out(snapshot, by, known, behind))


def _of_each_picture(snapshot: Snapshot, known: Mask) -> Mask:
    """Of those that can be compared one for all with the same bytes, and then one for all of the same picture."""
    standing = _standing(snapshot, known, "sha256")
    hashed = comparable(snapshot, By.PICTURE) & standing
    return (standing & ~hashed) | _standing(snapshot, hashed, "picture")


def _standing(snapshot: Snapshot, among: Mask, column: str) -> Mask:
    """One for each value: of those whose picture was hashed, or else of all, the one with the lowest id."""
    slots = np.flatnonzero(among)
    hashed = comparable(snapshot, By.PICTURE)[slots]
    slots = slots[np.lexsort((snapshot.ids[slots], ~hashed))]
    _, first = np.unique(snapshot.columns[column][slots], return_index=True)
    stands = np.zeros(snapshot.slots, np.bool_)
    stands[slots[first]] = True
    return stands


def _equal(slots: Array, values: Array) -> tuple[Array, Array]:
    """Each slot with the next one that has the same value."""
    order = np.argsort(values, kind="stable")
    same = np.flatnonzero(values[order[1:]] == values[order[:-1]])
    return slots[order[same]], slots[order[same + 1]]


def _near_hashes(slots: Array, hashes: Array) -> tuple[Array, Array, Array]:
    """The pairs of hashes that differ in at most 4 bits. Of six bands of bits two are the same then: they are a key.

    Equal hashes are joined one after the other, and one of them is held against the rest.
    """
    order = np.argsort(hashes, kind="stable")
    slots, hashes = slots[order], hashes[order]
    first = np.ones(len(hashes), np.bool_)
    first[1:] = hashes[1:] != hashes[:-1]
    again = np.flatnonzero(~first)
    found = [(slots[again - 1], slots[again], np.zeros(len(again), np.int32))]
    slots, hashes = slots[first], hashes[first]
    masks = [np.uint64(sum(1 << bit for bit in range(band, 64, _BANDS))) for band in range(_BANDS)]
    for one, other in combinations(masks, 2):
        keys = hashes & (one | other)
        order = np.argsort(keys)
        keys, there = keys[order], np.arange(len(keys) - 1)
        for step in range(1, _NEIGHBOURS):
            there = there[there + step < len(keys)]
            there = there[keys[there] == keys[there + step]]
            if not len(there):
                break
            distances = np.bitwise_count(hashes[order[there]] ^ hashes[order[there + step]])
            near = np.flatnonzero(distances <= WIDEST[By.PHASH])
            pair = order[there[near]], order[there[near] + step]
            found.append((slots[pair[0]], slots[pair[1]], distances[near].astype(np.int32)))
    ones, others, apart = (np.concatenate(part) for part in zip(*found, strict=True))
    return _once(ones, others, apart)


def _once(ones: Array, others: Array, apart: Array) -> tuple[Array, Array, Array]:
    """Each pair once."""
    both = np.sort(np.stack([ones, others]).astype(np.int64), axis=0)
    _, first = np.unique((both[0] << 32) | both[1], return_index=True)
    return both[0][first], both[1][first], apart[first]


def _near_codes(slots: Array, models: Array, rows: Codes) -> tuple[Array, Array, Array]:
    found = [_no_edges()]
    for place in range(len(slots) - 1):
        apart = bits_apart(rows[place + 1 :], rows[place]).astype(np.int32)
        near = np.flatnonzero((apart <= WIDEST[By.FEATURES]) & (models[place + 1 :] == models[place]))
        if len(near):
            found.append((np.full(len(near), slots[place]), slots[place + 1 + near], apart[near]))
    ones, others, distances = (np.concatenate(part) for part in zip(*found, strict=True))
    return ones, others, distances


def groups_of(snapshot: Snapshot, edges: Edges, at_most: int) -> Groups:
    """The groups of files that are joined by edges of at most so many bits, however many steps that takes."""
    near = edges.distances <= at_most
    ones, others, apart = edges.ones[near], edges.others[near], edges.distances[near]
    nodes = np.unique(np.concatenate([ones, others]))
    nodes = nodes[np.argsort(snapshot.ids[nodes], kind="stable")]
    place = np.empty(snapshot.slots, np.int64)
    place[nodes] = np.arange(len(nodes))
    begins, ends = place[ones], place[others]
    nearest = np.full(len(nodes), np.iinfo(np.int32).max, np.int32)
    np.minimum.at(nearest, begins, apart)
    np.minimum.at(nearest, ends, apart)
    first = _joined(len(nodes), begins, ends)
    order = np.argsort(first, kind="stable")
    starts = np.flatnonzero(np.diff(first[order], prepend=-1, append=len(nodes)))
    return Groups(nodes[order], starts, nearest[order])


def _joined(nodes: int, begins: Array, ends: Array) -> Array:
    """For each node the first one of all that it is joined with."""
    first = np.arange(nodes)
    while True:
        ones, others = first[begins], first[ends]
        if (ones == others).all():
            return first
        np.minimum.at(first, np.maximum(ones, others), np.minimum(ones, others))
        while not ((further := first[first]) == first).all():
            first = further
