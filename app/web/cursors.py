"""Cursors that hold several values: JSON in the letters of an address. Whoever reads one knows what belongs into it."""

import base64
import binascii
import json
from typing import Any

from app.errors import BadCursor


def cursor_of(*values: Any) -> str:
    """The cursor that holds these values."""
    told = json.dumps(values, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def values_in(cursor: str, number: int) -> list[Any]:
    """So many values of any type, as a client sent them. Raises BadCursor for anything else."""
    try:
        padded = (cursor + "=" * (-len(cursor) % 4)).encode("ascii")
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        raise BadCursor from None
    if not isinstance(values, list) or len(values) != number:
        raise BadCursor
    return values
