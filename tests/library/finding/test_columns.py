from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.library.finding import columns as columns_module
from app.library.finding.columns import NO_NUMBER, Change, Columns, Snapshot
from app.library.finding.counting import Facet, Period, count_by, timeline
from app.library.finding.entries import Entry, Mark
from app.library.finding.finder import Found, page
from app.library.finding.matching import Matching
from app.library.finding.orders import Order, Sort, order_of
from app.query.tree import And, Not, Whole
from app.query.words import fold
from tests.library.finding.entries import THRESHOLD, entries, found_in, queries

_changes = st.lists(st.tuples(st.integers(1, 12), st.none() | entries), max_size=25)
"""What becomes of rows, by id; None is gone."""


def nothing_asked(leaf: object) -> object:
    raise AssertionError(leaf)


def after(changes: list[tuple[int, Entry | None]], columns: Columns) -> dict[int, Entry]:
    """Takes changes into the columns, and tells what there is then."""
    first = columns.seq
    columns.take([Change(first + place, number, entry) for place, (number, entry) in enumerate(changes, 1)])
    there: dict[int, Entry] = {}
    for number, entry in changes:
        there.pop(number, None)
        if entry is not None:
            there[number] = entry
    return there


def ids_in(snapshot: Snapshot, slots: object) -> list[int]:
    return snapshot.ids[slots].tolist()


@given(_changes, queries)
def test_a_query_means_the_files_that_it_means_one_by_one(changes, query):
    columns = Columns()
    there = after(changes, columns)
    snapshot = columns.snapshot()
    found = ids_in(snapshot, Matching(snapshot, THRESHOLD, nothing_asked).files(query))
    assert sorted(found) == sorted(number for number, entry in there.items() if found_in(entry, query))


@given(entries)
def test_a_number_beyond_its_column_is_not_known_and_spoils_no_other(entry):
    columns = Columns()
    after([(1, entry._replace(width=640)), (2, entry._replace(width=2**32 - 127))], columns)
    assert columns.snapshot().columns["width"].tolist() == [640, NO_NUMBER]


@given(entries)
def test_a_row_is_found_by_its_id_however_narrow_that_came(entry):
    columns = Columns()
    after([(1, entry), (2**15, entry)], columns)
    assert ids_in(columns.snapshot(), columns.snapshot().at(np.array([1, 2, -1], np.int16))) == [1]


@given(_changes)
def test_duplicates_are_files_that_are_there_with_the_bytes_of_another(changes):
    columns = Columns()
    there = {
        number: entry.sha256 for number, entry in after(changes, columns).items() if not entry.marks & Mark.MISSING
    }
    snapshot = columns.snapshot()
    found = Matching(snapshot, THRESHOLD, nothing_asked).files(Whole("is", ("duplicate",), ""))
    copies = Counter(there.values())
    assert sorted(ids_in(snapshot, found)) == sorted(number for number, sha256 in there.items() if copies[sha256] > 1)


def key(entry: Entry, sort: Sort) -> object:
    value = getattr(entry, sort)
    return fold(value).encode() if sort is Sort.NAME else value


@given(st.lists(_changes, max_size=4), st.sampled_from(Sort), st.booleans())
def test_files_are_in_the_documented_order_whatever_came_when(batches, sort, descending):
    columns, there = Columns(), {}
    order: tuple[Order, int] | None = None
    era = None
    for changes in batches:
        gone = {number for number, _ in changes}
        there = {number: entry for number, entry in there.items() if number not in gone} | after(changes, columns)
        snapshot = columns.snapshot()
        order = order_of(snapshot, sort, order if era is snapshot.era else None), snapshot.slots
        era = snapshot.era
        found = Found(snapshot, *order[0].found(snapshot.alive, descending=descending))
        with_value = [(key(entry, sort), number) for number, entry in there.items() if key(entry, sort) is not None]
        without = [number for number, entry in there.items() if key(entry, sort) is None]
        wanted = [number for _, number in sorted(with_value, reverse=descending)] + sorted(without, reverse=descending)
        assert ids_in(snapshot, found.slots) == wanted
        walked, start = [], 0
        while start is not None:
            ids, start, total = page(found, sort, descending=descending, start=start, limit=3)
            assert total == len(wanted)
            walked += ids
        assert walked == wanted


