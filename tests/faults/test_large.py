"""A long session: the server stays as small as it was, and opens no more than it closes."""

import os
import statistics
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.answers import assert_closed, make_old
from tests.samples import write_many
from tests.support.server import SELDOM_SECONDS, Server, until

GROWTH_BYTES = 10 * 2**20
WARM_UP = 200
OF_DATABASE = 3 * (1 + 4)  # the file, its log and its index, of the writer and of the readers that stay when all read


def descriptors(server):
    """How many files the server's own process has open now: those of the database, and others."""
    of_database = others = 0
    for descriptor in Path(f"/proc/{server.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            if os.readlink(descriptor).startswith(str(server.database)):
                of_database += 1
            else:
                others += 1
    return of_database, others


@pytest.mark.parametrize("files", [300, pytest.param(10_000, marks=pytest.mark.faults)])
def test_a_server_is_as_small_after_many_files_as_before(files, tmp_path):
    write_many(tmp_path / "few", WARM_UP)
    write_many(tmp_path / "many", files, size=(8, 6))
    make_old(tmp_path)
    with Server(tmp_path / "server", {"few": tmp_path / "few", "many": tmp_path / "many"}) as server:
        server.wait_for(server.begin("few"), "completed")
        memory, (_, opened) = server.resident_bytes(), descriptors(server)
        seen: list[tuple[int, int]] = []
        session_id = server.begin("many")

        def ended():
            seen.append((server.resident_bytes(), descriptors(server)[1]))
            return server.session_file(session_id)["status"] == "completed"

        until(ended, seconds=280, what="the end of the session", every=SELDOM_SECONDS)
        assert_closed(server.status(session_id))
        grown = [max(taken - memory for taken, _ in seen), server.resident_bytes() - memory]
        of_database, after = descriptors(server)
    counts = [count for _, count in seen]
    half = len(counts) // 2
    print(f"memory grew by {grown}, open: {opened} -> {min(counts)}..{max(counts)} -> {after}")
    assert max(grown) <= GROWTH_BYTES
    assert (
        abs(statistics.median(counts[:half]) - statistics.median(counts[half:])) <= 1
    )  # one more while one is written
    assert after == opened
    assert of_database <= OF_DATABASE
