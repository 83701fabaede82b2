"""The files of a folder that speak for others: `a.jpg.xmp`, `a.xmp`, `a.jpg.json`, `a.txt`, `.scores/a.jpg.json`.

Owns whose sidecar a file is; opens none of them.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from app.beside.datasets import find_dataset_files, labels_folder, labels_name, stamp_of
from app.beside.sidecars import Sidecar, Stamps, composed, sidecar_key, sidecar_names
from app.formats import FORMAT_OF_SUFFIX, Kind, promised, suffix_of
from app.ingest.disk.ignoring import is_hidden
from app.ingest.disk.sight import is_media

SCORES_FOLDER = b".scores"


@dataclass(frozen=True, slots=True)
class Shared:
    """The stamps of the files elsewhere that speak for the pictures of a folder: annotations, labels, names of classes.

    `labels` are those of YOLO in a folder of their own, by composed names.
    """

    annotations: tuple[str, ...] = ()
    classes: str | None = None
    labels: Mapping[bytes, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there are any that can speak for a picture without a text beside it."""
        return bool(self.annotations or self.labels)

    @classmethod
    def of(cls, root: bytes, folder: bytes) -> "Shared":
        """The stamps of the files for a folder, relative to the root, as they are now."""
        files, labels = find_dataset_files(root, folder), labels_folder(folder)
        return cls(
            tuple(stamp_of(root, path) for path in files.annotations),
            None if files.classes is None else stamp_of(root, files.classes),
            {} if labels is None else stamps_in(os.path.join(root, labels), b".txt"),
        )

    def stamps_for(self, name: bytes, *, labelled: bool) -> list[tuple[Sidecar, str]]:
        """Those that concern a picture of this name; names of classes only where it is `labelled` by a text."""
        if (format_ := promised(name)) is None or format_.kind is not Kind.IMAGE:
            return []
        own = self.labels.get(composed(labels_name(name)))
        labels = [(Sidecar.LABELS, own)] if own else []
        classes = [(Sidecar.CLASSES, self.classes)] if (labelled or labels) and self.classes else []
        return [*((Sidecar.ANNOTATIONS, stamp) for stamp in self.annotations), *labels, *classes]


NONE_SHARED = Shared()


class Sidecars:
    """The sidecars of the media files of one folder.

    `scores` are the stamps of what its folder of scores holds, `shared` those of the files that speak for all pictures.
    """

    def __init__(
        self, entries: Mapping[bytes, os.DirEntry[bytes]], scores: Mapping[bytes, str], shared: Shared = NONE_SHARED
    ) -> None:
        self._shared = shared
        named = ((sidecar_key(name), entry) for name, entry in entries.items())
        self._there = {key: entry for key, entry in named if key is not None}
        self._suffixes = {suffix_of(key) for key in self._there}
        self._scores = scores
        media = (
            [name for name, entry in entries.items() if not is_hidden(name) and is_media(entry)] if self._there else []
        )
        self._speaking = {key for name in media for _, key in self._of(name)}

    def _of(self, name: bytes) -> Iterator[tuple[Sidecar, bytes]]:
        """The keys of the sidecars of a media file that are there."""
        return ((kind, key) for kind, key in sidecar_names(name, self._suffixes) if key in self._there)

    def speaks_for_a_file(self, name: bytes) -> bool:
        """Whether a name is that of a sidecar of a media file beside it."""
        return sidecar_key(name) in self._speaking

    def names_of(self, name: bytes) -> list[bytes]:
        """The names of the sidecars that lie beside a media file; that in the folder of scores is not among them."""
        return [self._there[key].name for _, key in self._of(name)] if self._there else []

    def stamps_of(self, name: bytes) -> str:
        """The text of the `Stamps` of a media file."""
        if not self._there and not self._scores and not self._shared:
            return ""
        stamps = [(kind, _stamp(self._there[key])) for kind, key in self._of(name)]
        if stamp := self._scores.get(composed(name) + b".json"):
            stamps.append((Sidecar.SCORE, stamp))
        stamps += self._shared.stamps_for(name, labelled=any(kind is Sidecar.TXT for kind, _ in stamps))
        return Stamps.of(stamps).text


def spoken_for(name: bytes, beside: Iterable[bytes]) -> tuple[bytes, ...]:
    """Which of the media files `beside` it a file of this name is a sidecar of."""
    if (key := sidecar_key(name)) is None:
        return ()
    of_its_suffix = (suffix_of(key),)
    return tuple(
        other
        for other in beside
        if not is_hidden(other) and key in {told for _, told in sidecar_names(other, of_its_suffix)}
    )


def picture_of_score(path: bytes) -> bytes | None:
    """The path of the media file that `.scores/a.jpg.json` speaks for, there or not; None if it is no such file."""
    folder, _, name = path.rpartition(b"/")
    own = folder.rpartition(b"/")[2]
    picture = name.removesuffix(b".json")
    if own != SCORES_FOLDER or picture == name or suffix_of(picture) not in FORMAT_OF_SUFFIX:
        return None
    return path[: -len(own) - len(name) - 1] + picture


def stamps_in(folder: bytes, suffix: bytes = b".json") -> dict[bytes, str]:
    """The stamps of the files of a folder of scores, or of labels, by composed names; none where it cannot be read."""
    try:
        with os.scandir(folder) as scan:
            return {composed(entry.name): _stamp(entry) for entry in scan if entry.name.endswith(suffix)}
    except OSError:
        return {}


def _stamp(entry: os.DirEntry[bytes]) -> str:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return "gone"
    return f"{status.st_size}:{status.st_mtime_ns}"
