"""The last comparison of a running server: begun once, waited for, and its lists kept for a while.

A list of many files lies in an unnamed temporary file, not in memory.
"""

import json
import logging
import re
import threading
import time
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Literal, overload

from typing_extensions import TypedDict

from app.compare.comparison import Compared, Comparison
from app.compare.holding import Holding
from app.compare.tree import Tree, tree_inside
from app.errors import BadCursor, InvalidRequest, MediaIngestError
from app.ingest.disk.folders import Folders
from app.library.stock import Stock
from app.shapes import described
from app.texts import as_json

_log = logging.getLogger("media_ingest")
KEEP_SECONDS = 600.0
LISTS = tuple(holding.value for holding in Holding)
_IN_MEMORY_BYTES = 256 * 1024


@described
class Finished(Compared):
    """A folder that was held against the library."""

    comparing: Literal[False]
    """The comparison has come to its end."""
    age_seconds: float
    """How long ago it began."""


@described
class Comparing(TypedDict):
    """The comparison is not at its end yet: ask again."""

    comparing: Literal[True]
    """The folder is being read."""
    directory: str
    """The folder, as shown."""
    rehashed: bool
    """Whether the library's copies are read, too."""
    done: int
    """Files that have been read."""
    of: int | None
    """Files that there are; null while they are counted."""


@described
class LastComparison(TypedDict):
    """The comparison that was begun last in this server."""

    last: Finished | Comparing | None
    """How it stands; null where there is none, or it ended too long ago to serve."""


@described
class Ended(TypedDict):
    """A comparison that was to end."""

    ended: bool
    """Whether there was one of this folder; what it had found is forgotten."""


@described
class ComparedFile(TypedDict):
    """One file of a class of the comparison."""

    path: str
    """`ROOT/relative` as shown."""
    reason: str | None
    """Why it is in this class, where that is not plain."""
    size: int | None
    """Bytes; null for what was not opened."""
    sidecars: int
    """Its sidecars, which count with it."""
    copy: str | None
    """The file of the library that decided, as shown."""


@described
class ComparedFiles(TypedDict):
    """A page of one class of the comparison."""

    files: list[ComparedFile]
    """Folder by folder."""
    next: str | None
    """The cursor of the next page; null on the last."""


@dataclass(slots=True)
class _List:
    """The files of one class, a line of JSON for each; a cursor is where a line begins."""

    lines: SpooledTemporaryFile[bytes] = field(
        default_factory=lambda: SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - `_Kept.drop` closes it
    )
    end: int = 0

    def append(self, line: object) -> None:
        self.end += self.lines.write(as_json(line).encode() + b"\n")

    def page(self, cursor: str | None, limit: int) -> ComparedFiles:
        """The lines from a cursor on. Raises BadCursor."""
        if cursor is not None and not re.fullmatch(r"\d{1,18}", cursor, re.ASCII):
            raise BadCursor
        at = int(cursor or 0)
        if at > self.end or (at and self._bytes(at - 1, 1) != b"\n"):
            raise BadCursor
        self.lines.seek(at)
        files = [json.loads(line) for _, line in zip(range(limit), self.lines, strict=False)]
        after = self.lines.tell()
        return {"files": files, "next": str(after) if after < self.end else None}

    def _bytes(self, at: int, length: int) -> bytes:
        self.lines.seek(at)
        return self.lines.read(length)


