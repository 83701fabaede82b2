"""Sessions whose provider gives no answers: about one picture, about several, about any."""

from collections.abc import Iterator

import pytest

from app.describe.asking import Asking
from app.describe.manners import Manners
from app.describe.providers import Provider
from app.ingest.session.state import SessionState, Status
from app.media import Place
from tests.describe.asked import CAPTION, PRICE, Clock
from tests.ingest.builders import Workplace, assert_sums_close, parameters
from tests.ingest.describing.models import DESCRIBE, Model, pictures, runs_of
from tests.support.fake_provider import FakeProvider, answer, failing

BAD = failing()


@pytest.fixture
def fake() -> Iterator[FakeProvider]:
    with FakeProvider() as fake:
        yield fake


@pytest.fixture
def model(fake) -> Model:
    """One who asks the fake provider, with no time passing while it waits."""
    model, clock = Model(), Clock()

    def opened() -> Asking:
        limits = {"price": PRICE, "max_input_tokens": 10_000, "max_output_tokens": 200}
        manners = Manners(model.at_once, clock=clock, sleep=clock.sleep)
        return Asking(Provider("default", fake.base_url, "a-model", **limits), CAPTION, "image/jpeg", manners)

    model.opened = opened
    return model


def asked_about(fake: FakeProvider) -> str:
    """The pictures that were asked about since the last time, in order."""
    asked = b"".join(request.picture for request in fake.requests).decode()
    fake.requests.clear()
    return asked


def begin(place: Workplace, status: Status) -> SessionState:
    return place.until(place.runner.start(parameters("m", describe=DESCRIBE)).session_id, status)


def tried_again(place: Workplace, session: SessionState, status: Status = Status.ATTENTION) -> SessionState:
    place.runner.resume(session.session_id)
    return place.until(session.session_id, status)


@pytest.mark.parametrize(("names", "asked"), [("abc", "abbbc"), ("bc", "bbbc"), ("ab", "abbb")])
def test_a_picture_that_is_never_answered_about_fails_alone_and_is_tried_in_the_next_session(place, fake, names, asked):
    pictures(place, *names)
    fake.about[b"b"] = BAD
    session = begin(place, Status.COMPLETED)
    assert_sums_close(session)
    assert (session.stages["describe"].failed, session.committed_files, asked_about(fake)) == (1, len(names), asked)
    assert [error["cause"] for error in session.errors] == ["description_lost"]
    fake.about.clear()
    session = begin(place, Status.COMPLETED)
    assert (session.total_files, asked_about(fake)) == (1, "b")
    assert place.library.file(Place("m", b"b.jpg"))["stages"]["describe"]["status"] == "done"


@pytest.mark.parametrize("at_once", [1, 4])
def test_an_outage_sends_one_request_with_each_try(place, fake, model, at_once):
    model.at_once = at_once
    pictures(place, *"abcdef")
    fake.otherwise = BAD
    session = begin(place, Status.ATTENTION)
    assert (session.attention["cause"], session.processed_files) == ("provider_unreachable", 0)
    first = asked_about(fake)
    assert len(first) <= 3 * at_once + 1
    for _ in range(4):
        session = tried_again(place, session)
        assert (session.attention["cause"], len(asked_about(fake))) == ("provider_unreachable", 1)
    assert len(runs_of(place)) == len(first) + 4
    fake.otherwise = answer()
    session = tried_again(place, session, Status.COMPLETED)
    assert_sums_close(session)
    assert (session.stages["describe"].done, sorted(asked_about(fake))) == (6, [*"abcdef"])


def test_several_bad_pictures_in_front_stop_a_session_for_some_tries_and_not_for_ever(place, fake):
    pictures(place, *"abc")
    fake.about |= {b"a": BAD, b"b": BAD}
    session = begin(place, Status.ATTENTION)
    assert asked_about(fake) == "aaab"
    for _ in range(2):
        session = tried_again(place, session)
        assert asked_about(fake) == "b"
    session = tried_again(place, session, Status.COMPLETED)
    assert_sums_close(session)
    assert (session.stages["describe"].failed, session.stages["describe"].done) == (2, 1)
    assert asked_about(fake) == "cab"


def test_the_only_picture_is_asked_about_until_it_is_answered(place, fake):
    pictures(place, "a")
    fake.otherwise = BAD
    session = begin(place, Status.ATTENTION)
    session = tried_again(place, session)
    assert asked_about(fake) == "aaaa"
    fake.otherwise = answer()
    session = tried_again(place, session, Status.COMPLETED)
    assert (session.stages["describe"].done, asked_about(fake)) == (1, "a")
