"""What was seen, from columns in memory, against the same counted file by file."""

from hypothesis import given
from hypothesis import strategies as st

from app.library.finding.columns import Change, Columns
from app.library.finding.entries import Entry, Mark
from app.library.finding.matching import Matching
from app.library.regions.sighting import Numbers, Sighted
from app.query.printing import term
from app.query.reading import read
from app.query.tree import Node
from app.query.words import fold
from tests.library.finding.entries import THRESHOLD, entries, found_in, queries

_LABELS = ("cat", "CAT", "Ada", "face", "object", "nobody")
_FOLDERS = ("photos", "photos/2024", "PHOTOS/2024/a", "photos/2024b", "photos/strasse", "archive", "none", "elsewhere")


def seen_in(there: list[Entry], query: Node, label: str, detectable: frozenset[str]) -> Numbers:
    """The rule, one file after the other."""
    found = looked_at = pictures = 0
    for entry in there:
        if entry.kind != "image" or not found_in(entry, query):
            continue
        own = zip(entry.region, entry.region_kind, strict=True)
        number = sum(fold(label) in (fold(text), kind) for text, kind in own)
        pictures += 1
        found += number
        looks = Mark.LOOKED | (Mark.DETECTED if fold(label) in detectable else 0)
        looked_at += bool(entry.marks & looks or (number and not entry.marks & Mark.IN_PART))
    return Numbers(found, pictures, looked_at)


@given(
    st.lists(st.tuples(st.integers(1, 12), st.none() | entries), max_size=25),
    queries,
    st.frozensets(st.sampled_from(("cat", "face"))),
)
def test_folders_and_searches_have_the_numbers_of_their_files(changes, query, detectable):
    columns, there = Columns(), dict[int, Entry]()
    columns.take([Change(place, number, entry) for place, (number, entry) in enumerate(changes, 1)])
    for number, entry in changes:
        there.pop(number, None)
        if entry is not None:
            there[number] = entry
    snapshot = columns.snapshot()
    sighted = Sighted(snapshot, detectable)
    within = sighted.within(Matching(snapshot, THRESHOLD, lambda leaf: snapshot.alive & False).files(query))
    for label in _LABELS:
        assert within(label) == seen_in(list(there.values()), query, label, detectable)
        for folder in _FOLDERS:
            meant = read(term("folder", folder))
            assert sighted.below(folder, label) == seen_in(list(there.values()), meant, label, detectable)


def test_labels_and_folders_that_came_after_the_snapshot_are_not_in_it():
    columns = Columns()
    sighted = Sighted(columns.snapshot())
    columns.take([Change(1, 1, _CAT)])
    assert (sighted.below("photos", "cat"), sighted.below("photos", "object")) == (Numbers(0, 0, 0), Numbers(0, 0, 0))
    assert Sighted(columns.snapshot()).below("photos", "cat") == Numbers(1, 1, 1)


_CAT = Entry(
    *(None, 0, 0, 0, 0, 0, 0, None, None, None, None, None, None, None, None, None, None, None, 0, 0, None, "a.jpg"),
    *("photos", "photos/new", "image", "jpeg", None, None, None, None, None, None, None, None, None, [], []),
    *(["cat"], ["object"]),
)
