"""A card against the library: every file counted once, and none called safe that could be lost."""

import os
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.analysis import source
from app.analysis.source import OpenFile
from app.compare import comparison as comparing
from app.compare import copies
from app.compare.holding import Holding
from app.library import stock
from app.media import Place
from tests.compare.shelf import Shelf, flip, write
from tests.ingest.builders import leave_socket


def test_rows_are_found_by_bytes_and_by_name_on_either_engine(tmp_path, library, monkeypatch):
    monkeypatch.setattr(stock, "QUESTION_VALUES", 2)
    shelf = Shelf(tmp_path, library)
    for name in ("b/a.jpg", "a.jpg", "caf\udce9.jpg", "c.jpg", "d.jpg"):
        shelf.take_in(name, os.fsencode(name[-5:]))
    digests = {stored.sha256 for stored in library.stock.below(Place("m"))}
    assert len(digests) == 4
    found = library.stock.with_bytes([*digests, "0" * 64])
    assert {digest: [one.sha256 for one in rows] for digest, rows in found.items()} == {
        digest: [digest] * len(rows) for digest, rows in found.items()
    }
    assert sorted(len(rows) for rows in found.values()) == [1, 1, 1, 2]
    named = library.stock.named(["a.jpg", "c.jpg", "caf\\xe9.jpg", "nobody.jpg"], "jpeg")
    assert {name: [one.shown for one in rows] for name, rows in named.items()} == {
        "a.jpg": ["m/a.jpg", "m/b/a.jpg"],
        "c.jpg": ["m/c.jpg"],
        "caf\\xe9.jpg": ["m/caf\\xe9.jpg"],
    }
    assert library.stock.named(["a.jpg"], "png") == {}
    write(shelf.card / "x.jpg", b"c.jpg")
    write(shelf.card / "caf\udce9.jpg", b"c.jpg")
    told, findings = shelf.compared()
    assert (told.safe, set(findings)) == (True, {"x.jpg", "caf\\xe9.jpg"})


def test_only_a_copy_whose_bytes_were_read_again_is_safe(shelf):
    shelf.both("a.jpg", b"a")
    shelf.both("trip/b.jpg", b"b")
    write(shelf.card / "renamed.jpg", b"a")
    looked, findings = shelf.compared(rehash=False)
    assert (looked.sums[Holding.IN_LIBRARY], looked.read_again, looked.safe) == (3, 0, False)
    assert "not re-read" in looked.sentence
    assert "not re-read" in str(findings["a.jpg"].reason)
    read, findings = shelf.compared()
    assert (read.sums[Holding.IN_LIBRARY], read.read_again, read.safe) == (3, 3, True)
    assert read.sentence == "Safe to wipe: 3 files, of each a copy outside the folder was read again."
    assert findings["renamed.jpg"].as_line() == {
        "path": "card/renamed.jpg", "class": "in_library", "reason": None, "size": 1, "sidecars": 0, "copy": "m/a.jpg",
    }  # fmt: skip


def test_a_copy_that_is_gone_or_has_other_bytes_now_is_missing(shelf):
    gone, _ = shelf.both("gone.jpg", b"gone")
    grown, _ = shelf.both("grown.jpg", b"grown")
    flipped, _ = shelf.both("flipped.jpg", b"flipped")
    touched, _ = shelf.both("touched.jpg", b"touched")
    gone.unlink()
    grown.write_bytes(b"longer than before")
    flip(flipped)
    os.utime(touched, ns=(1, 1))
    _, findings = shelf.compared()
    assert {path: finding.holding.value for path, finding in findings.items()} == {
        "gone.jpg": "file_missing",
        "grown.jpg": "file_missing",
        "flipped.jpg": "file_missing",
        "touched.jpg": "in_library",
    }
    assert findings["gone.jpg"].reason == "m/gone.jpg: It is not there any more."
    assert "It has changed: 18 bytes, 5 here." in str(findings["grown.jpg"].reason)
    assert "Its bytes are others now" in str(findings["flipped.jpg"].reason)
    assert shelf.holdings(rehash=False)["touched.jpg"] == "file_missing"


def test_another_copy_counts_where_the_first_is_none(shelf):
    gone, _ = shelf.both("a.jpg", b"a")
    shelf.take_in("other/a.jpg", b"a")
    flip(gone)
    _, findings = shelf.compared()
    assert (findings["a.jpg"].safe, findings["a.jpg"].copy.shown) == (True, "m/other/a.jpg")


# -- the folder's own files are no copies ------------------------------------------------------------------------


