"""A folder held against the library over HTTP: the sums, the lists behind them, and one comparison at a time."""

import shutil
import threading
from types import SimpleNamespace

import pytest

from app.compare import kept
from app.compare.comparison import Comparison
from app.errors import InvalidRequest
from tests.compare.shelf import flip, write
from tests.samples import write_many

CLASSES = ("in_library", "file_missing", "same_picture", "not_in_library", "not_media", "unreadable")
PATH = "/api/library/compare"


@pytest.fixture
def full(open_door, tmp_path):
    """A server whose library holds 5 files, copies of which are in `card` with 7 new ones and a text."""
    root = tmp_path / "root"
    write_many(root / "kept", 5)
    door = open_door(root)
    door.whole("photos/kept")
    shutil.copytree(root / "kept", root / "card")
    for number in range(7):
        write(root / "card" / f"new{number}.jpg", b"new %d" % number)
    write(root / "card" / "notes.txt", b"no picture")
    door.root = root
    return door


def listed(door, name, limit=3, **body):
    """The files of one class over all pages, each page as long as it may be but the last."""
    files, cursor = [], None
    while True:
        asked = {"directory": "photos/card", "list": name, "cursor": cursor, **body}
        page = door.post(f"{PATH}?limit={limit}", asked)
        files += page["files"]
        if page["next"] is None:
            return files
        assert len(page["files"]) == limit
        cursor = page["next"]


def test_the_sums_close_and_each_class_has_its_list(full, monkeypatch):
    monkeypatch.setattr(kept, "_IN_MEMORY_BYTES", 10)  # so that the lists lie on disk
    told = full.post(PATH, {"directory": "photos/card"})
    assert (told["in_library"], told["not_in_library"], told["not_media"], told["files"]) == (5, 7, 1, 13)
    assert sum(told[name] for name in CLASSES) == told["files"]
    assert (told["safe"], told["rehashed"], told["read_again"]) == (False, False, 0)
    assert {name: len(listed(full, name)) for name in CLASSES} == {name: told[name] for name in CLASSES}
    new = listed(full, "not_in_library")
    assert [file["path"] for file in new] == [f"photos/card/new{number}.jpg" for number in range(7)]
    assert new[0] == {
        "path": "photos/card/new0.jpg",
        "reason": "Its content is no image or video that is known here.",
        "size": 5,
        "sidecars": 0,
        "copy": None,
    }
    assert {file["copy"].rpartition("/")[0] for file in listed(full, "in_library")} == {"photos/kept"}


def test_only_copies_that_were_read_again_make_a_folder_safe(full):
    for path in (full.root / "card").glob("n*"):
        path.unlink()
    assert full.post(PATH, {"directory": "photos/card"})["safe"] is False
    told = full.post(PATH, {"directory": "photos/card", "rehash": True})
    assert (told["safe"], told["read_again"]) == (True, 5)
    flip(next((full.root / "kept").iterdir()))
    again = full.post(f"{PATH}?wait=20", {"directory": "photos/card", "rehash": True})
    assert again["safe"], "an earlier comparison may serve whoever does not want to wait"
    told = full.post(f"{PATH}?wait=20&refresh=true", {"directory": "photos/card", "rehash": True})
    assert (told["safe"], told["file_missing"]) == (False, 1)
    whole = full.post(PATH, {"directory": "photos", "rehash": True})
    assert (whole["safe"], whole["in_library"]) == (False, 0), "nothing in a root is a copy of itself"


def test_a_comparison_that_may_not_wait_says_how_far_it_is_and_gives_way_to_another(full, monkeypatch):
    gate, walk = threading.Event(), Comparison.__iter__

    def slowly(self):
        for finding in walk(self):
            assert gate.wait(30)
            yield finding

    monkeypatch.setattr(Comparison, "__iter__", slowly)
    told = full.post(f"{PATH}?wait=0", {"directory": "photos/card"}, 202)
    assert told.keys() == {"comparing", "directory", "rehashed", "done", "of"}
    assert full.get(PATH)["last"]["directory"] == "photos/card", "a page that is loaded again finds it"
    first = full.house.records.comparisons._kept
    assert full.post(f"{PATH}?wait=0", {"directory": "photos/kept"}, 202)["comparing"] is True
    gate.set()
    with pytest.raises(InvalidRequest, match="another one took its place"):
        first.wait(30)
    assert full.post(f"{PATH}?wait=20", {"directory": "photos/kept"})["files"] == 5


