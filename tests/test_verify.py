"""Verification: every row of the library once, held against real files, and nothing changed by it."""

import os
import shutil
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import update

from app import verify
from app.errors import NoSuchDirectory, OutsideRoots
from app.ingest.disk.folders import Folders
from app.library.library import Library
from app.library.stock import StoredFile
from app.library.tables import MEDIA
from app.media import Place
from app.verify import FINE, Sight, Sighting, Standing, Verification, compare, places
from tests.ingest.builders import SESSION, analysis, found, tree, workplace

GONE_SINCE = "2026-11-01T00:00:00.000+00:00"


@pytest.fixture
def place(tmp_path, sqlite_url):
    with workplace(tmp_path, sqlite_url) as opened:
        opened.recover()
        yield opened


def take_in(place, *names):
    tree(place.media, *names)
    place.run()


def verified(place, *directories, rehash=False, roots=None):
    """Standing and reason of each row, by its shown path; the sums close."""
    folders = Folders({"m": place.media} if roots is None else roots)
    stock = place.library.stock
    verification = Verification(folders, stock, places(folders, stock, directories), rehash)
    findings = list(verification)
    assert Counter(finding.standing for finding in findings) == {k: n for k, n in verification.sums.items() if n}
    assert verification.rows == len(findings) == len({finding.stored.path for finding in findings})
    assert verification.differing == sum(finding.standing not in FINE for finding in findings)
    return {finding.stored.shown: finding for finding in findings}


def standings(place, *directories, **options):
    return {path: finding.standing.value for path, finding in verified(place, *directories, **options).items()}


def rot(path: Path):
    """Other bytes, as many, with the time of the old ones."""
    before = path.stat()
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def call_missing(place, *paths):
    """Notes in the rows that their files are gone."""
    rows = update(MEDIA).where(MEDIA.c.path.in_(paths)).values(missing_at=GONE_SINCE)
    place.library._engines.write(lambda connection: connection.execute(rows))


def stamps(*folders):
    """Bytes and mtime of every file but the index that every reader of SQLite's log makes for itself."""
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files if not path.name.endswith("-shm")}


# -- one row -----------------------------------------------------------------------------------------------------

HELD = StoredFile("m", b"a.jpg", 100, 5, "ab" * 32)
LOST = StoredFile("m", b"a.jpg", 100, 5, "ab" * 32, GONE_SINCE)


@pytest.mark.parametrize(
    ("stored", "seen", "standing"),
    [
        (HELD, Sighting(Sight.FILE, size=100, mtime_ns=5), Standing.OK),
        (HELD, Sighting(Sight.FILE, size=101, mtime_ns=5), Standing.CHANGED),
        (HELD, Sighting(Sight.FILE, size=100, mtime_ns=6), Standing.CHANGED),
        (HELD, Sighting(Sight.GONE, "Gone."), Standing.MISSING),
        (HELD, Sighting(Sight.NO_FILE, "A folder."), Standing.UNREADABLE),
        (HELD, Sighting(Sight.REFUSED, "Denied.", 100), Standing.UNREADABLE),
        (HELD, Sighting(Sight.NO_ROOT, "No root."), Standing.ROOT_MISSING),
        (LOST, Sighting(Sight.FILE, size=100, mtime_ns=5), Standing.RETURNED),
        (LOST, Sighting(Sight.FILE, size=7, mtime_ns=5), Standing.RETURNED),
        (LOST, Sighting(Sight.GONE, "Gone."), Standing.MISSING_KNOWN),
        (LOST, Sighting(Sight.NO_FILE, "A folder."), Standing.MISSING_KNOWN),
        (LOST, Sighting(Sight.REFUSED, "Denied."), Standing.UNREADABLE),
        (LOST, Sighting(Sight.NO_ROOT, "No root."), Standing.ROOT_MISSING),
    ],
)
def test_a_row_stands_in_one_way_and_says_why(stored, seen, standing):
    finding = compare(stored, seen)
    assert finding.standing is standing
    assert (finding.reason is None) == (standing is Standing.OK)
    assert finding.as_line() == {
        "path": "m/a.jpg",
        "class": standing.value,
        "reason": finding.reason,
        "expected_size": 100,
        "actual_size": seen.size,
    }


