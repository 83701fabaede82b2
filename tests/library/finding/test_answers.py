"""What the index of words answered lately: kept, and still what the index would answer now."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
from sqlalchemy import delete, update

from app.library.finding import lookup
from app.library.finding.lookup import Answers, matching
from app.library.finding.runs import Sought, sought_by
from app.library.tables import MEDIA
from app.query.tree import Run, Words
from app.query.words import runs_of
from tests.library.finding.stock import add, add_in, file

WORDS = ("red", "dress", "lake", "cat")
TEXTS = (*WORDS, "red dress", "re")
ASKED = [
    sought_by(Words(field, runs_of(q, phrase=" " in q), q))
    for field in ("", "title")
    for q in (*WORDS, "red dress", "re")
]

RED, X = runs_of("red", phrase=False), runs_of("x", phrase=False)


def asked(library, answers, sought):
    return library._engines.read(lambda c: answers.having(c, sought)).nonzero()[0].tolist()


def told(library, sought):
    return library._engines.read(lambda c: matching(c, sought)).tolist()


@pytest.mark.parametrize("few", [0, 300])
def test_answers_are_those_of_the_index_whatever_changed_since(library, monkeypatch, few):
    monkeypatch.setattr(lookup, "FEW", few)
    rng, answers, last = random.Random(5), Answers(), 0

    def change(connection):
        nonlocal last
        match rng.choice(("add", "add", "edit", "remove")):
            case "add":
                last += rng.randint(1, 3)
                add_in(connection, [file(last, title=" ".join(rng.choices(WORDS, k=3)), name=rng.choice(WORDS))])
            case "edit":
                title = " ".join(rng.choices(WORDS, k=2))
                connection.execute(update(MEDIA).where(MEDIA.c.id == rng.randint(1, last or 1)).values(title=title))
            case "remove":
                connection.execute(delete(MEDIA).where(MEDIA.c.id == rng.randint(1, last or 1)))

    for _ in range(40):
        for _ in range(rng.randint(0, 3)):
            library._engines.write(change)
        if rng.random() < 0.7:
            library.indexing.catch_up()
        for sought in rng.sample(ASKED, 4):
            assert asked(library, answers, sought) == told(library, sought)


def test_a_file_is_asked_for_alone_when_it_alone_changed(library, monkeypatch):
    answers, among = Answers(), []
    add(library, [file(number, title="red dress") for number in range(1, 6)])
    assert library.indexing.catch_up() == 0
    assert asked(library, answers, ASKED[0]) == [1, 2, 3, 4, 5]
    real = matching
    monkeypatch.setattr(lookup, "matching", lambda *of: among.append(of[2:]) or real(*of))
    assert asked(library, answers, ASKED[0]) == [1, 2, 3, 4, 5]
    add(library, [file(6, title="red")])
    library.indexing.catch_up()
    assert asked(library, answers, ASKED[0]) == [1, 2, 3, 4, 5, 6]
    assert among == [([6],)]


def test_a_file_that_comes_between_two_questions_is_not_taken_for_one_without_the_word(library, monkeypatch):
    """Each question of a reader sees what is committed by then."""
    answers, comes = Answers(), iter([lambda: add(library, [file(2, title="red")])])
    add(library, [file(1, title="red dress")])
    assert library.indexing.catch_up() == 0
    for name in ("_FIRST_WAITING", "_LAST"):
        question = getattr(lookup, name).first

        def ask(connection, values, question=question):
            told = question(connection, values)
            next(comes, lambda: None)()
            return told

        monkeypatch.setattr(lookup, name, SimpleNamespace(first=ask))
    assert asked(library, answers, ASKED[0]) == [1]
    assert library.indexing.catch_up() == 0
    assert asked(library, answers, ASKED[0]) == [1, 2]


def test_answers_are_kept_as_far_as_their_bytes_have_room(library, monkeypatch):
    """One that few files are in takes less room than one of many."""
    add(library, [file(number, title="red", caption="x" if number == 400 else None) for number in range(1, 401)])
    assert library.indexing.catch_up() == 0
    few, many, none = (sought_by(Words(*leaf)) for leaf in (("caption", X, ""), ("title", RED, ""), ("title", X, "")))
    answers, told = Answers(most_bytes=3 * 1024 + 5 + 60), []
    real = matching
    monkeypatch.setattr(lookup, "matching", lambda *of: told.append(of[1]) or real(*of))
    for sought in (few, many, none, few, many, few):  # 8, 51 and 0 bytes, and 1 KiB and the words each
        asked(library, answers, sought)
    assert told == [few, many, none]
    asked(library, answers, sought_by(Words("title", (*RED, *RED), "")))
    asked(library, answers, few)
    asked(library, answers, many)
    assert told[3:] == [sought_by(Words("title", (*RED, *RED), "")), many]


def test_answers_that_found_nothing_take_room_too(monkeypatch):
    monkeypatch.setattr(lookup, "_open_from", lambda _: 1)
    monkeypatch.setattr(lookup, "_changed", lambda *_: [])
    monkeypatch.setattr(lookup, "matching", lambda *_: np.empty(0, np.int64))
    answers = Answers(most_bytes=2**20)
    for number in range(10_000):
        assert not answers.having(None, sought_by(Words("title", runs_of(f"x{number}", phrase=False), ""))).any()
    assert 900 < len(answers._answers) < 1_024
    long = "x" * 2**19
    for number in range(3):
        answers.having(None, Sought(("title",), (Run((f"{long}{number}",)),)))
    assert len(answers._answers) == 1
