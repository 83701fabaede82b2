"""A person's words follow the bytes: renamed in chains, swapped, edited in place, found again, on both engines."""

from itertools import permutations
from shutil import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from app.library.editing import parse_edit
from app.library.library import Library
from app.library.personal import MAX_COPIES
from app.library.tables import PersonWords
from app.media import Metadata, Outcome
from tests.ingest.builders import analysis, found

SAID = {
    "A": {"title": "Anna", "score": 5, "keywords": ["anna"], "taken_at": "2001-01-01"},
    "B": {"title": "Ben", "score": 4, "keywords": ["ben", "boy"]},
    "C": {"title": "Carl", "score": -1, "keywords": ["carl"], "caption": None},
    "D": {"keywords": ["dora"]},
    "E": {"score": None},
    "F": {},
    "G": {},
}
"""What a person says of some bytes. Of the last two they say nothing."""


class Disk:
    """A library, and the files that a session over it would find: bytes by name."""

    def __init__(self, library):
        self.library, self.files, self.sessions = library, {}, 0

    def takes_in(self, files):
        """A session that finds these files: each commits in the order of the paths. Returns the outcomes by name."""
        before, self.files, self.sessions = self.files, files, self.sessions + 1
        outcomes = {}
        for name, content in sorted(files.items()):
            if before.get(name) == content:
                continue
            result = analysis(
                found(name.encode()),
                content=content.encode(),
                metadata=Metadata(title=f"read of {content}", sources={"title": "exif"}),
                keywords=(f"read of {content}",),
                score=2,
            )
            told = self.library.commit_single_file_to_database(
                f"session {self.sessions}",
                result,
                nsfw_threshold=0.8,
                gone=lambda _root, path, _now: path.decode() not in self.files,
            )
            outcomes[name] = told.outcome
        self.library.presence.mark_missing("m", [name.encode() for name in before.keys() - files.keys()])
        return outcomes

    def says(self, name, **body):
        self.library.edit("m", name.encode(), parse_edit(body))

    def words(self, name):
        """What a person said of the file with that name, as they said it; what was read is checked on the way."""
        row = self.library.file("m", name.encode())
        theirs = [column for column, source in (row["sources"] or {}).items() if source == "person"]
        said = {column: row[column] for column in theirs}
        if row["score_source"] == "person":
            said["score"] = row["score"]
        else:
            assert (row["score"], row["score_source"]) == (2, "xmp")
        assert (row["taken_at_rule"] == "person") == ("taken_at" in theirs)
        if "title" not in theirs:
            assert (row["title"], row["sources"]["title"]) == (f"read of {self.files[name]}", "exif")
        keywords = [word["text"] for word in row["keywords"] if word["source"] == "person"]
        assert [word["text"] for word in row["keywords"] if word["source"] == "xmp"] == [f"read of {self.files[name]}"]
        return said | ({"keywords": keywords} if keywords else {})

    def all_words(self):
        return {name: self.words(name) for name in self.files}

    def kept(self):
        """The titles that are kept, by bytes; None where it is kept that there is no title."""
        names = {analysis(content=content.encode()).identity.sha256: content for content in (*SAID, "X", "Y")}
        rows = self.library._engines.read(lambda c: c.execute(select(PersonWords.sha256, PersonWords.words)).all())
        return {names[sha256]: words.get("title") for sha256, words in rows}


def told(disk, files):
    """The same with these files, of which a person has said what they say of their bytes."""
    disk.takes_in(files)
    for name, content in files.items():
        disk.says(name, **SAID[content])
    return disk


def as_said(files):
    return {name: SAID.get(content, {}) for name, content in files.items()}


@pytest.fixture
def disk(library):
    return Disk(library)


@pytest.fixture
def three(disk):
    return told(disk, {"1": "A", "2": "B", "3": "C"})


