"""The program killed at each named point of a file's way: it ends where an undisturbed run does, wherever it was."""

import random

import pytest

from app.crash_points import POINTS
from tests.leftovers import what_is_left
from tests.samples import ai_image, photo, write_many
from tests.server import Opens, Server, event_stream, until

FILES = 30
IN_WORKER = POINTS[: POINTS.index("begun")]


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    write_many(folder / "plain", 20, kind="jpeg")
    for number in range(4):
        photo(folder / "tagged" / f"{number}.jpg", keywords=["crash", f"word {number}"], rating=number, seed=number)
    for number in range(3):
        ai_image(folder / "made" / f"{number}.png", prompt=f"a lake, number {number}", seed=number)
    (folder / "broken").mkdir()
    for number in range(3):
        (folder / "broken" / f"{number}.jpg").write_bytes(b"<!doctype html>" * (number + 1))
    assert sum(path.is_file() for path in folder.rglob("*")) == FILES
    return folder


@pytest.fixture(scope="module")
def undisturbed(media, tmp_path_factory):
    with Server(tmp_path_factory.mktemp("undisturbed"), {"photos": media}) as server:
        return what_is_left(server, server.begin("photos"))


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.faults)])
def test_a_kill_at_any_point_of_a_files_way_loses_nothing_and_doubles_nothing(
    point, times, media, undisturbed, tmp_path
):
    rng = random.Random(f"{point} {times}")
    for number in range(times):
        folder = tmp_path / str(number)
        nth = rng.randint(2, 20)  # in a worker the first would fail the file: its second try meets it again
        with Server(folder, {"photos": media}, MEDIA_INGEST_CRASH_AT=f"{point}:{nth}") as server, Opens(media) as opens:
            session_id = server.begin("photos")
            if point not in IN_WORKER:
                if point == "frame_sent":
                    watch_until_it_breaks_off(server, session_id)
                until(lambda: server.process.poll() is not None, what=f"the end at {point}")
                del server.env["MEDIA_INGEST_CRASH_AT"]
                opens.since_last_asked()
                server.restart()
            left = what_is_left(server, session_id)
            assert server.status(session_id)["interruptions"] == (0 if point in IN_WORKER else 1)
            assert sorted(path.name for path in server.state.glob("**/*.tmp")) == []
        assert left == undisturbed, (point, nth)


def watch_until_it_breaks_off(server, session_id):
    try:
        with event_stream(server.client, session_id) as frames:
            for _ in frames:
                pass
    except Exception as broken:  # noqa: BLE001 - whichever the connection ends with
        print(f"the stream broke off: {broken!r}")
