"""Live Photos: which still and which video of a folder belong together, and the link between their rows.

The decision is pure; `relink` brings the rows of one name to it, inside the caller's transaction. It touches nothing
else of a row: each file keeps its own outcome and its own times.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, bindparam, func, select, update

from app.formats import FORMAT_OF_SUFFIX, FORMATS
from app.library.tables import MEDIA
from app.media import Place

MAX_SECONDS = 6
"""Of a video that is taken for half of a Live Photo by its name alone; Apple's have about 3."""
LIVE_PHOTO = "live_photo"

_HALVES = frozenset(format_.name for format_ in FORMATS if format_.live_photo)
_LONGEST_SUFFIX = max(map(len, FORMAT_OF_SUFFIX))
_C = MEDIA.c
NAMED_ALIKE = (
    _C.root == bindparam("b_root"),
    _C.path > bindparam("b_from"),
    _C.path < bindparam("b_to"),
    func.length(_C.path) <= bindparam("b_length"),
)
"""The rows that `range_of` a path is about; a few more may be among them."""
_SAME_STEM = select(
    _C.id, _C.path, _C.kind, _C.format, _C.duration_seconds, _C.content_identifier, _C.missing_at, _C.pair_id
).where(*NAMED_ALIKE)
_LINK = update(MEDIA).where(_C.id == bindparam("b_id")).values(pair_id=bindparam("b_pair"))

File: TypeAlias = Mapping[str, Any]


def live_photo(files: Iterable[File]) -> tuple[File, File] | None:
    """The still and the video of a Live Photo among the files of one folder that share a name but for the suffix.

    The image is a JPEG or HEIC file, the video MOV, MP4 or M4V: programs that make AI videos put a PNG of the same name
    beside each. Where one image and one video carry the same content identifier of Apple's, those are it, whatever else
    has the name; of a HEIC and its export as JPEG, the HEIC. Else there must be exactly one such image and one video of
    that name, with no two identifiers that differ, and the video must be known to last at most `MAX_SECONDS`: a
    camera's `IMG_1.MOV` of ten minutes is not half of `IMG_1.JPG`. An edited still has a name of its own
    (`IMG_E1.HEIC`) and is left alone.
    """
    there = [file for file in files if file["missing_at"] is None]
    images, videos = ([file for file in there if file["kind"] == kind] for kind in ("image", "video"))
    possible = [(image, video) for image in images for video in videos if _may_be(image, video)]
    identified = [pair for pair in possible if pair[0]["content_identifier"] and pair[1]["content_identifier"]]
    for pairs in (identified, [pair for pair in identified if pair[0]["format"] == "heic"]):
        if len(pairs) == 1:
            return pairs[0]
    if not _is_one_with_its_export(images):
        return None
    possible = [pair for pair in possible if len(images) == 1 or pair[0]["format"] == "heic"]
    if len(possible) != 1 or len(videos) != 1:
        return None
    seconds = videos[0]["duration_seconds"]
    return possible[0] if seconds is not None and seconds <= MAX_SECONDS else None


def _is_one_with_its_export(images: Sequence[File]) -> bool:
    """Whether there is one picture, or one in HEIC with the JPEG that was made from it."""
    formats = [image["format"] for image in images]
    return len(formats) == 1 or (len(formats) == 2 and "heic" in formats and "jpeg" in formats)


def _may_be(image: File, video: File) -> bool:
    """Whether the formats are those of a Live Photo, and no two identifiers differ."""
    identifiers = {file["content_identifier"] for file in (image, video)} - {None}
    return {image["format"], video["format"]} <= _HALVES and len(identifiers) < 2


def range_of(path: bytes) -> dict[str, Any]:
    """Where to look for paths that are this one but for the suffix, in the index over root and path.

    It is what begins like the path, up to the dot of its suffix. So upper and lower case of the suffix do not matter,
    those of the name do; every camera writes both names alike. The range may hold a whole folder, `2024.photos` beside
    `2024.jpg`: by the length of their paths alone, which is in the index, its rows are passed by.
    """
    start = _stem(path)
    if start is None:
        return {"b_from": b"", "b_to": b"", "b_length": 0}
    return {"b_from": start + b".", "b_to": start + b"/", "b_length": len(start) + _LONGEST_SUFFIX}  # `/` follows `.`


def _stem(path: bytes) -> bytes | None:
    start, dot, suffix = path.rpartition(b".")
    return start if dot and b"/" not in suffix else None


def relink(connection: Connection, place: Place) -> None:
    """Judges anew which files of the name of this one are a Live Photo, and links their rows or parts them."""
    rows = connection.execute(_SAME_STEM, {"b_root": place.root, **range_of(place.path)}).mappings()
    files = [dict(row) for row in rows if _stem(row["path"]) == _stem(place.path)]
    pair = live_photo(files)
    partners = {pair[0]["id"]: pair[1]["id"], pair[1]["id"]: pair[0]["id"]} if pair else {}
    changed = [
        {"b_id": file["id"], "b_pair": partner}
        for file in files
        if file["pair_id"] != (partner := partners.get(file["id"]))
    ]
    if changed:
        connection.execute(_LINK, changed)
