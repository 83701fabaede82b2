"""The pixels of one image, decoded once for whichever stage asks first, and larger where a stage needs that."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import cached_property

from PIL import Image

from app.analysis.pictures.image import SHORT_SIDE, OpenedImage, find_turn, open_image
from app.analysis.pictures.partial import SeenImage, see_image
from app.analysis.pictures.picture import SIDE, make_picture
from app.analysis.pictures.same import compute_picture_sha256
from app.crash_points import crash_point
from app.errors import CannotRead
from app.media import Picture


class Pixels:
    """An image and its pixels; `orientation` is what the file says of itself, `side` that of the picture to be made."""

    def __init__(self, content: OpenedImage, orientation: int | None, side: int = SIDE) -> None:
        self._content, self._orientation, self._side = content, orientation, side

    @cached_property
    def seen(self) -> SeenImage:
        """What can be seen of the image. Raises CannotRead."""
        seen = see_image(self._content, self._orientation, max(SHORT_SIDE, self._side))
        crash_point("decoded")
        return seen

    @property
    def whole(self) -> Image.Image:
        """The pixels of an image of which all was seen. Raises CannotRead."""
        return self.seen.whole

    def larger(self, short_side: int) -> Image.Image:
        """The pixels, decoded to a shorter side of so many px at least, if the file has as many. Raises CannotRead.

        What other stages are shown does not depend on this one.
        """
        content, whole = self._content, self.whole
        lacks_none = whole.width * whole.height >= content.size[0] * content.size[1]
        if content.frames == 1 and (lacks_none or min(whole.size) >= short_side):
            return whole
        again = open_image(content.stream, content.format)  # an animation may have gone on to another frame
        return see_image(again, self._orientation, short_side).whole

    def turn(self, decoded: Image.Image) -> int:
        """The EXIF value 1..8 that turns decoded pixels upright."""
        return find_turn(self._content, decoded, self._orientation)

    def make_picture(self) -> tuple[Picture | None, CannotRead | None]:
        """The picture that people are shown, of what was seen, and why that is not all."""
        seen = self.seen
        if seen.image is None:
            return None, seen.problem
        turn = self.turn(seen.image)
        if seen.problem:
            return replace(make_picture(seen.image, turn, self._side), phash=None), seen.problem
        if self._side != SIDE:
            return make_picture(seen.image, turn, self._side), None
        with ThreadPoolExecutor(1) as beside:  # both leave the interpreter to each other for most of the time
            sha256 = beside.submit(self._picture_sha256)
            made = make_picture(seen.image, turn, self._side)
            return replace(made, sha256=sha256.result()), None

    def _picture_sha256(self) -> str | None:
        """The hash of the picture; None where it has none, or fails, as the picture itself did not."""
        with suppress(Exception):
            return compute_picture_sha256(self._content, self.whole, self.turn(self.whole))
        return None