# -- renamed -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "kept"),
    [
        ({"2": "A", "3": "B", "4": "C"}, {}),
        ({"1": "B", "2": "C"}, {"A": "Anna"}),
        ({"1": "B", "2": "A", "3": "C"}, {}),
        ({"1": "B", "2": "C", "3": "A"}, {}),
        ({"1": "C", "2": "A", "3": "B"}, {}),
        ({"2": "A", "3": "C"}, {"B": "Ben"}),
        ({"3": "A"}, {"C": "Carl"}),
        ({"a": "C", "b": "B", "3": "A"}, {}),
        ({"0": "C", "1": "A", "4": "B"}, {}),
        ({"1": "C", "0": "A"}, {}),
    ],
    ids=[
        "up", "down", "swapped", "a cycle", "the other cycle", "over the next", "over the last", "all", "both ways",
        "to an earlier name",
    ],
)  # fmt: skip
def test_words_follow_the_bytes_and_nothing_else(three, files, kept):
    three.takes_in(files)
    assert three.all_words() == as_said(files)
    assert three.kept() == kept


def test_a_chain_of_files_most_of_which_a_person_said_nothing_of(disk):
    told(disk, {"1": "A", "2": "F", "3": "G", "4": "B"})
    files = {"2": "A", "3": "F", "4": "G", "5": "B"}
    assert disk.takes_in(files) == {"2": "moved", "3": "updated", "4": "updated", "5": "added"}
    assert disk.all_words() == as_said(files)
    assert disk.kept() == {}


def test_a_chain_down_over_a_deleted_file(disk):
    told(disk, {"1": "A", "2": "B", "3": "C", "4": "D"})
    files = {"1": "B", "2": "C", "3": "D"}
    assert disk.takes_in(files) == {"1": "updated", "2": "updated", "3": "moved"}
    assert disk.all_words() == as_said(files)
    assert disk.kept() == {"A": "Anna"}
    disk.takes_in(files | {"restored": "A"})
    assert disk.words("restored") == SAID["A"]
    assert disk.kept() == {}


@pytest.mark.parametrize("first", [{"2": "A", "3": "C"}, {"3": "B", "1": "A"}], ids=["the earlier", "the later"])
def test_a_renaming_that_two_sessions_see_in_parts(three, first):
    """As with `max_files`, or with folders that are taken in one after the other."""
    three.takes_in(first)
    three.takes_in({"2": "A", "3": "B", "4": "C"})
    assert three.all_words() == as_said({"2": "A", "3": "B", "4": "C"})


@pytest.mark.parametrize("files", [{"1": "B", "2": "A"}, {"1": "B", "3": "A"}], ids=["swapped", "moved over"])
def test_bytes_that_nothing_was_said_of_get_no_words_of_others(disk, files):
    told(disk, {"1": "F" if files["1"] == "A" else "A", "2": "B"})
    disk.takes_in(files)
    assert disk.all_words() == as_said(files)


@pytest.mark.parametrize("content", "BCDEFG")
def test_whatever_a_person_says_is_seen_in_a_row_that_has_the_bytes_still(disk, content):
    told(disk, {"1": "A", "2": content})
    disk.takes_in({"1": content, "2": "A"})
    assert (disk.all_words(), disk.kept()) == (as_said(disk.files), {})


def test_a_file_that_is_moved_over_another_keeps_its_own_words_alone(disk):
    told(disk, {"1": "D", "2": "B"})
    assert disk.takes_in({"2": "D"}) == {"2": Outcome.MOVED}
    assert disk.words("2") == SAID["D"]
    assert disk.kept() == {"B": "Ben"}
    assert disk.takes_in({"2": "D", "3": "B"}) == {"3": Outcome.ADDED}
    assert disk.words("3") == SAID["B"]


@pytest.mark.parametrize("moved", [SAID["A"], SAID["F"]], ids=["with words", "without"])
def test_what_was_said_of_a_copy_is_not_lost_where_another_copy_has_other_words(disk, moved):
    disk.takes_in({"1": "A", "2": "B", "3": "B"})
    for name, said in (("1", moved), ("2", SAID["C"]), ("3", SAID["B"])):
        disk.says(name, **said)
    disk.takes_in({"2": "A", "3": "B"})
    assert (disk.words("2"), disk.words("3"), disk.kept()) == (moved, SAID["B"], {"B": "Carl"})


def test_a_copy_with_a_keyword_of_a_person_has_words_of_its_own(disk):
    told(disk, {"1": "A", "3": "B"})
    disk.takes_in(disk.files | {"2": "A"})
    disk.says("2", keywords=["anna"])
    disk.takes_in(disk.files | {"1": "B"})
    assert (disk.words("2"), disk.kept()) == ({"keywords": ["anna"]}, {"A": "Anna"})


