"""Which files stand beside one: in what a search finds, and by what they look like."""

from enum import StrEnum
from typing import NamedTuple

import numpy as np

from app.library.finding.columns import Array, Snapshot
from app.library.finding.finder import Found
from app.library.finding.pairing import Pairing


class Neighbours(NamedTuple):
    """The ids of the files before and behind one, None where there is none; and how many files come before it.

    `position` is None where the search does not find the file.
    """

    previous: int | None
    next: int | None
    position: int | None
    total: int


def neighbours_of(found: Found, number: int, pairing: Pairing) -> Neighbours:
    """What stands beside the file of this id, or beside the one that stands for it.

    It takes a millisecond among a million.
    """
    total = len(found.slots)
    slot = found.snapshot.at(np.array([number]))
    places = np.flatnonzero(found.slots == slot[0]) if len(slot) else slot
    if len(slot) and not len(places):
        places = np.flatnonzero(found.slots == pairing.lead_of(int(slot[0])))
    if not len(places):
        return Neighbours(None, None, None, total)
    place = int(places[0])
    previous, behind = (
        int(found.snapshot.ids[found.slots[each]]) if 0 <= each < total else None for each in (place - 1, place + 1)
    )
    return Neighbours(previous, behind, place, total)


class By(StrEnum):
    """What files are alike by."""

    BYTES = "bytes"
    PHASH = "phash"


_COLUMN = {By.BYTES: "sha256", By.PHASH: "phash"}


class Alike(NamedTuple):
    """Files that look like one, the most alike first: ids, and in how many of 64 bits each differs.

    `searched` were held against it. A file whose picture was not made has no hash, and none is like it.
    """

    ids: list[int]
    distances: list[int]
    searched: int


def alike(snapshot: Snapshot, number: int, by: By, at_most: int, limit: int) -> Alike:
    """The files whose hash differs in at most so many bits from that of the file of this id; by bytes in none."""
    hashes, slot = snapshot.columns[_COLUMN[by]], snapshot.at(np.array([number]))
    hashed = snapshot.alive & (hashes != 0)
    if not len(slot) or not hashes[slot[0]]:
        return Alike([], [], 0)
    distances: Array = np.bitwise_count(hashes ^ hashes[slot[0]])
    near = hashed & (distances <= (at_most if by is By.PHASH else 0))
    near[slot[0]] = False
    slots = np.flatnonzero(near)
    slots = slots[np.argsort(distances[slots], kind="stable")][:limit]
    return Alike(snapshot.ids[slots].tolist(), distances[slots].tolist(), int(np.count_nonzero(hashed)))
