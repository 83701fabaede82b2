"""A list in JSON Lines as it grows in a temporary file, and as others read it best.

`datasets` 5.2 takes the type of each column from the first 10 MB, and refuses a later line that has another: a column
without a value there has none ever after, and days that look like times are times. So of a long list the lines that
show what there is come first.
"""

import re
from collections.abc import Iterator, Mapping
from tempfile import SpooledTemporaryFile
from typing import Any

from app.ingest.session.store import as_json_bytes

_SHORT_BYTES = 8 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024
_LOOKS_LIKE_A_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d(:\d\d){0,2}Z?)?")


class Listing:
    """Lines with the same names, each a mapping."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_PIECE_BYTES)  # noqa: SIM115 - `close` does
        self._telling: dict[str, tuple[int, int]] = {}  # the first line with a value of a name: where, how long

    def __len__(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        """Gives the temporary file up."""
        self._file.close()

    def add(self, line: Mapping[str, Any]) -> None:
        """Puts a line at the end."""
        text = as_json_bytes(line) + b"\n"
        place = self._file.tell(), len(text)
        for name, value in line.items():
            if value is not None and value != []:
                self._telling.setdefault(name, place)
                if name == "taken_at" and not _LOOKS_LIKE_A_TIME.fullmatch(value):
                    self._telling.setdefault("taken_at as text", place)
        self._file.write(text)

    def pieces(self) -> Iterator[bytes]:
        """The whole list; nothing is added any more."""
        size = self._file.tell()
        first = sorted(set(self._telling.values())) if size > _SHORT_BYTES else []
        for start, length in first:
            yield from self._part(start, start + length)
        at = 0
        for start, length in first:
            yield from self._part(at, start)
            at = start + length
        yield from self._part(at, size)

    def _part(self, start: int, end: int) -> Iterator[bytes]:
        self._file.seek(start)
        while start < end:
            piece = self._file.read(min(end - start, _PIECE_BYTES))
            start += len(piece)
            yield piece
