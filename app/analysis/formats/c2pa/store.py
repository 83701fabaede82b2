"""Finds a C2PA store in a file, and the manifest of it that speaks for the file: the last one (C2PA 2.1, 11.1.4).

The others are those of ingredients: pictures that it was made from, which are not the picture. A store is boxes within
boxes (JUMBF, ISO 19566-5), each with a description that has a type and a label.
"""

import json
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from app.analysis.formats.blocks import read_at, walk_boxes
from app.analysis.formats.c2pa.cbor import decode_cbor

BYTES = 16 * 1024 * 1024
"""Of a store that are read: pictures of parents may be inside."""
_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_UPDATE = b"c2um"  # how the type of a manifest begins that adds to the one before, and says nothing of the pixels
_STORE, _ASSERTIONS, _CLAIM, _ACTIONS = "c2pa", "c2pa.assertions", "c2pa.claim", "c2pa.actions"
_MANY = 1000

Box = tuple[bytes, str, bytes]
"""How the type of a superbox begins, its label, and what it holds."""


def find_c2pa_in_boxes(stream: BinaryIO) -> bytes:
    """Find the store of an ISO base media file (MP4, HEIC, AVIF): a `uuid` box (C2PA 2.1, A.5); empty without one.

    Behind the UUID stand version and flags, what it is for as a text, and, of a manifest, the place of another box.
    """
    for at, length in _c2pa_boxes(stream):
        body = read_at(stream, at + 20, min(length - 20, BYTES))
        purpose, _, rest = body.partition(b"\0")
        if purpose == b"manifest":
            return rest[8:]
    return b""


def has_c2pa_box(stream: BinaryIO) -> bool:
    """Tell whether an ISO base media file has a `uuid` box of C2PA, whatever it is for: hashes, a store, an update."""
    return next(_c2pa_boxes(stream), None) is not None


def _c2pa_boxes(stream: BinaryIO) -> Iterator[tuple[int, int]]:
    end = stream.seek(0, os.SEEK_END)
    for kind, at, length in walk_boxes(stream, 0, end):
        if kind == b"uuid" and read_at(stream, at, 16) == _UUID:
            yield at, length


def find_active_manifest(store: bytes) -> tuple[list[dict[str, Any]], list[dict[str, Any]]] | None:
    """Find claims and assertions of actions of the manifest that speaks for the file; None where this is no store."""
    inside = next((content for _, label, content in _boxes(store[:BYTES]) if label == _STORE), None)
    manifests = list(_boxes(inside)) if inside is not None else []
    if not manifests:
        return None
    standing = [manifest for manifest in manifests if manifest[0] != _UPDATE] or manifests
    claims, actions = [], []
    for _, label, content in _boxes(standing[-1][2]):
        if label.startswith(_CLAIM):
            claims.append(_decoded(content))
        elif label == _ASSERTIONS:
            actions += [_decoded(held) for _, name, held in _boxes(content) if name.startswith(_ACTIONS)]
    return [claim for claim in claims if claim], [action for action in actions if action]


def _boxes(content: bytes) -> Iterator[Box]:
    """The superboxes among the boxes in a row; one that is cut off ends with the content."""
    for kind, held in _rows(content):
        if kind != b"jumb":
            continue
        first, described = next(_rows(held), (b"", b""))
        if first == b"jumd":
            label = described[17:].partition(b"\0")[0].decode("utf-8", "replace")
            yield described[:4], label, held[8 + len(described) :]


def _rows(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(_MANY):
        length, kind = int.from_bytes(content[at : at + 4], "big"), content[at + 4 : at + 8]
        start = 8
        if length == 1:
            length, start = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        length = length or len(content) - at
        if len(kind) < 4 or length < start:
            return
        yield kind, content[at + start : at + length]
        at += length


def _decoded(content: bytes) -> dict[str, Any]:
    """What the first box with a value holds; empty where it is no mapping."""
    for kind, held in _rows(content):
        if kind == b"cbor":
            value = decode_cbor(held)
        elif kind == b"json":
            try:
                value = json.loads(held)
            except (ValueError, RecursionError):
                value = None
        else:
            continue
        return value if isinstance(value, dict) else {}
    return {}
