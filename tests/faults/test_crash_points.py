"""The program killed at each named point of a file's way: it ends where an undisturbed run does, wherever it was."""

import random

import pytest

from app.crash_points import POINTS
from tests.faults.answers import make_old
from tests.samples import ai_image, photo, write_many
from tests.support.leftovers import what_is_left
from tests.support.server import Opens, Server, event_stream, until
from tests.whole.test_crash import answered_in_the_library, opened_in

FILES = 30
IN_WORKER = POINTS[: POINTS.index("begun")]
ONCE_A_FILE = (*POINTS[POINTS.index("thumbnail_saved") : POINTS.index("frame_sent")], "begun", "answered")
SHORT = ("decoded", "event_written", "committed", "journal_written")


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
    make_old(folder)
    assert sum(path.is_file() for path in folder.rglob("*")) == FILES
    return folder


@pytest.fixture(scope="module")
def undisturbed(media, tmp_path_factory):
    with Server(tmp_path_factory.mktemp("undisturbed"), {"photos": media}) as server:
        return what_is_left(server, server.begin("photos"))


@pytest.mark.parametrize(
    ("point", "times"), [(p, 1) for p in SHORT] + [pytest.param(p, 10, marks=pytest.mark.faults) for p in POINTS]
)
def test_a_kill_at_any_point_of_a_files_way_loses_nothing_and_doubles_nothing(
    point, times, media, undisturbed, tmp_path
):
    for number, passages in enumerate(kills_of_servers(point, times, random.Random(f"{point} {times}"))):
        folder, first = tmp_path / str(number), f"{point}:{passages[0]}"
        with Server(folder, {"photos": media}, MEDIA_INGEST_CRASH_AT=first) as server, Opens(media) as opens:
            session_id = server.begin("photos")
            done: set[bytes] = set()
            for passage in [] if point in IN_WORKER else [*passages[1:], None]:
                if point == "frame_sent":
                    watch_until_it_breaks_off(server, session_id)
                until(lambda: server.process.poll() is not None, what=f"the end at {point}")
                opened = opened_in(media, opens).keys()
                assert not opened & done, "a file that was answered for was read again"
                done = answered_in_the_library(server, session_id)
                assert len(opened - done) <= 1, "more than one file has to be done again"
                if passage:
                    server.env["MEDIA_INGEST_CRASH_AT"] = f"{point}:{passage}"
                else:
                    del server.env["MEDIA_INGEST_CRASH_AT"]
                server.restart(ready=not passage)
            left = what_is_left(server, session_id)
            if point not in IN_WORKER:
                assert not opened_in(media, opens).keys() & done, "a file that was answered for was read again"
            if point != "frame_sent":  # which may be after the end
                interruptions = 0 if point in IN_WORKER else len(passages)
                assert server.status(session_id)["interruptions"] == interruptions
            assert sorted(path.name for path in server.state.glob("**/*.tmp")) == []
        assert left == undisturbed, (point, passages)


@pytest.mark.parametrize(
    "point", ["decoded", *(pytest.param(p, marks=pytest.mark.faults) for p in IN_WORKER if p != "decoded")]
)
def test_a_worker_that_dies_at_the_same_point_again_costs_its_file(point, tmp_path):
    write_many(tmp_path / "media", 1)
    with Server(tmp_path / "server", {"photos": tmp_path / "media"}, MEDIA_INGEST_CRASH_AT=f"{point}:1") as server:
        status = server.wait_for(server.begin("photos"), "completed")
    assert [error["cause"] for error in status["errors"]] == ["decoder_crashed"]


def kills_of_servers(point, kills, rng):
    """For each server the passages of its starts at which it is killed: so many kills in all, late ones and early ones.

    A worker dies at the passage again in each process that takes its place, so that one number is several kills.
    """
    while kills > 0:
        if kills % 5 == 0 and point in ONCE_A_FILE:
            passages = [rng.randint(2, 6) for _ in range(4)]  # all before the last file
        else:
            passages = [number_of_the_passage(point, rng)]
        kills -= FILES // passages[0] if point in IN_WORKER else len(passages)
        yield passages


def number_of_the_passage(point, rng):
    if point == "frame_sent":  # frames hold many files
        return rng.randint(1, 3)
    if point == "temporary_written":  # a start writes a few files
        return rng.randint(8, 40)
    return rng.randint(2, 20)  # at the first, the second try of a worker would meet it again, and the file fail


def watch_until_it_breaks_off(server, session_id):
    try:
        with event_stream(server.client, session_id) as frames:
            for _ in frames:
                pass
    except Exception as broken:  # noqa: BLE001 - whichever the connection ends with
        print(f"the stream broke off: {broken!r}")
