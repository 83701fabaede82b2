"""What is moved together, and what stays although it was asked for."""

import hashlib
import os

import pytest

from app.ingest.disk.folders import Folders
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


def test_a_sidecar_of_two_files_goes_with_the_first_of_them_and_only_if_both_go(units):
    assert names(units.of([3])) == [["b.jpg"]]
    assert names(units.of([3, 4])) == [["b.jpg", "b.xmp"], ["b.nef"]]


def test_what_is_not_as_it_was_taken_in_is_left_and_so_is_what_nobody_would_keep(units, root):
    (unit,) = units.of([3], {3: 5})
    assert isinstance(unit, Unit)
    assert unit.keeper is not None
    assert (unit.keeper.place.path, unit.keeper.target) == (b"c.jpg", b"m/c.jpg")
    assert [type(one) for one in units.of([3, 5], {3: 5})] == [Left, Unit]
    os.utime(root / "c.jpg", ns=(1, 1))
    assert names(units.of([5, 3], {3: 5})) == ["m/c.jpg", "m/b.jpg"]
    (root / "a.mov").unlink()
    assert names(units.of([1])) == ["m/a.jpg"], "half of a Live Photo is not moved"
    assert names(units.of([99])) == []
