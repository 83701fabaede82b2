"""What is moved together, and what stays although it was asked for."""

import hashlib
import os
import shutil

import pytest
from sqlalchemy import update

from app.ingest.disk.folders import Folders
from app.library.stock import Stock
from app.library.tables import MEDIA
from app.media import Place
from app.quarantine.units import Left, Unit, Units
from tests.library.finding.stock import add, file, link


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    (root / ".scores").mkdir(parents=True)
    for name in ("a.jpg", "a.mov", "a.xmp", "b.jpg", "b.nef", "b.xmp", "c.jpg", ".scores/a.jpg.json"):
        (root / name).write_bytes(name.encode())
    return root


@pytest.fixture
def units(library, root):
    """Four files of one folder, by their ids: a Live Photo, a picture, a camera raw file beside it, and another."""
    rows = []
    for number, name in enumerate(("a.jpg", "a.mov", "b.jpg", "b.nef", "c.jpg"), 1):
        status = (root / name).stat()
        kind, format_ = {"a.mov": ("video", "mov"), "b.nef": ("image", "nef")}.get(name, ("image", "jpeg"))
        told = {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "kind": kind, "format": format_}
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        rows.append(file(number, name=name, sha256=sha256, **told) | {"path": name.encode()})
    add(library, rows)
    link(library, 1, 2)
    return Units(library, Folders({"m": root}))


def names(plan):
    return [one.shown if isinstance(one, Left) else [each.place.path.decode() for each in one.files] for one in plan]


def test_the_film_of_a_live_photo_and_sidecars_go_with_the_picture(units):
    whole = ["a.jpg", "a.xmp", ".scores/a.jpg.json", "a.mov"]
    assert names(units.of([1])) == [whole]
    assert names(units.of([2, 1])) == [whole], "and the film is not moved by itself, too"
    assert names(units.of([2])) == [["a.mov"]], "whose sidecar is the picture's, which stays"


def test_files_with_one_sidecar_go_together_and_it_stays_with_any_that_stays(units, root):
    assert names(units.of([3])) == [["b.jpg"]]
    assert names(units.of([4, 5, 3])) == [["b.nef", "b.xmp", "b.jpg"], ["c.jpg"]]
    assert names(units.of([3, 4], {4: None})) == [["b.jpg"], "m/b.nef"], "one is not like the file that is kept"
    os.utime(root / "b.nef", ns=(1, 1))
    assert names(units.of([3, 4])) == ["m/b.jpg", "m/b.nef"], "one of them changed since"


def test_a_plan_is_made_as_it_is_taken(units, monkeypatch):
    read, by_id = [], Stock.by_id
    monkeypatch.setattr(Stock, "by_id", lambda stock, ids: read.extend(ids) or by_id(stock, ids))
    monkeypatch.setattr("app.quarantine.units._AT_ONCE", 2)
    plan = units.of([1, 3, 4, 5])
    assert (names([next(plan)]), sorted(read)) == ([["a.jpg", "a.xmp", ".scores/a.jpg.json", "a.mov"]], [1, 2, 3])
    assert names(plan) == [["b.jpg", "b.xmp", "b.nef"], ["c.jpg"]]


def test_rows_are_asked_for_only_by_names_that_share_a_sidecar(units, monkeypatch):
    asked, ids_at = [], Stock.ids_at
    monkeypatch.setattr(Stock, "ids_at", lambda stock, root, paths: asked.extend(paths) or ids_at(stock, root, paths))
    assert names(units.of([3, 4, 5])) == [["b.jpg", "b.xmp", "b.nef"], ["c.jpg"]]
    assert asked == [b"b.nef"], "the library is not asked for what is known, nor for the rest of the folder"


def test_names_of_folders_are_held_within_a_limit(units, root, monkeypatch):
    monkeypatch.setattr("app.quarantine.units._ENTRIES", 10)
    (root / "sub").mkdir()
    units._folder(Place("m", b""))
    units._folder(Place("m", b"sub"))
    assert [*units._read] == [Place("m", b""), Place("m", b"sub")]
    for name in ("x.jpg", "y.jpg", "z.jpg"):
        (root / "sub" / name).touch()
    units._read.popitem()
    units._folder(Place("m", b"sub"))
    assert [*units._read] == [Place("m", b"sub")]


def test_a_folder_of_scores_that_is_a_link_is_not_followed(units, root, tmp_path):
    (root / ".scores").rename(tmp_path / "elsewhere")
    (root / ".scores").symlink_to(tmp_path / "elsewhere")
    assert names(units.of([1])) == [["a.jpg", "a.xmp", "a.mov"]]


