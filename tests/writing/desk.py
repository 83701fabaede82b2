"""A library with files of which a person said something, and its writer.

As a program of its own, started with FOLDER TARGET [UNDO], it can be killed.
"""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from app.analysis.inspecting import Inspector
from app.ingest.disk.folders import Folders
from app.library.library import Library
from app.media import FoundFile, Job, Place, Stage
from app.writing.originals import Originals
from app.writing.planned import Target
from app.writing.words import FIELDS
from app.writing.writer import Writer

NAMES = (b"a.jpg", b"b.jpg", b"c.png")
WORDS = {"score": 3, "title": "Written", "keywords": ["own"]}


class Desk:
    """The library of a folder, whose files lie in `root` and whose sidecars in `sidecars`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "root"
        self.library = Library(f"sqlite:///{folder}/library.db")
        inspector = Inspector({"root": str(self.root)})

        def inspect(file: FoundFile):
            return inspector(Job(file, frozenset(Stage), frozenset(Stage)))

        self.inspect, self.folders = inspect, Folders({"root": self.root})

        def rest() -> AbstractContextManager[None]:
            return nullcontext()

        self.writer = Writer(
            self.folders,
            self.library,
            folder / "sidecars",
            rest=rest,
            inspect=inspect,
            originals=Originals(folder / "originals", 2**30),
            carry=lambda *_: None,
        )

    def rows(self):
        """The rows of all files."""
        return [self.library.known_file(Place("root", name)) for name in NAMES]

    def write(self, target: Target):
        """Writes all that a person said."""
        return self.writer.write(self.rows(), target, FIELDS)


def main() -> None:
    """Writes, or undoes what was written."""
    desk = Desk(Path(sys.argv[1]))
    os.umask(0o022)
    if len(sys.argv) > 3:
        desk.writer.undo(sys.argv[3])
    else:
        desk.write(Target(sys.argv[2]))
