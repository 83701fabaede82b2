"""NSFW detection in a running server: weights that come, change and break, and processes that die, lose no file.

What is not known is null, and never counts as safe.
"""

import os
import re
import shutil
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from tests.samples import gradient, landscape, photo, unidentifiable, write_many
from tests.support.server import Opens, Server, media_ingest, query, settings_for, until
from tests.support.sums import assert_sums_close
from tests.whole.test_crash import processes_in

TAKEN_IN = 9
STATUS_SECONDS = 5.0  # within which whatever is asked to end ends
WORKER_BYTES = 400 * 2**20
GROWTH_BYTES = 60 * 2**20
NSFW_PACKAGES = ("keras", "h5py", "opennsfw2", "openvino")  # as files of theirs that a process has open


@pytest.fixture
def media(tmp_path):
    """Nine pictures from dark to light, and one that cannot be decoded."""
    folder = tmp_path / "photos"
    for number in range(TAKEN_IN):
        picture = Image.new("RGB", (64, 48), (number * 30, number * 26, number * 20))
        photo(folder / f"{number}.png", picture=picture, keywords=["sea"])
    unidentifiable(folder / "cut.jpg", size=(96, 64))
    return folder


@pytest.fixture
def server(media, tmp_path):
    with Server(tmp_path / "server", {"photos": media}) as started:
        yield started


def place_of(server):
    return Path(server.env["INGEST_NSFW_WEIGHTS"])


def bring(server, nsfw_weights, *, ready=True):
    """The weights come to their place, and what is made of them too, as after an earlier session."""
    if ready:
        shutil.copytree(nsfw_weights.parent / "models", server.state / "models", dirs_exist_ok=True)
    shutil.copy(nsfw_weights, place_of(server))


def run(server, **asked):
    return server.wait_for(server.begin("photos", **asked), "completed")


def plan(server, **asked):
    return server.post("/api/ingest/plan", {"directory": "photos", **asked}).json()


def sums_close(status):
    assert status["pending"] == 0
    assert_sums_close(status)


def shown(server, names):
    """What the library shows of pictures: probability and label, by name."""
    files = [server.get("/api/library/file", params={"path": f"photos/{name}"}).json() for name in names]
    return {Path(file["path"]).name: (file["nsfw_probability"], file["is_nsfw"]) for file in files}


def pngs(server):
    return shown(server, [f"{number}.png" for number in range(TAKEN_IN)])


def descendants(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def mapped(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/maps").read_text()
    return ""


def workers_with_the_model(server):
    return [pid for pid in descendants(server.process.pid) if "openvino_intel_cpu_plugin" in mapped(pid)]


def memory_peak(pid):
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]) * 1024


# ------------------------------------------------------------------------------------------- weights that come and go


