"""Live Photos: which still and which video of a folder belong together, and the link between their rows.

The decision is pure; `relink` brings the rows of one name to it, and those of other names that carry an identifier of
theirs, inside the caller's transaction. It touches nothing else of a row: each file keeps its own outcome and its own
times.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import Connection, bindparam, func, or_, select, update

from app.formats import FORMAT_OF_SUFFIX, FORMATS, is_pixel_film
from app.library.tables import MEDIA
from app.media import Place

MAX_SECONDS = 6
"""Of a video that is taken for half of a Live Photo by its name alone; Apple's have about 3."""
LIVE_PHOTO = "live_photo"
_TOGETHER = timedelta(minutes=2)  # a film's time is that of its end, or of when it was written
_QUARTER, _ZONES = timedelta(minutes=15), timedelta(hours=26)  # what zones are apart by, and at most
_DAY = len("2003-11-23")

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
FILM_OF_PIXEL = (_C.root == bindparam("b_root"), _C.path == bindparam("b_film"))
"""The film of a Pixel's motion photo that is called like the path of `range_of` without its suffix."""
_ROWS = select(
    *(_C.id, _C.root, _C.folder, _C.path, _C.kind, _C.format, _C.duration_seconds, _C.taken_at),
    *(_C.content_identifier, _C.missing_at, _C.pair_id),
)
_SAME_STEM = _ROWS.where(*NAMED_ALIKE)
_SAME_WHOLE = _ROWS.where(*FILM_OF_PIXEL)
_TIED = _ROWS.where(
    or_(
        _C.content_identifier.in_(bindparam("b_identifiers", expanding=True)),
        _C.id.in_(bindparam("b_ids", expanding=True)),
    )
)
_MOST_TITLES = 2
_ROUNDS = 4  # of looking for what is tied to what was found; whoever is farther away is judged in its own turn
_LINK = update(MEDIA).where(_C.id == bindparam("b_id")).values(pair_id=bindparam("b_pair"))

File: TypeAlias = Mapping[str, Any]


def live_photos(files: Iterable[File]) -> Iterator[tuple[File, File]]:
    """Yield the still and the video of each Live Photo among files of any names.

    Where, in one folder, one image and one video carry the same content identifier of Apple's, those are it, whatever
    they are called; of a HEIC and its export as JPEG, the HEIC. Of the others, files of one name but for the suffix are
    one if `live_photo` says so. The film of a Pixel, `x.MP`, goes with `x.MP.jpg` before it may go with `x.jpg`.
    """
    there = [file for file in files if file["missing_at"] is None]
    taken: set[Any] = set()
    for key in dict.fromkeys((_folder(file), file["content_identifier"]) for file in there):
        own = [file for file in there if key[1] and (_folder(file), file["content_identifier"]) == key]
        if pair := _identified(own):
            taken |= {file["id"] for file in pair}
            yield pair
    for nth in range(_MOST_TITLES):
        named: dict[tuple[str, bytes], list[File]] = {}
        for file in there:
            if file["id"] not in taken and (titles := _titles(file["path"])):
                named.setdefault((file["root"], titles[min(nth, len(titles) - 1)]), []).append(file)
        for alike in named.values():
            if pair := live_photo(alike):
                taken |= {file["id"] for file in pair}
                yield pair


def _folder(file: File) -> tuple[str, bytes]:
    return file["root"], file["folder"]


def _identified(files: Sequence[File]) -> tuple[File, File] | None:
    """The one still and the one video among files with the same identifier; of two stills, the one in HEIC."""
    images, videos = ([file for file in files if file["kind"] == kind] for kind in ("image", "video"))
    pairs = [(image, video) for image in images for video in videos if {image["format"], video["format"]} <= _HALVES]
    for possible in (pairs, [pair for pair in pairs if pair[0]["format"] == "heic"]):
        if len(possible) == 1:
            return possible[0]
    return None


def live_photo(files: Iterable[File]) -> tuple[File, File] | None:
    """The still and the video of a Live Photo among the files of one folder that share a name but for the suffix.

    The image is a JPEG or HEIC file, the video MOV, MP4 or M4V: programs that make AI videos put a PNG of the same name
    beside each. There must be exactly one such image and one video, or a HEIC with its export as JPEG, with no two
    identifiers and no two times of taking that differ, and the video must be known to last at most `MAX_SECONDS`: a
    camera's `IMG_1.MOV` of ten minutes is not half of `IMG_1.JPG`, nor is one of another day. An edited still has a
    name of its own (`IMG_E1.HEIC`) and is left alone.
    """
    there = [file for file in files if file["missing_at"] is None]
    images, videos = ([file for file in there if file["kind"] == kind] for kind in ("image", "video"))
    if not images or not _is_one_with_its_export(images):
        return None
    possible = [(image, video) for image in images for video in videos if _may_be(image, video)]
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
    """Whether the formats are those of a Live Photo, and no two identifiers or times differ."""
    identifiers = {file["content_identifier"] for file in (image, video)} - {None}
    together = len(identifiers) < 2 and not _apart(image["taken_at"], video["taken_at"])
    return {image["format"], video["format"]} <= _HALVES and together


