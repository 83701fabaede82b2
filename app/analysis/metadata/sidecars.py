"""Finds and reads the files that speak for a media file: `a.jpg.xmp`, `a.xmp`, JSON, texts and `.scores/*.json`.

It never writes one, never follows a link and never reads more than 1 MB.
"""

import codecs
import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from app.analysis.formats.tiff import decode_text
from app.analysis.formats.xmp import Xmp, parse_xmp
from app.analysis.metadata import takeout
from app.analysis.metadata.notes import Notes, parse_json_notes, parse_text_notes
from app.analysis.metadata.takeout import Takeout, is_titled, parse_takeout, speaks_of
from app.analysis.regions.yolo import Labels, find_strange_line, is_yolo
from app.analysis.source import open_source
from app.beside.datasets import labels_folder, labels_name
from app.beside.sidecars import as_taken, bare_names, composed, sidecar_names, spellings
from app.errors import CannotRead
from app.formats import suffix_of
from app.media import FoundFile
from app.texts import shown_name

SIDECAR_BYTES = 1024 * 1024
_XMP = tuple("." + "".join(letters) for letters in product("xX", "mM", "pP"))
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_EXTENSION = "photoshop:SidecarForExtension"


def build_scores_name(name: bytes) -> bytes:
    """Build the path of a file's score, relative to its folder."""
    return b".scores/" + name + b".json"


def read_xmp_sidecar(root: bytes, file: FoundFile) -> Xmp | None:
    """Read the properties of the XMP sidecar, None without one. Raises CannotRead `damaged_sidecar`."""
    found = find_xmp_sidecar(root, file)
    return found.properties if found else None


@dataclass(frozen=True, slots=True)
class XmpSidecar:
    """The XMP sidecar that speaks for a file: its name, its bytes, and what they say."""

    name: bytes
    packet: bytes
    properties: Xmp


def find_xmp_sidecar(root: bytes, file: FoundFile) -> XmpSidecar | None:
    """Find the XMP sidecar that speaks for a file, None without one. Raises CannotRead `damaged_sidecar`.

    One that speaks for a file of another suffix, and says so, is passed over where that file is there.
    """
    for _, key in sidecar_names(file.name, (b".xmp",)):
        stem = key.removesuffix(b".xmp")
        for name in _there(root, file, (stem + suffix.encode() for suffix in _XMP)):
            if (packet := _read(root, file, name)) is None:
                continue
            try:
                properties = parse_xmp(packet)
            except CannotRead as error:
                raise _damaged(name, error.sentence) from error
            if stem == composed(file.name) or not _is_anothers(root, file, stem, properties):
                return XmpSidecar(name, packet, properties)
    return None


def _is_anothers(root: bytes, file: FoundFile, stem: bytes, properties: Xmp) -> bool:
    """Whether a sidecar of several files names another one of them as that which it speaks for."""
    extension = properties.get(_EXTENSION, ("",))[0].strip(" .").encode("utf-8", "replace")
    if not extension or b"." + extension.lower() == suffix_of(file.name):
        return False
    return bool(_there(root, file, (stem + b"." + one for one in (extension, extension.lower(), extension.upper()))))


def read_json_sidecar(root: bytes, file: FoundFile) -> tuple[Takeout, Notes | None]:
    """Read the JSON beside the file: Google Takeout's, `NO_TAKEOUT` without it, and what another program wrote there.

    JSON that is known of no program is passed over. Raises CannotRead `damaged_sidecar`.
    """
    told, notes = takeout.NO_TAKEOUT, None
    own = composed(file.name)
    if not (there := _there(root, file, (key for _, key in sidecar_names(own, (b".json",))))):
        return told, notes
    bare, title = bare_names(own), as_taken(own)
    for name in there:
        key = composed(name)
        try:
            found, content = _told(root, file, name)
        except CannotRead:
            if key in bare or told.raw or notes:
                continue
            raise
        if found.raw:
            if not told.raw and (key.startswith(own) or (is_titled if key in bare else speaks_of)(found, title)):
                told = found
        elif notes is None:
            notes = parse_json_notes(_decoded(content), whole_name=key == own + b".json")
    return told, notes


