"""The lock of the state folder, and what killed processes leave in it."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from app.errors import NeedsAttention, StateFolderLocked
from app.ingest.session import store as store_module
from app.ingest.session.replacing import replace_file
from app.ingest.session.store import IngestionState
from tests.ingest.builders import OTHER_SESSION, SESSION, file_event, session_of
from tests.ingest.session.test_store import names_in

# -- the lock ----------------------------------------------------------------------------------------------------


def test_a_second_server_is_refused_and_told_of_the_first(store):
    second = IngestionState(store.folder)
    store.acquire("http://127.0.0.1:7862")
    with pytest.raises(StateFolderLocked, match=r"http://127\.0\.0\.1:7862 \(process \d+\)"):
        second.acquire("http://127.0.0.1:9999")
    assert str(os.getpid()) in second.holder()
    second.release()
    assert second.holder() is not None
    store.release()
    second.acquire("http://127.0.0.1:9999")
    assert "9999" in store.holder()
    second.release()
    assert store.holder() is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff"])
def test_an_unreadable_owner_is_nobody(store, content):
    (store.folder / "lock.json").write_bytes(content)
    assert store.holder() is None


def test_the_lock_is_given_back_by_whichever_thread_closes(store):
    store.acquire("here")
    closing = threading.Thread(target=store.release)
    closing.start()
    closing.join()
    other = IngestionState(store.folder)
    other.acquire("there")
    other.release()


def remove_lock(folder: Path) -> None:
    (folder / "lock").unlink()


def replace_lock(folder: Path) -> None:
    replace_file(folder / "lock", b"")


def rename_folder(folder: Path) -> None:
    folder.rename(folder.with_name("renamed"))


def replace_folder(folder: Path) -> None:
    rename_folder(folder)
    folder.mkdir()


def delete_folder(folder: Path) -> None:
    shutil.rmtree(folder)


LOSSES = [remove_lock, replace_lock, rename_folder, replace_folder, delete_folder]


@pytest.mark.parametrize("lose", LOSSES)
def test_a_lost_lock_is_noticed_by_every_write_and_taken_back_when_asked_for(store, lose):
    store.acquire("here")
    store.save(session_of())
    lose(store.folder)
    before = names_in(store.folder.parent)
    for write in (
        store.check,
        store.sweep,
        lambda: store.save(session_of()),
        lambda: store.append_to_journal(file_event(1)),
        lambda: store.rewrite_journal(SESSION, []),
        lambda: store.save_thumbnail("ab" * 32, b"RIFF"),
        lambda: store.set_aside(SESSION),
        lambda: store.forget(SESSION),
    ):
        with pytest.raises(NeedsAttention, match="was removed, renamed or taken over") as caught:
            write()
        assert caught.value.cause == "lock_lost"
    assert names_in(store.folder.parent) == before
    store.prepare()
    store.save(session_of())
    assert "here" in IngestionState(store.folder).holder()
    with pytest.raises(StateFolderLocked):
        IngestionState(store.folder).acquire("there")
    store.release()
    assert store.holder() is None


@pytest.mark.parametrize("lose", LOSSES)
def test_a_write_that_fails_because_the_lock_is_lost_meanwhile_says_so(store, lose, monkeypatch):
    def is_overtaken(path, *_contents, **_options):
        lose(store.folder)
        raise FileNotFoundError(path)

    store.acquire("here")
    monkeypatch.setattr(store_module, "replace_file", is_overtaken)
    with pytest.raises(NeedsAttention) as caught:
        store.save(session_of())
    assert caught.value.cause == "lock_lost"
    store.release()


@pytest.mark.parametrize("lose", LOSSES)
def test_a_lost_lock_that_another_process_took_stays_his_until_he_gives_it_back(store, lose):
    other = IngestionState(store.folder)
    store.acquire("here")
    lose(store.folder)
    other.acquire("there")
    for _ in range(2):
        with pytest.raises(NeedsAttention, match=r"holds .*state now: there \(process \d+\)") as caught:
            store.prepare()
        assert caught.value.cause == "lock_lost"
        with pytest.raises(NeedsAttention):
            store.save(session_of())
        other.save(session_of(session_id=OTHER_SESSION))
    other.release()
    store.prepare()
    store.save(session_of())
    with pytest.raises(StateFolderLocked):
        other.acquire("there")
    store.release()


def test_who_lost_the_lock_does_not_take_the_other_ones_name_away(store):
    other = IngestionState(store.folder)
    store.acquire("here")
    remove_lock(store.folder)
    other.acquire("there")
    store.release()
    assert "there" in other.holder()
    other.release()


def test_a_lock_that_two_threads_take_back_at_once_is_taken_back(store):
    store.acquire("here")
    troubles = []

    def take_back(start: threading.Barrier) -> None:
        start.wait()
        try:
            store.prepare()
        except NeedsAttention as trouble:
            troubles.append(trouble)

    for _ in range(50):
        remove_lock(store.folder)
        start = threading.Barrier(2)
        threads = [threading.Thread(target=take_back, args=(start,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert troubles == []
    store.save(session_of())
    store.release()


def test_a_store_without_the_lock_is_not_asked_for_it(store):
    holder = IngestionState(store.folder)
    holder.acquire("here")
    remove_lock(store.folder)
    store.save(session_of())
    holder.release()


# -- what killed processes leave, and thumbnails -----------------------------------------------------------------


def test_leftovers_of_a_killed_process_are_swept_and_nothing_else(store):
    store.save(session_of())
    store.save_thumbnail("ab" * 32, b"RIFF")
    kept = names_in(store.folder)
    (store.folder / f".{SESSION}.json.abc123.tmp").write_text("{")
    (store.folder / "thumbnails" / "ab" / ".x.webp.abc.tmp").write_text("R")
    store.sweep()
    assert names_in(store.folder) == kept


def test_a_thumbnail_is_written_once_and_read_back(store):
    sha256 = "ab" * 32
    assert store.thumbnail(sha256) is None
    store.save_thumbnail(sha256, b"RIFF")
    store.save_thumbnail(sha256, b"another")
    assert store.thumbnail(sha256) == b"RIFF"
    assert names_in(store.folder / "thumbnails") == {"ab", f"ab/{sha256}.webp"}


# -- media roots ------------------------------------------------------------------------------------------------------


def test_media_roots_are_remembered_as_whole_paths_and_damage_forgets_them(store, tmp_path, monkeypatch):
    store.prepare()
    assert store.remembered_roots() == {}
    monkeypatch.chdir(tmp_path)
    odd = Path(os.fsdecode(b"/srv/caf\xe9"))
    store.remember_roots({"a": Path("a"), "odd": odd})
    assert store.remembered_roots() == {"a": tmp_path / "a", "odd": odd}
    for damaged in (b"", b"[]", b'{"a": 1}', b'{"a": "relative"}', b"\xff"):
        (store.folder / "roots.json").write_bytes(damaged)
        assert store.remembered_roots() == {}
