"""What a model wrote, held against its template."""

import json

import pytest

from app.describe.answers import InvalidAnswer, read_answer, repair_words
from app.describe.template_files import template_from
from tests.support.clock import at_most

TEMPLATE = template_from(
    "all",
    b"""
title = "All"
prompt = "Look."
[fields.title]
type = "text"
max_characters = 20
[fields.keywords]
type = "list"
max_items = 3
max_characters = 10
[fields.people]
type = "number"
required = false
[fields.outside]
type = "boolean"
[fields.model_config]
type = "choice"
choices = ["Warm", "Cold"]
""",
)
GOOD = {"title": "A red car", "keywords": ["car"], "people": 2, "outside": True, "model_config": "Warm"}


def read(**changed):
    return read_answer(json.dumps(GOOD | changed), TEMPLATE)


@pytest.mark.parametrize(
    "around",
    ["{}", "```json\n{}\n```", '<think>perhaps {{"title": 1}}</think>{}', "I see {{a car}}.\n{}\nIs it good?"],
)
def test_the_json_is_found_in_whatever_stands_around_it(around):
    assert read_answer(around.format(json.dumps(GOOD)), TEMPLATE) == GOOD


def test_the_last_object_that_fits_counts():
    draft = json.dumps(GOOD | {"title": "A draft"})
    assert read_answer(f"{draft} no, rather {json.dumps(GOOD)} {{}}", TEMPLATE)["title"] == "A red car"


@pytest.mark.parametrize(
    ("field", "said", "kept"),
    [
        ("title", " A\0 red \ud800 car\n", "A red \ufffd car"),
        ("title", "\vA\x1b red\x9f \x7fcar\v", "A red car"),
        ("title", "A\vred\x85car\r\n", "A\nred\ncar"),
        ("keywords", ["a\vcar", "b\x07"], ["a car", "b"]),
        ("title", "A red car in front of a house", "A red car in front…"),
        ("title", "Kraftfahrzeughaftpflicht", "Kraftfahrzeughaftpf…"),
        ("title", 7, "7"),
        ("keywords", ["car", "CAR", " ", "two\nwords", "much too long a keyword", "b", "c"], ["car", "two words", "b"]),
        ("keywords", [7, "much too long a keyword", 1.5, "b", "c"], ["7", "1.5", "b"]),
        ("keywords", [], []),
        ("people", 2.0, 2),
        ("people", "2.5", 2.5),
        ("people", None, None),
        ("people", "", None),
        ("outside", "yes", True),
        ("model_config", " warm", "Warm"),
        ("else", "more", None),
    ],
)
def test_each_field_is_cleaned_and_kept_within_its_limits(field, said, kept):
    assert read(**{field: said}).get(field) == kept


@pytest.mark.parametrize(
    ("field", "said", "fault"),
    [
        ("title", " ", "title is empty"),
        ("title", None, "title must be a text"),
        ("title", ["a"], "title must be a text"),
        ("title", float("nan"), "title must be a text"),
        ("keywords", "a, b", "keywords must be a list of texts"),
        ("keywords", ["a", None], "keywords must be a text"),
        ("people", float("nan"), "people must be a number"),
        ("people", 10**400, "people must be"),
        ("outside", "perhaps", "outside must be true or false"),
        ("model_config", "tepid", "model_config should be 'Warm' or 'Cold'"),
    ],
)
def test_what_does_not_fit_is_told_by_its_field(field, said, fault):
    with pytest.raises(InvalidAnswer, match=fault):
        read(**{field: said})


@pytest.mark.parametrize(
    "text",
    ["", "A red car.", '{"title": "A red', "[]", '"text"', '{"a":' * 30_000, "{" * 190_000, "<think>" * 28_000],
)
def test_what_is_no_json_object_is_told_soon(text):
    with at_most(1.0), pytest.raises(InvalidAnswer, match="it holds no JSON object"):
        read_answer(text, TEMPLATE)


def test_a_missing_field_is_told_and_an_answer_that_is_too_long_is_not_read():
    with pytest.raises(InvalidAnswer, match="title is needed"):
        read_answer("{}", TEMPLATE)
    with pytest.raises(InvalidAnswer, match="characters"):
        read_answer("x" * 200_001, TEMPLATE)


def test_the_request_for_repair_says_what_was_wrong():
    assert "title is needed" in repair_words("title is needed")
