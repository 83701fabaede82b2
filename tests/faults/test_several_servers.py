"""Several servers on one PostgreSQL database, disturbed again and again: killed, stopped, cut off from it."""

import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from app.library.leasing.leases import LEASE_SECONDS
from tests.samples import write_many
from tests.support.proxy import Proxy
from tests.support.server import Server, until
from tests.support.several import answered, assert_ends_well

pytestmark = pytest.mark.faults
FILES, MOMENTS = 2_000, 10  # of each turn: all at once would take a quarter of an hour
GOES_ON_SECONDS = 15.0


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    write_many(folder, FILES)
    return folder


@contextmanager
def killed(server: Server, _proxy: Proxy) -> Iterator[None]:
    server.kill()
    yield
    server.start()


@contextmanager
def stopped(server: Server, _proxy: Proxy) -> Iterator[None]:
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


@contextmanager
def cut_off(_server: Server, proxy: Proxy) -> Iterator[None]:
    proxy.cut()
    yield
    proxy.mend()


@contextmanager
def unheard(_server: Server, proxy: Proxy) -> Iterator[None]:
    proxy.silence()
    yield
    proxy.mend()


WAYS: Sequence[Callable] = (killed, stopped, cut_off, unheard)


@pytest.mark.parametrize("turn", range(5))
@pytest.mark.parametrize("count", [2, 3])
def test_a_session_goes_on_whatever_happens_to_the_server_that_works_on_it(count, turn, many, postgres_url, tmp_path):
    rng, waits, session_ids = random.Random(10 * count + turn), [], []
    with ExitStack() as all_of_them:
        proxies = [all_of_them.enter_context(Proxy(postgres_url)) for _ in range(count)]
        servers = [
            all_of_them.enter_context(
                Server(tmp_path / str(number), {"photos": many}, new=True, DATABASE_URL=proxy.url)
            )
            for number, proxy in enumerate(proxies)
        ]
        for _ in range(MOMENTS):
            if not session_ids or answered(postgres_url, session_ids[-1]) > FILES - 300:
                for session_id in session_ids[-1:]:
                    assert_ends_well(postgres_url, session_id, *servers, files=FILES)
                session_ids.append(rng.choice(servers).begin("photos", skip_existing=False))
            session_id, files = session_ids[-1], answered(postgres_url, session_ids[-1]) + rng.randrange(5, 120)
            until(lambda s=session_id, n=files: answered(postgres_url, s) >= n, what=f"file {files}")
            number = owner(servers, session_id)
            with rng.choice(WAYS)(servers[number], proxies[number]):
                began, before = time.monotonic(), answered(postgres_url, session_id)
                goes_on = lambda s=session_id, n=before: answered(postgres_url, s) > n + 1  # noqa: E731
                until(goes_on, seconds=3 * LEASE_SECONDS, what="the other server's work", every=0.1)
                waits.append(time.monotonic() - began)
        assert_ends_well(postgres_url, session_ids[-1], *servers, files=FILES)
    print(f"went on after {min(waits):.1f} to {max(waits):.1f} s, {len(session_ids)} sessions")
    assert max(waits) <= GOES_ON_SECONDS


def owner(servers: Sequence[Server], session_id: str) -> int:
    """Which of the servers works on a session."""

    def look() -> list[int]:
        found = [(number, server.status(session_id)) for number, server in enumerate(servers)]
        return [
            number + 1
            for number, status in found
            if status["status"] == "processing" and not (status["activity"] or "").startswith("the session goes on at")
        ]

    return until(look, what="a server at work", every=0.1)[0] - 1
