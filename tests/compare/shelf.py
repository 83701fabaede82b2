"""A library with files on a disk, and a card beside it, to be held against each other."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

from app.compare.comparison import Comparison
from app.compare.holding import Finding
from app.compare.tree import Tree
from app.ingest.disk.folders import Folders
from app.library.library import Library
from tests.ingest.builders import SESSION, analysis, found


class Shelf:
    """A library over the root `m`, and a `card` that lies outside of it."""

    def __init__(self, folder: Path, library: Library) -> None:
        self.library = library
        self.media, self.card = folder / "media", folder / "card"
        self.media.mkdir(parents=True, exist_ok=True)
        self.card.mkdir(exist_ok=True)
        self.folders = Folders({"m": self.media})

    def take_in(self, name: str, content: bytes) -> Path:
        """Writes a file into the root, and has the library know it."""
        path = write(self.media / name, content)
        status = path.stat()
        file = found(os.fsencode(name), size=status.st_size, mtime_ns=status.st_mtime_ns)
        self.library.commit_single_file_to_database(SESSION, analysis(file, content=content), nsfw_threshold=0.8)
        return path

    def both(self, name: str, content: bytes) -> tuple[Path, Path]:
        """The file in the root and its original on the card."""
        return self.take_in(name, content), write(self.card / name, content)

    def comparison(self, folder: Path | None = None, *, rehash: bool = True) -> Comparison:
        base = os.path.realpath(os.fsencode(folder or self.card))
        return Comparison(Tree(base, "card"), self.folders, self.library.stock, rehash)

    def compared(self, folder: Path | None = None, *, rehash: bool = True) -> tuple[Comparison, dict[str, Finding]]:
        """What was found by path; the sum closes over every file that another walk finds."""
        comparison = self.comparison(folder, rehash=rehash)
        findings = list(comparison)
        by_path = {finding.path.removeprefix("card/"): finding for finding in findings}
        assert len(by_path) == len(findings) == comparison.files
        assert Counter(finding.holding for finding in findings) == Counter(comparison.sums)
        there = sum(path.is_symlink() or not path.is_dir() for path in (folder or self.card).rglob("*"))
        assert comparison.files + comparison.sidecars == there == comparison.expected
        assert comparison.safe == (comparison.files > 0 and all(finding.safe for finding in findings))
        return comparison, by_path

    def holdings(self, folder: Path | None = None, **options: Any) -> dict[str, str]:
        return {path: finding.holding.value for path, finding in self.compared(folder, **options)[1].items()}


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def flip(path: Path) -> None:
    """Another first byte, with the size and the time of the old one."""
    before, content = path.stat(), path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def stamps(folder: Path) -> dict[Path, Any]:
    """What every file and link below a folder is: its time, and its bytes."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file()]
    return {path: (path.lstat().st_mtime_ns, None if path.is_symlink() else path.read_bytes()) for path in paths}
