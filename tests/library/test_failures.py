"""The failures that stand over all sessions, on both engines: pages, counts, and what a person says of them."""

import pytest

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
    assert library.failures.open_by_root() == {}
    assert library.known(Place("m"))[b"a.jpg"].failures[0].ignored
    commit(failure(found(mtime_ns=2)), "third")
    assert library.failures.counts() == {"truncated_image": {"open": 1, "reviewed": 0, "ignored": 0}}
    assert library.failures.open_by_root() == {"m": {"truncated_image": 1}}
