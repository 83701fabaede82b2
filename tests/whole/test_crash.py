"""A server that is killed, at any moment and as often as one likes, loses nothing and counts nothing twice."""

import faulthandler
import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from app.library.tables import EVENTS
from tests.samples import ai_image, photo, settled, write_many
from tests.support.clock import at_most
from tests.support.leftovers import processes_in, rows, what_is_left
from tests.support.server import Opens, Server, media_ingest, query, until

OTHERS = 80  # files that are not plain, 10 of them broken
BEGUN_AT_ONCE = 1  # strictly sequential: the next file is begun when the answer of the one before is written


def make_media(folder, plain):
    """Files of every sort: so many plain ones of two kinds each, tagged, rated, with a prompt, broken."""
    write_many(folder / "plain", plain)
    write_many(folder / "snapshots", plain, kind="jpeg")
    for number in range(40):
        picture = Image.new("RGB", (64, 48), (number * 6, 90, 160))
        words = ["crash", f"word {number % 7}", f"word {number}"]
        photo(folder / "tagged" / f"{number:02d}.jpg", picture=picture, keywords=words, rating=number % 6, make="Maker")
    for number in range(25):
        picture = Image.new("RGB", (64, 48), (40, number * 9, 60))
        ai_image(folder / "made" / f"{number:02d}.png", picture=picture, prompt=f"a quiet lake, mist, number {number}")
    broken = folder / "broken"
    broken.mkdir()
    whole = (folder / "snapshots" / "sample-00000.jpg").read_bytes()
    for number in range(5):
        (broken / f"cut-{number}.jpg").write_bytes(whole[: 400 + 20 * number])
        (broken / f"empty-{number}.png").write_bytes(b"")
        (broken / f"page-{number}.jpg").write_bytes(b"<!doctype html>" * (number + 1))
    for path in broken.iterdir():
        settled(path)  # one that was written just now would have its turn later, in a fast run alone
    assert sum(path.is_file() for path in folder.rglob("*")) == 2 * plain + OTHERS
    return folder


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    return make_media(tmp_path_factory.mktemp("media"), 20)


@pytest.fixture(scope="module")
def undisturbed(media, tmp_path_factory):
    with Server(tmp_path_factory.mktemp("undisturbed"), {"photos": media}) as server:
        return what_is_left(server, server.begin("photos"))


@pytest.fixture(scope="module")
def more_media(tmp_path_factory):
    """Enough to be killed in a hundred times."""
    return make_media(tmp_path_factory.mktemp("more-media"), 110)


@pytest.fixture(scope="module")
def more_undisturbed(more_media, tmp_path_factory):
    with Server(tmp_path_factory.mktemp("more-undisturbed"), {"photos": more_media}) as server:
        return what_is_left(server, server.begin("photos"))


def test_an_undisturbed_run_answers_for_every_file(undisturbed):
    assert undisturbed.statistics["outcomes"] == Counter(added=110, failed=10) | dict.fromkeys(
        ("updated", "moved", "unchanged", "vanished"), 0
    )
    assert len(undisturbed.answers) == len(undisturbed.journal) == 120
    assert len(undisturbed.media) == 110
    assert len(undisturbed.failures) == 15  # 10 of files, 5 of thumbnails