class _Kept:
    """A comparison that runs on a thread of its own, and what it found."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.began = time.monotonic()
        self.done = threading.Event()
        self._done_at = 0.0
        self._lists = {holding: _List() for holding in Holding}
        self._using_lists = threading.Lock()
        self._stopped = threading.Event()
        self._error: MediaIngestError | None = None
        self._thread = threading.Thread(target=self._run, name="compare", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for finding in self.comparison:
                if self._stopped.is_set():
                    break
                line = finding.as_line()
                del line["class"]
                self._lists[finding.holding].append(line)
        except MediaIngestError as error:
            self._error = error
        except Exception as fault:  # noqa: BLE001 - a fault of ours must be seen, and never look like an answer
            _log.error("the comparison of %s broke off", self.comparison.tree.shown, exc_info=fault)
            self._error = MediaIngestError(f"The comparison broke off: {fault}. Compare the folder again.")
        finally:
            self._done_at = time.monotonic()
            self.done.set()
            if self._stopped.is_set():
                self._close_lists()

    def drop(self) -> None:
        """Has it break off, and gives back what it kept."""
        self._stopped.set()
        self.comparison.end()
        if self.done.is_set():
            self._close_lists()

    def _close_lists(self) -> None:
        with self._using_lists:
            for each in self._lists.values():
                each.lines.close()

    @property
    def young(self) -> bool:
        """Whether it is at work, or came to its end not long ago."""
        return not self.done.is_set() or time.monotonic() - self._done_at < KEEP_SECONDS

    def serves(self, tree: Tree, *, rehash: bool) -> bool:
        """Whether it is over this folder, and may still serve."""
        same = self.comparison.tree == tree and self.comparison.rehash == rehash
        return same and self.young and self._error is None and not self._stopped.is_set()

    def standing(self, seconds: float | None) -> Finished | Comparing:
        """The sums, or how far it is if it comes to no end in time. Raises what `wait` raises."""
        told = self.comparison
        if self.wait(seconds):
            return {**told.as_json(), "comparing": False, "age_seconds": round(time.monotonic() - self.began, 1)}
        return {
            "comparing": True,
            "directory": told.tree.shown,
            "rehashed": told.rehash,
            "done": told.passed,
            "of": told.expected or None,
        }

    def wait(self, seconds: float | None) -> bool:
        """Whether it came to its end in time. Raises what it met, and InvalidRequest if another one took its place."""
        finished = self.done.wait(seconds)
        if self._stopped.is_set():
            raise _taken_over()
        if self._error is not None:
            raise self._error
        return finished

    def page(self, holding: Holding, cursor: str | None, limit: int) -> ComparedFiles:
        """A page of one class; waits for the end. Raises BadCursor and what `wait` raises."""
        self.wait(None)
        with self._using_lists:
            if self._stopped.is_set():
                raise _taken_over()
            return self._lists[holding].page(cursor, limit)


def _taken_over() -> InvalidRequest:
    return InvalidRequest("This comparison was ended, or another one took its place: ask again.", field="directory")


class Comparisons:
    """Compares one folder of the media roots at a time, for the page and for programs."""

    def __init__(self, folders: Folders, stock: Stock) -> None:
        self._folders = folders
        self._stock = stock
        self._kept: _Kept | None = None
        self._lock = threading.Lock()

    @overload
    def compare(self, text: str, *, rehash: bool, wait_seconds: None = None) -> Finished: ...

    @overload
    def compare(
        self, text: str, *, rehash: bool, wait_seconds: float | None, refresh: bool = False
    ) -> Finished | Comparing: ...

    def compare(
        self, text: str, *, rehash: bool, wait_seconds: float | None = None, refresh: bool = False
    ) -> Finished | Comparing:
        """The sums for a folder of a media root.

        With `wait_seconds` an earlier comparison may serve, and one that takes longer says how far it is. Raises
        OutsideRoots, NoSuchDirectory, NotADirectory, and NeedsAttention without a database.
        """
        kept = self._for(tree_inside(self._folders, text), rehash=rehash, fresh=refresh or wait_seconds is None)
        return kept.standing(wait_seconds)

    def last(self) -> LastComparison:
        """How the comparison that was begun last stands. Raises what it met."""
        with self._lock:
            kept = self._kept
        return {"last": kept.standing(0) if kept is not None and kept.young else None}

    def end(self, text: str) -> Ended:
        """Ends and forgets the comparison of a folder. Raises OutsideRoots, NoSuchDirectory, NotADirectory."""
        tree = tree_inside(self._folders, text)
        with self._lock:
            kept = self._kept
            if kept is None or kept.comparison.tree != tree:
                return {"ended": False}
            kept.drop()
            self._kept = None
            return {"ended": True}

    def files(self, text: str, name: str, *, rehash: bool, cursor: str | None, limit: int) -> ComparedFiles:
        """A page of the files of one class. Raises BadCursor, InvalidRequest, and what `compare` raises."""
        if name not in LISTS:
            raise InvalidRequest(f"'list' must be one of {', '.join(LISTS)}.", field="list")
        kept = self._for(tree_inside(self._folders, text), rehash=rehash, fresh=False)
        return kept.page(Holding(name), cursor, limit)

    def close(self) -> None:
        """Ends the comparison at work."""
        with self._lock:
            if self._kept is not None:
                self._kept.drop()

    def _for(self, tree: Tree, *, rehash: bool, fresh: bool) -> _Kept:
        """The last comparison if it may serve; else a new one, and the one at work ends."""
        with self._lock:
            kept = self._kept
            if kept is not None and kept.serves(tree, rehash=rehash) and not (fresh and kept.done.is_set()):
                return kept
            if kept is not None:
                kept.drop()
            self._kept = _Kept(Comparison(tree, self._folders, self._stock, rehash))
            return self._kept
