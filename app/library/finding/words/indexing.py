"""When the words of files are written: with the writes that change them, before a search, and behind all other work.

Which files wait is in the database, so a kill at any moment loses nothing.
"""

from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from app.errors import NeedsAttention
from app.library.engine import Engines
from app.library.finding.words.fulltext import waiting, write_words
from app.library.tables import CHANGES

TOGETHER = 64
"""After so many writes the words of the files that they changed are written in the last one's transaction."""
AT_A_TIME = 256
BEFORE_A_SEARCH = 2_000


class Progress(NamedTuple):
    """How many files wait for their words, and how many there are; those that are gone wait, too, to be taken out."""

    waiting: int
    files: int


class Indexing:
    """The words of one library; as `library.indexing`.

    Files that waited already when the program came to the library are the backlog: many after a first start of this
    version. Neither a session nor a search is held up by them.
    """

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        engines.before_commit = self._before_commit
        self._writes = 0
        self._backlog_ends: int | None = None  # the `seq` of the last change before the program came

    def _before_commit(self, connection: Connection) -> None:
        """Writes the words of what changed lately, in the transaction of every so many writes."""
        self._writes += 1
        if self._writes >= TOGETHER:
            self._writes = 0
            write_words(connection, AT_A_TIME, after=self._after(connection, AT_A_TIME))

    def catch_up(self, number: int = BEFORE_A_SEARCH) -> int:
        """Writes the words of up to so many files that changed lately, and of the backlog if it is no more than that.

        Tells how many wait still. What cannot be written now, as the database is locked or full, waits.
        """

        def work(connection: Connection) -> None:
            self._writes = 0
            write_words(connection, number, after=self._after(connection, number))

        def due(connection: Connection) -> int:
            return waiting(connection, 1, self._after(connection, number))

        if self._engines.read(due):
            with suppress(NeedsAttention):
                self._engines.write(work)
        return self._engines.read(waiting)

    def work_off(self, number: int) -> int:
        """Writes the words of up to so many files, those that changed last first; tells of how many."""

        def due(connection: Connection) -> int:
            self._after(connection, 0)
            return waiting(connection, 1)

        return self._engines.write(lambda c: write_words(c, number)) if self._engines.read(due) else 0

    def progress(self) -> Progress:
        """How far the index is."""
        files = select(func.count()).select_from(CHANGES)

        def work(connection: Connection) -> Progress:
            self._after(connection, 0)
            return Progress(waiting(connection), connection.execute(files).scalar_one())

        return self._engines.read(work)

    def _after(self, connection: Connection, number: int) -> int:
        """The `seq` behind which words are written: 0, or the end of the backlog where more than `number` wait."""
        if self._backlog_ends is None:
            self._backlog_ends = connection.execute(select(func.max(CHANGES.c.seq))).scalar_one() or 0
        return 0 if waiting(connection, number + 1) <= number else self._backlog_ends
