"""The failures that stand over all sessions, on both engines: pages, counts, and what a person says of them."""

import pytest
from sqlalchemy import event

from app.library.failures import Which, position_of
from app.library.library import Library
from app.library.values import FailureState
from app.media import Place, Stage
from tests.ingest.builders import OTHER_SESSION, SESSION, analysis, failure, found


@pytest.fixture
def commit(library: Library):
    def committed(result, session_id=SESSION):
        return library.commit_single_file_to_database(session_id, result, nsfw_threshold=0.8)

    return committed


def paths(rows):
    return [row["path"].decode() for row in rows]


def test_a_page_goes_on_after_any_position_even_if_that_failure_is_over(library, commit):
    for number in range(4):
        commit(failure(found(f"{number}.jpg".encode()), cause="truncated_image" if number else "empty_file"))
    first = library.failures.page(Which(), limit=2)
    assert paths(first) == ["0.jpg", "1.jpg"]
    commit(analysis(found(b"1.jpg")), OTHER_SESSION)
    assert paths(library.failures.page(Which(), after=position_of(first[-1]))) == ["2.jpg", "3.jpg"]
    assert paths(library.failures.every(Which())) == ["0.jpg", "2.jpg", "3.jpg"]


def test_a_stage_that_failed_beside_a_file_that_was_taken_in_is_not_among_them(library, commit):
    commit(analysis(failed={Stage.METADATA: "damaged_metadata"}))
    assert library.failures.page(Which()) == []
    assert library.failures.counts() == {}
    assert library.failures.set_state_of(FailureState.IGNORED, [Place("m", b"a.jpg")]) == 0


def test_what_was_said_holds_while_the_file_looks_as_it_did(library, commit):
    commit(failure(found(mtime_ns=1)))
    assert library.failures.set_state_of(FailureState.IGNORED, [Place("m", b"a.jpg")]) == 1
    commit(failure(found(mtime_ns=1), cause="decoder_timeout", stage=Stage.IDENTIFY), OTHER_SESSION)
    assert library.failures.counts() == {"decoder_timeout": {"open": 0, "reviewed": 0, "ignored": 1}}
    assert library.known(Place("m"))[b"a.jpg"].failures[0].ignored
    commit(failure(found(mtime_ns=2)), "third")
    assert library.failures.counts() == {"truncated_image": {"open": 1, "reviewed": 0, "ignored": 0}}


def test_one_index_answers_however_many_there_are(sqlite_url):
    """300,000 are listed and counted within the blink of an eye, if no row is looked up in vain."""
    library = Library(sqlite_url)
    asked: list[tuple] = []
    event.listen(
        library._engines._readers,
        "before_cursor_execute",
        lambda _c, _cursor, statement, parameters, *_: asked.append((statement, parameters)),
    )
    after = ("truncated_image", "m", 5)
    library.failures.page(Which(), after=after)
    library.failures.page(Which(cause="empty_file", state=FailureState.OPEN))
    library.failures.counts("m")

    def plan(statement, parameters):
        rows = library._engines.read(lambda c: c.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())
        return " ".join(row[3] for row in rows)

    plans = [plan(*each) for each in tuple(asked)]
    library.close()
    assert "USING INDEX ix_file_failures_fatal" in plans[0]
    assert "ix_file_failures_fatal (cause=?)" in plans[1]
    assert "COVERING INDEX ix_file_failures_fatal" in plans[2]
    assert all("TEMP B-TREE" not in each for each in plans)
