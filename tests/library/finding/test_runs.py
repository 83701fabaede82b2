"""Columns in memory find the same files by their words as the index does."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from app.library.finding import finder
from app.library.finding.lookup import matching
from app.library.finding.runs import sought_by
from app.library.finding.texts.worded import Worded
from app.library.finding.words.wording import words_by_field
from app.library.tables import KEYWORDS, MEDIA
from app.query.tree import Run, Words
from app.query.words import runs_of
from tests.library.finding.stock import TEXTS, add_in, file, stands_in

RUNS = st.tuples(TEXTS, st.booleans(), st.booleans())
FILES = st.lists(
    st.fixed_dictionaries(
        {
            **dict.fromkeys(("folder", "camera_make", "camera_model", "title"), TEXTS),
            "keywords": st.lists(TEXTS.filter(bool), max_size=3, unique=True),
        }
    ),
    min_size=1,
    max_size=5,
)


def asked(text: str, *, phrase: bool, goes_on: bool) -> tuple[Run, ...]:
    runs = runs_of(text, phrase=phrase)
    return (*runs[:-1], Run(runs[-1].words, prefix=True)) if goes_on and runs else runs


@settings(max_examples=60)
@given(st.lists(TEXTS, max_size=6), st.lists(RUNS, min_size=1, max_size=8))
@example(["red dress", "", "dress red", "red dress"], [("red dress", True, False), ("dr", False, True)])
def test_texts_have_the_runs_that_stand_in_their_words(texts, sought):
    worded = Worded()
    for text in texts:
        worded.append(text)
    words = [words_by_field({"keyword": [text]}).get("keyword", []) for text in texts]
    for text, phrase, goes_on in sought:
        for run in asked(text, phrase=phrase, goes_on=goes_on):
            assert worded.having(run).tolist() == [*(stands_in(run, listed) for listed in words), False], run


def agree(library, leaf):
    """Whether the library finds by a leaf what its index does; how many files these are."""
    by_index = library._engines.read(lambda c: matching(c, sought_by(leaf))).tolist()
    snapshot, mask = library.finder.mask(leaf, None)
    assert sorted(snapshot.ids[mask].tolist()) == by_index, leaf
    return len(by_index)


def renew(library, files, keywords):
    def work(connection):
        connection.execute(delete(MEDIA))
        connection.execute(delete(KEYWORDS))
        add_in(connection, files, keywords)

    library._engines.write(work)
    assert library.indexing.catch_up() == 0


def test_columns_and_index_find_the_same_files(library, monkeypatch):
    """Also while some files wait for their words: the index has the old ones, the columns the new ones."""
    catch_up = library.indexing.catch_up

    @settings(max_examples=20)
    @given(FILES, st.lists(st.tuples(st.sampled_from(("", "camera")), RUNS), min_size=4, max_size=8), TEXTS)
    def holds(rows, questions, new):
        monkeypatch.setattr(library.indexing, "catch_up", catch_up)
        files, keywords = [], []
        for number, row in enumerate(rows, start=1):
            texts = {name: text.replace("\0", "") for name, text in row.items() if name != "keywords"}
            files.append(file(number, **{**texts, "folder": texts["folder"].encode()}))
            keywords += [(number, word, "xmp") for word in {w.replace("\0", "") for w in row["keywords"]} if word]
        renew(library, files, keywords)
        leaves = [
            Words(field, asked(text, phrase=phrase, goes_on=goes_on), text)
            for field, (text, phrase, goes_on) in questions
        ]
        for leaf in leaves:
            agree(library, leaf)
        monkeypatch.setattr(library.indexing, "catch_up", lambda: 1)
        change = update(MEDIA).where(MEDIA.c.id == 1).values(camera_model=new.replace("\0", ""))
        library._engines.write(lambda connection: connection.execute(change))
        for leaf in leaves:
            agree(library, leaf)

    holds()


@pytest.mark.parametrize("few", [0, 300])
def test_a_file_of_very_many_words_has_those_that_the_index_takes(library, monkeypatch, few):
    monkeypatch.setattr(finder, "FEW", few)
    keywords = [(1, f"red {number:03}", "xmp") for number in range(300)]
    files = [file(1, camera_model="X100V"), file(2, folder=b"red/299"), file(3, camera_model="a " * 256 + "b")]
    renew(library, files, keywords)
    sizes = {q: agree(library, Words("", runs_of(q, phrase=True), q)) for q in ("red 000", "red 299", "red", "a b")}
    assert sizes == {"red 000": 1, "red 299": 1, "red": 2, "a b": 0}


def test_the_index_is_not_asked_for_what_the_columns_know(library, monkeypatch):
    renew(library, [file(1, camera_make="FUJIFILM", camera_model="FUJIFILM X100V")], [])
    monkeypatch.setattr(library.finder, "_answers", None)
    snapshot, mask = library.finder.mask(Words("camera", runs_of("fujifilm fujifilm", phrase=True), ""), None)
    assert snapshot.ids[mask].tolist() == [1]
