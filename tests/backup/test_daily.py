"""The copies that a server makes by itself: one a day, a few kept, and none beside a session that it can wait for."""

from datetime import UTC, datetime, timedelta

import pytest

from app.backup import copying, daily
from app.backup.daily import DailyCopies
from app.backup.standing import copies_in, name_at
from app.library.library import Library
from app.library.saying.carried import Carried, Fate
from app.library.saying.personal import Words
from tests.ingest.builders import SESSION, analysis, without
from tests.support.server import until

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def copies(sqlite_file, tmp_path, clock):
    """Makes what copies a library with one file, 3 kept."""
    library = Library(f"sqlite:///{sqlite_file}")
    library.commit_single_file_to_database(SESSION, analysis(), nsfw_threshold=0.8)
    library.close()

    def made(**more):
        options = {"at_work": lambda: False, "holds_anything": lambda: True, "clock": clock}
        return DailyCopies(sqlite_file, tmp_path / "copies", 3, **{**options, **more})

    return made


@pytest.fixture
def there(sqlite_file, tmp_path):
    return lambda: [(NOW - copy.at).days for copy in copies_in(tmp_path / "copies", sqlite_file)]


def test_a_copy_is_made_each_day_over_restarts_and_the_last_few_stay(copies, clock, there):
    made = [copies() if half % 4 == 0 else None for half in range(12)]  # a restart now and then
    for half, new in enumerate(made):
        clock.now = NOW + half * DAY / 2
        running = new or running  # noqa: F821 - the first is new
        copy = running.look()
        assert (copy is not None) == (half % 2 == 0)
    assert there() == [-5, -4, -3]
    assert running.trouble is None


def test_an_empty_library_is_not_copied_and_a_session_at_work_waited_for(copies, clock, there):
    assert copies(holds_anything=lambda: False).look() is None
    working = copies(at_work=lambda: True)
    assert working.look() is None
    assert there() == []
    clock.now = NOW + DAY
    assert working.look().files == 1


def test_whatever_a_library_holds_is_worth_a_copy(sqlite_url, sqlite_file, tmp_path, clock):
    library = Library(sqlite_url)
    copies = DailyCopies(
        sqlite_file, tmp_path / "copies", 3, at_work=lambda: False, holds_anything=library.holds_anything, clock=clock
    )
    assert copies.look() is None
    words = Carried("0" * 64, Words({"score": 5}))
    assert library.carrying.receive([words]) == {Fate.KEPT: 1}
    assert copies.look().files == 0
    library.close()


def test_files_that_are_all_gone_are_worth_a_copy(sqlite_url):
    library = Library(sqlite_url)
    assert not library.holds_anything()
    library.commit_single_file_to_database(SESSION, analysis(), nsfw_threshold=0.8)
    library.presence.mark_missing("m", [b"a.jpg"], without(b"a.jpg"))
    assert (library.holds_files(), library.holds_anything()) == (False, True)
    library.close()


def test_a_copy_that_cannot_be_made_is_told_once_and_removes_none(copies, clock, tmp_path, monkeypatch, caplog):
    running = copies()
    assert running.look().files == 1
    clock.now = NOW + DAY
    with monkeypatch.context() as patch:
        patch.setattr(daily, "SPARE_BYTES", 2**60)
        for _ in range(2):
            assert running.look() is None
    assert running.trouble.endswith("is too full for the copy: free some space.")
    assert caplog.text.count("the library is not copied") == 1
    assert [path.name for path in (tmp_path / "copies").iterdir()] == [name_at(NOW, running._library)]
    assert running.look().files == 1
    assert running.trouble is None
    (tmp_path / "file").touch()
    running._folder = tmp_path / "file" / "copies"
    clock.now = NOW + 3 * DAY
    assert running.look() is None
    assert running.trouble.endswith("cannot be written: Not a directory.")


def test_one_folder_serves_two_libraries_of_one_name(copies, there, sqlite_file, tmp_path, clock):
    other = tmp_path / "other" / sqlite_file.name
    other.parent.mkdir()
    copying.copy(sqlite_file, other)
    for day in range(5):
        clock.now = NOW + day * DAY
        assert copies().look() is not None
        beside = {"at_work": lambda: False, "holds_anything": lambda: True, "clock": clock}
        assert DailyCopies(other, tmp_path / "copies", 2, **beside).look() is not None
    assert there() == [-4, -3, -2]
    assert len(copies_in(tmp_path / "copies", other)) == 2


def test_what_a_killed_server_left_is_swept_away(copies, sqlite_file, tmp_path):
    folder = tmp_path / "copies"
    folder.mkdir()
    yesterday = name_at(NOW - DAY, sqlite_file)
    (folder / f".{yesterday}.0011223344556677.tmp").touch()
    others = [
        ".library-before-the-trip.db.0011223344556677.tmp",  # a command is at it
        f".{name_at(NOW - DAY, tmp_path / 'two' / sqlite_file.name)}.0011223344556677.tmp",  # of another library
        f".{yesterday}.tmp",
        ".other.tmp",
    ]
    for name in others:
        (folder / name).touch()
    assert copies().look().files == 1
    assert {path.name for path in folder.iterdir()} == {*others, name_at(NOW, sqlite_file)}


def test_the_thread_looks_by_itself_and_its_end_breaks_off_a_copy(copies, there, tmp_path, monkeypatch):
    monkeypatch.setattr(daily, "FIRST_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(copying, "SLICE_PAGES", 1)
    monkeypatch.setattr(daily, "_PAUSE_SECONDS", 60.0)
    works = iter([False])
    running = copies(at_work=lambda: next(works, True))
    running.start()
    until(lambda: any((tmp_path / "copies").glob(".*.tmp")))
    running.close()
    assert list((tmp_path / "copies").iterdir()) == []
    again = copies()
    again.start()
    until(there)
    again.close()
    assert there() == [0]
