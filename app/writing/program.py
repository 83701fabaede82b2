"""exiftool, which writes into files: found on the path, asked by lines of arguments, never by a shell.

It is given an open file under a name of ours, so that no name of a person's file is ever an argument, and writes to
another one that is open already. The name has the suffix of the format: without one, exiftool goes by the first bytes
alone, and gives up on some files that it writes otherwise (12.57, a JPEG whose EXIF has no valid byte order).
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from tempfile import TemporaryDirectory

from app.writing.causes import NotWritten

NAME = "exiftool"
SECONDS = 60
_MUCH = 500
MISSING = (
    "exiftool is not installed on this machine (Debian: libimage-exiftool-perl): nothing can be written into files."
)


def find_program() -> str | None:
    """The path of exiftool; None without it."""
    return shutil.which(NAME)


def rewrite(source: int, target: int, suffix: str, lines: Sequence[str], shown: str) -> None:
    """Writes what the open file `source` holds into `target`, with other tags. Raises NotWritten `exiftool_failed`."""
    with TemporaryDirectory(prefix="media-ingest-") as folder:
        name = f"{folder}/picture.{suffix}"
        os.symlink(f"/proc/{os.getpid()}/fd/{source}", name)
        _run(name, target, lines, shown)


def _run(name: str, target: int, lines: Sequence[str], shown: str) -> None:
    program = find_program()
    if program is None:
        raise NotWritten("exiftool_failed", MISSING)
    asked = ["-E", "-charset", "utf8", *lines, "-o", "-", name, ""]
    try:
        done = subprocess.run(  # noqa: S603 - a path of our own finding, and no shell
            [program, "-config", "", "-@", "-"],
            input="\n".join(asked).encode(),
            stdout=target,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
            check=False,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotWritten("exiftool_failed", f"exiftool could not write {shown}: {error}.") from error
    said = done.stderr.decode(errors="replace").replace(name, shown).strip()[:_MUCH]
    if done.returncode or not os.fstat(target).st_size or _warned(said):
        raise NotWritten("exiftool_failed", f"exiftool did not write {shown}: {said or 'it said nothing'}")


def _warned(said: str) -> bool:
    """Whether exiftool warned of what it did: it then says so alone, and ends as if all were well.

    What it calls minor is what it found amiss before, and is no reason to leave a file.
    """
    return any(line.startswith("Warning: ") and "[minor]" not in line.lower() for line in said.splitlines())