def test_labels_of_yolo_in_their_own_folder_go_with_all_the_pictures_of_their_name(units, library, root, tmp_path):
    (root / "set/images/train").mkdir(parents=True)
    (root / "set/labels/train").mkdir(parents=True)
    (root / "set/labels/train/a.txt").write_text("0 .5 .5 .2 .2")
    pictures = ("set/images/train/a.jpg", "set/images/train/a.png", "set/labels/train/a.jpg")
    for number, path in enumerate(pictures, 10):
        (root / path).write_bytes(path.encode())
        status, folder = (root / path).stat(), path.rpartition("/")[0].encode()
        told = {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "folder": folder}
        add(library, [file(number, name=path.rpartition("/")[2], **told) | {"path": path.encode()}])
    assert names(units.of([10])) == [[pictures[0]]], "which stay with any that stays"
    assert names(units.of([10, 11])) == [[pictures[0]], [pictures[1]]], "also with one beside them"
    (root / pictures[2]).unlink()
    assert names(units.of([11, 10])) == [[pictures[1], "set/labels/train/a.txt", pictures[0]]]
    (root / "set/labels").rename(tmp_path / "elsewhere")
    (root / "set/labels").symlink_to(tmp_path / "elsewhere")
    assert names(units.of([11, 10])) == [[pictures[1]], [pictures[0]]], "a folder that is a link is not followed"


def test_the_only_copy_of_a_film_stays_with_its_picture_where_another_file_is_kept(units, library, root):
    told = [one.reason for one in units.of([1], {1: 5})]
    assert told == ["No copy of its film m/a.mov would stay."]
    assert names(units.of([2], {2: 5})) == ["m/a.mov"], "nor goes the film from a picture that stays"
    shutil.copy2(root / "a.mov", root / "d.mov")
    status = (root / "d.mov").stat()
    copy = {"path": b"d.mov", "size": status.st_size, "mtime_ns": status.st_mtime_ns, "kind": "video", "format": "mov"}
    add(library, [file(6, name="d.mov", sha256=hashlib.sha256(b"a.mov").hexdigest()) | copy])
    (unit,) = units.of([1], {1: 5})
    assert [each.place.path for each in unit.keepers] == [b"c.jpg", b"d.mov"]
    assert names(units.of([1, 6], {1: 5, 6: 5})) == ["m/a.jpg", ["d.mov"]]
    (root / "d.mov").unlink()
    os.link(root / "a.mov", root / "d.mov")
    assert names(units.of([1], {1: 5})) == ["m/a.jpg"], "another name is no copy"


def test_a_film_inside_a_picture_stays_unless_the_file_that_is_kept_has_one(units, library):
    def has_film(number: int) -> None:
        statement = update(MEDIA).where(MEDIA.c.id == number).values(embedded_video_bytes=9)
        library._engines.write(lambda connection: connection.execute(statement))

    has_film(3)
    assert names(units.of([3])) == [["b.jpg"]]
    assert [one.reason for one in units.of([3], {3: 5})] == [
        "It has a film inside, which the file that is to be kept has not."
    ]
    has_film(5)
    assert names(units.of([3], {3: 5})) == [["b.jpg"]]


def test_another_name_of_the_file_that_is_kept_is_no_copy_of_it(units, library, root):
    os.link(root / "c.jpg", root / "e.jpg")
    status = (root / "e.jpg").stat()
    name = {"path": b"e.jpg", "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    add(library, [file(7, name="e.jpg", sha256=hashlib.sha256(b"c.jpg").hexdigest()) | name])
    assert names(units.of([7], {7: 5})) == ["m/e.jpg"]


def test_what_is_named_is_moved_and_told_of_where_it_has_another_name(units, root):
    os.link(root / "c.jpg", root / "e.jpg")
    other, linked = units.of([3, 5])
    assert (other.files[0].note, linked.files[0].names) == (None, 2)
    assert linked.files[0].note.startswith("It has 2 names on its disk")


def test_what_is_not_as_it_was_taken_in_is_left_and_so_is_what_nobody_would_keep(units, root):
    (unit,) = units.of([3], {3: 5})
    assert isinstance(unit, Unit)
    (keeper,) = unit.keepers
    assert (keeper.place.path, keeper.target) == (b"c.jpg", b"m/c.jpg")
    assert [type(one) for one in units.of([3, 5], {3: 5})] == [Left, Unit]
    os.utime(root / "c.jpg", ns=(1, 1))
    assert names(units.of([5, 3], {3: 5})) == ["m/c.jpg", "m/b.jpg"]
    (root / "a.mov").unlink()
    assert names(units.of([1])) == ["m/a.jpg"], "half of a Live Photo is not moved"
    assert names(units.of([99])) == []
