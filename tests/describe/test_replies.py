"""What a server sent back, read without trust."""

import json

import pytest

from app.describe.replies import Meaning, Reply, error_code, error_words, meaning_of, read_reply
from app.descriptions import Usage


def completion(message=None, usage=None, **choice):
    choice = {"message": {"content": "text"} if message is None else message, "finish_reason": "stop", **choice}
    return json.dumps({"choices": [choice]} | ({} if usage is None else {"usage": usage}))


def test_a_completion_is_read_with_its_tokens():
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
    assert read_reply(completion(usage=usage)) == Reply("text", "stop", usage=Usage(10, 2, 4))


@pytest.mark.parametrize(
    "body", ["", "<html>", "[" * 100_000, "[]", "3", "{}", '{"choices": []}', '{"choices": [3]}', '{"choices": {}}']
)
def test_what_is_no_completion_is_none(body):
    assert read_reply(body) is None


@pytest.mark.parametrize(
    "usage",
    [
        None,
        3,
        {},
        {"prompt_tokens": 10},
        {"prompt_tokens": "10", "completion_tokens": 2},
        {"prompt_tokens": -1, "completion_tokens": 2},
        {"prompt_tokens": True, "completion_tokens": 2},
        {"prompt_tokens": 0, "completion_tokens": 0},
    ],
)
def test_tokens_that_make_no_sense_are_not_told(usage):
    assert read_reply(completion(usage=usage)).usage is None


@pytest.mark.parametrize(("total", "tokens_out"), [(500, 490), (12, 2), (3, 2), (2**40, 2), ("500", 2)])
def test_thoughts_that_are_in_the_total_alone_are_charged_as_well(total, tokens_out):
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": total}
    assert read_reply(completion(usage=usage)).usage == Usage(10, tokens_out)


def test_more_cached_tokens_than_went_in_are_as_many():
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 40}}
    assert read_reply(completion(usage=usage)).usage == Usage(10, 2, 10)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": '{"a":'}, {"type": "text", "text": " 1}"}], '{"a": 1}'),
        ([{"type": "thinking", "text": "hm"}, {"type": "text", "text": "yes"}, "x", None], "yes"),
        ([{"type": "text", "text": [{"type": "text", "text": "deep"}]}, {"type": "text"}], ""),
        ([], ""),
        ({"type": "text", "text": "no list"}, ""),
    ],
)
def test_the_parts_of_an_answer_are_read_together(content, text):
    assert read_reply(completion({"content": content})).text == text


def test_a_mark_of_the_order_of_bytes_hides_no_completion():
    assert read_reply(f"\ufeff{completion()}") == Reply("text", "stop")


def test_a_refusal_is_one_whoever_refuses():
    assert read_reply(completion({"content": None, "refusal": "I cannot"})).refused
    assert read_reply(completion(finish_reason="content_filter")).refused
    assert not read_reply(completion({"content": [], "refusal": None})).refused


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (429, None, Meaning.BUSY),
        (429, "insufficient_quota", Meaning.NO_CREDIT),
        (402, None, Meaning.NO_CREDIT),
        (400, None, Meaning.REQUEST),
        (400, "model_not_found", Meaning.NO_MODEL),
        (400, "content_filter", Meaning.FILTERED),
        (413, None, Meaning.REQUEST),
        (401, None, Meaning.NO_ENTRY),
        (403, "x", Meaning.NO_ENTRY),
        (404, None, Meaning.NO_MODEL),
        (307, None, Meaning.ELSEWHERE),
        (408, None, Meaning.LOST),
        (500, None, Meaning.LOST),
        (503, "x", Meaning.LOST),
        (405, None, Meaning.REFUSED),
    ],
)
def test_a_status_means_the_picture_the_provider_or_a_time(status, code, meaning):
    assert meaning_of(status, code) is meaning


def test_what_an_error_says_is_told_on_one_line_unless_it_quotes_what_was_sent():
    error = json.dumps({"error": {"message": "no\npictures\0 here " + "x" * 500, "code": "no_pictures"}})
    assert error_words(error, ["the prompt"]).startswith("no pictures here xxx")
    assert len(error_words(error, [])) == 200
    quoting = json.dumps({"error": {"message": "bad input: 'Say what\nstands here'", "code": "bad", "type": "t"}})
    assert error_words(quoting, ["Please say: Say  what stands here."]) == "bad"
    assert error_words('{"error": "plain words"}', []) == "plain words"
    assert error_words("<html>", []) == ""


def test_a_code_is_a_plain_word():
    assert error_code('{"error": {"code": 400, "type": "bad_request"}}') == "bad_request"
    assert error_code('{"error": {"code": "not a word"}}') is None
