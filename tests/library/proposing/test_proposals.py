"""What is proposed for one file, of all that is known of it and of those around it."""

import pytest

from app.library.proposing.others import Other, keywords_of_others
from app.library.proposing.proposals import MOST, Known, Origin, Subject, proposals_for

COPY, PAIR = Other(1, "bytes", 1.0, same=True), Other(2, "pair", 0.95, same=True)
NEAR, FAR = Other(3, "phash", 0.9, same=False), Other(4, "phash", 0.5, same=False)
LINKED = {
    1: [
        ("Sea", "person", None),
        ("best quality", "prompt", None),
        ("sand", "prompt", 1.1),
        ("dog", "negative_prompt", None),
    ],
    2: [("sea", "xmp", None)],
    3: [("dune", "iptc", None), ("moon", "prompt", None)],
    4: [("dune", "xmp", None), ("grass", "xmp", None)],
}
KNOWN = Known(LINKED, {1: "m/copy.jpg", 3: "m/near.jpg"})


def words(others):
    return {text: (round(agreement, 3), nearest.id) for text, agreement, nearest in keywords_of_others(others, LINKED)}


def test_a_copy_speaks_for_itself_and_what_is_alike_by_the_share_that_agrees():
    assert words([COPY, PAIR]) == {"Sea": (1.0, 1), "sand": (1.0, 1)}
    assert words([PAIR]) == {"sea": (0.95, 2)}
    assert words([FAR, NEAR]) == {"dune": (0.7, 3), "grass": (0.25, 4)}
    assert words([NEAR]) == {"dune": (0.9, 3)}
    assert words([]) == words([Other(9, "phash", 0.9, same=False)]) == {}


def proposed(subject, *origins):
    found = proposals_for(subject, origins or tuple(Origin), KNOWN)
    return [(one["text"], one["source"], one["confidence"]) for one in found]


def test_each_source_proposes_what_the_file_has_not_the_most_confident_first():
    linked = [
        *(("beach", "prompt", None), ("masterpiece", "prompt", 1.3), ("red_dress", "prompt", 1.3)),
        *(("fog", "negative_prompt", None), ("Places|Italy", "xmp", None), ("SEA", "person", None)),
    ]
    subject = Subject(["Travel", "Italy", "Beach", "100CANON"], linked, [NEAR, COPY])
    assert proposed(subject) == [
        ("sand", "similar", 1.0),
        ("dune", "similar", 0.9),
        ("red dress", "prompt", 0.65),
        ("beach", "prompt", 0.5),
        ("Beach", "folder", 0.45),
        ("Travel", "folder", 0.15),
    ]
    assert subject.keywords == ["Places|Italy", "SEA"]
    assert proposed(subject, Origin.MODEL) == []
    similar = proposals_for(subject, [Origin.SIMILAR], KNOWN)
    assert [(one["by"], one["like"]) for one in similar] == [("bytes", "m/copy.jpg"), ("phash", "m/near.jpg")]
    others = proposals_for(subject, [Origin.FOLDER, Origin.PROMPT], KNOWN)
    assert {(one["by"], one["like"]) for one in others} == {(None, None)}


@pytest.mark.parametrize(("weight", "confidence"), [(None, 0.5), (0.05, 0.1), (1.4, 0.7), (9.0, 0.9)])
def test_the_weight_of_a_phrase_is_its_confidence_within_bounds(weight, confidence):
    assert proposed(Subject([], [("owl", "prompt", weight)], [])) == [("owl", "prompt", confidence)]


def test_a_source_proposes_a_bounded_number_the_most_confident_ones():
    phrases = [(f"owl number{number}", "prompt", 0.4 + number / 50) for number in range(60)]
    found = proposed(Subject([], phrases, []), Origin.PROMPT)
    assert [text for text, *_ in found] == [f"owl number{number}" for number in reversed(range(10, 60))][:MOST]
