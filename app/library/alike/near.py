"""The files that are like one, by four means. Pure, but for the file of codes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from app.library.alike.codes import BITS, CodeFile
from app.library.finding.columns import Array, Mask, Snapshot
from app.library.finding.entries import NO_PICTURE


class By(StrEnum):
    """What files are alike by: bytes and pictures are equal or not, the others differ in a number of bits."""

    BYTES = "bytes"
    PICTURE = "picture"
    PHASH = "phash"
    FEATURES = "features"


BITS_OF: Mapping[By, int] = {By.BYTES: 0, By.PICTURE: 0, By.PHASH: 64, By.FEATURES: BITS}
"""In how many bits files can differ."""
SIMILAR: Mapping[By, int] = {By.BYTES: 0, By.PICTURE: 0, By.PHASH: 8, By.FEATURES: 240}
"""Up to how many bits files count as similar where nobody says otherwise."""
_NOTHING: Array = np.empty(0, np.int64)
_COLUMN = {By.BYTES: "sha256", By.PICTURE: "picture", By.PHASH: "phash"}


class Alike(NamedTuple):
    """Files that are like one, the most alike first: ids, and in how many bits each differs.

    `searched` were held against it, all that are there but those that are `left`, by cause. A file of which nothing is
    known that could be compared is like none, and none was searched.
    """

    ids: list[int]
    distances: list[int]
    searched: int
    left: dict[str, int]


class _Question(NamedTuple):
    snapshot: Snapshot
    number: int
    by: By
    at_most: int


def alike(snapshot: Snapshot, codes: CodeFile, number: int, asked: tuple[By, int, int]) -> Alike:
    """The files that are like the file of this id; `asked` is by what, up to how many bits, and at most how many files.

    Raises NeedsAttention.
    """
    by, at_most, limit = asked
    question, behind = _Question(snapshot, number, by, at_most), 0
    if by is By.FEATURES:
        behind = codes.catch_up()
        slots, distances, known = _by_code(question, codes)
    else:
        slots, distances, known = _by_hash(question)
    order = np.argsort(distances, kind="stable")[:limit]
    left = left_out(snapshot, by, known, behind)
    found = snapshot.ids[slots[order]].tolist(), distances[order].tolist()
    return Alike(*found, int(np.count_nonzero(known)), left)


def _by_code(question: _Question, codes: CodeFile) -> tuple[Array, Array, Mask]:
    """Slots in the order of ids, their distances, and which files could be compared."""
    snapshot, known = question.snapshot, np.zeros(question.snapshot.slots, np.bool_)
    found = codes.near(question.number, question.at_most)
    if found is None:
        return _NOTHING, _NOTHING, known
    known[snapshot.at(found.searched)] = True
    slots = snapshot.places(found.ids)
    known &= snapshot.there
    there = (slots >= 0) & (found.ids != question.number)
    there[there] = snapshot.there[slots[there]]
    return slots[there], found.distances[there], known


def _by_hash(question: _Question) -> tuple[Array, Array, Mask]:
    snapshot, by = question.snapshot, question.by
    hashes, slot = snapshot.columns[_COLUMN[by]], snapshot.at(np.array([question.number]))
    known = comparable(snapshot, by)
    if not len(slot) or not has_hash(snapshot, by)[slot[0]]:
        return _NOTHING, _NOTHING, known & False
    distances: Array = np.bitwise_count(hashes ^ hashes[slot[0]])
    near = known & (distances <= (question.at_most if by is By.PHASH else 0))
    near[slot[0]] = False
    slots = np.flatnonzero(near)
    return slots, distances[slots], known


def comparable(snapshot: Snapshot, by: By) -> Mask:
    """The files that are there, of which is known what they are compared by: bytes, pictures or perceptual hashes."""
    return has_hash(snapshot, by) & snapshot.there


def has_hash(snapshot: Snapshot, by: By) -> Mask:
    """The same with those that are gone from disk."""
    hashes = snapshot.columns[_COLUMN[by]]
    known: Mask = snapshot.alive & (hashes != 0)
    return known & (hashes != NO_PICTURE) if by is By.PICTURE else known


def left_out(snapshot: Snapshot, by: By, known: Mask, behind: int = 0) -> dict[str, int]:
    """How many files that are there were not compared, by cause; `behind` changes are not in the codes yet."""
    left = snapshot.there & ~known
    if by is By.PICTURE:
        untried = left & (snapshot.columns["picture"] == 0)
        causes = {"not_hashed": untried, "no_picture_hash": left & ~untried}
    elif by is By.FEATURES:
        unchecked = left & np.isnan(snapshot.columns["nsfw"])
        causes = {"nsfw_not_run": unchecked, "no_features": left & ~unchecked}
    else:
        causes = {"no_hash": left}
    told = {cause: int(np.count_nonzero(files)) for cause, files in causes.items()}
    if by is By.FEATURES and (indexing := min(behind, told["no_features"])):
        told["no_features"] -= indexing
        told["indexing"] = indexing
    told["indexing"] = told.get("indexing", 0) + snapshot.behind
    return {cause: files for cause, files in told.items() if files}
