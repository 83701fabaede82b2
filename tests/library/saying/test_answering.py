"""What a person's words make of what models propose, without a database."""

import pytest

from app.errors import InvalidRequest
from app.library.saying.answering import Proposal
from app.library.saying.deciding import Keywords, change_of, undone
from app.library.saying.editing import parse_edit
from tests.library.saying.test_deciding import ROW, after

TITLE, CAPTION, CAR, SEA = PROPOSALS = (
    Proposal(1, "title", "A car"),
    Proposal(2, "caption", "A red car at the sea."),
    Proposal(3, "keyword", "red car"),
    Proposal(4, "keyword", "Sea"),
)
ALL = ["title", "caption", "keywords"]
ACCEPTED, REJECTED = "accepted", "rejected"


def changed(body, row=ROW, proposals=PROPOSALS, own=()):
    return change_of(row, Keywords(frozenset(own)), parse_edit(body), proposals)


def judged(body, **stands):
    change, _ = changed(body, **stands)
    return change.judged if change else {}


def test_what_is_accepted_is_a_persons_word():
    change, left = changed({"accept": ALL})
    row = after(change)
    assert (row["title"], row["caption"], change.added) == ("A car", "A red car at the sea.", {"red car", "Sea"})
    assert (row["sources"]["title"], row["sources"]["caption"]) == ("person", "person")
    assert (set(change.judged.values()), left) == ({ACCEPTED}, frozenset())


def test_a_persons_title_stays_and_the_proposal_stays_open():
    said = after(changed({"title": "mine"}, proposals=())[0])
    change, left = changed({"accept": ALL}, row=said)
    assert (after(change, said)["title"], left) == ("mine", {"said_by_a_person"})
    assert change.judged.keys() == {2, 3, 4}
    nothing = after(changed({"title": None}, proposals=())[0])
    assert changed({"accept": ["title"]}, row=nothing) == (None, {"said_by_a_person"})


def test_of_several_titles_the_newest_is_accepted():
    newer = Proposal(9, "title", "A red car")
    change, _ = changed({"accept": ["title"]}, proposals=(newer, TITLE))
    assert (after(change)["title"], change.judged) == ("A red car", {9: ACCEPTED, 1: REJECTED})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"reject": ALL}, dict.fromkeys(range(1, 5), REJECTED)),
        ({"reject": ["keywords"]}, {3: REJECTED, 4: REJECTED}),
        ({"title": "A car"}, {1: ACCEPTED}),
        ({"title": "mine"}, {1: REJECTED}),
        ({"title": None}, {1: REJECTED}),
        ({"add_keywords": ["SEA"]}, {4: ACCEPTED}),
        ({"add_keywords": ["red_car"]}, {3: ACCEPTED}),
        (
            {"add_keywords": ["red car"], "title": "mine", "reject": ALL},
            {3: ACCEPTED, 1: REJECTED, 2: REJECTED, 4: REJECTED},
        ),
        ({"keywords": ["sea"]}, {4: ACCEPTED}),
        ({"remove_keywords": ["sea"], "score": 3, "release": ["title"]}, {}),
        ({"score": 3}, {}),
    ],
)  # fmt: skip
def test_whoever_says_the_same_accepts_and_who_says_another_text_rejects(body, expected):
    assert judged(body) == expected


def test_a_keyword_for_which_there_is_no_room_stays_open():
    own = [f"word {number}" for number in range(1_000)]
    change, left = changed({"accept": ["keywords"]}, own=own)
    assert (change, left) == (None, {"too_many_keywords"})


def test_an_undo_opens_what_was_judged_while_the_bytes_are_those_of_then():
    for body in ({"accept": ALL}, {"reject": ALL}, {"title": "mine", "reject": ALL}):
        change, _ = changed(body)
        row, own = after(change), change.added
        assert undone(row, own, change.before, change.after).judged == dict.fromkeys(change.judged, "open")
    change, _ = changed({"reject": ALL})
    assert undone({**ROW, "sha256": "0" * 64}, frozenset(), change.before, change.after) is None


@pytest.mark.parametrize(
    "body",
    [
        {"accept": ["title"], "title": "mine"},
        {"accept": ["title"], "release": ["title"]},
        {"accept": ["keywords"], "reject": ["keywords"]},
        {"accept": ["score"]},
        {"reject": "title"},
    ],
)
def test_what_cannot_be_judged_so_is_refused(body):
    with pytest.raises(InvalidRequest):
        parse_edit(body)
