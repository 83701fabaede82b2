"""When words are written: what a write changed is found by the next search, and nothing is lost on the way there."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from app.errors import DatabaseBusy
from app.library.finding.words import backlog
from app.library.finding.words.backlog import Backlog
from app.library.finding.words.indexing import TOGETHER
from app.library.library import Library
from app.library.saying.editing import parse_edit
from app.media import Metadata, Place
from tests.ingest.builders import SESSION, analysis, tree, without, workplace
from tests.ingest.builders import found as on_disk
from tests.library.finding.stock import add, file, found


def commit(library, name=b"lake.jpg", **told):
    look = told.pop("look", without())
    content = told.pop("content", name)
    result = analysis(on_disk(name), content=content, **told)
    library.commit_single_file_to_database(SESSION, result, nsfw_threshold=0.8, look=look)


def searched(library, text, field=""):
    assert library.indexing.catch_up() == 0
    return found(library, text, field)


def test_a_session_writes_words_with_its_files(library):
    for number in range(TOGETHER - 1):
        commit(library, b"%d.jpg" % number)
    assert library.indexing.progress() == (TOGETHER - 1, TOGETHER - 1)
    commit(library, b"last.jpg")
    assert library.indexing.progress() == (0, TOGETHER)
    assert len(found(library, "sea")) == TOGETHER
    assert len(found(library, "last", "name")) == 1


def test_the_last_files_of_a_session_have_their_words_for_the_next_search(tmp_path, library_url):
    with workplace(tmp_path, library_url) as place:
        tree(place.media, "hill.jpg", "lake.jpg")
        place.recover()
        place.run()
        place.close()
        assert place.library.indexing.catch_up() == 0
        assert len(found(place.library, "hill")) == 1


def test_a_persons_edit_is_found(library):
    commit(library, metadata=Metadata(title="before"))
    assert searched(library, "before") == [1]
    library.edit(Place("m", b"lake.jpg"), parse_edit({"title": "after", "keywords": ["hill"]}))
    assert searched(library, "after hill") == [1]
    assert searched(library, "before") == []


def test_a_file_that_was_moved_is_found_where_it_is(library):
    commit(library, content=b"same")
    assert searched(library, "lake") == [1]
    commit(library, b"new/river.jpg", content=b"same", look=without(b"lake.jpg"))
    assert (searched(library, "lake"), searched(library, "new river")) == ([], [1])


def test_a_file_that_is_missing_is_found_and_its_words_are_not_written_again(library):
    commit(library)
    assert searched(library, "lake") == [1]
    library.presence.mark_missing("m", [b"lake.jpg"])
    assert library.indexing.progress() == (0, 1)
    assert found(library, "lake") == [1]


@pytest.mark.parametrize(
    "remove",
    [lambda removal: removal.undo_session(SESSION, 1), lambda removal: removal.forget_root("m", 1)],
    ids=["an undo", "the end of a media root"],
)
def test_files_that_were_taken_out_are_not_found(library, remove):
    commit(library)
    assert searched(library, "lake") == [1]
    remove(library.removal)
    assert searched(library, "lake") == []


def test_a_search_does_not_wait_for_a_backlog_but_finds_what_a_person_wrote_since(library_url, library):
    """The backlog is what waited when the program came."""
    add(library, [file(number, name="old") for number in range(1001, 1006)])
    server = Library(library_url)
    assert server.indexing.progress() == (5, 5)
    commit(server, b"new.jpg")
    assert server.indexing.catch_up(3) == 5
    assert (len(found(server, "new")), len(found(server, "old"))) == (1, 0)
    assert server.indexing.catch_up(5) == 0
    assert len(found(server, "old")) == 5
    server.close()


def test_a_search_while_the_database_is_locked_finds_what_is_written(library, monkeypatch):
    commit(library)

    def busy(_work):
        raise DatabaseBusy

    monkeypatch.setattr(library._engines, "write", busy)
    assert library.indexing.catch_up() == 1
    assert found(library, "lake") == []


ONE_BY_ONE = """
import sys
from app.library.library import Library
from tests.library.finding.words.test_indexing import commit
library = Library(sys.argv[1])
for number in range(100):
    commit(library, b"%d.jpg" % number)
    print(number, flush=True)
"""


def test_a_kill_while_words_are_written_loses_none(sqlite_url):
    env = os.environ | {"MEDIA_INGEST_CRASH_AT": "words_written:1"}
    command = [sys.executable, "-c", ONE_BY_ONE, sqlite_url]
    killed = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    committed = killed.stdout.split()
    assert len(committed) == TOGETHER - 1
    library = Library(sqlite_url)
    assert library.indexing.progress() == (TOGETHER - 1, TOGETHER - 1)
    assert len(searched(library, "sea")) == TOGETHER - 1
    library.close()


# -- behind a server ---------------------------------------------------------------------------------------------


def test_a_backlog_is_worked_off_behind_and_ends_at_once_when_it_is_told(library, monkeypatch):
    monkeypatch.setattr(backlog, "SLICE", 2)
    monkeypatch.setattr(backlog, "_SHARE_AT_REST", 1.0)
    add(library, [file(number, name="old") for number in range(1, 8)])
    asked: list[int] = []
    done = threading.Event()

    def at_work() -> bool:
        asked.append(library.indexing.progress().waiting)
        if asked[-1] == 0:
            done.set()
        return False

    thread = Backlog(library.indexing, at_work)
    thread.start()
    assert done.wait(20)
    thread.close()  # though it looks again only in some seconds
    assert asked[:4] == [5, 3, 1, 0]
    assert len(found(library, "old")) == 7
