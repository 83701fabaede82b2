"""What a search answers while words are still being written: never what it was before they were."""

from contextlib import closing

import pytest
from sqlalchemy import update

from app.library.finding.finder import Finder
from app.library.finding.orders import Sort
from app.library.finding.words.indexing import Indexing
from app.library.library import Library
from app.library.tables import MEDIA
from app.query.reading import read
from tests.library.finding.stock import add, file

SEED = 18446744073709551615


def answers(library: Library, q: str) -> list[object]:
    """How many files each kind of question finds, and how many could not be asked for their words."""
    finder, query = library.finder, read(q)
    found = finder.found(query, Sort.ADDED, descending=False, threshold=None)
    told = [len(found.slots), int(finder.mask(query, None)[1].sum()), finder.sums(query, None)["files"]]
    return [*told, finder.coverage(found, query)["missing"].get("indexing", 0)]


def files_of_that_kind(first: int, number: int) -> list[dict[str, object]]:
    return [file(one, title="lake", generation={"seed": SEED}) for one in range(first, first + number)]


@pytest.mark.parametrize("q", ["lake", f"seed:{SEED}"])
def test_what_was_answered_before_words_were_written_is_asked_again(library_url, library, monkeypatch, q):
    add(library, files_of_that_kind(1, 5))
    with closing(Library(library_url)) as server:
        write = Indexing.catch_up
        monkeypatch.setattr(Indexing, "catch_up", lambda indexing: write(indexing, 0))
        assert answers(server, q) == [0, 0, 0, 5]
        snapshot = server.finder.snapshot()
        assert server.indexing.work_off(2) == 2
        assert answers(server, q) == [2, 2, 2, 3]
        assert server.indexing.work_off(100) == 3
        assert answers(server, q) == [5, 5, 5, 0]
        assert server.finder.snapshot() is snapshot  # no row has changed


def test_files_whose_words_come_while_they_are_looked_for_do_not_count_as_searched(library_url, library, monkeypatch):
    add(library, files_of_that_kind(1, 5))
    with closing(Library(library_url)) as server:
        monkeypatch.setattr(Indexing, "catch_up", lambda _: 0)
        look, query = Finder._mask, read("lake")

        def mask(finder, *asked):
            found = look(finder, *asked)
            server.indexing.work_off(100)
            return found

        monkeypatch.setattr(Finder, "_mask", mask)
        found = server.finder.found(query, Sort.ADDED, descending=False, threshold=None)
        assert (len(found.slots), server.finder.coverage(found, query)["missing"]) == (0, {"indexing": 5})


@pytest.mark.parametrize("q", ["lake", f"seed:{SEED}"])
def test_a_file_that_changed_a_moment_ago_is_found(library, q):
    add(library, files_of_that_kind(1, 2))
    assert answers(library, q) == [2, 2, 2, 0]
    gone = update(MEDIA).where(MEDIA.c.id == 2).values(title="hill", generation={"seed": 1})
    library._engines.write(lambda connection: connection.execute(gone))
    assert answers(library, q) == [1, 1, 1, 0]
