"""Weights are converted once, by a process that may be killed at any moment."""

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
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.analysis.nsfw import conversion, weights
from app.analysis.nsfw.ir import is_whole_ir
from app.analysis.nsfw.weights import Weights
from tests.analysis.nsfw.test_weights import MODULE, of
from tests.support.screenless import NO_LIBGL
from tests.support.server import PROJECT, until

LOCK = ".converting"  # of the models folder: it stays
SUFFIXES = (".xml", ".bin", ".json")


class Enough(Exception):
    """Somebody said stop."""


@pytest.fixture
def converted(nsfw_weights, tmp_path):
    """The session's weights with a copy of what was made of them."""
    shutil.copytree(nsfw_weights.parent / "models", tmp_path / "models")
    return Weights(nsfw_weights, tmp_path / "models")


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


def start_converting(found, *, within=()):
    Path(found.model.ir).parent.mkdir(exist_ok=True)
    sha256 = hashlib.sha256(found.weights.read_bytes()).hexdigest()
    arguments = [str(os.getpid()), "convert", str(found.weights), sha256, found.model.ir]
    command = [*within, *MODULE, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def test_an_export_by_opennsfw2_needs_no_libgl(nsfw_weights):
    """The session's weights were exported where this machine's own packages could not be imported either."""
    packages = nsfw_weights.parent / "installed"
    command = [sys.executable, "-P", "-c", "import cv2"]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(packages)}, capture_output=True, check=False)
    assert NO_LIBGL in done.stderr.decode()
    assert is_whole_ir(Weights(nsfw_weights, nsfw_weights.parent / "models").look().model.ir)


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
