"""Opens JPEG XL for Pillow: the header by our own reader, the pixels by imagecodecs (libjxl), an extra.

Without the extra such files are known, and what they say of themselves is read; their pixels are not.
"""

from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from PIL import Image, ImageFile

from app.analysis.formats.jxl import CODESTREAM, CONTAINER, exif_of_box, read_jxl
from app.analysis.pictures.colour import SIGNAL, draw_deep
from app.errors import CannotRead
from app.regions import SIDEWAYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "JXL"
_UNPACKED_BYTES = 16 * 1024 * 1024  # of EXIF or XMP
_CHANNELLED = 3  # dimensions
_DEEP = 65_535


def register_jpeg_xl() -> None:
    """Let Pillow know JPEG XL. Safe to call again."""
    Image.register_open(NAME, JpegXlImage, _accepts)


def _accepts(head: bytes) -> bool:
    return head.startswith((CODESTREAM, CONTAINER))


class JpegXlImage(ImageFile.ImageFile):
    """A JPEG XL picture as it is to be seen, size and all: libjxl turns it. What it was is in `info`, as of a HEIC."""

    format = NAME
    format_description = "JPEG XL"

    def _open(self) -> None:
        try:
            self._header = read_jxl(cast("Any", self.fp))
        except ValueError as error:
            raise SyntaxError(str(error)) from error
        width, height = self._header.size
        self._size = (height, width) if self._header.orientation in SIDEWAYS else (width, height)
        self._mode = ("L" if self._header.grey else "RGB") + ("A" if self._header.alpha else "")
        self.info["original_orientation"] = self._header.orientation
        if self._header.signal is not None:
            self.info[SIGNAL] = self._header.signal
        for name, content in self._header.blocks.items():
            unpacked = _unpacked(content) if name.startswith("packed:") else content
            name_ = name.removeprefix("packed:")
            self.info.setdefault(name_, exif_of_box(unpacked) if name_ == "exif" else unpacked)
        self._source, self._frame, self._short_side = self.fp, 0, 0
        self._frames: NDArray[Any] | None = None
        self.n_frames = self._count_frames()
        self.is_animated = self.n_frames > 1
        self.tile = [ImageFile._Tile(NAME, (0, 0, *self.size), 0, None)]  # noqa: SLF001 - so that there is something

    def _count_frames(self) -> int:
        """How many frames there are: an animation tells only when it is decoded."""
        if not self._header.animated or find_spec("imagecodecs") is None:
            return 1
        try:
            found = self._decode(None)
        except Exception:  # noqa: BLE001 - for whoever wants the pixels to say
            return 1
        if found.ndim == (3 if self._header.grey and not self._header.alpha else 4):
            self._frames = found
            return len(found)
        return 1

    def draft(self, mode: str | None, size: tuple[int, int] | None) -> None:  # noqa: ARG002
        """Let HDR be drawn no larger than needed, its shorter side at least that of `size`."""
        self._short_side = min(size) if size else 0

    def seek(self, frame: int) -> None:
        """Go to a frame of an animation."""
        if self._seek_check(frame):
            self._frame = frame
            self.tile = [ImageFile._Tile(NAME, (0, 0, *self.size), 0, None)]  # noqa: SLF001 - as above

    def tell(self) -> int:
        """The number of the frame."""
        return self._frame

    def load(self) -> Any:
        """Decode the frame. Raises CannotRead `unsupported_format` without imagecodecs, and what that raises."""
        if self.tile:
            pixels = self._drawn(self._frames[self._frame] if self._frames is not None else self._decode(0))
            if self._header.has_profile and self._header.transcoded:
                self.info["icc_profile"] = self._find_profile()
            self._mode, self._size = pixels.mode, pixels.size
            self.im, self.tile = pixels.im, []
        return super().load()

    def _decode(self, index: int | None) -> "NDArray[Any]":
        if find_spec("imagecodecs") is None:
            raise CannotRead(
                "JPEG XL cannot be decoded: imagecodecs is not installed; `pip install 'media-ingest[jxl]'` adds it.",
                cause="unsupported_format",
            )
        import imagecodecs

        return imagecodecs.jpegxl_decode(self._content(), index=index, numthreads=1)

    def _find_profile(self) -> bytes | None:
        """The profile of the JPEG that was packed: that in the codestream is packed in a way of its own."""
        import imagecodecs

        try:
            with Image.open(
                BytesIO(imagecodecs.jpegxl_decode_jpeg(self._content(), numthreads=1)), formats=("JPEG",)
            ) as packed:
                return packed.info.get("icc_profile")
        except Exception:  # noqa: BLE001 - a class of imagecodecs' own, and what Pillow raises
            return None

    def _content(self) -> bytes:
        stream = cast("BinaryIO", self._source)
        stream.seek(0)
        return stream.read()

    def _drawn(self, pixels: "NDArray[Any]") -> Image.Image:
        """The pixels as an image of 8 bits a channel; light in sRGB, since 8 bits are too few for it."""
        import numpy as np

        numbers = pixels if pixels.ndim == _CHANNELLED else pixels[..., None]
        if numbers.dtype.kind == "f":
            numbers = np.rint(np.clip(np.nan_to_num(numbers), 0, 1) * _DEEP).astype(np.uint16)
        elif numbers.dtype != np.uint8:
            top = (1 << min(self._header.bits, 16)) - 1
            numbers = (np.minimum(numbers, top).astype(np.uint32) * _DEEP // top).astype(np.uint16)
        colours = 1 if self._header.grey else 3
        alpha = numbers[..., colours] if self._header.alpha and numbers.shape[-1] > colours else None
        signal = self.info.get(SIGNAL)
        if numbers.dtype == np.uint16 and signal and not signal.is_srgb:
            drawn = draw_deep(
                np.broadcast_to(numbers[..., :colours], (*numbers.shape[:2], 3)), signal, self._short_side
            )
            self.info.pop(SIGNAL)
        else:
            drawn = Image.fromarray(_shallow(numbers[..., 0] if self._header.grey else numbers[..., :colours]))
        if alpha is not None:
            drawn.putalpha(Image.fromarray(_shallow(alpha)).resize(drawn.size))
        return drawn


def _shallow(numbers: "NDArray[Any]") -> "NDArray[Any]":
    """The upper 8 bits."""
    import numpy as np

    return np.ascontiguousarray(numbers if numbers.dtype == np.uint8 else (numbers >> 8).astype(np.uint8))


def _unpacked(content: bytes) -> bytes:
    """What Brotli packed; nothing where it is damaged, too large, or there is no imagecodecs."""
    if find_spec("imagecodecs") is None:
        return b""
    import imagecodecs

    try:
        return bytes(imagecodecs.brotli_decode(content, out=bytearray(_UNPACKED_BYTES)))
    except Exception:  # noqa: BLE001 - a class of imagecodecs' own, which is there only when it is
        return b""
