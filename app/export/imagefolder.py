"""The files of a selection with what is known of them, as Hugging Face's ImageFolder: as a zip, or in a folder.

`metadata.jsonl` has a line for each picture, `videos.jsonl` one for each film, which ImageFolder knows nothing of, and
`missing.txt` names the files that are not there any more, or not as they were taken in
(https://huggingface.co/docs/datasets/image_dataset#imagefolder).
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from time import time_ns
from typing import Any, NamedTuple

from app.analysis.source import OpenFile, open_source
from app.errors import CannotRead
from app.export.archive import PIECE_BYTES, Archive
from app.export.lines import columns_of
from app.export.listing import Listing
from app.export.names import Names, portable
from app.export.selection import Selection
from app.formats import Kind
from app.ingest.disk.folders import Folders
from app.media import Place

METADATA, VIDEOS, MISSING = "metadata.jsonl", "videos.jsonl", "missing.txt"
_IN_MEMORY = 8 * 1024 * 1024  # a file up to here is read before its entry is begun
_OTHERS = "It is not what was taken in: its size or time is another."


class Part(NamedTuple):
    """A file of the selection: its row, where it is, and its name in the folder; None where it has moved meanwhile."""

    row: dict[str, Any]
    place: Place
    name: str | None


def parts_of(selection: Selection, *, stems: bool) -> Iterator[Part]:
    """The files of a selection, each with its name."""
    names = Names(selection.paths(), stems=stems)
    for row in selection.rows():
        place = Place(row["root"], row["path"])
        yield Part(row, place, names.of(place.shown))


@contextmanager
def opened(part: Part, folders: Folders) -> Iterator[tuple[str, OpenFile]]:
    """The name of a file, and the file opened for reading until the block ends.

    Raises CannotRead where it is gone, is no regular file inside its media root, or is not as it was taken in.
    """
    root = folders.roots.get(part.place.root)
    if root is None:
        raise CannotRead("Its media root is not one any more.", cause="vanished")
    if part.name is None:
        raise CannotRead("It was moved meanwhile.", cause="vanished")
    with open_source(root, part.place.path) as source:
        if (source.size, source.mtime_ns) != (part.row["size"], part.row["mtime_ns"]):
            raise CannotRead(_OTHERS, cause="still_changing")
        yield part.name, source


def text_of(row: Mapping[str, Any]) -> str | None:
    """What says in words what a picture shows: its caption, else its prompt."""
    return row["caption"] or row["prompt"] or None


def text_beside(part: Part, name: str) -> tuple[str, bytes] | None:
    """The `.txt` of a picture that lies under a name: what it is called and its content; None without a text."""
    text = text_of(part.row) if part.row["kind"] == Kind.IMAGE else None
    return (str(PurePosixPath(name).with_suffix(".txt")), text.encode()) if text else None


class Listings:
    """What lies beside the files: what is known of them, and which are missing."""

    def __init__(self) -> None:
        self._lines = {METADATA: Listing(), VIDEOS: Listing()}
        self._missing = SpooledTemporaryFile(max_size=PIECE_BYTES)  # noqa: SIM115 - `close` does

    def close(self) -> None:
        """Gives what is on disk up."""
        for lines in self._lines.values():
            lines.close()
        self._missing.close()

    def add(self, part: Part, threshold: float | None) -> None:
        """Lists a file that is there; `text` is its caption, else its prompt."""
        line = {"file_name": part.name, "text": text_of(part.row), **columns_of(part.row, threshold)}
        self._lines[METADATA if part.row["kind"] == Kind.IMAGE else VIDEOS].add(line)

    def leave_out(self, part: Part, error: CannotRead) -> None:
        """Lists a file that is missing, and why."""
        self._missing.write(f"{portable(part.place.shown)}: {error.sentence}\n".encode())

    def files(self) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        """The files as name, size in bytes and content; those that say nothing are not there."""
        for name, lines in self._lines.items():
            if lines or name == METADATA:
                yield name, len(lines), lines.pieces()
        if size := self._missing.tell():
            self._missing.seek(0)
            yield MISSING, size, iter(partial(self._missing.read, PIECE_BYTES), b"")


def zipped(selection: Selection, folders: Folders, *, captions: bool = False) -> Iterator[bytes]:
    """The zip piece by piece, with `captions` a text beside each picture that has one.

    It is whole whatever becomes of the files meanwhile: those in it are as they were.
    """
    with closing(Archive()) as archive, closing(Listings()) as listings:
        for part in parts_of(selection, stems=captions):
            try:
                with opened(part, folders) as (name, source):
                    yield from _entry(archive, name, source)
                    if captions and (beside := text_beside(part, name)):
                        yield archive.stored(beside[0], source.mtime_ns, beside[1])
            except CannotRead as error:
                listings.leave_out(part, error)
            else:
                listings.add(part, selection.threshold)
        for name, size, rest in listings.files():
            archive.list((yield from archive.streamed(name, time_ns(), size, rest)))
        yield from archive.end()


def _entry(archive: Archive, name: str, source: OpenFile) -> Iterator[bytes]:
    """The entry of a file. Raises CannotRead, with nothing sent of a small file; a large one is not listed then."""
    if source.size <= _IN_MEMORY:
        content = b"".join(content_of(source))
        yield archive.stored(name, source.mtime_ns, content)
    else:
        entry = yield from archive.streamed(name, source.mtime_ns, source.size, content_of(source))
        archive.list(entry)


def content_of(source: OpenFile) -> Iterator[bytes]:
    """The bytes of a file, piece by piece. Raises CannotRead where it turns out to be another by the end."""
    left = source.size
    while left:
        try:
            piece = source.handle.read(min(left, PIECE_BYTES))
        except OSError as error:
            raise CannotRead(f"The file cannot be read: {error.strerror}.", cause="unreadable") from error
        if not piece:
            break
        left -= len(piece)
        yield piece
    source.check_unchanged()
    if left:
        raise CannotRead(_OTHERS, cause="still_changing")
