"""Sessions that let a model describe pictures: what is asked, paid, committed and never asked twice."""

import hashlib
import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.describe.journal import Journal
from app.descriptions import Run, RunStatus
from app.errors import CannotRead, IllegalMove, InvalidRequest, NeedsAttention
from app.ingest.run.undoing import undo
from app.ingest.session.parameters import parse_parameters
from app.ingest.session.state import SessionState, Status
from app.library.describing.tables import PROPOSALS
from app.media import Place, Stage
from tests.ingest.builders import Gate, Workplace, assert_sums_close, parameters
from tests.ingest.describing.models import CENT, DESCRIBE, describe, pictures, runs_of


@pytest.fixture
def url(library_url: str) -> str:
    return library_url


def proposals_of(place: Workplace) -> list[tuple[str, str, str]]:
    columns = (PROPOSALS.c.field, PROPOSALS.c.text, PROPOSALS.c.state)
    return [tuple(row) for row in place.library._engines.read(lambda c: c.execute(select(*columns)).all())]


def described_in(place: Workplace, session: SessionState) -> list[tuple[str, str]]:
    """What the outputs of a session are made of: each file, and by which template it was described."""
    found = place.library.described.in_session(session.session_id)
    templates = {hashlib.sha256(name.encode()).hexdigest(): name for name in ("caption", "alt-text")}
    return [(one.place.shown, templates[one.run.template_sha256]) for one in found if one.row]


def test_each_picture_is_asked_about_once_and_its_run_is_committed_with_it(place, model):
    pictures(place, "a", "b")
    session = describe(place)
    assert model.asked == [b"a", b"b"]
    assert [(row.path, row.status, row.cost_usd, row.tokens_in) for row in runs_of(place)] == [
        (b"m/a.jpg", "answered", 0.01, 100),
        (b"m/b.jpg", "answered", 0.01, 100),
    ]
    assert all(row.media_id is not None and row.session_id == session.session_id for row in runs_of(place))
    assert ("title", "Title of a", "open") in proposals_of(place)
    assert session.describe == {
        "spent_usd": 0.02,
        "reserved_usd": 0.0,
        "budget_usd": None,
        "requests": 2,
        "answers": 2,
        "unpriced": 0,
    }
    assert session.stages["describe"].done == 2
    assert [*place.store.folder.glob("*.describe.jsonl")] == []


def test_nothing_is_asked_of_a_rerun_a_move_a_rename_or_a_copy(place, model):
    pictures(place, "a")
    describe(place)
    assert describe(place).total_files == 0
    (place.media / "a.jpg").rename(place.media / "renamed.jpg")
    (place.media / "sub").mkdir()
    (place.media / "sub" / "copy.jpg").write_bytes(b"a")
    session = describe(place)
    assert (session.outcomes["moved"], session.outcomes["added"]) == (1, 1)
    assert model.asked == [b"a"]
    assert len(runs_of(place)) == 1
    assert [found for found in proposals_of(place) if found[0] == "title"] == [("title", "Title of a", "open")] * 2
    assert described_in(place, session) == [("m/renamed.jpg", "caption"), ("m/sub/copy.jpg", "caption")]
    session = describe(place, template="alt-text")  # another question
    assert model.asked == [b"a", b"a"]
    assert described_in(place, session) == [("m/renamed.jpg", "alt-text"), ("m/sub/copy.jpg", "alt-text")]


def test_nothing_is_asked_again_whatever_became_of_the_session_that_asked(place, model):
    pictures(place, "a", "b")
    first = describe(place)
    assert describe(place, provider="renamed").total_files == 0  # with the same model
    undo(place.runner, place.library, first.session_id, confirmed=2)
    assert place.library.file(Place("m", b"a.jpg")) is None
    place.runner.forget(first.session_id)
    again = describe(place)
    assert (again.outcomes["added"], again.stages["describe"].done) == (2, 2)
    assert ("title", "Title of a", "open") in proposals_of(place)
    anew = {"q": "kind:image", "describe": DESCRIBE, "skip_existing": False}
    over_search = place.runner.start(parse_parameters(anew))
    assert place.until(over_search.session_id, Status.COMPLETED).processed_files == 2
    assert (model.asked, again.describe["spent_usd"], len(runs_of(place))) == ([b"a", b"b"], 0.0, 2)


