"""How well altered copies are found again, and how fast: the figures that docs/operations.md promises.

    python tests/benchmarks/bench_alike.py         prints a table, exit 1 where a bar is missed; `make bench` runs it

1. Recognition: every picture of the shared corpus that can be decoded and has more than 200 px a side is altered in
   five ways (cropped by 20 %, mirrored, a banner over it, turned by 8 degrees, a third of the size), saved as JPEG and
   asked for among all pictures as they were. The first answer is right if it is the picture, or one that is the same or
   looks the same: no more than 2 bits of the perceptual hash and 40 of the features apart. Each way of asking is
   counted by itself; the better of both is where either of them is right. A wrong first answer within the distance
   that counts as similar is a false hit. Drawn pictures stand in where the corpus is absent.
2. Speed: one question over 1,000,000 codes of 1,024 bits, in the file that a library keeps them in; and over as many
   perceptual hashes: in processor time, the shortest of some rounds.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageOps

from app.analysis.formats.recognise import recognise
from app.analysis.formats.tiff import find_orientation
from app.analysis.metadata.embedded import read_embedded
from app.analysis.nsfw import wheel
from app.analysis.nsfw.conversion import convert_weights
from app.analysis.nsfw.features import pack_features
from app.analysis.nsfw.network import Network, block_telemetry, prepare_picture
from app.analysis.nsfw.wheel import locate_onnx
from app.analysis.pictures.colour import put_over_white, to_srgb
from app.analysis.pictures.image import decode_image, find_turn, open_image, prepare_pillow, silence_warnings
from app.analysis.pictures.picture import make_picture, make_resizable, turn_upright
from app.formats import Kind
from app.library.alike.codes import BITS, NAME, CodeFile
from app.library.alike.near import SIMILAR, By
from tests import samples
from tests.benchmarks.figures import report

if TYPE_CHECKING:
    from app.library.engine import Engines

FILES, ROUNDS = 1_000_000, 7
QUESTION_MS, KEPT_MB = 100.0, 40.0
SHORT_SIDE = 200  # px, more than
OF_ALL, OF_EACH = 90.0, 80.0
LOOKS_THE_SAME = (2, 40)
CORPUS = Path(os.environ.get("INGEST_TEST_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
Codes = npt.NDArray[np.uint64]


def _cropped(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    return picture.crop((width // 10, height // 10, width - width // 10, height - height // 10))


def _with_banner(picture: Image.Image) -> Image.Image:
    made = picture.copy()
    width, height = made.size
    draw = ImageDraw.Draw(made)
    draw.rectangle((0, height - height // 6, width, height), fill=(20, 20, 20))
    draw.text(
        (width // 20, height - height // 8), "BREAKING NEWS", fill=(255, 255, 255), font_size=max(8, height // 14)
    )
    return made


def _third(picture: Image.Image) -> Image.Image:
    return picture.resize((max(1, picture.width // 3), max(1, picture.height // 3)), Image.Resampling.LANCZOS)


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "cropped by 20 %": _cropped,
    "mirrored": ImageOps.mirror,
    "with a banner": _with_banner,
    "turned by 8 degrees": lambda picture: picture.rotate(8, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255)),
    "a third of the size": _third,
}


class Seen(NamedTuple):
    """What pictures look like: perceptual hashes of 64 bits, and codes of 16 x 64."""

    hashes: Codes
    codes: Codes


def pictures() -> Iterator[Image.Image]:
    """The pictures, upright, as people see them."""
    if not CORPUS.is_dir():
        print("shared/corpus is not beside the project: drawn pictures are looked at instead")
        yield from (samples.landscape(name, (640, 480), seed=n) for name in samples.SCENES for n in range(6))
        return
    for path in sorted(CORPUS.rglob("*")):
        if not path.is_file():
            continue
        with silence_warnings():
            try:
                format_ = recognise(path.read_bytes()[:65_536])
                if format_ is None or format_.kind is not Kind.IMAGE:
                    continue
                opened = open_image(BytesIO(path.read_bytes()), format_.name)
                if min(opened.size) <= SHORT_SIDE or opened.missing:
                    continue
                decoded = decode_image(opened)
                turn = find_turn(opened, decoded, find_orientation(read_embedded(opened).exif))
                yield put_over_white(to_srgb(make_resizable(turn_upright(decoded, turn)))).convert("RGB")
            except Exception:  # noqa: BLE001, S112 - the corpus holds files that are broken on purpose
                continue


def altered(picture: Image.Image, change: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """An altered copy as somebody would have saved it."""
    buffer = BytesIO()
    change(picture).save(buffer, "JPEG", quality=85)
    return Image.open(buffer)


def seen(network: Network, found: list[Image.Image]) -> Seen:
    """What these pictures look like."""
    hashes, codes = [], []
    for each in found:
        phash, bits = (
            make_picture(each, 1).phash,
            pack_features(network.look(prepare_picture(each))[1], wheel.WEIGHTS_SHA256),
        )
        assert phash is not None
        assert bits is not None
        hashes.append(int(phash, 16))
        codes.append(np.frombuffer(bits, np.uint64))
    return Seen(np.array(hashes, np.uint64), np.stack(codes))


def apart(codes: Codes, code: Codes) -> npt.NDArray[np.int64]:
    """In how many bits each of these differs."""
    return np.bitwise_count(codes ^ code).astype(np.int64).reshape(len(codes), -1).sum(axis=1)


def recognition(network: Network) -> bool:
    """The first part: prints what was found again, and whether it is enough."""
    originals: list[Seen] = []
    copies: dict[str, list[Seen]] = {name: [] for name in CHANGES}
    for picture in pictures():
        originals.append(seen(network, [picture]))
        for name, change in CHANGES.items():
            copies[name].append(seen(network, [altered(picture, change)]))
    hashes = np.concatenate([each.hashes for each in originals])[:, None]
    codes = np.concatenate([each.codes for each in originals])
    print(f"    {len(originals)} pictures; first answers that are right, and false hits, of {len(originals)} each:")
    passed, right_in_all = [], 0
    for name, found in copies.items():
        right = {By.PHASH: 0, By.FEATURES: 0}
        false, better = dict(right), 0
        for at, copy in enumerate(found):
            looks_same = (apart(hashes, hashes[at]) <= LOOKS_THE_SAME[0]) & (
                apart(codes, codes[at]) <= LOOKS_THE_SAME[1]
            )
            first = {By.PHASH: apart(hashes, copy.hashes), By.FEATURES: apart(codes, copy.codes)}
            hit = {by: bool(looks_same[distances.argmin()]) for by, distances in first.items()}
            better += any(hit.values())
            for by, distances in first.items():
                right[by] += hit[by]
                false[by] += not hit[by] and int(distances.min()) <= SIMILAR[by]
        right_in_all += better
        print(
            f"    {name:<20} hash {right[By.PHASH]:4} (false {false[By.PHASH]:3}),"
            f" features {right[By.FEATURES]:4} (false {false[By.FEATURES]:3})"
        )
        passed.append(report(f"{name}, found by the better", 100 * better / len(found), OF_EACH, " %", at_least=True))
    of_all = 100 * right_in_all / (len(originals) * len(CHANGES))
    return all((*passed, report("all changes, found by the better", of_all, OF_ALL, " %", at_least=True)))


def speed(folder: Path) -> bool:
    """The second part: one question over a million codes, and over as many hashes."""
    rng = np.random.default_rng(15)
    rows = np.empty((FILES, 1 + BITS // 64), np.uint64)
    rows[:, 0] = 1
    rows[:, 1:] = rng.integers(0, 2**64, (FILES, BITS // 64), np.uint64, endpoint=False)
    rows.tofile(folder / f"{NAME}.bin")
    hashes = rows[:, 1].copy()
    del rows
    codes = CodeFile(cast("Engines", None), folder)
    before = _memory_mb()
    best_codes, best_hashes = float("inf"), float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        near = codes.near(FILES // 2, SIMILAR[By.FEATURES])
        best_codes = min(best_codes, time.process_time() - began)
        assert near is not None
        assert near.ids.tolist() == [FILES // 2]
        began = time.process_time()
        np.flatnonzero(np.bitwise_count(hashes ^ hashes[7]) <= SIMILAR[By.PHASH])
        best_hashes = min(best_hashes, time.process_time() - began)
    del near
    return all(
        (
            report("one question over 1,000,000 codes", 1000 * best_codes, QUESTION_MS, " ms"),
            report("one question over 1,000,000 hashes", 1000 * best_hashes, QUESTION_MS, " ms"),
            report("memory that is kept after it", _memory_mb() - before, KEPT_MB, " MB"),
        )
    )


def _memory_mb() -> float:
    """What this process has in memory now."""
    with open("/proc/self/statm") as opened:
        return int(opened.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> int:
    """Measures both and prints the table."""
    block_telemetry()
    prepare_pillow()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        convert_weights(str(locate_onnx()), wheel.FILE_SHA256, str(folder / "model.xml"))
        passed = (recognition(Network(str(folder / "model.xml"))), speed(folder))
    print(f"({os.cpu_count()} processors, {sys.platform}, Python {sys.version.split()[0]})")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
