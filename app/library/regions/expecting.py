"""What a person expects in the pictures, and how it compares with what was found there.

A picture has been looked at for a label if a source that lists all it sees has looked at it (`RegionSource.lists_all`:
labels of YOLO, COCO, Label Studio; the detector only for the labels that it knows), whether or not it found anything;
or if a region with that label is in it, and no such source has named more than it could place. Areas of XMP and
barcodes are only what somebody marked: that there is no other, they do not say.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from sqlalchemy import Connection, delete, insert, select

from app.errors import QueryError
from app.library.engine import Engines
from app.library.finding.finder import Finder, Several
from app.library.regions.sighting import Numbers, Sighted
from app.library.regions.tables import PLANOGRAMS
from app.library.regions.versions import detectable
from app.library.values import now
from app.query.reading import read
from app.query.tree import Node
from app.texts import clean_text

MOST = 10_000
"""Rows of planograms that are kept."""
_UNREAD = Numbers(0, 0, 0)
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
        """Every planogram with what was found; files that are gone from disk do not count.

        All are held against one snapshot: those of folders in one pass over the columns, the others search by search.
        """
        planograms = tuple(self.all())
        searches = _searches(planograms)
        several = self._finder.several(list(searches.values()), threshold)
        known = self._engines.read(detectable)
        question = ("compared", planograms, threshold, several.waiting, known)
        sighted = partial(Sighted, several.snapshot, known)
        return several.snapshot.kept.get(question, lambda: _compared(planograms, list(searches), several, sighted()))


def _compared(
    planograms: Sequence[Planogram], searches: Sequence[str], several: Several, sighted: Sighted
) -> list[Compared]:
    labels: dict[str, set[str]] = defaultdict(set)
    for one in planograms:
        labels[one.q or ""].add(one.label)
    numbers: dict[tuple[str, str], Numbers] = {}
    for q, mask in zip(searches, several.masks, strict=True):
        within = sighted.within(mask)
        numbers |= {(q, label): within(label) for label in labels[q]}

    def numbers_of(one: Planogram) -> Numbers:
        if one.folder is not None:
            return sighted.below(one.folder, one.label)
        return numbers.get((one.q or "", one.label), _UNREAD)

    return [Compared(one, *numbers_of(one)) for one in planograms]


def _searches(planograms: Sequence[Planogram]) -> Mapping[str, Node]:
    """The searches that they are about, each once; those that are of an older program's language are left out."""
    found: dict[str, Node] = {}
    for q in dict.fromkeys(one.q or "" for one in planograms if one.folder is None):
        try:
            found[q] = read(q)
        except QueryError:
            continue
    return found
