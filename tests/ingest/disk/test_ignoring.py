"""What is left out, by which rule: hidden names and `.ingestignore`, and that each such file is counted."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.disk.folders import Folders
from app.ingest.disk.ignoring import IGNORE_FILE, Ignores, Rules
from app.ingest.plan.survey import NothingKnown, Survey, Verdict
from app.ingest.plan.tally import Tally
from app.media import Place, Skip
from tests.ingest.builders import RECIPE, parameters, tree

NAME = IGNORE_FILE.decode()


def survey(root: Path, *directories: str) -> Survey:
    folders = Folders({"m": root})
    asked = parameters(*(directories or ("m",)))
    chosen = folders.resolve_all(asked.directories, recursive=True)
    return Survey(folders.read, NothingKnown(), RECIPE, chosen, asked)


def left_out(root: Path, *directories: str) -> set[str]:
    return {v.place.shown for v in survey(root, *directories) if isinstance(v, Verdict) and v.skip is Skip.FILTERED}


def pending(root: Path, *directories: str) -> set[str]:
    return {v.place.shown for v in survey(root, *directories) if isinstance(v, Verdict) and v.job is not None}


def test_a_rule_holds_in_its_folder_and_below_and_each_file_is_counted(tmp_path):
    tree(tmp_path, "a.jpg", "a.png", "sub/b.jpg", "sub/b.png", "other/c.png")
    (tmp_path / "sub" / NAME).write_text("*.png\n")
    assert pending(tmp_path) == {"m/a.jpg", "m/a.png", "m/sub/b.jpg", "m/other/c.png"}
    assert left_out(tmp_path) == {"m/sub/b.png", f"m/sub/{NAME}"}
    tally = Tally().counted(survey(tmp_path))
    assert tally.discovered == tally.pending + sum(tally.skipped.values()) == 6


def test_the_last_line_that_matches_wins_and_deeper_files_win_over_higher_ones(tmp_path):
    tree(tmp_path, "a.jpg", "keep.jpg", "sub/x.jpg", "sub/deep/y.jpg")
    (tmp_path / NAME).write_text("# everything but one\n*.jpg\n!keep.jpg\n")
    (tmp_path / "sub" / NAME).write_text("!x.jpg\n")
    assert pending(tmp_path) == {"m/keep.jpg", "m/sub/x.jpg"}


def test_nothing_inside_a_folder_that_is_left_out_comes_back(tmp_path):
    tree(tmp_path, "trash/a.jpg", "trash/deep/b.jpg", "c.jpg")
    (tmp_path / NAME).write_text("trash/\n!trash/a.jpg\n")
    assert pending(tmp_path) == {"m/c.jpg"}
    assert {"m/trash/a.jpg", "m/trash/deep/b.jpg"} <= left_out(tmp_path)


def test_rules_above_the_chosen_directory_hold_in_it(tmp_path):
    tree(tmp_path, "sub/a.jpg", "sub/a.png", "out/b.jpg")
    (tmp_path / NAME).write_text("*.png\n/out\n")
    assert pending(tmp_path, "m/sub") == {"m/sub/a.jpg"}
    assert pending(tmp_path, "m/out") == set()


def test_a_pattern_with_a_slash_is_anchored_at_its_folder(tmp_path):
    tree(tmp_path, "sub/a.jpg", "sub/sub/a.jpg")
    (tmp_path / NAME).write_text("/sub/a.jpg\n")
    assert pending(tmp_path) == {"m/sub/sub/a.jpg"}


def test_names_that_are_not_utf8_can_be_left_out(tmp_path):
    name = b"caf\xe9.jpg"
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"x")
    (tmp_path / NAME).write_bytes(name + b"\n")
    assert pending(tmp_path) == set()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/etc/hostname")])
def test_a_file_of_rules_that_is_none_leaves_nothing_out(tmp_path, make):
    tree(tmp_path, "a.jpg")
    make(tmp_path / NAME)
    assert pending(tmp_path) == {"m/a.jpg"}


def test_a_file_of_rules_that_cannot_be_understood_is_a_warning(tmp_path):
    tree(tmp_path, "a.jpg")
    (tmp_path / NAME).write_text("!\n")
    listing = Folders({"m": tmp_path}).read(Place("m"))
    assert listing.warning is None or NAME in listing.warning
    assert pending(tmp_path) == {"m/a.jpg"}


def test_the_reason_names_the_line():
    ignores = Ignores("m").adding(Rules.parse(b"sub", b"# no\n*.jpg\n"))
    assert ignores.why(b"sub/a.jpg") == f"m/sub/a.jpg is left out by line 2 of m/sub/{NAME}: *.jpg"
    assert ignores.why(b"sub/a.png") is None
    assert "hidden file" in str(ignores.why(b"sub/.a.png"))
    inside = Ignores("m").below(b".trash")
    assert inside.why(b".trash/a.jpg") == inside.sentence


@given(
    st.binary(max_size=200),
    st.binary(min_size=1, max_size=40).filter(lambda name: b"/" not in name and b"\0" not in name),
)
def test_any_rules_and_any_name_give_an_answer(content, name):
    try:
        rules = Rules.parse(b"", content)
    except ValueError:
        return
    Ignores("m").adding(rules).why(name)
