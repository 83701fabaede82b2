"""Interprets what an image says about itself: when it was taken, with what, where, by whom, how it was made.

It never reads a file: `embedded.py` and `sidecars.py` have. What is not understood is None, never a guess, and stays in
`raw`. For each field the sources are asked in order, the sidecar first and Takeout last; the first that knows counts.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from app.analysis.formats.makers.picture_info import PictureInfo
from app.analysis.formats.numbers import parse_number, read_numbers
from app.analysis.formats.tiff import Tags, decode_windows_text, find_orientation, read_text
from app.analysis.formats.xmp import Xmp
from app.analysis.metadata.beside import NOTHING_BESIDE, Beside
from app.analysis.metadata.dates import find_taken_at
from app.analysis.metadata.embedded import Embedded, find_generation
from app.analysis.metadata.place import (
    is_unset,
    read_exif_altitude,
    read_exif_position,
    read_xmp_altitude,
    read_xmp_position,
)
from app.analysis.metadata.raw import collect_raw
from app.analysis.prompts.generation import Generation
from app.analysis.prompts.read import is_generated_text
from app.metadata import Metadata, Source, tell_taken_at
from app.texts import clean_json, clean_text, is_json

Candidate = tuple[Source, Any]
"""A source and what it says, None or nothing where it says nothing."""

_ACDSEE = ("acdsee:caption", "acdsee:notes")
_FOR_PEOPLE = ("camera_make", "camera_model", "caption")  # tags that generators write graphs and settings into
_IN_WORDS = ("title", "caption")  # where programs leave notes for themselves as JSON
_GROUPS = ("EXIF", "Image")  # some write tags of the one into the other
_ISO_IS_ELSEWHERE = 65535
_MOST_ISO = 10_000_000
_SENSITIVITIES = ("exif:ISOSpeedRatings", "exifEX:PhotographicSensitivity")


def interpret_image(found: Embedded, beside: Beside = NOTHING_BESIDE, made: Generation | None = None) -> Metadata:
    """Interpret all parts together, field by field; `made` is what `find_generation(found)` gives, where known."""
    made = made or find_generation(found)
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for name, candidates in _fields(found, beside):
        doubtful = made.verdict is not None and name in _FOR_PEOPLE
        said = ((source, value) for source, value in candidates if value not in (None, ""))
        said = (one for one in said if not (name in _IN_WORDS and is_json(one[1])))
        if believed := next((one for one in said if not (doubtful and is_generated_text(one[1]))), None):
            sources[name], values[name] = believed
    if moment := find_taken_at(found, beside, values.get("position")):
        values |= tell_taken_at(moment.at, moment.rule)
        sources["taken_at"] = moment.source
    if "lens_model" in values:
        values["lens_source"] = sources["lens_model"].value
    if "position" in values:
        values["latitude"], values["longitude"] = values.pop("position")
        sources["latitude"] = sources["longitude"] = sources.pop("position")
    told = {
        "generator": made.generator,
        "prompt": made.prompt and clean_text(made.prompt),
        "negative_prompt": made.negative_prompt and clean_text(made.negative_prompt),
        "generation": clean_json(made.settings),
    }
    by = next((notes.source for notes in beside.notes if notes.made is made), Source.PROMPT)
    sources |= {name: by for name, value in told.items() if value is not None}
    told["prompt_verdict"] = made.verdict
    values |= {"duration_seconds": found.duration_seconds, "embedded_video_bytes": found.video_bytes}
    return Metadata(**values, **told, sources=sources, raw=collect_raw(found, beside))


def _fields(found: Embedded, beside: Beside) -> Iterator[tuple[str, Iterable[Candidate]]]:
    """Each field with what the sources say of it, in the order in which they are believed."""
    exif, xmp, iptc, png = found.exif, found.xmp, found.iptc, found.texts
    sidecar, takeout = beside.xmp, beside.takeout
    yield "camera_make", (*_texts(exif, xmp, sidecar, ("Image Make",), "tiff:Make"), *_noted(beside, "tiff:Make"))
    yield "camera_model", (*_texts(exif, xmp, sidecar, ("Image Model",), "tiff:Model"), *_noted(beside, "tiff:Model"))
    yield (
        "lens_model",
        (
            *_texts(exif, xmp, sidecar, ("EXIF LensModel", "Image LensModel"), "exifEX:LensModel", "aux:Lens"),
            *_noted(beside, "exifEX:LensModel"),
            (Source.MAKER, found.maker.lens),
        ),
    )
    old = found.picture_info or PictureInfo()
    exposures = _measures(exif, xmp, sidecar, "ExposureTime", "exif:ExposureTime")
    yield "exposure_seconds", (*exposures, (Source.MAKER, old.exposure_seconds))
    yield "f_number", (*_measures(exif, xmp, sidecar, "FNumber", "exif:FNumber"), (Source.MAKER, old.f_number))
    yield "focal_length_mm", _measures(exif, xmp, sidecar, "FocalLength", "exif:FocalLength")
    yield "focal_length_35mm", _measures(exif, xmp, sidecar, "FocalLengthIn35mmFilm", "exif:FocalLengthIn35mmFilm")
    yield "iso", ((Source.SIDECAR, _iso_of_xmp(sidecar)), (Source.EXIF, _iso(exif)), (Source.XMP, _iso_of_xmp(xmp)))
    yield "orientation", ((Source.EXIF, find_orientation(exif)),)
    told = None if takeout.latitude is None or takeout.longitude is None else (takeout.latitude, takeout.longitude)
    every = (
        (Source.SIDECAR, read_xmp_position(sidecar), read_xmp_altitude(sidecar)),
        (Source.EXIF, read_exif_position(exif), read_exif_altitude(exif)),
        (Source.XMP, read_xmp_position(xmp), read_xmp_altitude(xmp)),
        *((notes.source, read_xmp_position(notes.properties), None) for notes in beside.notes),
        (Source.TAKEOUT, told, takeout.altitude_m),
    )
    places = [place for place in every if not (place[1] and is_unset(place[1]))]  # its height is as little known
    where = next((source for source, position, _ in places if position), None)
    yield "position", ((source, position) for source, position, _ in places)
    yield "altitude_m", ((source, height) for source, _, height in places if where in (None, source))
    yield (
        "title",
        (
            *_xmp_then_iptc(found, sidecar, "dc:title", "ObjectName"),
            (Source.EXIF, _cleaned(decode_windows_text(exif, "XPTitle"))),
            (Source.PNG, _cleaned(png.get("Title", ""))),
            *_noted(beside, "dc:title"),
        ),
    )
    yield (
        "caption",
        (
            *_xmp_then_iptc(found, sidecar, "dc:description", "Caption", *_ACDSEE),
            (Source.EXIF, _text(exif, "Image ImageDescription")),
            (Source.EXIF, _cleaned(decode_windows_text(exif, "XPComment"))),
            (Source.PNG, _cleaned(png.get("Description", ""))),
            *_noted(beside, "dc:description"),
            (Source.TAKEOUT, _cleaned(takeout.caption or "")),
        ),
    )
    yield (
        "creator",
        (
            (Source.SIDECAR, _joined(sidecar.get("dc:creator", ()))),
            *_newer_first(
                found,
                ((Source.XMP, _joined(xmp.get("dc:creator", ()))), (Source.IPTC, _joined(iptc.get("By-line", ())))),
            ),
            (Source.EXIF, _text(exif, "Image Artist")),
            (Source.EXIF, _cleaned(decode_windows_text(exif, "XPAuthor"))),
            (Source.PNG, _cleaned(png.get("Author", ""))),
            *((notes.source, _joined(notes.properties.get("dc:creator", ()))) for notes in beside.notes),
        ),
    )
    yield (
        "copyright",
        (
            *_xmp_then_iptc(found, sidecar, "dc:rights", "CopyrightNotice"),
            (Source.EXIF, _text(exif, "Image Copyright")),
            (Source.PNG, _cleaned(png.get("Copyright", ""))),
            *_noted(beside, "dc:rights"),
        ),
    )
    yield "content_identifier", ((Source.EXIF, found.content_identifier),)
    labels = (Source.SIDECAR, _first(sidecar, "xmp:Label")), (Source.XMP, _first(xmp, "xmp:Label"))
    yield "label", (*labels, *_noted(beside, "xmp:Label"))


def _noted(beside: Beside, name: str) -> Iterator[Candidate]:
    """What other programs noted beside the file: they speak behind it, and before Takeout."""
    return ((notes.source, _first(notes.properties, name)) for notes in beside.notes)


def _xmp_then_iptc(found: Embedded, sidecar: Xmp, name: str, dataset: str, *others: str) -> tuple[Candidate, ...]:
    """A text that XMP and IPTC both have words for; `others` are names in XMP where neither says anything."""
    both = (Source.XMP, _first(found.xmp, name)), (Source.IPTC, _cleaned(found.iptc.get(dataset, ("",))[0]))
    return (
        (Source.SIDECAR, _first(sidecar, name, *others)),
        *_newer_first(found, both),
        (Source.XMP, _first(found.xmp, *others)),
    )


def _newer_first(found: Embedded, both: tuple[Candidate, Candidate]) -> tuple[Candidate, Candidate]:
    """What XMP and IPTC say: XMP first, unless a program that does not know it has changed the IPTC since."""
    return both[::-1] if found.iptc_wins else both


def _texts(exif: Tags, xmp: Xmp, sidecar: Xmp, tags: tuple[str, ...], *names: str) -> Iterator[Candidate]:
    """A text that EXIF and XMP both have words for."""
    yield from ((Source.SIDECAR, _first(sidecar, name)) for name in names)
    yield from ((Source.EXIF, _text(exif, tag)) for tag in tags)
    yield from ((Source.XMP, _first(xmp, name)) for name in names)


def _measures(exif: Tags, xmp: Xmp, sidecar: Xmp, tag: str, name: str) -> Iterator[Candidate]:
    """A number above 0 that EXIF and XMP both have a word for: 0 is how cameras write that they do not know."""
    yield Source.SIDECAR, _positive(_first_number(sidecar, name))
    for group in _GROUPS:
        yield Source.EXIF, _positive(next(iter(read_numbers(exif, f"{group} {tag}")), None))
    yield Source.XMP, _positive(_first_number(xmp, name))


def _positive(value: float | None) -> float | None:
    return float(value) if value is not None and value > 0 else None


def _iso(exif: Tags) -> int | None:
    """The sensitivity; 65535 says that a tag with more room has it (EXIF 2.32, PhotographicSensitivity)."""
    for group in _GROUPS:
        short = read_numbers(exif, f"{group} ISOSpeedRatings")[:1]
        names = ("ISOSpeed", "RecommendedExposureIndex", "StandardOutputSensitivity")
        wide = [value for name in names for value in read_numbers(exif, f"{group} {name}")[:1]]
        for value in (*wide, *short) if short == (_ISO_IS_ELSEWHERE,) else (*short, *wide):
            if 0 < value <= _MOST_ISO:
                return int(value)
    return None


def _iso_of_xmp(properties: Xmp) -> int | None:
    values = (_first_number(properties, name) for name in _SENSITIVITIES)
    return next((int(value) for value in values if value is not None and 1 <= value <= _MOST_ISO), None)


def _first(properties: Xmp, *names: str) -> str | None:
    texts = (_cleaned(properties.get(name, ("",))[0]) for name in names)
    return next((text for text in texts if text), None)


def _first_number(properties: Xmp, name: str) -> float | None:
    return parse_number(properties.get(name, ("",))[0])


def _joined(texts: tuple[str, ...]) -> str | None:
    return "; ".join(cleaned for text in texts if (cleaned := _cleaned(text))) or None


def _text(exif: Tags, name: str) -> str | None:
    return _cleaned(read_text(exif, name))


def _cleaned(text: str) -> str | None:
    return clean_text(text).strip() or None
