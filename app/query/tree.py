"""A query as a tree of frozen values: what `reading` makes of a text, and whoever finds files goes by.

Every leaf keeps in `text` how it was written, which alone is read the same again; two leaves are equal when they ask
the same, however they were written. What is compared with texts is folded (`words.fold`) in the leaf already.

A tree is flat: no `And` is a part of an `And`, no `Or` of an `Or`, both have two parts at least. `And(())`, the empty
query, is everything, and never a part of anything.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Run:
    """Folded words that stand side by side in this order; with `prefix`, the last is only how a word begins."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """Every run is found in the field, in any order; a phrase is one run. The field "" is that of free words.

    The words are those of `words.words_of`, by which the index is made.
    """

    field: str
    runs: tuple[Run, ...]
    text: str = dataclasses.field(compare=False)


@dataclass(frozen=True, slots=True)
class Whole:
    """The folded value is the `pieces`, one behind the other, with any text between two of them.

    So one piece is the value itself, and `("", "cat", "")` is `*cat*`.
    """

    field: str
    pieces: tuple[str, ...]
    text: str = dataclasses.field(compare=False)

    def holds(self, value: str) -> bool:
        """Whether a folded value matches."""
        first, *others = self.pieces
        if not others:
            return value == first
        *middle, last = others
        at, end = len(first), len(value) - len(last)
        if at > end or not value.startswith(first) or not value.endswith(last):
            return False
        for piece in middle:
            found = value.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return True


@dataclass(frozen=True, slots=True)
class Between:
    """A number from `low` to `high`; None is no bound, an open bound is left out itself.

    Bytes for `size`, seconds for `duration` and `exposure`, mm for `focal`; `taken` and `added` are seconds from the
    start of 1970 to the date and time as written, whatever the zone.
    """

    field: str
    low: float | None
    high: float | None
    low_open: bool
    high_open: bool
    text: str = dataclasses.field(compare=False)

    def holds(self, value: float) -> bool:
        """Whether a value that is known lies between."""
        if self.low is not None and (value <= self.low if self.low_open else value < self.low):
            return False
        return self.high is None or (value < self.high if self.high_open else value <= self.high)


@dataclass(frozen=True, slots=True)
class Nothing:
    """The field has no value."""

    field: str

    @property
    def text(self) -> str:
        """As it is written."""
        return f"{self.field}:none"


@dataclass(frozen=True, slots=True)
class Within:
    """The file lies in this folder or below it: `ROOT/relative` as shown, folded, or the name of a root alone."""

    path: str
    text: str = dataclasses.field(compare=False)


@dataclass(frozen=True, slots=True)
class Near:
    """The file's position is at most `km` kilometres from this one, in degrees, north and east positive."""

    latitude: float
    longitude: float
    km: float
    text: str = dataclasses.field(compare=False)


@dataclass(frozen=True, slots=True)
class Has:
    """The file has this: only `position` is asked so."""

    what: str

    @property
    def text(self) -> str:
        """As it is written."""
        return f"has:{self.what}"


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One part at least holds."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold: also where what it asks for is not known."""

    part: "Node"


Leaf: TypeAlias = Words | Whole | Between | Nothing | Within | Near | Has
Node: TypeAlias = And | Or | Not | Leaf

EVERYTHING = And(())
"""The empty query."""


def leaves(node: Node) -> Iterator[Leaf]:
    """The leaves of a tree, in the order in which they are written."""
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield node
