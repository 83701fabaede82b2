"""Tells the format of a file from its first bytes, by the table of formats; the suffix is never asked.

It never decodes anything. Of a video only the container is looked at: a playlist or a web page named `.mp4` would make
a player fetch what it names.
"""

from app.errors import CannotRead
from app.formats import FORMATS, NO_MEDIA_BRANDS, NOT_TAKEN_IN, Format, Magic, suffix_of

_NEAR_BYTES = 64  # where a magic without a place is looked for
_BRANDS_BYTES = 1024
_SVG_BYTES = 1024


def _split(magic: Magic) -> tuple[int, bytes, Magic]:
    """The first place of a magic and what stands there, which rules most files out, and the other places."""
    (place, content), *others = magic.items()
    assert place is not None  # noqa: S101 - the table says so, and a test of it
    return place, content, dict(others)


_MAGICS = [(format_, *_split(magic)) for format_ in FORMATS for magic in format_.magics]
_BRANDS = [(format_, frozenset(format_.brands)) for format_ in FORMATS if format_.brands]
_MAJORS = [(format_, format_.major) for format_ in FORMATS if format_.major]


def recognise(head: bytes) -> Format | None:
    """Recognise the format of a file by its `head` (64 KB are enough); None for any but ours.

    Camera raw files that start as any TIFF does are told from it by `recognise_camera_raw`. Raises CannotRead
    `unsupported_format` for a picture of another format that is known by name.
    """
    if brands := _brands(head):
        return _by_brand(brands)
    for format_, place, content, others in _MAGICS:
        if head.startswith(content, place) and (not others or _has(head, others)):
            return format_
    if title := next((title for start, title in NOT_TAKEN_IN if head.startswith(start)), None):
        raise CannotRead(
            f"The content is {title}, a format that Media Ingest does not take in.", cause="unsupported_format"
        )
    if b"<svg" in head[:_SVG_BYTES].lower():
        raise CannotRead("The content is an SVG drawing, not a picture of pixels.", cause="unsupported_format")
    return None


def note_suffix(name: bytes, named: Format | None, found: Format) -> tuple[str, ...]:
    """What is odd about a file of this name, whose suffix promises the format `named`, holding another."""
    if named is None or named is found:
        return ()
    return (f"The suffix {suffix_of(name).decode()} promises {named.name}, the content is {found.name}.",)


def _has(head: bytes, magic: Magic) -> bool:
    return all(
        head.startswith(content, place) if place is not None else content in head[:_NEAR_BYTES]
        for place, content in magic.items()
    )


def _brands(head: bytes) -> list[bytes]:
    """The main and the other brands of an ISO base media file (ISO 14496-12, 4.3), empty if it is none."""
    if head[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(head[:4], "big"), len(head), _BRANDS_BYTES)
    return [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]


def _by_brand(brands: list[bytes]) -> Format | None:
    """The format of an ISO base media file of these brands (mp4ra.org), the main one first."""
    for format_, own in _BRANDS:
        if not own.isdisjoint(brands):
            return format_
    if brands[0] not in NO_MEDIA_BRANDS:
        for format_, starts in _MAJORS:
            if brands[0].startswith(starts):
                return format_
    return None
