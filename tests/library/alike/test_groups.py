"""Groups: the kinds apart, pairs left out, and near hashes found as if each were held against each."""

import random
from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.library.alike import groups as groups_module
from app.library.alike.codes import CodeFile, bits_apart
from app.library.alike.groups import WIDEST, edges_of, groups_of
from app.library.alike.near import By
from tests.library.alike.test_codes import coded
from tests.library.finding.stock import add, file, link


def grouped(library, codes: CodeFile, by: By, at_most: int | None = None) -> list[list[int]]:
    """The ids of the files of each group."""
    finder = library.finder
    snapshot = finder.snapshot()
    edges = edges_of(snapshot, finder.pairing(snapshot), codes, by)
    groups = groups_of(snapshot, edges, WIDEST[by] if at_most is None else at_most)
    return [snapshot.ids[groups.group(place)[0]].tolist() for place in range(groups.number)]


def of(number: int, bytes_: str, **columns: object) -> dict[str, object]:
    return file(
        number,
        sha256=bytes_ * 64,
        **{"phash": None, "picture_sha256": "", "missing_at": None, "taken_at": None, **columns},
    )


def test_kinds_are_apart_and_one_file_stands_for_those_that_are_more_alike(library, codes):
    add(
        library,
        [
            of(1, "a", picture_sha256="1" * 64, phash="00000000000000f0"),
            of(2, "a", picture_sha256="1" * 64, phash="00000000000000f0"),
            of(3, "b", picture_sha256="1" * 64, phash="00000000000000f0"),
            of(4, "c", picture_sha256="2" * 64, phash="00000000000000f1"),
            of(5, "d", phash="ffffffffffffffff"),
            of(6, "d", phash="ffffffffffffffff", missing_at="2026-11-20T10:00:00.000+00:00"),
            of(7, "e"),
            of(8, "f"),
        ],
    )
    assert grouped(library, codes, By.BYTES) == [[1, 2]]
    assert grouped(library, codes, By.PICTURE) == [[1, 3]]
    assert grouped(library, codes, By.PHASH) == [[1, 4]]
    assert grouped(library, codes, By.PHASH, 0) == []
    assert grouped(library, codes, By.FEATURES) == []


def test_of_equal_bytes_one_stands_for_all_of_which_is_known_what_is_compared(library, codes):
    nothing = {"features": None, "nsfw_model": None}
    add(
        library,
        [
            of(1, "a") | nothing,
            of(2, "a", picture_sha256="1" * 64) | nothing,
            of(3, "b", picture_sha256="1" * 64) | nothing,
            of(4, "c") | nothing,
            of(5, "c", phash="00000000000000f0") | nothing,
            of(6, "d", phash="00000000000000f1") | nothing,
            of(7, "e") | nothing,
            coded(8, 0) | of(8, "e"),
            coded(9, 1) | of(9, "f"),
        ],
    )
    assert grouped(library, codes, By.PICTURE) == [[2, 3]]
    assert grouped(library, codes, By.PHASH) == [[5, 6]]
    assert grouped(library, codes, By.FEATURES) == [[8, 9]]


def test_the_files_of_a_pair_are_no_duplicates_of_each_other(library, codes):
    at = {"taken_at": "2024-05-01T10:11:12", "phash": "00000000000000f0"}
    add(
        library,
        [
            of(1, "a", name="x.jpg", **at),
            of(2, "b", name="x.nef", format="nef", **at),
            of(3, "c", phash="000000000000ff00"),
            of(4, "d", phash="000000000000ff00", kind="video", format="mp4"),
        ],
    )
    assert grouped(library, codes, By.PHASH) == [[3, 4]]
    link(library, 3, 4)
    assert grouped(library, codes, By.PHASH) == []
    snapshot = library.finder.snapshot()
    edges = edges_of(snapshot, library.finder.pairing(snapshot), codes, By.PHASH)
    assert (edges.known.sum(), edges.left) == (4, {}), "half of a pair is compared with its picture"


def test_codes_of_one_model_are_grouped_up_to_a_number_of_files(library, codes, monkeypatch):
    rows = [
        coded(number, *bits, model=model) | {"sha256": str(number) * 64}
        for number, bits, model in [
            (1, (), "m"),
            (2, range(100), "m"),
            (3, range(300), "m"),
            (4, range(700), "m"),
            (5, (), "o"),
        ]
    ]
    add(library, rows)
    assert grouped(library, codes, By.FEATURES) == [[1, 2, 3]]
    assert grouped(library, codes, By.FEATURES, 150) == [[1, 2]]
    monkeypatch.setattr(groups_module, "MOST_CODES", 3)
    snapshot = library.finder.snapshot()
    edges = edges_of(snapshot, library.finder.pairing(snapshot), codes, By.FEATURES)
    assert (len(edges.ones), edges.left, edges.known.any()) == (0, {"too_many": 5}, False)


@given(st.lists(st.integers(0, 63), min_size=0, max_size=7), st.integers(1, 2**64 - 1))
def test_every_pair_of_hashes_within_four_bits_is_found_and_no_other(flips, hash_):
    numbers = [hash_]
    for bit in flips:
        numbers.append((numbers[-1] ^ (1 << bit)) or 1)
    hashes = np.array(numbers, np.uint64)
    ones, others, apart = groups_module._near_hashes(np.arange(len(hashes)), hashes)
    found = {(int(a), int(b)): int(d) for a, b, d in zip(ones, others, apart, strict=True)}
    distance = {
        pair: (numbers[pair[0]] ^ numbers[pair[1]]).bit_count() for pair in combinations(range(len(numbers)), 2)
    }
    assert all(distance[pair] == apart for pair, apart in found.items() if apart)
    near = {frozenset((numbers[a], numbers[b])) for (a, b), d in distance.items() if 0 < d <= WIDEST[By.PHASH]}
    assert {frozenset((numbers[a], numbers[b])) for (a, b), d in found.items() if d} == near


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40))
def test_files_are_one_group_if_any_way_leads_from_one_to_the_other(ways):
    begins, ends = np.array([a for a, _ in ways], np.int64), np.array([b for _, b in ways], np.int64)
    first = groups_module._joined(31, begins, ends).tolist()
    expected = list(range(31))
    for _ in range(31):
        for one, other in ways:
            expected[one] = expected[other] = min(expected[one], expected[other])
    assert first == expected


def test_bits_are_counted_as_one_by_one():
    rng = random.Random(15)
    rows = [[rng.getrandbits(64) for _ in range(16)] for _ in range(20)] + [[0] * 16, [2**64 - 1] * 16]
    for row in rows:
        counted = bits_apart(np.array(rows, np.uint64), np.array(row, np.uint64)).tolist()
        assert counted == [sum((a ^ b).bit_count() for a, b in zip(row, other, strict=True)) for other in rows]
