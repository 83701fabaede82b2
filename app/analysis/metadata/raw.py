"""Keeps what was read as it was read, JSON-safe and within 64 KB, with a note of what was dropped."""

import json
from collections.abc import Mapping
from typing import Any

from app.analysis.formats.tiff import Tags
from app.analysis.metadata.beside import NOTHING_BESIDE, Beside
from app.analysis.metadata.embedded import Embedded
from app.texts import clean_json, clean_text

RAW_BYTES = 64 * 1024  # as JSON
_DROPPED_BYTES, _DROPPED_NAMES, _DROPPED_CHARACTERS = 8 * 1024, 20, 60  # kept free for, and at most, what was dropped
_MADE_FROM = ("parameters", "prompt", "stealth", "UserComment", "Comment", "invokeai_metadata", "sd-metadata", "Dream")
_FIRST = frozenset(f"text.{name}" for name in _MADE_FROM)
_IN_TEXTS = "EXIF UserComment"  # decoded there


def collect_raw(found: Embedded, beside: Beside = NOTHING_BESIDE) -> dict[str, Any]:
    """Collect the parts as read, at most 64 KB as JSON; `dropped` lists the largest that had no room, with their bytes.

    What an AI image was made from is kept before all else, its drawn workflow excepted; then the smallest entries: one
    huge workflow does not push out a hundred tags.
    """
    parts: dict[str, Any] = {
        "exif": _plain(found.exif),
        "maker": dict(found.picture_info.lines if found.picture_info else {}) | found.maker.list_raw(),
        "xmp": found.xmp,
        "iptc": found.iptc,
        "text": found.texts,
        "sidecar": beside.xmp,
        "takeout": beside.takeout.raw,
        **{str(notes.source): notes.raw for notes in beside.notes},
    }
    cleaned = {
        part: entries
        for part, values in parts.items()
        if (entries := {clean_text(name): clean_json(value) for name, value in values.items() if value is not None})
    }
    room = RAW_BYTES - _DROPPED_BYTES
    return cleaned if len(json.dumps(cleaned)) <= room else _within(room, cleaned)


def _within(room: int, parts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    entries = [
        (len(json.dumps([name, value])), part, name, value)
        for part, values in parts.items()
        for name, value in values.items()
    ]
    kept: dict[str, Any] = {}
    dropped: dict[str, int] = {}
    entries.sort(key=lambda entry: (f"{entry[1]}.{entry[2]}" not in _FIRST, *entry[:3]))
    for size, part, name, value in entries:
        if size + 2 <= room:  # and what stands between entries
            room -= size + 2
            kept.setdefault(part, {})[name] = value
        else:
            dropped[f"{part}.{name}"[:_DROPPED_CHARACTERS]] = size
    largest = sorted(dropped, key=lambda name: dropped[name], reverse=True)[:_DROPPED_NAMES]
    return kept | ({"dropped": {name: dropped[name] for name in largest}} if dropped else {})


def _plain(exif: Tags) -> dict[str, Any]:
    """The EXIF tags: single numbers alone, bytes that are letters as text."""
    plain: dict[str, Any] = {}
    for name, value in exif.items():
        if name == _IN_TEXTS:
            continue
        if isinstance(value, bytes):
            plain[name] = _readable(name, value)
        else:
            plain[name] = value[0] if isinstance(value, tuple) and len(value) == 1 else value
    return plain


def _readable(name: str, content: bytes) -> str | bytes:
    if name.startswith("Image XP"):
        return content.decode("utf-16-le", "replace").partition("\0")[0]
    letters = content.rstrip(b"\0")
    return (
        letters.decode("ascii") if letters and letters.isascii() and letters.decode("ascii").isprintable() else content
    )