def test_copies_that_come_at_once_are_asked_about_once(place, model):
    model.at_once = 4
    for number in range(6):
        (place.media / f"{number}.jpg").write_bytes(b"a")
    session = describe(place)
    assert (model.asked, len(runs_of(place)), session.stages["describe"].done) == ([b"a"], 1, 6)
    assert len([found for found in proposals_of(place) if found[0] == "title"]) == 6


def test_a_file_that_has_to_be_read_once_more_is_not_asked_about_once_more(place, model):
    pictures(place, "a")
    reader, times = place.reader, iter([7])

    def read(job):
        result = reader(job)
        return replace(result, file=replace(result.file, mtime_ns=next(times, result.file.mtime_ns)))

    place.reader = read
    session = describe(place)
    assert (model.asked, len(runs_of(place)), session.stages["describe"].done) == ([b"a"], 1, 1)


def answered_but_not_committed(place: Workplace) -> SessionState:
    """A session that was cancelled while the library could not be written: what was answered is in its journal."""
    session = place.run(pattern="none*")
    sha256 = hashlib.sha256(b"caption").hexdigest()
    whom = ("default", "vision-1", "caption", sha256)
    run = Run("1", hashlib.sha256(b"a").hexdigest(), *whom, RunStatus.ANSWERED, "now", cost=CENT, output={"title": "A"})
    Journal(place.store.folder / f"{session.session_id}.describe.jsonl").write(Place("m", b"a.jpg"), run)
    return session


def test_what_another_session_was_answered_is_not_paid_again(place, model):
    pictures(place, "a", "none")
    earlier = answered_but_not_committed(place)
    describe(place, budget_usd=0.02)
    assert (model.asked, next(row.session_id for row in runs_of(place))) == ([b"none"], earlier.session_id)


def test_a_session_that_is_forgotten_leaves_what_it_was_answered(place):
    pictures(place, "none")
    place.runner.forget(answered_but_not_committed(place).session_id)
    assert [(row.status, row.cost_usd) for row in runs_of(place)] == [("answered", 0.01)]


def test_everything_anew_pays_nothing_twice(place, model):
    pictures(place, "a")
    describe(place)
    place.run(describe=DESCRIBE, skip_existing=False)
    assert model.asked == [b"a"]


def test_the_session_stops_before_the_request_that_could_exceed_its_budget(place, model):
    pictures(place, "a", "b", "c", "d")
    started = place.runner.start(parameters("m", describe=DESCRIBE | {"budget_usd": 0.035}))
    session = place.until(started.session_id, Status.ATTENTION)
    assert session.attention["cause"] == "budget_reached"
    assert "$0.0200 is spent" in session.attention["sentence"]
    assert (session.processed_files, len(model.asked)) == (2, 2)
    assert session.describe["spent_usd"] == 0.02
    place.runner.cancel(session.session_id)
    assert describe(place).committed_files == 2  # without a budget: the others
    assert model.asked == [b"a", b"b", b"c", b"d"]


def test_with_a_budget_what_has_no_price_is_refused(place, model):
    model.worst = None
    pictures(place, "a")
    with pytest.raises(InvalidRequest, match="price"):
        place.runner.start(parameters("m", describe=DESCRIBE | {"budget_usd": 1.0}))


def test_a_picture_that_gets_no_description_fails_in_this_stage_alone_and_is_paid(place, model):
    pictures(place, "a", "b")
    model.trouble[b"a"] = CannotRead("The model refuses to describe it.", cause="description_refused")
    session = describe(place)
    assert (session.committed_files, session.stages["describe"].failed, session.stages["describe"].done) == (2, 1, 1)
    assert [(row.status, row.cost_usd) for row in runs_of(place)] == [("unknown", 0.02), ("answered", 0.01)]
    assert place.library.file(Place("m", b"a.jpg"))["stages"]["describe"]["cause"] == "description_refused"
    assert (describe(place).total_files, len(model.asked)) == (0, 2)


def test_a_provider_that_is_not_there_is_attention_and_no_file_fails(place, model):
    pictures(place, "a", "b")
    model.trouble[b"b"] = NeedsAttention("Nobody answers.", cause="provider_unreachable")
    started = place.runner.start(parameters("m", describe=DESCRIBE))
    session = place.until(started.session_id, Status.ATTENTION)
    assert (session.attention["cause"], session.processed_files) == ("provider_unreachable", 1)
    model.trouble.clear()
    place.runner.resume(session.session_id)
    session = place.until(session.session_id, Status.COMPLETED)
    assert_sums_close(session)
    assert session.committed_files == 2


