"""Decodes an image as far as that goes, and tells how much of it was seen.

What a decoder leaves of a damaged picture looks like a picture: grey, black, or made up. So it is decoded twice, over
another ground and with other bytes in place of those that are missing: a row that comes out alike is the file's. It
costs nothing where an image is whole.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from PIL import Image

from app.analysis.formats.completeness import (
    count_unwritten_bytes,
    explain_damage,
    explain_missing_bytes,
    lacks_only_its_end,
)
from app.analysis.formats.completion import ATTEMPTS, Scans, complete, count_scans
from app.analysis.formats.gaps import count_lost_bytes
from app.analysis.pictures.image import (
    LARGE_PIXELS,
    SHORT_SIDE,
    OpenedImage,
    decode_image,
    explain_error,
    open_header,
    prepare_header,
)
from app.analysis.pictures.image_data import find_image_data
from app.errors import CannotRead
from app.formats import FORMAT_OF_NAME

DAMAGE = frozenset(("damaged_image", "truncated_image"))
_GROUNDS = (128, 60)  # grey levels on which a picture is decoded: the first is seen where nothing came


@dataclass(frozen=True, slots=True)
class SeenImage:
    """What was seen of an image: all of it, or else the `problem`, with what could be decoded, which may be nothing."""

    image: Image.Image | None
    problem: CannotRead | None = None

    @property
    def whole(self) -> Image.Image:
        """The image, of which all was seen. Raises CannotRead where it was not."""
        if self.problem:
            raise self.problem
        assert self.image is not None  # noqa: S101 - without a problem there is an image
        return self.image


def see_image(opened: OpenedImage, orientation: int | None = None, short_side: int = SHORT_SIDE) -> SeenImage:
    """Decode the first frame as `decode_image` does, and of a damaged one what there is.

    Raises CannotRead where the image is not at fault: as `open_image`, but for `damaged_image` and `truncated_image`.
    """
    problem = None
    if not opened.missing:
        try:
            image = decode_image(opened, orientation, short_side)
            lost = count_lost_bytes(opened.stream) if opened.format == "jpeg" else 0
            return SeenImage(image, explain_damage(f"{lost:,} bytes in its midst are lost") if lost else None)
        except CannotRead as error:
            if error.cause not in DAMAGE:
                raise
            problem = error
    if opened.problem:
        raise opened.problem
    large = opened.format != "jpeg" and opened.size[0] * opened.size[1] > LARGE_PIXELS  # twice would take too long
    if opened.picture is None or large:
        return SeenImage(None, problem or explain_missing_bytes(opened.missing))
    return _see_part(opened, problem, _decoded(opened, orientation, short_side))


def _see_part(opened: OpenedImage, problem: CannotRead | None, pictures: Iterator[Image.Image]) -> SeenImage:
    """What two ways of decoding agree upon; of an image that lacks only what stands behind its pixels that is all."""
    first = next(pictures, None)
    if first is None:
        return SeenImage(None, problem or explain_missing_bytes(opened.missing))
    second = next((picture for picture in pictures if picture.size == first.size), None)
    unseen = _unseen_rows(first, second, opened.format) if second else []
    scans = _scans_of(opened)
    if second and not (unseen or problem) and _shows_all(opened, scans):
        return SeenImage(first)
    # what a decoder makes up in the same way each time is reckoned by bytes
    share = len(unseen) / first.height if unseen else opened.missing / (opened.missing + opened.length)
    if share == 1:
        return SeenImage(None, problem or explain_missing_bytes(opened.missing))
    what = _in_words(share, last=_at_the_end(unseen, first.height))
    if scans.coarse:
        what = "finer details are missing"
    elif second and not unseen and opened.frames > 1:
        what = "some of its frames are missing"
    if opened.missing or problem is None or problem.cause == "truncated_image":
        return SeenImage(first, explain_missing_bytes(opened.missing, what))
    return SeenImage(first, explain_damage(what) if unseen else problem)


def _decoded(opened: OpenedImage, orientation: int | None, short_side: int) -> Iterator[Image.Image]:
    """The picture, decoded in one way after the other, over another ground each time."""
    for attempt in range(ATTEMPTS):
        content = complete(opened.stream, opened.format, attempt) if opened.missing else None
        stream: BinaryIO = opened.stream if content is None else BytesIO(content)
        with suppress(CannotRead):
            yield _painted(stream, opened.format, orientation, short_side, _GROUNDS[attempt % 2])
        if content is None and attempt:
            return


def _shows_all(opened: OpenedImage, scans: Scans) -> bool:
    """Whether a picture that comes out alike in every way is whole: then only what stands behind it is missing."""
    if not scans.every:
        return False
    if opened.frames == 1 and FORMAT_OF_NAME[opened.format].words_behind:
        written = opened.length - count_unwritten_bytes(opened.stream, opened.length)
        return find_image_data(opened.stream, opened.format, written) is not None
    return lacks_only_its_end(opened.missing, opened.format)


def _scans_of(opened: OpenedImage) -> Scans:
    """What came of a picture that may come in several scans, as those of a JPEG or the layers of a JPEG 2000."""
    if opened.missing and opened.format == "jpeg":
        return count_scans(complete(opened.stream, opened.format) or b"")
    layers = opened.format == "jpeg2000" and not lacks_only_its_end(opened.missing, opened.format)
    return Scans(every=not layers, coarse=layers)


def _painted(stream: BinaryIO, format_: str, orientation: int | None, short_side: int, ground: int) -> Image.Image:
    """What a decoder paints over a ground until it gives up. Raises CannotRead where it paints nothing."""
    image = open_header(stream, format_)
    prepare_header(image, format_, orientation, short_side)
    plain = image.mode in _PAINTED and bool(image.tile)  # else it is handed over as a whole, or not
    if plain:
        bands = len(image.getbands())
        colour = (ground,) * min(bands, 3) + (255,) * (bands > 3)
        size = getattr(image, "_tile_size", image.size)
        image.im = Image.core.fill(  # type: ignore[attr-defined]
            image.mode, size, colour if bands > 1 else ground
        )
    try:
        image.load()
    except Exception as error:
        image.tile = []
        if isinstance(error, MemoryError) or not plain:
            raise explain_error(error) from error
        with suppress(Exception):
            image.load_end()
        try:
            image.load()  # nothing is decoded any more; a palette that does not fit is refused each time
        except Exception as again:
            raise explain_error(again) from again
    return image


_PAINTED = frozenset(("1", "L", "LA", "P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB"))


def _unseen_rows(one: Image.Image, other: Image.Image, format_: str) -> list[int]:
    """The rows that are not the file's: those that came out otherwise, and what follows the first of them."""
    height = one.height
    if one.mode != other.mode:
        return [*range(height)]
    first, second = memoryview(one.tobytes()), memoryview(other.tobytes())
    length = len(first) // height
    rows = (slice(row * length, (row + 1) * length) for row in range(height))
    unlike = [row for row, place in enumerate(rows) if first[place] != second[place]]
    return [*range(unlike[0], height)] if unlike and not FORMAT_OF_NAME[format_].any_order else unlike


def _at_the_end(rows: list[int], height: int) -> bool:
    return not rows or rows == [*range(rows[0], height)]


def _in_words(share: float, *, last: bool) -> str:
    percent = min(99, round(100 * share))
    if not percent:
        return "less than 1 % is missing"
    return f"the last {percent} % are missing" if last else f"{percent} % are missing"
