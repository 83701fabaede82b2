"""The directory browser: folders of the media roots, each with how much of it the library holds.

A badge counts files on disk now whose size and mtime the library knows; rows of files that are gone count nowhere.
"""

import time
from typing import NotRequired

from typing_extensions import TypedDict

from app.ingest.disk.folders import Folders, Listing
from app.ingest.disk.ignoring import Ignores
from app.library.library import Library
from app.media import Place
from app.shapes import described

PAGE = 200
RECURSIVE_SECONDS = 3.0  # what one page of recursive counts may take; what is not counted by then is left out


@described
class FolderCounts(TypedDict):
    """The media files of a folder, as they are on disk now."""

    total_files: int
    """All of them."""
    ingested_files: int
    """Those that the library holds as they are now."""
    failed_files: int
    """Those that failed as they are now."""
    damaged_files: int
    """Those that the library holds although they are damaged."""


@described
class FolderEntry(TypedDict):
    """A folder of a page of the directory browser."""

    name: str
    """As shown."""
    path: str
    """`ROOT/relative` as shown."""
    has_children: bool
    """Whether it holds folders."""
    ingest_stats: FolderCounts
    """The files directly in it."""
    recursive_stats: NotRequired[FolderCounts]
    """The files in it and below, where asked for and counted within 3 seconds a page."""
    warning: NotRequired[str]
    """Why it could not be read whole, in one sentence."""


@described
class FolderPage(TypedDict):
    """A folder with those in it, 200 a page, in the order of their paths; without a path, the media roots."""

    path: str | None
    """`ROOT/relative` as shown."""
    parent: str | None
    """The folder above; null at a root."""
    ingest_stats: FolderCounts
    """The files directly in it."""
    directories: list[FolderEntry]
    """The folders in it."""
    next: str | None
    """The cursor of the next page; null on the last."""
    warning: NotRequired[str]
    """Why it could not be read whole, in one sentence."""


class Badges:
    """Counts for folders, from the disk and the library together."""

    def __init__(self, folders: Folders, library: Library | None) -> None:
        self._folders = folders
        self._library = library

    def get_directory_ingest_stats(self, listing: Listing) -> FolderCounts:
        """The counts of one folder, not counting the folders below."""
        return self._counts(listing.folder, [listing], below=False)

    def browse(self, text: str | None, *, recursive: bool, cursor: str | None) -> FolderPage:
        """A page of the directory browser; without a path, the roots. Raises what `Folders.resolve` raises."""
        if not text:
            give_up_at = time.monotonic() + RECURSIVE_SECONDS if recursive else 0.0
            roots = [self._described(Place(name), None, give_up_at) for name in sorted(self._folders.roots)]
            stats = FolderCounts(total_files=0, ingested_files=0, failed_files=0, damaged_files=0)
            return {"path": None, "parent": None, "ingest_stats": stats, "directories": roots, "next": None}
        folder = self._folders.resolve(text)
        listing = self._folders.read(folder)
        below = sorted(listing.open_folders(), key=lambda child: child[0].shown)
        if cursor:
            below = [child for child in below if child[0].shown > cursor]
        give_up_at = time.monotonic() + RECURSIVE_SECONDS if recursive else 0.0
        page = [self._described(*child, give_up_at) for child in below[:PAGE]]
        answer: FolderPage = {
            "path": folder.shown,
            "parent": folder.folder.shown if folder.path else None,
            "ingest_stats": self.get_directory_ingest_stats(listing),
            "directories": page,
            "next": page[-1]["path"] if len(below) > PAGE else None,
        }
        if listing.warning:
            answer["warning"] = listing.warning
        return answer

    def _described(self, folder: Place, ignores: Ignores | None, give_up_at: float) -> FolderEntry:
        """One folder of a page; with the counts of everything below it if they are there before `give_up_at`."""
        listing = self._folders.read(folder, ignores)
        answer: FolderEntry = {
            "name": folder.shown_name,
            "path": folder.shown,
            "has_children": any(True for _ in listing.open_folders()),
            "ingest_stats": self.get_directory_ingest_stats(listing),
        }
        listings = self._below(listing, give_up_at)
        if listings is not None:
            answer["recursive_stats"] = self._counts(folder, listings, below=True)
        if listing.warning:
            answer["warning"] = listing.warning
        return answer

    def _below(self, top: Listing, give_up_at: float) -> list[Listing] | None:
        """A listing and all below it; None if they cannot be read before `give_up_at` (monotonic seconds)."""
        found, stack = [], [top]
        while stack:
            if time.monotonic() > give_up_at:
                return None
            listing = stack.pop()
            found.append(listing)
            stack += [self._folders.read(*child) for child in listing.open_folders()]
        return found

    def _counts(self, folder: Place, listings: list[Listing], *, below: bool) -> FolderCounts:
        total = ingested = failed = damaged = 0
        stamps = self._library.stamps(folder, below=below) if self._library else {}
        failures = self._library.failed_paths(folder, below=below) if self._library else {}
        damages = self._library.damaged_paths(folder, below=below) if self._library else {}
        for listing in listings:
            for file in listing.files():
                total += 1
                if stamps.get(file.path) == (file.size, file.mtime_ns):
                    ingested += 1
                    damaged += damages.get(file.path) == file.fingerprint
                elif failures.get(file.path) == file.fingerprint:
                    failed += 1
        return FolderCounts(total_files=total, ingested_files=ingested, failed_files=failed, damaged_files=damaged)
