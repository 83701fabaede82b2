"""Which files a query means: a mask over the slots of a snapshot. Words are asked of the index of words.

Two-valued: a file without a value does not match a comparison, and so matches its negation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import numpy as np

from app.library.finding.columns import CODED, LISTED, REAL, WHOLE, Array, Mask, Slots, Snapshot
from app.library.finding.entries import DIGITS, Mark
from app.library.finding.texts.shared import NO_TEXT
from app.query.tree import And, Between, Has, Leaf, Near, Node, Not, Nothing, Or, Whole, Within, Words, leaves

_EARTH_KM = 6_371.0088  # the mean radius
_MARKED = {
    "incomplete": Mark.INCOMPLETE,
    "missing": Mark.MISSING,
    "person": Mark.PERSON,
    "raw": Mark.RAW,
    "animated": Mark.ANIMATED,
    "live": Mark.LIVE,
    "damaged": Mark.DAMAGED,
    "described": Mark.DESCRIBED,
    "proposed": Mark.PROPOSED,
    "describe_failed": Mark.DESCRIBE_FAILED,
}
_DUPLICATE = "duplicate"
_HEX = frozenset("0123456789abcdef")
_SAID = {
    "title": Mark.TITLE,
    "caption": Mark.CAPTION,
    "creator": Mark.CREATOR,
    "prompt": Mark.PROMPT,
    "negative": Mark.NEGATIVE,
    "seed": Mark.SEED,
    "proposed": Mark.PROPOSED,
}
_ALWAYS = ("name", "sha256")
"""Fields of which every file has a value."""
_IN_MS = ("taken", "added")

Asked: TypeAlias = Callable[[Words | Whole], Mask]
"""The files that the database finds: by words, or by a whole value that no column holds."""


@dataclass(frozen=True)
class Matching:
    """What a query is held against. `threshold` is the library's of the NSFW probability."""

    snapshot: Snapshot
    threshold: float | None
    asked: Asked

    def files(self, query: Node) -> Mask:
        """The files that are meant, of those that are there; those that are gone only if the query speaks of them."""
        return self._of(query) & scope_of(self.snapshot, query)

    def _of(self, node: Node) -> Mask:
        match node:
            case And(parts):
                return reduce(np.logical_and, (self._beside(part, parts) for part in parts), self._all())
            case Or(parts):
                return reduce(np.logical_or, map(self._of, parts), ~self._all())
            case Not(part):
                return ~self._of(part)
            case _:
                return self._leaf(node)

    def _beside(self, node: Node, parts: Sequence[Node]) -> Mask:
        """The files of one part of an `and`: a `count` beside `label` counts the regions that are labelled so."""
        labels = [part for part in parts if isinstance(part, Whole) and part.field == "label"]
        if not labels or not isinstance(node, Between) or node.field != "count":
            return self._of(node)
        meant = reduce(np.logical_or, (labelled_regions(self.snapshot, label) for label in labels))
        slots = self.snapshot.listed["region"][0]
        numbers = np.bincount(slots[meant], minlength=self.snapshot.slots)[: self.snapshot.slots]
        return within(numbers, node)

    def _leaf(self, leaf: Leaf) -> Mask:
        match leaf:
            case Words():
                return self.asked(leaf)
            case Whole():
                return self._whole(leaf)
            case Between(field):
                return self._between(field, leaf)
            case Nothing(field):
                return self._nothing(field)
            case Within(path):
                below = f"{path}/"
                return self._coded("folder", lambda folder: folder == path or folder.startswith(below))
            case Near(latitude, longitude, km):
                return self._near(latitude, longitude, km)
            case Has():
                return ~self._nothing("position")

    def _all(self) -> Mask:
        return np.ones(self.snapshot.slots, np.bool_)

    def _at(self, slots: Slots) -> Mask:
        mask = np.zeros(self.snapshot.slots, np.bool_)
        mask[slots[slots < self.snapshot.slots]] = True  # younger ones are in no snapshot yet
        return mask

    def _marked(self, mark: Mark) -> Mask:
        mask: Mask = (self.snapshot.columns["marks"] & mark) != 0
        return mask

    def _whole(self, asked: Whole) -> Mask:
        field, fits = asked.field, asked.holds
        if field == "nsfw":
            labels = nsfw_labels(self.snapshot, self.threshold)
            return np.isin(labels, [number for number, label in enumerate(NSFW_LABELS) if fits(label)])
        if field == "is":
            masks = [self._marked(mark) for word, mark in _MARKED.items() if fits(word)]
            masks += [self.snapshot.duplicates for word in (_DUPLICATE,) if fits(word)]
            return reduce(np.logical_or, masks, ~self._all())
        if field == "label":
            return self._coded(field, fits) | self._at(
                self.snapshot.listed["region"][0][labelled_regions(self.snapshot, asked)]
            )
        if field in CODED:
            return self._coded(field, fits)
        if field in LISTED:
            return self._listed(field, fits)
        if field == "sha256" and (digits := _beginning(asked)) is not None:
            sha256, rest = self.snapshot.columns["sha256"], DIGITS - len(digits)
            low = int(f"0{digits}", 16) << 4 * rest
            mask: Mask = (sha256 >= np.uint64(low)) & (sha256 <= np.uint64(low + (1 << 4 * rest) - 1))
            return mask
        return self.asked(asked)

    def _coded(self, field: str, fits: Callable[[str], bool]) -> Mask:
        folded = self.snapshot.texts[field].folded
        table = np.fromiter((*map(fits, folded), False), np.bool_)  # the last is of NO_TEXT, which is -1
        mask: Mask = table[self.snapshot.columns[field]]
        return mask

    def _listed(self, field: str, fits: Callable[[str], bool]) -> Mask:
        slots, numbers = self.snapshot.listed[field]
        table = np.fromiter(map(fits, self.snapshot.texts[field].folded), np.bool_)
        return self._at(slots[table[numbers]]) if len(table) else self._at(slots[:0])

    def _between(self, field: str, asked: Between) -> Mask:
        values = numbers_of(self.snapshot, field)
        scale = 1_000 if field in _IN_MS else 1
        return within(values, asked, scale) & ~_unknown(self.snapshot, field)

    def _nothing(self, field: str) -> Mask:
        if field in _ALWAYS:
            return ~self._all()
        if field in _SAID:
            return ~self._marked(_SAID[field])
        if field in CODED:
            mask: Mask = self.snapshot.columns[field] == NO_TEXT
            return mask
        if field in LISTED:
            return ~self._at(self.snapshot.listed[field][0])
        return _unknown(self.snapshot, field)

    def _near(self, latitude: float, longitude: float, km: float) -> Mask:
        """By the haversine formula."""
        there = np.radians(self.snapshot.columns["latitude"].astype(np.float64))
        across = np.radians(self.snapshot.columns["longitude"].astype(np.float64) - longitude)
        here = np.radians(latitude)
        part = np.sin((there - here) / 2) ** 2 + np.cos(here) * np.cos(there) * np.sin(across / 2) ** 2
        mask: Mask = 2 * _EARTH_KM * np.arcsin(np.sqrt(np.clip(part, 0, 1))) <= km  # NaN is not
        return mask


