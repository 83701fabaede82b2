"""One pass over a folder: every file is read, held against the library, and counted once.

The files are read on several threads, a batch ahead of those that are judged. At no time is more of the folder in
memory than what one of its folders lists, two batches, and eight bytes for each file.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Event

from typing_extensions import TypedDict

from app.analysis.formats.recognise import recognise
from app.analysis.source import OpenFile, open_regular
from app.compare.copies import Copies
from app.compare.extent import Extent
from app.compare.holding import Copy, Finding, Holding, Trust, by_copies
from app.compare.tree import Found, Thing, Tree
from app.errors import CannotRead
from app.ingest.disk.folders import Folders
from app.ingest.disk.reaching import SHORT_BYTES, reachable
from app.library.stock import Stock, StoredFile
from app.shapes import described
from app.texts import counted, shown_name

BATCH_FILES = 256
NEAR_BYTES = 256 * 1024  # what programs say of a picture is rarely longer
PORTION_FILES, PORTION_BYTES = 16, 16 * 1024 * 1024
_AT_ONCE = min(4, os.cpu_count() or 1)

Tell = Callable[["Comparison"], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one file: SHA-256, size in bytes and inode; the format that its content is, None if of no media.

    Without a SHA-256 it was not read: because it is no media, or, if `refused`, because it could not be.
    """

    sha256: str | None = None
    size: int | None = None
    inode: tuple[int, int] = (0, 0)
    format: str | None = None
    reason: str | None = None
    refused: bool = False


@described
class Compared(TypedDict):
    """A folder held against the library: `files` is the sum of the six classes."""

    directory: str
    """The folder, as shown."""
    safe: bool
    """Whether it may be wiped: every file has a copy outside the folder whose bytes were read again."""
    sentence: str
    """The same for people."""
    rehashed: bool
    """Whether the library's copies were read, too; without that nothing is safe."""
    files: int
    """Files found, links and folders that cannot be read among them, without the `sidecars`."""
    in_library: int
    """In the library by their bytes, with a copy outside the folder that is on disk now."""
    file_missing: int
    """In the library by their bytes, without such a copy: it is gone, has changed, or is the folder's own file."""
    only_here: int
    """Of those, files that lie in this folder alone: each file of the library with their bytes would go with it."""
    same_picture: int
    """Of the same picture as a file of the library, with other bytes: not safe."""
    not_in_library: int
    """Neither; a sidecar, too, whose picture is in and beside whose copy its bytes are not."""
    not_media: int
    """What the library takes nothing of: no media by suffix and content, links, special files."""
    unreadable: int
    """Files and folders that could not be read, or changed meanwhile."""
    sidecars: int
    """Sidecars that count with their pictures: those are not in, or its bytes lie beside the copy."""
    read_again: int
    """Of those in the library, files whose copy was read again."""