def test_a_folder_of_the_library_itself_is_never_safe(shelf):
    shelf.take_in("a.jpg", b"a")
    shelf.take_in("trip/b.jpg", b"b")
    shelf.take_in("trip/again/b.jpg", b"b")
    shelf.take_in("kept/b.jpg", b"b")
    for rehash in (True, False):
        whole, findings = shelf.compared(shelf.media, rehash=rehash)
        assert (set(shelf.holdings(shelf.media, rehash=rehash).values()), whole.safe) == ({"file_missing"}, False)
        assert "It lies inside the folder itself." in str(findings["a.jpg"].reason)
        assert whole.only_here == 4
        assert whole.sentence.endswith(" not safely in. 4 are in the library, but only in this folder.")
    above, _ = shelf.compared(shelf.media.parent)
    assert above.sums[Holding.IN_LIBRARY] == 0
    part, findings = shelf.compared(shelf.media / "trip")
    assert (part.safe, findings["b.jpg"].copy.shown) == (True, "m/kept/b.jpg")
    shelf.media.joinpath("a.jpg").unlink()
    shelf.take_in("trip/a.jpg", b"a")
    gone, findings = shelf.compared(shelf.media / "trip")
    assert (findings["a.jpg"].only_here, gone.only_here) == (False, 0), "another one is missing"


def test_a_hard_link_is_no_copy_not_even_of_another_file_with_these_bytes(shelf):
    write(shelf.card / "a.jpg", b"a")
    write(shelf.card / "twin.jpg", b"a")
    shelf.media.joinpath("a.jpg").hardlink_to(shelf.card / "twin.jpg")
    shelf.take_in("a.jpg", b"a")
    for rehash in (True, False):
        told, findings = shelf.compared(rehash=rehash)
        assert (told.sums[Holding.FILE_MISSING], told.safe) == (2, False)
        assert "a hard link" in str(findings["a.jpg"].reason)
        assert told.only_here == 2


