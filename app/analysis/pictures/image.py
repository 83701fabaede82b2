"""Opens an image and decodes it once, through Pillow, whose peculiarities stop here.

It never reads metadata, never looks at a file's name, and lets no exception but CannotRead out.
"""

import os
import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, BinaryIO

import pi_heif
from PIL import Image, PngImagePlugin, UnidentifiedImageError
from PIL.ImageFile import ImageFile
from PIL.MpoImagePlugin import MpoImageFile
from PIL.PsdImagePlugin import PsdImageFile
from PIL.TiffImagePlugin import TiffImageFile

from app.analysis.formats import png
from app.analysis.formats.blocks import Segments
from app.analysis.formats.completeness import count_missing_bytes, explain_missing_bytes
from app.analysis.formats.completion import complete
from app.analysis.formats.directories import find_pages
from app.analysis.formats.jpeg import read_jpeg_headers, sort_jpeg_blocks
from app.analysis.formats.makers.camera_raw import CameraRaw, read_camera_raw
from app.analysis.formats.png import copy_without_texts
from app.analysis.formats.sizes import read_size
from app.analysis.formats.webp import read_webp_blocks, read_webp_size
from app.analysis.pictures.bands import decode_in_bands, reduce_in_bands
from app.analysis.pictures.colour import note_colours
from app.analysis.pictures.deep import draw_at_own_depth
from app.analysis.pictures.deep_tiff import tell_planes, turn_white
from app.analysis.pictures.jpegxl import register_jpeg_xl
from app.analysis.pictures.psd import explain_depth, register_deep_psd, tell_depth
from app.analysis.pictures.room import check_room
from app.analysis.pictures.variants import explain_variant, name_variant
from app.errors import CannotRead
from app.formats import FORMAT_OF_NAME
from app.regions import SIDEWAYS

SHORT_SIDE = 960  # px that are always decoded: with 640 the NSFW probability moves by up to 0.02, with 320 by 0.04
LARGE_PIXELS = (
    89_478_485  # above, a picture is decoded in bands, or where there is room for it; Pillow warns from here on
)
MAX_FILE_BYTES = 4 * 1024**3  # a TIFF cannot be larger, unless it is a BigTIFF
MAX_FILM_PIXELS = 1_000_000_000  # of all frames together: some seconds of decoding
_ORIENTATION = 0x0112
_MP_ENTRIES = 0xB002
_TIFF_HEADER_BYTES = 8
_PIXEL_BYTES = 4  # as Pillow keeps a pixel
_BYTES_OF_MODE = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
# What Pillow says of files that are whole and sound but of a kind that it does not decode
_VARIANT = re.compile(
    r"(unsupported|unknown) (bmp(?! palette)|pixel|data) [\w ]*(\(\d+\))?|compression not supported|"
    r"cannot handle \d+-(bit|layer) \w+",
    re.IGNORECASE,
)
_OF_THE_PICTURE = frozenset(("damaged_image", "truncated_image", "unsupported_format", "decoder_memory"))
_CUT_OFF = re.compile(r"truncated|not enough|unexpected end|requires a buffer|need_more_input", re.IGNORECASE)


