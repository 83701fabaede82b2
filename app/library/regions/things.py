"""Which regions of a picture are one thing: the one rule of all counts. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from app.query.words import fold
from app.regions import Region, RegionKind, RegionSource

SAME = 0.01
"""How far the sides of two boxes may lie apart, as a part of the picture, that are of one thing."""
_CELL = 2 * SAME
_IN_ONE_PLACE = 64
_TWO = 2


class Thing(NamedTuple):
    """A thing in a picture, as one region, and all the sources that say it, in the order of `RegionSource`."""

    region: Region
    sources: tuple[RegionSource, ...]


def things_in(regions: Sequence[Region]) -> list[Thing]:
    """The things in a picture: what several sources say counts once, wherever things are counted.

    Two regions are one thing if they have the same label (folded, as in searches), or the label of one only says the
    kind of the other; other sources; and boxes of which no side lies further apart than `SAME`. Each is one with the
    nearest such region that no other of its source is one with, of the same label where there is one. The source that
    counts is the first in the order of `RegionSource`; what it does not say, a name, a kind, a confidence, is that of
    the next which does. All regions are kept: this only counts them.
    """
    if len({region.source for region in regions}) < _TWO:
        return [Thing(region, (region.source,)) for region in regions]
    things = _Things()
    for source in RegionSource:
        taken = set[int]()
        left = things.join(sorted((one for one in regions if one.source is source), key=_in_order), taken)
        for region in things.join(left, taken, by_kind=True):
            things.add(region)
    return things.found


_NONE = (1.0, 0)


@dataclass(slots=True)
class _Things:
    """The things that were found, and which lie where: by label, and by kind."""

    found: list[Thing] = field(default_factory=list)
    labelled: dict[tuple[str, int, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    of_kind: dict[tuple[str, int, int], list[int]] = field(default_factory=lambda: defaultdict(list))

    def join(self, regions: Sequence[Region], taken: set[int], *, by_kind: bool = False) -> list[Region]:
        """Make each of these regions one with the thing that it shows, and answer those of which there is none yet.

        They are of one source, and each thing that becomes one with one of them is added to `taken`.
        """
        come = []
        for region in regions:
            nearby = self._of_its_kind(region) if by_kind else _near(self.labelled, fold(region.label), region)
            distance, at = min(
                ((_apart(region, self.found[at].region), at) for at in nearby if at not in taken), default=_NONE
            )
            if distance <= SAME:
                taken.add(at)
                self._change(at, region)
            else:
                come.append(region)
        return come

    def add(self, region: Region) -> None:
        """Take a region as a thing of its own."""
        self.found.append(Thing(region, (region.source,)))
        self._note(len(self.found) - 1)

    def _of_its_kind(self, region: Region) -> Iterator[int]:
        """The things nearby of which the kind is its label, or which have no label but its kind."""
        yield from _near(self.of_kind, fold(region.label), region)
        yield from _near(self.labelled, region.kind.value, region)

    def _change(self, at: int, other: Region) -> None:
        before, sources = self.found[at]
        thing = _together(before, other)
        self.found[at] = Thing(thing, (*sources, other.source))
        if (fold(before.label), before.kind) != (fold(thing.label), thing.kind):
            self.labelled[fold(before.label), *_cell(before)].remove(at)
            self.of_kind[before.kind.value, *_cell(before)].remove(at)
            self._note(at)

    def _note(self, at: int) -> None:
        thing = self.found[at].region
        self.labelled[fold(thing.label), *_cell(thing)].append(at)
        self.of_kind[thing.kind.value, *_cell(thing)].append(at)


def _together(thing: Region, other: Region) -> Region:
    """A thing with what another region of it says beyond it."""
    named = other if fold(thing.label) == other.kind != fold(other.label) else thing
    of_a_kind = other if thing.kind is RegionKind.OBJECT else thing
    sure = other if thing.confidence is None else thing
    return replace(thing, label=named.label, kind=of_a_kind.kind, confidence=sure.confidence)


def _near(places: dict[tuple[str, int, int], list[int]], text: str, region: Region) -> Iterator[int]:
    """The things under a text with a centre nearby, not all of very many in one place."""
    across, down = _cell(region)
    for x in (across - 1, across, across + 1):
        for y in (down - 1, down, down + 1):
            yield from places.get((text, x, y), ())[:_IN_ONE_PLACE]


def _cell(region: Region) -> tuple[int, int]:
    return int(region.x / _CELL), int(region.y / _CELL)


def _apart(one: Region, other: Region) -> float:
    """How far the sides of two boxes that are furthest apart are, as a part of the picture."""
    across = abs(one.x - other.x) + abs(one.w - other.w) / 2
    return max(across, abs(one.y - other.y) + abs(one.h - other.h) / 2)


def _in_order(region: Region) -> tuple[float, float, float, float, str]:
    return region.x, region.y, region.w, region.h, region.label