def test_without_weights_a_session_settles_and_when_they_come_only_the_missing_stage_runs(server, media, nsfw_weights):
    assert "there is no weights file" in plan(server)["unavailable"]["nsfw"]
    status = run(server)
    sums_close(status)
    assert "there is no weights file" in status["unavailable"]["nsfw"]
    assert (status["stats"]["nsfw_checked"], status["stats"]["nsfw_detected"]) == (0, 0)
    assert status["outcomes"] == status["outcomes"] | {"added": TAKEN_IN, "failed": 1}
    assert set(pngs(server).values()) == {(None, None)}
    assert run(server)["total_files"] == 0

    thumbnails = {path: path.stat().st_mtime_ns for path in server.state.glob("thumbnails/*/*")}
    bring(server, nsfw_weights)
    counts = plan(server)
    assert counts["unavailable"] == {}
    assert (counts["pending"], counts["pending_by"]) == (TAKEN_IN, {"only_nsfw": TAKEN_IN})
    status = run(server)
    sums_close(status)
    assert status["outcomes"] == status["outcomes"] | {"updated": TAKEN_IN, "failed": 0}
    assert status["stats"]["nsfw_checked"] == status["stages"]["nsfw"]["done"] == TAKEN_IN
    assert {name for name, stage in status["stages"].items() if stage["done"]} == {"identify", "nsfw"}
    assert {path: path.stat().st_mtime_ns for path in server.state.glob("thumbnails/*/*")} == thumbnails
    found = pngs(server)
    assert all(0 <= probability <= 1 and label is (probability >= 0.8) for probability, label in found.values())
    sha256 = server.get("/api/nsfw").json()["model"].split("-")[2]
    rows = query(server.database, "SELECT DISTINCT nsfw_model, nsfw_frames FROM media_files")
    assert rows == [{"nsfw_model": f"opennsfw2-0.19.0-{sha256}-f32", "nsfw_frames": 1}]
    assert len(sha256) == 64

    threshold = sorted(probability for probability, _ in found.values())[3]
    with Opens(media) as opens:
        assert run(server, nsfw_threshold=threshold)["total_files"] == 0
        assert opens.since_last_asked() == []
    assert sum(label for _, label in pngs(server).values()) == TAKEN_IN - 3 == labelled(server)["detected"]
    assert run(server, nsfw_threshold=1.0)["total_files"] == 0
    assert sum(label for _, label in pngs(server).values()) == 0 == labelled(server)["detected"]

    with_another_value(place_of(server))
    counts = plan(server)
    assert counts["pending_by"] == {"only_nsfw": TAKEN_IN}, "found by other weights"
    assert {name: probability for name, (probability, _) in pngs(server).items()} == {
        name: probability for name, (probability, _) in found.items()
    }
    place_of(server).unlink()
    assert plan(server)["pending"] == 0
    bring(server, nsfw_weights)
    assert plan(server)["pending"] == 0, "they are the first weights again"


def labelled(server):
    return server.get("/api/library/nsfw").json()


def with_another_value(weights):
    import h5py

    with h5py.File(weights, "r+") as file:
        file["fc_nsfw/fc_nsfw/bias:0"][0] = 0.75


def test_damaged_weights_and_a_model_that_cannot_be_written_are_named_and_stop_nothing(server, nsfw_weights):
    place_of(server).write_bytes(nsfw_weights.read_bytes()[:9_000_000])
    assert f"{place_of(server)} is cut short" in plan(server)["unavailable"]["nsfw"]
    bring(server, nsfw_weights, ready=False)
    assert plan(server)["unavailable"] == {}
    (server.state / "models").write_text("where the folder should be")
    sentence = f"its folder {server.state / 'models'} cannot be written; make it writable, "
    assert sentence in plan(server)["unavailable"]["nsfw"]
    status = run(server)
    sums_close(status)
    assert sentence in status["unavailable"]["nsfw"]
    assert status["stats"]["nsfw_checked"] == 0
    assert set(pngs(server).values()) == {(None, None)}
    (server.state / "models").unlink()
    assert plan(server)["pending_by"] == {"only_nsfw": TAKEN_IN}


@pytest.mark.parametrize(("command", "code"), [(["doctor"], 0), (["nsfw", "status"], 1), (["plan", "photos"], 0)])
def test_commands_name_what_is_missing(command, code, media, tmp_path):
    told = media_ingest(*command, env=settings_for(tmp_path, {"photos": media}), cwd=tmp_path)
    assert told.returncode == code
    assert "there is no weights file at" in " ".join(told.stdout.split())


# ---------------------------------------------------------------------------------------------- breaking in the middle


def long_film(path):
    """So many large frames that the stage nsfw takes a second or two."""
    pictures = [landscape("dunes", (1_600, 1_200), seed).quantize(200) for seed in range(2)] * 30
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=40)
    return path


