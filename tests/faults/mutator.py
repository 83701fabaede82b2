"""Changes files while others read them: a process of its own that only ever writes pictures it has been told of.

    python -m tests.faults.mutator FOLDER SEED LOG

Before each change it writes a line to LOG: which bytes (SHA-256) will be at which name. What stands there was really
there, at some time. It never touches a file whose number ends in 0 to 4, and never stops by itself.
"""

import hashlib
import io
import json
import os
import random
import sys
import time
from itertools import count
from pathlib import Path
from typing import NoReturn

from PIL import Image

PAUSE_SECONDS = 0.002
PICTURES = 40
DEEDS = ("truncate", "replace", "replace long ago", "delete", "chmod", "folder", "link", "rename")


def touched(name: str) -> bool:
    """Whether a file of this name may be changed."""
    return name.partition(".")[0][-1] in "56789"


def sha256(content: bytes) -> str:
    """The digest as the library writes it."""
    return hashlib.sha256(content).hexdigest()


def pictures() -> dict[str, tuple[bytes, tuple[int, int]]]:
    """The contents that are put in the place of others, each of a size of its own: SHA-256 -> bytes, width and height.

    Some are cut short, which makes them no pictures.
    """
    made = {}
    for number in range(PICTURES):
        size = (70 + number, 50 + 2 * number)
        Image.new("RGB", size, (number * 6, 80, 200)).save(buffer := io.BytesIO(), "PNG")
        content = buffer.getvalue()
        made[sha256(content)] = (content, size)
    return made


class Mutator:
    """One deed after another, on names that the seed chooses."""

    def __init__(self, folder: Path, seed: int, log: Path) -> None:
        self.folder, self.rng = folder, random.Random(seed)
        self.contents = [content for content, _ in pictures().values()]
        self.names = sorted(path.name for path in folder.iterdir() if touched(path.name))
        self.log = log.open("a", buffering=1)
        self.numbers = count()

    def deed(self) -> None:
        """One change of one file, and a line that says so before it is done."""
        what, name = self.rng.choice(DEEDS), self.rng.choice(self.names)
        path = self.folder / name
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else None
        match what:
            case "truncate" if content:
                length = self.rng.randrange(len(content))
                self.say(what, name, content[:length], cut_from=content)
                os.truncate(path, length)
            case "replace" | "replace long ago":
                self.replace(what, path)
            case "delete" if content is not None or path.is_symlink():
                self.say(what, name)
                path.unlink()
            case "chmod" if content is not None:
                self.say(what, name)
                path.chmod(self.rng.choice([0o000, 0o644]))
            case "folder" if content is not None:
                self.say(what, name)
                path.unlink()
                path.mkdir()
            case "link" if content is not None:
                self.say(what, name)
                path.unlink()
                path.symlink_to(self.folder / "00000.png")
            case "rename" if content is not None:
                new = f"moved-{next(self.numbers)}-{name}"
                self.say(what, new, content)
                path.rename(self.folder / new)

    def replace(self, what: str, path: Path) -> None:
        content = self.rng.choice(self.contents)
        self.say(what, path.name, content)
        new = self.folder.parent / "new.png"
        new.write_bytes(content)
        if what == "replace long ago":
            os.utime(new, (1, 1))
        if path.is_dir():
            path.rmdir()
        new.replace(path)

    def say(self, what: str, name: str, content: bytes | None = None, *, cut_from: bytes | None = None) -> None:
        line = {"what": what, "name": name, "sha256": None if content is None else sha256(content)}
        if cut_from is not None:
            line["cut_from"] = sha256(cut_from)
        self.log.write(json.dumps(line) + "\n")

    def run(self) -> NoReturn:
        """Deeds until somebody ends the process."""
        while True:
            self.deed()
            time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    Mutator(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])).run()
