"""A selection as a folder on disk, in the form that `imagefolder` describes. Nothing that is there is written over."""

import errno
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from app.analysis.source import OpenFile
from app.errors import CannotRead, CannotStart, InvalidRequest
from app.export.imagefolder import Listings, Part, content_of, opened, parts_of, text_beside
from app.export.selection import Selection
from app.ingest.disk.folders import Folders

_CANNOT_LINK = (errno.ENOENT, errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS)


class Link(StrEnum):
    """How a file gets into the folder."""

    COPY = "copy"
    HARD = "hard"
    SYM = "sym"


@dataclass(slots=True)
class Written:
    """What became of the files: how many are in the folder, are missing there, and were copied instead of linked.

    `why` has the system's reasons for the last.
    """

    files: int = 0
    missing: int = 0
    copied: int = 0
    why: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """A folder that is being written: where, how its files get there, and whether texts lie beside the pictures."""

    path: Path
    link: Link
    captions: bool

    def write(self, selection: Selection, folders: Folders) -> Written:
        """Writes the folder, which may not be there yet, or be empty.

        Raises InvalidRequest where something is in it, and CannotStart where it cannot be written.
        """
        with _named(self.path), closing(Listings()) as listings:
            self.path.mkdir(parents=True, exist_ok=True)
            if any(self.path.iterdir()):
                raise InvalidRequest(f"{self.path} is not empty: name a folder that is not there yet.", field="output")
            try:
                return self._brought(selection, folders, listings)
            finally:  # a run that was broken off leaves what it has
                for name, _, content in listings.files():
                    with open(self.path / name, "xb") as file:
                        file.writelines(content)

    def _brought(self, selection: Selection, folders: Folders, listings: Listings) -> Written:
        told = Written()
        for part in parts_of(selection, stems=self.captions):
            try:
                with opened(part, folders) as (name, source), _short_enough():
                    self._bring(part, self.path / name, source, folders, told)
            except CannotRead as error:
                told.missing += 1
                listings.leave_out(part, error)
            else:
                told.files += 1
                listings.add(part, selection.threshold)
        return told

    def _bring(self, part: Part, to: Path, source: OpenFile, folders: Folders, told: Written) -> None:
        """Brings a file, and its text, into the folder. Raises CannotRead or OSError, and leaves no part of it."""
        to.parent.mkdir(parents=True, exist_ok=True)
        if self.link is Link.SYM:
            os.symlink(folders.absolute(part.place), os.fsencode(to))
        elif self.link is Link.COPY or not _linked(source, to, told):
            _copy(source, to)
        if self.captions and (beside := text_beside(part, to.name)):
            with open(to.with_name(beside[0]), "xb") as text:
                text.write(beside[1])


def _linked(source: OpenFile, to: Path, told: Written) -> bool:
    """Whether the very file that is open has another name now; else what the system said is told."""
    # With a folder's descriptor os.link() calls linkat(), which follows; without one it calls link(), which never does.
    try:
        with _open_folder(b"/proc/self/fd") as descriptors:
            os.link(str(source.handle.fileno()), to, src_dir_fd=descriptors, follow_symlinks=True)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        told.copied += 1
        told.why.add(error.strerror or "the system refuses")
        return False
    return True


@contextmanager
def _open_folder(path: bytes) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _copy(source: OpenFile, to: Path) -> None:
    """Copies the bytes and the time of change."""
    with open(to, "xb") as copy:
        try:
            copy.writelines(content_of(source))
            copy.flush()
            os.utime(copy.fileno(), ns=(source.mtime_ns, source.mtime_ns))
        except BaseException:
            with suppress(OSError):
                os.unlink(to)
            raise


@contextmanager
def _short_enough() -> Iterator[None]:
    """A block that gives a file a name. Raises CannotRead where the name, once portable, is too long."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise CannotRead("Its name is too long for the folder.", cause="unreadable") from error


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """A block that writes into a folder. Raises CannotStart with what the disk reports."""
    try:
        yield
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}.") from error
