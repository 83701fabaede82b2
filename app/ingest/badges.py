"""The directory browser: folders of the media roots, each with how much of it the library holds.

A badge counts files on disk now whose size and mtime the library knows; rows of files that are gone count nowhere.
"""

import time
from collections.abc import Iterator
from typing import Any

from app.ingest.folders import Folder, Folders, Listing, is_hidden
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
            roots = [self._described(Folder(name), recursive, float("inf")) for name in sorted(self._folders.roots)]
            stats = {"total_files": 0, "ingested_files": 0, "failed_files": 0}
            return {"path": None, "parent": None, "ingest_stats": stats, "directories": roots, "next": None}
        folder = self._folders.resolve(text)
        listing = self._folders.read(folder)
        names = [name for name in sorted(listing.folders) if not is_hidden(name)]
        below = [folder.below(name) for name in names]
        if cursor:
            below = [child for child in below if child.path > self._folders.locate(cursor).path]
        give_up_at = time.monotonic() + RECURSIVE_SECONDS
        page = [self._described(child, recursive, give_up_at) for child in below[:PAGE]]
        answer = {
            "path": folder.shown,
            "parent": Folder(folder.root, folder.path.rpartition(b"/")[0]).shown if folder.path else None,
            "ingest_stats": self.get_directory_ingest_stats(listing),
            "directories": page,
            "next": page[-1]["path"] if len(below) > PAGE else None,
        }
        return answer | ({"warning": listing.warning} if listing.warning else {})

    def _described(self, folder: Folder, recursive: bool, give_up_at: float) -> dict[str, Any]:  # noqa: FBT001
        listing = self._folders.read(folder)
        has_children = any(not is_hidden(name) for name in listing.folders)
        answer: dict[str, Any] = {
            "name": folder.name,
            "path": folder.shown,
            "has_children": has_children,
            "ingest_stats": self.get_directory_ingest_stats(listing),
        }
        if recursive and time.monotonic() < give_up_at:
            listings = list(self._below(listing)) if has_children else [listing]
            answer["recursive_stats"] = self._counts(folder, listings, below=True)
        return answer | ({"warning": listing.warning} if listing.warning else {})

    def _below(self, top: Listing) -> Iterator[Listing]:
        stack = [top]
        while stack:
            listing = stack.pop()
            yield listing
            children = (listing.folder.below(name) for name in listing.folders if not is_hidden(name))
            stack += [self._folders.read(child) for child in children]

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