def _beginning(asked: Whole) -> str | None:
    """The first digits of a SHA-256 where nothing else is asked and the column has them all, else None."""
    match asked.pieces:
        case (digits, "") if len(digits) <= DIGITS and _HEX.issuperset(digits):
            return digits
    return None


def within(values: Array, asked: Between, scale: int = 1) -> Mask:
    """Which of these values lie between, of which one is `scale` times a bound."""
    number = values.dtype.type if values.dtype.kind == "f" else float
    mask = np.ones(len(values), np.bool_)
    if asked.low is not None:
        low = number(asked.low * scale)
        mask &= values > low if asked.low_open else values >= low
    if asked.high is not None:
        high = number(asked.high * scale)
        mask &= values < high if asked.high_open else values <= high
    return mask


NSFW_LABELS = ("no", "yes", "unknown")


def nsfw_labels(snapshot: Snapshot, threshold: float | None) -> Array:
    """The place in NSFW_LABELS of the label of each file: a person's word, else by the probability (`is_nsfw`)."""
    probability, marks = snapshot.columns["nsfw"], snapshot.columns["marks"]
    unknown = np.isnan(probability) | (threshold is None)
    with np.errstate(invalid="ignore"):
        labels = np.where(unknown, 2, probability >= (threshold if threshold is not None else 2))
    labels[(marks & Mark.SAID_SAFE) != 0] = 0
    labels[(marks & Mark.SAID_NSFW) != 0] = 1
    return labels


def numbers_of(snapshot: Snapshot, field: str) -> Array:
    """A column to be compared, or what follows from columns."""
    columns = snapshot.columns
    if field == "count":
        return regions_of(snapshot)
    return columns["width"].astype(np.int64) * columns["height"] if field == "pixels" else columns[field]


def labelled_regions(snapshot: Snapshot, label: Whole) -> Mask:
    """The regions of which the label or the kind matches, in the order of `listed`."""
    mask = np.zeros(len(snapshot.listed["region"][0]), np.bool_)
    for field in ("region", "region_kind"):
        _, numbers = snapshot.listed[field]
        table = np.fromiter(map(label.holds, snapshot.texts[field].folded), np.bool_)
        mask |= table[numbers] if len(table) else False
    return mask


def regions_of(snapshot: Snapshot) -> Array:
    """How many regions each file has."""
    return np.bincount(snapshot.listed["region"][0], minlength=snapshot.slots)[: snapshot.slots]


def scope_of(snapshot: Snapshot, query: Node) -> Mask:
    """The files that a query can mean."""
    return snapshot.alive if speaks_of_missing(query) else snapshot.there


def speaks_of_missing(query: Node) -> bool:
    """Whether a query says anything of files that are gone: only then they are among what is found."""
    return any(isinstance(leaf, Whole) and leaf.field == "is" and "missing" in leaf.pieces for leaf in leaves(query))


def _unknown(snapshot: Snapshot, field: str) -> Mask:
    """The files without a number in this field."""
    columns = snapshot.columns
    mask: Mask
    if field == "count":
        mask = np.zeros(snapshot.slots, np.bool_)
    elif field in ("position", "pixels"):
        one = "latitude" if field == "position" else "width"
        mask = _unknown(snapshot, one) | _unknown(snapshot, "longitude" if field == "position" else "height")
    elif field in REAL:
        mask = np.isnan(columns[field])
    else:
        mask = columns[field] == WHOLE[field][1]
    return mask
