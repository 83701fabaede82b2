"""A person's words follow the bytes: renamed in chains, swapped, edited in place, copied, found again."""

import pytest

from app.media import Outcome, Place
from tests.library.disk import SAID, as_said, told


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


@pytest.mark.parametrize("copied_at_once", [True, False])
@pytest.mark.parametrize("name", ["0", "9"])
def test_a_picture_that_is_edited_in_place_and_copied_keeps_its_words(three, name, copied_at_once):
    if copied_at_once:
        three.takes_in(three.files | {"1": "X", name: "X"})
    else:
        three.takes_in(three.files | {name: "X"})
        three.takes_in(three.files | {"1": "X"})
    assert (three.words("1"), three.words(name)) == (SAID["A"], {})


def test_words_leave_a_place_whose_new_bytes_were_those_of_a_later_file(three):
    three.takes_in(three.files | {"9": "X"})
    three.takes_in(three.files | {"1": "X", "9": "A"})
    assert (three.words("1"), three.words("9")) == ({}, SAID["A"])


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_copies_in_a_folder_that_is_renamed_keep_each_its_own_words(disk, order):
    disk.takes_in({"old/a": "X", "old/b": "X"})
    for name in order:
        disk.says(f"old/{name}", title=name)
    disk.takes_in({"new/a": "X", "new/b": "X"})
    assert disk.all_words() == {"new/a": {"title": "a"}, "new/b": {"title": "b"}}


def test_of_copies_that_are_gone_none_speaks_for_a_new_one_where_they_disagree(disk):
    disk.takes_in({"a": "X", "b": "X"})
    disk.says("a", title="a")
    disk.says("b", title="b")
    disk.takes_in({})
    disk.takes_in({"c": "X"})
    assert disk.all_words() == {"c": {}}


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
    row = three.library.file(Place("m", b"4"))
    assert (row["title"], row["score"], "metadata" in row["stages"], "score" in row["stages"]) == (
        None,
        None,
        False,
        False,
    )
    assert "caption" in row["sources"]


# -- copied and deleted ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", "ABCDE")
def test_a_copy_has_the_words_when_the_original_is_deleted_and_the_original_when_it_comes_back(disk, content):
    told(disk, {"1": content})
    disk.takes_in({"1": content, "2": content})
    disk.takes_in({"2": content})
    assert disk.all_words() == as_said({"2": content})
    disk.takes_in({"1": content, "2": content})
    assert disk.all_words() == as_said({"1": content, "2": content})


def test_a_copy_has_the_words_of_an_original_that_vanishes_while_a_session_looks_at_it(disk):
    told(disk, {"1": "A"})
    disk.takes_in({"1": "A", "2": "A"})
    disk.vanishes("1")
    assert disk.words("2") == SAID["A"]


def test_every_copy_of_which_nothing_was_said_has_the_words_of_a_deleted_original(disk):
    told(disk, {"1": "A"})
    disk.takes_in({"1": "A", "2": "A", "3": "A", "4": "A"})
    disk.says("3", title="of the third")
    disk.takes_in({"2": "A", "3": "A", "4": "A"})
    assert disk.all_words() == {"2": SAID["A"], "3": {"title": "of the third"}, "4": SAID["A"]}


@pytest.mark.parametrize("back", "123")
def test_whichever_of_the_copies_comes_back_after_all_were_deleted_has_the_words(disk, back):
    told(disk, {"1": "A"})
    disk.takes_in({"1": "A", "2": "A"})
    disk.takes_in({})
    disk.takes_in({back: "A"})
    assert disk.words(back) == SAID["A"]


def test_copies_that_are_deleted_together_leave_their_words_to_the_one_that_stays(disk):
    disk.takes_in({"1": "A", "2": "A", "3": "A"})
    disk.says("2", **SAID["A"])
    disk.says("3", **SAID["A"])
    disk.takes_in({"1": "A"})
    assert disk.words("1") == SAID["A"]


def test_a_copy_that_a_person_released_stays_as_it_is_while_one_that_is_there_says_the_same(disk):
    told(disk, {"1": "A"})
    disk.takes_in({"1": "A", "2": "A", "3": "A", "4": "A"})
    disk.takes_in({"2": "A", "3": "A", "4": "A"})
    disk.says("3", release=["score", "title", "taken_at", "keywords"])
    disk.takes_in({"3": "A", "4": "A"})
    row = disk.library.file(Place("m", b"3"))
    assert (row["title"], row["score"], [word["source"] for word in row["keywords"]]) == (None, None, ["xmp"])