@pytest.mark.parametrize(
    ("engine", "kills"),
    [
        ("sqlite", 4),  # and at named moments: tests/faults/test_crash_points.py
        pytest.param("sqlite", 100, marks=pytest.mark.faults),
        pytest.param("postgresql", 25, marks=pytest.mark.faults),
    ],
)
def test_a_server_killed_again_and_again_ends_where_an_undisturbed_one_does(engine, kills, request, tmp_path):
    more = "more_" if kills > 4 else ""
    media, undisturbed = (request.getfixturevalue(f"{more}{name}") for name in ("media", "undisturbed"))
    killed = Server(tmp_path, {"photos": media})
    if engine == "postgresql":
        killed.env["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    faulthandler.dump_traceback_later(60 + 6 * kills, exit=True)  # a hundred starts take longer than other tests may
    rng = random.Random(20_261_100 + kills)
    files = len(undisturbed.answers)
    every = 4 if kills < 50 else 2  # or the files would not last
    begun_again: list[int] = []
    at_work = 0  # kills of a session that was processing
    began = time.monotonic()
    with killed as server, Opens(media) as opens:
        start_seconds = time.monotonic() - began
        session_id = server.begin("photos")
        done: set[bytes] = set()
        for kill in range(kills):
            went_on = False
            if kill % every == every - 1:  # while it starts, recovers or plans: any moment will do
                time.sleep(rng.uniform(0.0, start_seconds))
            else:
                went_on = wait_for_some_more_files(server, session_id, rng, kills_left=kills - kill, files=files)
            server.kill()
            saved = server.session_file(session_id)
            assert saved["session_id"] == session_id
            at_work += went_on and saved["status"] == "processing"  # a recovery finds files in the log, too
            opened = opened_in(media, opens)
            assert not done & opened.keys(), "a file that was answered for was read again"
            done = answered_in_the_library(server, session_id)
            begun_again.append(len(opened.keys() - done))
            server.restart(ready=False)
        server.wait_until_ready()
        left = what_is_left(server, session_id)
        status = server.status(session_id)
        assert not done & opened_in(media, opens).keys(), "a file that was answered for was read again"
        leftovers = [path.name for path in server.state.iterdir() if path.suffix in (".tmp", ".bad")]
    assert left == undisturbed
    if server.database.exists():
        assert query(server.database, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert leftovers == []
    assert status["interruptions"] >= at_work > kills // 10  # a server killed while it imports has touched nothing
    print(f"files begun and not answered for at each kill: {begun_again}")
    assert max(begun_again) <= BEGUN_AT_ONCE


def wait_for_some_more_files(
    server: Server, session_id: str, rng: random.Random, *, kills_left: int, files: int
) -> bool:
    """Until the session is a random number of files further, and then a few milliseconds more; False near its end."""
    done = answered(server, session_id)
    share = max(1, 3 * (files - done) // (2 * (kills_left + 1)) - 3)  # it does a few more before it is dead
    target = min(files - 2, done + rng.randint(1, share))

    def is_there() -> bool:
        server.check_it_runs()
        return answered(server, session_id) >= target

    until(is_there, what=f"file {target}")
    time.sleep(rng.uniform(0.0, 0.008))
    return done < target


def answered(server: Server, session_id: str) -> int:
    """Files answered for, as the session file says: it is read while it is written, and never torn."""
    return sum(server.session_file(session_id)["outcomes"].values())


def answered_in_the_library(server: Server, session_id: str) -> set[bytes]:
    answers = select(EVENTS.c.path).where(EVENTS.c.session_id == session_id, EVENTS.c.kind == "file_complete")
    return {row["path"] for row in rows(server.env["DATABASE_URL"], answers)}


def opened_in(media: Path, opens: Opens) -> Counter[bytes]:
    """Files of the root `photos` that were opened since this was last asked, named as the log names them."""
    return Counter(b"photos" + path.removeprefix(os.fsencode(media)) for path in opens.since_last_asked())


def test_without_auto_resume_a_killed_session_waits_as_interrupted_until_a_person_resumes_it(
    media, undisturbed, tmp_path
):
    with Server(tmp_path, {"photos": media}, INGEST_AUTO_RESUME="false") as server:
        session_id = server.begin("photos")
        until(lambda: answered(server, session_id) >= 50, what="file 50")
        server.restart()
        status = server.status(session_id)
        assert (status["status"], status["interruptions"], status["current_file"]) == ("interrupted", 1, None)
        done = len(answered_in_the_library(server, session_id))
        assert status["processed_files"] == sum(status["outcomes"].values()) == done >= 50
        assert status["pending"] == status["total_files"] - done
        assert server.get("/api/ingest/active-session").json() == {"session_id": session_id, "status": "interrupted"}
        answer = server.post("/api/ingest/resume", {"session_id": session_id}).json()
        assert answer["resumed"] is True
        assert what_is_left(server, session_id) == undisturbed


def test_a_session_file_that_is_lost_or_damaged_is_made_again_from_the_log(media, undisturbed, tmp_path):
    with Server(tmp_path, {"photos": media}) as server:
        session_id = server.begin("photos")
        until(lambda: answered(server, session_id) >= 30, what="file 30")
        server.kill()
        (server.state / f"{session_id}.json").write_bytes(b'{"version": 1, "session_id": "torn')
        server.start()
        assert (server.state / f"{session_id}.json.bad").exists()
        until(lambda: answered(server, session_id) >= 70, what="file 70")
        server.kill()
        (server.state / f"{session_id}.json").unlink()
        (server.state / f"{session_id}.files.jsonl").unlink()
        server.start()
        assert what_is_left(server, session_id) == undisturbed


def test_the_workers_die_with_a_killed_server(media, tmp_path):
    with Server(tmp_path, {"photos": media}) as server:
        session_id = server.begin("photos")
        until(lambda: answered(server, session_id) >= 5, what="file 5")
        assert len(processes_in(tmp_path)) > 1
        server.kill()
        until(lambda: not processes_in(tmp_path), seconds=10, what="the end of the workers")


# ------------------------------------------------------------------------------------------------------ polite endings


STALLS_ON = {"MEDIA_INGEST_STALL_ON": "a-slow.jpg"}


@pytest.fixture
def slow_media(tmp_path):
    """Three pictures; the worker stalls at the first of them, `STALLS_ON`."""
    folder = tmp_path / "slow"
    write_many(folder, 2, prefix="z-")
    photo(folder / STALLS_ON["MEDIA_INGEST_STALL_ON"])
    return folder


def test_sigterm_in_the_middle_of_a_file_ends_an_open_stream_and_the_server_and_the_session_goes_on(
    slow_media, tmp_path
):
    with Server(tmp_path / "server", {"slow": slow_media}, **STALLS_ON) as server, Opens(slow_media) as opens:
        session_id = server.begin("slow")
        until(lambda: b"a-slow.jpg" in b" ".join(opens.since_last_asked()), what="the slow file's turn")
        with server.events(session_id) as stream:
            assert next(stream).data["current_file"] == "slow/a-slow.jpg"
            server.process.terminate()
            with at_most(6, time.monotonic):
                last = list(stream)[-1]
                server.process.wait(60)
        assert (last.event, last.data) == ("bye", {"reason": "stopping"})
        assert "Traceback" not in server.log.read_text()
        saved = server.session_file(session_id)
        assert (saved["status"], saved["interruptions"]) == ("interrupted", 1)
        assert not (server.state / "lock.json").exists()

        server.env["INGEST_FILE_TIMEOUT_SECONDS"] = "1"
        server.restart()
        status = server.wait_for(session_id, "completed", seconds=30)
        assert status["outcomes"] | {"added": 2, "failed": 1} == status["outcomes"]
        assert [(error["path"], error["cause"]) for error in status["errors"]] == [
            ("slow/a-slow.jpg", "decoder_timeout")
        ]


def test_a_second_server_on_the_same_state_folder_or_port_refuses_in_one_sentence(tmp_path):
    (tmp_path / "photos").mkdir()
    with Server(tmp_path / "server", {"photos": tmp_path / "photos"}) as server:
        second = media_ingest("serve", env=server.env, cwd=tmp_path)
        assert second.returncode == 2
        assert server.address in second.stderr
        assert str(server.process.pid) in second.stderr
        assert len(second.stderr.strip().splitlines()) == 1
        assert second.stdout == ""
        assert server.get("/healthz").status_code == 200

        port = server.address.rpartition(":")[2]
        env = server.env | {"INGEST_STATE_DIR": str(tmp_path / "other"), "INGEST_PORT": port}
        third = media_ingest("serve", env=env, cwd=tmp_path)
        assert third.returncode == 2
        assert third.stderr.startswith(f"media-ingest: Cannot listen on 127.0.0.1:{port}")
        assert len(third.stderr.strip().splitlines()) == 1
