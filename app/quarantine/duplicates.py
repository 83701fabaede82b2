"""The files that are duplicates, or similar, alone or in groups: those of the library, each by one of its names.

Nothing is changed, neither there nor here. Groups are kept as long as nothing in the library changes.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from app.errors import InvalidRequest
from app.ingest.disk.folders import Folders
from app.library.alike.codes import bits_apart
from app.library.alike.groups import WIDEST, Edges, Groups, edges_of, groups_of
from app.library.alike.near import Alike, By, alike
from app.library.finding.columns import Array, Mask, Snapshot
from app.library.finding.entries import Mark
from app.library.finding.listing import FoundFile, TextsSaid
from app.library.library import Library
from app.library.stock import StoredFile
from app.shapes import described
from app.slices import in_slices

_AT_ONCE = 500
_GENERATED = Mark.PROMPT | Mark.NEGATIVE | Mark.SEED


@described
class Said(TextsSaid):
    """What is said of a file of a group that lists do not show."""

    regions: int
    """How many things it shows by its regions."""


class Found(NamedTuple):
    """The groups of one kind within a distance, the snapshot that they are of, and what could be compared.

    `filmed` are Live Photos, both halves, and motion photos; `regions` is how many things each file shows; `names`
    has the id that stands for each other name of a file.
    """

    by: By
    snapshot: Snapshot
    groups: Groups
    edges: Edges
    max_distance: int
    filmed: Mask
    regions: Array
    names: Mapping[int, int]

    @property
    def compared(self) -> int:
        """How many files could be compared."""
        return int(np.count_nonzero(self.edges.known))

    def ids(self, place: int) -> tuple[list[int], list[int]]:
        """The ids of the files of one group, and how far each is from the nearest other one, in bits."""
        slots, distances = self.groups.group(place)
        return self.snapshot.ids[slots].tolist(), distances.tolist()

    def holding(self, ids: Collection[int]) -> list[int]:
        """The places of the groups that hold any file of these ids, by whichever name, in their order."""
        own = [self.names.get(number, number) for number in ids]
        held = np.isin(self.groups.slots, self.snapshot.at(np.array(own, np.int64)))
        places = np.searchsorted(self.groups.starts, np.flatnonzero(held), "right") - 1
        return np.unique(places).tolist()  # type: ignore[no-any-return]

    def beside(self, number: int) -> list[int]:
        """The ids of the other files of the group of a file; none where it is in no group."""
        own = self.names.get(number, number)
        return [other for place in self.holding([number]) for other in self.ids(place)[0] if other != own]

    def keeper(self, files: Mapping[int, FoundFile]) -> int:
        """The id of the file of a group, by ids, that is worth most.

        Rejected ones come last. Then a film of its own (Live Photo, motion photo) counts most, a person's word, whether
        it says how it came about (generation data, or time and camera: a turned copy may well have more pixels), the
        pixels, the time or the camera alone, the larger file, the rating, what is said of or beside it (regions, title,
        caption, keywords) and the shorter path.
        """
        return min(files, key=lambda number: self._worth(number, files[number]))

    def said(self, texts: Mapping[int, TextsSaid]) -> dict[int, Said]:
        """The same texts with the number of regions, by id."""
        slots = self.snapshot.places(np.array([*texts], np.int64))
        numbers = np.where(slots >= 0, self.regions[slots], 0).tolist()
        return {one: {**said, "regions": number} for (one, said), number in zip(texts.items(), numbers, strict=True)}

    def _worth(self, number: int, file: FoundFile) -> tuple[float | int | str, ...]:
        (slot,) = self.snapshot.places(np.array([number]))
        is_filmed = slot >= 0 and bool(self.filmed[slot])
        marks = Mark(int(self.snapshot.columns["marks"][slot])) if slot >= 0 else Mark(0)
        score, pixels = file["score"] or 0, (file["width"] or 0) * (file["height"] or 0)
        untold = (file["taken_at"] is None) + (file["camera"] is None)
        is_original = not untold or bool(marks & _GENERATED or file["model"] or file["sampler"])
        by_file = -pixels, untold, -file["size"], -score
        said = -int(self.regions[slot]) if slot >= 0 else 0, not file["title"], not marks & Mark.CAPTION
        by_words = *said, -len(file["keywords"]), len(file["path"]), file["path"]
        return score < 0, not is_filmed, not marks & Mark.PERSON, not is_original, *by_file, *by_words


class Duplicates:
    """The groups of a library. All methods raise NeedsAttention if the database cannot be read."""

    def __init__(self, library: Library, folders: Folders) -> None:
        self._library = library
        self._folders = folders

    def found(self, by: By, max_distance: int | None = None) -> Found:
        """The groups of files that differ in at most so many bits; without it, or above, as far as groups go."""
        at_most = WIDEST[by] if max_distance is None else min(max_distance, WIDEST[by])
        finder, codes = self._library.finder, self._library.codes
        snapshot = finder.snapshot()
        behind = codes.catch_up() if by is By.FEATURES else 0
        pairing = finder.pairing(snapshot)
        kept = snapshot.kept
        edges = kept.get(("edges", by, behind), lambda: edges_of(snapshot, pairing, codes, by))

        def grouped() -> tuple[Groups, dict[int, int]]:
            groups = groups_of(snapshot, edges, at_most)
            return self._without_links(snapshot, groups) if by is By.BYTES else (groups, {})

        groups, names = kept.get(("groups", by, behind, at_most), grouped)
        regions = kept.get("regions", lambda: np.bincount(snapshot.listed["region"][0], minlength=snapshot.slots))
        return Found(by, snapshot, groups, edges, at_most, pairing.halves() | pairing.films_inside(), regions, names)

    def like(self, snapshot: Snapshot, number: int, by: By, at_most: int, limit: int) -> Alike:
        """The files that are like one, at most so many, within so many bits: each but once, and never its own names."""
        found = alike(snapshot, self._library.codes, number, (by, at_most, snapshot.slots))
        seen = {inode for _, inode in self._inodes([number])}
        kept: list[tuple[int, int]] = []
        for some in in_slices(zip(found.ids, found.distances, strict=True), limit):
            inodes = dict(self._inodes([one for one, _ in some]))
            for place, one in enumerate(some):
                if place not in inodes or inodes[place] not in seen:
                    kept.append(one)
                    seen |= {inodes[place]} if place in inodes else set()
            if len(kept) >= limit:
                break
        return found._replace(ids=[one for one, _ in kept[:limit]], distances=[far for _, far in kept[:limit]])

    def surplus(
        self, found: Found, chosen: Collection[int] = (), places: Sequence[int] | None = None
    ) -> tuple[list[int], dict[int, int | None]]:
        """The ids of all files of the groups, or of those at `places`, that do not stay, and for each one that does.

        Of a group those stay that are chosen, or else the one that is worth most. None where a file is within the
        distance of none of them: others of its group led to it. By features only groups count that somebody chose, or
        that hold a chosen file: those of one moment are alike, too. Raises InvalidRequest if none is chosen.
        """
        if found.by is By.FEATURES and places is None:
            if not chosen:
                raise InvalidRequest(
                    "Similar by features is no proof: name the groups, or the files that stay.",
                    field="groups_of",
                    cause="no_group_chosen",
                )
            places = found.holding(chosen)
        finder, threshold, stays = (
            self._library.finder,
            self._library.nsfw_threshold(),
            {found.names.get(one, one) for one in chosen},
        )
        keepers: dict[int, int | None] = {}
        for some in _files_at_once(found, range(found.groups.number) if places is None else places):
            files = finder.files_by_id([number for group in some for number in group], threshold)
            for group in some:
                there = {number: files[number] for number in group if number in files}
                if len(there) < 2:
                    continue
                staying = [number for number in there if number in stays] or [found.keeper(there)]
                others = [number for number in there if number not in staying]
                keepers |= dict.fromkeys(others)
                for keeper in reversed(staying):
                    keepers |= dict.fromkeys(self._near(found, keeper, others), keeper)
        return [*keepers], keepers

    def _near(self, found: Found, keeper: int, others: Sequence[int]) -> set[int]:
        """Which of the others of its group are within the distance of a file."""
        numbers = np.array([keeper, *others])
        if found.by is By.FEATURES:
            codes = self._library.codes
            models, rows = codes.models(numbers), codes.of(numbers)
            distances, comparable = bits_apart(rows[1:], rows[0]), (models[1:] == models[0]) & (models[0] > 0)
        elif found.by is By.PHASH:
            hashes = found.snapshot.columns["phash"][found.snapshot.places(numbers)]
            distances, comparable = np.bitwise_count(hashes[1:] ^ hashes[0]), hashes[1:] != 0
        else:
            return {*others}
        return {*numbers[1:][comparable & (distances <= found.max_distance)].tolist()}

    def stored(self, ids: Sequence[int]) -> Mapping[int, StoredFile]:
        """What the library holds of the files of these rows, by id; those that are gone by now are not."""
        return self._library.stock.by_id(ids)

    def _without_links(self, snapshot: Snapshot, groups: Groups) -> tuple[Groups, dict[int, int]]:
        """The groups with each file on disk once, by the first of its names, as the others take no room; and those."""
        members = snapshot.ids[groups.slots]
        first_of: dict[tuple[int, tuple[int, int]], int] = {}
        names: dict[int, int] = {}
        keep = np.ones(len(members), np.bool_)
        group = np.repeat(np.arange(groups.number), np.diff(groups.starts))
        for place, inode in self._inodes(members.tolist()):
            own = first_of.setdefault((int(group[place]), inode), place)
            keep[place] = own == place
            if own != place:
                names[int(members[place])] = int(members[own])
        sizes = np.bincount(group[keep], minlength=groups.number)
        keep &= (sizes > 1)[group]
        left = group[keep]
        starts = np.flatnonzero(np.diff(left, prepend=-1, append=groups.number))
        return Groups(groups.slots[keep], starts, groups.distances[keep]), names

    def _inodes(self, ids: Sequence[int]) -> Iterator[tuple[int, tuple[int, int]]]:
        """The place and the inode of each file; of what is not there nothing.

        A folder that is mounted twice gives each of its files two names, without a second link.
        """
        places = {number: place for place, number in enumerate(ids)}
        for some in in_slices(ids, _AT_ONCE):
            for number, stored in self.stored(some).items():
                if stored.root not in self._folders.roots:
                    continue
                try:
                    status = os.lstat(self._folders.absolute(stored.place))
                except (OSError, ValueError):
                    continue
                yield places[number], (status.st_dev, status.st_ino)


def _files_at_once(found: Found, places: Sequence[int]) -> Iterator[list[list[int]]]:
    """The ids of the files of groups, group by group, some groups at a time: so many that they are read in one go."""
    some: list[list[int]] = []
    files = 0
    for place in places:
        some.append(found.ids(place)[0])
        files += len(some[-1])
        if files >= _AT_ONCE:
            yield some
            some, files = [], 0
    if some:
        yield some


def differing(files: Sequence[FoundFile], said: Sequence[Said]) -> list[str]:
    """The fields in which the files of a group differ, in their order, without those that differ in any two files.

    `said` is what else is said of each file, in the order of the files.
    """
    first, *others = [{**file, **more} for file, more in zip(files, said, strict=True)]
    return [name for name in _COMPARED if any(other[name] != first[name] for other in others)]


_COMPARED = tuple(
    name
    for name in (*FoundFile.__annotations__, *Said.__annotations__)
    if name not in {"path", "added_at", "session_id", "pairs", "has_thumbnail", "thumbnail_cause", "is_nsfw"}
)
