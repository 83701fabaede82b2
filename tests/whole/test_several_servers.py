"""Several servers on one PostgreSQL database, each with a state folder of its own: a session is worked on by one."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.samples import write_many
from tests.support.proxy import Proxy
from tests.support.server import Server, media_ingest, settings_for, until
from tests.support.several import answered, assert_ends_well

FILES = 120
LEASE_SECONDS = "3"
Start = Callable[..., Server]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    write_many(folder, FILES)
    return folder


@pytest.fixture
def another(postgres_url: str, many: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts a server on the one database, with a state folder of its own and the same photos, unless it is told."""
    with ExitStack() as servers:

        def start(name: str, photos: Path = many, **settings: str) -> Server:
            given = {"DATABASE_URL": postgres_url, "MEDIA_INGEST_LEASE_SECONDS": LEASE_SECONDS, **settings}
            return servers.enter_context(Server(tmp_path / name, {"photos": photos}, new=True, **given))

        yield start


@pytest.fixture
def begun(postgres_url: str) -> Callable[[Server], str]:
    """Begins a session, and waits until it has answered for some files."""

    def begin(server: Server) -> str:
        session_id = server.begin("photos")
        until(lambda: answered(postgres_url, session_id) >= 5, what="file 5")
        return session_id

    return begin


@pytest.fixture
def ends_well(postgres_url: str) -> Callable[..., None]:
    """Holds a session of all files against its log, once it has ended, as each of some servers tells of it."""

    def check(session_id: str, *servers: Server, interruptions: int) -> None:
        assert_ends_well(postgres_url, session_id, *servers, files=FILES, interruptions=interruptions)

    return check


def test_a_server_that_comes_later_leaves_the_session_of_another_alone(another, begun, ends_well):
    first = another("first")
    session_id = begun(first)
    second = another("second")
    assert f"Another server works on this database: {first.address}" in second.log.read_text()
    seen = second.status(session_id)
    assert seen["status"] == "completed" or seen["activity"] == f"the session goes on at {first.address}"
    ends_well(session_id, first, second, interruptions=0)


def test_the_session_of_a_server_that_is_killed_goes_on_elsewhere(another, begun, ends_well):
    first, second = another("first"), another("second")
    session_id = begun(first)
    first.kill()
    ends_well(session_id, second, interruptions=1)
    first.start()
    ends_well(session_id, first, second, interruptions=1)


def test_a_server_that_comes_again_in_time_goes_on_itself(another, begun, ends_well):
    first = another("first", MEDIA_INGEST_LEASE_SECONDS="60")
    another("second")
    session_id = begun(first)
    first.restart()
    ends_well(session_id, first, interruptions=1)


def test_a_server_that_stood_still_past_its_lease_writes_nothing_more(another, begun, ends_well, postgres_url):
    first, second = another("first"), another("second")
    session_id = begun(first)
    first.process.send_signal(signal.SIGSTOP)
    try:
        taken = f"session {session_id} goes on here"
        until(lambda: taken in second.log.read_text(), seconds=20, what="the other server's turn")
    finally:
        first.process.send_signal(signal.SIGCONT)
    ends_well(session_id, first, second, interruptions=1)


@pytest.mark.parametrize("silent", [False, True], ids=["cut", "silent"])
def test_a_server_that_is_cut_off_from_the_database_loses_its_session(silent, another, begun, ends_well, postgres_url):
    with Proxy(postgres_url) as proxy:
        first, second = another("first", DATABASE_URL=proxy.url), another("second")
        session_id = begun(first)
        proxy.silence() if silent else proxy.cut()
        taken = f"session {session_id} goes on here"
        until(lambda: taken in second.log.read_text(), seconds=20, what="the other server's turn")
        proxy.mend()
        ends_well(session_id, second, interruptions=1)
        ends_well(session_id, first, interruptions=1)


def test_a_server_whose_files_are_others_leaves_a_session_and_says_why(another, begun, ends_well, tmp_path):
    write_many(tmp_path / "others", 3, prefix="other-")
    first, second = another("first"), another("second", tmp_path / "others")
    session_id = begun(first)
    first.kill()
    until(lambda: (second.status(session_id)["attention"] or {}).get("cause") == "root_differs", what="the reason")
    assert second.status(session_id)["status"] == "interrupted"
    refused = second.post("/api/ingest/resume", {"session_id": session_id})
    assert (refused.status_code, refused.json()["cause"]) == (409, "root_differs")
    first.start()
    ends_well(session_id, first, interruptions=1)


def test_what_is_asked_on_another_server_is_done_by_the_one_that_works(another, begun, ends_well):
    first, second = another("first"), another("second")
    session_id = begun(first)
    assert second.post("/api/ingest/pause", {"session_id": session_id}).status_code == 200
    first.wait_for(session_id, "paused")
    second.wait_for(session_id, "paused")
    second.post("/api/ingest/resume", {"session_id": session_id})
    ends_well(session_id, first, second, interruptions=0)
    assert "goes on here" not in second.log.read_text()


def test_a_paused_session_whose_server_is_gone_goes_on_where_a_person_says_so(another, begun, ends_well):
    first, second = another("first"), another("second")
    session_id = begun(first)
    first.post("/api/ingest/pause", {"session_id": session_id})
    second.wait_for(session_id, "paused")
    first.terminate()
    assert second.status(session_id)["status"] == "paused"
    assert second.post("/api/ingest/resume", {"session_id": session_id}).json()["resumed"]
    ends_well(session_id, second, interruptions=0)


# ------------------------------------------------------------------------------------------------------------- SQLite


def test_a_second_state_folder_is_kept_from_an_sqlite_file_under_any_name(many, tmp_path):
    with Server(tmp_path / "first", {"photos": many}) as first:
        (tmp_path / "other.db").symlink_to(first.database)
        env = settings_for(tmp_path / "second", {"photos": many}, DATABASE_URL=f"sqlite:///{tmp_path}/other.db")
        for command in (("serve", "--port", "0"), ("run", "photos")):
            refused = media_ingest(*command, env=env, cwd=tmp_path)
            assert refused.returncode == 2
            assert f"Another Media Ingest works on the database {first.database}: {first.address}" in refused.stderr
        told = media_ingest("doctor", env=env, cwd=tmp_path).stdout
        assert f"Server: {first.address} (process {first.process.pid})." in " ".join(told.split())
        assert media_ingest("stats", env=env, cwd=tmp_path).returncode == 0
        first.kill()
        assert media_ingest("run", "photos", "--pattern", "sample-00000*", env=env, cwd=tmp_path).returncode == 0
