"""Which files are one picture, against the rule file by file; and lists that show one of each."""

from datetime import datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.library.finding.columns import Columns
from app.library.finding.counting import Period
from app.library.finding.entries import Entry, Mark
from app.library.finding.neighbours import neighbours_of
from app.library.finding.orders import Sort
from app.library.finding.pairing import PairKind, Pairs, pairing_of
from app.query.reading import read
from app.query.words import fold
from tests.library.finding.stock import add, file, link
from tests.library.finding.test_columns import after, entry_with

FORMATS = {"jpg": "jpeg", "jpeg": "jpeg", "heic": "heic", "cr2": "raw", "dng": "raw", "png": "png", "mov": "quicktime"}


@st.composite
def _shots(draw: st.DrawFn) -> Entry:
    suffix = draw(st.sampled_from(sorted(FORMATS)))
    return entry_with(
        name=draw(st.sampled_from(("a.", "A.", "a.b.", "ab."))) + suffix,
        folder=draw(st.sampled_from(("r", "r/a"))),
        taken=draw(st.sampled_from((None, 0, 999, 1_000))),
        format=FORMATS[suffix],
        kind="video" if suffix == "mov" else "image",
        pair=draw(st.none() | st.integers(1, 12)),
        marks=(Mark.RAW if FORMATS[suffix] == "raw" else 0) | draw(st.sampled_from((0, 0, Mark.MISSING))),
    )


_changes = st.lists(st.tuples(st.integers(1, 12), st.none() | _shots()), max_size=25)


def leads(there: dict[int, Entry]) -> dict[int, tuple[int, PairKind]]:
    """For the id of each file that of the one which stands for it: the rule."""
    there = {number: entry for number, entry in there.items() if not entry.marks & Mark.MISSING}
    found = {}
    for number, entry in there.items():
        other = there.get(entry.pair or 0)
        if other and other.pair == number and (entry.kind, other.kind) == ("video", "image"):
            found[number] = entry.pair, PairKind.LIVE_PHOTO
        if entry.marks & Mark.RAW and entry.taken is not None:
            alike = [(n, one.format) for n, one in there.items() if _shot(one) == _shot(entry)]
            for format_ in ("jpeg", "heic"):
                standing = [n for n, its in alike if its == format_]
                if standing:
                    if len(standing) == 1:
                        found[number] = standing[0], PairKind.RAW
                    break
    return found


def _shot(entry: Entry) -> object:
    at = None if entry.taken is None else entry.taken // 1_000
    return entry.folder, at, fold(entry.name).rpartition(".")[0]


@given(st.lists(_changes, max_size=4))
def test_files_are_one_picture_by_the_rule_whatever_changed_before(batches):
    columns, there, pairing = Columns(), {}, None
    for changes in batches:
        gone = {number for number, _ in changes}
        there = {number: entry for number, entry in there.items() if number not in gone} | after(changes, columns)
        snapshot = columns.snapshot()
        pairing = pairing_of(snapshot, pairing)
        wanted = leads(there)
        told = {n: pairs for n, pairs in pairing.of(there).items() if n in wanted}
        assert told == {number: [lead] for number, lead in wanted.items()}
        shown = snapshot.ids[pairing.shown(snapshot.there)].tolist()
        of_disk = {number for number, entry in there.items() if not entry.marks & Mark.MISSING}
        assert sorted(shown) == sorted(of_disk - wanted.keys())
        assert pairing.leads.tolist() == pairing_of(snapshot).leads.tolist()


SHOT = {"taken_at": "2024-05-03T18:30:00"}
RAW = {**SHOT, "format": "cr2"}
FILES = [
    file(1, name="IMG_1.JPG", **SHOT),
    file(2, name="img_1.cr2", **RAW),
    file(3, name="IMG_2.HEIC", format="heic", taken_at="2024-06-01"),
    file(4, name="IMG_2.MOV", kind="video", format="quicktime", taken_at="2024-06-01"),
    file(5, name="IMG_3.CR2", **RAW),
    file(6, name="IMG_4.JPG", **SHOT),
]


def add_all(library):
    add(library, FILES)
    link(library, 3, 4)


def listed(library, q="", pairs=Pairs.ONE, **more):
    found = library.finder.found(read(q), Sort.ADDED, descending=False, threshold=None, pairs=pairs, **more)
    return found.ids.tolist(), found.paired


def test_a_list_shows_one_of_each_pair_that_is_found_whole(library):
    add_all(library)
    assert listed(library) == ([1, 3, 5, 6], 2)
    assert listed(library, pairs=Pairs.BOTH) == ([1, 2, 3, 4, 5, 6], 0)
    assert listed(library, "kind:video") == ([4], 0)
    assert listed(library, "format:cr2") == ([2, 5], 0)
    months = library.finder.timeline(read(""), Period.MONTH, None, Pairs.ONE)
    assert months == [{"at": "2024-05", "files": 3}, {"at": "2024-06", "files": 1}]
    snapshot = library.finder.snapshot()
    shown = {one["path"]: one["pairs"] for one in library.finder.files(snapshot, [1, 2, 3, 5], None)}
    of_raw, of_live = {"path": "m/2", "kind": "raw"}, {"path": "m/4", "kind": "live_photo"}
    assert shown == {"m/1": [of_raw], "m/2": [{**of_raw, "path": "m/1"}], "m/3": [of_live], "m/5": []}


def test_what_stands_beside_a_file_is_what_the_list_shows(library):
    add_all(library)
    found = library.finder.found(read(""), Sort.ADDED, descending=False, threshold=None, pairs=Pairs.ONE)
    pairing = library.finder.pairing(found.snapshot)
    for place, (one, other) in enumerate(pairwise([1, 3, 5, 6])):
        assert neighbours_of(found, one, pairing)[1:3] == (other, place)
        assert neighbours_of(found, other, pairing)[0] == one
    assert neighbours_of(found, 4, pairing) == neighbours_of(found, 3, pairing)


def test_the_other_half_that_comes_later_leaves_a_list_as_it_is(library):
    """A list that is shown keeps its files; of the new ones those count that it would show."""
    add(library, [FILES[1], FILES[2]])
    until = int(datetime.fromisoformat(FILES[0]["ingested_at"]).timestamp() * 1_000)
    late = "2026-11-21T10:00:00.000+00:00"
    add(library, [{**FILES[0], "ingested_at": late}, {**FILES[3], "ingested_at": late}])
    link(library, 3, 4)
    found = library.finder.found(read(""), Sort.ADDED, descending=False, threshold=None, until=until, pairs=Pairs.ONE)
    assert (found.ids.tolist(), found.newer) == ([2, 3], 1)
    assert listed(library) == ([3, 1], 2)


def test_who_asked_before_a_change_is_answered_as_it_was_then(library):
    """An order, and the pairs, that were made of a later snapshot are not those of an earlier one."""
    add(library, FILES[1:2])
    before = library.finder.snapshot()
    add(library, FILES[:1])
    assert listed(library) == ([1], 1)
    assert library.finder._order(before, Sort.ADDED).slots.tolist() == [0]
    assert library.finder.pairing(before).leads.tolist() == [-1]
    assert listed(library) == ([1], 1)
