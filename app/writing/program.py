"""exiftool, which writes into files: found on the path, asked by lines of arguments, never by a shell.

It is given open files, so that no name of a file is ever an argument, and writes to another one that is open already.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence

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


def rewrite(source: int, target: int, lines: Sequence[str], shown: str) -> None:
    """Writes what the open file `source` holds into `target`, with other tags. Raises NotWritten `exiftool_failed`."""
    program = find_program()
    if program is None:
        raise NotWritten("exiftool_failed", MISSING)
    asked = ["-E", "-charset", "utf8", *lines, "-o", "-", f"/proc/self/fd/{source}", ""]
    try:
        done = subprocess.run(  # noqa: S603 - a path of our own finding, and no shell
            [program, "-config", "", "-@", "-"],
            input="\n".join(asked).encode(),
            stdout=target,
            stderr=subprocess.PIPE,
            pass_fds=[source],
            timeout=SECONDS,
            check=False,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotWritten("exiftool_failed", f"exiftool could not write {shown}: {error}.") from error
    if done.returncode or not os.fstat(target).st_size:
        said = done.stderr.decode(errors="replace").replace(f"/proc/self/fd/{source}", shown).strip()[:_MUCH]
        raise NotWritten("exiftool_failed", f"exiftool did not write {shown}: {said or 'it said nothing'}")
