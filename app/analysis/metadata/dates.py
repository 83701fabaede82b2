"""Decides when a picture was taken, from everything that says so, and by which tags that was decided.

It reads no file. A date that no calendar has is none.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime

from app.analysis.formats.tiff import Tags
from app.analysis.formats.xmp import Xmp
from app.analysis.metadata.embedded import Embedded
from app.analysis.metadata.takeout import Takeout
from app.metadata import Source

_DATE = re.compile(
    r"(?P<year>\d{4})[:/-](?P<month>[ \d]\d)[:/-](?P<day>[ \d]\d)"
    r"(?:[ T]{1,2}(?P<hour>[ \d]\d):(?P<minute>[ \d]\d)(?::(?P<second>[ \d]\d)(?:[.,](?P<part>\d*))?)?"
    r"\s*(?P<offset>Z|[+-]\d{1,2}(?::?\d\d)?)?)?\Z"
)
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d\d))?\Z", re.ASCII)
_IPTC_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)\Z")
_IPTC_TIME = re.compile(r"(\d\d):?(\d\d):?(\d\d)([+-]\d\d:?\d\d)?\Z")
_ORIGINAL = ("DateTimeOriginal", "OffsetTimeOriginal", "SubsecTimeOriginal")
_DIGITIZED = ("DateTimeDigitized", "OffsetTimeDigitized", "SubsecTimeDigitized")
_CHANGED = ("DateTime", "OffsetTime", "SubsecTime")
_XMP_ORIGINAL, _XMP_CREATED = "exif:DateTimeOriginal", "photoshop:DateCreated"
_XMP_DIGITIZED = ("xmp:CreateDate", "exif:DateTimeDigitized")
_DAY = len("2003-11-23")
_SECONDS = 60  # of a minute; one more is what some clocks round to, and a leap second
_GPS_DATE, _GPS_TIME = "GPS GPSDateStamp", "GPS GPSTimeStamp"


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` as ISO 8601, with an offset only if the file says one; `rule` names the source and the tags.

    `utc` where the source always speaks of UTC, and so says nothing of the zone of the camera's clock.
    """

    at: str
    source: Source
    rule: str
    utc: bool = False


def find_taken_at(found: Embedded, sidecar: Xmp, takeout: Takeout) -> Moment | None:
    """Find when it was taken: by the taking, the digitizing, GPS, the last change, Takeout, as `choose_moment` decides.

    Of the taking and of the digitizing, the sidecar's word counts before that of the file. EXIF DateTime is when the
    file was last changed: it says less about the taking than what a person wrote in XMP or IPTC.
    """
    return choose_moment(list(_moments(found, sidecar, takeout)))


def choose_moment(moments: Sequence[Moment]) -> Moment | None:
    """Choose the first moment; it takes the zone and the parts of a second from another of the same second.

    A day alone gives way to the first that says the time of that same day.
    """
    if not moments:
        return None
    first = moments[0]
    if len(first.at) <= _DAY:
        first = next((one for one in moments if len(one.at) > _DAY and one.at.startswith(first.at)), first)
    return first if len(first.at) <= _DAY else _completed(first, moments)


def _completed(moment: Moment, others: Iterable[Moment]) -> Moment:
    at, rules = datetime.fromisoformat(moment.at), [moment.rule]
    for other in others:
        said = datetime.fromisoformat(other.at)
        if len(other.at) <= _DAY or other.utc or _on_the_clock(said) != _on_the_clock(at):
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


def _moments(found: Embedded, sidecar: Xmp, takeout: Takeout) -> Iterator[Moment]:
    yield from _of_xmp(sidecar, Source.SIDECAR, _XMP_ORIGINAL)
    yield from _of_exif(found.exif, *_ORIGINAL)
    yield from _of_xmp(found.xmp, Source.XMP, _XMP_ORIGINAL)
    yield from _of_xmp(sidecar, Source.SIDECAR, _XMP_CREATED)
    yield from _of_xmp(found.xmp, Source.XMP, _XMP_CREATED)
    yield from _of_iptc(found, "DateCreated", "TimeCreated")
    yield from _of_xmp(sidecar, Source.SIDECAR, *_XMP_DIGITIZED)
    yield from _of_exif(found.exif, *_DIGITIZED)
    yield from _of_xmp(found.xmp, Source.XMP, *_XMP_DIGITIZED)
    yield from _of_iptc(found, "DigitalCreationDate", "DigitalCreationTime")
    if satellites := _of_gps(found.exif):
        yield Moment(satellites, Source.EXIF, "exif GPSDateStamp, GPSTimeStamp", utc=True)
    yield from _of_exif(found.exif, *_CHANGED)
    if made := format_iso_date(text := found.texts.get("Creation Time", "")) or _rfc_date(text):
        yield Moment(made, Source.PNG, "png Creation Time")
    if takeout.taken_at:
        yield Moment(takeout.taken_at, Source.TAKEOUT, "takeout photoTakenTime", utc=True)


