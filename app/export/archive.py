"""A zip that is sent while it is made: its entries are stored as they are, of any size and in any number.

After PKWARE's APPNOTE 6.3.10. Python's `zipfile` keeps an object for each entry, half a kilobyte a file; here the
directory, which a zip ends with, grows in a temporary file. Readers go by it: what it does not list is not in the zip.
"""

import struct
import zlib
from collections.abc import Generator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import NamedTuple

PIECE_BYTES = 1024 * 1024
_MOST, _MOST_ENTRIES = 0xFFFFFFFF, 0xFFFF  # such a number stands in a field of zip64
LARGE_BYTES, MANY_ENTRIES = _MOST, _MOST_ENTRIES
"""From here on the fields of zip64 are used."""
_UTF8, _SIZE_FOLLOWS = 0x800, 0x008
_UNIX, _REGULAR_FILE = 3, 0o100644 << 16
_PLAIN, _ZIP64 = 20, 45  # versions needed to extract
_FIRST, _LAST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, 23, 59, 58, tzinfo=UTC)
_LOCAL, _DESCRIPTOR = struct.Struct("<4s5H3I2H"), struct.Struct("<4sI2I")
_DESCRIPTOR64, _SIZES64 = struct.Struct("<4sI2Q"), struct.Struct("<2H2Q")
_CENTRAL, _CENTRAL64 = struct.Struct("<4s6H3I5H2I"), struct.Struct("<2H3Q")
_END64, _LOCATOR, _END = struct.Struct("<4sQ2H2I4Q"), struct.Struct("<4sIQI"), struct.Struct("<4s4H2IH")


class Entry(NamedTuple):
    """An entry that was sent. `offset` is where, from the beginning of the zip, in bytes."""

    name: bytes
    flags: int
    time: tuple[int, int]
    crc: int
    size: int
    offset: int


class Archive:
    """One zip. What its methods give is sent in the order of the calls; `end` comes last."""

    def __init__(self) -> None:
        self._sent = 0
        self._entries = 0
        self._directory = SpooledTemporaryFile(max_size=PIECE_BYTES)  # noqa: SIM115 - closed by `close`

    def close(self) -> None:
        """Gives the temporary file up."""
        self._directory.close()

    def stored(self, name: str, modified_ns: int, content: bytes) -> bytes:
        """An entry whose content is at hand; it is listed."""
        time, crc = _dos_time(modified_ns), zlib.crc32(content)
        entry = Entry(name.encode(), _UTF8, time, crc, len(content), self._sent)
        self.list(entry)
        head = _LOCAL.pack(b"PK\3\4", _PLAIN, _UTF8, 0, *time, crc, len(content), len(content), len(entry.name), 0)
        return self._counted(head + entry.name + content)

    def streamed(
        self, name: str, modified_ns: int, size: int, pieces: Iterator[bytes]
    ) -> Generator[bytes, None, Entry]:
        """An entry of at most `size` bytes whose pieces come one by one; it has to be listed when all was well."""
        offset, time, encoded, flags = self._sent, _dos_time(modified_ns), name.encode(), _UTF8 | _SIZE_FOLLOWS
        large = size >= LARGE_BYTES
        extra = _SIZES64.pack(1, 16, 0, 0) if large else b""
        shown, version = (_MOST, _ZIP64) if large else (0, _PLAIN)
        head = _LOCAL.pack(b"PK\3\4", version, flags, 0, *time, 0, shown, shown, len(encoded), len(extra))
        yield self._counted(head + encoded + extra)
        crc = length = 0
        for piece in pieces:
            crc, length = zlib.crc32(piece, crc), length + len(piece)
            yield self._counted(piece)
        descriptor = _DESCRIPTOR64 if large else _DESCRIPTOR
        yield self._counted(descriptor.pack(b"PK\7\x08", crc, length, length))
        return Entry(encoded, flags, time, crc, length, offset)

    def list(self, entry: Entry) -> None:
        """Takes an entry into the directory."""
        large = max(entry.size, entry.offset) >= LARGE_BYTES
        extra = _CENTRAL64.pack(1, 24, entry.size, entry.size, entry.offset) if large else b""
        size, offset, version = (_MOST, _MOST, _ZIP64) if large else (entry.size, entry.offset, _PLAIN)
        head = _CENTRAL.pack(
            b"PK\1\2", _UNIX << 8 | version, version, entry.flags, 0, *entry.time, entry.crc, size, size,
            len(entry.name), len(extra), 0, 0, 0, _REGULAR_FILE, offset,
        )  # fmt: skip
        self._directory.write(head + entry.name + extra)
        self._entries += 1

    def end(self) -> Iterator[bytes]:
        """The directory, and what says where it is."""
        start, size = self._sent, self._directory.tell()
        self._directory.seek(0)
        while piece := self._directory.read(PIECE_BYTES):
            yield piece
        number = self._entries
        zip64 = number >= MANY_ENTRIES or max(start, size) >= LARGE_BYTES
        if zip64:
            made = _UNIX << 8 | _ZIP64
            yield _END64.pack(b"PK\6\6", _END64.size - 12, made, _ZIP64, 0, 0, number, number, size, start)
            yield _LOCATOR.pack(b"PK\6\7", 0, start + size, 1)
        entries, size, start = (_MOST_ENTRIES, _MOST, _MOST) if zip64 else (number, size, start)
        yield _END.pack(b"PK\5\6", 0, 0, entries, entries, size, start, 0)

    def _counted(self, piece: bytes) -> bytes:
        self._sent += len(piece)
        return piece


def _dos_time(modified_ns: int) -> tuple[int, int]:
    """Time and day as a zip writes them, in UTC, to 2 s."""
    at = _FIRST
    with suppress(OverflowError, ValueError, OSError):  # beyond what a calendar has
        at = min(max(datetime.fromtimestamp(modified_ns / 1e9, UTC), _FIRST), _LAST)
    return at.hour << 11 | at.minute << 5 | at.second // 2, (at.year - 1980) << 9 | at.month << 5 | at.day