def test_a_comparison_is_looked_at_without_beginning_one_and_ended_by_whoever_asks(full, monkeypatch):
    gate, walk = threading.Event(), Comparison.__iter__

    def slowly(self):
        for finding in walk(self):
            assert gate.wait(30)
            yield finding

    def end(directory):
        return full.client.delete(f"{PATH}?directory={directory}").json()

    monkeypatch.setattr(Comparison, "__iter__", slowly)
    assert full.get(PATH) == {"last": None}
    full.post(f"{PATH}?wait=0", {"directory": "photos/card", "rehash": True}, 202)
    told = full.get(PATH)["last"]
    assert (told["comparing"], told["directory"], told["rehashed"]) == (True, "photos/card", True)
    assert end("photos/kept") == {"ended": False}, "that is another folder"
    ended = full.house.records.comparisons._kept
    assert end("photos/card") == {"ended": True}
    gate.set()
    assert full.get(PATH) == {"last": None}
    assert end("photos/card") == {"ended": False}
    with pytest.raises(InvalidRequest, match="was ended"):
        ended.wait(30)


def test_an_answer_is_kept_for_a_while_from_its_end_however_long_it_took(full, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(kept, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    walk = Comparison.__iter__

    def long(self):
        yield from walk(self)
        clock[0] += 5 * kept.KEEP_SECONDS

    monkeypatch.setattr(Comparison, "__iter__", long)
    full.post(f"{PATH}?wait=20", {"directory": "photos/card"})
    told = full.get(PATH)["last"]
    assert (told["files"], told["age_seconds"]) == (13, 5 * kept.KEEP_SECONDS)
    monkeypatch.setattr(Comparison, "__iter__", walk)
    assert len(listed(full, "not_in_library")) == 7
    assert full.get(PATH)["last"] == told, "the list did not read the folder anew"
    clock[0] += kept.KEEP_SECONDS
    assert full.get(PATH) == {"last": None}


def test_a_comparison_that_breaks_off_is_no_answer_and_the_next_begins_anew(full, monkeypatch, caplog):
    def broken(self):
        yield next(walk(self))
        raise RuntimeError("a fault of ours")

    walk = Comparison.__iter__
    with monkeypatch.context() as patch:
        patch.setattr(Comparison, "__iter__", broken)
        told = full.post(f"{PATH}?wait=20", {"directory": "photos/card"}, 500)
    assert told["cause"] == "internal_error"
    assert "the comparison of photos/card broke off" in caplog.text
    assert full.post(f"{PATH}?wait=20", {"directory": "photos/card"})["files"] == 13


def test_what_makes_no_sense_is_refused(full, subtests):
    card = {"directory": "photos/card"}
    for body, cause in [
        ({}, "invalid_parameter"),
        ({"directory": "photos/nowhere"}, "no_such_directory"),
        ({"directory": "/etc"}, "outside_roots"),
        ({"directory": "photos/card/notes.txt"}, "not_a_directory"),
        (card | {"rehash": "yes"}, "invalid_parameter"),
        (card | {"list": "safe"}, "invalid_parameter"),
        (card | {"list": "not_in_library", "cursor": "7"}, "bad_cursor"),
        (card | {"list": "not_in_library", "cursor": "99999"}, "bad_cursor"),
        (card | {"list": "not_in_library", "cursor": "x"}, "bad_cursor"),
        (card | {"deep": True}, "unknown_parameter"),
    ]:
        with subtests.test(body=body):
            assert full.post(PATH, body, 422)["cause"] == cause
