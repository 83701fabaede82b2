"""What files are counted by: each number is how many files the click on it finds."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats import FORMATS
from app.library.finding.columns import Columns
from app.library.finding.counting import Facet, Period, count_by, folders_in, timeline, values_like
from app.library.finding.entries import Mark
from app.library.finding.matching import Matching
from app.library.finding.texts.counted import how_many
from app.query.printing import term
from app.query.reading import read
from app.query.tree import EVERYTHING, And
from tests.library.finding.entries import THRESHOLD, entries, found_in, queries
from tests.library.finding.stock import add, file, propose
from tests.library.finding.test_columns import after, entry_with, nothing_asked
from tests.support.facets import term_of

_changes = st.lists(st.tuples(st.integers(1, 12), st.none() | entries), max_size=25)
SEVERAL = (Facet.KEYWORD, Facet.LORA, Facet.FOLDER, Facet.PROPOSED)
"""Facets of which a file has several values."""


@settings(max_examples=60)
@given(_changes, queries)
def test_each_count_is_how_many_files_its_click_finds(changes, query):
    columns = Columns()
    there = after(changes, columns)
    snapshot = columns.snapshot()

    def files(search):
        return int(Matching(snapshot, THRESHOLD, nothing_asked).files(And((query, read(search)))).sum())

    found = Matching(snapshot, THRESHOLD, nothing_asked).files(query)
    for facet in set(Facet) - {Facet.MISSING}:
        counts = count_by(snapshot, found, facet, THRESHOLD, 100)
        searches = [(term_of(facet, one["value"]), one["files"]) for one in counts]
        assert [(search, files(search)) for search, _ in searches] == searches
        if facet not in SEVERAL:
            assert sum(one["files"] for one in counts) == found.sum()
    walked, to_walk = [], folders_in(snapshot, found, None)
    while to_walk:
        folder = to_walk.pop()
        inside = folders_in(snapshot, found, folder["path"])
        assert folder["opens"] == bool(inside)
        walked.append({"value": folder["path"], "files": folder["files"]})
        to_walk += inside
    whole = count_by(snapshot, found, Facet.FOLDER, THRESHOLD, 100)
    assert sorted(map(str, walked)) == sorted(map(str, whole))
    days = timeline(snapshot, found, Period.DAY)
    assert [files(f"taken:{day['at'] or 'none'}") for day in days] == [day["files"] for day in days]
    assert [day["at"] for day in days] == sorted(filter(None, (day["at"] for day in days))) + [
        day["at"] for day in days if day["at"] is None
    ]
    those_there = [entry for entry in there.values() if found_in(entry, EVERYTHING)]
    keywords = Counter(word for entry in those_there for word in {word.casefold() for word in entry.keyword})
    offered = values_like(snapshot, "keyword", "", 100)
    assert {one["value"].casefold(): one["files"] for one in offered} == keywords
    for one in (*offered, *values_like(snapshot, "folder", "", 100)):
        field = "keyword" if one in offered else "folder"
        alone = Matching(snapshot, THRESHOLD, nothing_asked).files(read(term(field, one["value"])))
        assert int(alone.sum()) == one["files"]


MIXED = (
    {"camera_make": "Maker", "camera_model": "X100V", "taken_at": "2024-05-03T18:30:00", "score": 4},
    {"camera_model": "maker x100v", "taken_at": "2024-05-03", "folder": "Sommer/Straße".encode(), "score": -1},
    {"lens_model": "none", "taken_at": "2023", "folder": b"sommer/STRASSE", "nsfw_probability": 0.9},
    {"lens_model": 'A "B" * C', "folder": "sommer\N{FULLWIDTH SOLIDUS}x".encode(), "nsfw_probability": 0.1},
    {"generation": {"model": "SD", "loras": ["Ink", "ink"], "sampler": "Euler a"}, "generator": "ComfyUI"},
    {"generation": {"model": " ", "loras": ["ink", " "]}, "prompt_verdict": "parsed", "format": "png", "title": "sea"},
    {"missing_at": "2026-11-20T10:00:00.000+00:00", "camera_model": "X100V", "title": "sea", "folder": b"gone"},
    {"stages": {"score": {"status": "failed", "cause": "x"}}, "session_id": "0b9c", "caption": "the Sea"},
)
SEARCHES = (
    "",
    "sea",
    "car",
    "sea or is:missing",
    "-is:missing camera:none",
    "folder:m/sommer",
    "taken:none or score>=4",
)


def test_each_count_of_a_mixed_library_is_how_many_files_its_click_finds(library):
    words = [(1, "Cat", "xmp"), (1, "cat", "person"), (2, "CAT", "xmp"), (3, "none", "xmp"), (4, "é*", "xmp")]
    for number, columns in enumerate(MIXED, 1):
        add(library, [file(number, **columns)], [word for word in words if word[0] == number])
    propose(library, [(1, "keyword", "Car"), (2, "keyword", "car"), (2, "keyword", 'red "*"'), (3, "title", "A car")])
    finder = library.finder
    for search in SEARCHES:
        counts = finder.counts(read(search), [*Facet], THRESHOLD, 100)
        told = [(term_of(facet, one["value"]), one["files"]) for facet, values in counts.items() for one in values]
        within = f"({search}) " if search else ""
        assert [(term_, int(finder.mask(read(within + term_), THRESHOLD)[1].sum())) for term_, _ in told] == told
    gone = finder.counts(read("sea"), [Facet.MISSING], THRESHOLD, 9)
    assert gone == {Facet.MISSING: [{"value": False, "files": 2}, {"value": True, "files": 1}]}
    keywords = finder.counts(read(""), [Facet.KEYWORD], THRESHOLD, 9)[Facet.KEYWORD]
    assert {"value": "CAT", "files": 2} in keywords


@pytest.mark.parametrize("name", [format_.name for format_ in FORMATS])
def test_a_format_is_found_by_its_own_name(name):
    assert read(term("format", name)).pieces == (name,)


def test_a_text_is_shown_in_the_spelling_of_most_files_and_the_first_by_name_of_equal_ones():
    columns, spelled = Columns(), ["dog", "cat", "Cat", "CAT", "Cat", "DOG"]
    changes = [(number, entry_with(keyword=[word])) for number, word in enumerate(spelled, 1)]
    after([*changes, (9, entry_with(keyword=["CAT", "cat"]))], columns)
    snapshot = columns.snapshot()
    wanted = [{"value": "CAT", "files": 5}, {"value": "DOG", "files": 2}]
    assert count_by(snapshot, snapshot.alive, Facet.KEYWORD, None, 9) == wanted
    assert values_like(snapshot, "keyword", "cat", 9) == wanted[:1]


def test_files_that_are_gone_are_not_counted_where_values_are_offered():
    columns = Columns()
    after([(1, entry_with(camera="A", marks=int(Mark.MISSING))), (2, entry_with(camera="a"))], columns)
    assert values_like(columns.snapshot(), "camera", "a", 9) == [{"value": "a", "files": 1}]


@pytest.mark.parametrize("length", [50, 200_000])
def test_many_numbers_are_counted_part_by_part_as_at_once(length):
    numbers = np.random.default_rng(3).integers(0, 50, 300_000).astype(np.int8)
    assert how_many(numbers, length).tolist() == np.bincount(numbers, minlength=length).tolist()
