"""The columns in a file of the state folder, so that a program need not read every row when it starts.

The file is only a help: one that is missing, damaged, of another version or of another database is passed over.
"""

import logging
import os
import tempfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import numpy as np
from sqlalchemy import Connection, func, select

from app.library.finding.columns import Columns
from app.library.tables import CHANGES

NAME = "columns.npz"
VERSION = 10
"""Another one for each change of what `entry_of` makes of a row, or of how columns are kept."""
_log = logging.getLogger("media_ingest")


def keep(columns: Columns, file: Path) -> None:
    """Writes the columns to a file, in place of what was there; a disk that does not take it is only logged."""
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=file.parent, prefix=f".{file.name}.", suffix=".tmp", delete=False
        ) as opened:
            temporary = opened.name
            np.savez(opened, version=np.array(VERSION), **columns.as_arrays())  # type: ignore[arg-type] # its keywords
        os.replace(temporary, file)
    except OSError as error:
        _log.warning("the columns of the library cannot be kept: %s", error.strerror)
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)


def kept(file: Path) -> Columns | None:
    """The columns of a file; None where there are none that can be read."""
    try:
        with open(file, "rb") as opened, np.load(opened, allow_pickle=False) as arrays:
            return Columns.from_arrays(arrays) if arrays["version"] == VERSION else None
    except Exception:  # noqa: BLE001 - zip, numpy and JSON have an error of their own for each place that is damaged
        return None


class Followed(Protocol):
    """What was made of the feed of changes up to a `seq`; `newest` has the last of them, each as `seq` and id."""

    @property
    def seq(self) -> int:
        """That of the last change."""

    @property
    def newest(self) -> Collection[tuple[int, int]]:
        """The last changes."""


def are_of(columns: Followed, connection: Connection) -> bool:
    """Whether the feed of a database goes on where these columns end, as far as their newest changes tell.

    A database that was put back from a copy, and written to since, has other changes under the same numbers.
    """
    newest_of = {number: seq for seq, number in columns.newest}  # of a file that changed twice the feed has the last
    numbers = {seq: number for number, seq in newest_of.items()}
    same = select(CHANGES.c.seq, CHANGES.c.media_id)
    for seq, number in connection.execute(same.where(CHANGES.c.seq.in_(numbers))):
        if numbers.pop(seq) != number:
            return False
    moved = select(func.count()).where(CHANGES.c.media_id.in_(numbers.values()), CHANGES.c.seq > columns.seq)
    newest = connection.execute(select(func.max(CHANGES.c.seq))).scalar_one() or 0
    return newest >= columns.seq and connection.execute(moved).scalar_one() == len(numbers)