@given(st.lists(_changes, max_size=4))
def test_sweeping_out_what_is_dead_changes_nothing_that_is_there(batches):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(columns_module, "_SWEPT_FROM", 0)
        swept, kept = Columns(), Columns()
        for changes in batches:
            after(changes, swept)
    for changes in batches:
        after(changes, kept)
    assert told(swept.snapshot()) == told(kept.snapshot())


@given(_changes, _changes)
def test_columns_that_were_kept_go_on_as_if_they_had_never_been(before, later):
    columns = Columns()
    after(before, columns)
    again = Columns.from_arrays(columns.as_arrays())
    assert (again.seq, list(again.newest)) == (columns.seq, list(columns.newest))
    for each in (columns, again):
        after(later, each)
    assert told(again.snapshot()) == told(columns.snapshot())


def told(snapshot: Snapshot) -> object:
    """Everything that can be seen of a snapshot, by the ids of its files."""
    facets = {facet: count_by(snapshot, snapshot.alive, facet, THRESHOLD, 100) for facet in Facet}
    orders = [ids_in(snapshot, order_of(snapshot, sort).found(snapshot.alive, descending=False)[0]) for sort in Sort]
    return facets, orders, timeline(snapshot, snapshot.alive, Period.DAY)


def test_the_most_frequent_values_come_first_and_no_more_than_asked_for():
    columns = Columns()
    columns.take([Change(n, n, entry_with(camera=text)) for n, text in enumerate(["b", "a", "c", "c", None], 1)])
    snapshot = columns.snapshot()
    values = [one["value"] for one in count_by(snapshot, snapshot.alive, Facet.CAMERA, None, 3)]
    assert values == ["c", "a", "b"]


def test_more_texts_than_small_numbers_keep_their_numbers_apart():
    columns = Columns()
    columns.take([Change(n, n, entry_with(camera=f"camera {n}", keyword=[f"word {n}"])) for n in range(1, 33_001)])
    columns.take([Change(33_001, 33_001, entry_with(camera="camera 7", keyword=["word 9"]))])
    snapshot = columns.snapshot()
    assert count_by(snapshot, snapshot.alive, Facet.CAMERA, None, 1) == [{"value": "camera 7", "files": 2}]
    assert count_by(snapshot, snapshot.alive, Facet.KEYWORD, None, 1) == [{"value": "word 9", "files": 2}]
    assert snapshot.ids.tolist() == list(range(1, 33_002))


def entry_with(**values: object) -> Entry:
    plain = dict.fromkeys(Entry._fields) | {"added": 0, "size": 1, "marks": 0, "ran": 0, "name": "a"}
    texts = {"root": "r", "folder": "r", "kind": "image", "format": "png", "keyword": [], "lora": []}
    texts |= {"region": [], "region_kind": [], "judged": 0, "proposed": []}
    return Entry(**(plain | texts | values))


def test_a_snapshot_stays_as_it_was_when_rows_change():
    columns = Columns()
    columns.take([Change(1, 1, entry_with(camera="old")), Change(2, 2, entry_with(camera="other"))])
    before = columns.snapshot()
    columns.take([Change(3, 1, entry_with(camera="new")), Change(4, 2, None)])
    assert [one["value"] for one in count_by(before, before.alive, Facet.CAMERA, None, 9)] == ["old", "other"]
    assert before.at(before.ids).tolist() == [0, 1]
    now = columns.snapshot()
    assert [one["value"] for one in count_by(now, now.alive, Facet.CAMERA, None, 9)] == ["new"]
    assert ids_in(now, Matching(now, None, nothing_asked).files(Not(And(())))) == []
