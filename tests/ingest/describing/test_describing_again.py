"""Sessions that describe, afterwards: tried again, reported, forgotten, and with their provider gone."""

import hashlib
import shutil
from decimal import Decimal

import pytest

from app import reports
from app.describe.journal import Journal
from app.descriptions import Run, RunStatus
from app.errors import CannotRead, InvalidRequest, NeedsAttention, NothingMatches
from app.export.descriptions.outputs import session_outputs
from app.ingest.run.describing import journal_of
from app.ingest.session.state import SessionState, Status
from app.media import Place
from tests.ingest.builders import Gate, Workplace, assert_sums_close, parameters
from tests.ingest.describing.models import DESCRIBE, describe, pictures, runs_of


def retried(place: Workplace, session_id: str, **which: str) -> SessionState:
    started = place.runner.retry(session_id, **which)
    session = place.until(started.session_id, Status.COMPLETED)
    assert_sums_close(session)
    return session


@pytest.fixture
def refused(place, model) -> SessionState:
    """A session in which a file failed, and one of three pictures got no description."""
    pictures(place, "a", "b", "broken", "c")
    model.trouble[b"b"] = CannotRead("It is not what the template asks for.", cause="description_invalid")
    session = describe(place, budget_usd=1.0)
    assert (session.outcomes["failed"], session.stages["describe"].failed) == (1, 1)
    model.trouble.clear()
    model.asked.clear()
    return session


def test_a_retry_asks_again_about_pictures_that_got_no_description(place, model, refused):
    again = retried(place, refused.session_id, cause="description_invalid")
    assert (model.asked, again.total_files, again.stages["describe"].done) == ([b"b"], 1, 1)
    assert again.parameters.describe == refused.parameters.describe
    assert again.describe["budget_usd"] == 1.0
    with pytest.raises(NothingMatches):
        place.runner.retry(again.session_id)


def test_a_retry_of_all_that_failed_in_a_session_has_both(place, model, refused):
    (place.media / "broken.jpg").rename(place.media / "broken-no-more.jpg")
    again = retried(place, refused.session_id)
    assert (again.total_files, again.outcomes["vanished"], model.asked) == (2, 1, [b"b"])


def test_a_retry_of_all_sessions_asks_for_descriptions_where_all_of_its_files_were_to_have_one(place, model, refused):
    again = retried(place, "all")
    assert (again.total_files, again.parameters.describe) == (1, refused.parameters.describe)
    assert model.asked == []
    pictures(place, "broken-2", "d")
    place.run()
    mixed = retried(place, "all")
    assert (mixed.total_files, mixed.parameters.describe) == (2, None)


def test_a_session_is_reported_after_its_provider_is_gone(place, model):
    pictures(place, "a")
    session = describe(place)

    def gone(request):
        raise InvalidRequest("There is no provider of that name.", field="describe", cause="no_provider")

    place.take = gone
    (place.media / "later.jpg").write_bytes(b"later")
    lines = [(line["path"], line["class"]) for line in reports.lines_of(session, place.ingestor)]
    assert lines == [("m/a.jpg", "answered"), ("m/later.jpg", "pending")]
    assert list(place.runner.survey(session.session_id))


def journalled(place: Workplace, session: SessionState) -> None:
    """Leaves a request in the journal of a session that ended, as where the database could not be reached."""
    about = ("5" * 64, "default", "vision-1", "caption", "6" * 64)
    run = Run(
        "00000000-0000-4000-8000-000000000009", *about, RunStatus.ANSWERED, session.created_at, cost=Decimal("0.03")
    )
    Journal(journal_of(place.ingestor, session.session_id)).write(Place("m", b"a.jpg"), run)


@pytest.mark.parametrize(
    ("statuses", "asked", "cause"),
    [
        (["refused"], [], "description_refused"),
        (["truncated"], [], "description_truncated"),
        (["invalid"], [b"a"], None),
        (["unknown"], [b"a"], None),
    ],
)
def test_an_answer_of_no_use_that_a_crash_kept_from_its_file_is_not_paid_again(place, model, statuses, asked, cause):
    pictures(place, "a")
    model.trouble[b"a"] = NeedsAttention("It is not there.", cause="provider_unreachable")
    session = place.until(place.runner.start(parameters("m", describe=DESCRIBE)).session_id, Status.ATTENTION)
    model.trouble.clear()
    model.asked.clear()
    order = model.take(session.parameters.describe)
    journal = Journal(journal_of(place.ingestor, session.session_id))
    for number, status in enumerate(statuses):
        whom = order.whom.provider, order.whom.model, order.whom.template, order.whom.template_sha256
        run = Run(str(number), hashlib.sha256(b"a").hexdigest(), *whom, RunStatus(status), "t", reason="no")
        journal.write(Place("m", b"a.jpg"), run)
    place.runner.resume(session.session_id)
    ended = place.until(session.session_id, Status.COMPLETED)
    assert (model.asked, ended.stages["describe"].failed) == (asked, cause is not None)
    [event] = place.library.answers(session.session_id)
    assert event.cause == cause