def test_several_are_asked_about_at_once_and_committed_in_order(place, model):
    model.at_once = 3
    names = [f"p{n}" for n in range(8)]
    pictures(place, *names)
    gate = model.gates[b"p0"] = Gate()
    place.ends.append(gate.open)
    started = place.runner.start(parameters("m", describe=DESCRIBE))
    gate.arrived()
    place.runner.wait(started.session_id, lambda _: len(model.asked) > 3, 20)  # others go on while the first waits
    gate.open()
    session = place.until(started.session_id, Status.COMPLETED)
    assert session.committed_files == 8
    assert [row.path for row in runs_of(place)] == [f"m/{name}.jpg".encode() for name in names]


def test_a_cancel_breaks_off_what_is_under_way_and_books_it_at_its_worst(place, model):
    pictures(place, "a", "b")
    gate = model.gates[b"b"] = Gate()
    place.ends.append(gate.open)
    started = place.runner.start(parameters("m", describe=DESCRIBE))
    gate.arrived()
    place.runner.cancel(started.session_id)
    session = place.until(started.session_id, Status.CANCELLED)
    assert [(row.path, row.status, row.cost_usd) for row in runs_of(place)] == [
        (b"m/a.jpg", "answered", 0.01),
        (b"m/b.jpg", "unknown", 0.02),
    ]
    assert session.describe["spent_usd"] == 0.03


def test_trouble_with_one_file_waits_for_what_is_paid_for_of_others(place, model, monkeypatch):
    model.at_once = 2
    pictures(place, "a", "b")
    gate, paid = Gate(), place.library.runs.paid
    model.gates[b"a"] = gate
    place.ends.append(gate.open)

    def gone(sha256, *asked):
        if sha256 != hashlib.sha256(b"b").hexdigest():
            return paid(sha256, *asked)
        gate.arrived()
        threading.Timer(0.1, gate.open).start()
        raise NeedsAttention("The database is gone.", cause="database_unreachable")

    monkeypatch.setattr(place.library.runs, "paid", gone)
    started = place.runner.start(parameters("m", describe=DESCRIBE))
    place.until(started.session_id, Status.ATTENTION)
    assert [(row.path, row.status) for row in runs_of(place)] == [(b"m/a.jpg", "answered")]


def test_a_database_that_is_gone_at_a_commit_costs_no_answer_that_is_under_way(place, model, monkeypatch):
    model.at_once = 2
    pictures(place, "a", "b")
    gate, commit = Gate(), place.library.commit_single_file_to_database
    model.gates[b"b"] = gate
    place.ends.append(gate.open)

    def gone(*asked, **more):
        gate.arrived()
        threading.Timer(0.1, gate.open).start()
        raise NeedsAttention("The database is gone.", cause="database_unreachable")

    monkeypatch.setattr(place.library, "commit_single_file_to_database", gone)
    started = place.runner.start(parameters("m", describe=DESCRIBE))
    session = place.until(started.session_id, Status.ATTENTION)
    assert session.attention["cause"] == "database_unreachable"
    monkeypatch.setattr(place.library, "commit_single_file_to_database", commit)
    place.runner.resume(started.session_id)
    place.until(started.session_id, Status.COMPLETED)
    assert sorted(model.asked) == [b"a", b"b"]
    assert {row.status for row in runs_of(place)} == {"answered"}


def test_a_provider_that_is_slow_is_not_counted_against_the_file(place, model):
    pictures(place, "a")
    gate = model.gates[b"a"] = Gate()
    place.ends.append(gate.open)
    started = place.runner.start(parameters("m", describe=DESCRIBE))
    gate.arrived()
    waiting = place.runner.wait(started.session_id, lambda session: session.current_started_at is None, 20)
    assert (waiting.current_file, waiting.current_started_at) == ("m/a.jpg", None)
    gate.open()
    place.until(started.session_id, Status.COMPLETED)


def test_a_pause_waits_for_what_is_paid_for(place, model):
    model.at_once = 2
    pictures(place, "a", "b", *(f"c{number}" for number in range(20)))  # more than may wait for the first
    gate = model.gates[b"b"] = Gate()
    place.ends.append(gate.open)
    started = place.runner.start(parameters("m", describe=DESCRIBE))
    gate.arrived()
    place.runner.pause(started.session_id)
    gate.open()
    session = place.until(started.session_id, Status.PAUSED)
    assert session.processed_files == len(model.asked) == len(runs_of(place))
    assert {row.status for row in runs_of(place)} == {"answered"}


