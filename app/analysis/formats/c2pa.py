"""Names the programs in a C2PA manifest, which a picture carries as proof of where it comes from.

It checks no signature and reads no more than the names: `claim_generator` (or its `_info`), the `softwareAgent` of each
action and its `digitalSourceType` (C2PA specification 2.1, claims and actions; JUMBF boxes that hold CBOR, RFC 8949).
"""

import re

BYTES = 16 * 1024 * 1024  # of a manifest that are searched; pictures of parents may be inside
_KEYS = re.compile(
    rb"(?:\x6fclaim_generator|\x74claim_generator_info\x81?|\x6dsoftwareAgent|\x71digitalSourceType)(?=[\x60-\x78\xa1-\xb7])"
)
_NAME = re.compile(rb"\x64name(?=[\x60-\x78])")
_TEXT, _LONGER, _MAP = 0x60, 0x78, 0xA0
_NEAR, _MANY = 200, 50


def read_c2pa_names(manifest: bytes) -> str:
    """List the names in a manifest, one a line, each once; empty for other bytes."""
    found: dict[str, None] = {}
    for key in _KEYS.finditer(manifest[:BYTES]):
        place = key.end()
        if manifest[place] >= _MAP:  # an agent described by a map
            name = _NAME.search(manifest, place, place + _NEAR)
            if name is None:
                continue
            place = name.end()
        if text := _text(manifest, place):
            found[text.rpartition("/")[2] if text.startswith("http") else text] = None
        if len(found) == _MANY:
            break
    return "\n".join(found)


def _text(manifest: bytes, place: int) -> str:
    """The CBOR text of up to 255 bytes that begins there."""
    head = manifest[place]
    length = head - _TEXT
    if head == _LONGER and place + 1 < len(manifest):
        place, length = place + 1, manifest[place + 1]
    elif not 0 < length < _LONGER - _TEXT:
        return ""
    return manifest[place + 1 : place + 1 + length].decode("utf-8", "replace").strip("\0 ")
