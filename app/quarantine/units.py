"""What is moved together: a file with its sidecars and the video of its Live Photo, or nothing of them.

Disks are looked at, and nothing there is changed.
"""

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from app.beside.datasets import labels_folder, labels_name
from app.beside.sidecars import composed, spellings
from app.errors import InvalidRequest
from app.formats import Kind, promised
from app.ingest.disk.folders import Folders
from app.ingest.disk.ignoring import is_hidden
from app.ingest.disk.sidecars import SCORES_FOLDER, Sidecars, spoken_for
from app.ingest.disk.sight import is_media
from app.library.finding.pairing import PairKind
from app.library.library import Library
from app.library.stock import StoredFile
from app.media import Place, storable_ns
from app.slices import in_slices

_AT_ONCE = 500
_ENTRIES = 200_000  # of all folders that are held
_SIDECAR_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sight:
    """A file as it has to be when it is moved: its place, where that is on disk, bytes, mtime in ns and SHA-256.

    `names` is how many names (hard links) it has on its disk.
    """

    place: Place
    path: bytes
    size: int
    mtime_ns: int
    sha256: str
    names: int = 1

    @property
    def target(self) -> bytes:
        """Where it goes, inside the quarantine folder: the name of its root, and its path there."""
        return self.place.in_event

    @property
    def note(self) -> str | None:
        """What whoever moves it should know: one sentence, None without any."""
        several = f"It has {self.names} names on its disk (hard links): its space is free once all of them are gone."
        return several if self.names > 1 else None