# -- real files --------------------------------------------------------------------------------------------------


def test_a_library_that_was_just_filled_is_ok(place):
    take_in(place, "a.jpg", "b/c.jpg", "b/d/e.jpg")
    assert standings(place) == standings(place, rehash=True) == dict.fromkeys(verified(place), "ok")
    assert list(verified(place)) == ["m/a.jpg", "m/b/c.jpg", "m/b/d/e.jpg"]


def test_files_that_are_gone_changed_or_no_files_any_more_are_told_apart(place):
    take_in(place, "changed.jpg", "dir.jpg", "gone.jpg", "link.jpg", "ok.jpg", "touched.jpg", "trip/a.jpg")
    (place.media / "gone.jpg").unlink()
    (place.media / "changed.jpg").write_bytes(b"longer than before")
    os.utime(place.media / "touched.jpg", ns=(1, 1))
    for name in ("dir.jpg", "link.jpg"):
        (place.media / name).unlink()
    (place.media / "dir.jpg").mkdir()
    (place.media / "link.jpg").symlink_to(place.media / "ok.jpg")
    shutil.rmtree(place.media / "trip")
    (place.media / "trip").write_bytes(b"a file where the folder was")
    expected = {
        "m/changed.jpg": "changed",
        "m/dir.jpg": "unreadable",
        "m/gone.jpg": "missing",
        "m/link.jpg": "unreadable",
        "m/ok.jpg": "ok",
        "m/touched.jpg": "changed",
        "m/trip/a.jpg": "missing",
    }
    assert standings(place) == standings(place, rehash=True) == expected
    assert verified(place)["m/changed.jpg"].reason == "It has 18 bytes, 11 in the library."


def test_bit_rot_is_found_by_reading_the_bytes_and_by_nothing_else(place):
    take_in(place, "a.jpg", "b.jpg")
    rot(place.media / "b.jpg")
    assert standings(place) == {"m/a.jpg": "ok", "m/b.jpg": "ok"}
    assert standings(place, rehash=True) == {"m/a.jpg": "ok", "m/b.jpg": "rotten"}


def test_a_file_behind_a_folder_that_is_a_link_now_does_not_count_as_there(place, tmp_path):
    take_in(place, "trip/a.jpg")
    shutil.move(place.media / "trip", tmp_path / "elsewhere")
    (place.media / "trip").symlink_to(tmp_path / "elsewhere")
    assert standings(place) == {"m/trip/a.jpg": "unreadable"}


def test_a_file_that_may_not_be_read_is_unreadable(place, monkeypatch):
    take_in(place, "a.jpg", "b.jpg")
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: not path.endswith(b"b.jpg") and may(path, mode))
    assert standings(place) == {"m/a.jpg": "ok", "m/b.jpg": "unreadable"}


def test_nothing_is_missing_where_the_root_is_not_there_or_not_configured(place, tmp_path):
    take_in(place, "a.jpg", "gone.jpg")
    call_missing(place, b"gone.jpg")
    assert standings(place, roots={"other": tmp_path}) == dict.fromkeys(("m/a.jpg", "m/gone.jpg"), "root_missing")
    place.media.rename(tmp_path / "unplugged")
    assert standings(place) == standings(place, "m") == dict.fromkeys(("m/a.jpg", "m/gone.jpg"), "root_missing")


def test_a_file_that_is_known_to_be_gone_is_counted_apart_until_it_is_there_again(place):
    take_in(place, "a.jpg", "back.jpg", "gone.jpg")
    call_missing(place, b"back.jpg", b"gone.jpg")
    (place.media / "gone.jpg").unlink()
    assert standings(place) == {"m/a.jpg": "ok", "m/back.jpg": "returned", "m/gone.jpg": "missing_known"}


