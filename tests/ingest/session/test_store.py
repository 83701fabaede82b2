"""All that is written under the state folder, and what happens when writing fails."""

import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from app.errors import NeedsAttention
from app.ingest.session import store as store_module
from app.ingest.session.answers import as_journal_line
from app.ingest.session.replacing import replace_file
from app.ingest.session.state import Status
from app.ingest.session.store import IngestionState, is_session_id, new_session_id
from tests.ingest.builders import AT, OTHER_SESSION, SESSION, file_event, session_of


def names_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# -- replacing a file --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_as_a_whole(tmp_path, durable):
    file = tmp_path / "file"
    for content in (b"old", b"new and longer"):
        replace_file(file, content, durable=durable)
        assert file.read_bytes() == content
    assert names_in(tmp_path) == {"file"}


@pytest.mark.parametrize("step", ["replace", "fsync", "write"])
def test_the_old_content_stays_when_any_step_of_writing_fails(tmp_path, monkeypatch, step):
    file = tmp_path / "file"
    file.write_bytes(b"old")

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_module.os, step, full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(file, b"new", durable=True)
    monkeypatch.undo()
    assert file.read_bytes() == b"old"
    assert names_in(tmp_path) == {"file"}


def test_durable_flushes_the_file_before_the_rename_and_the_folder_after(tmp_path, monkeypatch):
    steps = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(handle):
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        real_fsync(handle)

    def replaced(*names):
        steps.append("rename")
        real_replace(*names)

    monkeypatch.setattr(store_module.os, "fsync", fsync)
    monkeypatch.setattr(store_module.os, "replace", replaced)
    replace_file(tmp_path / "file", b"new", durable=True)
    assert steps == ["file", "rename", "folder"]
    steps.clear()
    replace_file(tmp_path / "file", b"new")
    assert steps == ["rename"]


def test_a_reader_never_sees_a_part(tmp_path):
    """While one thread rewrites a file, another one reads only whole contents."""
    file, whole = tmp_path / "file", {bytes([n]) * 50_000 for n in range(4)}
    replace_file(file, next(iter(whole)))
    done, seen = threading.Event(), set()

    def read():
        while not done.is_set():
            seen.add(file.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        for content in whole:
            replace_file(file, content)
    done.set()
    reader.join()
    assert seen <= whole


def test_what_a_killed_process_left_is_in_no_other_ones_way_even_if_both_were_forked_from_one(tmp_path):
    file = tmp_path / "file"
    killed = os.fork()
    if killed == 0:
        os.replace = lambda *_paths: os._exit(0)
        replace_file(file, b"half")
    os.waitpid(killed, 0)
    assert len(list(tmp_path.iterdir())) == 1
    replace_file(file, b"new")
    assert file.read_bytes() == b"new"


# -- session files -----------------------------------------------------------------------------------------------


def test_a_session_is_loaded_as_it_was_saved(store):
    session = session_of(Status.PROCESSING, total_files=3).advance(file_event(7))
    store.save(session)
    assert store.load(SESSION) == session
    assert json.loads((store.folder / f"{SESSION}.json").read_bytes())["version"] == 1
    assert store.load(OTHER_SESSION) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"version": 1',
        b"null",
        b"[]",
        b'"text"',
        b"5",
        b"{}",
        b'{"version": 1}',
        b'{"version": 2, "session_id": "x"}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"version": 1' + b" " * (4 << 20) + b"}",
    ],
    ids=lambda content: repr(content[:20]),
)
def test_an_unreadable_session_file_is_no_session(store, content):
    (store.folder / f"{SESSION}.json").write_bytes(content)
    assert store.load(SESSION) is None
    assert list(store.load_all()) == []


def test_a_torn_session_file_is_no_session_wherever_it_ends(store):
    store.save(session_of(Status.PROCESSING, total_files=3))
    file = store.folder / f"{SESSION}.json"
    content = file.read_bytes()
    for end in range(0, len(content), 97):
        file.write_bytes(content[:end])
        assert store.load(SESSION) is None


def test_a_file_under_a_wrong_name_is_no_session(store):
    store.save(session_of())
    (store.folder / f"{SESSION}.json").rename(store.folder / f"{OTHER_SESSION}.json")
    assert store.load(OTHER_SESSION) is None


def test_all_sessions_are_found_and_nothing_else(store):
    store.save(session_of())
    store.save(session_of(session_id=OTHER_SESSION))
    for name in ("lock.json", f"{SESSION}.json.bad", "notes.json", f"{SESSION.upper()}.jsonx"):
        (store.folder / name).write_text("{}")
    assert set(store.session_ids()) == {SESSION, OTHER_SESSION}
    assert {session.session_id for session in store.load_all()} == {SESSION, OTHER_SESSION}
    assert IngestionState(store.folder / "nowhere").session_ids() == []


