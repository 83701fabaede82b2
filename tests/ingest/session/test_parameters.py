"""What may be asked for, and the sentence for what may not."""

import hashlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidRequest
from app.ingest.session.parameters import Parameters, parse_parameters, pattern_complaint
from app.media import OPTIONAL, Stage
from tests.ingest.builders import SESSION

HERE = {"directory": "m"}


def refused(values: object) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parse_parameters(values)
    sentence = caught.value.sentence
    assert sentence[-1] == "."
    assert "\n" not in sentence
    assert "Value error" not in sentence
    assert "None" not in sentence
    sentence.encode()
    return caught.value


@pytest.mark.parametrize("values", [{}, {"directories": []}, {"directory": None}])
def test_without_a_directory_a_person_is_asked_to_choose_one(values):
    error = refused(values)
    assert (error.sentence, error.field, error.cause) == ("Choose a directory first.", "directory", "no_directory")


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"directory": 5}, "directory", "must be a text"),
        ({"directory": ["m"]}, "directory", "must be a text"),
        ({"directories": "m"}, "directory", "must be a list of texts"),
        ({"directories": ["m", 5]}, "directory", "must be a text"),
        ({"directory": "m", "directories": ["n"]}, None, "not both"),
        ({**HERE, "pattern": 5}, "pattern", "must be a text"),
        ({**HERE, "nsfw_threshold": 7}, "nsfw_threshold", "at most 1"),
        ({**HERE, "nsfw_threshold": -0.1}, "nsfw_threshold", "at least 0"),
        ({**HERE, "nsfw_threshold": math.nan}, "nsfw_threshold", "must be a number"),
        ({**HERE, "nsfw_threshold": "much"}, "nsfw_threshold", "number"),
        ({**HERE, "nsfw_threshold": None}, "nsfw_threshold", "number"),
        ({**HERE, "max_files": 0}, "max_files", "at least 1"),
        ({**HERE, "max_files": -1}, "max_files", "at least 1"),
        ({**HERE, "max_files": 2.5}, "max_files", "must be a whole number"),
        ({**HERE, "max_files": "all"}, "max_files", "must be a whole number"),
        ({**HERE, "min_bytes": -1}, "min_bytes", "at least 0"),
        ({**HERE, "max_bytes": 1.5}, "max_bytes", "must be a whole number"),
        ({**HERE, "min_bytes": 2, "max_bytes": 1}, "max_bytes", "No file has at least 2 and at most 1 bytes"),
        ({**HERE, "workers": 0}, "workers", "at least 1"),
        ({**HERE, "workers": 65}, "workers", "at most 64"),
        ({**HERE, "recursive": "maybe"}, "recursive", "must be true or false"),
        ({**HERE, "recursive": None}, "recursive", "must be true or false"),
        ({**HERE, "skip_existing": []}, "skip_existing", "must be true or false"),
        ({"q": "x" * 4_001}, "q", "at most 4,000 characters"),
        ({**HERE, "describe": "caption"}, "describe", "must be a JSON object"),
        ({**HERE, "describe": {"template": ""}}, "describe.template", "must not be empty"),
        ({**HERE, "describe": {"template": "\ud800"}}, "describe.template", "no text can have"),
        ({"q": " \t"}, "q", "Write what to search for"),
        ([], None, "JSON object"),
        (None, None, "JSON object"),
        ("m", None, "JSON object"),
        ({**HERE, "\ud800": 1}, None, "parameter"),
    ],
)
def test_bad_input_is_refused_with_a_sentence_and_its_field(values, field, words):
    error = refused(values)
    assert error.field == field
    assert words in error.sentence


def test_an_unknown_parameter_is_named():
    error = refused({**HERE, "treshold": 0.5})
    assert (error.sentence, error.field) == ("There is no parameter named 'treshold'.", "treshold")
    assert error.cause == "unknown_parameter"


