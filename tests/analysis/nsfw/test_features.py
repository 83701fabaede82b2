"""What the network saw, kept as bits: like pictures have like ones, whatever was done to them."""

from types import SimpleNamespace

import numpy as np
import pytest

from app.analysis.nsfw import conversion, features, wheel
from app.analysis.nsfw.features import locate_medians, pack_features
from app.analysis.nsfw.network import Network
from app.analysis.pictures.image import decode_image
from app.media import Analysis, Stage, StageStatus
from tests.analysis.nsfw.conftest import analysed
from tests.samples import landscape, photo
from tests.support import medians
from tests.support.server import shared

# ----------------------------------------------------------------------------------------------------- features


def distance(one, other):
    """How many bits differ."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def test_a_bit_says_whether_a_feature_is_above_its_median(monkeypatch):
    medians = np.linspace(0, 2, 1024, dtype="<f4")
    monkeypatch.setattr(features, "_medians", {"known": medians, "other": None}.get)
    seen = medians.copy()
    seen[[0, 9, 1023]] += 0.1
    found = pack_features(seen, "known")
    assert (len(found), found[0], found[1], found[-1]) == (128, 0b1000_0000, 0b0100_0000, 1)
    assert sum(found) == 0b1000_0000 + 0b0100_0000 + 1
    assert pack_features(seen, "other") is None


NO_FEATURES = {
    "none": np.zeros(0, "<f4"),
    "too few": np.ones(1023, "<f4"),
    "of two pictures": np.ones((2, 1024), "<f4"),
    "not a number": np.full(1024, np.nan, "<f4"),
    "without end": np.full(1024, np.inf, "<f4"),
    "negative": np.full(1024, -1, "<f4"),
}


@pytest.mark.parametrize("what", NO_FEATURES)
def test_what_can_be_no_features_is_left_out_and_no_model_is_kept_that_gives_it(what):
    assert pack_features(NO_FEATURES[what], wheel.WEIGHTS_SHA256) is None
    assert not agrees(NO_FEATURES[what])


def test_a_model_is_kept_whose_features_are_those_of_its_weights():
    assert agrees(np.full(1024, 2, "<f4"))
    assert not agrees(np.full(1024, 2.1, "<f4")), "others are refused though the probability is right"
    assert not agrees(np.full(1024, 2, "<f4"), probability=0.51)


def agrees(seen, probability=0.5):
    """Whether a model that finds this agrees with one that finds 2.0 everywhere, and a probability of 0.5."""
    network = SimpleNamespace(look=lambda _: (probability, seen))
    return conversion._agrees(network, lambda pictures: (np.full((3, 2), 0.5), np.full((3, 1024), 2.0)))


@pytest.mark.parametrize("cut", [0, 1, 4, 4096, -1, -4], ids=lambda cut: f"{cut} bytes fewer")
def test_medians_that_are_damaged_cost_the_features_and_not_the_probability(cut, tmp_path, monkeypatch):
    (tmp_path / "medians.f32").write_bytes(bytes(4096 - cut))
    monkeypatch.setattr(features, "locate_medians", lambda _: tmp_path / "medians.f32")
    monkeypatch.setattr(features, "_medians", features._medians.__wrapped__)
    assert (pack_features(np.ones(1024, "<f4"), "x") is None) == (cut != 0)


def test_pictures_that_are_alike_have_features_that_are_alike(packaged, checked, tmp_path):
    dunes = landscape("dunes", (800, 600))
    alike = {"a.png": dunes, "small.jpg": dunes.resize((400, 300)), "coast.png": landscape("coast", (800, 600))}
    found = []
    for name, picture in alike.items():
        picture.save(tmp_path / name)
        found.append(analysed(packaged, tmp_path / name).nsfw.features)
    same, other = distance(found[0], found[1]), distance(found[0], found[2])
    print(f"{same} bits to a smaller copy, {other} to another picture")
    assert same * 2 < other
    assert checked(tmp_path / "a.png").nsfw.features is None, "the medians are of other weights"


def test_a_film_has_the_features_of_its_likeliest_frame(packaged, tmp_path):
    pictures = [landscape(name, (320, 240)) for name in ("dunes", "forest", "coast")]
    stills = []
    for number, picture in enumerate(pictures):
        picture.save(tmp_path / f"{number}.png")
        stills.append(analysed(packaged, tmp_path / f"{number}.png").nsfw)
    pictures[0].save(tmp_path / "film.png", save_all=True, append_images=pictures[1:], duration=40)
    found = analysed(packaged, tmp_path / "film.png").nsfw
    likeliest = max(stills, key=lambda nsfw: nsfw.probability)
    assert (found.frames, found.probability, found.features) == (3, likeliest.probability, likeliest.features)
    assert len({nsfw.features for nsfw in stills}) == 3


@pytest.mark.faults
def test_the_medians_that_are_shipped_are_those_of_the_corpus(packaged):
    number, found = medians.medians(Network(packaged.nsfw_model.ir), shared("corpus", "INGEST_TEST_CORPUS"))
    shipped = np.fromfile(locate_medians(wheel.WEIGHTS_SHA256), "<f4")
    assert number == 69
    assert np.abs(found - shipped).max() < 1e-3


# ---------------------------------------------------------------------------------------------------- one decode


@pytest.mark.parametrize("more", [(), (Stage.THUMBNAIL,), (Stage.METADATA, Stage.THUMBNAIL)])
def test_a_picture_is_decoded_once_for_whichever_stages(more, checked, tmp_path, monkeypatch):
    decoded, decode = [], decode_image
    monkeypatch.setattr(
        "app.analysis.pictures.partial.decode_image", lambda *opened: decoded.append(opened) or decode(*opened)
    )
    result = checked(photo(tmp_path / "a.jpg"), *more)
    assert result.nsfw is not None
    assert (result.picture is not None) == (Stage.THUMBNAIL in more)
    assert len(decoded) == 1


def test_of_a_picture_that_was_not_seen_whole_no_probability_is_known(checked, tmp_path):
    path = photo(tmp_path / "a.jpg")
    path.write_bytes(path.read_bytes()[:3_000])
    for stages in ((), (Stage.THUMBNAIL,)):
        result = checked(path, *stages)
        assert isinstance(result, Analysis)
        assert result.nsfw is None
        for stage in (*stages, Stage.NSFW):
            ended = result.stages[stage]
            assert (ended.status, ended.cause) == (StageStatus.FAILED, "truncated_image")


def test_a_model_that_is_gone_fails_the_stage_and_is_not_held_against_the_file(checked, tmp_path, monkeypatch):
    monkeypatch.setattr("app.analysis.nsfw.network._network", lambda _: Network(str(tmp_path / "gone.xml")))
    result = checked(photo(tmp_path / "a.jpg"), Stage.THUMBNAIL)
    assert isinstance(result, Analysis)
    assert (result.nsfw, result.stages[Stage.NSFW].cause) == (None, "model_unusable")
    assert result.stages[Stage.THUMBNAIL].status is StageStatus.DONE
