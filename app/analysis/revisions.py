"""What the stages learnt to read, version by version, each with the files of which the result can differ.

Who changes what a stage reads raises its version in `recipes.py` and says here why, and for which files. The order is
that in which the reasons are told: a file has the first that concerns it.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

from app.analysis.metadata.maker_notes import reads_notes_of, reads_stars_of
from app.analysis.metadata.names import find_date_in_name
from app.formats import FORMAT_OF_NAME, Kind
from app.media import Stage
from app.revisions import Revision, RowFacts
from app.texts import is_json

_SRGB = "1"  # of EXIF's ColorSpace
_OWN_COLOURS = ("CMYK", "LAB", "YCbCr", "I", "F")  # and all of 16 bits
_MAY_BE_TRANSPARENT = ("RGBA", "RGBa", "LA", "La", "PA", "P")
_HIGH_DEFINITION_LINES = 720
_EIGHT_BITS = ("h264", "mpeg4", "mjpeg", "h263", "mpeg1video", "mpeg2video", "msmpeg4v2", "msmpeg4v3")
_FILM_BEHIND = ("HUAWEI", "HONOR", "SAMSUNG", "GOOGLE", "XIAOMI", "OPPO", "VIVO", "ONEPLUS", "REALME", "MOTOROLA")
_CLOCK_IN_UTC = "SAMSUNG"
_DAY = len("2003-11-23")
_OfFormats: TypeAlias = Mapping[str, Callable[[RowFacts], bool]]
"""Which files of a format are concerned; none of the others."""


def _every_file(_: RowFacts) -> bool:
    return True


def _no_generator(row: RowFacts) -> bool:
    return row.generator is None


def _several_frames(row: RowFacts) -> bool:
    return row.frames > 1


_COLOURS_UNTOLD: _OfFormats = {
    "heic": _every_file,
    "avif": _every_file,
    "jpeg2000": _every_file,
    "bmp": _every_file,
    "tiff": _every_file,
    "png": _no_generator,
    "webp": _no_generator,
}
"""Files whose rows say nothing of profiles and signals; what a generator of AI images drew has none."""
_SEVERAL_PICTURES: _OfFormats = {"tiff": _every_file, "heic": _every_file}
_PAGES: _OfFormats = {"jpeg": _several_frames, "tiff": _several_frames, "heic": _several_frames}
_MANIFESTS: _OfFormats = {"tiff": _every_file, "heic": _every_file, "avif": _every_file}


def _among(files: _OfFormats, row: RowFacts) -> bool:
    concerns = files.get(row.format)
    return concerns is not None and concerns(row)


def _other_colours(row: RowFacts) -> bool:
    if row.kind is not Kind.IMAGE:
        return False
    mode = row.mode or ""
    return (
        mode in _OWN_COLOURS
        or mode.startswith("I;16")
        or _among(_COLOURS_UNTOLD, row)
        or row.colour_space not in (None, _SRGB)
    )


def _film_in_other_colours(row: RowFacts) -> bool:
    if row.kind is not Kind.VIDEO:
        return False
    return row.video_codec not in _EIGHT_BITS or row.height is None or row.height >= _HIGH_DEFINITION_LINES


def _may_be_transparent(row: RowFacts) -> bool:
    return row.kind is Kind.IMAGE and row.mode in _MAY_BE_TRANSPARENT


def _lens_in_a_maker_note(row: RowFacts) -> bool:
    return row.kind is Kind.IMAGE and row.lens_model is None and reads_notes_of(row.camera_make or "")


def _stars_in_a_maker_note(row: RowFacts) -> bool:
    return row.kind is Kind.IMAGE and reads_stars_of(row.camera_make or "")


def _made_by_a_generator(row: RowFacts) -> bool:
    made = row.generator is not None or row.prompt_verdict is not None
    return made or (row.kind is Kind.IMAGE and "text" in row.parts)


def _film(row: RowFacts) -> bool:
    return row.kind is Kind.VIDEO


def _film_behind_the_picture(row: RowFacts) -> bool:
    may = FORMAT_OF_NAME[row.format].motion_photo if row.format in FORMAT_OF_NAME else False
    return may and row.embedded_video_bytes is None and (row.camera_make or "").upper().startswith(_FILM_BEHIND)


def _zone_not_said(row: RowFacts) -> bool:
    if row.taken_at is None or len(row.taken_at) <= _DAY or datetime.fromisoformat(row.taken_at).tzinfo:
        return False
    return row.latitude is not None or (row.camera_make or "").upper().startswith(_CLOCK_IN_UTC)


def _date_not_read(row: RowFacts) -> bool:
    if row.taken_at is not None:
        return len(row.taken_at) <= _DAY or row.sources.get("taken_at") in ("iptc", "xmp", "sidecar")
    return bool(row.parts) or find_date_in_name(row.name, datetime.now(UTC).date()) is not None


def _no_place(row: RowFacts) -> bool:
    return (row.latitude == 0 and row.longitude == 0) or row.sources.get("latitude") in ("xmp", "sidecar")


def _words_of_catalogues(row: RowFacts) -> bool:
    return bool(row.sidecar) or not row.parts.isdisjoint(("xmp", "iptc")) or is_json(row.caption or "")


def _areas_marked(row: RowFacts) -> bool:
    labelled = any(stamp.startswith("txt=") for stamp in row.sidecar.split())  # a text may be the labels of YOLO
    return row.kind is Kind.IMAGE and (row.areas or labelled)


REVISIONS: tuple[Revision, ...] = (
    Revision(
        {Stage.METADATA: 2, Stage.KEYWORDS: 2, Stage.SCORE: 2},
        "photos, AI images and sidecars are read by the rules of version 0.4",
        _every_file,
    ),
    Revision(
        {Stage.METADATA: 3, Stage.THUMBNAIL: 2, Stage.NSFW: 2},
        "the right picture of a TIFF or HEIC file is shown now",
        partial(_among, _SEVERAL_PICTURES),
    ),
    Revision(
        {Stage.THUMBNAIL: 2, Stage.NSFW: 2},
        "colour profiles and HDR are followed now",
        _other_colours,
    ),
    Revision(
        {Stage.THUMBNAIL: 2, Stage.NSFW: 2},
        "films in HDR or high definition are drawn in their own colours now",
        _film_in_other_colours,
    ),
    Revision({Stage.NSFW: 2}, "NSFW detection sees transparent pictures over white now", _may_be_transparent),
    Revision(
        {Stage.METADATA: 3, Stage.NSFW: 2},
        "pages and gain maps no longer count as frames",
        partial(_among, _PAGES),
    ),
    Revision({Stage.METADATA: 3}, "lenses are read from maker notes now", _lens_in_a_maker_note),
    Revision({Stage.SCORE: 3}, "stars are read from maker notes now", _stars_in_a_maker_note),
    Revision(
        {Stage.METADATA: 3, Stage.KEYWORDS: 3},
        "prompts and settings of AI images are read better now",
        _made_by_a_generator,
    ),
    Revision({Stage.METADATA: 3, Stage.KEYWORDS: 3}, "more is read of films now", _film),
    Revision(
        {Stage.METADATA: 3}, "Content Credentials are read in TIFF, HEIC and AVIF now", partial(_among, _MANIFESTS)
    ),
    Revision({Stage.METADATA: 3}, "films behind pictures of phones are found now", _film_behind_the_picture),
    Revision({Stage.METADATA: 3}, "places in XMP are read better now, and 0, 0 is none", _no_place),
    Revision({Stage.METADATA: 3}, "the time zone is found by the place or a second clock now", _zone_not_said),
    Revision({Stage.METADATA: 3}, "dates are found in more tags and in file names now", _date_not_read),
    Revision(
        {Stage.METADATA: 3, Stage.KEYWORDS: 3},
        "keywords and captions of more programs are read now",
        _words_of_catalogues,
    ),
    Revision({Stage.METADATA: 4}, "faces and other areas that are marked in pictures are kept now", _areas_marked),
)
"""Every revision of every stage since version 1."""
