"""The program killed while a model describes pictures: what was answered is not paid again, and every sum holds."""

import json
import random
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.crash_points import DESCRIBE_POINTS
from app.descriptions import Price, in_usd
from app.library.describing.tables import RUNS
from app.library.tables import MEDIA
from tests.samples import photo
from tests.support.fake_provider import FakeProvider
from tests.support.leftovers import rows
from tests.support.server import Server, until

PRICE = Price(Decimal("2.5"), Decimal(10))
AROUND = ("answered", "event_written", "committed", "told", "session_saved")
"""Points of any file's way, which a description passes, too."""
CRASH = "MEDIA_INGEST_CRASH_AT"
WRITTEN = "temporary_written"
"""The point within the writing of a file, of descriptions as of sessions."""
PICTURES = 24
A_HOUSE = 10  # kills of one server, at most


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    for number in range(PICTURES):
        photo(folder / f"{number:02d}.jpg", seed=number)
    return folder


def describing(fake: FakeProvider, **more: str) -> dict[str, str]:
    return {
        "INGEST_DESCRIBE_BASE_URL": fake.base_url,
        "INGEST_DESCRIBE_MODEL": "vision-1",
        "INGEST_DESCRIBE_PRICE_IN": "2.5",
        "INGEST_DESCRIBE_PRICE_OUT": "10",
        "INGEST_DESCRIBE_MAX_INPUT_TOKENS": "4000",
        "INGEST_DESCRIBE_MAX_OUTPUT_TOKENS": "400",
        **more,
    }


class Repaired(FakeProvider):
    """Answers about every third picture in a way that has to be repaired."""

    def meet(self, request):
        step = super().meet(request)
        first = len(request.body["messages"]) == 1
        return replace(step, text="no") if first and int(request.sha256, 16) % 3 == 0 else step


@contextmanager
def killed(fake, point, kills, media, folder, **asked):
    """A server that was killed up to so many times at a point, its session at the end, and how often it was killed."""
    rng, done = random.Random(f"{folder.name} {point} {kills}"), 0
    at_once = asked.pop("at_once", 1)
    most = 12 if point == WRITTEN else 2
    passages = [{CRASH: f"{point}:{rng.randint(1, most)}"} for _ in range(kills)]
    if point == WRITTEN:
        passages.insert(0, {})  # that is passed before there is a session, too: the first kill comes at any moment
    env = describing(fake, INGEST_DESCRIBE_CONCURRENCY=str(at_once), **passages.pop(0))
    with Server(folder, {"photos": media}, **env) as server:
        session_id = server.begin("photos", describe={"template": "caption", **asked})

        def ended():
            return server.process.poll() is not None or server.session_file(session_id)["status"] == "completed"

        for passage in [*passages, {}]:
            if server.env.pop(CRASH, None):
                until(ended, what=f"the end at {point}")
                done += server.process.poll() is not None
            server.env |= passage
            server.restart(ready=not passage)
        yield server, server.wait_for(session_id, "completed"), done


def taken_in(status):
    """The names of the pictures that were taken in: a slow machine may take two deaths for those of a file."""
    died = {error["path"] for error in status["errors"] if error["cause"] == "server_died"}
    names = [f"{number:02d}.jpg" for number in range(PICTURES)]
    return [name for name in names if f"photos/{name}" not in died]


def assert_sums_hold(fake, status, found, most_lost):
    """Nobody paid twice for an answer that arrived, none was lost, and all sums are those of the rows and the bill."""
    pictures = len(taken_in(status))
    answered = [row for row in found if row["status"] == "answered"]
    heard = [row for row in found if row["status"] in {"answered", "invalid"}]
    unknown = [row for row in found if row["status"] == "unknown"]
    assert (status["outcomes"]["added"], status["stages"]["describe"]["done"]) == (pictures, pictures)
    assert PICTURES >= len(answered) == len({row["sha256"] for row in answered}) >= pictures
    assert len(heard) + len(unknown) == len(found)
    lost = len(fake.requests) - len(heard)  # billed, and never heard of: under way when the server was killed
    assert 0 <= lost <= len(unknown) <= most_lost
    unit = fake.billed(PRICE) / len(fake.requests)
    assert in_usd(sum(row["cost_usd"] for row in heard)) == in_usd(fake.billed(PRICE) - lost * unit)
    assert in_usd(status["describe"]["spent_usd"]) == in_usd(sum(row["cost_usd"] for row in found))
    assert in_usd(status["describe"]["spent_usd"]) >= in_usd(fake.billed(PRICE))
    assert status["describe"]["reserved_usd"] == 0


@pytest.mark.parametrize(
    ("point", "kills"),
    [("description_journalled", 1)]
    + [pytest.param(point, 50, marks=pytest.mark.faults) for point in DESCRIBE_POINTS]
    + [pytest.param(point, 10, marks=pytest.mark.faults) for point in AROUND],
)
def test_a_kill_at_any_point_of_a_description_pays_no_answer_twice_and_loses_none(point, kills, media, tmp_path):
    left = kills
    for house in range(kills):
        with FakeProvider() as fake, killed(fake, point, min(left, A_HOUSE), media, tmp_path / str(house)) as ended:
            server, status, done = ended
            assert_sums_hold(fake, status, rows(server.env["DATABASE_URL"], select(RUNS)), done)
            assert [*server.state.glob("*.describe.jsonl")] == []
        left -= done
        if left <= 0:
            return
    pytest.fail(f"{left} kills are left of {kills}")


@pytest.mark.faults
@pytest.mark.parametrize("point", [*DESCRIBE_POINTS, *AROUND, WRITTEN])
def test_a_kill_where_answers_are_repaired_committed_directly_and_written_leaves_every_file_whole(
    point, media, tmp_path
):
    left = 50 if point == WRITTEN else 10
    asked = {"at_once": 2, "commit": "direct", "write": ["json", "docx"]}
    for house in range(left):
        with Repaired() as fake, killed(fake, point, min(left, 5), media, tmp_path / str(house), **asked) as ended:
            server, status, done = ended
            assert_sums_hold(fake, status, rows(server.env["DATABASE_URL"], select(RUNS)), 2 * (done + 1))
            for row in rows(server.env["DATABASE_URL"], select(MEDIA.c.title, MEDIA.c.sources)):
                assert (row["title"], row["sources"]["title"]) == ("A title", "model")
            assert_files_are_whole(server.state / "descriptions" / status["session_id"], taken_in(status))
        left -= done
        if left <= 0:
            return
    pytest.fail(f"{left} kills are left")


def assert_files_are_whole(folder, names):
    """Each picture has one file of each format, under its own name, and nothing else is there."""
    wanted = {f"{name}.{form}" for name in names for form in ("json", "docx")} | {"files.jsonl"}
    assert {path.name for path in folder.iterdir()} == wanted
    for name in names:
        assert json.loads((folder / f"{name}.json").read_bytes())["title"] == "A title"
        with zipfile.ZipFile(folder / f"{name}.docx") as parts:
            assert parts.testzip() is None
            assert any(part.startswith("word/media/") for part in parts.namelist())
