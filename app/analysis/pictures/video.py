"""Recognises a video by its content. It never decodes one and never runs another program.

Only the container is looked at: a playlist or a web page named `.mp4` would make a player fetch what it names.
"""

from app.analysis.pictures.image import ftyp_brands

_NO_VIDEO = frozenset((b"M4A ", b"M4B ", b"M4P ", b"crx ", b"jxl ", b"jp2 ", b"jpx "))  # sound, camera raw, pictures
_ATOMS = frozenset((b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"))


def recognise(head: bytes) -> str | None:
    """The name in `media.FORMATS` of the video that starts with `head`, None if it is none.

    Brands: ISO 14496-12 (4.3) and mp4ra.org; QuickTime files before 2001 have none and start with an atom;
    Matroska: EBML (RFC 8794) with the document type `webm` or `matroska` (RFC 9559); AVI: RIFF.
    """
    if brands := ftyp_brands(head):
        major = brands[0]
        if major in _NO_VIDEO:
            return None
        if major.startswith(b"qt"):
            return "mov"
        if major.startswith(b"M4V"):
            return "m4v"
        return "mp4"
    if head[4:8] in _ATOMS:
        return "mov"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "webm" if b"webm" in head[:64] else "mkv" if b"matroska" in head[:64] else None
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    return None
