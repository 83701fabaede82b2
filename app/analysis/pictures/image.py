"""Opens an image and decodes it once, through Pillow, whose peculiarities stop here.

It never reads metadata, never looks at a file's name, and lets no exception but CannotRead out.
"""

import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

import pi_heif
from PIL import Image, PngImagePlugin, UnidentifiedImageError
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from app.analysis.formats import png
from app.analysis.formats.camera_raw import CameraRaw, read_camera_raw
from app.analysis.formats.completeness import count_missing_bytes, explain_missing_bytes
from app.analysis.formats.png import copy_without_texts
from app.analysis.pictures.colour import note_colours
from app.analysis.pictures.deep import draw_hdr
from app.analysis.pictures.jpegxl import register_jpeg_xl
from app.errors import CannotRead
from app.formats import FORMAT_OF_NAME
from app.media import SIDEWAYS

SHORT_SIDE = 960  # px that are always decoded: with 640 the NSFW probability moves by up to 0.02, with 320 by 0.04
MAX_FILE_BYTES = 1024**3  # an image file above 1 GiB needs more memory than a worker has
MAX_FILM_PIXELS = 1_000_000_000  # of all frames together: some seconds of decoding
_ORIENTATION = 0x0112
_PIXELS = re.compile(r"\((\d+) pixels\)")
# What Pillow says of files that are whole and sound but of a kind that it does not decode
_VARIANT = re.compile(
    r"(unsupported|unknown) (bmp(?! palette)|pixel|data) [\w ]*(\(\d+\))?|compression not supported", re.IGNORECASE
)
_CUT_OFF = re.compile(r"truncated|not enough|unexpected end|requires a buffer", re.IGNORECASE)


@contextmanager
def silence_warnings() -> Iterator[None]:
    """Silence what Pillow warns about while it reads on; only too many pixels become an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def check_file_size(size: int) -> None:
    """Raise CannotRead `decoder_memory` for an image file of more bytes than a worker could decode."""
    if size > MAX_FILE_BYTES:
        raise CannotRead(
            f"The image file has {size / 1024**3:.1f} GiB; images above 1 GiB are not decoded.",
            cause="decoder_memory",
        )


def prepare_pillow() -> None:
    """Prepare Pillow in this process: HEIC, JPEG XL, and room for the long texts of AI images. Safe to call again."""
    pi_heif.register_heif_opener()
    register_jpeg_xl()
    PngImagePlugin.MAX_TEXT_CHUNK = png.TEXT_BYTES
    PngImagePlugin.MAX_TEXT_MEMORY = 2 * png.TEXT_BYTES
    Image.WARN_POSSIBLE_FORMATS = True  # otherwise a plugin's own reason for refusing a file is lost


@dataclass(frozen=True, slots=True)
class OpenedImage:
    """An image whose header was read; `size` is in pixels as stored, `stream` holds the whole file.

    Of a camera raw file `picture` is its preview, None where it has none, and `raw` says what else was read.
    """

    stream: BinaryIO
    picture: ImageFile | None
    format: str
    mode: str | None
    size: tuple[int, int]
    frames: int
    raw: CameraRaw | None = None

    @property
    def image(self) -> ImageFile:
        """What can be decoded. Raises CannotRead where there is nothing: `no_preview`, `truncated_image`."""
        if self.picture is None:
            assert self.raw is not None  # noqa: S101 - nothing else is opened without a picture
            raise self.raw.explain_no_preview()
        return self.picture


def open_image(stream: BinaryIO, format_: str) -> OpenedImage:
    """Read the header of an image; `format_` is its name in `formats.FORMATS`.

    Raises CannotRead: `truncated_image`, `damaged_image`, `unsupported_format`, `too_many_pixels`, `decoder_memory`.
    """
    prepare_pillow()
    if FORMAT_OF_NAME[format_].raw:
        return _open_raw(stream, format_)
    if format_ == "heic" and (missing := count_missing_bytes(stream, format_)):
        raise explain_missing_bytes(missing)  # libheif would show grey where the rest should be
    with _named_errors(stream, format_), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = _open(stream, format_)
        except UnidentifiedImageError as error:
            raise SyntaxError("; ".join(str(warning.message) for warning in caught)) from error
        note_colours(image, stream, format_)
        return OpenedImage(stream, image, format_, image.mode, _stored(image), int(getattr(image, "n_frames", 1)))


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
        opened.image.draft(None, (short_side, short_side))
        if opened.format == "tiff":
            opened.image.getexif()[_ORIENTATION] = orientation or 1
        if opened.frames == 1 and (drawn := draw_hdr(opened.image, opened.stream, opened.format, short_side)):
            return drawn
        opened.image.load()
    return opened.image


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
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        claimed = _PIXELS.search(detail)
        return CannotRead(
            f"The image claims {int(claimed[1]) / 1e6 if claimed else 0:,.0f} million pixels; "
            f"at most {(Image.MAX_IMAGE_PIXELS or 0) / 1e6:.0f} million are decoded.",
            cause="too_many_pixels",
        )
    if isinstance(error, EOFError | struct.error | IndexError) or _CUT_OFF.search(detail):
        sentence = "The image ends before its data does; the copy is probably incomplete."
        return CannotRead(sentence, cause="truncated_image")
    if variant := _VARIANT.search(detail):
        return CannotRead(
            f"The image is of a variant of its format that cannot be decoded: {variant[0].strip().lower()}.",
            cause="unsupported_format",
        )
    return CannotRead("The image data is damaged and cannot be decoded.", cause="damaged_image")
