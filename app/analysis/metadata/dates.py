"""Decides when a picture was taken, from everything that says so, and by which tags that was decided.

It reads no file, and no date: how they are written is in `written_dates.py` and `names.py`.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone

from app.analysis.formats.tiff import Tags, read_text
from app.analysis.formats.xmp import Xmp
from app.analysis.metadata.beside import Beside
from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.names import find_date_in_name
from app.analysis.metadata.place import Position
from app.analysis.metadata.written_dates import DAY, format_iso_date, format_mail_date
from app.analysis.metadata.zones import find_offset_by_clocks, find_offset_by_position
from app.metadata import Source

_IPTC_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)\Z")
_IPTC_TIME = re.compile(r"(\d\d):?(\d\d):?(\d\d)([+-]\d\d:?\d\d)?\Z")
_NO_ZONE = ("+0000", "-0000", "+00:00", "-00:00")
_ORIGINAL = ("DateTimeOriginal", "OffsetTimeOriginal", "SubsecTimeOriginal")
_DIGITIZED = ("DateTimeDigitized", "OffsetTimeDigitized", "SubsecTimeDigitized")
_CHANGED = ("DateTime", "OffsetTime", "SubsecTime")
_XMP_ORIGINAL, _XMP_CREATED = "exif:DateTimeOriginal", "photoshop:DateCreated"
_XMP_DIGITIZED = ("xmp:CreateDate", "exif:DateTimeDigitized")
_SECONDS = 60  # of a minute; one more is a leap second
_GPS_DATE, _GPS_TIME = "GPS GPSDateStamp", "GPS GPSTimeStamp"
_XMP_GPS_DATE, _XMP_GPS_TIME = "exif:GPSDateStamp", "exif:GPSTimeStamp"


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` as ISO 8601, with an offset only if the file says one; `rule` names the source and the tags.

    `utc` where the source always speaks of UTC, and so says nothing of the zone of the camera's clock; `late` where it
    is when the file was last changed.
    """

    at: str
    source: Source
    rule: str
    utc: bool = False
    late: bool = False


def find_taken_at(found: Embedded, beside: Beside, position: Position | None = None) -> Moment | None:
    """Find when it was taken: by the taking, the digitizing, GPS, the last change, Takeout, as `choose_moment` decides.

    Of the taking and of the digitizing, the sidecar's word counts before that of the file. EXIF DateTime is when the
    file was last changed: it says less about the taking than what a person wrote in XMP or IPTC. The name of the file
    says when where nothing else does. `position` is where it was taken, in degrees.
    """
    moment = choose_moment(list(list_moments(found, beside))) or read_name(beside.name)
    return moment and add_zone(moment, list(_clocks(found, beside.xmp)), position)


def choose_moment(moments: Sequence[Moment]) -> Moment | None:
    """Choose the first moment; it takes the zone and the parts of a second from another of the same second.

    A year, a month or a day alone gives way to the first that goes further and agrees; when the file was last changed
    says nothing of the month.
    """
    if not moments:
        return None
    first = moments[0]
    while finer := next((one for one in moments if _goes_further(one, first)), None):
        first = finer
    return first if len(first.at) <= DAY else _completed(first, moments)


def _goes_further(one: Moment, than: Moment) -> bool:
    doubtful = one.late and len(than.at) < DAY
    return len(than.at) <= DAY and len(one.at) > len(than.at) and one.at.startswith(than.at) and not doubtful


def read_name(name: str) -> Moment | None:
    """Read when it was taken from the name of the file; None where it does not say."""
    at = find_date_in_name(name, datetime.now(UTC).date())
    return Moment(at, Source.NAME, "name") if at else None


def add_zone(moment: Moment, clocks: Sequence[Moment], position: Position | None) -> Moment:
    """Add the zone to a time without one: by clocks that showed UTC meanwhile, else by the place."""
    if moment.utc or moment.late or moment.source is Source.NAME or len(moment.at) <= DAY:
        return moment
    at = datetime.fromisoformat(moment.at)
    if at.tzinfo:
        return moment
    for clock in clocks:
        if (offset := find_offset_by_clocks(at, [datetime.fromisoformat(clock.at)])) is not None:
            return _in_zone(moment, at, offset, clock.rule)
    offset = find_offset_by_position(at, position) if position else None
    return moment if offset is None else _in_zone(moment, at, offset, Source.POSITION)


def _in_zone(moment: Moment, at: datetime, offset: timedelta, rule: str) -> Moment:
    return replace(moment, at=at.replace(tzinfo=timezone(offset)).isoformat(), rule=f"{moment.rule} + {rule}")


def _completed(moment: Moment, others: Iterable[Moment]) -> Moment:
    at, rules = datetime.fromisoformat(moment.at), [moment.rule]
    for other in others:
        if len(other.at) <= DAY or other.utc:
            continue
        said = datetime.fromisoformat(other.at)
        if _on_the_clock(said) != _on_the_clock(at):
            continue
        if at.tzinfo and said.tzinfo and at != said.replace(microsecond=at.microsecond):  # another zone, another moment
            continue
        fuller = at.replace(tzinfo=at.tzinfo or said.tzinfo, microsecond=at.microsecond or said.microsecond)
        if fuller.isoformat() != at.isoformat():
            rules.append(other.rule)
            at = fuller
    return replace(moment, at=at.isoformat(), rule=" + ".join(rules))


def _on_the_clock(at: datetime) -> datetime:
    return at.replace(tzinfo=None, microsecond=0)


