"""A copy of a library: whole as of one moment, whoever writes meanwhile; or nothing, and a sentence."""

import os
import shutil
import sqlite3
import stat
import threading
from contextlib import closing

import pytest

from app.backup import copying
from app.backup.copying import BrokenOff, check_target, copy
from app.errors import CannotStart, DatabaseUnusable, InvalidRequest
from app.library.library import Library
from app.library.migrations import HEAD
from app.library.saying.editing import parse_edit
from app.media import Place
from tests.faults.surroundings import small_disk
from tests.ingest.builders import SESSION, analysis, found
from tests.support.server import query


@pytest.fixture
def library(sqlite_url):
    opened = Library(sqlite_url)
    yield opened
    opened.close()


def files_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def take_in(library, *names):
    for name in names:
        library.commit_single_file_to_database(
            SESSION, analysis(found(name.encode()), content=name.encode()), nsfw_threshold=0.8
        )


def fatten(file, mebibytes):
    """Makes a library so much larger, in a table that nobody reads."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE ballast (bytes BLOB)")
        connection.executemany("INSERT INTO ballast VALUES (zeroblob(?))", [(2**20,)] * mebibytes)
        connection.commit()


def test_a_copy_says_what_it_holds_and_is_a_library(library, sqlite_file, tmp_path):
    take_in(library, "a.jpg", "b.jpg", "c.jpg")
    library.edit(Place("m", b"b.jpg"), parse_edit({"score": 5}))
    target = tmp_path / "kept.db"
    made = copy(sqlite_file, target)
    assert (made.file, made.revision, made.size) == (target, HEAD, target.stat().st_size)
    assert (made.files, made.spoken_of, made.events) == (3, 1, 4)
    assert made.sentence.startswith(f"{target} holds 3 files, 1 of them with your words, and 4 events (revision {HEAD}")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    restored = Library(f"sqlite:///{target}")
    assert restored.file(Place("m", b"b.jpg"))["score"] == 5
    restored.close()


def test_a_copy_is_as_of_its_begin_and_no_writer_begins_it_anew(library, sqlite_file, tmp_path):
    take_in(library, "a.jpg")
    fatten(sqlite_file, 8)
    slices = []

    def write() -> None:
        slices.append(len(slices))
        take_in(library, f"{len(slices)}.jpg")

    assert copy(sqlite_file, tmp_path / "kept.db", after_slice=write).files == 1
    pages = query(tmp_path / "kept.db", "PRAGMA page_count")[0]["page_count"]
    assert pages / copying.SLICE_PAGES <= len(slices) <= pages / copying.SLICE_PAGES + 20  # the rest is the check
    assert library.summary()["files"] == 1 + len(slices)


def test_what_is_still_in_the_log_comes_along_and_the_original_is_left_as_it_is(library, sqlite_file, tmp_path):
    take_in(library, "a.jpg")
    before = files_in(tmp_path)
    assert sqlite_file.with_name(f"{sqlite_file.name}-wal").stat().st_size > 0
    copy(sqlite_file, tmp_path / "kept.db")
    after = files_in(tmp_path)
    assert after.keys() - before.keys() == {"kept.db"}
    assert {name: after[name] for name in before if not name.endswith("-shm")} == {
        name: before[name] for name in before if not name.endswith("-shm")
    }


def test_no_file_is_written_over_unless_it_is_asked_for(library, sqlite_file, tmp_path):
    take_in(library, "a.jpg")
    target = tmp_path / "kept.db"
    target.write_text("precious")
    with pytest.raises(InvalidRequest, match="is there already"):
        copy(sqlite_file, target)
    assert target.read_text() == "precious"
    assert copy(sqlite_file, target, replace=True).files == 1
    for other, sentence in (
        (sqlite_file, "the library itself"),
        (tmp_path, "is a folder"),
        (target / "x", "no folder"),
    ):
        with pytest.raises(InvalidRequest, match=sentence):
            check_target(other, sqlite_file, replace=True)


def test_the_logs_of_the_library_are_never_written_over(library, sqlite_file, tmp_path):
    take_in(library, "a.jpg")
    log = sqlite_file.with_name(f"{sqlite_file.name}-wal")
    linked, elsewhere = tmp_path / "linked.db", tmp_path / "elsewhere"
    os.link(log, linked)
    elsewhere.symlink_to(tmp_path, target_is_directory=True)
    before = log.read_bytes()
    names = [log, *(sqlite_file.with_name(f"{sqlite_file.name}-{name}") for name in ("shm", "journal"))]
    for target in (*names, linked, elsewhere / log.name, elsewhere / names[-1].name):
        for replace in (True, False):
            with pytest.raises(InvalidRequest, match="a log that belongs to the library"):
                copy(sqlite_file, target, replace=replace)
    assert not names[-1].exists()
    assert log.read_bytes() == before
    alias = tmp_path / "alias.db"
    alias.symlink_to(sqlite_file)
    with pytest.raises(InvalidRequest, match="a log that belongs"):
        check_target(log, alias, replace=True)


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "no hard links"])
def test_a_file_that_comes_meanwhile_is_not_written_over(library, sqlite_file, tmp_path, monkeypatch, links):
    take_in(library, "a.jpg")
    target = tmp_path / "kept.db"

    def no_links(*_):
        raise PermissionError(1, "Operation not permitted")

    if not links:
        monkeypatch.setattr(os, "link", no_links)
        assert copy(sqlite_file, tmp_path / "first.db").files == 1
    before = files_in(tmp_path).keys()
    with pytest.raises(InvalidRequest, match="is there already"):
        copy(sqlite_file, target, after_slice=lambda: target.write_text("precious"))
    assert target.read_text() == "precious"
    assert files_in(tmp_path).keys() - before == {"kept.db"}


def test_a_disk_without_room_is_a_sentence_before_anything_is_written(library, sqlite_file, tmp_path, monkeypatch):
    room = sqlite_file.stat().st_size
    usage = shutil.disk_usage(tmp_path)._replace(free=room + 99)
    monkeypatch.setattr(copying.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(CannotStart, match=r"is too full for the copy: free some space\.$") as caught:
        copy(sqlite_file, tmp_path / "kept.db", spare_bytes=100)
    assert caught.value.cause == "disk_full"
    assert copy(sqlite_file, tmp_path / "kept.db", spare_bytes=99).size == room


def test_a_disk_that_fills_up_meanwhile_leaves_nothing_half(library, sqlite_file, tmp_path, monkeypatch):
    fatten(sqlite_file, 4)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(copying.shutil, "disk_usage", lambda _: usage._replace(free=2**40))
    with small_disk(tmp_path / "disk", 2):
        with pytest.raises(CannotStart, match=r"disk is too full for the copy: free some space\.$") as caught:
            copy(sqlite_file, tmp_path / "disk" / "kept.db")
        assert caught.value.cause == "disk_full"
        assert files_in(tmp_path / "disk") == {}


def test_a_copy_that_nobody_wants_any_more_ends_at_any_slice_and_in_the_check(
    library, sqlite_file, tmp_path, monkeypatch
):
    monkeypatch.setattr(copying, "_STEPS", 10)
    take_in(library, *(f"{number}.jpg" for number in range(20)))
    before = files_in(tmp_path).keys()
    passed = 0
    for ends_at in (1, 3, 10):
        calls = iter(range(1, 100))

        def ended(calls=calls, ends_at=ends_at) -> None:
            if next(calls) == ends_at:
                raise BrokenOff

        with pytest.raises(BrokenOff):
            copy(sqlite_file, tmp_path / "kept.db", after_slice=ended)
        passed += next(calls) == ends_at + 1
    assert passed == 3
    assert files_in(tmp_path).keys() == before


def test_a_copy_that_came_out_otherwise_is_thrown_away(library, sqlite_file, tmp_path, monkeypatch):
    take_in(library, "a.jpg")
    answers = iter([{"media_files": 1}, {"media_files": 0}])
    monkeypatch.setattr(copying, "_counts", lambda _: next(answers))
    before = files_in(tmp_path).keys()
    with pytest.raises(DatabaseUnusable, match="came out damaged"):
        copy(sqlite_file, tmp_path / "kept.db")
    assert files_in(tmp_path).keys() == before


def test_a_damaged_page_of_the_original_is_found_in_the_copy(library, sqlite_file, tmp_path):
    take_in(library, *(f"{number}.jpg" for number in range(20)))
    library.close()
    root = query(sqlite_file, "SELECT rootpage FROM sqlite_master WHERE name = 'ix_media_files_name'")[0]["rootpage"]
    with sqlite_file.open("r+b") as stream:
        stream.seek((root - 1) * 4096)
        stream.write(os.urandom(4096))
    with pytest.raises(DatabaseUnusable):
        copy(sqlite_file, tmp_path / "kept.db")
    assert not (tmp_path / "kept.db").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(library, sqlite_file, tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(copying.os, "open", refused)
    with pytest.raises(CannotStart, match=r"kept.db cannot be written: Permission denied\.$"):
        copy(sqlite_file, tmp_path / "kept.db")


def test_several_copies_at_once_are_each_whole(library, sqlite_file, tmp_path):
    take_in(library, "a.jpg")
    made = {}
    threads = [
        threading.Thread(target=lambda n=n: made.update({n: copy(sqlite_file, tmp_path / f"{n}.db").files}))
        for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == {0: 1, 1: 1, 2: 1}
