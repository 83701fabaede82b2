"""Names the programs in a C2PA manifest, which a picture carries as proof of where it comes from.

It checks no signature and reads no more than the names: `claim_generator` (or its `_info`), the `softwareAgent` of each
action and its `digitalSourceType` (C2PA specification 2.1, claims and actions).
"""

import re
from collections.abc import Iterator
from typing import Any

from app.analysis.formats.c2pa.store import BYTES, find_active_manifest

SYNTHETIC = "trainedAlgorithmicMedia"
"""The `digitalSourceType` of what AI made."""
_KEYS = re.compile(
    rb"(?:\x6fclaim_generator|\x74claim_generator_info\x81?|\x6dsoftwareAgent|\x71digitalSourceType)(?=[\x60-\x78\xa1-\xb7])"
)
_NAME = re.compile(rb"\x64name(?=[\x60-\x78])")
_TEXT, _LONGER, _MAP = 0x60, 0x78, 0xA0
_NEAR, _MANY = 200, 50


def read_c2pa_names(store: bytes) -> str:
    """List the names in the manifest that speaks for the file, one a line, each once; empty for other bytes.

    For each action, what AI made first, the program and the kind of source; then who made the claim. Of a store whose
    boxes cannot be followed, the names anywhere in it.
    """
    active = find_active_manifest(store)
    names = _anywhere(store) if active is None else _of_manifest(*active)
    found: dict[str, None] = {}
    for name in names:
        if text := name.strip("\0 ").replace("\n", " "):
            found[text.rpartition("/")[2] if text.startswith("http") else text] = None
        if len(found) == _MANY:
            break
    return "\n".join(found)


def _of_manifest(claims: list[dict[str, Any]], assertions: list[dict[str, Any]]) -> Iterator[str]:
    actions = [
        (action, _list(assertion.get("softwareAgents")))
        for assertion in assertions
        for action in (*_list(assertion.get("actions")), *_list(assertion.get("templates")))
        if isinstance(action, dict)
    ]
    for action, agents in sorted(
        actions, key=lambda one: not str(one[0].get("digitalSourceType")).endswith(f"/{SYNTHETIC}")
    ):
        index = action.get("softwareAgentIndex")
        listed = agents[index] if isinstance(index, int) and 0 <= index < len(agents) else None
        yield from _named(action.get("softwareAgent") or listed)
        yield from _named(action.get("digitalSourceType"))
    for claim in claims:
        info = claim.get("claim_generator_info")
        for one in info if isinstance(info, list) else [info]:
            yield from _named(one)
        yield from _named(claim.get("claim_generator"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _named(program: Any) -> Iterator[str]:
    """The name of a program that is described by a mapping, or named."""
    name = program.get("name") if isinstance(program, dict) else program
    if isinstance(name, str):
        yield name


def _anywhere(store: bytes) -> Iterator[str]:
    for key in _KEYS.finditer(store[:BYTES]):
        place = key.end()
        if store[place] >= _MAP:  # an agent described by a map
            name = _NAME.search(store, place, place + _NEAR)
            if name is None:
                continue
            place = name.end()
        yield _text(store, place)


def _text(manifest: bytes, place: int) -> str:
    """The CBOR text of up to 255 bytes that begins there."""
    head = manifest[place]
    length = head - _TEXT
    if head == _LONGER and place + 1 < len(manifest):
        place, length = place + 1, manifest[place + 1]
    elif not 0 < length < _LONGER - _TEXT:
        return ""
    return manifest[place + 1 : place + 1 + length].decode("utf-8", "replace").strip("\0 ")