def list_moments(found: Embedded, beside: Beside) -> Iterator[Moment]:
    """List all that say when it was taken, the one that counts most first."""
    sidecar = beside.xmp
    yield from _of_xmp(sidecar, Source.SIDECAR, _XMP_ORIGINAL)
    yield from _of_exif(found.exif, *_ORIGINAL)
    yield from _of_xmp(found.xmp, Source.XMP, _XMP_ORIGINAL)
    yield from _of_xmp(sidecar, Source.SIDECAR, _XMP_CREATED)
    both = _of_xmp(found.xmp, Source.XMP, _XMP_CREATED), _of_iptc(found, "DateCreated", "TimeCreated")
    for moments in both[::-1] if found.iptc_wins else both:
        yield from moments
    yield from _of_xmp(sidecar, Source.SIDECAR, *_XMP_DIGITIZED)
    yield from _of_exif(found.exif, *_DIGITIZED)
    yield from _of_xmp(found.xmp, Source.XMP, *_XMP_DIGITIZED)
    yield from _of_iptc(found, "DigitalCreationDate", "DigitalCreationTime")
    if found.picture_info and (at := format_iso_date(found.picture_info.taken_at)):
        yield Moment(at, Source.MAKER, "maker TimeDate")
    yield from _of_satellites(found, sidecar)
    yield from (replace(moment, late=True) for moment in _of_exif(found.exif, *_CHANGED))
    if made := format_iso_date(text := found.texts.get("Creation Time", "")) or format_mail_date(text):
        yield Moment(made, Source.PNG, "png Creation Time")
    for notes in beside.notes:
        yield from _of_xmp(notes.properties, notes.source, _XMP_ORIGINAL, *_XMP_DIGITIZED)
    if beside.takeout.taken_at:
        yield Moment(beside.takeout.taken_at, Source.TAKEOUT, "takeout photoTakenTime", utc=True)


def _clocks(found: Embedded, sidecar: Xmp) -> Iterator[Moment]:
    """The clocks in UTC that ran when it was taken: the phone's own, and that of the satellites."""
    if found.saved_at:
        yield Moment(found.saved_at, Source.EXIF, "Samsung Image_UTC_Data", utc=True)
    yield from _of_satellites(found, sidecar)


def _of_satellites(found: Embedded, sidecar: Xmp) -> Iterator[Moment]:
    yield from _of_xmp_gps(sidecar, Source.SIDECAR)
    if satellites := _of_gps(found.exif):
        yield Moment(satellites, Source.EXIF, "exif GPSDateStamp, GPSTimeStamp", utc=True)
    yield from _of_xmp_gps(found.xmp, Source.XMP)


def _of_exif(exif: Tags, name: str, offset_name: str, part_name: str) -> Iterator[Moment]:
    """A date with its offset and its parts of a second, in the directory of EXIF or, as some write it, in the first."""
    for group in ("EXIF", "Image"):
        text, offset, part = (read_text(exif, f"{group} {tag}") for tag in (name, offset_name, part_name))
        if offset_name == "OffsetTime":  # of a tag of the first directory, in that of EXIF
            offset, part = (
                offset or read_text(exif, f"EXIF {offset_name}"),
                part or read_text(exif, f"EXIF {part_name}"),
            )
        if moment := format_iso_date(text, offset, part):
            tags = [name]
            if offset and moment != format_iso_date(text, "", part):
                tags.append(offset_name)
            if part and moment != format_iso_date(text, offset):
                tags.append(part_name)
            yield Moment(moment, Source.EXIF, f"exif {', '.join(tags)}")


def _of_gps(exif: Tags) -> str | None:
    """The time of the satellites, which is UTC."""
    parts = exif.get(_GPS_TIME)
    if not isinstance(parts, tuple) or len(parts) != 3 or not all(map(math.isfinite, parts)):
        return None
    hour, minute, second = parts
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < _SECONDS + 1):
        return None
    day = format_iso_date(read_text(exif, _GPS_DATE)[:10])
    if day is None:
        return None
    try:
        moment = datetime.combine(date.fromisoformat(day), time(), UTC) + timedelta(
            hours=hour, minutes=minute, microseconds=round(second * 1e6)
        )
    except OverflowError:
        return None
    return moment.isoformat()


def _of_xmp_gps(properties: Xmp, source: Source) -> Iterator[Moment]:
    """The time of the satellites in XMP: one date, or, as in EXIF, a day beside the time."""
    text, day = (properties.get(name, ("",))[0] for name in (_XMP_GPS_TIME, _XMP_GPS_DATE))
    at = format_iso_date(text) or format_iso_date(f"{day.strip()[:DAY]} {text.strip()}")
    if at and len(at) > DAY:
        moment = datetime.fromisoformat(at)
        with suppress(OverflowError):
            in_utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
            yield Moment(in_utc.isoformat(), source, f"{source} {_XMP_GPS_TIME}", utc=True)


def _of_xmp(properties: Xmp, source: Source, *names: str) -> Iterator[Moment]:
    for name in names:
        for text in properties.get(name, ())[:1]:
            if moment := format_iso_date(text):
                yield Moment(moment, source, f"{source} {name}")


def _of_iptc(found: Embedded, day_name: str, time_name: str) -> Iterator[Moment]:
    """A day with its time. `+0000` is no zone: editors write it where nobody set one."""
    day = _IPTC_DATE.match(found.iptc.get(day_name, ("",))[0])
    if not day:
        return
    written = "-".join(day.groups())
    if clock := _IPTC_TIME.match(found.iptc.get(time_name, ("",))[0]):
        zone = clock[4] if clock[4] not in _NO_ZONE else ""
        at = format_iso_date(f"{written}T{':'.join(clock.groups()[:3])}", zone or "")
        if at and len(at) > DAY:
            yield Moment(at, Source.IPTC, f"iptc {day_name}, {time_name}")
            return
    if at := format_iso_date(written):
        yield Moment(at, Source.IPTC, f"iptc {day_name}")
