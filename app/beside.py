"""The files that speak for others: their stamps, what Google Takeout calls them, which stages a change concerns.

It opens nothing. Whose sidecar a file of a folder is, `app/ingest/disk/sidecars.py` decides; `app/analysis` reads them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from unicodedata import normalize

from app.formats import FORMAT_OF_SUFFIX, Kind, suffix_of
from app.media import Stage
from app.metadata import Source


class Sidecar(StrEnum):
    """A kind of file that speaks for another one."""

    XMP = "xmp"
    TAKEOUT = "takeout"
    SCORE = "score"

    @property
    def source(self) -> Source:
        """How the library calls what is read from such a file."""
        return _SOURCE[self]

    @property
    def stages(self) -> frozenset[Stage]:
        """The stages that read such a file."""
        return _STAGES[self]


_SOURCE = {Sidecar.XMP: Source.SIDECAR, Sidecar.TAKEOUT: Source.TAKEOUT, Sidecar.SCORE: Source.SCORES}
_STAGES = {
    Sidecar.XMP: frozenset({Stage.METADATA, Stage.KEYWORDS, Stage.SCORE}),
    Sidecar.TAKEOUT: frozenset({Stage.METADATA, Stage.KEYWORDS}),
    Sidecar.SCORE: frozenset({Stage.SCORE}),
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
        return frozenset(kind.source for kind in Sidecar if kind not in there)

    def stages_changed(self, after: str) -> frozenset[Stage]:
        """The stages that read a sidecar which came, went or changed until the text was `after`."""
        changed = _kinds(set(self.text.split()) ^ set(after.split()))
        return frozenset[Stage]().union(*(kind.stages for kind in Sidecar if kind in changed))


def _kinds(stamps: Iterable[str]) -> frozenset[str]:
    return frozenset(stamp.partition("=")[0] for stamp in stamps)


_TAKEOUT_CHARACTERS = 46  # of a name in an archive of Google Photos, without `.json`
_MEDIA_CHARACTERS = 47  # of the name of a picture there, without its number and suffix
_NUMBERED = re.compile(rb"(.+)(\(\d{1,6}\))(\.[^.]*)", re.DOTALL)
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


def takeout_names(name: bytes) -> tuple[bytes, ...]:
    """The names that Google Takeout may give the JSON beside a file, the one that speaks first.

    `a.jpg.supplemental-metadata.json` (since 2024) or `a.jpg.json`, cut off at 46 characters before `.json`. The number
    of a second file of the same name stands behind: `a(1).jpg` has `a.jpg(1).json`. What Takeout writes no JSON for has
    that of another file: `a-edited.jpg` of `a.jpg`, and the video of a Live Photo, `a.MP4`, of `a.HEIC` or `a.JPG`.
    Last come the `bare_names`.
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
    if suffix_of(name) in _HALVES:
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
    cut = len(normalize("NFC", match[1])) + len("-" + word) == _MEDIA_CHARACTERS
    edited = word in _EDITS or (cut and any(edit.startswith(word) for edit in _EDITS))
    return (match[1] + match[3]).encode("utf-8", "surrogateescape") if edited else name


def _names_of(name: bytes, *, bare: bool = False) -> Iterator[bytes]:
    """The names of the JSON of a picture with this name; `bare` where its title has no suffix."""
    match = _NUMBERED.fullmatch(name)
    titles = [(match[1] + match[3], match[2]), (name, b"")] if match else [(name, b"")]
    for title, number in titles:
        text = (title.rpartition(b".")[0] if bare else title).decode("utf-8", "surrogateescape")
        for more in (".supplemental-metadata", ""):
            yield (text + more)[:_TAKEOUT_CHARACTERS].encode("utf-8", "surrogateescape") + number + b".json"
