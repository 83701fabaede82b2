"""Whether a file is gone from where it was, and a whole session over files that were moved."""

import os

import pytest

from app.ingest.disk.folders import Folder, Folders
from app.ingest.disk.moves import Whereabouts, is_absent
from app.ingest.session.state import Status
from tests.ingest.builders import assert_sums_close, found, parameters, tree, workplace


@pytest.fixture
def folders(tmp_path):
    tree(tmp_path / "m", "a/b.jpg")
    return Folders({"m": tmp_path / "m", "away": tmp_path / "away"})


@pytest.mark.parametrize(
    ("root", "path", "gone"),
    [
        ("m", b"a/b.jpg", False),
        ("m", b"a/c.jpg", True),
        ("m", b"x/y/z.jpg", True),
        ("m", b"a/b.jpg/c.jpg", True),
        ("away", b"a.jpg", False),
        ("nowhere", b"a.jpg", False),
    ],
)
def test_a_file_is_gone_where_its_root_is_there_and_says_so(folders, root, path, gone):
    assert is_absent(folders, root, path) is gone
    assert around(folders).is_gone(root, path, found(b"new.jpg")) is gone


def test_a_file_is_in_place_with_the_size_and_time_that_are_known(folders, tmp_path):
    path = tmp_path / "m/a/b.jpg"
    known = path.stat().st_size, path.stat().st_mtime_ns
    judge = around(folders).is_in_place
    assert judge("m", b"a/b.jpg", *known)
    assert not judge("m", b"a/c.jpg", *known)
    assert not judge("nowhere", b"a/b.jpg", *known)
    os.utime(path, ns=(0, known[1] + 1))
    assert not judge("m", b"a/b.jpg", *known)


def around(folders, *known, walked=("m",)):
    """Whereabouts of a run over some roots, in a library that knows some paths."""

    class Known:
        def paths(self, root, folder, *, below, limit):
            return list(known)[:limit]

    return Whereabouts(folders, Known(), [Folder(root) for root in walked], below=True)


@pytest.mark.parametrize(
    ("known", "answer"),
    [((b"a/b.jpg",), True), ((b"a/b.jpg", b"a/b.jpg", b"x.jpg"), None), ((b"x.jpg", b"y.jpg"), None), ((), True)],
)
def test_outside_the_walk_a_file_is_gone_only_if_most_of_those_around_it_are_there(folders, known, answer):
    """Else its disk may not be connected, and an empty mount point is all that is left of it."""
    assert around(folders, *known, walked=()).is_gone("m", b"gone/c.jpg", found(b"new.jpg")) is answer


def test_where_upper_and_lower_case_are_one_the_listing_tells(folders, tmp_path, monkeypatch):
    """As on the file systems of Windows and macOS: both names lead to the file, and only one is listed."""
    (tmp_path / "m" / "A").mkdir()
    os.link(tmp_path / "m" / "a" / "b.jpg", tmp_path / "m" / "A" / "B.JPG")  # the old name still answers
    real = os.listdir
    monkeypatch.setattr(
        "app.ingest.disk.moves.os.listdir", lambda path: [n for n in real(path) if n not in (b"A", b"B.JPG")]
    )
    now = found(b"a/b.jpg")
    whereabouts = around(folders)
    assert whereabouts.is_gone("m", b"A/B.JPG", now)
    assert not whereabouts.is_gone("m", b"a/b.jpg", now)
    assert not whereabouts.is_gone("m", b"A/B.JPG", found(b"a/other.jpg"))


@pytest.fixture
def place(tmp_path, sqlite_url):
    with workplace(tmp_path, sqlite_url) as made:
        tree(made.media, *(f"summer/{number}.jpg" for number in range(10)))
        made.recover()
        made.run()
        yield made


def test_a_renamed_folder_is_ten_moves_and_no_loss(place):
    (place.media / "summer").rename(place.media / "Summer 2026")
    session = place.run()
    assert (session.outcomes["moved"], session.processed_files, session.committed_files) == (10, 10, 10)
    assert session.marked_missing == 0
    assert place.library.summary()["files"] == 10
    assert_sums_close(session)
    again = place.run()
    assert (again.total_files, again.plan.skipped["fresh"]) == (0, 10)


def test_a_rename_of_nothing_but_case_is_a_move(place):
    (place.media / "summer" / "3.jpg").rename(place.media / "summer" / "3.JPG")
    session = place.run()
    assert session.outcomes["moved"] == 1
    assert place.library.file("m", b"summer/3.JPG")["score"] == 3


def test_a_move_that_a_killed_session_had_confirmed_as_missing_is_still_one(place):
    place.library.presence.mark_missing("m", [b"summer/0.jpg"])
    (place.media / "summer" / "0.jpg").rename(place.media / "zero.jpg")
    assert place.run().outcomes["moved"] == 1
    assert place.library.file("m", b"zero.jpg")["missing_at"] is None


def test_rows_of_a_disk_that_is_not_connected_stay_when_a_copy_is_taken_in(place):
    away = place.media.with_name("away")
    (place.media / "summer").rename(away)
    (place.media / "summer").mkdir()
    (place.media / "backup").mkdir()
    for path in away.iterdir():
        path.rename(place.media / "backup" / path.name)
    started = place.runner.start(parameters("m/backup"))
    session = place.until(started.session_id, Status.COMPLETED)
    assert (session.outcomes["added"], session.outcomes["moved"]) == (10, 0)
    assert len(place.library.answers(session.session_id, cause="ambiguous_move")) == 10
    assert place.library.file("m", b"summer/0.jpg")["score"] == 3


def test_a_file_that_became_a_folder_is_gone(place):
    (place.media / "summer" / "0.jpg").unlink()
    (place.media / "summer" / "0.jpg").mkdir()
    assert place.run().marked_missing == 1
    assert place.run().marked_missing == 0


def test_a_session_counts_only_what_is_gone_from_its_own_folders(place):
    tree(place.media, *(f"winter/{number}.jpg" for number in range(10)))
    gate = place.gate(b"0.jpg")
    started = place.runner.start(parameters("m/winter"))
    gate.arrived()
    place.library.presence.mark_missing("m", [b"summer/1.jpg"])
    gate.open()
    assert place.until(started.session_id, Status.COMPLETED).marked_missing == 0