def _told(root: bytes, file: FoundFile, name: bytes) -> tuple[Takeout, bytes]:
    if (content := _read(root, file, name)) is None:
        return takeout.NO_TAKEOUT, b""
    try:
        return parse_takeout(content), content
    except CannotRead as error:
        raise _damaged(name, error.sentence) from error


def read_text_sidecar(root: bytes, file: FoundFile) -> Notes | None:
    """Read the text beside the file, None without one that says something. Raises CannotRead `damaged_sidecar`."""
    for name in _there(root, file, (key for _, key in sidecar_names(file.name, (b".txt",)))):
        content = _read(root, file, name)
        if content and (notes := parse_text_notes(_decoded(content))):
            return notes
    return None


def read_labels(root: bytes, file: FoundFile, *, named: bool) -> Labels | None:
    """Read YOLO's labels beside the file, else in the folder of labels; None without them.

    An empty text is labels of nothing in a folder of labels, or where classes have names (`named`). Raises CannotRead
    `damaged_sidecar`, also for a text that is meant as labels and is none.
    """
    for name in _there(root, file, (key for _, key in sidecar_names(file.name, (b".txt",)))):
        content = _read(root, file, name)
        text = None if content is None else _decoded(content)
        if text is None:
            continue
        if is_yolo(text) or (named and not text.strip()):
            return Labels(shown_name(name), text)
        _check_meant(name, text, labels_alone=False)
    return _labels_apart(root, file)


def _labels_apart(root: bytes, file: FoundFile) -> Labels | None:
    if (folder := labels_folder(file.place.folder.path)) is None:
        return None
    for name in spellings(labels_name(file.name)):
        path = os.path.join(folder, name)
        if not os.path.lexists(os.path.join(root, path)) or (content := _content(root, path)) is None:
            continue
        text = _decoded(content)
        if is_yolo(text) or not text.strip():
            return Labels(shown_name(path), text)
        _check_meant(path, text, labels_alone=True)
    return None


def _check_meant(path: bytes, text: str, *, labels_alone: bool) -> None:
    if (line := find_strange_line(text, labels_alone=labels_alone)) is not None:
        sentence = f"{shown_name(path)} is not read as labels: line {line} is no label of YOLO."
        raise CannotRead(sentence, cause="damaged_sidecar")


def _decoded(content: bytes) -> str:
    """A file of text: what its first bytes say, as Windows' Notepad and PowerShell write them, or as any text."""
    mark, encoding = next((one for one in _MARKS if content.startswith(one[0])), (b"", ""))
    return content[len(mark) :].decode(encoding, "replace") if mark else decode_text(content)


def read_scores(root: bytes, file: FoundFile) -> bytes | None:
    """Read `.scores/<name>.json` as bytes, None without one. Raises CannotRead `damaged_sidecar`."""
    names = _there(root, file, (build_scores_name(file.name),))
    return _read(root, file, names[0]) if names else None


def _there(root: bytes, file: FoundFile, names: Iterable[bytes]) -> list[bytes]:
    """Those of these names that exist, however they are spelled there.

    To look is a sixteenth of what it costs to be refused their opening.
    """
    folder = os.path.join(root, file.place.folder.path, b"")
    return [one for name in names for one in spellings(name) if os.path.lexists(folder + one)]


def _read(root: bytes, file: FoundFile, name: bytes) -> bytes | None:
    """The content of a sidecar, None if it is gone meanwhile. Raises CannotRead `damaged_sidecar`."""
    return _content(root, os.path.join(file.place.folder.path, name))


def _content(root: bytes, path: bytes) -> bytes | None:
    name = path.rpartition(b"/")[2]
    try:
        with open_source(root, path) as sidecar:
            if sidecar.size > SIDECAR_BYTES:
                raise _damaged(name, f"it has {sidecar.size} bytes, more than {SIDECAR_BYTES}.")
            return sidecar.handle.read(SIDECAR_BYTES)
    except CannotRead as error:
        if error.cause == "vanished":
            return None
        raise _damaged(name, error.sentence) if error.cause != "damaged_sidecar" else error from error


def _damaged(name: bytes, why: str) -> CannotRead:
    return CannotRead(f"The sidecar {shown_name(name)} cannot be read: {why}", cause="damaged_sidecar")