def test_words_that_are_kept_stay_when_a_copy_gives_way_of_which_nothing_is_said_any_more(disk):
    disk.takes_in({"1": "A", "2": "A", "3": "B"})
    disk.says("1", title="Anna")
    disk.says("2", title="Ann")
    disk.takes_in({"1": "B", "2": "A", "3": "B"})
    disk.says("2", release=["title"])
    disk.takes_in({"1": "B", "2": "B", "3": "B"})
    assert disk.kept() == {"A": "Anna"}


# -- edited, copied, found again ---------------------------------------------------------------------------------


def test_a_picture_that_is_edited_in_place_keeps_its_words_and_so_does_its_original_when_it_is_found(disk):
    told(disk, {"1": "A"})
    assert disk.takes_in({"1": "X"}) == {"1": Outcome.UPDATED}
    assert (disk.words("1"), disk.kept()) == (SAID["A"], {"A": "Anna"})
    assert disk.takes_in({"1": "X", "original": "A"}) == {"original": Outcome.ADDED}
    assert disk.all_words() == {"1": SAID["A"], "original": SAID["A"]}
    assert disk.kept() == {}


def test_an_edit_that_is_undone_has_the_words_of_the_original(disk):
    told(disk, {"1": "A"})
    disk.takes_in({"1": "X"})
    disk.says("1", title="of the edited one")
    disk.takes_in({"1": "A"})
    assert (disk.words("1"), disk.kept()) == (SAID["A"], {"X": "of the edited one"})


def test_an_edit_of_a_picture_of_which_nothing_was_said_leaves_nothing_behind(disk):
    told(disk, {"1": "F"})
    disk.takes_in({"1": "X"})
    assert (disk.words("1"), disk.kept()) == ({}, {})


def test_a_plain_copy_gets_no_words_while_the_file_has_its_row(disk):
    told(disk, {"1": "A"})
    disk.takes_in({"1": "A", "2": "A"})
    assert disk.all_words() == {"1": SAID["A"], "2": {}}


def test_a_copy_over_another_file_has_the_words_of_its_bytes(three):
    three.takes_in({"1": "A", "2": "A", "3": "C"})
    assert three.all_words() == as_said({"1": "A", "2": "A", "3": "C"})
    assert three.kept() == {"B": "Ben"}
    three.takes_in({"1": "A", "2": "B", "3": "C"})
    assert three.all_words() == as_said({"1": "A", "2": "B", "3": "C"})
    assert three.kept() == {}


def test_a_copy_gets_the_words_when_the_file_that_had_them_has_other_bytes(disk):
    told(disk, {"1": "A", "3": "B", "4": "C"})
    disk.takes_in(disk.files | {"2": "A"})
    disk.takes_in(disk.files | {"1": "B"})
    assert (disk.all_words(), disk.kept()) == (as_said(disk.files), {})
    disk.takes_in(disk.files | {"2": "C"})
    assert (disk.all_words(), disk.kept()) == (as_said(disk.files), {"A": "Anna"})


def test_that_nothing_was_said_of_a_copy_takes_no_words_away(disk):
    disk.takes_in({"1": "A", "2": "A", "3": "B", "4": "C", "5": "A"})
    disk.says("1", title="Anna")
    disk.says("2", title="also Anna")
    disk.takes_in(disk.files | {"2": "B"})
    assert (disk.words("5"), disk.kept()) == ({"title": "also Anna"}, {})
    disk.takes_in(disk.files | {"1": "B", "5": "B"})
    assert disk.kept() == {"A": "also Anna"}


def test_a_file_that_is_put_back_where_its_row_is_missing_keeps_its_words(three):
    three.takes_in({"2": "B"})
    three.takes_in({"2": "B", "3": "A"})
    assert three.all_words() == as_said({"2": "B", "3": "A"})


def test_words_that_came_along_are_as_good_as_set(three):
    three.takes_in({"2": "A", "3": "B", "4": "C"})
    three.says("4", release=["title", "score", "keywords"])
    row = three.library.file("m", b"4")
    assert (row["title"], row["score"], "metadata" in row["stages"], "score" in row["stages"]) == (
        None,
        None,
        False,
        False,
    )
    assert "caption" in row["sources"]


# -- any renaming ------------------------------------------------------------------------------------------------

NAMES = tuple("123456789")
NEW = ("X", "Y")
"""Bytes that come up only later: where they lie, a picture may have been edited in place, and keeps its words."""