def test_an_unreadable_file_is_set_aside(store):
    store.set_aside(SESSION)
    (store.folder / f"{SESSION}.json").write_text("{")
    store.set_aside(SESSION)
    assert (store.folder / f"{SESSION}.json.bad").read_text() == "{"
    assert store.session_ids() == []


def test_a_forgotten_session_leaves_no_file(store):
    store.save(session_of())
    store.append_to_journal(file_event(1))
    store.forget(SESSION)
    store.forget(SESSION)
    assert names_in(store.folder) == {"thumbnails"}


def test_a_session_id_is_a_uuid_in_lower_case():
    assert is_session_id(new_session_id())
    for text in ("", "x", SESSION.replace("-", ""), f"{SESSION}\n", f" {SESSION}", "../" + SESSION, "A" * 36):
        assert not is_session_id(text)


def test_a_folder_that_cannot_be_written_needs_attention(store, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store_module, "replace_file", full)
    monkeypatch.setattr(store_module.os, "open", full)
    monkeypatch.setattr(store_module.tempfile, "TemporaryFile", full)
    for write in (
        lambda: store.save(session_of()),
        lambda: store.append_to_journal(file_event(1)),
        lambda: store.rewrite_journal(SESSION, []),
        lambda: store.save_thumbnail("ab" * 32, b"RIFF"),
        store.prepare,
    ):
        with pytest.raises(NeedsAttention, match="is full: free some space") as caught:
            write()
        assert caught.value.cause == "disk_full"


def test_a_file_in_place_of_the_folder_needs_attention(tmp_path):
    (tmp_path / "state").write_text("in the way")
    store = IngestionState(tmp_path / "state")
    for refused in (store.prepare, lambda: store.acquire("here")):
        with pytest.raises(NeedsAttention, match="cannot be written") as caught:
            refused()
        assert caught.value.cause == "state_unwritable"
    (tmp_path / "state").unlink()
    store.acquire("here")
    store.release()


def test_a_folder_that_is_not_there_is_missed_and_not_made_by_looking(tmp_path):
    with pytest.raises(NeedsAttention, match="No such file"):
        IngestionState(tmp_path / "state").check()
    assert names_in(tmp_path) == set()


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_regular_file_is_no_session_and_is_set_aside(store, kind):
    path = store.folder / f"{SESSION}.json"
    path.mkdir() if kind == "folder" else os.mkfifo(path)
    assert store.load(SESSION) is None
    store.set_aside(SESSION)
    assert names_in(store.folder) == {"thumbnails", f"{SESSION}.json.bad"}


# -- the journal -------------------------------------------------------------------------------------------------


def lines_of(store: IngestionState) -> list[dict]:
    return [json.loads(line) for line in (store.folder / f"{SESSION}.files.jsonl").read_bytes().splitlines()]


def test_the_journal_has_a_line_for_each_finished_file(store):
    torn = file_event(2, "failed", failures=[["thumbnail", "truncated_image", "Zu kurz \u00fc."]], ms=12)
    store.append_to_journal(file_event(1))
    store.append_to_journal(torn)
    assert [line["path"] for line in lines_of(store)] == ["m/1.jpg", "m/2.jpg"]
    assert (
        lines_of(store)[1]
        == {
            "path": "m/2.jpg",
            "outcome": "failed",
            "stage": "thumbnail",
            "cause": "truncated_image",
            "reason": "Zu kurz \u00fc.",
            "ms": 12,
            "at": AT,
        }
        == as_journal_line(torn)
    )


def test_the_journal_is_made_again_from_the_events(store):
    (store.folder / f"{SESSION}.files.jsonl").write_text('{"path": "torn')
    session_row = file_event(3)
    other_kind = session_row.__class__(4, SESSION, AT, "session")
    store.rewrite_journal(SESSION, [file_event(1), file_event(2), other_kind])
    assert [line["path"] for line in lines_of(store)] == ["m/1.jpg", "m/2.jpg"]


def test_whatever_is_written_is_for_nobody_else(store):
    """Those that an older program left open, too."""
    store.save(session_of(), durable=True)
    store.append_to_journal(file_event(1))
    store.append_to_journal(file_event(2, session_id=OTHER_SESSION))
    store.rewrite_journal(OTHER_SESSION, [file_event(2, session_id=OTHER_SESSION)])
    store.save_thumbnail("ab" * 32, b"RIFF")
    store.remember_roots({"m": store.folder})
    (store.folder / "old.files.jsonl").touch(0o644)
    store.sweep()
    modes = {path.name: path.stat().st_mode & 0o777 for path in store.folder.rglob("*") if path.is_file()}
    assert set(modes.values()) == {0o600}, modes


def test_the_id_of_a_server_stays_with_its_folder_and_a_copy_has_another(store, tmp_path):
    store.prepare()
    first = store.server_id()
    assert is_session_id(first)
    assert IngestionState(store.folder).server_id() == first
    shutil.copytree(store.folder, tmp_path / "copy")
    assert IngestionState(tmp_path / "copy").server_id() != first
    (store.folder / "server.json").write_text("{")
    assert store.server_id() != first