@pytest.mark.parametrize("pattern", ["", " ", "*.png||*.jpg", "|", "*.jpg| "])
def test_an_empty_part_of_a_pattern_is_refused(pattern):
    error = refused({**HERE, "pattern": pattern})
    assert (error.field, error.cause) == ("pattern", "bad_pattern")
    assert "empty part" in error.sentence


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("a/b", "cannot contain /"),
        ("a\0", "no file name"),
        ("[ab", "does not close"),
        ("[]", "does not close"),
        ("*" * 1001, "longer than 1000"),
        ("\ud800*", "no file name"),
    ],
)
def test_a_pattern_that_can_match_nothing_is_refused(pattern, words):
    error = refused({**HERE, "pattern": pattern})
    assert (error.field, error.cause) == ("pattern", "bad_pattern")
    assert words in error.sentence


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("*", [b"a", b".a", b"\xff"], []),
        ("*.png|*.jpg", [b"a.png", b"a.JPG", b"a.b.png"], [b"a.gif", b"png", b"a.png.txt"]),
        (" *.png | *.jpg ", [b"a.png", b"a.jpg"], [b"a.gif"]),
        ("IMG_?.jpg", [b"img_1.JPG"], [b"img_10.jpg", b"img_.jpg"]),
        ("[a-c]*", [b"apple", b"CAT"], [b"dog"]),
        ("[!a-c]*", [b"dog"], [b"apple"]),
        ("caf\u00e9*", ["CAF\u00c9.jpg".encode()], [b"cafe.jpg", b"caf\xe9.jpg"]),
        ("*\\xe9.jpg", [b"caf\xe9.jpg"], ["caf\u00e9.jpg".encode()]),
        ("a.jpg", [b"a.jpg"], [b"abjpg", b"a.jpg\n", b"xa.jpg"]),
        ("a*b", [b"a\nb", b"ab"], [b"abc"]),
        ("a|b*", [b"a", b"bcd"], [b"ab", b"acd"]),
    ],
)
def test_a_pattern_is_globs_joined_by_bars_against_the_name_whatever_its_case(pattern, matching, others):
    asked = parse_parameters({**HERE, "pattern": pattern})
    assert [name for name in matching if not asked.takes(name, 0)] == []
    assert [name for name in others if asked.takes(name, 0)] == []


@given(st.text(max_size=40), st.binary(max_size=40))
def test_any_pattern_is_refused_or_can_be_matched(pattern, name):
    if pattern_complaint(pattern) is None:
        assert parse_parameters({**HERE, "pattern": pattern}).takes(name, 0) in {True, False}


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_json_at_all_brings_anything_but_a_sentence(values):
    try:
        parse_parameters(values)
    except InvalidRequest as error:
        assert error.sentence  # noqa: PT017 - either is fine
    try:
        parse_parameters({"directory": "m", "pattern": values, "max_files": values})
    except InvalidRequest as error:
        assert error.sentence  # noqa: PT017


def test_the_defaults_are_those_of_the_contract():
    assert parse_parameters(HERE).as_json == {
        "q": None,
        "directories": ["m"],
        "recursive": True,
        "pattern": "*",
        "min_bytes": None,
        "max_bytes": None,
        "enable_nsfw_detection": True,
        "nsfw_threshold": 0.8,
        "extract_metadata": True,
        "extract_keywords": True,
        "import_scores": True,
        "generate_thumbnails": True,
        "read_barcodes": False,
        "detect_objects": False,
        "describe": None,
        "skip_existing": True,
        "max_files": None,
        "workers": None,
    }


@pytest.mark.parametrize("name", ["read_barcodes", "detect_objects"])
def test_what_older_programs_do_not_know_is_kept_only_where_it_is_asked_for(name):
    asked = parse_parameters({**HERE, name: True})
    later = {"read_barcodes": False, "detect_objects": False, "describe": None, "q": None}
    assert parse_parameters(HERE).as_kept | later == parse_parameters(HERE).as_json
    assert asked.as_kept.keys() & later.keys() == {name}
    assert Parameters.model_validate(asked.as_kept) == asked


def test_files_are_named_by_folders_or_by_a_search_and_not_by_both():
    found = parse_parameters({"q": "cat"})
    assert (found.directories, found.q, found.walks) == ((), "cat", False)
    assert Parameters.model_validate(found.as_kept) == found
    for both in ({"directory": "m"}, {"directories": ["m"]}):
        with pytest.raises(InvalidRequest, match="either a directory or q"):
            parse_parameters({"q": "cat", **both})


def test_requests_for_the_same_files_are_the_same_in_whatever_order_they_name_the_formats():
    one, other = (
        parse_parameters({**HERE, "describe": {"template": "caption", "write": write}})
        for write in (["json", "docx"], ["docx", "json", "docx"])
    )
    assert one == other


