"""Which words are a person's to write, and which keywords are ours to take out again."""

import pytest

from app.writing.words import TAKEN_BACK, taken_back


def keywords(now, then):
    return [{"field": "score", "now": 1, "then": 2}, {"field": "keywords", "now": now, "then": then}]


@pytest.mark.parametrize(
    ("own", "told", "gone"),
    [
        ((), [], None),
        ((), [(False, keywords([], ["own"]))], ("own",)),
        (("OWN",), [(False, keywords([], ["own"]))], None),
        ((), [(False, keywords(["theirs"], ["theirs", "own"]))], ("own",)),
        ((), [(False, keywords([], ["own"])), (True, keywords([], ["own"]))], None),
        ((), [(False, keywords([], ["own"])), (False, keywords(["own"], []))], None),
        ((), [(False, keywords([], ["own"])), (False, keywords(["own"], [])), (True, keywords(["own"], []))], ("own",)),
        (("c|b",), [(False, keywords([], ["b", "a|b"]))], ("a|b",)),
        ((), [(False, [{"field": "title", "now": None, "then": "own"}])], None),
    ],
)
def test_what_we_wrote_and_nobody_says_any_more_is_taken_back(own, told, gone):
    words = {"score": 3} | ({"keywords": own} if own else {})
    after = taken_back(words, told)
    assert after == (words if gone is None else {"keywords": own, "score": 3, TAKEN_BACK: gone})
