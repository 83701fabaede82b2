"""The NSFW probability of a file: that of opennsfw2 itself, whatever the file looks like inside."""

import json
import os
import random
import subprocess
import sys
import zlib
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from app.analysis.nsfw.network import prepare_picture
from app.formats import Kind
from app.media import Analysis, Stage, StageStatus
from tests.analysis.nsfw.conftest import analysed
from tests.samples import film, landscape, photo
from tests.support.server import PROJECT, shared

FRAMES = 24
LOOKED_AT = [1, 4, 7, 10, 13, 16, 19, 22]  # eight of them, evenly spread
SIZE = (96, 64)
WITHOUT_SCALE = ("I", "F", "I;16", "I;16L", "I;16B", "I;16N")
FORMATS = {"PNG": "png", "BMP": "bmp", "JPEG2000": "jpeg2000", "AVIF": "avif", "HEIF": "heic"}
REFERENCE = f"""
import json, sys
sys.modules["openvino_telemetry"] = None
import keras, numpy, opennsfw2, openvino, pi_heif
from opennsfw2._image import preprocess_image
from PIL import Image, ImageFile, ImageOps
from app.analysis.nsfw import features, wheel
from app.analysis.nsfw.network import Network
from app.analysis.pictures.colour import note_colours, put_over_white, to_srgb
from app.analysis.pictures.picture import make_resizable

def whole(path):
    with Image.open(path) as picture:
        with_exif_alone(picture)  # Pillow turns a TIFF while it is loaded
        picture.load()
        with_exif_alone(picture)  # a PNG may have it behind its pixels
        with open(path, "rb") as file:
            note_colours(picture, file, {FORMATS}.get(picture.format, ""))
        if picture.mode in {WITHOUT_SCALE}:
            return to_srgb(make_resizable(picture))
        try:
            upright = ImageOps.exif_transpose(picture)
        except Exception:
            upright = picture.copy()
        return put_over_white(to_srgb(make_resizable(upright)))  # unlike opennsfw2, as people see it

def with_exif_alone(picture):
    for name in ("xmp", "XML:com.adobe.xmp"):  # by which Pillow turns a picture where EXIF says nothing
        picture.info.pop(name, None)

pi_heif.register_heif_opener()
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = True  # of what lacks its end mark alone; what lacks more has no probability
(weights, ir, exported), paths = sys.argv[1:], json.load(sys.stdin)
model, ours, found = opennsfw2.make_open_nsfw_model(weights_path=weights), Network(ir), []
pooled = model.get_layer("global_average_pooling2d").output
keras.Model(model.input, [model.output, pooled]).export(exported, format="openvino", verbose=False)
# Called, as opennsfw2 does, Keras takes 0.5 s a picture; its `predict` computes in bfloat16 where the processor can
theirs = openvino.compile_model(exported, "CPU", {{"INFERENCE_PRECISION_HINT": "f32"}})
for at in range(0, len(paths), 20):
    tensors = numpy.stack([preprocess_image(whole(path)) for path in paths[at:at + 20]]).astype("float32")
    for tensor, their, features in zip(tensors, *theirs(tensors).values()):
        probability, seen = ours.look(tensor)
        found.append((float(their[1]), probability, float(abs(features - seen).max())))
for path, (their, _, _) in list(zip(paths, found))[:1 + len(paths) // 80]:
    single = opennsfw2.predict_image(whole(path), weights_path=weights)
    assert abs(single - their) < 1e-6, (path, single, their)
print(json.dumps(found))
"""


# ----------------------------------------------------------------------------------------------------------- parity


@pytest.fixture(scope="module")
def large_photos(tmp_path_factory):
    """Photos of which a worker decodes only a part of the pixels: the corpus has few of them."""
    folder = tmp_path_factory.mktemp("large")
    sizes = [(1_300, 2_600), (1_920, 1_280), (2_400, 1_800), (4_000, 3_000)]
    scenes = ["dunes", "forest", "coast", "peaks"]
    return [
        photo(folder / f"{number}.jpg", size=size, scene=scene, seed=number, orientation=1 + number % 2 * 5)
        for number, (size, scene) in enumerate(zip(sizes, scenes, strict=True))
    ]


