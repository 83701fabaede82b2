"""The files that speak for all pictures of a folder and those below it: annotations, and the names of classes.

Owns what they are called and where they are sought: in the folder of a picture and in `annotations/` there, then in
the folder above, at most eight folders up and never above the media root; the nearest folder that has any counts.
YOLO's labels of a picture in `.../images/train` may lie in `.../labels/train`. It lists folders and opens no file.
"""

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

ANNOTATIONS = re.compile(
    rb"(?:_?annotations(?:\.coco)?|instances(?:_.{1,80})?|labels|result|label[_-]?studio.{0,80}|project-\d{1,9}-at-.{1,80})\.json",
    re.IGNORECASE | re.DOTALL,
)
"""Names of COCO's files, as its tools write them (`instances_val2017.json`, `instances.json`, `_annotations.coco.json`,
`labels.json`, `result.json`), and of Label Studio's (`project-1-at-2024-05-01-10-11-abcdef01.json`)."""
NAMED = (
    "_annotations.coco.json, annotations.json, instances.json, instances_*.json, labels.json, result.json, "
    "label_studio*.json, project-N-at-*.json"
)
"""These names for people."""
_EXPORT = re.compile(
    rb"project-(?P<project>\d{1,9})-at-(?P<at>\d{4}(?:-\d\d){4}).{0,80}\.json", re.IGNORECASE | re.DOTALL
)
CLASSES = (b"classes.txt", b"obj.names", b"data.yaml")
"""Files that name the classes of YOLO's labels, the one that counts first."""
FOLDER = b"annotations"
IMAGES, LABELS = b"images", b"labels"
_FOLDERS_UP = 8
_MOST = 8  # files of annotations in one folder that are read
_SETTLED_NS = 2_000_000_000  # a folder that changed less long ago may change again without a new time


@dataclass(frozen=True, slots=True)
class DatasetFiles:
    """The files that speak for the pictures of one folder, relative to the media root."""

    annotations: tuple[bytes, ...] = ()
    classes: bytes | None = None


def labels_folder(folder: bytes) -> bytes | None:
    """Where YOLO's labels of the pictures in a folder are sought, as Ultralytics does: the last `images` is `labels`.

    Both are relative to the media root; None where no folder of the path is called so.
    """
    parts = folder.split(b"/")
    if IMAGES not in parts:
        return None
    last = len(parts) - 1 - parts[::-1].index(IMAGES)
    return b"/".join((*parts[:last], LABELS, *parts[last + 1 :]))


def labels_name(picture: bytes) -> bytes:
    """What the labels of a picture of this name are called there."""
    return (picture.rpartition(b".")[0] or picture) + b".txt"


def find_dataset_files(root: bytes, folder: bytes) -> DatasetFiles:
    """The files that speak for the pictures of a folder, which is relative to `root`, a path of the file system."""
    annotations: tuple[bytes, ...] = ()
    classes = None
    for above in _upward(folder):
        named = _named_in(os.path.join(root, above) if above else root)
        if classes is None:
            classes = _classes_in(root, above, named)
        if not annotations:
            own = [name for name in named if ANNOTATIONS.fullmatch(name)]
            within = _named_in(os.path.join(root, above, FOLDER)) if FOLDER in named else ()
            own += [os.path.join(FOLDER, name) for name in within if ANNOTATIONS.fullmatch(name)]
            annotations = tuple(os.path.join(above, name) for name in _newest(own)[:_MOST])
        if classes and annotations:
            break
    return DatasetFiles(annotations, classes)


def _classes_in(root: bytes, folder: bytes, named: tuple[bytes, ...]) -> bytes | None:
    """The file that names the classes in a folder, of which the names are given, or beside its labels."""
    if (own := next((name for name in CLASSES if name in named), None)) is not None:
        return os.path.join(folder, own)
    if (labels := labels_folder(folder)) is None:
        return None
    there = _named_in(os.path.join(root, labels))
    return next((os.path.join(labels, name) for name in CLASSES if name in there), None)


def _newest(names: list[bytes]) -> list[bytes]:
    """Without the exports of Label Studio of which there is a later one of the same project."""
    exports = {name: match for name in names if (match := _EXPORT.fullmatch(name.rpartition(b"/")[2]))}
    newest: dict[bytes, bytes] = {}
    for name in sorted(exports, key=lambda name: exports[name].group("at", 0)):
        newest[exports[name]["project"]] = name
    return [name for name in names if name not in exports or name in newest.values()]


def stamp_of(root: bytes, path: bytes) -> str:
    """The stamp of one of these files: size in bytes and mtime in ns; `gone` where it cannot be seen."""
    try:
        status = os.lstat(os.path.join(root, path))
    except OSError:
        return "gone"
    return f"{status.st_size}:{status.st_mtime_ns}"


def _upward(folder: bytes) -> Iterator[bytes]:
    """The folder, the one above it, and so on up to the media root, which is empty, or as far as is looked."""
    yield folder
    for _ in range(_FOLDERS_UP):
        if not folder:
            return
        folder = folder.rpartition(b"/")[0]
        yield folder


def _named_in(folder: bytes) -> tuple[bytes, ...]:
    """The names in a folder that matter here, in order; none where it cannot be read."""
    with suppress(OSError):
        changed_ns = os.stat(folder).st_mtime_ns
        settled = time.time_ns() - changed_ns > _SETTLED_NS
        return _kept(folder, changed_ns) if settled else _listed(folder)
    return ()


def _listed(folder: bytes) -> tuple[bytes, ...]:
    with os.scandir(folder) as scan:
        return tuple(sorted(entry.name for entry in scan if _matters(entry)))


@lru_cache(maxsize=256)
def _kept(folder: bytes, _changed_ns: int) -> tuple[bytes, ...]:
    return _listed(folder)


def _matters(entry: os.DirEntry[bytes]) -> bool:
    name = entry.name
    if name == FOLDER:
        return entry.is_dir(follow_symlinks=False)
    return (name in CLASSES or ANNOTATIONS.fullmatch(name) is not None) and entry.is_file(follow_symlinks=False)
