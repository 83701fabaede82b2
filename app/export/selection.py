"""The files that a search finds, in order, as they are taken away: read by id, a slice at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.library.finding.columns import Array
from app.library.finding.finder import Finder
from app.library.finding.orders import Sort
from app.library.library import Library
from app.query.tree import Node

SLICE = 1_000


@dataclass(frozen=True, slots=True)
class Selection:
    """The ids of the files, and the library's threshold. `sums` tells how many there are, and of how many of all.

    A file whose row is gone when its turn comes is passed over.
    """

    finder: Finder
    ids: Array
    threshold: float | None
    sums: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows, as `Finder.rows` gives them."""
        for ids in self._slices():
            yield from self.finder.rows(ids)

    def paths(self) -> Iterator[str]:
        """`ROOT/relative` of each as shown."""
        for ids in self._slices():
            yield from self.finder.paths(ids)

    def _slices(self) -> Iterator[list[int]]:
        return (self.ids[start : start + SLICE].tolist() for start in range(0, len(self.ids), SLICE))


def selected(library: Library, query: Node, sort: Sort, *, descending: bool) -> Selection:
    """What a query finds now. Raises NeedsAttention."""
    finder, threshold = library.finder, library.nsfw_threshold()
    finder.read_all()
    found = finder.found(query, sort, descending=descending, threshold=threshold)
    covered = finder.coverage(found, query)
    sums = {"files": len(found.slots), "searched": covered["searched"], "of": covered["of"], **covered["missing"]}
    return Selection(finder, found.ids, threshold, sums)