def test_what_a_session_paid_is_kept_when_it_is_forgotten(place, model):
    pictures(place, "a")
    session = describe(place)
    journalled(place, session)
    place.runner.forget(session.session_id)
    assert [row.cost_usd for row in runs_of(place)] == [0.01, 0.03]
    assert not journal_of(place.ingestor, session.session_id).exists()
    place.restart()
    assert describe(place).total_files == 0
    assert model.asked == [b"a"]


def test_what_a_session_paid_that_has_ended_is_written_at_the_next_start(place):
    pictures(place, "a")
    session = describe(place)
    journalled(place, session)
    place.restart()
    assert [row.cost_usd for row in runs_of(place)] == [0.01, 0.03]
    assert place.runner.session(session.session_id).describe["spent_usd"] == 0.04


def test_a_root_that_was_renamed_costs_nothing_again(place, model):
    pictures(place, "a", "b")
    describe(place)
    place.folders.use({"n": place.media})
    started = place.runner.start(parameters("n", describe=DESCRIBE))
    session = place.until(started.session_id, Status.COMPLETED)
    assert (session.stages["describe"].done, len(model.asked)) == (2, 2)


# -- files that are written while it runs ------------------------------------------------------------------------


@pytest.fixture
def out(place, tmp_path):
    """The folder of descriptions."""
    place.outputs_of = lambda library: session_outputs(tmp_path / "out", place.folders, library, place.store)
    place.restart()
    return tmp_path / "out"


def test_nothing_is_asked_while_the_folder_cannot_be_written(place, model, out):
    pictures(place, "a")
    out.write_bytes(b"no folder")
    started = place.runner.start(parameters("m", describe=DESCRIBE | {"write": ["json"]}))
    session = place.until(started.session_id, Status.ATTENTION)
    assert (session.attention["cause"], model.asked) == ("outputs_unwritable", [])
    out.unlink()
    place.runner.resume(session.session_id)
    session = place.until(session.session_id, Status.COMPLETED)
    assert session.describe["written"] == {"json": 1}


def test_a_folder_that_goes_meanwhile_loses_no_answer_and_the_end_counts_what_is_there(place, model, out):
    model.at_once = 2
    pictures(place, "a", "b", "c", *(f"d{number}" for number in range(20)))
    gates = [model.gates.setdefault(name, Gate()) for name in (b"a", b"b")]
    place.ends += [gate.open for gate in gates]
    started = place.runner.start(parameters("m", describe=DESCRIBE | {"write": ["json"]}))
    for gate in gates:
        gate.arrived()
    out.rename(out.with_name("put aside"))
    out.write_bytes(b"no folder")
    gates[0].open()
    place.runner.wait(started.session_id, lambda now: now.processed_files == 1, 20)
    gates[1].open()  # it is paid for: the session waits for it
    session = place.until(started.session_id, Status.ATTENTION)
    assert session.attention["cause"] == "outputs_unwritable"
    assert session.processed_files == len(model.asked) < 23
    assert {row.status for row in runs_of(place)} == {"answered"}
    out.unlink()
    out.with_name("put aside").rename(out)
    place.runner.resume(session.session_id)
    session = place.until(session.session_id, Status.COMPLETED)
    assert_sums_close(session)
    assert (len(model.asked), session.describe["written"]) == (23, {"json": 23})
    assert len(list((out / session.session_id).glob("*.json"))) == 23


def test_a_cancel_breaks_off_the_catching_up(place, model, out):
    pictures(place, "a", "b", "c")
    session = describe(place, write=["json"])
    shutil.rmtree(out)
    caught = place.ingestor.outputs.catch_up(session.session_id, ["json"])
    next(caught)
    assert len(list((out / session.session_id).glob("*.json"))) == 1
