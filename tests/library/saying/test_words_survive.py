"""What a person said, and nothing else, after any edits, undos, readings, moves, retries and undos of sessions."""

import os
from copy import deepcopy
from shutil import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from app.errors import NewerWordsStand
from app.library.library import Library
from app.library.saying.editing import parse_edit
from app.library.saying.edits import Asked
from app.library.saying.personal import said
from app.library.tables import Base
from app.media import Place, Stage
from tests.ingest.builders import failure, found
from tests.library.disk import Disk

CONTENTS = "ABCD"
NOTHING_SAID = object()
VALUES = {
    "score": st.sampled_from((None, -1, 4)),
    "title": st.sampled_from((None, "mine", "yours")),
    "label": st.sampled_from(("Red", "Blue")),
    "taken_at": st.sampled_from(("2001-02-03", "2004-05-06T07:08:09")),
    "nsfw": st.sampled_from((None, True, False)),
}
WORDS = st.lists(st.sampled_from(("sea", "sand", "sky")), max_size=2, unique=True)
MANY = int(os.environ.get("SURVIVING_EXAMPLES", "200"))
"""More by the environment, with `-o faulthandler_timeout=0`, which else ends a test after three minutes."""


@st.composite
def bodies(draw):
    """What a person asks for: some fields set, others released, keywords added and removed."""
    names = draw(st.lists(st.sampled_from(tuple(VALUES)), unique=True, max_size=3))
    release = draw(st.lists(st.sampled_from(tuple(VALUES)), unique=True, max_size=1))
    added, removed = draw(WORDS), draw(WORDS)
    body = {name: draw(VALUES[name]) for name in names if name not in release}
    return {
        **body,
        "release": release,
        "add_keywords": added,
        "remove_keywords": [word for word in removed if word not in added],
    }


SOME = st.sets(st.sampled_from(CONTENTS), min_size=1)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), SOME, bodies()),
        st.tuples(st.just("undo"), st.integers(0, 5)),
        st.tuples(st.just("read"), SOME),
        st.tuples(st.just("move"), SOME),
        st.tuples(st.just("retry"), SOME),
        st.tuples(st.just("undo a session"), st.integers(1, 5)),
        st.tuples(st.just("swap"), st.permutations(CONTENTS)),
        st.tuples(st.just("edit in place"), SOME),
        st.tuples(st.just("restore"), SOME),
    ),
    min_size=1,
    max_size=12,
)


class Told:
    """The words of each content as they are to be, by the plainest rules: what was said last, less what was undone."""

    def __init__(self):
        self.words = {content: {} for content in CONTENTS}
        self.edits = {}

    def edit(self, number, contents, body):
        before = deepcopy(self.words)
        for content in contents:
            words = self.words[content]
            for name in body.keys() & VALUES.keys():
                words[name] = body[name]
            if words.get("nsfw", True) is None:
                del words["nsfw"]
            for name in body["release"]:
                words.pop(name, None)
            for word in body["remove_keywords"]:
                words.pop(f"keyword {word}", None)
            for word in body["add_keywords"]:
                words[f"keyword {word}"] = True
        if number is not None:
            self.edits[number] = before, deepcopy(self.words)
        return before != self.words

    def forget(self, contents):
        for sides in self.edits.values():
            for words in sides:
                words.update({content: {} for content in contents})

    def undo(self, number):
        """Whether it can be undone: then the words are as before in all that the edit changed."""
        before, after = self.edits[number]
        changed = [
            (content, name)
            for content in CONTENTS
            for name in before[content].keys() | after[content].keys()
            if before[content].get(name, NOTHING_SAID) != after[content].get(name, NOTHING_SAID)
        ]
        if any(
            self.words[content].get(name, NOTHING_SAID) != after[content].get(name, NOTHING_SAID)
            for content, name in changed
        ):
            return False
        for content, name in changed:
            self.words[content].pop(name, None)
            if name in before[content]:
                self.words[content][name] = before[content][name]
        return True


