"""Finding files: a query, an order and a place in it become a page; what is shown of a file is read by its id."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from app.library.engine import Engines
from app.library.finding.columns import Array, Mask, Slots, Snapshot, Stand
from app.library.finding.counting import (
    Coverage,
    Facet,
    FolderCount,
    Period,
    PeriodCount,
    ValueCount,
    count_by,
    coverage,
    folders_in,
    nsfw_spread,
    timeline,
    values_like,
)
from app.library.finding.current import Current
from app.library.finding.entries import Mark
from app.library.finding.listing import FoundFile, TextsSaid, files_by_id, files_of, paths_of, texts_by_id
from app.library.finding.lookup import FEW, Answers, ids_of, is_found_by_words, matching, unworded
from app.library.finding.matching import Matching, scope_of
from app.library.finding.orders import Key, Order, Sort, key_of, order_of, place_in
from app.library.finding.pairing import Pairing, Pairs, pairing_of
from app.library.finding.runs import Sought, cut_short, files_with, sought_by
from app.library.finding.summing import Sums, sums_of
from app.library.finding.whole import rows_of
from app.library.finding.words.fulltext import waiting
from app.library.finding.words.indexing import Indexing
from app.library.stock import QUESTION_VALUES
from app.library.values import NsfwSpread
from app.query.fields import PROPOSED
from app.query.tree import EVERYTHING, And, Node, Whole, Words, leaves
from app.slices import in_slices

_GONE = Whole("is", ("missing",), "is:missing")


class Found(NamedTuple):
    """What a query finds: slots of a snapshot in order, the first `valued` of them with a value to be sorted by.

    `newer` files that it finds, too, were added after `until`, in ms since 1970, and are not among them. For `paired`
    files, which it finds, too, one of them stands. The `unread` ones waited for their words when it was asked; None of
    a query that asks for no words.
    """

    snapshot: Snapshot
    slots: Slots
    valued: int
    until: int = 0
    newer: int = 0
    paired: int = 0
    unread: Slots | None = None

    @property
    def ids(self) -> Array:
        """The ids of the files found, in order."""
        return self.snapshot.ids[self.slots]


class Several(NamedTuple):
    """The masks of several queries, one after the other, all of one snapshot.

    So many files were `waiting` for the words that any of them asks for: what is made of the masks holds for as long.
    """

    snapshot: Snapshot
    waiting: int
    masks: Iterator[Mask]


class _Question(NamedTuple):
    """What is asked of a snapshot: a query, and how many files wait for the words that it asks for.

    Words are written without another `seq`. What was answered while files waited is no answer any more when they have
    theirs.
    """

    query: Node
    threshold: float | None
    waiting: int


class Page(NamedTuple):
    """Ids of files in order, the key and id of the last one where more follow, and how many were found in all."""

    ids: Sequence[int]
    last: tuple[Key, int] | None
    total: int


class Finder:
    """The library's files as they are found, on any engine. Safe for several threads.

    All methods raise NeedsAttention if the database cannot be reached.
    """

    def __init__(self, engines: Engines, indexing: Indexing, file: Path | None = None) -> None:
        self._engines = engines
        self._indexing = indexing
        self.current = Current(engines, file)
        self._answers = Answers()
        self._orders: dict[Sort, tuple[Order, Stand]] = {}
        self._pairing: Pairing | None = None

    def snapshot(self) -> Snapshot:
        """All files as they are now; where very many are to be read first, those that are read by now."""
        return self.current.snapshot()

    def read_all(self) -> None:
        """Waits until all files are read, for answers that nobody asks for again in a moment."""
        self.current.snapshot(None)

    def mask(self, query: Node, threshold: float | None) -> tuple[Snapshot, Mask]:
        """The files that a query means, among those that there are now."""
        snapshot, question = self._asked_now(query, threshold)
        return snapshot, self._mask(snapshot, question)

    def several(self, queries: Sequence[Node], threshold: float | None) -> "Several":
        """The files that each of several queries means."""
        worded = [_needs_words(query) for query in queries]
        if any(worded):
            self._indexing.catch_up()
        snapshot = self.snapshot()
        wait = self._engines.read(waiting) if any(worded) else 0
        waits = (wait if words else 0 for words in worded)
        asked = map(_Question, queries, repeat(threshold), waits)
        return Several(snapshot, wait, (self._mask(snapshot, question) for question in asked))

    def found(
        self,
        query: Node,
        sort: Sort,
        *,
        descending: bool,
        threshold: float | None,
        until: int | None = None,
        pairs: Pairs = Pairs.BOTH,
    ) -> Found:
        """All files that a query means, in order; of those that were added up to `until`, in ms since 1970.

        Of `pairs` that are shown as one, those that the others stand for are left out.
        """
        snapshot = self._now(query)
        # After the snapshot, and before words are looked for: who has them since is found
        wait = self._engines.read(unworded) if _needs_words(query) else None
        question = _Question(query, threshold, 0 if wait is None else len(wait))
        unread = None if wait is None else snapshot.at(wait)
        mask = self._mask(snapshot, question)
        newest = int(snapshot.columns["added"][snapshot.alive].max(initial=0)) if until is None else until

        def in_order() -> Found:
            known = mask & (snapshot.columns["added"] <= newest)
            shown = self._shown(snapshot, known, pairs)
            slots, valued = self._order(snapshot, sort).found(shown, descending=descending)
            newer = int(np.count_nonzero(self._shown(snapshot, mask, pairs) & ~known))
            return Found(snapshot, slots, valued, newest, newer, int(np.count_nonzero(known)) - len(slots), unread)

        return snapshot.kept.get(("found", question, sort, descending, newest, pairs), in_order)

    def counts(
        self, query: Node, facets: Sequence[Facet], threshold: float | None, limit: int
    ) -> dict[Facet, list[ValueCount]]:
        """How many of the files that a query means have each value."""
        snapshot, question = self._asked_now(query, threshold)
        mask = self._mask(snapshot, question)
        of_all = mask | self._gone(snapshot, question) if Facet.MISSING in facets else mask
        return {
            facet: count_by(snapshot, of_all if facet is Facet.MISSING else mask, facet, threshold, limit)
            for facet in facets
        }

    def folders(self, query: Node, inside: str | None, threshold: float | None) -> list[FolderCount]:
        """The folders directly in one, by name, that the files which a query means lie in; of None the roots."""
        return folders_in(*self.mask(query, threshold), inside)

    def sums(self, query: Node, threshold: float | None) -> Sums:
        """The sums over the files that a query means."""
        snapshot, question = self._asked_now(query, threshold)

        def summed() -> Sums:
            return sums_of(snapshot, self._mask(snapshot, question), self._gone(snapshot, question), threshold)

        return snapshot.kept.get(("sums", question), summed)

    def nsfw_spread(self, threshold: float) -> NsfwSpread:
        """How the probabilities of the files that are there spread."""
        return nsfw_spread(self.snapshot(), threshold)

    def values_like(self, field: str, typed: str, limit: int) -> list[ValueCount]:
        """The values of a field that go on as is typed, folded, with how many files have each."""
        return values_like(self.snapshot(), field, typed, limit)

    def timeline(
        self, query: Node, by: Period, threshold: float | None, pairs: Pairs = Pairs.BOTH
    ) -> list[PeriodCount]:
        """The files that a query means by when they were taken."""
        snapshot, mask = self.mask(query, threshold)
        return timeline(snapshot, self._shown(snapshot, mask, pairs), by)

    def files(
        self, snapshot: Snapshot, ids: Sequence[int], threshold: float | None, query: Node = EVERYTHING
    ) -> list[FoundFile]:
        """What is shown of these rows, in this order; in which pairs they are, the snapshot tells.

        Of those that `query` finds it is told whether it does so by what models propose alone.
        """
        pairs, proposed = self.pairing(snapshot).of(ids), self._by_proposals(snapshot, ids, threshold, query)
        return self._engines.read(
            partial(files_of, ids=ids, threshold=threshold, pairs=pairs, proposed=proposed),
        )

    def _by_proposals(
        self, snapshot: Snapshot, ids: Sequence[int], threshold: float | None, query: Node
    ) -> frozenset[int]:
        """Those of these files that a query does not find without what models propose for them."""
        if not any(isinstance(leaf, Words) and leaf.field in ("", PROPOSED) for leaf in leaves(query)):
            return frozenset()
        marked = (snapshot.columns["marks"][snapshot.places(np.array(ids, np.int64))] & Mark.PROPOSED) != 0
        maybe = [number for number, has in zip(ids, marked, strict=True) if has]
        if not maybe:
            return frozenset()

        def asked(leaf: Words | Whole) -> Mask:
            if isinstance(leaf, Whole):
                return self._asked(snapshot, 0, leaf)
            sought = sought_by(leaf)
            said = sought._replace(fields=tuple(name for name in sought.fields if name != PROPOSED))
            mask = np.zeros(snapshot.slots, np.bool_)
            mask[snapshot.at(self._engines.read(partial(matching, sought=said, among=maybe)))] = True
            return mask

        without = Matching(snapshot, threshold, asked).files(query)
        return frozenset(number for number in maybe if not without[snapshot.by_id[number]])

    def files_by_id(self, ids: Sequence[int], threshold: float | None) -> dict[int, FoundFile]:
        """The same by id, without the pairs; of however many."""
        by_id: dict[int, FoundFile] = {}
        for some in in_slices(ids, QUESTION_VALUES):
            by_id |= self._engines.read(partial(files_by_id, ids=some, threshold=threshold, pairs={}))
        return by_id

    def texts_by_id(self, ids: Sequence[int]) -> dict[int, TextsSaid]:
        """What is said of these files in words that lists do not show; of however many."""
        by_id: dict[int, TextsSaid] = {}
        for some in in_slices(ids, QUESTION_VALUES):
            by_id |= self._engines.read(partial(texts_by_id, ids=some))
        return by_id

    def pairing(self, snapshot: Snapshot) -> Pairing:
        """Which files of a snapshot are one picture."""
        pairing = self._pairing
        if pairing is None or pairing.snapshot is not snapshot:
            made = pairing_of(snapshot, pairing)
            if pairing is None or not pairing.snapshot.stand.follows(snapshot.stand):
                self._pairing = made
            return made
        return pairing

    def paths(self, ids: Sequence[int]) -> list[str]:
        """`ROOT/relative` as shown of these rows, in this order."""
        return self._engines.read(partial(paths_of, ids=ids))

    def rows(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """All that is known of these files but the tags as read, in this order."""
        return self._engines.read(partial(rows_of, ids=ids))

    def coverage(self, found: Found, query: Node) -> Coverage:
        """Against how much of its snapshot a query could be held when it found these files."""
        return coverage(found.snapshot, scope_of(found.snapshot, query), query, found.unread)

    def _asked_now(self, query: Node, threshold: float | None) -> tuple[Snapshot, _Question]:
        snapshot = self._now(query)
        return snapshot, _Question(query, threshold, self._engines.read(waiting) if _needs_words(query) else 0)

    def _now(self, query: Node) -> Snapshot:
        """The files as they are, with their words where it asks for any; who waits for them is counted after it.

        So a file that changed since is in the next one, and no answer is kept in which it had its old words.
        """
        if _needs_words(query):
            self._indexing.catch_up()
        return self.snapshot()

    def _mask(self, snapshot: Snapshot, question: _Question) -> Mask:
        matching = Matching(snapshot, question.threshold, partial(self._asked, snapshot, question.waiting))
        return snapshot.kept.get(("mask", question), lambda: matching.files(question.query))

    def _gone(self, snapshot: Snapshot, question: _Question) -> Mask:
        """The files that would be meant if they were not gone from disk."""
        return self._mask(snapshot, question._replace(query=And((question.query, _GONE))))

    def _asked(self, snapshot: Snapshot, waiting: int, leaf: Words | Whole) -> Mask:
        if isinstance(leaf, Whole):
            mask = np.zeros(snapshot.slots, np.bool_)
            mask[snapshot.at(self._engines.read(partial(ids_of, leaf=leaf)))] = True
            return mask
        sought = sought_by(leaf)
        apart = self._apart(snapshot, waiting) if sought.is_at_hand else []
        if not sought.is_at_hand or len(apart) > FEW:
            return self._indexed(snapshot, sought)
        mask = files_with(snapshot, sought, partial(self._indexed, snapshot))
        if len(apart):
            mask[snapshot.at(np.array(apart, np.int64))] = False
            among = self._engines.read(partial(matching, sought=sought, among=apart))
            mask[snapshot.at(among)] = True
        return mask

    def _indexed(self, snapshot: Snapshot, sought: Sought) -> Mask:
        """The files that the index of words finds."""
        having = self._engines.read(partial(self._answers.having, sought=sought))
        by_id = np.zeros(max(len(having), len(snapshot.by_id)), np.bool_)
        by_id[: len(having)] = having
        having_at: Mask = by_id[snapshot.ids] & snapshot.alive
        return having_at

    def _apart(self, snapshot: Snapshot, waiting: int) -> list[int]:
        """The ids of the files of which the columns may say other words than the index; not all of very many."""
        wait: list[int] = self._engines.read(partial(unworded, most=FEW + 1)).tolist() if waiting else []
        cut: list[int] = snapshot.kept.get("cut short", lambda: cut_short(snapshot).tolist())
        return wait + cut

    def _shown(self, snapshot: Snapshot, mask: Mask, pairs: Pairs) -> Mask:
        return mask if pairs is Pairs.BOTH else self.pairing(snapshot).shown(mask)

    def _order(self, snapshot: Snapshot, sort: Sort) -> Order:
        order, then = self._orders.get(sort, (None, None))
        stand = snapshot.stand
        if order is None or then is None or not stand.follows(then):
            order = order_of(snapshot, sort)
        elif then != stand:
            order = order_of(snapshot, sort, (order, then.slots))
        if then is None or not then.follows(stand):  # who asked a moment ago may come later than who asks now
            self._orders[sort] = order, stand
        return order


def _needs_words(query: Node) -> bool:
    return any(
        isinstance(leaf, Words) or (isinstance(leaf, Whole) and is_found_by_words(leaf)) for leaf in leaves(query)
    )


def nsfw_checked(snapshot: Snapshot) -> int:
    """How many files have an NSFW probability."""
    return int(np.count_nonzero(snapshot.alive & ~np.isnan(snapshot.columns["nsfw"])))


def page(found: Found, sort: Sort, *, descending: bool, start: int | tuple[Key, int], limit: int) -> Page:
    """A part of what was found, from a number of files on, or from behind the file of a key and id."""
    snapshot, slots, valued = found[:3]
    first = start if isinstance(start, int) else place_in(snapshot, sort, slots, valued, start, descending=descending)
    shown = slots[first : first + limit]
    more = first + limit < len(slots) and len(shown)
    last = (key_of(snapshot, sort, int(shown[-1])), int(snapshot.ids[shown[-1]])) if more else None
    return Page(snapshot.ids[shown].tolist(), last, len(slots))
