"""Reads the files that speak for all pictures of a folder, each once while it does not change.

It writes nothing, follows no link, and reads no more than 64 MB of annotations and 1 MB of names of classes.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias
from unicodedata import normalize

from app.analysis.formats.tiff import decode_text
from app.analysis.regions.addresses import Named, as_uploaded
from app.analysis.regions.coco import Told, is_coco, read_coco
from app.analysis.regions.label_studio import Task, is_label_studio, read_label_studio
from app.analysis.regions.measured import Measured
from app.analysis.regions.yolo import NO_CLASSES, Classes, parse_classes
from app.analysis.source import OpenFile, open_source
from app.errors import CannotRead
from app.regions import Region, Regions, RegionSource
from app.texts import shown_name

ANNOTATION_BYTES = 64 * 1024 * 1024
CLASSES_BYTES = 1024 * 1024
_Said: TypeAlias = Told | Task


@dataclass(frozen=True, slots=True)
class Index:
    """What a file of annotations says of each picture, by the last part of its name.

    `uploaded` has what was given to Label Studio by the name that it had before.
    """

    by_name: Mapping[str, tuple[tuple[tuple[str, ...], _Said], ...]]
    uploaded: Mapping[str, tuple[_Said, ...]]

    def find(self, path: str, picture: Measured, above: str = "") -> _Said | None:
        """What is said of the picture at a path relative to the folder of the file; None without a word of it.

        Of two paths, the one has to end as the other does. Where several fit, those of which most is the same count,
        with `above`, the folder of the file, in front, and if these are still several, nobody can tell which is meant.
        Only where none fits it may have been uploaded, and is known by its name alone.
        """
        own, whole = _parts(path), _parts(f"{above}/{path}")
        fitting = [
            (len(same), said)
            for parts, said in self.by_name.get(own[-1], ())
            if len(same := _same_end(parts, whole)) >= min(len(parts), len(own)) and picture.is_shown_in(said.size)
        ]
        most = max((length for length, _ in fitting), default=0)
        best = [said for length, said in fitting if length == most]
        if not fitting:
            best = [one for one in self.uploaded.get(as_uploaded(own[-1]), ()) if picture.is_shown_in(one.size)]
        return best[0] if len(best) == 1 else None


NOTHING = Index({}, {})


def index_of(content: bytes) -> Index:
    """What a JSON file says of pictures, if it is COCO's or Label Studio's. Raises ValueError where it is no JSON."""
    try:
        told: Any = json.loads(content)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if is_coco(told):
        return _indexed(read_coco(told))
    return _indexed(read_label_studio(told)) if is_label_studio(told) else NOTHING


def _indexed(said: Iterable[tuple[Named, _Said]]) -> Index:
    by_name: dict[str, list[tuple[tuple[str, ...], _Said]]] = defaultdict(list)
    uploaded: dict[str, list[_Said]] = defaultdict(list)
    for named, one in said:
        parts = _parts(named.path)
        by_name[parts[-1]].append((parts, one))
        if named.uploaded is not None:
            uploaded[normalize("NFC", named.uploaded)].append(one)
    return Index(
        {name: tuple(found) for name, found in by_name.items()},
        {name: tuple(found) for name, found in uploaded.items()},
    )


def _parts(path: str) -> tuple[str, ...]:
    parts = normalize("NFC", path).replace("\\", "/").split("/")
    return (*(part for part in parts[:-1] if part not in ("", ".", "..")), parts[-1])


def _same_end(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    length = 0
    for mine, yours in zip(reversed(one), reversed(other), strict=False):
        if mine != yours:
            break
        length += 1
    return one[len(one) - length :]


def read_annotations(
    root: bytes, files: Iterable[bytes], path: bytes, picture: Measured
) -> tuple[Regions, CannotRead | None]:
    """What annotations say of the picture at a path, both relative to the root, and what was wrong with one of them."""
    found: dict[Region, None] = {}
    looked, in_part, problem = set[RegionSource](), set[RegionSource](), None
    for file in files:
        try:
            index = _index_in(root, file)
        except CannotRead as error:
            problem = error
            continue
        above = file.rpartition(b"/")[0].removesuffix(b"annotations").removesuffix(b"/")
        relative = path.removeprefix(above + b"/") if above else path
        said = index.find(shown_name(relative), picture, shown_name(above))
        if said is not None:
            told = said.regions(picture)
            looked |= told.looked
            in_part |= frozenset({said.source}) - told.looked
            found |= dict.fromkeys(told.found)
    return Regions(tuple(found), frozenset(looked - in_part)), problem


def read_classes(root: bytes, file: bytes | None) -> Classes:
    """The names of classes in a file, none without one. Raises CannotRead `damaged_sidecar`."""
    if file is None:
        return NO_CLASSES
    for source in _opened(root, file, CLASSES_BYTES):
        return _classes(root, file, source.size, source.mtime_ns)
    return NO_CLASSES


def _index_in(root: bytes, file: bytes) -> Index:
    for source in _opened(root, file, ANNOTATION_BYTES):
        return _index(root, file, source.size, source.mtime_ns)
    return NOTHING


def _opened(root: bytes, file: bytes, most: int) -> Iterator[OpenFile]:
    """The file, open; nothing if it is gone. Raises CannotRead `damaged_sidecar`."""
    try:
        with open_source(root, file) as source:
            if source.size > most:
                raise _damaged(file, f"it has {source.size} bytes, more than {most}.")
            yield source
    except CannotRead as error:
        if error.cause == "vanished":
            return
        raise (error if error.cause == "damaged_sidecar" else _damaged(file, error.sentence)) from error


@lru_cache(maxsize=16)
def _classes(root: bytes, file: bytes, _size: int, _mtime_ns: int) -> Classes:
    with open_source(root, file) as source:
        return parse_classes(file, decode_text(source.handle.read(CLASSES_BYTES)))


def _index(root: bytes, file: bytes, size: int, mtime_ns: int) -> Index:
    """A large file takes seconds and some hundred MB: a worker keeps the last ones, of 64 MB together at most.

    What is wrong with one is kept, too: else it would be read again for each picture.
    """
    asked = (root, file, size, mtime_ns)
    read = _read.pop(asked, None)
    if read is None:
        try:
            with open_source(root, file) as source:
                read = index_of(source.handle.read(ANNOTATION_BYTES))
        except ValueError:
            read = "it is no JSON."
        except (ArithmeticError, TypeError, AttributeError, MemoryError) as error:
            read = f"nobody can make sense of it ({type(error).__name__})."
    _read[asked] = read
    while sum(size for _, _, size, _ in _read) > ANNOTATION_BYTES and len(_read) > 1:
        del _read[next(iter(_read))]
    if isinstance(read, str):
        raise _damaged(file, read)
    return read


_read: dict[tuple[bytes, bytes, int, int], Index | str] = {}
"""Of the files that were read last, the oldest first: what they say, or what is wrong with them."""


def _damaged(file: bytes, why: str) -> CannotRead:
    name = shown_name(file.rpartition(b"/")[2])
    return CannotRead(f"The sidecar {name} cannot be read: {why}", cause="damaged_sidecar")