@dataclass(slots=True)
class Comparison:
    """A folder held against the library; `sums`, `sidecars`, `read_again` and `only_here` count as it passes.

    `sidecars` counts those that are no files by themselves: their picture is listed, or their bytes lie beside the
    copy. With `rehash` the copies are read, too. `tell` hears of every file; `expected` and `size` are the number of
    files that the folder has, and their bytes, 0 until they are counted. What would be safe is walked once more at the
    end: it has `changed` if anything is not as it was.
    """

    tree: Tree
    folders: Folders
    stock: Stock
    rehash: bool = False
    tell: Tell = lambda _comparison: None
    sums: dict[Holding, int] = field(default_factory=lambda: dict.fromkeys(Holding, 0))
    sidecars: int = 0
    read_again: int = 0
    only_here: int = 0
    passed: int = 0
    expected: int = 0
    size: int = 0
    finished: bool = False
    changed: bool = False
    _holders: dict[bytes, list[StoredFile]] = field(default_factory=dict)  # of pictures with sidecars, in this folder
    _folder: bytes = b""
    _ended: Event = field(default_factory=Event)

    @property
    def files(self) -> int:
        """How many files have been counted; folders that cannot be read are among them."""
        return sum(self.sums.values())

    @property
    def missing(self) -> int:
        """How many of them are not in the library and on disk now."""
        return self.files - self.sums[Holding.IN_LIBRARY]

    @property
    def safe(self) -> bool:
        """Whether every file is in, by bytes that were read again; of a folder without files nobody can say so."""
        return self.finished and not self.changed and 0 < self.files == self.read_again

    @property
    def sentence(self) -> str:
        """The answer for people."""
        if not self.files:
            return "No file is there: is the right folder named, the card mounted?"
        if self.changed:
            return "The folder changed while it was compared: compare it again."
        if self.safe:
            return f"Safe to wipe: {counted(self.files, 'file')}, of each a copy outside the folder was read again."
        if not self.missing:
            return "All are in, but not re-read: it can be safe only once their copies are read again, too (rehash)."
        are = "is" if self.missing == 1 else "are"
        told = f"Do not wipe it: {self.missing:,} of {counted(self.files, 'file')} {are} not safely in."
        if not self.only_here:
            return told
        are = "is" if self.only_here == 1 else "are"
        return f"{told} {self.only_here:,} {are} in the library, but only in this folder."

    def as_json(self) -> Compared:
        """The sums for programs."""
        return {
            "directory": self.tree.shown,
            "safe": self.safe,
            "sentence": self.sentence,
            "rehashed": self.rehash,
            "files": self.files,
            "in_library": self.sums[Holding.IN_LIBRARY],
            "file_missing": self.sums[Holding.FILE_MISSING],
            "only_here": self.only_here,
            "same_picture": self.sums[Holding.SAME_PICTURE],
            "not_in_library": self.sums[Holding.NOT_IN_LIBRARY],
            "not_media": self.sums[Holding.NOT_MEDIA],
            "unreadable": self.sums[Holding.UNREADABLE],
            "sidecars": self.sidecars,
            "read_again": self.read_again,
        }

    def end(self) -> None:
        """Has it break off soon, even in the middle of a file; what it says then is no answer."""
        self._ended.set()

    def _go_on(self) -> None:
        if self._ended.is_set():
            raise CannotRead("The comparison was broken off.", cause="unreadable")

    def __iter__(self) -> Iterator[Finding]:
        """A finding for each file, folder by folder. Raises NeedsAttention without a database."""
        extent = Extent(self.tree.base)

        def note(found: Found) -> None:
            self._go_on()
            extent.add(found.inode, found.size)

        before = self.tree.fingerprint(note)
        extent.close()
        self.expected, self.size = extent.files, extent.size
        copies = Copies(self.folders, extent, self._go_on, rehash=self.rehash)
        with ThreadPoolExecutor(_AT_ONCE, "compare") as pool:
            try:
                for batch in self._read(pool):
                    yield from self._judged(pool, copies, batch)
            except BaseException:
                self.end()
                raise
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
        self.changed = 0 < self.files == self.read_again and self.tree.fingerprint() != before
        self.finished = True

    def _read(self, pool: ThreadPoolExecutor) -> Iterator[list[tuple[Found, Reading]]]:
        """The files in batches, the next of which is being read."""
        things = iter(self.tree)
        ahead: list[Future[list[tuple[Found, Reading]]]] = []
        while True:
            batch = list(islice(things, BATCH_FILES))
            begun = [pool.submit(self._readings, portion) for portion in _portions(batch)]
            if ahead:
                yield list(self._finished(ahead))
            if not begun:
                return
            ahead = begun

    def _finished(self, begun: list[Future[list[tuple[Found, Reading]]]]) -> Iterator[tuple[Found, Reading]]:
        for future in begun:
            readings = future.result()
            self.passed += len(readings)
            self.tell(self)
            yield from readings

    def _readings(self, portion: Sequence[Found]) -> list[tuple[Found, Reading]]:
        return [(found, self._reading(found)) for found in portion]

    def _reading(self, found: Found) -> Reading:
        """Reads a file: of one whose suffix is not of media only the beginning, unless that is media."""
        if found.thing in (Thing.NO_FILE, Thing.REFUSED):
            return Reading(reason=found.reason, refused=found.thing is Thing.REFUSED)
        try:
            with self._opened(found) as source:
                format_ = reason = None
                if found.thing is Thing.FILE:
                    format_, reason = _content(source)
                    if format_ is None:
                        return Reading(size=source.size, reason=reason)
                return Reading(source.read(keep=False, go_on=self._go_on)[0], source.size, source.inode, format_)
        except CannotRead as error:
            return Reading(size=found.size, reason=error.sentence, refused=True)

    @contextmanager
    def _opened(self, found: Found) -> Iterator[OpenFile]:
        """The file while the block lasts, however long its path. Raises CannotRead."""
        path = self.tree.absolute(found.path)
        if len(path) <= SHORT_BYTES:
            with open_regular(path) as source:
                yield source
            return
        folder, _, name = path.rpartition(b"/")
        with ExitStack() as stack:
            try:
                reached = stack.enter_context(reachable(folder))
            except OSError as error:
                sentence = f"Its folder cannot be reached: {error.strerror}."
                raise CannotRead(sentence, cause="unreadable") from error
            yield stack.enter_context(open_regular(reached + b"/" + name))

    def _judged(
        self, pool: ThreadPoolExecutor, copies: Copies, batch: Sequence[tuple[Found, Reading]]
    ) -> Iterator[Finding]:
        media = (Thing.MEDIA, Thing.FILE)
        digests = {reading.sha256 for found, reading in batch if reading.sha256 and found.thing in media}
        rows = self.stock.with_bytes(digests)
        copies.forget_folders()
        looked = (pool.map if self.rehash else map)(lambda one: self._copies(copies, rows, *one), batch)
        batch = [(found, self._recognised(found, reading, rows)) for found, reading in batch]
        alike = self._alike(copies, [one for one in batch if one[1].sha256 not in rows])
        for (found, reading), seen in zip(batch, looked, strict=True):
            finding = self._finding(copies, found, reading, seen, alike)
            if finding is None:
                self.sidecars += 1
            else:
                self.sums[finding.holding] += 1
                self.read_again += finding.safe
                self.only_here += finding.only_here
                yield finding

    def _recognised(self, found: Found, reading: Reading, rows: Mapping[str, object]) -> Reading:
        """The reading with what the content is, of a media file that the library does not have."""
        if found.thing is not Thing.MEDIA or reading.sha256 is None or reading.sha256 in rows:
            return reading
        try:
            with self._opened(found) as source:
                format_, reason = _content(source)
        except CannotRead as error:
            return replace(reading, reason=error.sentence)
        return replace(reading, format=format_, reason=reason)

    @staticmethod
    def _copies(copies: Copies, rows: dict[str, list[StoredFile]], found: Found, reading: Reading) -> list[Copy]:
        known = rows.get(reading.sha256 or "")
        if known is None or reading.size is None or found.thing is Thing.SIDECAR:
            return []
        return copies.of(known, reading.size, reading.inode, every=found.sidecars > 0)

    def _alike(self, copies: Copies, unknown: Sequence[tuple[Found, Reading]]) -> dict[bytes, StoredFile]:
        """By path, the library's file with the picture of one whose bytes it does not have.

        Only files of one format and name, whatever its case, whose sizes are near each other are compared: there is no
        index over pictures, and to open every file of a library would take hours.
        """
        by_format: dict[str, list[tuple[Found, int]]] = {}
        for found, reading in unknown:
            if reading.sha256 is not None and reading.format is not None and reading.size is not None:
                by_format.setdefault(reading.format, []).append((found, reading.size))
        alike: dict[bytes, StoredFile] = {}
        for format_, things in by_format.items():
            rows = self.stock.named({name for found, _ in things for name in _names(found)}, format_)
            for found, size in things:
                named = (stored for name in _names(found) for stored in rows.get(name, ()))
                near = [stored for stored in named if abs(stored.size - size) <= NEAR_BYTES]
                same = copies.with_same_picture(self.tree.absolute(found.path), format_, near) if near else None
                alike |= {found.path: same} if same else {}
        return alike

    def _finding(
        self,
        copies: Copies,
        found: Found,
        reading: Reading,
        seen: Sequence[Copy],
        alike: dict[bytes, StoredFile],
    ) -> Finding | None:
        """What is held of one thing; None for a sidecar that counts with its picture."""
        path = self.tree.as_shown(found.path)
        if found.thing is Thing.SIDECAR:
            return self._of_sidecar(copies, found, reading, path)
        if reading.refused:
            return Finding(path, Holding.UNREADABLE, reading.reason, reading.size, found.sidecars)
        if reading.sha256 is None:
            return Finding(path, Holding.NOT_MEDIA, reading.reason, reading.size)
        if seen:
            finding = by_copies(path, found.size, found.sidecars, seen)
            if found.sidecars:
                self._remember(found, seen)
            return finding
        if same := alike.get(found.path):
            reason = "The library has the same picture, with other bytes."
            return Finding(path, Holding.SAME_PICTURE, reason, reading.size, found.sidecars, same)
        return Finding(path, Holding.NOT_IN_LIBRARY, reading.reason, reading.size, found.sidecars)

    def _remember(self, found: Found, seen: Sequence[Copy]) -> None:
        """Keeps where the copies of a picture are until the sidecars of its folder have come."""
        folder = found.path.rpartition(b"/")[0]
        if folder != self._folder:
            self._holders.clear()
            self._folder = folder
        if held := [copy.stored for copy in seen if copy.trust is not Trust.NONE]:
            self._holders[found.path] = held

    def _of_sidecar(self, copies: Copies, found: Found, reading: Reading, path: str) -> Finding | None:
        held = [stored for picture in found.pictures for stored in self._holders.get(picture, ())]
        if not held:
            return None
        if reading.sha256 is None:
            return Finding(path, Holding.UNREADABLE, reading.reason, reading.size)
        folder = found.pictures[0].rpartition(b"/")[0]
        name = found.path[len(folder) + 1 :] if folder else found.path
        if copies.beside(name, reading.sha256, held) is not None:
            return None
        reason = f"It is a sidecar; its picture is in, but beside {held[0].shown} lies none with these bytes."
        return Finding(path, Holding.NOT_IN_LIBRARY, reason, reading.size, copy=held[0])


def _portions(batch: Sequence[Found]) -> Iterator[list[Found]]:
    """What a thread reads at once: many small files, or one that is large."""
    portion: list[Found] = []
    size = 0
    for found in batch:
        portion.append(found)
        size += found.size
        if len(portion) == PORTION_FILES or size >= PORTION_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _content(source: OpenFile) -> tuple[str | None, str | None]:
    """The format of a file by its first bytes; None with a sentence where it is of none that is taken in."""
    if source.size == 0:
        return None, "It is empty."
    try:
        format_ = recognise(source.head())
    except CannotRead as error:
        if error.cause == "unreadable":
            raise
        return None, error.sentence
    return (format_.name, None) if format_ else (None, "Its content is no image or video that is known here.")


def _names(found: Found) -> list[str]:
    """How its name may be written in the library, as shown: cards write capitals, many programs small letters."""
    name = found.path.rpartition(b"/")[2]
    stem, dot, suffix = name.rpartition(b".")
    cases = (name, name.lower(), name.upper(), stem + dot + suffix.lower(), stem + dot + suffix.upper())
    return [shown_name(one) for one in dict.fromkeys(cases)]
