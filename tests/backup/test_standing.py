"""When a copy is due, which are kept, and what is told of them: decided from their names and the clock alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.backup.standing import Kept, copies_in, how_copies_stand, is_due, name_at, newest, outdated
from app.settings import Settings

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIBRARY = Path("media_ingest.db")


def kept(*ages):
    return [Kept(NOW - age, Path(f"{age}.db")) for age in ages]


@pytest.mark.parametrize(
    ("age", "up", "at_work", "due"),
    [
        (None, 0 * HOUR, False, True),  # the first is made at once
        (None, HOUR, True, False),  # and waits for a session
        (None, DAY, True, True),  # but not for ever
        (23 * HOUR, 9 * DAY, False, False),
        (24 * HOUR, 9 * DAY, False, True),
        (24 * HOUR, 0 * HOUR, False, True),  # its age is judged over restarts
        (24 * HOUR, 9 * DAY, True, False),
        (47 * HOUR, 9 * DAY, True, False),
        (48 * HOUR, 9 * DAY, True, True),
        (48 * HOUR, HOUR, True, False),  # a session that goes on after a restart is not disturbed at once
        (30 * DAY, DAY, True, True),
    ],
)
def test_a_copy_is_due_a_day_after_the_last_and_waits_a_day_for_sessions(age, up, at_work, due):
    last = None if age is None else NOW - age
    assert is_due(last, NOW, since=NOW - up, at_work=at_work) is due


def test_the_newest_are_kept_and_one_of_a_wrong_clock_neither_counts_nor_stays():
    copies = kept(3 * DAY, DAY, 2 * DAY, -300 * DAY)
    assert newest(copies, NOW) == NOW - DAY
    assert [old.at for old in outdated(copies, 3, NOW)] == [NOW + 300 * DAY]
    assert [old.at for old in outdated(copies, 1, NOW)] == [NOW - 2 * DAY, NOW - 3 * DAY, NOW + 300 * DAY]
    assert outdated(copies, 7, NOW) == []
    assert newest(kept(-DAY), NOW) is None


def test_copies_are_known_by_their_names_whenever_they_were_written(tmp_path):
    assert copies_in(tmp_path / "nothing", LIBRARY) == []
    for name in (
        name_at(NOW, LIBRARY),
        name_at(NOW - DAY, LIBRARY),
        name_at(NOW - 2 * DAY, Path("other.db")),
        name_at(NOW - 2 * DAY, Path("elsewhere/media_ingest.db")),
        name_at(NOW, LIBRARY).replace("20261130", "20261399"),
        f"{name_at(NOW, LIBRARY)}-wal",
        f".{name_at(NOW, LIBRARY)}.0.tmp",
        "media_ingest-20261130T110137Z.db",
        "media_ingest.db",
    ):
        (tmp_path / name).touch()
    assert [copy.at for copy in copies_in(tmp_path, LIBRARY)] == [NOW, NOW - DAY]
    assert [copy.at for copy in copies_in(tmp_path, LIBRARY.absolute())] == [NOW, NOW - DAY]


def settings_at(tmp_path, **more):
    url = f"sqlite:///{tmp_path / LIBRARY}"
    return Settings(**{"database_url": url, "ingest_state_dir": tmp_path / "state", **more})


def test_what_is_told_of_copies_says_where_they_are_how_old_and_why_there_are_none(tmp_path):
    configured = settings_at(tmp_path)
    folder = configured.backup_dir
    assert folder == tmp_path / "state.backups"
    (tmp_path / LIBRARY).touch()
    assert how_copies_stand(configured, NOW).sentence.startswith(f"There is no copy in {folder} yet:")
    folder.mkdir()
    for age in (DAY, 3 * DAY):
        (folder / name_at(NOW - age, tmp_path / LIBRARY)).touch()
    told = how_copies_stand(configured, NOW)
    assert told.sentence.startswith(f"Copies in {folder}: 2, the last of 2026-11-29 12:00 UTC. They are on the disk of")
    assert told.late is False
    late = how_copies_stand(configured, NOW + 4 * DAY)
    assert (late.late, "That is 5 days ago" in late.sentence) == (True, True)
    assert how_copies_stand(settings_at(tmp_path, ingest_backups=0), NOW).sentence.startswith("Off")
    assert "pg_dump" in how_copies_stand(settings_at(tmp_path, database_url="postgresql://h/d"), NOW).sentence
    assert how_copies_stand(settings_at(tmp_path, database_url="none"), NOW) is None


@pytest.mark.parametrize("folder", ["photos/copies", "photos"])
def test_copies_lie_in_no_media_root(tmp_path, folder):
    with pytest.raises(ValueError, match=r"INGEST_BACKUP_DIR=.* lies inside the media root 'photos'"):
        settings_at(tmp_path, ingest_media_roots={"photos": tmp_path / "photos"}, ingest_backup_dir=tmp_path / folder)
