"""The NSFW probability of what people see: in sRGB whatever says the colours, over white where nothing is."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from app.analysis.formats.colour_tags import Signal
from app.analysis.nsfw.network import Network, prepare_picture
from app.analysis.nsfw.weights import Weights
from app.analysis.recipes import Recipes
from tests.analysis.pictures.profiles import BT2020, P3, by_gamma, in_space, matrix_profile, to_hlg, to_pq
from tests.samples import landscape

SPACES = {
    "P3": (P3, by_gamma(2.2), {"icc_profile": matrix_profile(P3, 2.2)}),
    "PQ": (BT2020, to_pq, {"signal": Signal(9, 16)}),
    "HLG": (BT2020, to_hlg, {"signal": Signal(9, 18)}),
}


@pytest.fixture(scope="module")
def network(packaged_models):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENNSFW2_HOME", str(packaged_models / "nothing"))
        return Network(Recipes(Weights(None, packaged_models)).now().nsfw_model.ir)


@pytest.mark.parametrize("space", SPACES)
def test_a_scene_has_the_probability_that_it_has_in_srgb(space, network):
    corners, encode, said_by = SPACES[space]
    for name, size in (("dunes", (640, 480)), ("forest", (1600, 1200)), ("coast", (500, 900))):
        scene = landscape(name, size)
        wide = Image.fromarray(in_space(scene, corners, encode))
        wide.info |= said_by
        found, wanted = (network.find_probability(prepare_picture(picture)) for picture in (wide, scene))
        assert abs(found - wanted) <= 0.02, name
        apart = np.abs(prepare_picture(wide) - prepare_picture(scene))
        assert apart.mean() < 2.5, "of 255"


def test_pictures_in_srgb_are_looked_at_as_they_are():
    scene = landscape("peaks", (1300, 700))
    wanted = prepare_picture(scene)
    for profile in (ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), b"nonsense"):
        scene.info["icc_profile"] = profile
        assert (prepare_picture(scene) == wanted).all()
    opaque = scene.convert("RGBA")
    assert (prepare_picture(opaque) == wanted).all()


def look_alikes():
    """One look in many files: a scene, and nothing in its upper half."""
    scene = landscape("forest", (320, 240))
    white = scene.copy()
    white.paste("white", (0, 0, 320, 120))
    for under in ("red", "black", "white"):
        hidden = scene.convert("RGBA")
        hidden.paste((*Image.new("RGB", (1, 1), under).getpixel((0, 0)), 0), (0, 0, 320, 120))
        yield white, hidden
    keyed = scene.copy()
    keyed.paste((1, 2, 3), (0, 0, 320, 120))
    keyed.info["transparency"] = (1, 2, 3)
    yield white, keyed
    grey = hidden.convert("LA")
    yield white.convert("L"), grey
    yield white.convert("L"), grey.convert("La")
    few = scene.quantize(200)
    clear = few.copy()
    clear.paste(255, (0, 0, 320, 120))
    clear.info["transparency"] = 255
    plain = few.convert("RGB")
    plain.paste("white", (0, 0, 320, 120))
    yield plain, clear


def test_what_is_hidden_under_transparency_is_not_judged():
    for wanted, picture in look_alikes():
        assert (prepare_picture(picture) == prepare_picture(wanted)).all(), picture.mode


@pytest.mark.parametrize("options", [{"format": "PNG"}, {"format": "WEBP", "lossless": True, "exact": True}])
def test_nor_is_it_in_a_file(options):
    white, hidden = next(look_alikes())
    buffer = BytesIO()
    hidden.save(buffer, **options)
    with Image.open(buffer) as opened:
        assert (prepare_picture(opened) == prepare_picture(white)).all()