@contextmanager
def bound(source: Path, target: Path):
    """The source is seen at the target, too."""
    if subprocess.run(["mount", "--bind", source, target], capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", target], check=True)


@pytest.mark.parametrize("part", ["", "DCIM", "DCIM/a.jpg"])
def test_a_bind_mount_of_the_folder_or_a_part_of_it_is_no_copy(shelf, part):
    write(shelf.card / "DCIM" / "a.jpg", b"a")
    write(shelf.card / "DCIM" / "twin.jpg", b"a")
    target = shelf.media / "bound.jpg" if part.endswith(".jpg") else shelf.media / "bound"
    if part.endswith(".jpg"):
        target.touch()
    else:
        target.mkdir()
    with bound(shelf.card / part, target):
        for path in [target] if target.is_file() else sorted(target.rglob("*.jpg")):
            shelf.take_in(str(path.relative_to(shelf.media)), b"a")
        for rehash in (True, False):
            told, findings = shelf.compared(rehash=rehash)
            assert (told.sums[Holding.FILE_MISSING], told.safe) == (2, False)
            assert "another mount leads to it" in str(findings["DCIM/a.jpg"].reason)


# -- what is not a file of the library ---------------------------------------------------------------------------


def test_links_special_and_hidden_files_and_what_is_no_media_are_named(shelf):
    content, _ = shelf.both("a.jpg", b"\xff\xd8\xff a picture")
    write(shelf.card / ".hidden" / ".a.jpg", content.read_bytes())
    write(shelf.card / "without_suffix", content.read_bytes())
    write(shelf.card / "new_without_suffix", content.read_bytes() + b" of another kind")
    write(shelf.card / "notes.txt", b"no picture")
    write(shelf.card / "empty.jpg", b"")
    write(shelf.card / "drawing.svg", b"<svg></svg>")
    (shelf.card / "link.jpg").symlink_to(content)
    (shelf.card / "loop").symlink_to(shelf.card)
    os.mkfifo(shelf.card / "pipe.jpg")
    leave_socket(shelf.card, "socket")
    told, findings = shelf.compared()
    assert {path: finding.holding.value for path, finding in findings.items()} == {
        "a.jpg": "in_library",
        ".hidden/.a.jpg": "in_library",
        "without_suffix": "in_library",
        "new_without_suffix": "not_in_library",
        "notes.txt": "not_media",
        "empty.jpg": "not_in_library",
        "drawing.svg": "not_media",
        "link.jpg": "not_media",
        "loop": "not_media",
        "pipe.jpg": "not_media",
        "socket": "not_media",
    }
    assert findings["link.jpg"].reason == "It is a symbolic link, and is not followed or read."
    assert findings["empty.jpg"].reason == "It is empty."
    assert told.sentence == "Do not wipe it: 8 of 11 files are not safely in."


def test_a_folder_without_files_is_never_called_safe(shelf):
    (shelf.card / "DCIM").mkdir()
    told, _ = shelf.compared()
    assert (told.files, told.safe) == (0, False)
    assert "the card mounted" in told.sentence


def test_what_cannot_be_read_is_named_and_so_is_a_folder(shelf, monkeypatch):
    shelf.both("a.jpg", b"a")
    shelf.both("closed/b.jpg", b"b")
    shelf.both("c.jpg", b"c")
    scan, opened = os.scandir, os.open

    def refuse(what):
        def call(path, *rest, **more):
            if os.fspath(path).endswith((b"card/closed", b"card/c.jpg")):
                raise PermissionError(13, "Permission denied", path)
            return what(path, *rest, **more)

        return call

    monkeypatch.setattr(os, "scandir", refuse(scan))
    monkeypatch.setattr(os, "open", refuse(opened))
    told = shelf.comparison()
    found = {finding.path: (finding.holding.value, finding.reason) for finding in told}
    assert found == {
        "card/a.jpg": ("in_library", None),
        "card/c.jpg": ("unreadable", "The file cannot be read: Permission denied."),
        "card/closed": ("unreadable", "The folder cannot be read: Permission denied."),
    }
    assert not told.safe


def test_a_file_that_changes_while_it_is_read_is_not_safe(shelf, monkeypatch):
    copy, original = shelf.both("a.jpg", b"a")
    real = comparing.open_regular

    @contextmanager
    def opened(path):
        with real(path) as source:
            original.write_bytes(b"written while it is read")
            yield source

    monkeypatch.setattr(comparing, "open_regular", opened)
    told, findings = shelf.compared()
    assert (findings["a.jpg"].holding, told.safe) == (Holding.UNREADABLE, False)
    assert "changed while it was read" in str(findings["a.jpg"].reason)
    monkeypatch.undo()
    original.write_bytes(b"a")
    real = copies.open_regular
    for meddle in (
        copy.unlink,
        lambda: (write(copy.with_suffix(".new"), b"a"), copy.with_suffix(".new").replace(copy)),
    ):

        @contextmanager
        def replaced(path, meddle=meddle):
            with real(path) as file:
                yield file
                meddle()

        copy.write_bytes(b"a")
        with monkeypatch.context() as patch:
            patch.setattr(copies, "open_regular", replaced)
            assert shelf.holdings() == {"a.jpg": "file_missing"}


def test_a_folder_that_changes_after_a_file_was_read_is_not_safe(shelf):
    shelf.both("a.jpg", b"a")
    for meddle in (
        lambda: write(shelf.card / "a.jpg", b"a"),
        lambda: write(shelf.card / "later.jpg", b"a"),
        lambda: (shelf.card / "later.jpg").rename(shelf.card / "latest.jpg"),
        (shelf.card / "a.jpg").unlink,
    ):
        told = shelf.comparison()
        for finding in told:
            assert finding.safe
            if meddle:
                meddle()
                meddle = None  # noqa: PLW2901 - once
        assert (told.safe, told.changed) == (False, True)
        assert told.sentence == "The folder changed while it was compared: compare it again."
    told = shelf.comparison()
    assert not told.safe, "it has not begun"
    list(told)
    assert told.safe


def test_a_path_that_is_longer_than_the_system_takes_is_read_like_any_other(shelf):
    shelf.take_in("a.jpg", b"a")
    names = ["d" * 200] * 25
    folder = os.open(shelf.card, os.O_RDONLY)
    for name in names:
        os.mkdir(name, dir_fd=folder)
        folder, above = os.open(name, os.O_RDONLY, dir_fd=folder), folder
        os.close(above)
    for name, content in ((b"a.jpg", b"a"), (b"b.jpg", b"b"), (b"b.xmp", b"<b/>")):
        with open(os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=folder), "wb") as file:
            file.write(content)
    os.close(folder)
    told = shelf.comparison()
    found = {finding.path.rpartition("/")[2]: finding.holding.value for finding in told}
    assert found == {"a.jpg": "in_library", "b.jpg": "not_in_library"}
    assert (told.files, told.sidecars) == (2, 1)


def test_many_files_of_one_copy_are_safe_by_one_reading_of_it(shelf, monkeypatch):
    shelf.take_in("a.jpg", b"a")
    for number in range(5):
        write(shelf.card / f"{number}.jpg", b"a")
    real, read = copies.open_regular, []
    monkeypatch.setattr(copies, "open_regular", lambda path: read.append(path) or real(path))
    monkeypatch.setattr(comparing, "_AT_ONCE", 1)
    assert shelf.compared()[0].safe
    assert len(read) == 1


def test_a_comparison_breaks_off_in_the_middle_of_a_file(shelf, monkeypatch):
    shelf.both("a.jpg", b"a" * 10)
    monkeypatch.setattr(source, "PIECE_BYTES", 1)
    told = shelf.comparison()
    read, pieces = OpenFile.read, []

    def ended_soon(self, *, keep, go_on):
        def count():
            pieces.append(1)
            if len(pieces) == 3:
                told.end()
            go_on()

        return read(self, keep=keep, go_on=count)

    monkeypatch.setattr(OpenFile, "read", ended_soon)
    assert [finding.holding for finding in told] == [Holding.UNREADABLE]
    assert (len(pieces), told.safe) == (3, False)
