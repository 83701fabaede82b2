"""The files of a folder that speak for others: `a.jpg.xmp`, `a.xmp`, Takeout's `a.jpg.json`, `.scores/a.jpg.json`.

Owns whose sidecar a file is; opens none of them.
"""

import os
from collections.abc import Iterable, Mapping

from app.beside import Sidecar, Stamps, takeout_names
from app.formats import FORMAT_OF_SUFFIX, suffix_of
from app.ingest.disk.ignoring import is_hidden

SCORES_FOLDER = b".scores"


class Sidecars:
    """The sidecars of the media files of one folder; `scores` are the stamps of what its folder of scores holds."""

    def __init__(self, entries: Mapping[bytes, os.DirEntry[bytes]], scores: Mapping[bytes, str]) -> None:
        self._xmp = {_stem(name): entry for name, entry in entries.items() if suffix_of(name) == b".xmp"}
        self._json = {name: entry for name, entry in entries.items() if name.endswith(b".json")}
        self._scores = scores
        media = [name for name in entries if _may_have_sidecars(name)] if self._xmp or self._json else []
        self._spoken_for = {*media, *(_stem(name) for name in media)} if self._xmp else set()
        told = (json for name in media for json in takeout_names(name)) if self._json else ()
        self._takeout = {name for name in told if name in self._json}

    def speaks_for_a_file(self, name: bytes) -> bool:
        """Whether a name is that of a sidecar of a media file beside it."""
        return name in self._takeout or (suffix_of(name) == b".xmp" and _stem(name) in self._spoken_for)

    def names_of(self, name: bytes) -> list[bytes]:
        """The names of the sidecars that lie beside a media file; that in the folder of scores is not among them."""
        if not self._xmp and not self._json:
            return []
        xmp = [self._xmp[key].name for key in (name, _stem(name)) if key in self._xmp]
        return xmp + [told for told in takeout_names(name) if told in self._json]

    def stamps_of(self, name: bytes) -> str:
        """The text of the `Stamps` of a media file."""
        if not self._xmp and not self._json and not self._scores:
            return ""
        stamps = [(Sidecar.XMP, _stamp(self._xmp[key])) for key in (name, _stem(name)) if key in self._xmp]
        if self._json:
            found = (self._json[json] for json in takeout_names(name) if json in self._json)
            stamps += [(Sidecar.TAKEOUT, _stamp(json)) for json in found]
        if name + b".json" in self._scores:
            stamps.append((Sidecar.SCORE, self._scores[name + b".json"]))
        return Stamps.of(stamps).text


def spoken_for(name: bytes, beside: Iterable[bytes]) -> tuple[bytes, ...]:
    """The media files among the names `beside` that a file of this name is a sidecar of."""
    if name.endswith(b".json"):
        return tuple(other for other in beside if _may_have_sidecars(other) and name in takeout_names(other))
    if suffix_of(name) != b".xmp":
        return ()
    return tuple(other for other in beside if _may_have_sidecars(other) and _stem(name) in (other, _stem(other)))


def picture_of_score(path: bytes) -> bytes | None:
    """The path of the media file that `.scores/a.jpg.json` speaks for, there or not; None if it is no such file."""
    folder, _, name = path.rpartition(b"/")
    own = folder.rpartition(b"/")[2]
    picture = name.removesuffix(b".json")
    if own != SCORES_FOLDER or picture == name or suffix_of(picture) not in FORMAT_OF_SUFFIX:
        return None
    return path[: -len(own) - len(name) - 1] + picture


def stamps_in(folder: bytes) -> dict[bytes, str]:
    """The stamps of the files of a folder of scores, by name; none where it cannot be read."""
    try:
        with os.scandir(folder) as scan:
            return {entry.name: _stamp(entry) for entry in scan if entry.name.endswith(b".json")}
    except OSError:
        return {}


def _may_have_sidecars(name: bytes) -> bool:
    return suffix_of(name) in FORMAT_OF_SUFFIX and not is_hidden(name)


def _stem(name: bytes) -> bytes:
    return name.rpartition(b".")[0]


def _stamp(entry: os.DirEntry[bytes]) -> str:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return "gone"
    return f"{status.st_size}:{status.st_mtime_ns}"