def _of_exif(exif: Tags, name: str, offset_name: str, part_name: str) -> Iterator[Moment]:
    """A date with its offset and its parts of a second, in the directory of EXIF or, as some write it, in the first."""
    for group in ("EXIF", "Image"):
        text, offset, part = (_text(exif, f"{group} {tag}") for tag in (name, offset_name, part_name))
        if offset_name == "OffsetTime":  # of a tag of the first directory, in that of EXIF
            offset, part = offset or _text(exif, f"EXIF {offset_name}"), part or _text(exif, f"EXIF {part_name}")
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
    day = format_iso_date(_text(exif, _GPS_DATE)[:10])
    if day is None:
        return None
    try:
        moment = datetime.combine(date.fromisoformat(day), time(), UTC) + timedelta(
            hours=hour, minutes=minute, microseconds=round(second * 1e6)
        )
    except OverflowError:
        return None
    return moment.isoformat()


def _of_xmp(properties: Xmp, source: Source, *names: str) -> Iterator[Moment]:
    for name in names:
        for text in properties.get(name, ())[:1]:
            if moment := format_iso_date(text):
                yield Moment(moment, source, f"{source} {name}")


def _of_iptc(found: Embedded, day_name: str, time_name: str) -> Iterator[Moment]:
    day = _IPTC_DATE.match(found.iptc.get(day_name, ("",))[0])
    clock = _IPTC_TIME.match(found.iptc.get(time_name, ("",))[0])
    if (
        day
        and clock
        and (at := format_iso_date(f"{'-'.join(day.groups())}T{':'.join(clock.groups()[:3])}", clock[4] or ""))
    ):
        yield Moment(at, Source.IPTC, f"iptc {day_name}, {time_name}")
    elif day and (at := format_iso_date("-".join(day.groups()))):
        yield Moment(at, Source.IPTC, f"iptc {day_name}")


def format_iso_date(text: str, offset: str = "", part: str = "") -> str | None:
    """Format an EXIF or XMP date as ISO 8601, with an offset only if one is given; None for an impossible day or time.

    `part` are digits of a second. `2003:11:23 18:00:00` -> `2003-11-23T18:00:00`; `2003-11-23` stays a date.
    """
    if not (match := _DATE.match(text.strip(" \0\t\r\n"))):
        return None
    day = "-".join(match[name].replace(" ", "0") for name in ("year", "month", "day"))
    zone = _zone(match["offset"] or offset.strip(" \0"))
    digits = (match["part"] or part.strip(" \0"))[:6]
    try:
        if match["hour"] is None:
            return date.fromisoformat(day).isoformat()
        hour, minute, second = ((match[name] or "00").replace(" ", "0") for name in ("hour", "minute", "second"))
        over = int(second) == _SECONDS
        moment = datetime.fromisoformat(f"{day}T{hour}:{minute}:{'59' if over else second}") + timedelta(seconds=over)
    except (ValueError, OverflowError):
        return None
    if digits.isascii() and digits.isdigit():
        moment = moment.replace(microsecond=int(digits.ljust(6, "0")))
    try:
        return datetime.fromisoformat(moment.isoformat() + zone).isoformat()
    except ValueError:  # an offset that is none: the date is still one
        return moment.isoformat()


def _zone(offset: str) -> str:
    """`+02:00` of `+2:00`, `+0200`, `+02`, `Z`; nothing where it is no offset."""
    if offset == "Z":
        return "+00:00"
    match = _OFFSET.match(offset)
    return f"{match[1]}{int(match[2]):02}:{match[3] or '00'}" if match else ""


def _rfc_date(text: str) -> str | None:
    """A date as in mail, which the PNG specification suggests: `Mon, 24 Nov 2003 18:00:00 +0000`."""
    try:
        return parsedate_to_datetime(text).isoformat()
    except (ValueError, IndexError, TypeError, OverflowError):
        return None


def _text(exif: Tags, name: str) -> str:
    value = exif.get(name, "")
    return value if isinstance(value, str) else ""