def compared(recipe, weights, paths, most, folder):
    """Of so many stills, by path: opennsfw2's own network with these weights, ours on its tensor, our analysis."""
    ours = {}
    for path in paths:
        result = analysed(recipe, path)
        # of a film our answer is that of several pictures, which has tests of its own below
        still = isinstance(result, Analysis) and result.identity.kind is Kind.IMAGE
        if still and result.nsfw and result.nsfw.frames == 1:
            ours[str(path)] = result.nsfw.probability
        if len(ours) == most:
            break
    answer = subprocess.run(
        [sys.executable, "-c", REFERENCE, weights, recipe.nsfw_model.ir, folder / "theirs.xml"],
        input=json.dumps(list(ours)), env=os.environ | {"KERAS_BACKEND": "openvino"}, cwd=PROJECT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr[-2_000:]
    theirs = json.loads(answer.stdout.splitlines()[-1])
    assert max(features for *_, features in theirs) < 1e-3, "of numbers up to about 5"
    return {path: (*both, ours[path]) for path, (*both, _) in zip(ours, theirs, strict=True)}


def corpus():
    """The files of the corpus in an order of their own, those first that can be decoded smaller, and be turned."""
    found = sorted(path for path in shared("corpus", "INGEST_TEST_CORPUS").rglob("*") if path.is_file())
    random.Random(20_261_120).shuffle(found)
    return sorted(found, key=lambda path: path.suffix.lower() != ".jpg")


def worst(found, at):
    """The largest difference to opennsfw2, and its file."""
    return max((abs(each[0] - each[at]), path) for path, each in found.items())


@pytest.mark.parametrize("most", [12, pytest.param(240, marks=pytest.mark.faults)])
def test_the_probability_is_that_of_opennsfw2_on_the_whole_upright_picture(
    most, packaged, packaged_h5, large_photos, tmp_path
):
    found = compared(packaged, packaged_h5, [*large_photos, *corpus()], most, tmp_path)
    middle = median(abs(their - our) for their, _, our in found.values())
    print(f"{len(found)} pictures, same tensor: {worst(found, 1)}; whole: median {middle:.6f}, {worst(found, 2)}")
    assert len(found) == most
    assert worst(found, 1)[0] <= 1e-5
    assert middle <= 0.001
    assert worst(found, 2)[0] <= 0.01


@pytest.mark.faults
def test_a_network_that_tells_pictures_apart_more_finds_the_same(recipe, nsfw_weights, large_photos, tmp_path):
    """The real weights find most pictures near 0, where a difference is small whatever is compared."""
    found = compared(recipe, nsfw_weights, [*large_photos, *corpus()], 240, tmp_path)
    theirs = [their for their, *_ in found.values()]
    assert min(theirs) < 0.1
    assert max(theirs) > 0.9
    assert sum(0.1 < their < 0.9 for their in theirs) > len(theirs) / 5
    assert worst(found, 1)[0] <= 1e-5
    assert median(abs(their - our) for their, _, our in found.values()) <= 0.002
    assert worst(found, 2)[0] <= 0.01


# ------------------------------------------------------------------------------------------ every sort of picture


def warm(size=SIZE):
    """A light, warm picture: these weights find it likely."""
    return Image.merge(
        "RGB", [Image.linear_gradient("L").resize(size).point(lambda v, m=m: int(v * m)) for m in (1, 0.8, 0.5)]
    ).point(lambda v: min(255, v // 2 + 120))


def cold(size=SIZE):
    """A dark, cold picture: these weights find it unlikely."""
    return ImageOps.invert(warm(size))


MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", *WITHOUT_SCALE)


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_of_any_mode_has_a_probability(mode, network):
    match mode:
        case "LAB" | "HSV" | "YCbCr" | "CMYK" | "RGBX":
            picture = warm().convert(mode)
        case "PA":
            picture = Image.new("PA", SIZE)
        case "RGBa":
            picture = warm().convert("RGBA").convert("RGBa")
        case "I" | "F":
            picture = warm().convert("L").convert(mode).point(lambda value: value * 4 + 5)
        case str() if mode.startswith("I;16"):
            picture = Image.frombytes(mode, SIZE, bytes(range(256)) * (SIZE[0] * SIZE[1] // 128))
        case _:
            picture = warm().convert(mode)
    assert picture.mode == mode
    assert 0 <= network.find_probability(prepare_picture(picture)) <= 1


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_transparency_changes_nothing(mode, network):
    picture = warm().convert(mode)
    plain = network.find_probability(prepare_picture(picture))
    picture.info["transparency"] = (9, 9, 9) if mode == "RGB" else 9
    assert network.find_probability(prepare_picture(picture)) == plain


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_pixels_of_more_than_8_bits_are_scaled_and_not_cut_off(mode, network):
    """Pillow's own conversion, which opennsfw2 uses, would make them white: this one exception is on purpose."""
    grey = Image.linear_gradient("L").resize((256, 256))
    deep = Image.frombytes("I;16", grey.size, b"".join(bytes((0, value)) for value in grey.tobytes()))
    expected = network.find_probability(prepare_picture(grey))
    white = network.find_probability(prepare_picture(Image.new("L", grey.size, 255)))
    assert abs(expected - white) > 0.05
    picture = deep if mode == "I;16" else deep.convert("I") if mode == "I" else deep.convert("I").convert("F")
    assert network.find_probability(prepare_picture(picture)) == pytest.approx(expected, abs=0.01)


@settings(max_examples=15)
@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    mode=st.sampled_from(["1", "L", "RGB", "RGBA", "CMYK", "P"]),
    seed=st.integers(0, 2**32),
)
def test_a_probability_is_between_0_and_1_whatever_the_picture_shows(size, mode, seed, network):
    bytes_needed = len(Image.new(mode, size).tobytes())
    picture = Image.frombytes(mode, size, random.Random(seed).randbytes(bytes_needed))
    assert 0 <= network.find_probability(prepare_picture(picture)) <= 1


TURNED = {
    1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip


def test_a_turned_picture_has_the_probability_of_the_upright_one(probability, tmp_path):
    upright = landscape("dunes", (1600, 1300))
    upright.save(tmp_path / "upright.jpg", quality=95)
    expected = probability(tmp_path / "upright.jpg")
    assert abs(expected - probability(photo(tmp_path / "wrong.jpg", picture=upright.rotate(180)))) > 0.02
    for value, turn in TURNED.items():
        exif = Image.Exif()
        exif[0x0112] = value
        stored = upright.transpose(turn) if turn is not None else upright
        stored.save(tmp_path / f"{value}.jpg", quality=95, exif=exif)
        assert probability(tmp_path / f"{value}.jpg") == pytest.approx(expected, abs=0.01), value


def test_what_else_is_in_a_file_changes_nothing(probability, tmp_path):
    path = tmp_path / "a.jpg"
    warm().save(path, quality=95)
    expected = probability(path)
    for more in ({"comment": b"c" * 60_000}, {"icc_profile": b"no profile" * 900}, {"icc_profile": b""}):
        warm().save(path, quality=95, **more)
        assert probability(path) == expected, more.keys()


# -------------------------------------------------------------------------------------------------------- films


@pytest.fixture(scope="module")
def expected(network):
    """The probabilities of a cold and of a warm picture, which are far apart."""
    low, high = (network.find_probability(prepare_picture(picture)) for picture in (cold(), warm()))
    assert low < 0.3
    assert high > 0.7
    return low, high


def animation(path, odd):
    """Cold frames that differ a little, so that none is left out, and one warm one."""
    pictures = [cold() for _ in range(FRAMES)]
    for number, picture in enumerate(pictures):
        picture.putpixel((number, 0), (200, 200, 200))
    pictures[odd] = warm()
    options = {"lossless": True} if path.suffix == ".webp" else {"speed": 8} if path.suffix == ".avif" else {}
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=40, **options)
    return path


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".avif"])
def test_eight_frames_of_an_animation_are_looked_at_and_one_that_differs_is_found(suffix, checked, expected, tmp_path):
    low, high = expected
    result = checked(animation(tmp_path / f"found{suffix}", LOOKED_AT[3]))
    assert (result.identity.frames, result.nsfw.frames) == (FRAMES, 8)
    assert result.nsfw.probability == pytest.approx(high, abs=0.05)
    assert result.nsfw.mean == pytest.approx((7 * low + high) / 8, abs=0.05)
    result = checked(animation(tmp_path / f"between{suffix}", LOOKED_AT[3] + 1))
    assert result.nsfw.probability == pytest.approx(low, abs=0.05)


def test_of_a_short_animation_each_frame_is_looked_at_once(checked, expected, tmp_path):
    warm().save(tmp_path / "a.gif", save_all=True, append_images=[cold(), warm((96, 64))], duration=40)
    found = checked(tmp_path / "a.gif").nsfw
    assert found.frames == 3
    assert found.mean == pytest.approx((2 * expected[1] + expected[0]) / 3, abs=0.05)


def test_an_animation_that_is_damaged_in_the_middle_has_no_probability_and_a_failed_stage(checked, expected, tmp_path):
    path = animation(tmp_path / "a.png", LOOKED_AT[0])
    content = bytearray(path.read_bytes())
    chunks, at = [], 8
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        chunks.append((bytes(content[at + 4 : at + 8]), at, length))
        at += 12 + length
    pictures = [chunk for chunk in chunks if chunk[0] == b"fdAT"]
    _, at, length = pictures[11]
    content[at + 12 : at + 8 + length] = bytes(length - 4)  # its number stays
    content[at + 8 + length : at + 12 + length] = zlib.crc32(content[at + 4 : at + 8 + length]).to_bytes(4, "big")
    path.write_bytes(content)
    result = checked(path)
    assert isinstance(result, Analysis)
    ended = result.stages[Stage.NSFW]
    assert (ended.status, ended.cause) == (StageStatus.FAILED, "damaged_image")
    assert result.nsfw is None, "what was not looked at to its end is not known"


def test_eight_frames_of_a_video_are_looked_at(checked, expected, tmp_path):
    low, high = expected
    size = (256, 192)
    pictures = [cold(size)] * 13 + [warm(size)] * 3
    result = checked(film(tmp_path / "a.mp4", pictures), Stage.THUMBNAIL)
    assert (result.nsfw.frames, result.stages[Stage.NSFW].status) == (8, StageStatus.DONE)
    assert result.nsfw.probability == pytest.approx(high, abs=0.1)
    warm_ones = (result.nsfw.mean - low) / (high - low) * 8
    assert warm_ones == pytest.approx(1.5, abs=0.8), "3 of 16 frames, so one or two of eight"
