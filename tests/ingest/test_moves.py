"""Whether a file is gone from where it was, and a whole session over files that were moved."""

import os

import pytest

from app.ingest.folders import Folders
from app.ingest.moves import is_absent, is_gone
from tests.ingest.builders import assert_sums_close, found, tree, workplace


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
    assert is_gone(folders, root, path, found(b"new.jpg")) is gone


def test_where_upper_and_lower_case_are_one_the_listing_tells(folders, tmp_path, monkeypatch):
    """As on the file systems of Windows and macOS: both names lead to the file, and only one is listed."""
    (tmp_path / "m" / "A").mkdir()
    os.link(tmp_path / "m" / "a" / "b.jpg", tmp_path / "m" / "A" / "B.JPG")  # the old name still answers
    real = os.listdir
    monkeypatch.setattr(
        "app.ingest.moves.os.listdir", lambda path: [n for n in real(path) if n not in (b"A", b"B.JPG")]
    )
    now = found(b"a/b.jpg")
    assert is_gone(folders, "m", b"A/B.JPG", now)
    assert not is_gone(folders, "m", b"a/b.jpg", now)
    assert not is_gone(folders, "m", b"A/B.JPG", found(b"a/other.jpg"))


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
