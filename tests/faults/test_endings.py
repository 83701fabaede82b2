"""Servers that are told to stop in the middle of a file, and servers that want the same state folder."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.faults.answers import endless_film, make_old
from tests.samples import write_many
from tests.support.clock import at_most
from tests.support.leftovers import what_is_left
from tests.support.server import Server, media_ingest, until

STREAMS = 3
END_SECONDS = 10
WAIT_SECONDS = 30


def make_media(folder):
    """A file that nobody waits for, and others before and after it in the order of their names."""
    write_many(folder, 20)
    write_many(folder, 20, prefix="a-")
    endless_film(folder / "film.mp4")
    make_old(folder)
    return folder


@pytest.fixture
def media(tmp_path):
    return make_media(tmp_path / "photos")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What a session leaves that nothing befalls, over the same files with the long one cut."""
    folder = tmp_path_factory.mktemp("undisturbed")
    cut_the_film(make_media(folder / "photos"))
    with Server(folder / "server", {"photos": folder / "photos"}) as server:
        return what_is_left(server, server.begin("photos"))


def at_the_film(server, session_id):
    """Waits until the session stands at the file that nobody waits for."""
    until(lambda: server.status(session_id)["current_file"] == "photos/film.mp4", what="the film's turn")


def cut_the_film(media):
    """Makes the file one that is refused at once."""
    endless_film(media / "film.mp4", 4_096)
    make_old(media)


@pytest.mark.parametrize("endings", [2, pytest.param(20, marks=pytest.mark.faults)])
def test_sigterm_in_the_middle_of_a_file_says_bye_on_every_stream_and_the_session_goes_on(
    endings, media, undisturbed, tmp_path
):
    with Server(tmp_path / "server", {"photos": media}) as server, ThreadPoolExecutor(STREAMS) as tabs:
        session_id = server.begin("photos")
        for ending in range(1, endings + 1):
            at_the_film(server, session_id)
            opened = Barrier(STREAMS + 1)

            def watch(opened=opened):
                with server.events(session_id) as stream:
                    first = next(stream)
                    opened.wait(WAIT_SECONDS)
                    return [first, *stream]

            watching = [tabs.submit(watch) for _ in range(STREAMS)]
            opened.wait(WAIT_SECONDS)
            server.process.terminate()
            with at_most(END_SECONDS, time.monotonic):
                last = [tab.result(WAIT_SECONDS)[-1] for tab in watching]
                assert server.process.wait(WAIT_SECONDS) is not None
            assert [(frame.event, frame.data) for frame in last] == [("bye", {"reason": "stopping"})] * STREAMS
            saved = server.session_file(session_id)
            assert (saved["status"], saved["interruptions"]) == ("interrupted", ending)
            assert "Traceback" not in server.log.read_text()
            if ending == endings:
                cut_the_film(media)
            server.restart()
        assert what_is_left(server, session_id) == undisturbed


def test_a_second_server_refuses_until_the_first_is_killed_and_then_goes_on_with_its_session(
    media, undisturbed, tmp_path
):
    with Server(tmp_path / "server", {"photos": media}) as first:
        session_id = first.begin("photos")
        at_the_film(first, session_id)
        second = Server(tmp_path / "server", {"photos": media})
        second.log = tmp_path / "second.log"
        refused = media_ingest("serve", env=second.env, cwd=tmp_path)
        assert refused.returncode == 2
        assert f"{first.address} (process {first.process.pid})" in refused.stderr
        assert first.status(session_id)["current_file"] == "photos/film.mp4"
        first.kill()
        cut_the_film(media)
        with second:
            assert what_is_left(second, session_id) == undisturbed
            assert second.status(session_id)["interruptions"] == 1
