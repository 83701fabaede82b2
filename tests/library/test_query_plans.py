"""What is asked again and again is answered by an index, however many rows there are: SQLite's plans say so."""

from collections.abc import Callable

from sqlalchemy import event

from app.library.failures import Which
from app.library.library import Library
from app.library.values import FailureState
from app.media import Place


def plans_of(url: str, work: Callable[[Library], object]) -> list[str]:
    """The plan of each statement by which a piece of work reads."""
    library = Library(url)
    asked: list[tuple] = []
    event.listen(
        library._engines._readers,
        "before_cursor_execute",
        lambda _c, _cursor, statement, parameters, *_: asked.append((statement, parameters)),
    )
    work(library)

    def plan(statement, parameters):
        rows = library._engines.read(lambda c: c.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())
        return " ".join(row[3] for row in rows)

    plans = [plan(*each) for each in tuple(asked)]
    library.close()
    return plans


def test_one_index_answers_for_all_failures(sqlite_url):
    """300,000 are listed and counted within the blink of an eye, if no row is looked up in vain."""

    def work(library: Library) -> None:
        library.failures.page(Which(), after=("truncated_image", "m", 5))
        library.failures.page(Which(cause="empty_file", state=FailureState.OPEN))
        library.failures.counts("m")
        library.failures.open_by_root()

    plans = plans_of(sqlite_url, work)
    assert "USING INDEX ix_file_failures_fatal" in plans[0]
    assert "ix_file_failures_fatal (cause=?)" in plans[1]
    assert all("COVERING INDEX ix_file_failures_fatal" in each for each in plans[2:])
    assert all("TEMP B-TREE" not in each for each in plans)


def test_sessions_and_the_threshold_are_read_without_the_events_of_files(sqlite_url):
    def work(library: Library) -> None:
        library.sessions_known()
        library.nsfw_threshold()

    *of_sessions, of_the_library = plans_of(sqlite_url, work)
    for plan in of_sessions:
        assert plan.count("SCAN ingest_events USING INDEX ix_ingest_events_session_rows") == 2
        assert "ix_ingest_events_session_id_id" not in plan
    assert of_the_library == "SEARCH ingest_events USING INDEX ix_ingest_events_session_id_id (session_id=?)"


def test_whether_there_are_files_is_read_from_one_index(sqlite_url):
    (plan,) = plans_of(sqlite_url, lambda library: library.holds_files())
    assert "INDEX ix_media_files_present" in plan
    (plan,) = plans_of(sqlite_url, lambda library: library.holds_anything())
    assert plan.count("USING COVERING INDEX") == 2


def test_a_picture_that_looks_like_another_is_found_by_an_index(sqlite_url):
    plans = plans_of(sqlite_url, lambda library: library.known(Place("m", b"a")))
    assert any("USING INDEX ix_media_files_phash (phash=?)" in plan for plan in plans)