class Desk:
    """A disk with four pictures, and a person who edits them."""

    def __init__(self, library):
        self.library, self.disk, self.told = library, Disk(library), Told()
        self.where = {content: f"{content}.jpg" for content in CONTENTS}
        self.bytes = {content: content for content in CONTENTS}
        self.originals = {}  # what was said of a picture when it was first edited in place, if anything was
        self.standing, self.moves = [], 0
        self.read(set())

    def read(self, touched):
        files = {name: self.bytes[content] for content, name in self.where.items()}
        self.disk.takes_in(files, touched=[self.where[content] for content in sorted(touched)])

    def do(self, what, *args):
        getattr(self, what.replace(" ", "_"))(*args)
        assert self.words() == self.told.words, (what, *args)

    def edit(self, contents, body):
        places = [Place("m", self.where[content].encode()) for content in sorted(contents)]
        ids = [*self.library.edits.ids_of(places).values()]
        done = self.library.edits.write(Asked(ids, parse_edit(body)))
        changed = self.told.edit(done.undo, contents, body)
        assert changed == (done.undo is not None)
        if changed:
            self.standing.append(done.undo)

    def undo(self, place):
        if not self.standing:
            return
        number = self.standing[-1 - place % len(self.standing)]
        if self.told.undo(number):
            self.library.edits.undo(number)
            self.standing.remove(number)
        else:
            with pytest.raises(NewerWordsStand):
                self.library.edits.undo(number)

    def move(self, contents):
        self.moves += 1
        for content in contents:
            self.where[content] = f"moved {self.moves} {content}.jpg"
        self.read(set())

    def swap(self, order):
        """Two pictures change their names: each is replaced by a known one, and the words go with the bytes."""
        first, second, *_ = order
        self.where[first], self.where[second] = self.where[second], self.where[first]
        self.told.forget({first, second})
        self.read({first, second})

    def edit_in_place(self, contents):
        self.moves += 1
        for content in contents:
            if self.bytes[content] == content and self.told.words[content]:
                self.originals[content] = deepcopy(self.told.words[content])
            self.bytes[content] = f"{content} {self.moves}"
        self.read(contents)

    def restore(self, contents):
        """The originals come back: what was said of them stands again; of those of which nobody spoke, what is said."""
        for content in contents:
            if self.bytes[content] != content and content in self.originals:
                self.told.words[content] = self.originals.pop(content)
                self.told.forget({content})
            self.bytes[content] = content
        self.read(contents)

    def retry(self, contents):
        for content in sorted(contents):
            broken = failure(found(self.where[content].encode(), mtime_ns=99), stage=Stage.IDENTIFY)
            self.library.commit_single_file_to_database(f"failing {self.moves}", broken, nsfw_threshold=0.8)
        self.read(contents)

    def undo_a_session(self, number):
        """Rows of which nobody says anything go, with their edits; the next session takes the files in again."""
        session, rows = f"session {min(number, self.disk.sessions)}", self.rows()
        self.library.removal.undo_session(session, self.library.removal.of_session(session).removed)
        left = self.rows()
        self.told.forget({content for content in CONTENTS if rows[content] not in left.values()})
        self.read(set())

    def rows(self):
        """The id of the row of each content that has one."""
        places = {Place("m", name.encode()): content for content, name in self.where.items()}
        return {places[place]: number for place, number in self.library.edits.ids_of(places).items()}

    def words(self):
        every = {}
        for content, name in self.where.items():
            row = self.library.file(Place("m", name.encode()))
            words = said(row, [(word["text"], word["source"]) for word in row["keywords"]])
            every[content] = {**words.fields, **{f"keyword {word}": True for word in words.keywords}}
        return every


def survive(library, steps):
    desk = Desk(library)
    for step in steps:
        desk.do(*step)
    desk.do("read", set(CONTENTS))
    desk.disk.all_words()  # which holds what no person said against what the file says


@pytest.fixture(scope="module")
def in_a_new_library(migrated_sqlite, tmp_path_factory):
    """Calls a check with an empty library: one, emptied each time. Nothing in it has to survive a crash."""
    library = Library(f"sqlite:///{copy(migrated_sqlite, tmp_path_factory.mktemp('said') / 'library.db')}")
    event.listen(library._engines._writer, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))

    def empty(connection):
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())

    def run(steps):
        library._engines.write(empty)
        survive(library, steps)

    yield run
    library.close()


@settings(max_examples=20)
@given(steps=STEPS)
def test_what_a_person_said_survives_whatever_comes(in_a_new_library, steps):
    in_a_new_library(steps)


@pytest.mark.faults
@settings(max_examples=MANY)
@given(steps=STEPS)
def test_what_a_person_said_survives_very_much(in_a_new_library, steps):
    in_a_new_library(steps)


def test_it_survives_on_either_engine(library):
    everything = {"score": 4, "title": "mine", "taken_at": "2001-02-03", "nsfw": True, "release": ["label"]}
    whole = {**everything, "add_keywords": ["sea"], "remove_keywords": ["sand"]}
    survive(
        library,
        [
            ("edit", {"A", "B"}, whole),
            ("edit", {"A"}, {**whole, "title": None, "nsfw": False}),
            ("read", {"A", "C"}),
            ("move", {"A", "B"}),
            ("undo", 1),
            ("undo", 0),
            ("retry", {"A"}),
            ("undo a session", 1),
            ("edit", {"A", "D"}, {"release": ["score", "title"], "add_keywords": ["sky"], "remove_keywords": ["sea"]}),
            ("undo", 0),
            ("edit in place", {"B", "C"}),
            ("undo", 0),
            ("edit", {"A", "B"}, {**whole, "label": "Red", "release": []}),
            ("restore", {"B", "C"}),
            ("swap", "ABCD"),
            ("undo", 0),
        ],
    )
