"""Pictures that were drawn here before, as documents take them: WebP, which few programs know in a document, as JPEG.

It decodes no original: what is kept in the state folder, or came out of a worker, is small, sRGB and upright.
"""

from io import BytesIO

from PIL import Image, UnidentifiedImageError

from app.analysis.pictures.colour import put_over_white
from app.analysis.pictures.picture import PREVIEW_SIDE

PRINTED_SIDE = 1_280  # px, some 190 to an inch on the width of a page
_QUALITY = 88
_AS_IT_IS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


def as_printed(drawn: bytes) -> bytes | None:
    """A picture of ours as JPEG of at most 1,280 px a side, over white; JPEG and PNG as they are.

    None of what is no picture of ours: another format, more than 2,048 px a side, or damaged.
    """
    if drawn.startswith(_AS_IT_IS):
        return drawn
    try:
        with Image.open(BytesIO(drawn), formats=("WEBP",)) as image:
            if max(image.size) > PREVIEW_SIDE:
                return None
            whole = put_over_white(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError):
        return None
    whole.thumbnail((PRINTED_SIDE, PRINTED_SIDE), Image.Resampling.LANCZOS)
    written = BytesIO()
    whole.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return written.getvalue()
