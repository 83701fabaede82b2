"""Text as people, JSON and both databases take it: shown paths, and values without what cannot be stored."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

# A byte that is not UTF-8 is shown as \x80..\xff. A backslash of a real name that could be mistaken for one is shown
# as \x5c, so that every shown path leads back to exactly one name.
_ESCAPED = re.compile(rb"\\x(5c|[89a-f][0-9a-f])")
# What people read in place of a skip; as in words.js.
_CLASSES = {
    "fresh": "up to date",
    "filtered": "left out",
    "unsupported": "of other kinds",
    "beyond_max_files": "beyond the limit",
}
_JSON_CHARACTERS = 16 * 1024 * 1024  # of a text that is looked at


def shown_name(name: bytes) -> str:
    r"""Bytes of the file system as text: UTF-8, with what is not as `\xNN`; the reverse is `path_from_shown`."""
    return _ESCAPED.sub(rb"\\x5cx\1", name).decode("utf-8", "backslashreplace")


def path_from_shown(shown: str) -> bytes:
    """The bytes behind a shown name or path. Raises UnicodeEncodeError for lone surrogates."""
    return _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), shown.encode("utf-8"))


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Text that both databases and JSON take: without NUL, lone surrogates become U+FFFD.

    PostgreSQL rejects NUL in text and both in JSON; SQLite takes anything. Cleaning makes them the same.
    """
    if text.isascii() and "\0" not in text:  # as most are
        return text
    return _UNSTORABLE.sub(lambda match: "" if match[0] == "\0" else "\ufffd", text)


_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def without_controls(text: str) -> str:
    """A clean text with a line feed at the end of each line, and no control but that and the tab."""
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", clean_text(text)))


def clean_json(value: Any) -> Any:
    """A JSON-safe copy of `value`: texts cleaned, bytes as hexadecimal, NaN and infinities as None."""
    match value:
        case str():
            return clean_text(value)
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case bytes():
            return value.hex()
        case Mapping():
            return {
                clean_text(str(key)): clean_text(item) if isinstance(item, str) else clean_json(item)
                for key, item in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [clean_json(item) for item in value]
        case _:
            return clean_text(str(value))


def is_json(text: str) -> bool:
    """Whether a text is an object in JSON, or a list of more than numbers: a program wrote it for programs."""
    inside = text.strip()
    if len(inside) > _JSON_CHARACTERS or inside[:1] + inside[-1:] not in ("{}", "[]"):
        return False
    try:
        value = json.loads(inside)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) or any(isinstance(item, dict | list | str) for item in value)


def class_words(code: str) -> str:
    """What people read for the stable code of a class of files: `failed before`."""
    return _CLASSES.get(code, code.replace("_", " "))


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 file", "1,043 files"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""A value as compact JSON. The one encoder of what is stored: `json.dumps` makes a new one for each value."""
