"""The files of a session that failed, as a walk of their own: what a retry looks at."""

from collections.abc import Callable, Iterable

from app.ingest.disk.folders import Entry, Folder, Listing, Look
from app.ingest.disk.ignoring import Ignores


class Chosen:
    """Some files by their `ROOT/relative`, listed as their folders list them; those that are gone are listed as well.

    A file that is gone is answered for as vanished: nobody is left to wonder what became of it.
    """

    def __init__(self, read: Callable[..., Listing], paths: Iterable[bytes]) -> None:
        self._read = read
        self._names: dict[Folder, set[bytes]] = {}
        for path in paths:
            root, _, relative = path.partition(b"/")
            folder, _, name = relative.rpartition(b"/")
            self._names.setdefault(Folder(root.decode(), folder), set()).add(name)

    @property
    def folders(self) -> tuple[Folder, ...]:
        """The folders of these files, in the order of their paths."""
        return tuple(sorted(self._names, key=lambda folder: (folder.root.encode(), folder.path + b"/")))

    def read(self, folder: Folder, ignores: Ignores | None = None) -> Listing:
        """What the folder holds of these files."""
        listing, names = self._read(folder, ignores), self._names[folder]
        there = [entry for entry in listing.entries if entry.name in names]
        gone = [Entry(name, Look.MEDIA) for name in names - {entry.name for entry in there}]
        entries = sorted([*there, *gone], key=lambda entry: entry.name)
        return Listing(folder, listing.ignores, tuple(entries), (), listing.warning)
