"""The files of a session that failed, as a walk of their own: what a retry looks at."""

from collections.abc import Callable, Iterable

from app.ingest.disk.folders import Entry, EntryKind, Listing
from app.ingest.disk.ignoring import Ignores
from app.media import Place


class ChosenFiles:
    """Some files by their `ROOT/relative`, listed as their folders list them; those that are gone are listed as well.

    A file that is gone is answered for as vanished: nobody is left to wonder what became of it.
    """

    def __init__(self, read: Callable[..., Listing], paths: Iterable[bytes]) -> None:
        self._read = read
        self._names: dict[Place, set[bytes]] = {}
        for path in paths:
            place = Place.from_event(path)
            self._names.setdefault(place.folder, set()).add(place.name)

    @property
    def folders(self) -> tuple[Place, ...]:
        """The folders of these files, in the order of their paths."""
        return tuple(sorted(self._names, key=lambda folder: (folder.root.encode(), folder.path + b"/")))

    def read(self, folder: Place, ignores: Ignores | None = None) -> Listing:
        """What the folder holds of these files."""
        listing, names = self._read(folder, ignores), self._names[folder]
        there = [entry for entry in listing.entries if entry.name in names]
        gone = [Entry(name, EntryKind.MEDIA) for name in names - {entry.name for entry in there}]
        entries = sorted([*there, *gone], key=lambda entry: entry.name)
        return Listing(folder, listing.ignores, tuple(entries), (), listing.warning)
