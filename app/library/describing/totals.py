"""What all requests to providers add up to: how many there were, what they cost, and what a picture cost on average.

Requests are only ever added, in the order of their ids, on either engine by one writer at a time. So what was read is
kept as columns in memory, 27 bytes a request, and a question reads only those that came since.
"""

import threading
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Row, select

from app.descriptions import RunStatus, in_usd
from app.errors import NeedsAttention
from app.library.describing.tables import RUNS
from app.library.engine import Engines
from app.library.finding.growing import Array, Growing
from app.media import Place

_NANO = 10**9
_UNPRICED = -1
_AT_ONCE = 10_000
_READ = select(RUNS.c.id, RUNS.c.path, RUNS.c.sha256, RUNS.c.cost_usd, RUNS.c.status == RunStatus.ANSWERED.value)
_OF_ROWS = select(RUNS.c.id, RUNS.c.media_id).where(RUNS.c.media_id.is_not(None))
_COLUMNS: Mapping[str, Any] = {
    "id": np.int64,
    "root": np.int16,
    "sha256": np.uint64,
    "nanos": np.int64,
    "answered": np.bool_,
}


class Total(NamedTuple):
    """The sum over some requests.

    `unpriced` of the `runs` have no known cost. `spent` is what the others cost in USD, exact to nine decimals; None
    where there are requests and the cost of none is known. `average` is that for each picture, told apart by its bytes,
    that they described; None without one.
    """

    runs: int = 0
    unpriced: int = 0
    spent: Decimal | None = in_usd(0)
    average: Decimal | None = None


class Totals(NamedTuple):
    """The sum over all requests, and by the media root that their file was in when it was described."""

    whole: Total
    by_root: Mapping[str, Total]


class RunTotals:
    """The sums over the requests of one library; as `library.run_totals`."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._lock = threading.Lock()
        self._last = 0
        self._roots: dict[str, int] = {}
        self._columns = {name: Growing(dtype) for name, dtype in _COLUMNS.items()}
        self._begun: bool | None = None
        self._whole: Totals | None = None

    def begun(self) -> bool:
        """Whether there is any request, as far as that is known here: the database is asked once, without complaint."""
        if self._begun is None:
            try:
                self._begun = self._engines.read(
                    lambda connection: connection.execute(_READ.limit(1)).first() is not None
                )
            except NeedsAttention:
                return False
        return self._begun

    def place_once(self, shown: str) -> Place | None:
        """A place in a media root about whose files anything was asked, there or not; None for any other text.

        Raises NeedsAttention.
        """
        if shown.partition("/")[0] not in self.all().by_root:
            return None
        with suppress(UnicodeEncodeError):
            return Place.from_shown(shown)
        return None

    def all(self) -> Totals:
        """The sums over all requests. Raises NeedsAttention."""
        with self._lock:
            self._engines.read(self._catch_up)
            self._whole = self._whole or self._sums()
            return self._whole

    def of(self, media: Array) -> Totals:
        """The sums over the requests about the files with these ids. Raises NeedsAttention.

        Which row a request is about is asked anew: that of a file which was removed is about none.
        """
        with self._lock:
            self._engines.read(self._catch_up)
            about = self._engines.read(lambda connection: connection.execute(_OF_ROWS).all())
            pairs = np.array(about, np.int64).reshape(-1, 2)
            return self._sums(np.isin(self._columns["id"].view, pairs[np.isin(pairs[:, 1], media), 0]))

    def _sums(self, meant: Array | None = None) -> Totals:
        columns = {name: column.view if meant is None else column.view[meant] for name, column in self._columns.items()}
        roots = {name: columns["root"] == number for name, number in self._roots.items()}
        by_root = {name: _total(columns, of_root) for name, of_root in roots.items() if of_root.any()}
        return Totals(_total(columns, np.ones(len(columns["id"]), np.bool_)), by_root)

    def _catch_up(self, connection: Connection) -> None:
        """Takes in the requests that came since."""
        following = _READ.order_by(RUNS.c.id).limit(_AT_ONCE)
        while rows := connection.execute(following.where(RUNS.c.id > self._last)).all():
            for name, values in zip(_COLUMNS, zip(*map(self._values, rows), strict=True), strict=True):
                self._columns[name].append(np.array(values, _COLUMNS[name]))
            self._last, self._begun, self._whole = rows[-1][0], True, None

    def _values(self, row: Row[Any]) -> tuple[Any, ...]:
        """The value of a request in each column."""
        number, path, sha256, cost, answered = tuple(row)
        root = self._roots.setdefault(Place.from_event(path).root, len(self._roots))
        nanos = _UNPRICED if cost is None else int(in_usd(cost).scaleb(9))
        return number, root, int(sha256[:16], 16), nanos, answered


def _total(columns: Mapping[str, Array], meant: Array) -> Total:
    """The sum over the requests of a mask."""
    nanos = columns["nanos"][meant]
    priced = nanos != _UNPRICED
    runs, known = len(nanos), int(priced.sum())
    if not runs:
        return Total()
    if not known:
        return Total(runs, runs, None, None)
    spent = Decimal(int(nanos[priced].sum())) / _NANO
    pictures = len(np.unique(columns["sha256"][meant][priced & columns["answered"][meant]]))
    return Total(runs, runs - known, in_usd(spent), in_usd(spent / pictures) if pictures else None)
