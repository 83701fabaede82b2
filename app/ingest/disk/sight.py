"""Whether a directory entry is a media file at first sight: by its suffix, or, where that says too little, by its head.

Transport streams and TypeScript share `.ts`. What was found out of such a file is remembered by what the system says of
it, so that it is opened once and not with each look at its folder.
"""

import os
from dataclasses import dataclass, field
from functools import lru_cache

from app.formats import Format, begins_as, promised

_HEAD_BYTES = 512  # enough to tell a transport stream from TypeScript
_REMEMBERED = 1 << 15  # files; some 15 MB, where all have such a suffix


@dataclass(frozen=True, slots=True)
class _Doubtful:
    """A file whose suffix says too little, as the system tells it: device, inode, size and both times of change."""

    stamp: tuple[int, int, int, int, int]
    format: Format = field(compare=False)
    path: bytes = field(compare=False)


def is_media(entry: os.DirEntry[bytes]) -> bool:
    """Whether it is a regular file with the suffix of a format, and begins so where the suffix alone does not tell.

    One that cannot be read is taken for media: the session says why it is none.
    """
    format_ = promised(entry.name)
    if format_ is None:
        return False
    try:
        regular = entry.is_file(follow_symlinks=False)
        if not regular or not format_.doubtful:
            return regular
        status = entry.stat(follow_symlinks=False)
        stamp = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        return _begins_so(_Doubtful(stamp, format_, entry.path))
    except OSError:
        return True


@lru_cache(_REMEMBERED)
def _begins_so(file: _Doubtful) -> bool:
    """Whether a file begins as its format does. Raises OSError, which is not remembered."""
    descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as content:
        return begins_as(file.format, content.read(_HEAD_BYTES))