@contextmanager
def silence_warnings() -> Iterator[None]:
    """Silence what Pillow warns about while it reads on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def check_file_size(size: int) -> None:
    """Raise CannotRead `decoder_memory` for an image file of more bytes than a worker could decode."""
    if size > MAX_FILE_BYTES:
        raise CannotRead(
            f"The image file has {size / 1024**3:.1f} GiB; images above 4 GiB are not read.",
            cause="decoder_memory",
        )


def prepare_pillow() -> None:
    """Prepare Pillow in this process: HEIC, JPEG XL, deep PSD, large pictures, long texts. Safe to call again."""
    Image.MAX_IMAGE_PIXELS = None  # memory is the limit, see `room.py`
    pi_heif.register_heif_opener()
    register_jpeg_xl()
    register_deep_psd()
    PngImagePlugin.MAX_TEXT_CHUNK = png.TEXT_BYTES
    PngImagePlugin.MAX_TEXT_MEMORY = 2 * png.TEXT_BYTES
    Image.WARN_POSSIBLE_FORMATS = True  # otherwise a plugin's own reason for refusing a file is lost


@dataclass(frozen=True, slots=True)
class OpenedImage:
    """An image whose header was read; `size` is in pixels as stored, 0 where it is lost; `stream` holds the whole file.

    Of a camera raw file `picture` is its preview, None where it has none, and `raw` says what else was read. There is
    no picture either where no decoder opens it, or where there is no room for it: `problem` says so. The file has
    `length` bytes, and lacks at least `missing`. Of several `pages` it is the first. `info` is what Pillow tells of it.
    """

    stream: BinaryIO
    picture: ImageFile | None
    format: str
    mode: str | None
    size: tuple[int, int]
    frames: int
    raw: CameraRaw | None = None
    length: int = 0
    missing: int = 0
    pages: int = 1
    problem: CannotRead | None = None

    @property
    def info(self) -> dict[Any, Any]:
        """What Pillow tells of the file beside its pixels: blocks, and how it was made."""
        if self.picture:
            return self.picture.info
        return dict(read_webp_blocks(self.stream) if self.format == "webp" else sort_jpeg_blocks(self.segments))

    @property
    def segments(self) -> Segments:
        """The segments of a JPEG as Pillow lists them; those in front of its picture where Pillow does not open it."""
        if self.picture:
            return getattr(self.picture, "applist", ())
        return read_jpeg_headers(self.stream, 0)[1] if self.format == "jpeg" else ()

    @property
    def image(self) -> ImageFile:
        """What can be decoded. Raises CannotRead where there is nothing: `no_preview`, `truncated_image`."""
        if self.problem:
            raise self.problem
        if self.picture is None:
            assert self.raw is not None  # noqa: S101 - nothing else is opened without a picture
            raise self.raw.explain_no_preview()
        return self.picture


def open_image(stream: BinaryIO, format_: str) -> OpenedImage:
    """Read the header of an image; `format_` is its name in `formats.FORMATS`.

    What no decoder opens is opened without a picture, if its header tells the size. Raises CannotRead where it does
    not: `truncated_image`, `damaged_image`, `unsupported_format`, `decoder_memory`; and `unreadable`.
    """
    prepare_pillow()
    if FORMAT_OF_NAME[format_].raw:
        return _open_raw(stream, format_)
    missing, length = count_missing_bytes(stream, format_), stream.seek(0, os.SEEK_END)
    if format_ == "webp" and (size := read_webp_size(stream)) and size[0] * size[1] > LARGE_PIXELS:
        try:  # the decoder takes the room for the whole picture when it is made
            _check_room(size, FORMAT_OF_NAME[format_].pixel_bytes)
        except CannotRead as problem:
            return OpenedImage(stream, None, format_, None, size, 1, length=length, missing=missing, problem=problem)
    try:
        image = _open_as_far_as_it_goes(stream, format_)
    except CannotRead as problem:
        size = read_size(stream, format_) if problem.cause in _OF_THE_PICTURE else None
        if size is None and format_ == "tiff" and missing and length > _TIFF_HEADER_BYTES:
            size = (0, 0)  # it may stand behind the pixels
        if size is None:
            raise
        return OpenedImage(stream, None, format_, None, size, 1, length=length, missing=missing, problem=problem)
    film = FORMAT_OF_NAME[format_].film  # other pictures in a file are its pages, or belong to the one that is shown
    frames = int(getattr(image, "n_frames", 1)) if film else 1
    pages = find_pages(stream).count if format_ == "tiff" else _count_parts(image)
    opened = OpenedImage(
        stream, image, format_, image.mode, _stored(image), frames, length=length, missing=missing, pages=pages
    )
    return replace(opened, problem=explain_depth(image, stream)) if isinstance(image, PsdImageFile) else opened


def _count_parts(image: ImageFile) -> int:
    """Count the pictures of a JPEG that are taken together, as by a stereo camera (CIPA DC-007, 5.2.3.3).

    Previews and gain maps are none.
    """
    entries = (image.mpinfo or {}).get(_MP_ENTRIES, ()) if isinstance(image, MpoImageFile) else ()
    return max(1, sum("Multi-Frame" in str(entry["Attribute"]["MPType"]) for entry in entries))


def _open_as_far_as_it_goes(stream: BinaryIO, format_: str) -> ImageFile:
    """The header of an image, of one that was cut off in it, too. Raises CannotRead as `open_image`."""
    try:
        return open_header(stream, format_)
    except CannotRead as error:
        content = complete(stream, format_) if error.cause == "truncated_image" else None
        if content is None:
            raise
        with suppress_as(error):
            return open_header(BytesIO(content), format_)


@contextmanager
def suppress_as(first: CannotRead) -> Iterator[None]:
    """Raise what came first where a second try fails, too."""
    try:
        yield
    except CannotRead as second:
        raise first from second


def open_header(stream: BinaryIO, format_: str) -> ImageFile:
    """Read the header of an image, and nothing else. Raises CannotRead as `open_image`."""
    with _named_errors(stream, format_), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            image = _open(stream, format_)
        except UnidentifiedImageError as error:
            raise SyntaxError("; ".join(str(warning.message) for warning in caught)) from error
        if format_ == "tiff" and isinstance(image, TiffImageFile) and (at := find_pages(stream).picture):
            image._frame_pos = [at]  # noqa: SLF001 - as Pillow itself goes to a directory below another
            image._seek(0)  # noqa: SLF001
        if isinstance(image, TiffImageFile):
            tell_planes(image)
        if isinstance(image, PsdImageFile):
            tell_depth(image, stream)
        note_colours(image, stream, format_)
        return image


def _open_raw(stream: BinaryIO, format_: str) -> OpenedImage:
    """A camera raw file with the largest preview that is not too large. Raises CannotRead as `read_camera_raw`."""
    raw = read_camera_raw(stream, format_)
    problem = raw.explain_no_preview()
    for preview in raw.previews:
        stream.seek(preview.at)
        try:
            with _named_errors(stream, format_), silence_warnings():
                image = Image.open(BytesIO(stream.read(preview.length)), formats=FORMAT_OF_NAME["jpeg"].pillow)
        except CannotRead as error:
            problem = error
            continue
        return OpenedImage(stream, image, format_, image.mode, raw.size or image.size, 1, raw)
    if raw.size is None:
        raise problem
    return OpenedImage(stream, None, format_, None, raw.size, 1, raw)


def _open(stream: BinaryIO, format_: str) -> ImageFile:
    try:
        return Image.open(stream, formats=FORMAT_OF_NAME[format_].pillow)
    except ValueError:
        if format_ != "png":
            raise
        # Pillow gives up a whole PNG for one text that is too large; the picture itself can be read without its texts
        return Image.open(copy_without_texts(stream), formats=FORMAT_OF_NAME[format_].pillow)


def _stored(image: ImageFile) -> tuple[int, int]:
    """Width and height as stored. Pillow gives those of a TIFF as they will be when it has turned it upright."""
    width, height = image.size
    turned = isinstance(image, TiffImageFile) and image.tag_v2.get(_ORIENTATION) in SIDEWAYS
    return (height, width) if turned else (width, height)


def decode_image(opened: OpenedImage, orientation: int | None = None, short_side: int = SHORT_SIDE) -> Image.Image:
    """Decode the first frame. A JPEG is decoded smaller, its shorter side kept >= `short_side` px.

    `orientation` is what the file says of itself: Pillow turns a TIFF on its own, and would ask its XMP, too. Raises
    CannotRead: as `open_image`.
    """
    with _named_errors(opened.stream, opened.format):
        image = opened.image
        prepare_header(image, opened.format, orientation, short_side)
        if opened.size[0] * opened.size[1] > LARGE_PIXELS:
            return turn_white(_decode_large(opened, orientation, short_side), image)
        if opened.frames == 1 and (drawn := draw_at_own_depth(image, opened.stream, opened.format, short_side)):
            return drawn
        image.load()
        return turn_white(image, image)


def _decode_large(opened: OpenedImage, orientation: int | None, short_side: int) -> Image.Image:
    """Decode a large picture within the memory of a worker: smaller, or in bands, or as it is if there is room."""
    image, size = opened.image, opened.image.size
    if opened.format == "jpeg":
        if image.info.get("progressive"):  # all of its coefficients are kept until the last scan
            _check_room(opened.size, 2 * len(image.getbands()))
    elif (reduced := decode_in_bands(image, opened.stream, opened.format, orientation, short_side)) is not None:
        return reduced
    elif opened.format == "jpeg2000":
        image.reduce = _halvings(min(size) // short_side)  # type: ignore[method-assign, assignment]
        size = (size[0] >> image.reduce, size[1] >> image.reduce)  # type: ignore[operator]
    most = FORMAT_OF_NAME[opened.format].pixel_bytes
    _check_room(size, most if most > _PIXEL_BYTES else _BYTES_OF_MODE.get(image.mode, _PIXEL_BYTES))
    image.load()
    return reduce_in_bands(image, short_side) if image.width * image.height > LARGE_PIXELS else image


def _halvings(factor: int) -> int:
    """How often a picture can be halved to be `factor` times smaller at most; a JPEG 2000 has five levels or so."""
    return min(5, max(1, factor).bit_length() - 1)


def _check_room(size: tuple[int, int], pixel_bytes: int) -> None:
    pixels = size[0] * size[1]
    check_room(pixels * pixel_bytes, pixels)


def prepare_header(image: ImageFile, format_: str, orientation: int | None, short_side: int) -> None:
    """Tell the decoder of an opened image how it is to be decoded, as `decode_image` is told."""
    image.draft(None, (short_side, short_side))
    if format_ == "tiff":
        image.getexif()[_ORIENTATION] = orientation or 1


def sample_frames(opened: OpenedImage, decoded: Image.Image, count: int) -> Iterator[Image.Image]:
    """Sample up to `count` frames of an animation, evenly spread, in order; of anything else its one picture.

    Frames of GIF, APNG, WebP and AVIF build upon each other: to see the last one, all are decoded. Raises CannotRead:
    as `open_image`, and `too_many_pixels` for a film of more than a billion of them, however fast the machine is.
    """
    if opened.frames == 1 or not FORMAT_OF_NAME[opened.format].film:
        yield decoded
        return
    pixels = opened.frames * opened.size[0] * opened.size[1]
    if pixels > MAX_FILM_PIXELS:
        raise CannotRead(
            f"The {opened.frames} frames of the animation have {pixels / 1e6:,.0f} million pixels; "
            f"at most {MAX_FILM_PIXELS / 1e6:,.0f} million are decoded.",
            cause="too_many_pixels",
        )
    for index in sorted({opened.frames * (2 * i + 1) // (2 * count) for i in range(count)}):
        with _named_errors(opened.stream, opened.format):
            opened.image.seek(index)
            opened.image.load()
        yield opened.image


def find_turn(opened: OpenedImage, decoded: Image.Image, orientation: int | None) -> int:
    """Find the EXIF value 1..8 that turns a decoded picture upright; `orientation` is what the file says of itself.

    1 where Pillow or libheif have turned it already. The preview of a camera raw file is turned as that says.
    """
    if opened.raw:
        return opened.raw.find_turn(decoded.size)
    return 1 if orientation is None or FORMAT_OF_NAME[opened.format].turned else orientation


@contextmanager
def _named_errors(stream: BinaryIO, format_: str) -> Iterator[None]:
    """Turn whatever a decoder raises into CannotRead, and "damaged" into "truncated" where the file lacks bytes."""
    try:
        yield
    except Exception as error:
        problem = explain_error(error)
        if problem.cause in ("damaged_image", "truncated_image") and (missing := count_missing_bytes(stream, format_)):
            problem = explain_missing_bytes(missing)
        elif problem.cause in ("damaged_image", "unsupported_format") and (variant := name_variant(stream, format_)):
            problem = explain_variant(variant)
        raise problem from error


def explain_error(error: Exception) -> CannotRead:
    """Translate whatever a decoder raised into an error with a cause and a sentence."""
    if isinstance(error, CannotRead):
        return error
    detail = str(error)
    if isinstance(error, OSError) and error.errno:  # the system's, not a decoder's
        return CannotRead(f"The file cannot be read: {error.strerror}.", cause="unreadable")
    if isinstance(error, MemoryError) or "out of memory" in detail:
        return CannotRead("Decoding the image needs more memory than a worker may have.", cause="decoder_memory")
    if isinstance(error, EOFError | struct.error | IndexError) or _CUT_OFF.search(detail):
        sentence = "The image ends before its data does; the copy is probably incomplete."
        return CannotRead(sentence, cause="truncated_image")
    if variant := _VARIANT.search(detail):
        return explain_variant(variant[0].strip().lower())
    return CannotRead("The image data is damaged and cannot be decoded.", cause="damaged_image")
