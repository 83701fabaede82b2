"""Folders whose path is longer than the system takes: what is in them is found, named and counted like all else."""

import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from app.errors import NoSuchDirectory, NothingMatches
from app.explain import explain
from app.ingest.disk.folders import EntryKind, Folders
from app.ingest.disk.guard import Guard
from app.ingest.disk.reaching import SHORT_BYTES, Descent, reachable
from app.media import Place, Skip
from app.reports import lines_of
from tests.ingest.builders import assert_sums_close, parameters, tree
from tests.support.clock import at_most

NAME = b"caf\xe9 " + b"d" * 194
DEEP = b"/".join([NAME] * 30)  # 6,000 bytes and more


@contextmanager
def inside(folder: bytes, path: bytes) -> Iterator[int]:
    """A descriptor of a folder that is made piece by piece, however long its path."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        for name in path.split(b"/"):
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=descriptor)
            inner = os.open(name, os.O_RDONLY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def write(descriptor: int, *names: bytes) -> None:
    for name in names:
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))


@pytest.fixture
def place(place):
    place.recover()
    return place


@pytest.fixture
def deep(place):
    """A place with a folder of 6,000 bytes: a picture with sidecars, others that are left out, and a link outside."""
    with inside(os.fsencode(place.media), DEEP) as descriptor:
        write(descriptor, b"a.jpg", b"a.xmp", b".hidden.jpg", b"notes.txt", b"n\xe9w\n.jpg", b"skip.jpg")
        for folder in (b".scores", b"left out"):
            os.mkdir(folder, dir_fd=descriptor)
        with open(os.open(b".ingestignore", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor), "wb") as rules:
            rules.write(b"skip*\nleft out/\n")
        os.symlink(place.media.parent, b"out", dir_fd=descriptor)
        for folder, name in ((b".scores", b"a.jpg.json"), (b".scores", b"gone.jpg.json"), (b"left out", b"b.jpg")):
            inner = os.open(folder, os.O_RDONLY, dir_fd=descriptor)
            write(inner, name)
            os.close(inner)
    return place


def test_what_is_in_a_deep_folder_is_listed_and_unsupported(deep):
    with at_most(1):
        listing = deep.folders.read(Place("m", DEEP))
    assert listing.warning is None
    assert {entry.name: entry.kind for entry in listing.entries} == {
        b".hidden.jpg": EntryKind.IGNORED,
        b".ingestignore": EntryKind.IGNORED,
        b"a.jpg": EntryKind.UNSUPPORTED,
        b"n\xe9w\n.jpg": EntryKind.UNSUPPORTED,
        b"notes.txt": EntryKind.UNSUPPORTED,
        b"out": EntryKind.UNSUPPORTED,
        b"skip.jpg": EntryKind.IGNORED,
    }
    assert listing.folders == (b".scores", b"left out")
    scores = deep.folders.read(*listing.below(b".scores"))
    assert [entry.name for entry in scores.entries] == [b"gone.jpg.json"], "the other counts with its picture"
    assert deep.folders.ignores_of(Place("m", DEEP + b"/left out")).sentence.endswith(": left out/")


def test_a_session_over_a_deep_folder_counts_and_reports_every_file(deep):
    tree(deep.media, "a.jpg")
    with at_most(1):
        session = deep.run()
    assert_sums_close(session)
    assert session.plan.warnings == ()
    assert session.plan.skipped == dict.fromkeys(Skip, 0) | {"filtered": 5, "unsupported": 4}
    with at_most(1):
        lines = {line["path"]: line["class"] for line in lines_of(session, deep.ingestor)}
    json.dumps(lines, ensure_ascii=False).encode()
    assert len(lines) == session.plan.discovered == 10
    assert lines[Place("m", DEEP).below(b"n\xe9w\n.jpg").shown] == "unsupported"


def test_a_session_of_a_deep_folder_alone_is_refused_with_the_number_of_its_files(deep):
    shown = Place("m", DEEP).shown
    Guard(deep.folders, (shown,)).check()
    with pytest.raises(NothingMatches, match="of 9 files there, none is media that matches"):
        deep.runner.start(parameters(shown))


def test_a_name_in_a_deep_folder_leads_back_to_its_file(deep):
    for name in (b"a.jpg", b"n\xe9w\n.jpg"):
        shown = Place("m", DEEP).below(name).shown
        with at_most(1):
            assert deep.folders.file(shown) == ("m", DEEP + b"/" + name)
            assert deep.folders.found(Place("m", DEEP + b"/" + name)).shown == shown
    with at_most(1):
        assert deep.folders.resolve(Place("m", DEEP).shown) == Place("m", DEEP)
    with pytest.raises(NoSuchDirectory):
        deep.folders.resolve(Place("m", DEEP).below(b"nothing").shown)


@pytest.mark.parametrize(
    ("name", "verdict", "words"),
    [
        (b"a.jpg", "unsupported", "bytes, and no more than 2,600"),
        (b"a.xmp", "unsupported", "is a sidecar"),
        (b".scores/a.jpg.json", "unsupported", "is a sidecar"),
        (b"notes.txt", "unsupported", "the suffix .txt"),
        (b"skip.jpg", "ignored", "left out by line 1 of"),
        (b"left out/b.jpg", "ignored", "left out by line 2 of"),
        (b"out", "unsupported", "is a link"),
        (b"out/media", "not_found", "nothing at"),
        (b"nothing.jpg", "not_found", "nothing at"),
        (b"left out", "folder", "All of it is left out"),
    ],
)
def test_what_is_in_a_deep_folder_is_explained(deep, name, verdict, words):
    shown = Place("m", DEEP).below(name).shown
    with at_most(1):
        answer = explain(deep.folders, deep.library, [], shown)
    assert (answer["path"], answer["verdict"]) == (shown, verdict)
    assert words in answer["sentence"]
    assert (answer["on_disk"] is not None) == (verdict != "not_found")


def test_a_link_in_a_deep_folder_is_not_followed(deep):
    listing = deep.folders.read(Place("m", DEEP + b"/out"))
    assert (listing.entries, listing.folders) == ((), ())
    assert listing.warning.endswith("cannot be read: Not a directory.")


def test_no_folder_is_left_open(deep):
    before = len(os.listdir("/proc/self/fd"))
    for path in (DEEP, DEEP + b"/nothing", DEEP + b"/out", DEEP + b"/nothing/more"):
        deep.folders.read(Place("m", path))
        deep.folders.found(Place("m", path))
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("length", [SHORT_BYTES - 1, SHORT_BYTES, SHORT_BYTES + 1, 4_095, 4_096, 5_000])
def test_a_folder_is_reached_at_every_length_of_its_path(tmp_path, length):
    base = os.fsencode(os.path.realpath(tmp_path))
    left = length - len(base)
    names = [b"x" * 99] * (left // 100 - 1)
    names.append(b"y" * (left - 100 * len(names) - 1))
    with inside(base, b"/".join(names)) as descriptor:
        write(descriptor, b"here")
    absolute = b"/".join([base, *names])
    assert len(absolute) == length
    with reachable(absolute) as reached:
        assert os.listdir(reached) == [b"here"]
    with closing(Descent(base)) as descent:
        for name in names:
            descent.go(name)
        assert os.listdir(descent.reached) == [b"here"]


def test_a_very_deep_folder_is_told_in_time(tmp_path):
    """3,000 folders, one in the other: each step down is made once."""
    path = b"/".join([b"d"] * 3_000)
    try:
        with inside(os.fsencode(tmp_path), path) as descriptor:
            write(descriptor, b"a.jpg")
        folders = Folders({"m": tmp_path})
        with at_most(1):
            assert folders.file(Place("m", path).below(b"a.jpg").shown) == ("m", path + b"/a.jpg")
        with at_most(1):
            assert [entry.name for entry in folders.read(Place("m", path)).entries] == [b"a.jpg"]
    finally:
        undo(os.fsencode(tmp_path), path)


def undo(folder: bytes, path: bytes) -> None:
    """Removes folders that lie in one another and the file in the last: `shutil.rmtree` would run out of stack."""
    names = path.split(b"/")
    with inside(folder, path) as last:
        os.unlink(b"a.jpg", dir_fd=last)
        at = os.dup(last)
    for name in reversed(names):
        above = os.open(b"..", os.O_RDONLY, dir_fd=at)
        os.close(at)
        os.rmdir(name, dir_fd=above)
        at = above
    os.close(at)
