"""Whether a file is gone from where it was, and a whole session over files that were moved."""

import os

import pytest

from app.ingest.disk.folders import Folders
from app.ingest.disk.moves import Lookout, is_absent
from app.ingest.session.state import Status
from app.library.whereabouts import RowFile, Whereabouts
from app.media import Place
from tests.ingest.builders import assert_sums_close, found, parameters, tree


@pytest.fixture
def folders(tmp_path):
    tree(tmp_path / "m", "a/b.jpg")
    return Folders({"m": tmp_path / "m", "away": tmp_path / "away"})


@pytest.mark.parametrize(
    ("root", "path", "whereabouts"),
    [
        ("m", b"a/b.jpg", Whereabouts.CHANGED),
        ("m", b"a/c.jpg", Whereabouts.GONE),
        ("m", b"x/y/z.jpg", Whereabouts.GONE),
        ("m", b"a/b.jpg/c.jpg", Whereabouts.GONE),
        ("away", b"a.jpg", Whereabouts.UNKNOWN),
        ("nowhere", b"a.jpg", Whereabouts.UNKNOWN),
    ],
)
def test_a_file_is_gone_where_its_root_is_there_and_says_so(folders, root, path, whereabouts):
    assert is_absent(folders, Place(root, path)) is (whereabouts is Whereabouts.GONE)
    for now in (None, found(b"new.jpg")):
        assert around(folders).look(now, row_of(path, root=root)) is whereabouts


@pytest.mark.parametrize(("bytes_more", "ns_later"), [(0, 0), (1, 0), (0, 1)])
def test_a_file_is_in_place_with_the_size_and_time_that_are_known(folders, tmp_path, bytes_more, ns_later):
    status = (tmp_path / "m/a/b.jpg").stat()
    known = row_of(b"a/b.jpg", size=status.st_size + bytes_more, mtime_ns=status.st_mtime_ns + ns_later)
    is_known = not (bytes_more or ns_later)
    assert around(folders).look(None, known) is (Whereabouts.IN_PLACE if is_known else Whereabouts.CHANGED)


def row_of(path, *, root="m", size=-1, mtime_ns=0):
    return RowFile(1, root, path, size, mtime_ns)


def around(folders, *known, walked=("m",)):
    """The lookout of a run over some roots, with a library that knows some paths."""

    class Known:
        def paths(self, folder, *, below, limit):
            return list(known)[:limit]

    return Lookout(folders, Known(), [Place(root) for root in walked], below=True)


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        ((b"a/b.jpg",), Whereabouts.GONE),
        ((b"a/b.jpg", b"a/b.jpg", b"x.jpg"), Whereabouts.UNSURE),
        ((b"x.jpg", b"y.jpg"), Whereabouts.UNSURE),
        ((), Whereabouts.GONE),
    ],
)
def test_outside_the_walk_a_file_is_gone_only_if_most_of_those_around_it_are_there(folders, known, answer):
    """Else its disk may not be connected, and an empty mount point is all that is left of it."""
    assert around(folders, *known, walked=()).look(found(b"new.jpg"), row_of(b"gone/c.jpg")) is answer


def test_where_upper_and_lower_case_are_one_the_listing_tells(folders, tmp_path, monkeypatch):
    """As on the file systems of Windows and macOS: both names lead to the file, and only one is listed."""
    (tmp_path / "m" / "A").mkdir()
    os.link(tmp_path / "m" / "a" / "b.jpg", tmp_path / "m" / "A" / "B.JPG")  # the old name still answers
    real = os.listdir
    monkeypatch.setattr(
        "app.ingest.disk.moves.os.listdir", lambda path: [n for n in real(path) if n not in (b"A", b"B.JPG")]
    )
    look = around(folders).look
    assert look(found(b"a/b.jpg"), row_of(b"A/B.JPG")) is Whereabouts.GONE
    assert look(found(b"a/b.jpg"), row_of(b"a/b.jpg")) is Whereabouts.CHANGED
    assert look(found(b"a/other.jpg"), row_of(b"A/B.JPG")) is Whereabouts.CHANGED


@pytest.fixture
def place(place):
    tree(place.media, *(f"summer/{number}.jpg" for number in range(10)))
    place.recover()
    place.run()
    return place


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
    assert place.library.file(Place("m", b"summer/3.JPG"))["score"] == 3


def test_a_move_that_a_killed_session_had_confirmed_as_missing_is_still_one(place):
    place.library.presence.mark_missing("m", [b"summer/0.jpg"])
    (place.media / "summer" / "0.jpg").rename(place.media / "zero.jpg")
    assert place.run().outcomes["moved"] == 1
    assert place.library.file(Place("m", b"zero.jpg"))["missing_at"] is None


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
    assert place.library.file(Place("m", b"summer/0.jpg"))["score"] == 3


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
