"""Trees as queries: what is printed is read the same again."""

from functools import partial

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.query.printing import term, with_term, written
from app.query.reading import read
from app.query.tree import EVERYTHING, And, Between, Has, Near, Node, Not, Nothing, Or, Whole, Within, Words, leaves
from app.query.words import fold, fold_path, runs_of

VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
BARE = st.text("aé犬4", min_size=1, max_size=4)


def _words(field: str, value: str) -> Words:
    text = term(field, value)
    runs = runs_of(value, phrase=text.endswith('"'))
    assume(runs)
    return Words(field, runs, text)


def _whole(field: str, value: str) -> Whole:
    assume(value.strip())
    return Whole(field, (fold(value),), term(field, value))


def _within(parts: list[str]) -> Within:
    path = "/".join(parts)
    return Within(fold_path(path), term("folder", path))


LEAVES = st.one_of(
    st.builds(lambda value: Words("", runs_of(value, phrase=False), value), BARE),
    st.builds(_words, st.sampled_from(["title", "prompt"]), VALUES),
    st.builds(_whole, st.sampled_from(["keyword", "label", "generator", "camera"]), VALUES),
    st.builds(_within, st.lists(BARE, min_size=1, max_size=3)),
    st.builds(Nothing, st.sampled_from(["title", "score", "taken"])),
    st.builds(
        lambda low, more: Between("score", low, low + more, False, False, f"score:{low}..{low + more}"),
        st.integers(-1, 5),
        st.integers(0, 5),
    ),
    st.builds(lambda low: Between("size", low, None, True, False, f"size>{low}"), st.integers(0, 10**12)),
    st.builds(
        lambda latitude, longitude: Near(latitude, longitude, 2, f"near:{latitude},{longitude},2km"),
        st.integers(-90, 90),
        st.integers(-180, 180),
    ),
    st.just(Has("position")),
)


def _joined(kind: type[And | Or], parts: list[Node]) -> Node:
    return kind(tuple(part for one in parts for part in (one.parts if isinstance(one, kind) else (one,))))


TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(partial(_joined, And), st.lists(inner, min_size=2, max_size=3)),
        st.builds(partial(_joined, Or), st.lists(inner, min_size=2, max_size=3)),
        st.builds(Not, inner),
    ),
    max_leaves=12,
)


@given(TREES)
def test_what_is_printed_is_read_the_same_again(tree):
    again = read(written(tree))
    assert again == tree
    assert [leaf.text for leaf in leaves(again)] == [leaf.text for leaf in leaves(tree)]


PRINTED = [
    ("", ""),
    ("a  AND (b)", "a b"),
    ("NOT (a and b) OR c", "-(a b) or c"),
    ("(a b) or c", "a b or c"),
    ("a (b or (c or d))", "a (b or c or d)"),
    ("Score=4 TAKEN>=2024", "score:4 taken>=2024"),
    ('not not "a"', '--"a"'),
    ("nsfw:none", "nsfw:unknown"),
]


@pytest.mark.parametrize(("q", "printed"), PRINTED)
def test_a_query_is_printed_as_short_as_it_can_be(q, printed):
    assert written(read(q)) == printed


TERMS = [
    ("keyword", "cat", "keyword:cat"),
    ("keyword", "red dress", 'keyword:"red dress"'),
    ("keyword", "None", 'keyword:"None"'),
    ("keyword", 'a*"\\', 'keyword:"a\\*\\"\\\\"'),
    ("keyword", "-5", 'keyword:"-5"'),
    ("model", "sd_xl", "model=sd_xl"),
    ("folder", "photos/2024", "folder:photos/2024"),
    ("label", None, "label:none"),
]


@pytest.mark.parametrize(("field", "value", "text"), TERMS)
def test_a_term_asks_for_exactly_this_value(field, value, text):
    assert term(field, value) == text
    assert read(text).text == text


def test_the_empty_tree_is_the_empty_query():
    assert written(EVERYTHING) == ""


@pytest.mark.parametrize(
    ("q", "narrowed"),
    [("", "kind:video"), ("cat dog", "cat dog kind:video"), ("cat or dog", "(cat or dog) kind:video")],
)
def test_a_term_stands_beside_all_that_a_query_says(q, narrowed):
    assert with_term(read(q), "kind:video") == narrowed
