"""What stands of a description, and what is told of its file and its request in words."""

import json
from decimal import Decimal

import pytest

from app.export.descriptions.described import described_of, texts_of
from app.export.descriptions.details import MOST_CHARACTERS, as_size, details_of, in_words
from app.export.descriptions.structured import as_json
from app.library.describing.described import DescribedFile
from app.media import Place
from tests.export.descriptions.made import FACTS, SAID, described, run

ROW = FACTS | {"orientation": 6, "sources": {}, "title": "the file's", "caption": None, "keywords": []}


def found(row=ROW, rejected=(), **others):
    return described_of(DescribedFile(Place("m", b"a/1.jpg"), "s", run(**others), row, rejected))


def test_what_the_model_said_stands_where_nobody_said_anything():
    made = found()
    assert (made.path, made.name) == ("m/a/1.jpg", "1.jpg")
    assert (made.title, made.description, made.keywords) == ("Red car", "A red car on a quay.", ("car", "sea"))
    assert made.said == SAID
    assert (made.facts["width"], made.facts["height"]) == (3024, 4032)  # as a person sees it
    assert found(row=None).facts == {}


def test_the_word_of_a_person_stands_above_that_of_a_model():
    words = [{"text": text, "source": source} for text, source in (("Sea", "person"), ("quay", "person"), ("x", "xmp"))]
    row = ROW | {"title": "Mine", "caption": "My words", "keywords": words}
    made = found(row | {"sources": {"title": "person", "caption": "person"}})
    assert (made.title, made.description, made.keywords) == ("Mine", "My words", ("car", "sea", "quay"))
    assert found(row | {"sources": {"title": "xmp"}}).title == "Red car"
    left = found(rejected={("title", "Red car"), ("caption", "A red car on a quay."), ("keyword", "car")})
    assert (left.title, left.description, left.keywords) == (None, None, ("sea",))
    assert left.said == SAID


def test_a_template_need_not_have_the_fields_of_the_library():
    made = found(output={"alt_text": "A car.", "keywords": None})
    assert (made.title, made.description, made.keywords) == (None, None, ())


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (None, []),
        ("  a\n", ["a"]),
        (" ", []),
        (True, ["Yes"]),
        (1984, ["1984"]),
        (["a", None, ["b", ""]], ["a", "b"]),
        ({"a": 1, "b": ["x", "y"]}, ["a: 1", "b: x", "b: y"]),
    ],
)
def test_every_value_is_told_as_texts(value, texts):
    assert texts_of(value) == texts


def test_json_has_the_same_names_in_the_same_order_whatever_was_said():
    whole, bare = (json.loads(as_json(one)) for one in (described(), described(title=None, facts={}, said={})))
    assert list(whole) == list(bare)
    assert list(whole["run"]) == list(bare["run"])
    assert (whole["version"], whole["fields"], whole["file"]) == (1, SAID, FACTS)
    assert (whole["run"]["cost_usd"], whole["run"]["tokens_out"]) == (0.0004, 210)
    assert (bare["title"], bare["file"], bare["fields"]) == (None, None, {})
    free = json.loads(as_json(described(run=run(cost=None, usage=None))))["run"]
    assert (free["cost_usd"], free["tokens_in"]) == (None, None)


def test_json_holds_what_no_program_can_read_in_a_way_that_it_can():
    odd = described(title="a\0b\ud800", said={"x": float("nan"), "y": ["\udfff"]})
    read = json.loads(as_json(odd).decode())
    assert (read["title"], read["fields"]) == ("ab\ufffd", {"x": None, "y": ["\ufffd"]})


def test_the_table_says_what_the_file_is_and_how_the_description_came_about():
    assert dict(details_of(described())) == {
        "File": "photos/a/IMG_1.jpg",
        "Taken": "3 May 2024, 10:11 (+02:00)",
        "Camera": "FUJIFILM X-T5",
        "Lens": "XF23mm",
        "Dimensions": "4,032 \N{MULTIPLICATION SIGN} 3,024 px",
        "Size": "2.4 MB",
        "Format": "JPEG",
        "Model": "m-mini (default)",
        "Template": "catalogue",
        "Described": "30 November 2026, 18:21 UTC",
        "Cost": "$0.0004",
    }
    assert [label for label, _ in details_of(described(facts={}))] == ["File", "Model", "Template", "Described", "Cost"]


def test_a_long_prompt_is_cut_in_the_table():
    text = dict(details_of(described(facts=FACTS | {"prompt": "x" * 50_000})))["Prompt"]
    assert text == "x" * MOST_CHARACTERS + "… (48,000 more characters)"


@pytest.mark.parametrize(("make", "model", "camera"), [("NIKON CORPORATION", "NIKON D5", "NIKON D5"), (None, "M", "M")])
def test_a_camera_is_named_with_its_maker_once(make, model, camera):
    facts = FACTS | {"camera_make": make, "camera_model": model}
    assert dict(details_of(described(facts=facts)))["Camera"] == camera


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (None, ""),
        ("2003", "2003"),
        ("2003-11", "November 2003"),
        ("2003-11-03", "3 November 2003"),
        ("2003-11-03T07:05:00", "3 November 2003, 07:05"),
        ("about 1900", "about 1900"),
        ("2003-13", "2003-13"),
    ],
)
def test_a_moment_is_told_as_far_as_it_goes(at, words):
    assert in_words(at) == words


def test_sizes_are_told_with_as_many_digits_as_they_need():
    sizes = (0, 999, 1_000, 999_949, 2_400_000, 350_000_000)
    assert [*map(as_size, sizes)] == ["0 bytes", "999 bytes", "1.0 kB", "1.0 MB", "2.4 MB", "350 MB"]


def test_a_cost_that_is_not_known_is_said_to_be_so():
    costs = (None, Decimal(0), Decimal("0.0004"))
    told = [dict(details_of(described(run=run(cost=cost))))["Cost"] for cost in costs]
    assert told == ["not known", "$0.0000", "$0.0004"]
