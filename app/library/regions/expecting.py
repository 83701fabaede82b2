"""What a person expects in the pictures, and how it compares with what was found there.

A picture has been looked at for a label if a source that lists all it sees has looked at it (`RegionSource.lists_all`:
labels of YOLO, COCO, Label Studio, the detector), whether or not it found anything; or if a region with that label is
in it. Areas of XMP and barcodes are only what somebody marked: that there is no other, they do not say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sqlalchemy import Connection, delete, insert, select

from app.errors import QueryError
from app.formats import Kind
from app.library.engine import Engines
from app.library.finding.columns import Mask, Snapshot
from app.library.finding.finder import Finder
from app.library.finding.matching import labelled_regions
from app.library.regions.tables import LOOKS, PLANOGRAMS
from app.library.values import now
from app.query.printing import term
from app.query.reading import read
from app.query.tree import Node, Whole
from app.query.words import fold
from app.regions import RegionSource
from app.texts import clean_text

MOST = 10_000
"""Rows of planograms that are kept."""
_LOOKED = select(LOOKS.c.media_id).where(LOOKS.c.source.in_([one.value for one in RegionSource if one.lists_all]))
_ROWS = select(PLANOGRAMS.c.folder, PLANOGRAMS.c.q, PLANOGRAMS.c.label, PLANOGRAMS.c.expected)


@dataclass(frozen=True, slots=True)
class Planogram:
    """How many regions with a label are expected in a folder and below it, or, where that is None, in what `q` finds.

    `folder` is `ROOT/relative` as shown.
    """

    folder: str | None
    q: str | None
    label: str
    expected: int

    @property
    def scope(self) -> Node:
        """The search of the files that it is about. Raises QueryError."""
        return read(term("folder", self.folder) if self.folder is not None else self.q or "")


class Standing(StrEnum):
    """How what was found compares with what was expected."""

    MET = "met"
    SHORT = "short"
    SURPLUS = "surplus"
    UNKNOWN = "unknown"  # a picture of it has not been looked at, or there is none


@dataclass(frozen=True, slots=True)
class Compared:
    """A planogram, how many regions with its label were found, in how many pictures, how many of them looked at."""

    planogram: Planogram
    found: int
    pictures: int
    looked_at: int

    @property
    def standing(self) -> Standing:
        """How they compare."""
        return compare(self.planogram.expected, self.found, self.pictures, self.looked_at)


def compare(expected: int, found: int, pictures: int, looked_at: int) -> Standing:
    """How what was found in some pictures, of which some were looked at, compares with what was expected there."""
    if not pictures or looked_at < pictures:
        return Standing.UNKNOWN
    if found == expected:
        return Standing.MET
    return Standing.SHORT if found < expected else Standing.SURPLUS


class Expectations:
    """The planograms of a library. All methods raise NeedsAttention if the database cannot be reached."""

    def __init__(self, engines: Engines, finder: Finder) -> None:
        self._engines, self._finder = engines, finder

    def all(self) -> list[Planogram]:
        """Every planogram, in the order in which they were given."""
        rows = self._engines.read(lambda connection: connection.execute(_ROWS.order_by(PLANOGRAMS.c.id)).all())
        return [Planogram(*row) for row in rows]

    def replace(self, planograms: Sequence[Planogram]) -> None:
        """Takes these in place of all that there are."""
        at = now()
        rows = [
            {"folder": one.folder, "q": one.q, "label": clean_text(one.label), "expected": one.expected, "at": at}
            for one in planograms
        ]

        def work(connection: Connection) -> None:
            connection.execute(delete(PLANOGRAMS))
            if rows:
                connection.execute(insert(PLANOGRAMS), rows)

        self._engines.write(work)

    def compared(self, threshold: float | None) -> list[Compared]:
        """Every planogram with what was found; files that are gone from disk do not count."""
        looked = self._engines.read(lambda connection: connection.execute(_LOOKED.distinct()).scalars().all())
        found: list[Compared] = []
        for planogram in self.all():
            try:
                snapshot, mask = self._finder.mask(planogram.scope, threshold)
            except QueryError:  # of an older program's language
                found.append(Compared(planogram, 0, 0, 0))
                continue
            seen = np.zeros(snapshot.slots, np.bool_)
            seen[snapshot.at(np.array(looked, np.int64))] = True
            found.append(_compared(planogram, snapshot, mask, seen))
        return found


def _compared(planogram: Planogram, snapshot: Snapshot, mask: Mask, seen: Mask) -> Compared:
    kinds, label = snapshot.texts["kind"], Whole("label", (fold(planogram.label),), planogram.label)
    pictures = mask & (snapshot.columns["kind"] == kinds[Kind.IMAGE.value])
    regions = snapshot.listed["region"][0][labelled_regions(snapshot, label)]
    numbers = np.bincount(regions, minlength=snapshot.slots)[: snapshot.slots]
    looked_at = pictures & (seen | (numbers > 0))
    found = int(numbers[pictures].sum())
    return Compared(planogram, found, int(np.count_nonzero(pictures)), int(np.count_nonzero(looked_at)))
