"""Reads the one thing that is wanted of Apple's maker notes: the identifier that both halves of a Live Photo carry.

No other maker note is read, and nothing else of this one.
"""

import struct

HEADER = b"Apple iOS\0"
NOTE_BYTES = 64 * 1024  # of a maker note; Apple's have some 1,500
_ORDERS = {b"MM": ">", b"II": "<"}
_DIRECTORY = 14  # behind the header, a version and the byte order; offsets count from the first byte of the note
_CONTENT_IDENTIFIER, _ASCII = 0x0011, 2
_CHARACTERS = 64  # a UUID has 36
_ENTRY_BYTES = 12


def find_content_identifier(note: bytes) -> str | None:
    """Find the content identifier in Apple's maker note; None without a whole one. Never raises."""
    order = _ORDERS.get(note[12:_DIRECTORY])
    if not note.startswith(HEADER) or order is None or len(note) < _DIRECTORY + 2:
        return None
    (count,) = struct.unpack_from(order + "H", note, _DIRECTORY)
    for at in range(_DIRECTORY + 2, min(_DIRECTORY + 2 + count * _ENTRY_BYTES, len(note) - 11), _ENTRY_BYTES):
        tag, kind, length, start = struct.unpack_from(order + "HHII", note, at)
        if tag == _CONTENT_IDENTIFIER and kind == _ASCII and length <= _CHARACTERS:
            text = note[start : start + length].rstrip(b"\0").decode("ascii", "ignore").strip()
            return text or None
    return None
