"""Which files look like each of some. A way to see that is a function; `WAYS` has them all, and a new one joins it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from app.library.alike.codes import CodeFile, bits_apart
from app.library.alike.near import SIMILAR, By, has_hash
from app.library.finding.columns import Array, Mask, Snapshot
from app.library.finding.pairing import Pairing
from app.library.proposing.others import Other

MOST = 20
"""Of the files that look like one, the nearest that are asked."""
MOST_HELD = 20_000_000
"""Codes that are held against codes for one answer, two seconds; beyond, features tell nothing."""
_SAME_PICTURE = 0.95
_NEAREST, _FARTHEST = 0.9, 0.5
"""How near a file is that differs in no bit, and one that differs in as many as are similar."""


class Around(NamedTuple):
    """Where others are looked for: all files, which of them are pairs, and what each looks like to the NSFW network."""

    snapshot: Snapshot
    pairing: Pairing
    codes: CodeFile


Way: TypeAlias = Callable[[Around, Array], Iterable[Iterable[Other]]]
"""For each of these ids, all of the snapshot, the files that look like it."""


def others_of(around: Around, ids: Array) -> list[list[Other]]:
    """For each of these ids, all of the snapshot, the files that look like it, the nearest first and each once."""
    found: list[dict[int, Other]] = [{} for _ in range(len(ids))]
    for way in WAYS:
        for others, more in zip(found, way(around, ids), strict=True):
            for other in more:
                if other.id not in others or others[other.id].nearness < other.nearness:
                    others[other.id] = other
    return [sorted(others.values(), key=lambda other: (-other.nearness, other.id))[:MOST] for others in found]


def by_bytes(around: Around, ids: Array) -> Iterator[list[Other]]:
    """The files that have the same bytes."""
    return _equal(around.snapshot, ids, By.BYTES, "sha256", 1.0)


def by_picture(around: Around, ids: Array) -> Iterator[list[Other]]:
    """The files whose pictures are the same, pixel by pixel."""
    return _equal(around.snapshot, ids, By.PICTURE, "picture", _SAME_PICTURE)


def _equal(snapshot: Snapshot, ids: Array, by: By, column: str, nearness: float) -> Iterator[list[Other]]:
    hashes, slots, known = snapshot.columns[column], snapshot.at(ids), has_hash(snapshot, by)
    among = np.flatnonzero(np.isin(hashes, hashes[slots]) & known)
    by_hash: dict[int, list[int]] = {}
    for hashed, number in zip(hashes[among].tolist(), snapshot.ids[among].tolist(), strict=True):
        by_hash.setdefault(hashed, []).append(number)
    for number, slot, hashed in zip(ids.tolist(), slots.tolist(), hashes[slots].tolist(), strict=True):
        same = by_hash[hashed] if known[slot] else []
        yield [Other(other, by.value, nearness, same=True) for other in same if other != number]


def by_pair(around: Around, ids: Array) -> Iterator[list[Other]]:
    """The other half of a Live Photo, or of RAW and JPEG."""
    pairs = around.pairing.of(ids.tolist())
    for number in ids.tolist():
        yield [Other(other, "pair", _SAME_PICTURE, same=True) for other, _ in pairs.get(number, ())]


def by_phash(around: Around, ids: Array) -> Iterator[list[Other]]:
    """The files whose perceptual hash differs in at most 8 of 64 bits."""
    snapshot = around.snapshot
    hashes, known = snapshot.columns["phash"], has_hash(snapshot, By.PHASH)
    among = np.flatnonzero(_speaking(snapshot) & known)
    candidates, numbers = hashes[among], snapshot.ids[among]
    for number, slot in zip(ids.tolist(), snapshot.at(ids), strict=True):
        yield _near(By.PHASH, number, numbers, np.bitwise_count(candidates ^ hashes[slot])) if known[slot] else []


def by_features(around: Around, ids: Array) -> Iterator[list[Other]]:
    """The files whose features differ in at most 240 of 1,024 bits, of those that the same model looked at."""
    around.codes.catch_up()
    numbers = around.snapshot.ids[_speaking(around.snapshot)]
    models = around.codes.models(numbers)
    numbers, models = numbers[models > 0], models[models > 0]
    few = len(numbers) * len(ids) <= MOST_HELD
    candidates, own = around.codes.of(numbers if few else numbers[:0]), around.codes.of(ids)
    for number, model, code in zip(ids.tolist(), around.codes.models(ids).tolist(), own, strict=True):
        if not few or not model:
            yield []
            continue
        apart = bits_apart(candidates, code)
        yield _near(By.FEATURES, number, numbers[models == model], apart[models == model])


def _speaking(snapshot: Snapshot) -> Mask:
    """The files that have any keyword: others have nothing to say."""
    speaking = np.zeros(snapshot.slots, np.bool_)
    speaking[snapshot.listed["keyword"][0]] = True
    return speaking & snapshot.alive


def _near(by: By, number: int, numbers: Array, distances: Array) -> list[Other]:
    near = np.flatnonzero(distances <= SIMILAR[by])
    near = near[np.argsort(distances[near], kind="stable")][: MOST + 1]
    step = (_NEAREST - _FARTHEST) / SIMILAR[by]
    return [
        Other(other, by.value, _NEAREST - step * distance, same=False)
        for other, distance in zip(numbers[near].tolist(), distances[near].tolist(), strict=True)
        if other != number
    ]


WAYS: Sequence[Way] = (by_bytes, by_picture, by_pair, by_phash, by_features)
