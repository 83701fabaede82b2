"""What an edit makes of a row, and what an undo makes of it, without a database."""

import pytest

from app.library.rows import row_of
from app.library.saying.deciding import COLUMNS, Keywords, NewerWords, change_of, keywords_after, undone
from app.library.saying.editing import FIELDS, MAX_KEYWORDS, parse_edit
from app.media import Metadata
from tests.ingest.builders import analysis

READ = Metadata(title="read", taken_at="2001-02-03", taken_at_rule="name", sources={"title": "xmp", "taken_at": "name"})
ROW = row_of(analysis(metadata=READ, score=2), None) | {"id": 7}


def changed(body, row=ROW, **keywords):
    words = Keywords(*(frozenset(keywords.get(side, ())) for side in ("own", "read")))
    return change_of(row, words, parse_edit(body))


def after(change, row=ROW):
    return row | change.columns


def test_a_row_has_all_columns_that_are_looked_at():
    assert set(COLUMNS) <= ROW.keys()


def test_a_change_says_what_stood_before_and_what_the_file_s_own_value_was_read_from():
    change, left = changed({"title": "mine", "score": 2, "nsfw": False, "add_keywords": ["sea"]})
    assert left == frozenset()
    assert change.before == {
        "fields": {"score": [2, "xmp"], "title": ["read", "xmp"], "nsfw": [None, None]},
        "keywords": [],
        "sha256": ROW["sha256"],
        "sidecar": "",
        "stages": {"metadata": ROW["stages"]["metadata"], "score": ROW["stages"]["score"]},
    }
    assert change.after == {
        "fields": {"score": [2, "person"], "title": ["mine", "person"], "nsfw": [False, "person"]},
        "keywords": ["sea"],
    }


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "keywords"])
def test_every_field_is_set_and_undone(name):
    value = {"score": 5, "nsfw": True, "taken_at": "2009-01-01"}.get(name, "said")
    change, _ = changed({name: value})
    back = undone(after(change), frozenset(), change.before, change.after)
    assert back is not None
    assert after(back, after(change)) == ROW


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "keywords"])
def test_every_field_is_released_and_the_persons_word_comes_back(name):
    value = {"score": 5, "nsfw": True, "taken_at": "2009-01-01"}.get(name, "said")
    said = after(changed({name: value})[0])
    change, _ = changed({"release": [name]}, said)
    back = undone(after(change, said), frozenset(), change.before, change.after)
    assert after(back, after(change, said)) | {"stages": None} == said | {"stages": None}


@pytest.mark.parametrize(
    ("own", "body", "then"),
    [
        ("ab", {"add_keywords": ["c", "a"]}, "abc"),
        (["Cat"], {"add_keywords": ["cat", "CAT"]}, ["Cat"]),
        ("ab", {"remove_keywords": ["A", "z"]}, "b"),
        (["Cat", "Café"], {"remove_keywords": ["cafe"], "add_keywords": ["dog"]}, ["Cat", "dog"]),
        (["cat"], {"remove_keywords": ["cat"], "add_keywords": ["Cat"]}, ["Cat"]),
        ("ab", {"keywords": ["c"]}, "c"),
        ("ab", {"release": ["keywords"]}, ""),
        ("ab", {}, "ab"),
    ],
)
def test_keywords_are_added_removed_and_replaced(own, body, then):
    assert keywords_after(frozenset(own), parse_edit(body)) == frozenset(then)


@pytest.mark.parametrize(
    ("body", "causes"),
    [
        ({"shift_taken_at": 60}, {"no_clock"}),
        ({"zone": "Asia/Tokyo"}, {"no_clock"}),
        ({"remove_keywords": ["SEA"]}, {"keyword_of_the_file"}),
        ({"add_keywords": ["one more"]}, {"too_many_keywords"}),
    ],
)
def test_what_cannot_be_done_in_a_file_is_left_and_the_rest_is_done(body, causes):
    words = {"own": map(str, range(MAX_KEYWORDS)), "read": ["sea"]}
    assert changed(body, **words) == (None, causes)
    words = {"own": map(str, range(MAX_KEYWORDS)), "read": ["sea"]}
    change, left = changed({**body, "label": "Red"}, **words)
    assert (change.columns["label"], left) == ("Red", causes)


def test_a_shift_by_nothing_says_nothing():
    timed = ROW | {"taken_at": "2001-02-03T04:05:06"}
    assert changed({"shift_taken_at": 0}, timed) == (None, frozenset())
    change, _ = changed({"shift_taken_at": -6, "zone": "+00:00"}, timed)
    assert (change.columns["taken_at"], change.columns["taken_at_rule"]) == ("2001-02-03T04:05:00+00:00", "person")


def test_a_newer_word_of_the_person_is_never_undone():
    change, _ = changed({"title": "mine", "add_keywords": ["sea"]})
    row = after(change)
    for newer, own in [
        (row | {"title": "newer"}, {"sea"}),
        (row | {"sources": {"title": "xmp"}, "title": "read"}, {"sea"}),
        (row, set()),
        (row | {"title": "newer", "sha256": "0" * 64}, {"sea"}),
    ]:
        with pytest.raises(NewerWords):
            undone(newer, frozenset(own), change.before, change.after)


def test_other_bytes_of_which_nothing_is_said_have_nothing_to_undo():
    change, _ = changed({"title": "mine", "add_keywords": ["sea"]})
    other = ROW | {"sha256": "0" * 64}
    assert undone(other, frozenset({"another"}), change.before, change.after) is None
    edited_in_place = after(change) | {"sha256": "0" * 64}
    back = undone(edited_in_place, frozenset({"sea"}), change.before, change.after)
    assert (back.columns["title"], "metadata" in back.columns["stages"]) == (None, False)
    assert back.removed == {"sea"}
