"""The files that speak for others: what Google Takeout calls them, and which stages a change of one concerns.

It opens nothing. Whose sidecar a file of a folder is, `app/ingest/sidecars.py` decides; `app/analysis` reads them.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from app.media import Stage, suffix_of

_TOLD_BY: Mapping[str, frozenset[Stage]] = MappingProxyType(
    {
        "xmp": frozenset({Stage.METADATA, Stage.KEYWORDS, Stage.SCORE}),
        "takeout": frozenset({Stage.METADATA, Stage.KEYWORDS}),
        "score": frozenset({Stage.SCORE}),
    }
)


def stages_told_anew(before: str, after: str) -> frozenset[Stage]:
    """The stages that a change of sidecar stamps concerns; which kind of sidecar speaks of which is in `_TOLD_BY`."""
    changed = {part.partition("=")[0] for part in set(before.split()) ^ set(after.split())}
    return frozenset[Stage]().union(*(stages for kind, stages in _TOLD_BY.items() if kind in changed))


_TAKEOUT_CHARACTERS = 46  # of a name in an archive of Google Photos, without `.json`
_NUMBERED = re.compile(rb"(.+)(\(\d{1,6}\))(\.[^.]*)", re.DOTALL)
_EDITED = re.compile(rb"(.+)-edited((?:\(\d{1,6}\))?\.[^.]*)", re.DOTALL)
_HALVES = frozenset({b".mp4", b".mov", b".m4v"})  # a video that may be half of a Live Photo, and its stills
_STILLS = (b".HEIC", b".heic", b".JPG", b".jpg", b".JPEG", b".jpeg")


def takeout_names(name: bytes) -> tuple[bytes, ...]:
    """The names that Google Takeout may give the JSON beside a file, the one that speaks first.

    `a.jpg.supplemental-metadata.json` (since 2024) or `a.jpg.json`, cut off at 46 characters before `.json`. The number
    of a second file of the same name stands behind: `a(1).jpg` has `a.jpg(1).json`. What Takeout writes no JSON for has
    that of another file: `a-edited.jpg` of `a.jpg`, and the video of a Live Photo, `a.MP4`, of `a.HEIC` or `a.JPG`.
    """
    others = [as_taken(name)]
    if suffix_of(name) in _HALVES:
        others += [name.rpartition(b".")[0] + suffix for suffix in _STILLS]
    return tuple(dict.fromkeys(told for title in (name, *others) for told in _names_of(title)))


def as_taken(name: bytes) -> bytes:
    """The name of the picture that this one was edited from in Google Photos; its own where it was not."""
    match = _EDITED.fullmatch(name)
    return match[1] + match[2] if match else name


def _names_of(name: bytes) -> Iterator[bytes]:
    match = _NUMBERED.fullmatch(name)
    titles = [(match[1] + match[3], match[2]), (name, b"")] if match else [(name, b"")]
    for title, number in titles:
        text = title.decode("utf-8", "surrogateescape")
        for more in (".supplemental-metadata", ""):
            yield (text + more)[:_TAKEOUT_CHARACTERS].encode("utf-8", "surrogateescape") + number + b".json"
