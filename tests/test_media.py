"""The words, and how paths and texts are made safe to show and to store."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.formats import Kind
from app.media import (
    Outcome,
    Place,
    Skip,
    Stage,
)
from app.texts import clean_json, clean_text, is_json, path_from_shown, shown_name
from tests.ingest.builders import failure, found

NAMES = st.binary(min_size=1).filter(lambda name: b"\0" not in name)


@given(NAMES)
def test_every_shown_name_leads_back_to_its_bytes(name):
    assert path_from_shown(shown_name(name)) == name


@given(NAMES, NAMES)
def test_two_names_are_never_shown_alike(one, other):
    assert (shown_name(one) == shown_name(other)) == (one == other)


@given(NAMES)
def test_a_shown_name_can_be_stored_and_sent(name):
    shown = shown_name(name)
    assert clean_text(shown) == shown
    assert json.loads(json.dumps(shown)) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"caf\xe9.jpg", "caf\\xe9.jpg"),
        (b"caf\\xe9.jpg", "caf\\x5cxe9.jpg"),
        (b"a\\b.jpg", "a\\b.jpg"),
        (b"a\\x41.jpg", "a\\x41.jpg"),
        ("caf\u00e9.jpg".encode(), "caf\u00e9.jpg"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
    ],
)
def test_what_is_not_utf8_is_shown_as_escapes_and_nothing_else_changes(name, shown):
    assert shown_name(name) == shown


def test_a_path_is_shown_with_its_root():
    assert Place("m", b"a/b.jpg").shown == found(b"a/b.jpg").shown == "m/a/b.jpg"
    assert Place("m").shown == "m"


@pytest.mark.parametrize("place", [Place("m"), Place("m", b"a"), Place("m", b"a/b\xff.jpg"), Place("m", b"\\xff/ ")])
def test_a_place_comes_back_from_each_of_its_forms(place):
    assert Place.from_shown(place.shown) == Place.from_event(place.in_event) == place


def test_a_place_knows_its_parts():
    inner = Place("m", b"a/b")
    assert (inner.name, inner.shown_name, inner.folder, inner.folder.folder) == (
        b"b",
        "b",
        Place("m", b"a"),
        Place("m"),
    )
    assert (Place("m").name, Place("m").shown_name, Place("m").folder) == (b"", "m", Place("m"))
    assert (Place("m").below(b"a"), Place("m", b"a").below(b"b")) == (Place("m", b"a"), inner)


def test_a_place_holds_itself_and_what_is_below_it_only():
    folder = Place("m", b"a")
    assert folder.holds(folder)
    assert folder.holds(Place("m", b"a/b"))
    assert not folder.holds(Place("m", b"a-b"))
    assert not folder.holds(Place("n", b"a/b"))
    assert Place("m").holds(folder)


def test_a_found_file_knows_its_parts():
    file = found(b"a/b/c.MP4", size=1, mtime_ns=2, sidecar="xmp=3:4")
    assert (file.place, file.name) == (Place("m", b"a/b/c.MP4"), b"c.MP4")
    assert (file.kind, file.fingerprint, found(b"x").kind) == (Kind.VIDEO, "1:2:xmp=3:4", Kind.IMAGE)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\0b", "ab"),
        ("\ud800", "\ufffd"),
        ("\udfff!", "\ufffd!"),
        ("\u00e9\U0001f680\n", "\u00e9\U0001f680\n"),
        ("", ""),
    ],
)
def test_text_is_cleaned_of_what_a_database_refuses(text, clean):
    assert clean_text(text) == clean


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    )
)
def test_anything_becomes_json_that_both_databases_take(value):
    text = json.dumps(clean_json(value), allow_nan=False, ensure_ascii=False)
    text.encode()
    assert "\\u0000" not in text


def test_what_json_does_not_know_becomes_text_or_none():
    assert clean_json({1: (math.nan, b"\xff", {"x"}, 1 + 2j)}) == {"1": [None, "ff", ["x"], "(1+2j)"]}


def test_only_what_wrote_something_new_counts_as_committed():
    assert [outcome.value for outcome in Outcome if outcome.committed] == ["added", "updated", "moved"]


def test_the_words_are_those_of_the_contract():
    first = ["identify", "metadata", "keywords", "score", "thumbnail", "nsfw"]
    assert [*Stage] == [*first, "barcodes", "detect", "describe"]
    assert {skip.value for skip in Skip} == {"fresh", "filtered", "unsupported", "failed_before", "beyond_max_files"}
    assert {o.value for o in Outcome} == {"added", "updated", "moved", "unchanged", "failed", "vanished"}


def test_a_vanished_file_is_no_broken_one():
    assert failure(cause="vanished").vanished
    assert not failure().vanished


@pytest.mark.parametrize(
    ("text", "is_"),
    [
        ('{"a": 1}', True),
        (" {}\n", True),
        ('[{"a": 1}]', True),
        ('["a", "b"]', True),
        ("[2019]", False),
        ("[1, 2]", False),
        ("[draft] a boat", False),
        ("{a boat}", False),
        ('{"a": ', False),
        ("a boat", False),
        ("", False),
        ("[" * 100_000 + "]" * 100_000, False),
    ],
)
def test_what_a_program_wrote_for_programs_is_told_from_words(text, is_):
    assert is_json(text) is is_
