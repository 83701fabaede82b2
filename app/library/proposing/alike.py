"""Which files look like each of some. A way to see that is a function; `WAYS` has them all, and a new one joins it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

import numpy as np

from app.library.finding.columns import Array, Snapshot
from app.library.finding.pairing import Pairing
from app.library.proposing.others import Other

MOST = 20
"""Of the files that look like one, the nearest that are asked."""
_OF_A_PAIR = 0.95
_BITS, _AT_MOST, _NEAREST, _FARTHEST = 64, 8, 0.9, 0.5
"""Of perceptual hashes: how many bits may differ, and how near that is with none and with all of them."""

Way: TypeAlias = Callable[[Snapshot, Pairing, Array], Iterable[Iterable[Other]]]
"""For each of these ids, all of the snapshot, the files that look like it."""


def others_of(snapshot: Snapshot, pairing: Pairing, ids: Array) -> list[list[Other]]:
    """For each of these ids, all of the snapshot, the files that look like it, the nearest first and each once."""
    found: list[dict[int, Other]] = [{} for _ in range(len(ids))]
    for way in WAYS:
        for others, more in zip(found, way(snapshot, pairing, ids), strict=True):
            for other in more:
                others.setdefault(other.id, other)
    return [sorted(others.values(), key=lambda other: (-other.nearness, other.id))[:MOST] for others in found]


def by_bytes(snapshot: Snapshot, _: Pairing, ids: Array) -> Iterator[list[Other]]:
    """The files that have the same bytes."""
    hashes, slots = snapshot.columns["sha256"], snapshot.at(ids)
    among = np.flatnonzero(np.isin(hashes, hashes[slots]) & snapshot.alive)
    by_hash: dict[int, list[int]] = {}
    for hashed, number in zip(hashes[among].tolist(), snapshot.ids[among].tolist(), strict=True):
        by_hash.setdefault(hashed, []).append(number)
    for number, hashed in zip(ids.tolist(), hashes[slots].tolist(), strict=True):
        yield [Other(other, "bytes", 1.0, same=True) for other in by_hash[hashed] if other != number]


def by_pair(_: Snapshot, pairing: Pairing, ids: Array) -> Iterator[list[Other]]:
    """The other half of a Live Photo, or of RAW and JPEG."""
    pairs = pairing.of(ids.tolist())
    for number in ids.tolist():
        yield [Other(other, "pair", _OF_A_PAIR, same=True) for other, _ in pairs.get(number, ())]


def by_phash(snapshot: Snapshot, _: Pairing, ids: Array) -> Iterator[list[Other]]:
    """The files whose perceptual hash differs in at most 8 of 64 bits; those without a keyword have nothing to say."""
    hashes = snapshot.columns["phash"]
    speaks = np.zeros(snapshot.slots, np.bool_)
    speaks[snapshot.listed["keyword"][0]] = True
    among = np.flatnonzero(speaks & snapshot.alive & (hashes != 0))
    candidates, known = hashes[among], snapshot.ids[among]
    for number, hashed in zip(ids.tolist(), hashes[snapshot.at(ids)], strict=True):
        yield _near(candidates, known, hashed, number) if hashed else []


def _near(candidates: Array, known: Array, hashed: np.uint64, number: int) -> list[Other]:
    distances = np.bitwise_count(candidates ^ hashed)
    near = np.flatnonzero(distances <= _AT_MOST)
    near = near[np.argsort(distances[near], kind="stable")][: MOST + 1]
    step = (_NEAREST - _FARTHEST) / _AT_MOST
    return [
        Other(other, "phash", _NEAREST - step * distance, same=False)
        for other, distance in zip(known[near].tolist(), distances[near].tolist(), strict=True)
        if other != number
    ]


WAYS: Sequence[Way] = (by_bytes, by_pair, by_phash)
