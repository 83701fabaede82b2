"""Which bytes of a file a request asks for (RFC 9110, section 14), as pure functions over its headers."""

import re
from typing import NamedTuple

_ONE_RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.ASCII | re.IGNORECASE)
_MAX_DIGITS = 18


class Span(NamedTuple):
    """Bytes of a file from `start` up to `end`, which is the first that is not among them."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """How many bytes there are."""
        return self.end - self.start


class NotSatisfiable(Exception):
    """The file has none of the bytes that are asked for."""


def span_of(asked: str | None, size: int) -> Span | None:
    """The one range that `Range` asks for; None for the whole file.

    A header that cannot be read, or asks for several ranges, is as good as none. Raises NotSatisfiable.
    """
    found = _ONE_RANGE.fullmatch(asked or "")
    if found is None or max(map(len, found.groups())) > _MAX_DIGITS:
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        raise NotSatisfiable
    return Span(start, end)


def is_current(if_range: str | None, etag: str) -> bool:
    """Whether a range may be answered: `If-Range` is not there, or names the file as it is; a weak tag does not."""
    return if_range is None or (if_range.strip() == etag and not etag.startswith("W/"))


def knows(if_none_match: str | None, etag: str) -> bool:
    """Whether `If-None-Match` names an ETag, weak or not, or is `*`."""
    if if_none_match is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return bool(tags & {"*", etag.removeprefix("W/")})