@pytest.mark.parametrize(
    ("describe", "field"),
    [
        ({}, "describe.template"),
        ({"template": "caption", "budget_usd": -1}, "describe.budget_usd"),
        ({"template": "caption", "budget_usd": True}, "describe.budget_usd"),
        ({"template": "caption", "write": ["pdf"]}, "describe.write.0"),
        ({"template": "caption", "commit": "at once"}, "describe.commit"),
        ({"template": "caption", "prompt": "x"}, "describe.prompt"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused_at_its_field(describe, field):
    with pytest.raises(InvalidRequest) as refused:
        parse_parameters({**HERE, "describe": describe})
    assert refused.value.field == field


def test_only_a_retry_has_the_parameters_of_a_retry():
    for name in ("retry_of", "retry_cause", "retry_chosen"):
        with pytest.raises(InvalidRequest) as caught:
            parse_parameters({**HERE, name: None})
        assert (caught.value.field, caught.value.cause) == (name, "unknown_parameter")
    asked = {**HERE, "pattern": "*.png", "max_files": 3, "enable_nsfw_detection": False}
    retry = parse_parameters(asked).retrying(SESSION, "empty_file", ("m/a.png",)).as_json
    digest = hashlib.sha256(b"m/a.png").hexdigest()
    told = {"retry_of": SESSION, "retry_cause": "empty_file", "retry_chosen": digest}
    changed = {"pattern": "*", "max_files": None, "skip_existing": False, "enable_nsfw_detection": False}
    assert retry == parse_parameters(HERE).as_json | told | changed


def test_requests_are_the_same_when_they_are_equal_after_defaults():
    spelled_out = parse_parameters({"directories": ["m"], "pattern": "*", "nsfw_threshold": 0.8, "max_files": None})
    assert parse_parameters(HERE) == spelled_out
    assert parse_parameters({**HERE, "nsfw_threshold": "0.8"}) == spelled_out
    for other in ({"pattern": "*.jpg"}, {"max_files": 5}, {"workers": 2}, {"skip_existing": False}):
        assert parse_parameters({**HERE, **other}) != spelled_out


def test_parameters_survive_json():
    asked = parse_parameters({"directories": ["m/a", "m/b"], "max_files": 3, "recursive": False})
    assert Parameters.model_validate(asked.model_dump(mode="json")) == asked
    assert Parameters.model_validate_json(asked.model_dump_json()) == asked


@pytest.mark.parametrize(
    ("switch", "stage"),
    [
        ("enable_nsfw_detection", Stage.NSFW),
        ("extract_metadata", Stage.METADATA),
        ("extract_keywords", Stage.KEYWORDS),
        ("import_scores", Stage.SCORE),
        ("generate_thumbnails", Stage.THUMBNAIL),
    ],
)
def test_each_switch_asks_for_its_stage(switch, stage):
    assert parse_parameters({**HERE, switch: False}).wanted == frozenset(Stage) - OPTIONAL - {stage}


@pytest.mark.parametrize(("switch", "stage"), [("read_barcodes", Stage.BARCODES), ("detect_objects", Stage.DETECT)])
def test_a_stage_that_is_optional_runs_only_if_it_is_asked_for(switch, stage):
    assert parse_parameters({**HERE, switch: True}).wanted - parse_parameters(HERE).wanted == {stage}
    assert stage in OPTIONAL


def test_a_file_is_always_identified():
    switches = ("enable_nsfw_detection", "extract_metadata", "extract_keywords", "import_scores", "generate_thumbnails")
    assert parse_parameters({**HERE, **dict.fromkeys(switches, False)}).wanted == {Stage.IDENTIFY}


@pytest.mark.parametrize(
    ("limits", "taken"),
    [
        ({}, [0, 9, 10, 11, 1 << 60]),
        ({"min_bytes": 10}, [10, 11, 1 << 60]),
        ({"max_bytes": 10}, [0, 9, 10]),
        ({"min_bytes": 10, "max_bytes": 10}, [10]),
        ({"max_bytes": 0}, [0]),
    ],
)
def test_files_within_the_limits_of_their_size_are_asked_for(limits, taken):
    asked = parse_parameters({**HERE, **limits})
    assert [size for size in (0, 9, 10, 11, 1 << 60) if asked.takes(b"a.jpg", size)] == taken


def test_a_retry_looks_at_failed_files_of_any_size():
    asked = parse_parameters({**HERE, "min_bytes": 1, "max_bytes": 2}).retrying(SESSION, None, ())
    assert (asked.min_bytes, asked.max_bytes) == (None, None)


def test_parameters_from_before_there_were_limits_are_those_without_them():
    values = {name: value for name, value in parse_parameters(HERE).as_json.items() if not name.endswith("_bytes")}
    assert Parameters.model_validate(values) == parse_parameters({**HERE, "min_bytes": None})
