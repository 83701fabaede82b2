"""Files that change while they are taken in: what the library says of one was true of it at some time."""

import json
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager

import pytest

from tests.faults.answers import assert_closed, files_of, make_old
from tests.faults.mutator import DEEDS, pictures, sha256, touched
from tests.samples import write_many
from tests.support.server import PROJECT, Server, query, until

SIZE = (320, 240)
SEED = 20_261_121


@contextmanager
def mutating(folder, log):
    """Somebody who changes files there while the block runs; `log` says how."""
    command = [sys.executable, "-m", "tests.faults.mutator", str(folder), str(SEED), str(log)]
    log.touch()
    with subprocess.Popen(command, cwd=PROJECT) as process:
        try:
            until(log.read_text, what="the first change")
            yield
            assert process.poll() is None
        finally:
            process.kill()


@pytest.mark.parametrize("files", [120, pytest.param(1_000, marks=pytest.mark.faults)])
def test_files_that_change_meanwhile_are_answered_for_and_what_is_said_of_them_was_true(files, tmp_path):
    folder, log = tmp_path / "photos", tmp_path / "changes.jsonl"
    paths = write_many(folder, files, size=SIZE, prefix="")
    make_old(folder)
    was_there = {(path.name, sha256(path.read_bytes())) for path in paths}
    size_of = dict.fromkeys((digest for _, digest in was_there), SIZE)
    size_of |= {digest: size for digest, (_, size) in pictures().items()}
    with Server(tmp_path / "server", {"photos": folder}) as server:
        session_id = server.begin("photos")
        with mutating(folder, log):
            status = server.wait_for(session_id, "completed")
        answers = {file["path"]: file for file in files_of(server, session_id)}
    assert_closed(status)
    assert len(answers) == status["total_files"]
    changes = [json.loads(line) for line in log.read_text().splitlines()]
    assert {change["what"] for change in changes} == set(DEEDS)
    for change in changes:  # a picture that lacks its last bytes may still be one, of the same size
        if change.get("cut_from") in size_of:
            size_of.setdefault(change["sha256"], size_of[change["cut_from"]])
    was_there |= {(change["name"], change["sha256"]) for change in changes}
    media = query(tmp_path / "server" / "library.db", "SELECT path, sha256, width, height FROM media_files")
    for row in media:
        assert (row["path"].decode(), row["sha256"]) in was_there
        assert (row["width"], row["height"]) == size_of[row["sha256"]]
    assert len(media) == status["outcomes"]["added"]
    untouched = [f"photos/{path.name}" for path in paths if not touched(path.name)]
    assert Counter(answers[path]["outcome"] for path in untouched) == {"added": files // 2}
    others = Counter(file["cause"] for path, file in answers.items() if path not in untouched)
    print(f"{len(changes)} changes: {others}")
    assert len(others) > 1, "nothing was changed in time"
