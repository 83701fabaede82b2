"""What a detector finds is where it is seen, whatever its layout and the orientation; what cannot be used says so."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from app.analysis import detector as room
from app.analysis.analyzer import Analyzer
from app.analysis.detector import model as models
from app.analysis.detector.checking import check_memory, check_time
from app.analysis.detector.layouts import NotUsable
from app.analysis.detector.model import Detector
from app.analysis.detector.network import lacks_memory
from app.analysis.nsfw.weights import Weights
from app.analysis.recipes import Recipes
from app.cli.doctor import examine
from app.formats import Kind
from app.media import Failure, FoundFile, Job, Stage
from app.models import Layout
from app.models_here import detector_of
from app.regions import RegionSource
from app.settings import Settings
from tests.analysis.detector.seeing_red import LABELS, LAYOUTS, RED, SURE, Red, save, write_model
from tests.analysis.regions.drawn import turned

pytest.importorskip("openvino")
DETECT = frozenset({Stage.DETECT})
MEMORY_MB = 2_048


def looked(file, threshold=0.25):
    return Detector(file, threshold, MEMORY_MB).wait()


def detected(path, detector, stages=DETECT):
    recipe = Recipes(Weights(None, path.parent / "models"), detector).prepared(DETECT, print)
    return Analyzer({"r": str(path.parent)}, recipe)(Job(FoundFile("r", path.name.encode(), 1, 1), stages, stages))


def drawn(size=(320, 192), box=(64, 24, 128, 120)):
    """A picture with a red box in it, and where that is."""
    picture = Image.new("RGB", size, "black")
    picture.paste("red", box)
    width, height = size
    return picture, (box[0] / width, box[1] / height, box[2] / width, box[3] / height)


def off(region, place):
    sides = (region.x - region.w / 2, region.y - region.h / 2, region.x + region.w / 2, region.y + region.h / 2)
    return max(abs(one - other) for one, other in zip(sides, place, strict=True))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_red_is_found_where_it_is_seen_under_all_eight_orientations(layout, tmp_path):
    detector = Detector(write_model(tmp_path / "m.xml", layout), 0.25, MEMORY_MB)
    assert detector.wait().model.layout == layout
    picture, place = drawn()
    for orientation in range(1, 9):
        path = tmp_path / f"{orientation}.png"
        turned(picture, orientation, path)
        result = detected(path, detector)
        assert result.regions.looked == {RegionSource.DETECTOR}
        (region,) = result.regions.found
        assert off(region, place) <= 0.01, (orientation, region)
        assert (region.label, region.kind, region.source, region.confidence) == ("red", "object", "detector", SURE)
        assert region.model == detector.wait().model.name


@pytest.mark.parametrize("shown", [{"planar": False}, {"whole": True}, {"planar": False, "whole": True}])
def test_a_model_is_given_pictures_as_its_input_says(shown, tmp_path):
    detector = Detector(write_model(tmp_path / "m.xml", "tensorflow", **shown), 0.25, MEMORY_MB)
    picture, place = drawn((128, 256), (32, 64, 96, 128))
    picture.save(tmp_path / "a.png")
    (region,) = detected(tmp_path / "a.png", detector).regions.found
    assert off(region, place) <= 0.01


def test_nothing_is_found_below_the_threshold_and_where_nothing_is(tmp_path):
    file = write_model(tmp_path / "m.xml")
    drawn()[0].save(tmp_path / "a.png")
    Image.new("RGB", (90, 30), "teal").save(tmp_path / "b.png")
    assert detected(tmp_path / "a.png", Detector(file, 0.8, MEMORY_MB)).regions.found == ()
    result = detected(tmp_path / "b.png", Detector(file, 0.25, MEMORY_MB))
    assert (result.regions.found, result.stages[Stage.DETECT].status) == ((), "done")


def test_another_model_other_labels_and_another_threshold_make_another_version(tmp_path):
    file = write_model(tmp_path / "m.xml")
    versions = [looked(file).model.fingerprint, looked(file, 0.5).model.fingerprint]
    file.with_suffix(".txt").write_text("dog\nred\n")
    versions.append(looked(file).model.fingerprint)
    write_model(file, "yolo_v5")
    versions.append(looked(file).model.fingerprint)
    assert len(set(versions)) == 4
    recipe = Recipes(Weights(None, tmp_path), Detector(file, 0.25, MEMORY_MB)).prepared(DETECT, print)
    assert recipe.versions[Stage.DETECT] == f"1:{versions[-1]}"
    assert recipe.applies[Stage.DETECT] == {Kind.IMAGE}


def test_a_model_is_tried_once_while_its_files_do_not_change(tmp_path, monkeypatch):
    asked = []
    ask = models.ask
    monkeypatch.setattr(models, "ask", lambda *told, **options: asked.append(told) or ask(*told, **options))
    file = write_model(tmp_path / "m.xml")
    detector = Detector(file, 0.25, MEMORY_MB)
    assert detector.wait() == detector.wait()
    assert len(asked) == 1
    file.with_suffix(".txt").write_text("dog\nred\n")
    assert detector.wait().model.labels == ("dog", "red")
    assert len(asked) == 2


def test_nobody_waits_for_a_look_but_who_prepares_and_one_that_died_stands(tmp_path, monkeypatch):
    asked, go_on = [], threading.Event()

    def ask(*told, **options):
        asked.append(told)
        go_on.wait()
        return {"problem": "it took longer than 120 s", "died": True}

    def give_up():
        raise InterruptedError

    monkeypatch.setattr(models, "ask", ask)
    file = write_model(tmp_path / "m.xml")
    detector = Detector(file, 0.25, MEMORY_MB)
    recipes = Recipes(Weights(None, tmp_path), detector)
    assert [recipes.now().detector, detector.look().cause] == [None, "detector_being_looked_at"]
    assert recipes.prepared(frozenset({Stage.METADATA}), print).detector is None
    with pytest.raises(InterruptedError):
        detector.wait(give_up)
    go_on.set()
    found = detector.wait()
    assert (found.cause, "longer than 120 s" in found.sentence) == ("detector_unreadable", True)
    assert (detector.look(), len(asked)) == (found, 1)
    file.with_suffix(".txt").write_text("dog\nred\n")
    assert detector.look().cause == "detector_being_looked_at"
    detector.wait()
    assert len(asked) == 2


def test_labels_are_read_beside_the_model_or_out_of_it(tmp_path):
    import openvino

    file = write_model(tmp_path / "m.xml", labels=None)
    assert looked(file).cause == "detector_labels_missing"
    (tmp_path / "metadata.yaml").write_text("names:\n  1000: a\n")
    assert "it has 1,001 labels, and 1,000 are the most" in looked(file).sentence
    for name, text in (("metadata.yaml", "names:\n  0: a\n  1: b\n"), ("labels.txt", "c\nd\n"), ("m.txt", "e\nf\n")):
        (tmp_path / name).write_text(text)
        assert looked(file).model.labels == tuple(text.split() if name.endswith(".txt") else ("a", "b")), name
    model = openvino.Core().read_model(str(file))
    model.set_rt_info("polar_bear red", ["model_info", "labels"])
    (tmp_path / "own").mkdir()
    openvino.save_model(model, str(tmp_path / "own" / "m.xml"), compress_to_fp16=False)
    assert looked(tmp_path / "own" / "m.xml").model.labels == ("polar bear", "red")


def unusable(tmp_path):
    """Settings that name what cannot be used, each with its cause and a word of its sentence."""
    yield None, "detector_not_named", "INGEST_DETECTOR_MODEL"
    yield tmp_path / "nothing.onnx", "detector_missing", "there is no file"
    yield tmp_path, "detector_missing", ".onnx or .xml"
    for name in ("text.onnx", "text.xml"):
        (tmp_path / name).write_text("This is no model.\n")
        yield tmp_path / name, "detector_unreadable", "OpenVINO"
    red = Red()
    yield save(tmp_path / "mask.xml", [red.given], [("mask", red.seen)], LABELS), "detector_layout_unknown", "[1, 1]"
    file = write_model(tmp_path / "many.xml", labels=("a", "b", "c"))
    yield file, "detector_layout_unknown", "for 3 labels"
    op = red.op
    given = op.parameter([1, 10], np.float32, name="numbers")
    yield save(tmp_path / "in.xml", [given], [("x", op.relu(given))], LABELS), "detector_input_unknown", "[1, 10]"


def test_what_cannot_be_used_says_why_in_one_sentence_with_a_stable_cause(tmp_path):
    for file, cause, word in unusable(tmp_path):
        found = looked(file)
        assert (found.model, found.cause) == (None, cause), (file, found)
        assert found.sentence.startswith("Detection is unavailable: ")
        assert word in found.sentence
        assert found.sentence.endswith(".")
        assert "\n" not in found.sentence
        assert not found.sentence.endswith("..")
        recipe = Recipes(Weights(None, tmp_path), Detector(file, 0.25, MEMORY_MB)).prepared(DETECT, print)
        assert recipe.unavailable[Stage.DETECT] == found.sentence
        assert recipe.possible(DETECT) == frozenset()


def test_a_layout_that_is_named_lets_a_model_be_used_that_does_not_say_what_it_is(tmp_path):
    file = write_model(tmp_path / "m.xml", "end_to_end")
    file.write_text(file.read_text().replace('<end2end value="True"', '<end2end value="False"'))
    assert "INGEST_DETECTOR_LAYOUT" in looked(file).sentence
    configured = Settings(_env_file=None, ingest_detector_model=file, ingest_detector_layout="end_to_end")
    found = detector_of(configured).wait().model
    assert (found.layout, found.fingerprint != replace(found, layout=Layout.YOLO).fingerprint) == ("end_to_end", True)


def test_doctor_says_that_a_detector_can_be_used_and_what_it_finds(tmp_path):
    file = write_model(tmp_path / "m.xml")
    configured = Settings(_env_file=None, database_url="none", ingest_detector_model=file)
    (finding,) = [one for one in examine(configured) if one.name == "INGEST_DETECTOR_MODEL"]
    assert (finding.verdict, finding.value) == ("ok", str(file))
    assert "can be used: 2 labels, layout yolo." in finding.sentence


def test_a_model_that_changes_under_a_session_fails_the_stage_and_keeps_nothing(tmp_path):
    file = write_model(tmp_path / "m.xml")
    detector = Detector(file, 0.25, MEMORY_MB)
    picture, _ = drawn()
    picture.save(tmp_path / "a.png")
    recipe = Recipes(Weights(None, tmp_path), detector).prepared(DETECT, print)
    os.utime(file.with_suffix(".bin"), (1, 1))  # the weights alone
    job = Job(FoundFile("r", b"a.png", 1, 1), DETECT, DETECT)
    result = Analyzer({"r": str(tmp_path)}, recipe)(job)
    assert (result.stages[Stage.DETECT].cause, result.regions) == ("model_unusable", None)


def test_the_look_says_its_answer_in_one_line_of_json(tmp_path):
    file = write_model(tmp_path / "m.xml", "yolo_v5")
    command = [sys.executable, "-m", f"{room.__name__}.checking", str(os.getpid()), str(file), str(MEMORY_MB), "30"]
    (line,) = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    told = json.loads(line)
    assert (told["layout"], told["labels"][RED]) == ("yolo_v5", "red")


def test_a_model_that_takes_half_of_the_time_of_a_file_or_a_third_of_the_memory_is_refused():
    check_time(15.0, 30.0)
    with pytest.raises(NotUsable, match=r"15\.1 s, and half of the 30 s of INGEST_FILE_TIMEOUT_SECONDS") as refused:
        check_time(15.1, 30.0)
    assert refused.value.cause == "detector_too_slow"
    check_memory(512, 1536)
    with pytest.raises(NotUsable, match="513 MB of memory, and a third of the 1536 of INGEST_WORKER_MEM") as refused:
        check_memory(513, 1536)
    assert refused.value.cause == "detector_memory"


def test_a_file_at_which_the_detector_ended_a_worker_fails_in_this_stage_alone(tmp_path):
    picture, _ = drawn()
    picture.save(tmp_path / "a.png")
    recipe = Recipes(Weights(None, tmp_path), Detector(write_model(tmp_path / "m.xml"), 0.25, MEMORY_MB)).prepared(
        DETECT, print
    )
    file, wanted = FoundFile("r", b"a.png", 1, 1), DETECT | {Stage.THUMBNAIL}
    ended = Failure(file, Stage.DETECT, "decoder_timeout", "The detector was left out.")
    result = Analyzer({"r": str(tmp_path)}, recipe)(Job(file, wanted, wanted, without_detector=ended))
    assert [result.stages[stage].status for stage in (Stage.THUMBNAIL, Stage.DETECT)] == ["done", "failed"]
    assert (result.stages[Stage.DETECT].cause, result.regions) == ("decoder_timeout", None)


@pytest.mark.parametrize("said", ["Failed to allocate 1024 bytes", "Cannot allocate memory", "std::bad_alloc"])
def test_what_openvino_says_of_memory_is_an_error_of_memory(said):
    assert lacks_memory(RuntimeError(f"Exception from src/core.cpp:1: {said}"))
    assert lacks_memory(MemoryError())
    assert not lacks_memory(RuntimeError("no such operation"))


def test_a_model_is_as_large_as_all_of_its_files(tmp_path):
    file = write_model(tmp_path / "m.xml")
    with file.with_suffix(".bin").open("r+b") as weights:
        weights.truncate(models.MAX_BYTES)
    found = Detector(file, 0.25, MEMORY_MB).look()
    assert (found.cause, "2.0 GB" in found.sentence) == ("detector_memory", True)
