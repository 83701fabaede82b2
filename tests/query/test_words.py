"""Words: how texts are folded and split, and that what stands in a text is found by what is sought of it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.query.tree import Run
from app.query.words import ANY, MAX_CHARACTERS, coded, fold, fold_path, natural, runs_of, words_of

FOLDED = [
    ("Đà Nẵng", "da nang"),
    ("Straße GROẞ", "strasse gross"),
    ("Ærø Smørrebrød Œuvre", "aero smorrebrod oeuvre"),
    ("Łódź Þór Maħmut", "lodz thor mahmut"),
    ("e\N{COMBINING ACUTE ACCENT} é É", "e e e"),
    ("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}s \N{LATIN SMALL LETTER DOTLESS I}", "is i"),
    ("\N{FULLWIDTH LATIN CAPITAL LETTER C}\N{LATIN SMALL LIGATURE FI} ① ²", "cfi 1 2"),
    ("Ёж \N{GREEK CAPITAL LETTER ALPHA WITH TONOS}", "еж \N{GREEK SMALL LETTER ALPHA}"),
    ("soft\N{SOFT HYPHEN}hyphen zero\N{ZERO WIDTH SPACE}width", "softhyphen zerowidth"),
    ("Hawai\N{MODIFIER LETTER TURNED COMMA}i", "hawaii"),
    ("مُحَمَّد שָׁלוֹם", "محمد שלום"),
    ("ガ ｶﾞ か\N{COMBINING KATAKANA-HIRAGANA VOICED SOUND MARK}", "ガ ガ が"),
    ("한국 हिन्दी ไทย", "한국 हिन्दी ไทย"),
]


@pytest.mark.parametrize(("text", "folded"), FOLDED)
def test_case_accents_and_variants_are_folded_and_letters_stay(text, folded):
    assert fold(text) == folded


@given(st.text())
def test_what_is_folded_stays_as_it_is(text):
    assert fold(fold(text)) == fold(text)


WORDS = [
    ("IMG_2024-05.Final(1).JPG", ["img", "2024", "05", "final", "1", "jpg"]),
    ("rock'n'roll, 50%", ["rock", "n", "roll", "50"]),
    ("東京タワー", ["東京", "京タ", "タワ", "ワー", "ー"]),
    ("犬 and 猫tower2", ["犬", "and", "猫", "tower2"]),
    ("ไทย", ["ไท", "ทย", "ย"]),
    ("हिन्दी में", ["हिन्दी", "में"]),
    ("🐈 — …", []),
    ("x" * 300, ["x" * MAX_CHARACTERS]),
]


@pytest.mark.parametrize(("text", "words"), WORDS)
def test_a_text_is_split_at_what_is_no_letter_or_digit_and_into_pairs_where_there_are_no_spaces(text, words):
    assert words_of(text) == words


SOUGHT = [
    ("foo_bar", False, [Run(("foo",)), Run(("bar",))]),
    ("foo_bar", True, [Run(("foo", "bar"))]),
    (f"foo_bar{ANY}", False, [Run(("foo",)), Run(("bar",), prefix=True)]),
    (f"red dre{ANY}", True, [Run(("red", "dre"), prefix=True)]),
    (f"{ANY}.jpg", False, [Run(("jpg",))]),
    ("東京タワー", False, [Run(("東京", "京タ", "タワ", "ワー"))]),
    ("犬", False, [Run(("犬",), prefix=True)]),
    ("犬_dog", False, [Run(("犬",), prefix=True), Run(("dog",))]),
    ("東京 tower", True, [Run(("東京", "京", "tower"))]),
    (f"東京{ANY}", False, [Run(("東京",))]),
    ("犬tower", False, [Run(("犬", "tower"))]),
    ("—", True, []),
]


@pytest.mark.parametrize(("text", "phrase", "runs"), SOUGHT)
def test_words_are_sought_in_any_order_and_those_of_a_phrase_side_by_side(text, phrase, runs):
    assert runs_of(text, phrase=phrase) == tuple(runs)


def found(run: Run, words: list[str]) -> bool:
    """What both engines answer for a run: the meaning of `Run`, in the plainest way."""
    *whole, last = run.words
    return any(
        words[at : at + len(whole)] == whole and (word.startswith(last) if run.prefix else word == last)
        for at, word in enumerate(words[len(whole) :])
    )


UNSPACED = st.text("東京タワ犬", min_size=1, max_size=8)


@given(UNSPACED, UNSPACED)
def test_without_spaces_a_word_is_found_exactly_where_its_characters_stand_together(text, sought):
    (run,) = runs_of(sought, phrase=False)
    assert found(run, words_of(text)) == (sought in text)


@given(st.lists(st.sampled_from(["red", "Café", "東京", "犬", "b4犬", "кот", "-", "_"]), min_size=1), st.data())
def test_a_phrase_is_found_in_the_text_that_it_was_taken_from(parts, data):
    first = data.draw(st.integers(0, len(parts) - 1))
    last = data.draw(st.integers(first + 1, len(parts)))
    words = words_of(" ".join(parts))
    phrase = " ".join(parts[first:last])
    for runs in (runs_of(phrase, phrase=True), runs_of(phrase, phrase=False)):
        assert all(found(run, words) for run in runs)


def test_a_phrase_is_not_found_in_another_order_or_across_the_end_of_a_word():
    (run,) = runs_of("red dress", phrase=True)
    assert found(run, words_of("a Red-Dress"))
    assert not any(found(run, words_of(text)) for text in ("dress red", "red silk dress", "red dresses"))


@given(st.text(min_size=1, max_size=8), st.text(max_size=8))
def test_a_coded_word_is_plain_ascii_and_begins_as_what_the_word_begins_with(word, other):
    word, other = (re.sub(r"[\W_]", "", fold(text)) for text in (word, other))
    assert re.fullmatch("[0-9a-z_]*", coded(word))
    assert coded(word + other) == coded(word) + coded(other)
    assert (coded(word) == coded(other)) == (word == other)


def test_no_coded_word_is_longer_than_postgresql_takes():
    assert max(len(coded(word)) for word in words_of("ш" * 5_000 + " " + "犬" * 5_000)) < 2_046


PATHS = [
    ("photos/Đà Nẵng/", "photos/da nang"),
    ("//Photos//A", "photos/a"),
    ("m/a\N{FULLWIDTH SOLIDUS}b", "m/a\N{DIVISION SLASH}b"),  # one name, which folds to a slash
    ("m/\N{ZERO WIDTH SPACE}/b", "m/\N{ZERO WIDTH SPACE}/b"),  # a name of which nothing is left
    ("/", ""),
]


@pytest.mark.parametrize(("path", "folded"), PATHS)
def test_a_folded_path_has_as_many_names_as_the_path(path, folded):
    assert fold_path(path) == folded
    assert fold_path(folded) == folded


def test_numbers_in_names_are_in_the_order_of_numbers():
    names = ["10 x", "day 2", "", "2 x", "day 10", "a10b2", "a10b010", "a2", "02 x", "b", "9" * 5_000]
    assert sorted(names, key=natural) == [
        "", "02 x", "2 x", "10 x", "9" * 5_000, "a2", "a10b2", "a10b010", "b", "day 2", "day 10",
    ]  # fmt: skip