def _apart(one: str | None, other: str | None) -> bool:
    """Whether two times of taking cannot be the same moment, in whatever zones clocks without one stand."""
    if not one or not other:
        return False
    if min(len(one), len(other)) <= _DAY:
        one, other = sorted((one, other), key=len)
        return len(one) == _DAY and abs(_day(one) - _day(other[:_DAY])) > timedelta(days=1)
    first, second = datetime.fromisoformat(one), datetime.fromisoformat(other)
    if first.tzinfo and second.tzinfo:
        return abs(first - second) > _TOGETHER
    difference = first.replace(tzinfo=UTC) - second.replace(tzinfo=UTC)
    quarters = round(difference / _QUARTER)
    return abs(difference) > _ZONES or abs(difference - quarters * _QUARTER) > _TOGETHER


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text)


def range_of(path: bytes) -> dict[str, Any]:
    """Where to look for paths that are this one but for the suffix, in the index over root and path.

    It is what begins like the path, up to the dot of its suffix. So upper and lower case of the suffix do not matter,
    those of the name do; every camera writes both names alike. The range may hold a whole folder, `2024.photos` beside
    `2024.jpg`: by the length of their paths alone, which is in the index, its rows are passed by.
    """
    if not (titles := _titles(path)):
        return {"b_from": b"", "b_to": b"", "b_length": 0, "b_film": b""}
    longest, start = titles[0], titles[-1]
    return {
        "b_from": start + b".",
        "b_to": start + b"/",  # `/` follows `.`
        "b_length": len(longest) + _LONGEST_SUFFIX,
        "b_film": longest if _is_film(longest) else b"",
    }


def _titles(path: bytes) -> tuple[bytes, ...]:
    """What a path may share with the other half: itself without the suffix; of a Pixel's film first as it is."""
    start, dot, suffix = path.rpartition(b".")
    title = (start,) if dot and b"/" not in suffix else ()
    return (path, *title) if _is_film(path) else title


def _is_film(path: bytes) -> bool:
    return is_pixel_film(path.rpartition(b"/")[2])


def relink(connection: Connection, place: Place) -> None:
    """Judges anew which files of the name of this one, or tied to those, are Live Photos, and links or parts them."""
    files = _around(connection, place)
    partners: dict[Any, Any] = {}
    for image, video in live_photos(files.values()):
        partners |= {image["id"]: video["id"], video["id"]: image["id"]}
    changed = [
        {"b_id": file["id"], "b_pair": partner}
        for file in files.values()
        if file["pair_id"] != (partner := partners.get(file["id"]))
    ]
    if changed:
        connection.execute(_LINK, changed)


def _around(connection: Connection, place: Place) -> dict[Any, File]:
    """The files whose links may change with those of this name but for the suffix: so named, or tied to one of them."""
    found: dict[Any, File] = {}
    asked: set[Any] = set()
    places = {(place.root, _titles(place.path)): place}
    for _ in range(_ROUNDS):
        new: dict[Any, File] = {}
        for one in places.values():
            new |= {row["id"]: row for row in _named_alike(connection, one) if row["id"] not in found}
        found |= new
        identifiers = {row["content_identifier"] for row in new.values() if row["content_identifier"]} - asked
        ids = {row["pair_id"] for row in new.values() if row["pair_id"]} - found.keys()
        asked |= places.keys() | identifiers
        tied: list[File] = []
        if identifiers or ids:
            bound = {"b_identifiers": sorted(identifiers), "b_ids": sorted(ids)}
            tied = [dict(row) for row in connection.execute(_TIED, bound).mappings()]
        found |= {row["id"]: row for row in tied}
        next_to = (*tied, *(row for row in new.values() if _is_film(row["path"])))
        named = {(row["root"], _titles(row["path"])): Place(row["root"], row["path"]) for row in next_to}
        places = {key: one for key, one in named.items() if key not in asked}
        if not places:
            break
    return found


def _named_alike(connection: Connection, place: Place) -> Iterator[File]:
    """The files that share what may be the name of both halves with the one of this place, and itself."""
    bound = {"b_root": place.root, **range_of(place.path)}
    titles = frozenset(_titles(place.path))
    for rows in (_SAME_STEM, _SAME_WHOLE) if bound["b_film"] else (_SAME_STEM,):
        for row in connection.execute(rows, bound).mappings():
            if not titles.isdisjoint(_titles(row["path"])):
                yield dict(row)
