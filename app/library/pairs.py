"""Live Photos: which still and which video of a folder belong together, and the link between their rows.

The decision is pure; `relink` brings the rows of one name to it, inside the caller's transaction. It touches nothing
else of a row: each file keeps its own outcome and its own times.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import Connection, Table, bindparam, select, update

from app.library.tables import MediaFile

MAX_SECONDS = 6
"""Of a video that is taken for half of a Live Photo by its name alone; Apple's have about 3."""
LIVE_PHOTO = "live_photo"

_MEDIA: Table = MediaFile.__table__  # type: ignore[assignment]
_STILLS, _VIDEOS = frozenset({"jpeg", "heic"}), frozenset({"mov", "mp4", "m4v"})
_C = _MEDIA.c
_SAME_STEM = select(
    _C.id, _C.path, _C.kind, _C.format, _C.duration_seconds, _C.content_identifier, _C.missing_at, _C.pair_id
).where(_C.root == bindparam("b_root"), _C.path > bindparam("b_from"), _C.path < bindparam("b_to"))
_LINK = update(_MEDIA).where(_C.id == bindparam("b_id")).values(pair_id=bindparam("b_pair"))

File: TypeAlias = Mapping[str, Any]


def live_photo(files: Iterable[File]) -> tuple[File, File] | None:
    """The still and the video of a Live Photo among the files of one folder that share a name but for the suffix.

    There must be exactly one image and exactly one video of that name, so neither a RAW file nor a second copy beside
    them is ever taken for a half. The image is a JPEG or HEIC file, the video MOV, MP4 or M4V: programs that make AI
    videos put a PNG of the same name beside each. If both carry Apple's content identifier, it decides. Without, the
    video must be known to last at most `MAX_SECONDS`: a camera's `IMG_1.MOV` of ten minutes is not half of `IMG_1.JPG`.
    An edited still has a name of its own (`IMG_E1.HEIC`) and is left alone.
    """
    there = [file for file in files if file["missing_at"] is None]
    images, videos = ([file for file in there if file["kind"] == kind] for kind in ("image", "video"))
    if len(images) != 1 or len(videos) != 1:
        return None
    still, video = images[0], videos[0]
    if still["format"] not in _STILLS or video["format"] not in _VIDEOS:
        return None
    if still["content_identifier"] and video["content_identifier"]:
        return (still, video) if still["content_identifier"] == video["content_identifier"] else None
    seconds = video["duration_seconds"]
    return (still, video) if seconds is not None and seconds <= MAX_SECONDS else None


def relink(connection: Connection, root: str, path: bytes) -> None:
    """Judges anew which files of the name of this one are a Live Photo, and links their rows or parts them.

    It reads one short range of the index over root and path: what begins like the file, up to the dot of its suffix.
    So upper and lower case of the suffix do not matter, those of the name do; every camera writes both names alike.
    """
    start, dot, suffix = path.rpartition(b".")
    if not dot or b"/" in suffix:
        return
    rows = connection.execute(
        _SAME_STEM,
        {"b_root": root, "b_from": start + b".", "b_to": start + b"/"},  # `/` is the byte after `.`
    ).mappings()
    files = [dict(row) for row in rows if row["path"].rpartition(b".")[0] == start]
    pair = live_photo(files)
    partners = {pair[0]["id"]: pair[1]["id"], pair[1]["id"]: pair[0]["id"]} if pair else {}
    changed = [
        {"b_id": file["id"], "b_pair": partner}
        for file in files
        if file["pair_id"] != (partner := partners.get(file["id"]))
    ]
    if changed:
        connection.execute(_LINK, changed)