def test_a_worker_that_is_killed_and_a_model_that_goes_lose_no_file_and_the_next_session_makes_up_for_it(
    server, media, nsfw_weights
):
    long_film(media / "!film.gif")
    bring(server, nsfw_weights)
    session_id = server.begin("photos")
    (worker,) = until(lambda: workers_with_the_model(server), what="the model in a worker")
    for part in (server.state / "models").glob("*.bin"):
        part.unlink()
    os.kill(worker, signal.SIGKILL)
    status = server.wait_for(session_id, "completed")
    sums_close(status)
    everything = TAKEN_IN + 1  # the film, too: it was begun once more
    assert status["outcomes"] == status["outcomes"] | {"added": everything, "failed": 1}
    assert (status["stats"]["nsfw_checked"], status["stages"]["nsfw"]["failed"]) == (0, everything)
    files = server.get(f"/api/ingest/sessions/{session_id}/files?cause=model_unusable").json()["files"]
    assert [(file["nsfw_probability"], file["is_nsfw"]) for file in files] == [(None, None)] * everything
    assert set(pngs(server).values()) == {(None, None)}

    bring(server, nsfw_weights)
    assert plan(server)["pending_by"] == {"only_nsfw": everything}
    status = run(server)
    sums_close(status)
    assert (status["stats"]["nsfw_checked"], status["outcomes"]["updated"]) == (everything, everything)
    assert None not in {label for _, label in pngs(server).values()}


@pytest.mark.faults
def test_a_crash_of_the_model_is_not_held_against_the_file_when_other_weights_come(server, media, nsfw_weights):
    long_film(media / "!film.gif")
    run(server)
    bring(server, nsfw_weights)
    session_id = server.begin("photos", pattern="*.gif")
    killed: list[int] = []
    for _ in range(2):
        (worker,) = until(
            lambda: [pid for pid in workers_with_the_model(server) if pid not in killed], what="the model in a worker"
        )
        killed.append(worker)
        os.kill(worker, signal.SIGKILL)
    status = server.wait_for(session_id, "completed")
    sums_close(status)
    assert [(error["path"], error["cause"]) for error in status["errors"]] == [("photos/!film.gif", "decoder_crashed")]
    with_another_value(place_of(server))
    assert plan(server)["pending_by"] == {"only_nsfw": TAKEN_IN + 1}


# --------------------------------------------------------------------------------------- what it costs, and its end


@pytest.mark.parametrize("ready", [True, pytest.param(False, marks=pytest.mark.faults)])
def test_the_server_stays_small_and_a_worker_with_the_model_below_400_mb(ready, media, nsfw_weights, server):
    write_many(media / "more", 30)
    large = gradient((4_000, 3_000), "navy", "orange", "white")
    for name in ("12-mp.jpg", "12-mp.tif"):
        photo(media / "zz" / name, picture=large)
    large.convert("RGBA").save(media / "zz" / "12-mp.png", compress_level=1)
    before = server.resident_bytes()
    bring(server, nsfw_weights, ready=ready)
    status = run(server)
    assert (status["activity"], status["stats"]["nsfw_checked"]) == (None, TAKEN_IN + 33)
    grown = server.resident_bytes() - before
    (worker,) = workers_with_the_model(server)
    peak = memory_peak(worker)
    print(f"the server grew by {grown / 2**20:.0f} MB, its worker's peak was {peak / 2**20:.0f} MB")
    assert not [package for package in NSFW_PACKAGES if f"/{package}/" in mapped(server.process.pid)]
    assert [package for package in NSFW_PACKAGES if f"/{package}/" in mapped(worker)] == ["openvino"]
    assert grown < GROWTH_BYTES
    assert peak <= WORKER_BYTES


def test_cancel_and_sigterm_end_the_preparation_at_once(nsfw_weights, server):
    bring(server, nsfw_weights, ready=False)

    def preparing():
        session_id = server.begin("photos")
        activity = until(lambda: server.status(session_id)["activity"], what="the preparation")
        assert activity == "Preparing the NSFW model, once"
        children = [pid for pid in descendants(server.process.pid) if "conversion" in command_of(pid)]
        assert len(children) == 1
        return session_id, children[0]

    session_id, child = preparing()
    server.post("/api/ingest/cancel", {"session_id": session_id})
    status = server.wait_for(session_id, "cancelled", seconds=STATUS_SECONDS)
    assert (status["activity"], status["processed_files"]) == (None, 0)
    until(lambda: not command_of(child), seconds=STATUS_SECONDS, what="the end of the conversion")

    session_id, child = preparing()
    assert server.terminate() < STATUS_SECONDS
    assert server.session_file(session_id)["status"] == "interrupted"
    assert not command_of(child)
    assert processes_in(server.folder) == []


def command_of(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""
