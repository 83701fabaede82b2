"""Reads IPTC-IIM records, the captions of news agencies, out of JPEG and TIFF. It never interprets them."""

from collections.abc import Mapping

from app.errors import CannotRead

NAMES = {
    5: "ObjectName",
    25: "Keywords",
    55: "DateCreated",
    60: "TimeCreated",
    80: "By-line",
    90: "City",
    101: "Country",
    105: "Headline",
    110: "Credit",
    116: "CopyrightNotice",
    120: "Caption",
}
FIRST = b"\x1c"
_APPLICATION = 2  # the record that speaks about the picture
_HEADER_BYTES = 5


def parse(block: bytes) -> Mapping[str, tuple[str, ...]]:
    """The known datasets of the application record (IPTC-IIM 4.2, chapter 5) by name.

    Each dataset is 0x1C, record, number, length in two bytes big-endian, content. Content is UTF-8 where it is valid
    UTF-8, whatever record 1:90 claims, else Latin-1. Raises CannotRead `damaged_metadata` if it stops making sense.
    """
    found: dict[str, list[str]] = {}
    at = 0
    while block.startswith(FIRST, at) and at + _HEADER_BYTES <= len(block):
        record, number = block[at + 1], block[at + 2]
        length = int.from_bytes(block[at + 3 : at + _HEADER_BYTES], "big")
        content = block[at + _HEADER_BYTES :][:length]
        if len(content) < length:  # also the extended lengths above 32 KB, which no caption needs
            raise CannotRead("The IPTC block ends in the middle of a record.", cause="damaged_metadata")
        if record == _APPLICATION and number in NAMES and (text := _decoded(content).strip(" \0")):
            found.setdefault(NAMES[number], []).append(text)
        at += _HEADER_BYTES + length
    return {name: tuple(texts) for name, texts in found.items()}


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")
