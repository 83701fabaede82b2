"""The files that speak for others: what they are called, their stamps, which stages a change concerns.

It opens nothing. Whose sidecar a file of a folder is, `app/ingest/disk/sidecars.py` decides; `app/analysis` reads them.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from unicodedata import normalize

from app.formats import FORMAT_OF_SUFFIX, Kind, is_pixel_film, suffix_of
from app.media import Stage
from app.metadata import Source


class Sidecar(StrEnum):
    """A kind of file that speaks for another one."""

    XMP = "xmp"
    TAKEOUT = "takeout"  # Google Takeout's JSON, and what other programs write under the same names
    JSON = "json"  # of other names
    TXT = "txt"
    SCORE = "score"
    ANNOTATIONS = "annotations"  # of COCO or Label Studio, for all pictures of a folder (`datasets`)
    LABELS = "labels"  # of YOLO, in a folder of their own (`datasets`)
    CLASSES = "classes"  # the names of the classes of YOLO's labels

    @property
    def sources(self) -> frozenset[Source]:
        """How the library calls what is read from such a file."""
        return _SOURCES[self]

    @property
    def stages(self) -> frozenset[Stage]:
        """The stages that read such a file."""
        return _STAGES[self]


_SOURCES: Mapping[Sidecar, frozenset[Source]] = {
    Sidecar.XMP: frozenset({Source.SIDECAR}),
    Sidecar.TAKEOUT: frozenset({Source.TAKEOUT, Source.JSON}),
    Sidecar.JSON: frozenset({Source.JSON}),
    Sidecar.TXT: frozenset({Source.TXT}),
    Sidecar.SCORE: frozenset({Source.SCORES}),
    Sidecar.ANNOTATIONS: frozenset(),
    Sidecar.LABELS: frozenset(),
    Sidecar.CLASSES: frozenset(),
}
_STAGES = {
    Sidecar.XMP: frozenset({Stage.METADATA, Stage.KEYWORDS, Stage.SCORE}),
    Sidecar.TAKEOUT: frozenset({Stage.METADATA, Stage.KEYWORDS, Stage.SCORE}),
    Sidecar.JSON: frozenset({Stage.METADATA, Stage.KEYWORDS, Stage.SCORE}),
    Sidecar.TXT: frozenset({Stage.METADATA, Stage.KEYWORDS}),
    Sidecar.SCORE: frozenset({Stage.SCORE}),
    Sidecar.ANNOTATIONS: frozenset({Stage.METADATA}),
    Sidecar.LABELS: frozenset({Stage.METADATA}),
    Sidecar.CLASSES: frozenset({Stage.METADATA}),
}


@dataclass(frozen=True, slots=True)
class Stamps:
    """The stamp of each sidecar of a file, as the one text that is stored: `xmp=SIZE:MTIME score=SIZE:MTIME`.

    A stamp is the size in bytes and the mtime in ns. The text changes when any sidecar does; it is empty without one.
    """

    text: str = ""

    @classmethod
    def of(cls, stamps: Iterable[tuple[Sidecar, str]]) -> "Stamps":
        """The stamps of these sidecars, in this order."""
        return cls(" ".join(f"{kind}={stamp}" for kind, stamp in stamps))

    @property
    def silent(self) -> frozenset[Source]:
        """The sources for which there is no sidecar."""
        there = _kinds(self.text.split())
        speaking = frozenset[Source]().union(*(kind.sources for kind in Sidecar if kind in there))
        return frozenset[Source]().union(*(kind.sources for kind in Sidecar)) - speaking

    def stages_changed(self, after: str) -> frozenset[Stage]:
        """The stages that read a sidecar which came, went or changed until the text was `after`."""
        changed = _kinds(set(self.text.split()) ^ set(after.split()))
        return frozenset[Stage]().union(*(kind.stages for kind in Sidecar if kind in changed))


def _kinds(stamps: Iterable[str]) -> frozenset[str]:
    return frozenset(stamp.partition("=")[0] for stamp in stamps)


_SUFFIXES = (b".xmp", b".json", b".txt")
_TAKEOUT_UNITS = 46  # of UTF-16, of a name in an archive of Google Photos, without `.json`
_MEDIA_UNITS = 47  # of the name of a picture there, without its number and suffix
_NUMBERED = re.compile(rb"(.+)(\(\d{1,6}\))(\.[^.]*)", re.DOTALL)
_NUMBER = re.compile(rb"\(\d{1,6}\)(\.[^.]*)\Z")
_EDITED = re.compile(r"(.+)-([^-]*?)((?:\(\d{1,6}\))?\.[^.]*)", re.DOTALL)
_EDITS = (  # what stands behind the name of an edited picture, in the language of its owner
    "edited", "bearbeitet", "bewerkt", "edytowane", "modificato", "modifié", "ha editado", "editado", "editat",
    "redigeret", "redigert", "redigerad", "muokattu", "upravené", "upraveno", "düzenlendi", "измененный",
    "編集済み", "编辑", "已编辑", "已編輯", "편집됨", "effects", "smile", "mix",
)  # fmt: skip
_HALVES = frozenset(  # of a Live Photo: the suffixes of its video, and those of its still as phones write them
    suffix for suffix, format_ in FORMAT_OF_SUFFIX.items() if format_.live_photo and format_.kind is Kind.VIDEO
)
_STILLS = (b".HEIC", b".heic", b".JPG", b".jpg", b".JPEG", b".jpeg")


def sidecar_key(name: bytes) -> bytes | None:
    """What the name of a sidecar is compared by; None for a name that no sidecar has.

    A letter in two characters is the one in one, which systems and archives change into each other; `.XMP` is `.xmp`.
    """
    suffix = suffix_of(name)
    if suffix == b".xmp":
        return composed(name[: -len(suffix)]) + suffix
    return composed(name) if name.endswith(_SUFFIXES) else None


def composed(name: bytes) -> bytes:
    """A name with each letter in one character (NFC), where it is one in UTF-8."""
    return _in_form("NFC", name)


def spellings(name: bytes) -> tuple[bytes, ...]:
    """How a file of this name may be written on a disk: as it is, composed, and decomposed."""
    return (name,) if name.isascii() else tuple(dict.fromkeys((name, _in_form("NFC", name), _in_form("NFD", name))))


def _in_form(form: Literal["NFC", "NFD"], name: bytes) -> bytes:
    if name.isascii():
        return name
    try:
        return normalize(form, name.decode()).encode()
    except UnicodeDecodeError:
        return name


def sidecar_names(name: bytes, suffixes: Container[bytes] = _SUFFIXES) -> Iterator[tuple[Sidecar, bytes]]:
    """Yield the keys of the sidecars that a media file may have, each with its kind, the one that speaks first first.

    Only those with these suffixes: `.xmp`, `.json`, `.txt`. Those of the folder of scores are not among them.
    """
    whole = composed(name)
    titles = tuple(dict.fromkeys((whole, _stem(whole))))
    if b".xmp" in suffixes:
        yield from ((Sidecar.XMP, title + b".xmp") for title in titles)
    if b".json" in suffixes:
        yield from ((Sidecar.TAKEOUT, told) for told in takeout_names(whole))
        yield Sidecar.JSON, titles[-1] + b".swarm.json"
    if b".txt" in suffixes:
        yield from ((Sidecar.TXT, title + b".txt") for title in titles)


def _stem(name: bytes) -> bytes:
    return name.rpartition(b".")[0] or name


def takeout_names(name: bytes) -> tuple[bytes, ...]:
    """The names that Google Takeout may give the JSON beside a file, the one that speaks first.

    `a.jpg.supplemental-metadata.json` (since 2024) or `a.jpg.json`, whole or cut off at 46 units of UTF-16 before
    `.json`. The number of a second file of the same name stands behind: `a(1).jpg` has `a.jpg(1).json`. What Takeout
    writes no JSON for has that of another file: `a-edited.jpg` of `a.jpg`, and the video of a Live Photo, `a.MP4`, of
    `a.HEIC` or `a.JPG`, that of a Pixel, `a.MP`, of `a.MP.jpg` or `a.jpg`. Last come the `bare_names`.
    """
    return tuple(dict.fromkeys((*_full_names(name), *_bare_names(name))))


def bare_names(name: bytes) -> tuple[bytes, ...]:
    """The names of the JSON of a picture whose title has no suffix: `a.json`. Other programs use them, too."""
    full = frozenset(_full_names(name))
    return tuple(told for told in dict.fromkeys(_bare_names(name)) if told not in full)


def _bare_names(name: bytes) -> Iterator[bytes]:
    for title in (name, as_taken(name)):
        if b"." in title:
            yield from _names_of(title, bare=True)


def _full_names(name: bytes) -> Iterator[bytes]:
    others = [as_taken(name)]
    if others[0] != name:  # a second edit of a picture that there is once: `a-edited(1).jpg`
        others.append(_NUMBER.sub(rb"\1", others[0]))
    if is_pixel_film(name):
        others += [title + suffix for title in dict.fromkeys((name, _stem(name))) for suffix in _STILLS]
    elif suffix_of(name) in _HALVES:
        others += [name.rpartition(b".")[0] + suffix for suffix in _STILLS]
    for title in (name, *others):
        yield from _names_of(title)


def as_taken(name: bytes) -> bytes:
    """The name of the picture that this one was edited from in Google Photos; its own where it was not.

    The word that says so is cut off where the name would be too long: `-edi.jpg`.
    """
    match = _EDITED.fullmatch(name.decode("utf-8", "surrogateescape"))
    if not match:
        return name
    word = normalize("NFC", match[2]).casefold()
    cut = _units(normalize("NFC", match[1]) + "-" + word) == _MEDIA_UNITS
    edited = word in _EDITS or (cut and any(edit.startswith(word) for edit in _EDITS))
    return (match[1] + match[3]).encode("utf-8", "surrogateescape") if edited else name


def _names_of(name: bytes, *, bare: bool = False) -> Iterator[bytes]:
    """The names of the JSON of a picture with this name; `bare` where its title has no suffix."""
    match = _NUMBERED.fullmatch(name)
    titles = [(match[1] + match[3], match[2]), (name, b"")] if match else [(name, b"")]
    for title, number in titles:
        text = (title.rpartition(b".")[0] if bare else title).decode("utf-8", "surrogateescape")
        for more in (".supplemental-metadata", ""):
            for told in dict.fromkeys((text + more, _cut(text + more))):
                yield told.encode("utf-8", "surrogateescape") + number + b".json"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _cut(text: str) -> str:
    """A text cut off where Takeout does: it counts as UTF-16 does, where a smiley is two, and leaves no half of one."""
    if len(text) <= _TAKEOUT_UNITS // 2:
        return text
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * _TAKEOUT_UNITS]
    halved = 0xD800 <= int.from_bytes(units[-2:], "little") < 0xDC00
    return units[: -2 if halved else None].decode("utf-16-le", "surrogatepass")
