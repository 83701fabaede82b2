"""Says how much memory a decoder may take in this process, which may be a worker with a limit. It decodes nothing."""

import os
import resource
from pathlib import Path

from app.errors import CannotRead

UNLIMITED_BYTES = 1024 * 1024 * 1024  # where no limit is set, as in no worker
_SPARED_BYTES = 64 * 1024 * 1024  # for what comes after decoding


def count_free_bytes() -> int:
    """Count the bytes of address space that a decoder may still take here."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return UNLIMITED_BYTES
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    return max(0, limit - pages * os.sysconf("SC_PAGE_SIZE") - _SPARED_BYTES)


def check_room(needed: int, pixels: int) -> None:
    """Raise CannotRead `decoder_memory` where a picture needs more bytes to be decoded than there are here."""
    free = count_free_bytes()
    if needed > free:
        raise CannotRead(
            f"Decoding the {pixels / 1e6:,.0f} million pixels of the picture needs about {needed / 1e6:,.0f} MB of "
            f"memory; a worker has {free / 1e6:,.0f} MB left.",
            cause="decoder_memory",
        )
