"""What a person says of a file: checked, written, told in the log, and stronger than any later reading."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.errors import InvalidRequest, UnknownFile
from app.library.rows import row_of
from app.library.saying.deciding import columns_after
from app.library.saying.editing import (
    FIELDS,
    MAX_CHARACTERS,
    MAX_KEYWORDS,
    as_asked,
    in_brief,
    parse_edit,
    sentence_of,
)
from app.library.saying.personal import NOTHING, Words, carrying, said, words_on_new_bytes
from app.library.tables import EVENTS
from app.media import Keyword, Metadata, Outcome, Place, Rating, Stage
from tests.ingest.builders import EVERY_STAGE, OTHER_SESSION, SESSION, analysis, failure, found, without

EMBEDDED = Metadata(
    title="of the file",
    caption="also of the file",
    taken_at="2001-02-03",
    taken_at_rule="exif DateTimeOriginal",
    sources={"title": "exif", "caption": "exif", "taken_at": "exif"},
)
READ = analysis(metadata=EMBEDDED, score=2)
EVERYTHING = {
    "score": 5,
    "title": "mine",
    "caption": None,
    "creator": "I",
    "copyright": "mine too",
    "label": "Red",
    "taken_at": "2020-05-06T07:08:09+02:00",
    "keywords": ["sea", "holiday"],
}
SET = {name: EVERYTHING[name] for name in EVERYTHING if name != "keywords"}


@pytest.fixture
def commit(library):
    def write(result, session_id=OTHER_SESSION, lost=()):
        return library.commit_single_file_to_database(session_id, result, nsfw_threshold=0.8, look=without(*lost))

    return write


@pytest.fixture
def edited(library, commit):
    """A library with one file of which a person said everything."""
    commit(READ, SESSION)
    library.edit(Place("m", b"a.jpg"), parse_edit(EVERYTHING))
    return library


def own_words(row):
    return [word["text"] for word in row["keywords"] if word["source"] == "person"]


def assert_is_the_persons(row):
    assert {name: row[name] for name in SET} == SET
    assert (row["score_source"], row["taken_at_rule"]) == ("person", "person")
    assert {name for name, source in row["sources"].items() if source == "person"} == SET.keys() - {"score"}
    assert own_words(row) == ["holiday", "sea"]


# -- the rule, without a database --------------------------------------------------------------------------------


ROW = row_of(READ, None)
OWN, KEPT, THEIRS = (Words({"title": title}) for title in ("own", "kept", "theirs"))


def test_what_is_set_carries_the_source_person_and_the_rest_stays():
    columns = columns_after(ROW, parse_edit({"title": "mine", "score": None}))
    assert columns == {
        "title": "mine",
        "score": None,
        "score_source": "person",
        "sources": {**EMBEDDED.sources, "title": "person"},
    }


def test_what_is_set_to_the_same_again_changes_nothing():
    once = ROW | columns_after(ROW, parse_edit(SET))
    assert columns_after(once, parse_edit(SET)) == {}


def test_a_field_that_is_released_is_none_and_its_stage_pending():
    mine = ROW | columns_after(ROW, parse_edit(SET))
    columns = columns_after(mine, parse_edit({"release": ["taken_at", "score", "keywords"]}))
    assert (columns["taken_at"], columns["taken_at_rule"], columns["score"], columns["score_source"]) == (None,) * 4
    assert "taken_at" not in columns["sources"]
    assert EVERY_STAGE - {Stage(stage) for stage in columns["stages"]} == {Stage.METADATA, Stage.SCORE}


def test_a_field_that_is_not_a_persons_is_not_released():
    assert columns_after(ROW, parse_edit({"release": ["title", "score", "creator"]})) == {}


def test_a_row_without_sources_can_be_spoken_of():
    bare = ROW | {"sources": None}
    assert columns_after(bare, parse_edit({"label": "Red"})) == {"label": "Red", "sources": {"label": "person"}}
    assert carrying(ROW, said(bare)) == {}


@pytest.mark.parametrize("ran", [EVERY_STAGE, frozenset()], ids=["every stage ran", "none ran"])
@pytest.mark.parametrize("content", [b"content", b"other"], ids=["the same bytes", "other bytes"])
def test_a_row_keeps_what_a_person_set_whatever_is_read(ran, content):
    mine = ROW | columns_after(ROW, parse_edit(SET))
    after = row_of(analysis(metadata=replace(EMBEDDED, title="new"), content=content, ran=ran, score=1), mine)
    assert {name: after[name] for name in SET} == SET
    assert {after["sources"][name] for name in SET.keys() - {"score"}} == {after["score_source"]} == {"person"}


def test_a_row_that_carries_other_words_has_none_of_its_own():
    mine = ROW | columns_after(ROW, parse_edit({"title": "mine", "score": 4, "taken_at": "2001-01-01"}))
    row = mine | carrying(mine, Words({"caption": "theirs"}))
    assert said(row) == Words({"caption": "theirs"})
    assert row["sources"] == {**{k: v for k, v in mine["sources"].items() if v != "person"}, "caption": "person"}
    assert said(mine | carrying(mine, NOTHING)) == NOTHING


@pytest.mark.parametrize(
    ("of_a_copy", "kept", "known", "which"),
    [
        (THEIRS, KEPT, True, THEIRS),
        (None, KEPT, True, KEPT),
        (None, NOTHING, False, NOTHING),
        (None, None, True, NOTHING),
        (None, None, False, OWN),
    ],
    ids=[
        "in another row",
        "kept",
        "kept that there is none",
        "another row without words",
        "bytes that nobody has seen",
    ],
)
def test_the_words_on_new_bytes_are_those_said_of_these_bytes_if_they_are_known(of_a_copy, kept, known, which):
    assert words_on_new_bytes(OWN, of_a_copy=of_a_copy, kept=kept, known=known) == which


# -- in the library ----------------------------------------------------------------------------------------------


def test_everything_that_a_person_says_is_in_the_row(edited):
    row = edited.file(Place("m", b"a.jpg"))
    assert_is_the_persons(row)
    assert {"text": "sea", "source": "xmp", "weight": None} in row["keywords"], "the file's own words stay"
    assert row["session_id"] == SESSION
    assert row["updated_at"] > row["ingested_at"]


@pytest.mark.parametrize(
    "again",
    [
        READ,
        analysis(found(sidecar="xmp=9:9"), metadata=replace(EMBEDDED, title="sidecar's"), score=1, keywords=("tree",)),
        analysis(content=b"other", metadata=EMBEDDED, keywords=(), score=1),
        analysis(content=b"other", ran=()),
        analysis(metadata=EMBEDDED, version="3", keywords=("tree",), score=None),
        analysis(content=b"other", failed={Stage.METADATA: "damaged_metadata", Stage.KEYWORDS: "damaged_metadata"}),
        failure(),
    ],
    ids=["the same", "a sidecar", "other bytes", "other bytes unread", "a new version", "damaged", "failed"],
)
def test_a_reingest_never_overwrites_it(edited, commit, again):
    commit(again)
    assert_is_the_persons(edited.file(Place("m", b"a.jpg")))


def test_a_reading_that_finds_nothing_new_leaves_the_file_unchanged(edited, commit):
    assert commit(READ).outcome == Outcome.UNCHANGED


def test_a_score_that_a_person_set_is_not_counted_as_imported(edited, commit):
    event = commit(analysis(content=b"other", score=1, keywords=("tree",)))
    assert event.detail["stats"]["scores_imported"] == 0
    assert event.detail["stats"]["keywords_added"] == 1


def test_it_moves_along(edited, commit):
    assert commit(analysis(found(b"b/new.jpg"), metadata=EMBEDDED, score=1), lost=[b"a.jpg"]).outcome == Outcome.MOVED
    assert_is_the_persons(edited.file(Place("m", b"b/new.jpg")))


def test_what_is_released_is_read_anew_by_the_next_session(edited, commit):
    edited.edit(Place("m", b"a.jpg"), parse_edit({"release": ["title", "score", "keywords"]}))
    row = edited.file(Place("m", b"a.jpg"))
    assert (row["title"], row["score"], row["score_source"], own_words(row)) == (None, None, None, [])
    assert row["label"] == "Red"
    pending = EVERY_STAGE - {Stage(stage) for stage in edited.known(Place("m"))[b"a.jpg"].stages}
    assert pending == {Stage.METADATA, Stage.SCORE}
    event = commit(replace(READ, rating=Rating(2, "xmp")))
    row = edited.file(Place("m", b"a.jpg"))
    assert (event.outcome, event.detail["stats"]["scores_imported"]) == (Outcome.UPDATED, 1)
    assert (row["title"], row["sources"]["title"], row["score"], row["score_source"]) == (
        "of the file", "exif", 2, "xmp",
    )  # fmt: skip
    assert row["label"] == "Red"


@pytest.mark.parametrize("none", [[], None])
def test_keywords_are_the_whole_list_of_the_persons_own(edited, none):
    edited.edit(Place("m", b"a.jpg"), parse_edit({"keywords": ["sea", "winter"]}))
    assert own_words(edited.file(Place("m", b"a.jpg"))) == ["sea", "winter"]
    edited.edit(Place("m", b"a.jpg"), parse_edit({"keywords": none}))
    row = edited.file(Place("m", b"a.jpg"))
    assert own_words(row) == []
    assert Keyword(**row["keywords"][0]) == Keyword("sea", "xmp")


def test_an_edit_is_told_in_the_history_of_the_path_and_of_no_session(edited, commit):
    edited.edit(Place("m", b"a.jpg"), parse_edit({"release": ["title"], "score": 1}))
    answers = edited.history.events(Place("m", b"a.jpg"))
    assert [(event.kind, event.outcome, event.reason) for event in answers] == [
        ("file_complete", "added", None),
        (
            "edited",
            "edited",
            "A person set caption, copyright, creator, keywords, label, score, taken at and title.",
        ),
        ("edited", "edited", "A person set score and gave title back to the file."),
    ]
    assert answers[1].detail["set"]["title"] == "mine"
    assert [event.session_id for event in answers] == [SESSION, "", ""]
    assert [event.kind for event in edited.events(SESSION)] == ["file_complete"]
    assert edited.session_rows() == {}
    commit(analysis(found(b"new.jpg")), lost=[b"a.jpg"])
    assert [event.outcome for event in edited.history.events(Place("m", b"new.jpg"))] == [
        "added",
        "edited",
        "edited",
        "moved",
    ]


def test_an_edit_that_changes_nothing_leaves_no_trace(edited):
    before = edited.file(Place("m", b"a.jpg"))
    for body in (EVERYTHING, {}, {"release": []}, {"keywords": ["holiday", " sea", "sea"]}):
        edited.edit(Place("m", b"a.jpg"), parse_edit(body))
    assert edited.file(Place("m", b"a.jpg")) == before
    events = edited._engines.read(lambda c: c.execute(select(EVENTS.c.kind)).scalars().all())
    assert events == ["file_complete", "edited"]


def test_a_file_without_a_row_cannot_be_spoken_of(library):
    with pytest.raises(UnknownFile, match=r"no file m/a\.jpg"):
        library.edit(Place("m", b"a.jpg"), parse_edit({"score": 1}))


# -- what can be said --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "field", "part"),
    [
        ({"score": 6}, "score", "at most 5"),
        ({"score": -2}, "score", "at least -1"),
        ({"score": True}, "score", "whole number"),
        ({"score": 4.5}, "score", "whole number"),
        ({"score": "4"}, "score", "whole number"),
        ({"title": 7}, "title", "must be a text"),
        ({"caption": "x" * (MAX_CHARACTERS + 1)}, "caption", "at most 65,536 characters"),
        ({"taken_at": "yesterday"}, "taken_at", "ISO 8601"),
        ({"taken_at": "2026-02-30"}, "taken_at", "ISO 8601"),
        ({"taken_at": "2026-07-04T18:30:00.123456+01:02:03.123456"}, "taken_at", "ISO 8601"),
        ({"keywords": "sea"}, "keywords", "must be a list of texts"),
        ({"keywords": ["sea", 7]}, "keywords", "must be a text"),
        ({"keywords": ["sea", "\0 "]}, "keywords", "must not be empty"),
        ({"keywords": ["x" * 251]}, "keywords", "at most 250 characters"),
        ({"keywords": ["x"] * (MAX_KEYWORDS + 1)}, "keywords", "at most 1,000 keywords"),
        ({"release": ["width"]}, "release", "must be a field that can be set: score, title"),
        ({"release": "title"}, "release", "must be a list of texts"),
        ({"score": 1, "release": ["score"]}, "score", "cannot be set and released at once"),
        ({"width": 7}, "width", "no field named 'width'"),
        ({"\ud800": 7}, "\ufffd", "no field named"),
        ({"": 7}, "", "no field named ''"),
        ({"release": [7]}, "release", "must be a text"),
        ({"release": ["release"]}, "release", "must be a field that can be set"),
    ],
)
def test_what_cannot_be_said_is_refused_beside_its_field(body, field, part):
    with pytest.raises(InvalidRequest) as caught:
        parse_edit(body)
    assert caught.value.field == field
    assert part in caught.value.sentence


@pytest.mark.parametrize(
    ("said", "kept_as"),
    [
        ("2026-07-04", "2026-07-04"),
        ("2026-07-04T18:30", "2026-07-04T18:30:00"),
        (" 2026-07-04 18:30:00.25+02:00", "2026-07-04T18:30:00.250000+02:00"),
        ("2026-07-04T18:30:00Z", "2026-07-04T18:30:00+00:00"),
        ("", None),
        (None, None),
    ],
)
def test_a_time_is_written_in_one_way(said, kept_as):
    assert parse_edit({"taken_at": said}).values == {"taken_at": kept_as}


def test_a_text_is_cleaned_and_an_empty_one_says_that_there_is_none():
    edit = parse_edit({"title": " a\0b\ud800 ", "caption": " \0 ", "keywords": ["\ud800x "]})
    assert edit.values == {"title": "ab\ufffd", "caption": None}
    assert edit.keywords == ["\ufffdx"]


def test_what_is_given_back_is_named_once():
    edit = parse_edit({"release": [*FIELDS] * 1_000})
    assert edit.release == [*FIELDS]
    assert sentence_of(parse_edit({"release": ["title", "title"]})) == "A person gave title back to the file."


def test_a_sentence_and_an_event_name_a_few_of_many_keywords():
    words = [f"{number} ".ljust(250, "x") for number in range(MAX_KEYWORDS)]
    edit = parse_edit({"add_keywords": words, "title": "y" * MAX_CHARACTERS, "score": 3, "release": ["label"]})
    told = ", ".join(f"'{word}'" for word in words[:5])
    assert (
        sentence_of(edit) == f"A person set score and title, added {told} and 995 more and gave label back to the file."
    )
    assert in_brief(edit) == {
        "set": {"score": 3, "title": "y" * 249 + "\N{HORIZONTAL ELLIPSIS}"},
        "released": ["label"],
        "add_keywords": words[:5],
        "more": {"add_keywords": 995},
    }
    whole = parse_edit({"keywords": words[:6]})
    assert in_brief(whole) == {"set": {"keywords": words[:5]}, "released": [], "more": {"keywords": 1}}
    small = parse_edit({"keywords": words[:5], "taken_at": None, "nsfw": True})
    assert in_brief(small) == as_asked(small)


def test_an_event_of_a_file_is_bounded_and_names_the_edit(edited):
    words = [f"{number} ".ljust(250, "x") for number in range(MAX_KEYWORDS)]
    undo = edited.edits.edit(Place("m", b"a.jpg"), parse_edit({"keywords": words, "caption": "y" * MAX_CHARACTERS}))
    event = edited.history.events(Place("m", b"a.jpg"))[-1]
    assert event.detail["edit"] == undo
    assert len(json.dumps(event.detail)) < 4_000
    assert own_words(edited.file(Place("m", b"a.jpg"))) == sorted(words)