@st.composite
def renamings(draw, new=()):
    """What lies where at first, and after each of some sessions: bytes are renamed, deleted, and put back."""
    contents = draw(st.lists(st.sampled_from(tuple(SAID)), unique=True, min_size=2))
    names = NAMES[: len(contents) + 2]
    disks = [dict(zip(draw(st.permutations(names)), contents, strict=False))]
    for _ in range(draw(st.integers(1, 3))):
        there = draw(st.lists(st.sampled_from((*contents, *new)), unique=True, max_size=len(names)))
        disks.append(dict(zip(draw(st.permutations(names)), there, strict=False)))
    return disks


def follows(library, disks):
    disk = told(Disk(library), disks[0])
    for number, files in enumerate(disks[1:], 1):
        disk.takes_in(files)
        all_known = not any(content in NEW for files in disks[: number + 1] for content in files.values())
        spoken_of = {name: said for name, said in as_said(files).items() if said or all_known}
        assert {name: disk.words(name) for name in spoken_of} == spoken_of


@pytest.fixture(scope="module")
def on_sqlite(migrated_sqlite, tmp_path_factory):
    """Tries renamings, each in a library of its own."""
    folder = tmp_path_factory.mktemp("renamed")

    def run(disks):
        for left in folder.iterdir():
            left.unlink()
        library = Library(f"sqlite:///{copy(migrated_sqlite, folder / 'library.db')}")
        try:
            follows(library, disks)
        finally:
            library.close()

    return run


@settings(max_examples=25)
@given(disks=renamings())
def test_after_any_renaming_all_bytes_have_exactly_their_words(on_sqlite, disks):
    on_sqlite(disks)


@settings(max_examples=15)
@given(disks=renamings(NEW))
def test_new_bytes_among_them_take_no_words_away(on_sqlite, disks):
    on_sqlite(disks)


@pytest.mark.faults
@settings(max_examples=200)
@given(disks=st.one_of(renamings(), renamings(NEW)))
def test_after_very_many_renamings_all_bytes_have_exactly_their_words(on_sqlite, disks):
    on_sqlite(disks)


def test_after_any_permutation_of_three_all_bytes_have_exactly_their_words(library):
    disk = told(Disk(library), {"1": "A", "2": "F", "3": "B"})
    for contents in (*permutations("AFB"), *permutations("AFB")):
        files = dict(zip("123", contents, strict=True))
        disk.takes_in(files)
        assert disk.all_words() == as_said(files)


# -- what it costs -----------------------------------------------------------------------------------------------


@pytest.fixture
def asked(library):
    """The statements that a commit of a file made."""
    seen = []

    def listen(_connection, _cursor, statement, _parameters, _context, _many):
        seen.append(statement)

    engine = library._engines._writer
    event.listen(engine, "before_cursor_execute", listen)
    yield seen
    event.remove(engine, "before_cursor_execute", listen)


def questions(asked):
    """What was asked of the library, beside which keywords it has."""
    return [statement for statement in asked if statement.startswith("SELECT") and "FROM keywords" not in statement]


def test_one_question_tells_that_nothing_is_known_around_a_file(disk, asked):
    disk.takes_in({"1": "A"})
    assert len(questions(asked)) == 1


def test_kept_words_are_only_looked_for_where_there_are_any(disk, asked):
    told(disk, {"1": "A", "2": "B"})
    disk.takes_in({"1": "B", "2": "B"})
    asked.clear()
    disk.takes_in({"1": "B", "2": "B", "3": "C"})
    assert len(questions(asked)) == 1
    asked.clear()
    disk.takes_in({"1": "B", "2": "B", "3": "C", "4": "A"})
    assert ["person_words" in statement for statement in questions(asked)] == [True, True]
    assert disk.all_words()["4"] == as_said({"4": "A"})["4"]


def test_of_bytes_that_very_many_rows_have_no_more_are_looked_at_than_a_few(disk, asked):
    disk.takes_in({f"{number:03}": "A" for number in range(MAX_COPIES + 5)} | {"b": "B"})
    disk.says("b", title="Ben")
    asked.clear()
    disk.takes_in(disk.files | {"b": "A"})
    assert (disk.words("b"), disk.kept()) == ({}, {"B": "Ben"})
    assert len(asked) < 30
