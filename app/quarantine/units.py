"""What is moved together: a file with its sidecars and the video of its Live Photo, or nothing of them.

Disks are looked at, and nothing there is changed.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.beside import composed
from app.errors import InvalidRequest
from app.ingest.disk.folders import Folders
from app.ingest.disk.sidecars import SCORES_FOLDER, Sidecars, spoken_for
from app.ingest.disk.sight import is_media
from app.library.finding.pairing import PairKind
from app.library.library import Library
from app.library.stock import StoredFile
from app.media import Place, storable_ns

_AT_ONCE = 500
_SIDECAR_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sight:
    """A file as it has to be when it is moved: its place, where that is on disk, bytes, mtime in ns and SHA-256."""

    place: Place
    path: bytes
    size: int
    mtime_ns: int
    sha256: str

    @property
    def target(self) -> bytes:
        """Where it goes, inside the quarantine folder: the name of its root, and its path there."""
        return self.place.in_event


@dataclass(frozen=True, slots=True)
class Unit:
    """Files that are moved together, the picture first; `keeper` is the file that has to be there and as it was."""

    files: tuple[Sight, ...]
    keeper: Sight | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """A file that cannot be planned, and why: one sentence."""

    shown: str
    reason: str


@dataclass(slots=True)
class _Folder:
    """A folder of media as it is on disk."""

    sidecars: Sidecars
    media: list[bytes]
    names: Mapping[bytes, os.DirEntry[bytes]] = field(default_factory=dict)


class Units:
    """What is moved, of the files of a library. Raises NeedsAttention if the database cannot be read."""

    def __init__(self, library: Library, folders: Folders) -> None:
        self._library = library
        self._folders = folders
        self._read: dict[Place, _Folder] = {}
        self._taken: set[Place] = set()  # sidecars that go with another file already

    def of(self, ids: Sequence[int], keepers: Mapping[int, int] | None = None) -> Iterator[Unit | Left]:
        """The units of these files, in this order; `keepers` has the file that stays for each, if any has to.

        A file that is no more what the library knows is left. Whoever acts looks at each file once more.
        """
        keepers = keepers or {}
        self._taken.clear()
        films = self._films(ids)
        followers = {*films.values()}
        moved = {*ids, *followers}
        places = {stored.place for stored in self._stored([*moved]).values()}
        done: set[int] = set()
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            beside = (other[one] for other in (films, keepers) for one in some if one in other)
            stored = self._stored([*{*some, *beside}])
            for number in some:
                if number not in stored or number in done or number in followers:
                    continue
                done.add(number)
                if keepers.get(number) in moved:
                    yield Left(stored[number].shown, "The file that is to be kept would be moved, too.")
                else:
                    yield self._unit(stored, (number, films.get(number), keepers.get(number)), places)

    def _unit(
        self, stored: Mapping[int, StoredFile], which: tuple[int, int | None, int | None], moved: set[Place]
    ) -> Unit | Left:
        """The unit of a file, by its id, its film's and that of the file that is kept for it."""
        number, film, keeper = which
        own = stored[number]
        kept = None
        if keeper is not None:
            kept = self._sight(stored[keeper]) if keeper in stored else None
            if kept is None:
                return Left(own.shown, "The file that is to be kept is not there as it was taken in.")
        files: list[Sight] = []
        for one in (own, *([stored[film]] if film is not None and film in stored else [])):
            sight = self._sight(one)
            if sight is None:
                return Left(own.shown, f"{one.shown} is not there as it was taken in.")
            files.append(sight)
            for side in self._beside(one.place, moved):
                if side.place not in self._taken:
                    self._taken.add(side.place)
                    files.append(side)
        return Unit(tuple(files), kept)

    def _sight(self, stored: StoredFile) -> Sight | None:
        """The file of a row; None where it is not there as it was."""
        if stored.root not in self._folders.roots:
            return None
        path = self._folders.absolute(stored.place)
        try:
            status = os.lstat(path)
        except (OSError, ValueError):
            return None
        if (status.st_size, storable_ns(status.st_mtime_ns)) != (stored.size, stored.mtime_ns):
            return None
        return Sight(stored.place, path, stored.size, stored.mtime_ns, stored.sha256)

    def _beside(self, place: Place, moved: set[Place]) -> Iterator[Sight]:
        """The sidecars of a file, without those that speak for a file, too, that stays."""
        folder = self._folder(place.folder)
        for name in folder.sidecars.names_of(place.name):
            others = (place.folder.below(other) for other in spoken_for(name, folder.media))
            if all(other in moved for other in others) and (sight := self._small(place.folder.below(name))):
                yield sight
        scores = place.folder.below(SCORES_FOLDER)
        for name in {place.name + b".json", composed(place.name) + b".json"}:
            if SCORES_FOLDER in folder.names and (sight := self._small(scores.below(name))):
                yield sight

    def _folder(self, folder: Place) -> _Folder:
        known = self._read.get(folder)
        if known is None:
            try:
                with os.scandir(self._folders.absolute(folder)) as scan:
                    entries = {entry.name: entry for entry in scan}
            except OSError:
                entries = {}
            media = [name for name, entry in entries.items() if is_media(entry)]
            known = _Folder(Sidecars(entries, {}), media, entries)
            if len(self._read) >= _AT_ONCE:
                self._read.clear()
            self._read[folder] = known
        return known

    def _small(self, place: Place) -> Sight | None:
        """A sidecar as it is now; None where there is none that can be read."""
        path = self._folders.absolute(place)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as opened:
                status = os.fstat(descriptor)
                content = opened.read(_SIDECAR_BYTES + 1)
        except OSError:
            return None
        if len(content) != status.st_size:
            return None
        return Sight(place, path, status.st_size, status.st_mtime_ns, hashlib.sha256(content).hexdigest())

    def _films(self, ids: Sequence[int]) -> dict[int, int]:
        """For each picture that is half of a Live Photo the id of its film."""
        finder = self._library.finder
        snapshot = finder.snapshot()
        pairing = finder.pairing(snapshot)
        found: dict[int, int] = {}
        for number, others in pairing.of(ids).items():
            slot = int(snapshot.places(np.array([number]))[0])
            film = next((other for other, kind in others if kind is PairKind.LIVE_PHOTO), None)
            if film is not None and pairing.lead_of(slot) == slot:  # the picture stands for its film
                found[number] = film
        return found

    def _stored(self, ids: Sequence[int]) -> dict[int, StoredFile]:
        stock = self._library.stock
        found: dict[int, StoredFile] = {}
        for start in range(0, len(ids), _AT_ONCE):
            found |= stock.by_id(ids[start : start + _AT_ONCE])
        return found


def check_folder(folder: Path, roots: Mapping[str, bytes]) -> bytes:
    """The quarantine folder. Raises InvalidRequest if it is not absolute, or lies in or around a media root."""
    path = os.fsencode(folder)
    if not os.path.isabs(path) or b"\0" in path:
        raise InvalidRequest("The quarantine folder needs a whole path, such as /home/me/quarantine.", field="folder")
    real = os.path.realpath(path)
    for name, root in roots.items():
        place = os.path.realpath(root)
        if os.path.commonpath([real, place]) in (real, place):
            raise InvalidRequest(
                f"The quarantine folder and the media root '{name}' lie one in the other.", field="folder"
            )
    return real