@pytest.mark.parametrize(("probability", "sent"), [(0.1, True), (0.9, False), (None, False)])
def test_what_may_be_nsfw_leaves_this_machine_only_if_that_is_asked_for(place, model, probability, sent):
    model.local = False
    pictures(place, "a")
    reader = place.reader

    def read(job):
        found = reader(job)
        known = probability is not None and Stage.NSFW in job.wanted
        return replace(found, nsfw=replace(found.nsfw, probability=probability) if known else None)

    place.reader = read
    first = place.run(describe=DESCRIBE, enable_nsfw_detection=probability is not None)
    assert (bool(model.asked), first.stages["describe"].done) == (sent, int(sent))
    again = place.run(describe=DESCRIBE, enable_nsfw_detection=probability is not None)
    assert again.total_files == 0
    place.run(describe=DESCRIBE | {"include_nsfw": True}, enable_nsfw_detection=False)
    assert model.asked == [b"a"]


def test_a_session_over_a_search_describes_what_it_finds(place, model):
    pictures(place, "a", "b")
    place.run()
    started = place.runner.start(parse_parameters({"q": "name:b", "describe": DESCRIBE}))
    session = place.until(started.session_id, Status.COMPLETED)
    assert_sums_close(session)
    assert (session.plan.discovered, model.asked) == (1, [b"b"])


def test_directly_committed_words_fill_what_nobody_said_and_stay_through_a_new_reading(place, model):
    pictures(place, "a")
    describe(place, commit="direct")
    row = place.library.file(Place("m", b"a.jpg"))
    assert (row["title"], row["sources"]["title"]) == ("Title of a", "model")
    assert {"text": "cat", "source": "model", "weight": None} in row["keywords"]
    place.run(skip_existing=False)
    row = place.library.file(Place("m", b"a.jpg"))
    assert (row["title"], row["sources"]["title"]) == ("Title of a", "model")
    assert {"text": "cat", "source": "model", "weight": None} in row["keywords"]
    (place.media / "a.jpg").write_bytes(b"another")
    place.run()
    row = place.library.file(Place("m", b"a.jpg"))
    assert row["title"] is None
    assert "model" not in {word["source"] for word in row["keywords"]}


def test_a_session_that_stopped_at_its_budget_goes_on_with_a_larger_one_that_is_kept(place, model):
    pictures(place, "a", "b", "c", "d")
    started = place.runner.start(parameters("m", describe=DESCRIBE | {"budget_usd": 0.035}))
    session = place.until(started.session_id, Status.ATTENTION)
    with pytest.raises(InvalidRequest, match=r"larger than \$0\.0350"):
        place.runner.resume(session.session_id, budget_usd=0.035)
    place.runner.resume(session.session_id, budget_usd=1.0)
    session = place.until(session.session_id, Status.COMPLETED)
    assert_sums_close(session)
    assert (session.describe["spent_usd"], session.describe["budget_usd"]) == (0.04, 1.0)
    assert len(model.asked) == 4
    told = place.library.session_rows()[session.session_id]
    assert told.detail["parameters"]["describe"]["budget_usd"] == 1.0


def test_only_a_session_that_stopped_at_its_budget_gets_a_larger_one(place, model):
    pictures(place, "a")
    model.trouble[b"a"] = NeedsAttention("Nobody answers.", cause="provider_unreachable")
    started = place.runner.start(parameters("m", describe=DESCRIBE | {"budget_usd": 1.0}))
    session = place.until(started.session_id, Status.ATTENTION)
    with pytest.raises(IllegalMove):
        place.runner.resume(session.session_id, budget_usd=2.0)


def test_what_waiting_does_not_mend_is_not_said_to_be_tried_again(place, model):
    pictures(place, "a")
    for cause, by_itself in (("provider_unreachable", True), ("provider_refuses", False), ("unknown_template", False)):
        model.trouble[b"a"] = NeedsAttention("No.", cause=cause)
        started = place.runner.start(parameters("m", describe=DESCRIBE))
        session = place.until(started.session_id, Status.ATTENTION)
        assert session.as_status()["attention"]["by_itself"] is by_itself
        place.runner.cancel(session.session_id)