def test_a_file_that_changes_or_vanishes_while_it_is_read_is_not_called_rotten(place, monkeypatch):
    take_in(place, "changes.jpg", "vanishes.jpg")
    real = verify.open_source

    @contextmanager
    def opened(root, path):
        file = place.media / os.fsdecode(path)
        with real(root, path) as source:
            if path == b"changes.jpg":
                file.write_bytes(b"written while it is read")
            else:
                rot(file)
                file.unlink()
            yield source

    monkeypatch.setattr(verify, "open_source", opened)
    assert standings(place, rehash=True) == {"m/changes.jpg": "changed", "m/vanishes.jpg": "missing"}


# -- which rows --------------------------------------------------------------------------------------------------


def test_only_rows_below_the_directories_are_held_against_the_disk_each_once(place):
    take_in(place, "a.jpg", "b/c.jpg", "b/d/e.jpg", "b-/f.jpg", "b0.jpg")
    assert list(verified(place, "m/b")) == ["m/b/c.jpg", "m/b/d/e.jpg"]
    assert list(verified(place, "m/b/d", "m/b-", "m/b")) == ["m/b/c.jpg", "m/b/d/e.jpg", "m/b-/f.jpg"]
    assert len(verified(place, "m", "m/b")) == 5


def test_a_directory_that_is_gone_counts_as_long_as_the_library_has_files_of_it(place):
    take_in(place, "b/c.jpg")
    shutil.rmtree(place.media / "b")
    assert standings(place, "m/b") == {"m/b/c.jpg": "missing"}
    with pytest.raises(NoSuchDirectory):
        verified(place, "m/never")
    with pytest.raises(OutsideRoots):
        verified(place, "/etc")


def test_names_that_are_no_text_are_verified_and_shown(place):
    take_in(place, b"caf\xe9.jpg", "Zoë 🌊.jpg")
    assert standings(place, rehash=True) == {"m/Zoë 🌊.jpg": "ok", "m/caf\\xe9.jpg": "ok"}


def test_rows_come_in_path_order_whatever_the_size_of_a_page(library):
    for root in ("m", "n"):
        for path in (b"a.jpg", b"b-.jpg", b"b/c.jpg", b"b/d/e.jpg", b"b0.jpg", b"caf\xe9.jpg", b"\xff.jpg", b"Z.jpg"):
            library.commit_single_file_to_database(
                SESSION, analysis(found(path, root=root, size=3, mtime_ns=7), content=path), nsfw_threshold=0.8
            )
    stock = library.stock
    assert stock.roots() == ["m", "n"]
    everything = [b"Z.jpg", b"a.jpg", b"b-.jpg", b"b/c.jpg", b"b/d/e.jpg", b"b0.jpg", b"caf\xe9.jpg", b"\xff.jpg"]
    for page_rows in (1, 3, 8, 1_000):
        assert [stored.path for stored in stock.below(Place("n"), page_rows=page_rows)] == everything
        assert [stored.path for stored in stock.below(Place("m", b"b"), page_rows=page_rows)] == [
            b"b/c.jpg",
            b"b/d/e.jpg",
        ]
    assert list(stock.below(Place("nowhere"))) == []
    first = next(stock.below(Place("m")))
    assert (first.root, first.size, first.mtime_ns, len(first.sha256), first.missing_at) == ("m", 3, 7, 64, None)
    assert first.shown == "m/Z.jpg"


def test_nothing_is_changed_by_it_not_even_a_log_that_a_crash_left(place, tmp_path, sqlite_file):
    take_in(place, "a.jpg", "b.jpg")
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    for name in (sqlite_file.name, f"{sqlite_file.name}-wal"):
        shutil.copy2(sqlite_file.with_name(name), crashed)
    (place.media / "a.jpg").unlink()
    before = stamps(crashed, place.media, place.store.folder)
    place.library.close()
    place.library = Library(f"sqlite:///{crashed}/{sqlite_file.name}")
    assert standings(place, rehash=True) == {"m/a.jpg": "missing", "m/b.jpg": "ok"}
    place.library.close()
    assert stamps(crashed, place.media, place.store.folder) == before


def test_a_verification_begins_with_every_root_that_has_rows(place, tmp_path):
    folders = Folders({"m": place.media, "empty": tmp_path})
    assert places(folders, place.library.stock, ()) == ()
    take_in(place, "a.jpg")
    assert places(folders, place.library.stock, ()) == (Place("m"),)
