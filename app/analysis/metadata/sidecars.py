"""Finds and reads the files that speak for a media file: `a.jpg.xmp`, `a.xmp`, Takeout's JSON and `.scores/*.json`.

It never writes one, never follows a link and never reads more than 1 MB.
"""

import os
from collections.abc import Iterable
from itertools import product

from app.analysis.formats.xmp import Xmp, parse_xmp
from app.analysis.metadata import takeout
from app.analysis.metadata.takeout import Takeout, is_titled, parse_takeout, speaks_of
from app.analysis.source import open_source
from app.beside import as_taken, bare_names, takeout_names
from app.errors import CannotRead
from app.media import FoundFile
from app.texts import shown_name

SIDECAR_BYTES = 1024 * 1024
_SUFFIXES = tuple("." + "".join(letters) for letters in product("xX", "mM", "pP"))


def list_xmp_names(name: bytes) -> tuple[bytes, ...]:
    """List the names that an XMP sidecar of this file may have, by precedence: `a.jpg.xmp`, then `a.xmp`."""
    stem = name.rpartition(b".")[0] or name
    return tuple(start + suffix.encode() for start in (name, stem) for suffix in _SUFFIXES)


def build_scores_name(name: bytes) -> bytes:
    """Build the path of a file's score, relative to its folder."""
    return b".scores/" + name + b".json"


def read_xmp_sidecar(root: bytes, file: FoundFile) -> Xmp | None:
    """Read the properties of the XMP sidecar, None without one. Raises CannotRead `damaged_sidecar`."""
    for name in _there(root, file, list_xmp_names(file.name)):
        if (packet := _read(root, file, name)) is None:
            continue
        try:
            return parse_xmp(packet)
        except CannotRead as error:
            raise _damaged(name, error.sentence) from error
    return None


def read_takeout(root: bytes, file: FoundFile) -> Takeout:
    """Read Google Takeout's JSON beside the file, `NO_TAKEOUT` without one. Raises CannotRead `damaged_sidecar`.

    JSON of another kind, which other programs write under the same name, is passed over.
    """
    if not (there := _there(root, file, takeout_names(file.name))):
        return takeout.NO_TAKEOUT
    bare, title = bare_names(file.name), as_taken(file.name)
    for name in there:
        try:
            told = _told(root, file, name)
        except CannotRead:
            if name in bare:
                continue
            raise
        if told is None:
            continue
        if name.startswith(file.name) or (is_titled if name in bare else speaks_of)(told, title):
            return told
    return takeout.NO_TAKEOUT


def _told(root: bytes, file: FoundFile, name: bytes) -> Takeout | None:
    if (content := _read(root, file, name)) is None:
        return None
    try:
        return parse_takeout(content)
    except CannotRead as error:
        raise _damaged(name, error.sentence) from error


def read_scores(root: bytes, file: FoundFile) -> bytes | None:
    """Read `.scores/<name>.json` as bytes, None without one. Raises CannotRead `damaged_sidecar`."""
    names = _there(root, file, (build_scores_name(file.name),))
    return _read(root, file, names[0]) if names else None


def _there(root: bytes, file: FoundFile, names: Iterable[bytes]) -> list[bytes]:
    """Those of these names that exist: a sixteenth of what it costs to be refused their opening."""
    folder = os.path.join(root, file.place.folder.path, b"")
    return [name for name in names if os.path.lexists(folder + name)]


def _read(root: bytes, file: FoundFile, name: bytes) -> bytes | None:
    """The content of a sidecar, None if it is gone meanwhile. Raises CannotRead `damaged_sidecar`."""
    try:
        with open_source(root, os.path.join(file.place.folder.path, name)) as sidecar:
            if sidecar.size > SIDECAR_BYTES:
                raise _damaged(name, f"it has {sidecar.size} bytes, more than {SIDECAR_BYTES}.")
            return sidecar.handle.read(SIDECAR_BYTES)
    except CannotRead as error:
        if error.cause == "vanished":
            return None
        raise _damaged(name, error.sentence) if error.cause != "damaged_sidecar" else error from error


def _damaged(name: bytes, why: str) -> CannotRead:
    return CannotRead(f"The sidecar {shown_name(name)} cannot be read: {why}", cause="damaged_sidecar")
