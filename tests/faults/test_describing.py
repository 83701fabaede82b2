"""The program killed while a model describes pictures: what was answered is not paid again, and every sum holds."""

import random
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.crash_points import DESCRIBE_POINTS
from app.descriptions import Price, in_usd
from app.library.describing.tables import RUNS
from tests.samples import photo
from tests.support.fake_provider import FakeProvider
from tests.support.leftovers import rows
from tests.support.server import Server, until

PRICE = Price(Decimal("2.5"), Decimal(10))
AROUND = ("answered", "event_written", "committed", "told", "session_saved")
"""Points of any file's way, which a description passes, too."""
PICTURES = 24


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


@pytest.mark.parametrize(
    ("point", "kills"),
    [("description_journalled", 1)]
    + [pytest.param(point, 50, marks=pytest.mark.faults) for point in DESCRIBE_POINTS]
    + [pytest.param(point, 10, marks=pytest.mark.faults) for point in AROUND],
)
def test_a_kill_at_any_point_of_a_description_pays_no_answer_twice_and_loses_none(point, kills, media, tmp_path):
    left, house, rng = kills, 0, random.Random(f"{point} {kills}")
    while left:
        some = min(left, 10)
        one_house(point, some, media, tmp_path / str(house), rng)
        left, house = left - some, house + 1


def one_house(point, kills, media, folder, rng):
    """A server that is killed so many times, and then comes to its end."""
    passages = [f"{point}:{rng.randint(1, 2)}" for _ in range(kills)]
    with FakeProvider() as fake:
        env = describing(fake, MEDIA_INGEST_CRASH_AT=passages.pop(0))
        with Server(folder, {"photos": media}, **env) as server:
            session_id = server.begin("photos", describe={"template": "caption"})
            for passage in [*passages, None]:
                until(lambda: server.process.poll() is not None, what=f"the end at {point}")
                if passage:
                    server.env["MEDIA_INGEST_CRASH_AT"] = passage
                else:
                    del server.env["MEDIA_INGEST_CRASH_AT"]
                server.restart(ready=not passage)
            status = server.wait_for(session_id, "completed")
            found = rows(server.env["DATABASE_URL"], select(RUNS))
            assert [*server.state.glob("*.describe.jsonl")] == []
        answered = [row for row in found if row["status"] == "answered"]
        unknown = [row for row in found if row["status"] == "unknown"]
        assert (status["outcomes"]["added"], status["stages"]["describe"]["done"]) == (PICTURES, PICTURES)
        assert len(answered) == len({row["sha256"] for row in answered}) == PICTURES
        assert len(answered) + len(unknown) == len(found)
        lost = len(fake.requests) - len(answered)  # billed, and never heard of: under way when the server was killed
        assert 0 <= lost <= len(unknown) <= kills
        unit = fake.billed(PRICE) / len(fake.requests)
        assert in_usd(sum(row["cost_usd"] for row in answered)) == in_usd(fake.billed(PRICE) - lost * unit)
        assert in_usd(status["describe"]["spent_usd"]) == in_usd(sum(row["cost_usd"] for row in found))
        assert in_usd(status["describe"]["spent_usd"]) >= in_usd(fake.billed(PRICE))
        assert status["describe"]["reserved_usd"] == 0
