"""A person's words after any renaming, and after any coming and going of copies."""

from itertools import permutations
from shutil import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from app.library.library import Library
from app.library.tables import Base
from app.library.whereabouts import Whereabouts
from tests.library.disk import SAID, Disk, as_said, told

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
def in_a_new_library(migrated_sqlite, tmp_path_factory):
    """Calls a check with an empty library, and what it is to check.

    It is one library, emptied: a new one would build every statement anew. Nothing in it has to survive a crash.
    """
    library = Library(f"sqlite:///{copy(migrated_sqlite, tmp_path_factory.mktemp('renamed') / 'library.db')}")
    event.listen(library._engines._writer, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))

    def empty(connection):
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())

    def run(check, drawn):
        library._engines.write(empty)
        check(library, drawn)

    yield run
    library.close()


@settings(max_examples=25)
@given(disks=renamings())
def test_after_any_renaming_all_bytes_have_exactly_their_words(in_a_new_library, disks):
    in_a_new_library(follows, disks)


@settings(max_examples=15)
@given(disks=renamings(NEW))
def test_new_bytes_among_them_take_no_words_away(in_a_new_library, disks):
    in_a_new_library(follows, disks)


@pytest.mark.faults
@settings(max_examples=200)
@given(disks=st.one_of(renamings(), renamings(NEW)))
def test_after_very_many_renamings_all_bytes_have_exactly_their_words(in_a_new_library, disks):
    in_a_new_library(follows, disks)


@st.composite
def copyings(draw):
    """What lies where at each of some sessions, and of which of these files a person then says what is to be said.

    Of the same bytes there are any number of copies, which come, go, come back, get another time, and are out of sight.
    """
    names = st.sampled_from(NAMES[:6])
    some = st.sets(names, max_size=2)
    away = st.dictionaries(names, st.sampled_from((Whereabouts.UNSURE, Whereabouts.UNKNOWN)), max_size=2)
    session = st.tuples(st.dictionaries(names, st.sampled_from("ABF"), max_size=6), some, away, some)
    first = {"1": "A", "2": "B", "3": "F"}
    return [(first, set(), {}, draw(some)), *draw(st.lists(session, min_size=1, max_size=6))]


def follows_copies(library, sessions):
    disk, spoken_of, before, words = Disk(library), set(), {}, {}
    for found, touched, unseen, spoken in sessions:
        away = {name: where for name, where in unseen.items() if name in disk.files.keys() | disk.away.keys()}
        files = {name: content for name, content in found.items() if name not in away}
        had = words
        disk.takes_in(files, touched=touched, away=away)
        words = disk.all_words()
        out_of_sight = {name: disk.words(name) for name in away}
        assert out_of_sight == {name: had[name] for name in away}, "what is out of sight gets no words"
        of_others = {name: said for name, said in words.items() if said not in ({}, SAID[files[name]])}
        assert of_others == {name: had.get(name) for name in of_others}, "or edited in place, where a file was"
        assert {content for content in files.values() if content in spoken_of and SAID[content]} <= {
            disk.rows[name][0] for name, said in (words | out_of_sight).items() if said == SAID[disk.rows[name][0]]
        }
        stayed = {name for name, content in files.items() if before.get(name) == content and had[name]}
        assert {name: words[name] for name in stayed} == {name: had[name] for name in stayed}
        for name in spoken & files.keys():
            disk.says(name, **SAID[files[name]])
            spoken_of.add(files[name])
        words = disk.all_words() | out_of_sight
        before = files | {name: disk.rows[name][0] for name in away}


@settings(max_examples=15)
@given(sessions=copyings())
def test_whatever_copies_come_and_go_one_that_is_there_has_the_words_of_its_bytes(in_a_new_library, sessions):
    in_a_new_library(follows_copies, sessions)


@pytest.mark.faults
@settings(max_examples=200)
@given(sessions=copyings())
def test_whatever_very_many_copies_come_and_go(in_a_new_library, sessions):
    in_a_new_library(follows_copies, sessions)


def test_after_any_permutation_of_three_all_bytes_have_exactly_their_words(library):
    disk = told(Disk(library), {"1": "A", "2": "F", "3": "B"})
    for contents in (*permutations("AFB"), *permutations("AFB")):
        files = dict(zip("123", contents, strict=True))
        disk.takes_in(files)
        assert disk.all_words() == as_said(files)