@dataclass(frozen=True, slots=True)
class Unit:
    """Files that are moved together, the picture first; `keepers` have to be there, as they were."""

    files: tuple[Sight, ...]
    keepers: tuple[Sight, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """A file that cannot be planned, and why: one sentence."""

    shown: str
    reason: str


class _Stays(Exception):
    """Why a file cannot be planned."""


@dataclass(slots=True)
class _Folder:
    """A folder of media as it is on disk."""

    sidecars: Sidecars
    media: list[bytes]
    has_scores: bool
    entries: int
    ids: dict[bytes, int | None] = field(default_factory=dict)
    """Of the rows of its files, by name, as far as they were asked for; None where there is no row."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked for, by ids: all in order, films of pictures and the reverse, what is kept, why some stay."""

    ids: np.ndarray[Any, np.dtype[np.int64]]
    films: Mapping[int, int]
    pictures: Mapping[int, int]
    keepers: Mapping[int, int | None]
    reasons: Mapping[int, str]

    def lead_of(self, number: int) -> int | None:
        """The id of the file with which one goes: its own, or that of its picture; None if it stays."""
        lead = self.pictures.get(number, number)
        goes = lead not in self.reasons and self.place_of(lead) is not None
        return lead if goes else None

    def place_of(self, number: int) -> int | None:
        """Where an id stands among those that are asked for, in their order; None if it is not."""
        at = int(np.searchsorted(self.ids, number))
        return at if at < len(self.ids) and self.ids[at] == number else None


class Units:
    """What is moved, of the files of a library. Raises NeedsAttention if the database cannot be read."""

    def __init__(self, library: Library, folders: Folders) -> None:
        self._library = library
        self._folders = folders
        self._read: dict[Place, _Folder] = {}

    def of(self, ids: Sequence[int], keepers: Mapping[int, int | None] | None = None) -> Iterator[Unit | Left]:
        """The units of these files, in this order; `keepers` has the file that stays for each, if any has to.

        None there is a file that is not like the one that stays. A file that is no more what the library knows is left,
        and so is the only copy of a film, if a file has to stay for its picture. Whoever acts looks at each file once
        more. Units are made as they are taken: of many files only ids are held, and the names in folders of
        200,000 files together, or in one that has more.
        """
        self._read.clear()
        asked = self._asked(ids, keepers or {})
        done = bytearray(len(asked.ids))
        for some in in_slices(ids, _AT_ONCE):
            beside = (one for number in some for one in (asked.films.get(number), asked.keepers.get(number)))
            stored = self._stored([*{*some, *(one for one in beside if one is not None)}])
            for number in some:
                place = asked.place_of(number)
                if number not in stored or place is None or done[place] or number in asked.pictures:
                    continue
                done[place] = True
                if number in asked.reasons:
                    yield Left(stored[number].shown, asked.reasons[number])
                    continue
                try:
                    unit, together = self._unit(asked, stored, number)
                except _Stays as why:
                    yield Left(stored[number].shown, str(why))
                else:
                    for one in together:
                        if (place := asked.place_of(one)) is not None:
                            done[place] = True
                    yield unit

    def _asked(self, ids: Sequence[int], keepers: Mapping[int, int | None]) -> _Asked:
        films, pictures = self._films(ids)
        moved = self._moved(ids, films, keepers) if keepers else set()
        reasons = {}
        inside = self._films_inside(keepers) if keepers else set()
        for number, keeper in keepers.items():
            if keeper is None:
                reasons[number] = "It is not enough like the file that is to be kept."
            elif keeper in moved:
                reasons[number] = "The file that is to be kept would be moved, too."
            elif number in pictures and pictures[number] not in films:
                reasons[number] = "It is half of a Live Photo, the picture of which stays."
            elif number in inside and keeper not in inside:
                reasons[number] = "It has a film inside, which the file that is to be kept has not."
        in_order = np.unique(np.array(ids, np.int64))
        return _Asked(in_order, films, {film: picture for picture, film in films.items()}, keepers, reasons)

    @staticmethod
    def _moved(ids: Sequence[int], films: Mapping[int, int], keepers: Mapping[int, int | None]) -> set[int]:
        """The files that are moved if nothing holds them up, and the films that go with them."""
        wanted = {number for number in ids if number not in keepers or keepers[number] is not None}
        return {*wanted, *(film for picture, film in films.items() if picture in wanted)}

    def _unit(self, asked: _Asked, stored: dict[int, StoredFile], first: int) -> tuple[Unit, list[int]]:
        """The unit of a file, and the ids of all that share a sidecar with it. Raises _Stays if any has to stay."""
        together = [first]
        files: dict[Place, Sight] = {}
        kept: dict[Place, Sight] = {}
        for number in together:
            film, keeper = asked.films.get(number), asked.keepers.get(number)
            needed = {one for one in (number, film, keeper) if one is not None} - stored.keys()
            stored |= self._stored([*needed]) if needed else {}
            if keeper is not None:
                if (sight := self._sight(stored[keeper]) if keeper in stored else None) is None:
                    raise _Stays("The file that is to be kept is not there as it was taken in.")
                kept[sight.place] = sight
            for each, one in ((each, stored[each]) for each in (number, film) if each in stored):
                if (sight := self._sight(one)) is None:
                    raise _Stays(f"{one.shown} is not there as it was taken in.")
                files[sight.place] = sight
                self._folder(sight.place.folder).ids[sight.place.name] = each
                if keeper is not None and one is not stored.get(number):
                    copy = self._copy_of(sight, asked)
                    kept[copy.place] = copy
                for side, sharing in self._beside(sight.place, asked):
                    files.setdefault(side.place, side)
                    together += dict.fromkeys(lead for lead in sharing if lead not in together)
        if any(_are_one(one, other) for one in files.values() for other in kept.values()):
            raise _Stays("It and the file that is to be kept are one file under two names.")
        return Unit(tuple(files.values()), tuple(kept.values())), together

    def _copy_of(self, film: Sight, asked: _Asked) -> Sight:
        """A copy of a film that stays. Raises _Stays if there is none."""
        for stored in self._library.stock.with_bytes([film.sha256]).get(film.sha256, ()):
            if stored.missing_at is None and self._leads(stored.place.folder, [stored.place.name], asked) == [None]:
                sight = self._sight(stored)
                if sight is not None and not _are_one(sight, film):
                    return sight
        raise _Stays(f"No copy of its film {film.place.shown} would stay.")

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
        return Sight(stored.place, path, stored.size, stored.mtime_ns, stored.sha256, status.st_nlink)

    def _leads(self, folder: Place, names: Collection[bytes], asked: _Asked) -> list[int | None]:
        """The ids of the files with which those of a folder go; None for one that stays, or has no row."""
        known = self._folder(folder).ids
        if unknown := {folder.below(name).path: name for name in names if name not in known}:
            found = self._library.stock.ids_at(folder.root, unknown)
            known |= {name: found.get(path) for path, name in unknown.items()}
        return [None if (number := known[name]) is None else asked.lead_of(number) for name in names]

    def _beside(self, place: Place, asked: _Asked) -> Iterator[tuple[Sight, list[int]]]:
        """The sidecars of a file, each with the ids of those that share it; none that is shared with one that stays."""
        own, folder = place.folder, self._folder(place.folder)
        named = {name: spoken_for(name, folder.media) for name in folder.sidecars.names_of(place.name)}
        if folder.has_scores:
            whole = composed(place.name)
            sharing = tuple(name for name in folder.media if composed(name) == whole)
            named |= {SCORES_FOLDER + b"/" + name + b".json": sharing for name in {place.name, whole}}
        shared = {own.below(name): [own.below(other) for other in media] for name, media in named.items()}
        for side, media in (shared | self._labels(place)).items():
            names: dict[Place, list[bytes]] = {}
            for other in media:
                names.setdefault(other.folder, []).append(other.name)
            leads = [lead for where, some in names.items() for lead in self._leads(where, some, asked)]
            going = [lead for lead in leads if lead is not None]
            if len(going) == len(leads) and (sight := self._small(side)):
                yield sight, going

    def _labels(self, place: Place) -> dict[Place, list[Place]]:
        """YOLO's labels of a file in a folder of their own, as they may be called, each with all that it speaks for."""
        path = labels_folder(place.folder.path)
        if path is None or not _is_labelled(place.name) or self._is_linked(there := Place(place.root, path)):
            return {}
        own, text = place.folder, composed(labels_name(place.name))
        found: dict[Place, list[Place]] = {}
        for name in spellings(labels_name(place.name)):
            if os.path.lexists(self._folders.absolute(there.below(name))):
                pictures = (each for each in self._folder(own).media if composed(labels_name(each)) == text)
                found[there.below(name)] = [
                    *(own.below(each) for each in pictures if _is_labelled(each)),
                    *(there.below(each) for each in spoken_for(name, self._folder(there).media)),
                ]
        return found

    def _is_linked(self, folder: Place) -> bool:
        """Whether a folder is reached by a link, which may lead out of the root."""
        root, path = self._folders.roots[folder.root], self._folders.absolute(folder)
        return os.path.realpath(path) != os.path.join(os.path.realpath(root), folder.path)

    def _folder(self, folder: Place) -> _Folder:
        known = self._read.get(folder)
        if known is None:
            try:
                with os.scandir(self._folders.absolute(folder)) as scan:
                    entries = {entry.name: entry for entry in scan}
            except OSError:
                entries = {}
            media = [name for name, entry in entries.items() if is_media(entry)]
            scores = entries.get(SCORES_FOLDER)
            has_scores = scores is not None and scores.is_dir(follow_symlinks=False)  # a link may lead out of the root
            known = _Folder(Sidecars(entries, {}), media, has_scores, len(entries))
            if len(self._read) >= _AT_ONCE or sum(one.entries for one in self._read.values()) > _ENTRIES - len(entries):
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

    def _films_inside(self, keepers: Mapping[int, int | None]) -> set[int]:
        """Which of these files and of those that are kept for them have a film inside."""
        finder = self._library.finder
        snapshot = finder.snapshot()
        inside = finder.pairing(snapshot).films_inside()
        slots = snapshot.at(np.array([one for pair in keepers.items() for one in pair if one is not None]))
        return {*snapshot.ids[slots[inside[slots]]].tolist()}

    def _films(self, ids: Sequence[int]) -> tuple[dict[int, int], dict[int, int]]:
        """For each picture that is half of a Live Photo the id of its film; and for each such film its picture's."""
        finder = self._library.finder
        snapshot = finder.snapshot()
        pairing = finder.pairing(snapshot)
        films: dict[int, int] = {}
        pictures: dict[int, int] = {}
        for number, others in pairing.of(ids).items():
            slot = int(snapshot.places(np.array([number]))[0])
            half = next((other for other, kind in others if kind is PairKind.LIVE_PHOTO), None)
            if half is not None:  # the picture stands for its film
                (films if pairing.lead_of(slot) == slot else pictures)[number] = half
        return films, pictures

    def _stored(self, ids: Sequence[int]) -> dict[int, StoredFile]:
        stock = self._library.stock
        found: dict[int, StoredFile] = {}
        for some in in_slices(ids, _AT_ONCE):
            found |= stock.by_id(some)
        return found


def _is_labelled(name: bytes) -> bool:
    """Whether YOLO's labels in a folder of their own speak for a file of this name: they do for pictures."""
    return (format_ := promised(name)) is not None and format_.kind is Kind.IMAGE and not is_hidden(name)


def _are_one(one: Sight, other: Sight) -> bool:
    """Whether two files are one on disk: hard links, or one folder that is mounted twice; also where nobody can say."""
    try:
        return os.path.samefile(one.path, other.path)
    except OSError:
        return True


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
