"""What is offered where somebody types: `|` is the cursor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats import FORMATS
from app.query.completing import Completion, completions
from app.query.fields import FIELDS

NAMES = tuple(f"{name}:" for name in FIELDS)

OFFERED = [
    ("|", 0, 0, NAMES, ""),
    ("cat |", 4, 4, NAMES, ""),
    ("-(|", 2, 2, NAMES, ""),
    ("Ke|", 0, 2, ("keyword:",), ""),
    ("cat -se|ss", 5, 9, ("seed:", "session:"), ""),
    ("no|t", 0, 3, (), ""),
    ("n|", 0, 1, ("name:", "negative:", "nsfw:", "near:"), ""),
    ("ki|nd:video", 0, 5, ("kind:",), ""),
    ("kind:|", 5, 5, ("image", "video", "none"), "kind"),
    ("kind:v|ideo x", 5, 10, ("video",), "kind"),
    ('is:"mis|" x', 3, 8, ("missing",), "is"),
    ("nsfw:|", 5, 5, ("yes", "no", "unknown"), "nsfw"),
    ("nsfw>|", 5, 5, (), "nsfw"),
    ("has:|", 4, 4, ("position",), "has"),
    ("format:jp|", 7, 9, tuple(row.name for row in FORMATS if row.name.startswith("jp")), "format"),
    ("keyword:ca|", 8, 10, (), "keyword"),
    ('keyword:"red d| x', 8, 16, (), "keyword"),
    ("score:no|", 6, 8, ("none",), "score"),
    ("zzz:a|", 4, 5, (), "zzz"),
    ('"ke|', 0, 3, (), ""),
    ("http://ke|", 0, 9, (), ""),
]


@pytest.mark.parametrize(("typed", "start", "end", "candidates", "field"), OFFERED)
def test_offered_is_what_can_come_at_the_cursor(typed, start, end, candidates, field):
    offered = completions(typed.replace("|", ""), typed.index("|"))
    assert offered == Completion(start, end, candidates, field)


@given(st.text('ab:"-()\\* is', max_size=20), st.integers(-2, 30))
def test_any_text_and_any_cursor_will_do(q, cursor):
    offered = completions(q, cursor)
    assert 0 <= offered.start <= offered.end <= len(q)


def test_a_text_that_is_too_long_to_be_a_query_is_offered_nothing():
    assert completions("a" * 5_000, 3) == Completion(3, 3)
