"""Sessions over what a search finds: they watch over its media roots, and outlive what their own work changes."""

from typing import Any

import pytest

from app.ingest.session.parameters import parse_parameters
from app.ingest.session.state import Status
from app.media import Place
from tests.ingest.builders import Workplace, assert_sums_close, tree
from tests.ingest.describing.models import DESCRIBE


@pytest.fixture
def place(place: Workplace) -> Workplace:
    """One that has taken four pictures in."""
    tree(place.media, *(f"{number}.jpg" for number in range(4)))
    place.run()
    return place


def start(place: Workplace, q: str = "kind:image", **asked: Any) -> str:
    return place.runner.start(parse_parameters({"q": q, "describe": DESCRIBE} | asked)).session_id


def missing(place: Workplace) -> list[bytes]:
    rows = (place.library.file(Place("m", f"{number}.jpg".encode())) for number in range(4))
    return [row["path"] for row in rows if row["missing_at"]]


def test_a_root_that_goes_meanwhile_stops_the_session_and_no_file_is_missing(place):
    gate = place.gate(b"1.jpg")
    session_id = start(place)
    gate.arrived()
    place.media.rename(place.media.with_name("elsewhere"))
    gate.open()
    session = place.until(session_id, Status.ATTENTION)
    assert (session.attention["cause"], session.outcomes["vanished"], missing(place)) == ("root_changed", 0, [])
    place.media.with_name("elsewhere").rename(place.media)
    place.runner.resume(session_id)
    session = place.until(session_id, Status.COMPLETED)
    assert_sums_close(session)
    assert session.stages["describe"].done == 4


def test_a_disk_that_is_not_there_has_to_be_confirmed(place):
    for path in place.media.iterdir():
        path.unlink()
    session_id = start(place)
    session = place.until(session_id, Status.ATTENTION)
    assert (session.attention["cause"], session.attention["needs_confirm"]) == ("root_changed", True)
    assert missing(place) == []
    place.runner.resume(session_id, confirm=True)
    session = place.until(session_id, Status.COMPLETED)
    assert (session.outcomes["vanished"], len(missing(place))) == (4, 4)


def test_what_was_described_may_leave_the_search_before_it_goes_on(place, model):
    gate = place.gate(b"2.jpg")
    session_id = start(place, "-is:described")
    gate.arrived()
    place.runner.pause(session_id)
    gate.open()
    place.until(session_id, Status.PAUSED)
    place.runner.resume(session_id)
    session = place.until(session_id, Status.COMPLETED)
    assert_sums_close(session)
    assert (session.total_files, session.stages["describe"].done, len(model.asked)) == (4, 4, 4)
