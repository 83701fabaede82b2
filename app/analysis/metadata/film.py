"""Interprets what a video's container says: when and where it was taken, with what, by whom, how it was made.

It reads no file: `container.py` has. For each field the sidecar is asked first, then the container's tags, the XMP in
it, and Takeout last.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.analysis.formats.numbers import parse_number
from app.analysis.formats.xmp import NO_XMP, parse_xmp
from app.analysis.metadata.beside import NOTHING_BESIDE, Beside
from app.analysis.metadata.dates import Moment, add_zone, choose_moment, list_moments, read_name
from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.fields import interpret_image
from app.analysis.metadata.notes import find_workflows
from app.analysis.metadata.place import Position, parse_iso6709
from app.analysis.metadata.written_dates import format_avi_date
from app.analysis.pictures.container import FilmInfo
from app.analysis.prompts.generation import Generation
from app.metadata import Metadata, Source, tell_taken_at
from app.texts import clean_text, is_json

_APPLE = "com.apple.quicktime."
_TEXTS: Mapping[str, tuple[str, ...]] = {
    "camera_make": (f"{_APPLE}make", "make", "com.android.manufacturer"),
    "camera_model": (f"{_APPLE}model", "model", "com.android.model"),
    "title": ("title", f"{_APPLE}title", f"{_APPLE}displayname"),
    "caption": ("description", f"{_APPLE}description", "synopsis", "comment", f"{_APPLE}comment"),
    "creator": ("artist", f"{_APPLE}artist", "author", f"{_APPLE}author"),
    "copyright": ("copyright", f"{_APPLE}copyright"),
    "content_identifier": (f"{_APPLE}content.identifier",),
}
_MEASURES: Mapping[str, str] = {
    "exposure_seconds": "exposuretime",
    "f_number": "fnumber",
    "focal_length_35mm": "focallengthin35mmformat",
}  # as camcorders note them
_IN_UTC = "creation_time"
_UTC = "+00:00"
_DATES = (f"{_APPLE}creationdate", "datetimeoriginal", "date_recorded", "date_digitized", "date", _IN_UTC)
"""When the content was made, then when the file was: programs that mux or export write *now* there."""
_UNSET = ("1904-01-01T00:00:00", "1970-01-01T00:00:00")  # where clocks begin, and where nobody set one
_PLACES = (f"{_APPLE}location.iso6709", "location")
_PLACE = ("latitude", "longitude", "altitude_m")
_LOCALIZED = "location-"  # and a language
_COMMENTS = ("comment", "description")  # where programs keep workflows in containers that have no word for them
_XMP = "xmp"
_KEYWORDS = ("keywords", f"{_APPLE}keywords")
_BETWEEN = re.compile("[,;]")


def sort_film_tags(info: FilmInfo) -> Embedded:
    """Sort a container's tags into the parts that images have: XMP, and texts by the names that images use."""
    found = Embedded(duration_seconds=info.duration_seconds)
    texts = dict(info.tags)
    packet = texts.pop(_XMP, "")
    found.xmp = (
        found.read_part("xmp", lambda: parse_xmp(packet.encode("utf-8", "replace")), NO_XMP) if packet else NO_XMP
    )
    for name in _COMMENTS:
        for key, text in find_workflows(texts.get(name, "")).items():
            texts.setdefault(key, text)
    found.texts = texts
    return found


def find_film_keywords(info: FilmInfo) -> Iterator[str]:
    """Yield the keywords of the container, one by one."""
    yield from info.xtra.keywords
    for tag in _KEYWORDS:
        yield from _BETWEEN.split(info.tags.get(tag, ""))


def interpret_film(
    info: FilmInfo,
    found: Embedded,
    beside: Beside = NOTHING_BESIDE,
    made: Generation | None = None,
) -> Metadata:
    """Interpret a container and its sidecars; `found` is what `sort_film_tags(info)` gives."""
    base = interpret_image(found, beside, made)
    own = {
        name: value
        for name, value in _fields(info)
        if value is not None and base.sources.get(name) is not Source.SIDECAR
    }
    where = _where(info)
    if where and base.sources.get("latitude") is not Source.SIDECAR:
        own |= zip(_PLACE, where, strict=True)
    own["orientation"] = info.orientation  # alone: nothing that plays a video turns it for what lies beside it
    sources = {name: source for name, source in base.sources.items() if name not in own}
    sources |= {name: Source.VIDEO for name, value in own.items() if value is not None}
    latitude, longitude = (own.get(name, getattr(base, name)) for name in _PLACE[:2])
    position = None if latitude is None or longitude is None else (latitude, longitude)
    if moment := _taken_at(info, found, beside, position):
        own |= tell_taken_at(moment.at, moment.rule)
        sources["taken_at"] = moment.source
    return replace(base, **own, sources=sources)


def _fields(info: FilmInfo) -> Iterator[tuple[str, Any]]:
    """Each field with what the container says of it; None where it says nothing."""
    for name, tags in _TEXTS.items():
        texts = (clean_text(info.tags.get(tag, "")).strip() for tag in tags)
        yield name, next((text for text in texts if text and not _for_programs(text)), None)
    for name, tag in _MEASURES.items():
        yield name, parse_number(info.tags.get(tag, "")) or None
    for name in ("duration_seconds", "frame_rate", "video_codec", "audio_codec"):
        yield name, getattr(info, name)


def _where(info: FilmInfo) -> tuple[float, float, float | None] | None:
    """Latitude, longitude and altitude, None where the container says none or no position."""
    names = (*_PLACES, *(tag for tag in info.tags if tag.startswith(_LOCALIZED)))
    found = (parse_iso6709(info.tags.get(name, "")) for name in names)
    return next((position for position in found if position), None)


def _taken_at(info: FilmInfo, found: Embedded, beside: Beside, position: Position | None) -> Moment | None:
    """When it was taken by the sidecar, else by the first tag that says when, XMP in it, Takeout, or its name."""
    tags = ((name, format_avi_date(info.tags.get(name, ""))) for name in _DATES)
    own = [
        Moment(at, Source.VIDEO, f"video {name}", utc=name == _IN_UTC and at.endswith(_UTC))
        for name, at in tags
        if at and not at.startswith(_UNSET)
    ]
    others = list(list_moments(found, beside))
    first = [moment for moment in others if moment.source is Source.SIDECAR]
    moment = choose_moment(first + own + [moment for moment in others if moment not in first])
    moment = moment or read_name(beside.name)
    return moment and add_zone(moment, [], position)


def _for_programs(text: str) -> bool:
    """Whether the text is not for people, but says how the video was made, or is a program's note for itself."""
    return is_json(text) or bool(find_workflows(text))
