"""The inbox: names that are free, files that are whole or not there, and disks without room."""

import errno
import os

import pytest

from app.errors import Conflict, InvalidRequest, NeedsAttention
from app.ingest.disk import inbox as inbox_module
from app.ingest.disk.folders import Folders
from app.ingest.disk.inbox import Inbox, numbered


@pytest.fixture
def inbox(tmp_path):
    return Inbox(Folders({"m": tmp_path}), "m/inbox")


def dropped(inbox, name, content=b"bytes"):
    file = inbox.receive(name, len(content))
    file.write(content)
    place = file.keep()
    file.give_up()
    return place.shown


def held(tmp_path):
    return {path.name: path.read_bytes() for path in (tmp_path / "inbox").iterdir()}


@pytest.mark.parametrize(
    ("name", "number", "wanted"),
    [(b"a.jpg", 1, b"a.jpg"), (b"a.jpg", 2, b"a (2).jpg"), (b"a.b.jpg", 10, b"a.b (10).jpg")],
)
def test_a_number_stands_before_the_suffix(name, number, wanted):
    assert numbered(name, number) == wanted


@pytest.mark.parametrize("links", [True, False])
def test_nothing_is_overwritten_on_any_file_system(inbox, tmp_path, monkeypatch, links):
    def refuse(*_paths):
        raise OSError(errno.EPERM, "no links here")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    names = [dropped(inbox, "a.jpg", content) for content in (b"one", b"two", b"three")]
    assert names == ["m/inbox/a.jpg", "m/inbox/a (2).jpg", "m/inbox/a (3).jpg"]
    assert held(tmp_path) == {"a.jpg": b"one", "a (2).jpg": b"two", "a (3).jpg": b"three"}


def test_a_name_that_was_taken_in_vain_is_given_back(inbox, tmp_path, monkeypatch):
    def refuse(*_paths):
        raise OSError(errno.EPERM, "not here")

    file = inbox.receive("a.jpg", None)
    file.write(b"bytes")
    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(NeedsAttention):
        file.keep()
    file.give_up()
    assert held(tmp_path) == {}


def test_a_file_that_is_given_up_leaves_nothing(inbox, tmp_path):
    file = inbox.receive("a.jpg", None)
    file.write(b"half")
    assert [name.startswith(".dropped-") for name in held(tmp_path)] == [True]  # which no walk sees
    file.give_up()
    assert held(tmp_path) == {}


def test_what_a_killed_server_left_is_removed_a_day_later(inbox, tmp_path):
    dropped(inbox, "a.jpg")
    for name, age in ((".dropped-old", 90_000), (".dropped-new", 10)):
        (tmp_path / "inbox" / name).write_bytes(b"")
        at = (tmp_path / "inbox" / name).stat().st_mtime - age
        os.utime(tmp_path / "inbox" / name, (at, at))
    dropped(inbox, "b.jpg")
    assert held(tmp_path).keys() == {"a.jpg", "b.jpg", ".dropped-new"}


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".a.jpg",
        "a/b.jpg",
        "../a.jpg",
        "a\0.jpg",
        " a.jpg",
        "notes.txt",
        "a",
        "x" * 300 + ".jpg",
        "\ud800.jpg",
    ],
)
def test_what_cannot_be_media_in_the_inbox_is_refused(inbox, tmp_path, name):
    with pytest.raises(InvalidRequest):
        inbox.receive(name, 1)
    assert not (tmp_path / "inbox").exists()


def test_a_disk_without_room_refuses_before_and_while_a_file_comes(inbox, tmp_path, monkeypatch):
    with pytest.raises(NeedsAttention) as caught:
        inbox.receive("a.jpg", 2**62)
    assert caught.value.cause == "disk_full"
    file = inbox.receive("a.jpg", 1)
    monkeypatch.setattr(inbox_module, "RESERVE_BYTES", 2**62)
    with pytest.raises(NeedsAttention):
        file.write(b"x")
    file.give_up()
    assert held(tmp_path) == {}


def test_without_a_setting_there_is_no_inbox(tmp_path):
    with pytest.raises(Conflict) as caught:
        Inbox(Folders({"m": tmp_path}), None).receive("a.jpg", 1)
    assert caught.value.cause == "no_inbox"
