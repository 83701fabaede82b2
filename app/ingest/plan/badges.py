"""The directory browser: folders of the media roots, each with how much of it the library holds.

A badge counts files on disk now whose size and mtime the library knows; rows of files that are gone count nowhere.
"""

import time
from typing import Any

from app.ingest.disk.folders import Folder, Folders, Listing
from app.ingest.disk.ignoring import Ignores
from app.library.library import Library

PAGE = 200
RECURSIVE_SECONDS = 3.0  # what one page of recursive counts may take; what is not counted by then is left out


class Badges:
    """Counts for folders, from the disk and the library together."""

    def __init__(self, folders: Folders, library: Library | None) -> None:
        self._folders = folders
        self._library = library

    def get_directory_ingest_stats(self, listing: Listing) -> dict[str, int]:
        """`total_files`, `ingested_files` and `failed_files` of one folder, not counting the folders below."""
        return self._counts(listing.folder, [listing], below=False)

    def browse(self, text: str | None, *, recursive: bool, cursor: str | None) -> dict[str, Any]:
        """A page of the directory browser; without a path, the roots. Raises what `Folders.resolve` raises."""
        if not text:
            give_up_at = time.monotonic() + RECURSIVE_SECONDS if recursive else 0.0
            roots = [self._described(Folder(name), None, give_up_at) for name in sorted(self._folders.roots)]
            stats = {"total_files": 0, "ingested_files": 0, "failed_files": 0}
            return {"path": None, "parent": None, "ingest_stats": stats, "directories": roots, "next": None}
        folder = self._folders.resolve(text)
        listing = self._folders.read(folder)
        below = sorted(listing.open_folders(), key=lambda child: child[0].shown)
        if cursor:
            below = [child for child in below if child[0].shown > cursor]
        give_up_at = time.monotonic() + RECURSIVE_SECONDS if recursive else 0.0
        page = [self._described(*child, give_up_at) for child in below[:PAGE]]
        answer = {
            "path": folder.shown,
            "parent": Folder(folder.root, folder.path.rpartition(b"/")[0]).shown if folder.path else None,
            "ingest_stats": self.get_directory_ingest_stats(listing),
            "directories": page,
            "next": page[-1]["path"] if len(below) > PAGE else None,
        }
        return answer | ({"warning": listing.warning} if listing.warning else {})

    def _described(self, folder: Folder, ignores: Ignores | None, give_up_at: float) -> dict[str, Any]:
        """One folder of a page; with the counts of everything below it if they are there before `give_up_at`."""
        listing = self._folders.read(folder, ignores)
        answer: dict[str, Any] = {
            "name": folder.name,
            "path": folder.shown,
            "has_children": any(True for _ in listing.open_folders()),
            "ingest_stats": self.get_directory_ingest_stats(listing),
        }
        listings = self._below(listing, give_up_at)
        if listings is not None:
            answer["recursive_stats"] = self._counts(folder, listings, below=True)
        return answer | ({"warning": listing.warning} if listing.warning else {})

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

    def _counts(self, folder: Folder, listings: list[Listing], *, below: bool) -> dict[str, int]:
        total = ingested = failed = 0
        stamps = self._library.stamps(folder.root, folder.path, below=below) if self._library else {}
        failures = self._library.failed_paths(folder.root, folder.path, below=below) if self._library else {}
        for listing in listings:
            for file in listing.files():
                total += 1
                if stamps.get(file.path) == (file.size, file.mtime_ns):
                    ingested += 1
                elif failures.get(file.path) == file.fingerprint:
                    failed += 1
        return {"total_files": total, "ingested_files": ingested, "failed_files": failed}
