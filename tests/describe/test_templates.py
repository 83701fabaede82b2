"""Templates: what is sent of them, what their hash depends on, and what of a file cannot be used."""

import re

import pytest

from app.describe.template_files import SHIPPED, template_from, templates
from app.describe.templates import OF_THE_LIBRARY
from app.errors import InvalidRequest

WHOLE = """
title = "Shelf"
prompt = "Say what stands here."
language = "German"
[fields.title]
type = "text"
max_characters = 60
[fields.state]
type = "choice"
choices = ["full", "empty"]
required = false
"""


def read(text):
    return template_from("shelf", text.encode())


def test_the_shipped_ones_can_be_used_and_ask_for_what_the_library_knows():
    found = templates()
    assert list(found.usable) == ["alt-text", "caption", "catalogue"]
    assert found.complaints == {}
    assert {field.name for field in found.usable["caption"].fields} == set(OF_THE_LIBRARY)


def test_the_schema_is_strict_and_what_is_not_required_may_be_null():
    assert read(WHOLE).schema == {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "state": {"type": ["string", "null"], "enum": ["full", "empty", None]},
        },
        "required": ["title", "state"],
        "additionalProperties": False,
    }


def test_the_words_say_prompt_language_fields_and_limits():
    words = read(WHOLE).words
    for said in ("Say what stands here.", "German", "title (text of at most 60 characters)", 'one of "full", "empty"'):
        assert said in words


def test_the_hash_depends_on_what_is_sent_alone():
    before = read(WHOLE).sha256
    assert read("# a comment\n" + WHOLE.replace('title = "Shelf"', 'title   =  "Board"')).sha256 == before
    for old, new in (
        ("stands", "lies"),
        ("German", "French"),
        ("60", "61"),
        ('"full"', '"filled"'),
        (".state", ".how"),
    ):
        assert read(WHOLE.replace(old, new)).sha256 != before, new


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("title = ", "it is no TOML"),
        ("prompt = 'x'\n[fields.a]\ntype='text'", "title is needed"),
        (WHOLE + "max = 3", "fields.state.max is no key of a template"),
        (WHOLE.replace('"text"', '"words"'), "fields.title.type "),
        (WHOLE.replace("60", "0"), "fields.title.max_characters must be at least 1"),
        (
            WHOLE.replace('type = "text"', 'type = "number"').replace("max_characters = 60", ""),
            "as the library knows it",
        ),
        (WHOLE.replace('choices = ["full", "empty"]', ""), "fields.state: choices and the type 'choice'"),
        (WHOLE.replace('["full", "empty"]', '["full", "Full"]'), "fields.state: choices has one twice"),
        (WHOLE.replace("max_characters = 60", "max_items = 3"), "fields.title: max_items is for the type 'list'"),
        (WHOLE.replace("fields.state", 'fields."a b"'), "must be named with"),
        ("title='x'\nprompt='y'\n[fields]", "fields "),
        ("title='x'\nprompt='y'\n[[fields]]\ntype='text'", "fields must be a table, as in [fields.title]"),
        ("title='x'\nprompt='y'\n[fields]\ntitle='text'", "fields.title must be a table, as in [fields.title]"),
    ],
)
def test_a_bad_file_is_told_with_the_key_at_fault(text, complaint):
    with pytest.raises(ValueError, match=re.escape(complaint)):
        read(text)


def test_ones_own_take_the_place_of_shipped_ones_and_a_bad_one_leaves_the_others(tmp_path):
    (tmp_path / "caption.toml").write_text(WHOLE)
    (tmp_path / "bad.toml").write_text("title = ")
    (tmp_path / "alt-text.toml").write_text("no")
    found = templates(tmp_path)
    assert (list(found.usable), list(found.complaints)) == (["caption", "catalogue"], ["alt-text", "bad"])
    assert found.named("caption").title == "Shelf"
    for name, words in (("bad", "bad.toml: it is no TOML"), ("none", "choose one of caption, catalogue")):
        with pytest.raises(InvalidRequest, match=words) as caught:
            found.named(name)
        assert (caught.value.cause, caught.value.field) == ("unknown_template", "describe")


def test_a_folder_that_is_not_there_is_told_and_the_shipped_ones_stay(tmp_path):
    found = templates(tmp_path / "nothing")
    assert len(found.usable) == len(list(SHIPPED.glob("*.toml")))
    assert "is no folder" in next(iter(found.complaints.values()))
