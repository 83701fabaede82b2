"""Real and broken files from elsewhere: each is answered for, none twice, and the server stays small."""

import importlib.util
import os
import shutil
import time
from collections import Counter

import pytest

from app.errors import FILE_CAUSES
from app.media import Outcome, Skip
from tests.support.clock import slowness
from tests.support.server import SELDOM_SECONDS, Opens, Server, shared, until
from tests.support.sums import assert_sums_close

GROWTH_BYTES = 150 * 2**20
FILE_MS = 10_000


@pytest.fixture(scope="module")
def make_hostile():
    """The script that writes odd files, as a module."""
    spec = importlib.util.spec_from_file_location("make_hostile", shared("hostile/make_hostile.py"))
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def classes_of(server, session_id):
    """Every discovered file with its class, as the lists of the session show them."""
    found = Counter()
    for selection in [{"outcome": name.value} for name in Outcome] + [{"skipped": name.value} for name in Skip]:
        cursor = None
        while True:
            params = selection | {"limit": 1000} | ({"cursor": cursor} if cursor else {})
            page = server.get(f"/api/ingest/sessions/{session_id}/files", params=params).json()
            found.update((file["path"], *selection.values()) for file in page["files"])
            cursor = page["next"]
            if cursor is None:
                break
    return found


def files_on_disk(folder):
    """What a walk finds, links and special files too."""
    return sum(len(names) for _, _, names in os.walk(os.fsencode(folder))) + sum(
        os.path.islink(os.path.join(path, name)) for path, names, _ in os.walk(os.fsencode(folder)) for name in names
    )


def closes(status, plan):
    assert (status["discovered"], status["total_files"]) == (plan["discovered"], plan["pending"])
    assert status["pending"] == 0
    assert status["skipped"] == plan["skipped"]
    assert_sums_close(status)


def failures_of(server, session_id):
    """The files of a session's log that have a cause; every one is in the table of causes, and no file took long."""
    page = server.get(f"/api/ingest/sessions/{session_id}/files", params={"limit": 1000}).json()
    files = page["files"]
    while page["next"]:
        params = {"limit": 1000, "cursor": page["next"]}
        page = server.get(f"/api/ingest/sessions/{session_id}/files", params=params).json()
        files += page["files"]
    failed = [file for file in files if file["cause"]]
    for file in failed:
        assert file["cause"] in FILE_CAUSES, file
        assert file["cause"] != "internal_error", file
        assert file["reason"].endswith("."), file
        assert "unknown error" not in file["reason"].lower(), file
        assert "Traceback" not in file["reason"], file
    assert all(file["cause"] for file in files if file["outcome"] == "failed")
    longest = max(file["ms"] for file in files)
    assert longest < FILE_MS or longest < FILE_MS * slowness(time.monotonic)
    return failed


def check_a_session_and_its_repetition(server, folder, name, *, expected_memory=GROWTH_BYTES):
    before = server.resident_bytes()
    plan = server.post("/api/ingest/plan", {"directory": name}).json()
    assert "weights" in plan["unavailable"]["nsfw"]
    session_id = server.begin(name)
    peak = before

    def ended():
        nonlocal peak
        peak = max(peak, server.resident_bytes())
        status = server.status(session_id)
        return status if status["status"] == "completed" else None

    status = until(ended, seconds=200, what="the end of the session", every=SELDOM_SECONDS)
    closes(status, plan)
    assert status["discovered"] == files_on_disk(folder) - sidecars_in(folder)
    found = classes_of(server, session_id)
    assert len({path for path, _ in found}) == sum(found.values()) == status["discovered"]
    failed = failures_of(server, session_id)
    with Opens(folder) as opens:
        again = server.wait_for(server.begin(name), "completed")
        assert opens.since_last_asked() == []
    assert (again["total_files"], again["processed_files"]) == (0, 0)
    assert again["skipped"]["fresh"] + again["skipped"]["failed_before"] == status["total_files"]
    assert again["skipped"]["failed_before"] == status["outcomes"]["failed"]
    grown = max(peak, server.resident_bytes()) - before
    causes = dict(Counter(file["cause"] for file in failed))
    print(f"{name}: {status['outcomes']}, causes {causes}, server grew {grown / 2**20:.0f} MB")
    assert grown < expected_memory
    return status, failed


def sidecars_in(folder):
    """Sidecars that count with their picture."""
    names = {path.name.lower() for path in folder.rglob("*.xmp") if any(path.parent.glob(f"{path.stem}.*[!p]"))}
    return len(names)


def test_the_corpus_is_taken_in_with_every_file_in_one_class_and_nothing_is_read_twice(tmp_path):
    corpus = tmp_path / "corpus"  # other tests read the original meanwhile
    shutil.copytree(shared("corpus", "INGEST_TEST_CORPUS"), corpus)
    with Server(tmp_path / "server", {"corpus": corpus}) as server:
        status, failed = check_a_session_and_its_repetition(server, corpus, "corpus")
        assert status["stats"]["nsfw_checked"] == 0
        assert status["stages"]["nsfw"]["skipped"] == status["total_files"] - status["outcomes"]["failed"]
        assert status["outcomes"]["added"] >= 770
        assert {file["cause"] for file in failed if file["outcome"] == "failed"} == {
            "damaged_image", "truncated_image", "not_media", "empty_file",
            "unsupported_format",  # a PFM in colours
        }  # fmt: skip


def test_hostile_files_are_answered_for_and_stop_nothing(make_hostile, tmp_path):
    hostile = tmp_path / "files"
    make_hostile.main(hostile)
    with Server(tmp_path / "server", {"hostile": hostile}) as server:
        status, _ = check_a_session_and_its_repetition(server, hostile, "hostile")
        assert status["outcomes"]["added"] >= 8
        for path in ("hostile/caf\\xe9.jpg", "hostile/line\nbreak.jpg", "hostile/" + "n" * 251 + ".jpg"):
            answer = server.get("/api/library/file", params={"path": path})
            assert answer.status_code == 200, path
            assert answer.json()["path"] == path
            assert server.get("/api/library/thumbnail", params={"path": path}).status_code == 200
        assert server.get("/api/library/file", params={"path": "hostile/outside.jpg"}).status_code == 404


def test_a_valid_picture_that_takes_longer_than_the_limit_fails_by_name(make_hostile, tmp_path):
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "slow_but_valid.jpg").write_bytes(make_hostile.progressive(3_000))
    with Server(tmp_path / "server", {"slow": slow}, INGEST_FILE_TIMEOUT_SECONDS="0.05") as server:
        status = server.wait_for(server.begin("slow"), "completed")
        assert [error["cause"] for error in status["errors"]] == ["decoder_timeout"]
