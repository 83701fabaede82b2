"""Which tags of a file are written, after the Metadata Working Group's guidelines 2.0, as arguments of exiftool. Pure.

XMP is written always, EXIF and IPTC are kept in step where they say the same: IPTC is never begun (2.0, 3.3). What no
tag has room for is cut at a letter.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from app.writing.words import TAKEN_BACK, flat, names_in

_IPTC = "iptc "
IPTC_UTF8 = f"{_IPTC}utf-8"
_IN_IPTC = ("title", "caption", "creator", "copyright", "keywords", TAKEN_BACK)
_RATING_PERCENT = {1: 1, 2: 25, 3: 50, 4: 75, 5: 99}
_SIMPLE = {  # XMP; IPTC and how many bytes it takes; tags of EXIF that are kept in step
    "title": ("XMP-dc:Title", ("IPTC:ObjectName", 64), (("Image XPTitle", "IFD0:XPTitle"),)),
    "caption": (
        "XMP-dc:Description",
        ("IPTC:Caption-Abstract", 2000),
        (("Image ImageDescription", "IFD0:ImageDescription"), ("Image XPComment", "IFD0:XPComment")),
    ),
    "copyright": ("XMP-dc:Rights", ("IPTC:CopyrightNotice", 128), (("Image Copyright", "IFD0:Copyright"),)),
    "label": ("XMP-xmp:Label", None, ()),
}
_TIME = len("2003-11-23T")
_SECONDS = len("2003-11-23T18:00:00")


def arguments(words: Mapping[str, Any], present: Collection[str], *, digest: bool) -> list[str]:
    """The arguments, one a line, that let exiftool (with `-E`) write these words into a file.

    `present` are its tags, as `exif Image Artist` or `iptc Keywords`, and `iptc utf-8` where its IPTC says that it is
    in UTF-8: else it is left alone where a text has other letters than cp1252, which exiftool would make `?` of.
    `digest` says that its IPTC is in step with its XMP, and is to stay so.
    """
    with_iptc = any(name.startswith(_IPTC) for name in present) and (IPTC_UTF8 in present or _in_cp1252(words))
    lines = [line for field, value in words.items() for line in _of(field, value, present, with_iptc=with_iptc)]
    if digest and any(line.startswith("-IPTC:") for line in lines):
        lines.append("-Photoshop:IPTCDigest=new")
    return lines


def _in_cp1252(words: Mapping[str, Any]) -> bool:
    texts = (words.get(field) or "" for field in _IN_IPTC)
    try:
        "".join(text if isinstance(text, str) else "".join(map(flat, text)) for text in texts).encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _of(field: str, value: Any, present: Collection[str], *, with_iptc: bool) -> Iterator[str]:
    if field in _SIMPLE:
        xmp, iptc, exif = _SIMPLE[field]
        yield _set(xmp, value)
        if iptc and with_iptc:
            yield _set(iptc[0], _cut(value, iptc[1]))
        yield from (_set(tag, value) for name, tag in exif if f"exif {name}" in present)
    elif field == "creator":
        yield from _creators(value, present, with_iptc=with_iptc)
    elif field == "score":
        yield from _stars(value, present)
    elif field == "taken_at":
        yield from _taken(value, with_iptc=with_iptc)
    elif field == "keywords":
        yield from _added("XMP-dc:Subject", [flat(word) for word in value])
        yield from _added("XMP-lr:HierarchicalSubject", [word for word in value if "|" in word])
        if with_iptc:
            yield from _added("IPTC:Keywords", [word for word in map(flat, value) if len(word.encode()) <= 64])
    elif field == TAKEN_BACK:
        for tag in ("XMP-dc:Subject", "XMP-lr:HierarchicalSubject", *(("IPTC:Keywords",) if with_iptc else ())):
            yield from (f"-{tag}-={escaped(word)}" for word in value)


def _creators(value: str | None, present: Collection[str], *, with_iptc: bool) -> Iterator[str]:
    names = names_in(value or "")
    yield from _list("XMP-dc:Creator", names)
    if with_iptc:
        yield from _list("IPTC:By-line", [_cut(name, 32) or "" for name in names])
    for name, tag in (("Image Artist", "IFD0:Artist"), ("Image XPAuthor", "IFD0:XPAuthor")):
        if f"exif {name}" in present:
            yield _set(tag, value)


def _stars(value: int | None, present: Collection[str]) -> Iterator[str]:
    yield _set("XMP-xmp:Rating", str(value or 0))
    stars = max(value or 0, 0)
    if "exif Image Rating" in present:
        yield _set("IFD0:Rating", str(stars))
    if "exif Image RatingPercent" in present:
        yield _set("IFD0:RatingPercent", str(_RATING_PERCENT.get(stars, 0)))


def _taken(at: str | None, *, with_iptc: bool) -> Iterator[str]:
    """A date as far as it goes. EXIF has only whole times: of any other date it says nothing."""
    whole = at if at is not None and len(at) > _TIME else None
    zone = "" if whole is None else whole[_SECONDS:].lstrip(".0123456789")
    part = "" if whole is None else whole[_SECONDS : len(whole) - len(zone)].lstrip(".")
    clock = None if whole is None else f"{whole[:10].replace('-', ':')} {whole[11:_SECONDS]}"
    for tag in ("XMP-exif:DateTimeOriginal", "XMP-photoshop:DateCreated"):
        yield _set(
            tag, None if at is None else at.replace("-", ":", 2).replace("T", " ") if whole else at.replace("-", ":")
        )
    yield _set("ExifIFD:DateTimeOriginal", clock)
    yield _set("ExifIFD:OffsetTimeOriginal", zone[:6] or None)
    yield _set("ExifIFD:SubSecTimeOriginal", part or None)
    if with_iptc:
        day = at[:10].replace("-", ":") if at is not None and len(at) >= len("2003-11-23") else None
        yield _set("IPTC:DateCreated", day)
        yield _set(
            "IPTC:TimeCreated", f"{whole[11:_SECONDS]}{zone[:6]}" if whole and zone else whole and whole[11:_SECONDS]
        )


def _set(tag: str, value: str | None) -> str:
    return f"-{tag}={escaped(value or '')}"


def _list(tag: str, values: list[str]) -> Iterator[str]:
    """A list anew: none of its old values stays."""
    if not values:
        yield f"-{tag}="
    yield from (f"-{tag}={escaped(value)}" for value in values)


def _added(tag: str, values: list[str]) -> Iterator[str]:
    """Values that the list is to have, each once: one that it has is taken out first."""
    for value in dict.fromkeys(values):
        yield f"-{tag}-={escaped(value)}"
        yield f"-{tag}+={escaped(value)}"


def _cut(text: str | None, size: int) -> str | None:
    """A text cut to so many bytes of UTF-8, at a letter."""
    return None if text is None else text.encode()[:size].decode(errors="ignore")


def escaped(text: str) -> str:
    """A text as a line of arguments has it: what is no letter or digit of ASCII as HTML writes it by its number."""
    return "".join(letter if letter.isascii() and letter.isalnum() else f"&#{ord(letter)};" for letter in text)
