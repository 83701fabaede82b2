"""Sums over requests are those of their rows, to the last decimal, on both engines."""

from decimal import Decimal

import numpy as np
import pytest
from sqlalchemy import update

from app.descriptions import RunStatus, in_usd
from app.library.describing.listing import WantedRuns
from app.library.describing.tables import RUNS
from app.library.describing.totals import Total
from app.media import Place
from tests.ingest.builders import OTHER_SESSION, SESSION, analysis, found
from tests.support.runs import run


@pytest.fixture
def add(library):
    def write(*runs, path=b"a.jpg", root="m", session=SESSION):
        library.runs.add(runs, session_id=session, place=Place(root, path))

    return write


def test_sums_are_exact_by_root_and_follow_what_comes(library, add):
    assert not library.run_totals.begun()
    assert library.run_totals.all() == (Total(), {})
    add(*(run(number, "0.000000001") for number in range(3)), run(3, "0.1"), run(4, "0.2"))
    add(run(5, "0.3"), root="other")
    whole, by_root = library.run_totals.all()
    assert (whole.runs, str(whole.spent), str(by_root["m"].spent)) == (6, "0.600000003", "0.300000003")
    assert whole.average == in_usd(Decimal("0.600000003") / 6)
    add(run(6, "0.000000007"), root="other")
    assert library.run_totals.all().by_root["other"] == (2, 0, Decimal("0.300000007"), in_usd(Decimal("0.1500000035")))
    assert library.run_totals.begun()


def test_what_is_not_known_is_no_part_of_a_sum_and_no_nought(library, add):
    add(run(1, None), run(2, None))
    assert library.run_totals.all().whole == (2, 2, None, None)
    add(run(3, "0.02"), run(4, "0.01", status=RunStatus.INVALID), run(5, "0.01", sha256=run(3).sha256))
    assert library.run_totals.all().whole == (5, 2, Decimal("0.04"), Decimal("0.04")), (
        "one picture was described at a price"
    )
    add(run(6, "0", sha256=run(3).sha256), root="free")
    assert library.run_totals.all().by_root["free"] == (1, 0, 0, 0), "a local model costs nothing, and that is known"


def test_of_some_files_counts_what_was_asked_about_their_rows_as_they_are_now(library, add):
    library.commit_single_file_to_database(SESSION, analysis(found()), nsfw_threshold=0.8)
    number = library.known_file(Place("m", b"a.jpg"))["id"]
    add(run(1, "0.5"), run(2, "0.25"))

    def about(media_id):
        statement = update(RUNS).where(RUNS.c.run == run(2).run).values(media_id=media_id)
        library._engines.write(lambda connection: connection.execute(statement))
        return library.run_totals.of(np.array([number])).whole

    assert about(number) == (1, 0, Decimal("0.25"), Decimal("0.25"))
    assert about(None) == Total()
    assert library.run_totals.all().whole.runs == 2


def test_a_list_is_newest_first_without_gap_narrowed_by_file_folder_and_session(library, add):
    add(run(1), run(2, None), path=b"a/b.jpg")
    add(run(3), path=b"a-/c.jpg", session=OTHER_SESSION)
    add(run(4), path=b"a/\xff.jpg", root="n")

    def listed(**wanted):
        first, before = library.runs.page(WantedRuns(**wanted), before=None, limit=2)
        rest = library.runs.page(WantedRuns(**wanted), before=before, limit=2)[0] if before is not None else []
        assert list(library.runs.each(WantedRuns(**wanted))) == first + rest
        return [int(one["run"][:8], 16) for one in first + rest]

    assert listed() == [4, 3, 2, 1]
    assert listed(path=Place("m", b"")) == [3, 2, 1]
    assert listed(path=Place("m", b"a")) == listed(path=Place("m", b"a/b.jpg")) == [2, 1]
    assert listed(session=OTHER_SESSION) == [3]
    newest, second = library.runs.page(WantedRuns(), before=None, limit=2)[0]
    assert (newest["path"], newest["cost_usd"], newest["output"]) == ("n/a/\\xff.jpg", 0.0004, {"title": "A red car"})
    assert second["session_id"] == OTHER_SESSION
