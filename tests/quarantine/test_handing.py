"""What the file that is kept gets of the others."""

from typing import Any

from app.quarantine.handing import handed_on


def row(**values: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("title", "caption", "creator", "copyright", "label", "score", "score_source", "nsfw_said"))
    keywords = [{"text": text, "source": source, "weight": None} for text, source in values.pop("words", ())]
    return nothing | {"sources": {}, "keywords": keywords} | values


def test_what_the_keeper_lacks_comes_from_the_others_and_a_person_is_heard_first():
    keeper = row(title="Own", words=[("sea", "xmp")])
    others = [
        row(title="Other", caption="read", score=5, score_source="xmp", words=[("sea", "iptc"), ("boat", "iptc")]),
        row(caption="said", sources={"caption": "person"}, score=2, score_source="person", nsfw_said=False),
        row(
            creator="Ada",
            words=[("boat", "person"), ("mist", "person"), ("ugly", "negative_prompt"), ("art", "prompt")],
        ),
    ]
    assert handed_on(keeper, others) == {
        "score": 2,
        "caption": "said",
        "creator": "Ada",
        "nsfw": False,
        "add_keywords": ["boat", "mist"],
    }


def test_what_the_keeper_has_stays():
    keeper = row(score=-1, score_source="person", title="Own", nsfw_said=True, words=[("sea", "person")])
    other = row(score=5, score_source="person", title="Other", nsfw_said=False, words=[("sea", "xmp")])
    assert handed_on(keeper, [other]) == {}
    assert handed_on(keeper, []) == {}


def test_a_rejected_copy_does_not_reject_the_one_that_is_kept():
    rejected, unrated = row(score=-1, score_source="person"), row(score=0, score_source="person")
    assert handed_on(row(), [rejected, unrated]) == {}
    assert handed_on(row(), [rejected, row(score=2, score_source="xmp")]) == {"score": 2}


def test_of_ratings_that_were_read_the_highest_counts():
    assert handed_on(row(), [row(score=1, score_source="xmp"), row(score=4, score_source="exif")]) == {"score": 4}
