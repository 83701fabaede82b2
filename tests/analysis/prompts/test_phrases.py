"""Phrases of prompts and their weights, in the dialect of each generator."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.prompts.phrases import split_phrases
from tests.support.clock import at_most

DIALECTS = (None, "NovelAI", "InvokeAI", "Midjourney")


def taken(prompt, generator=None):
    return [(" ".join(text.split()), weight) for text, weight in split_phrases(prompt, generator) if text]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a castle, at dawn\nfog", [("a castle", None), ("at dawn", None), ("fog", None)]),
        ("(masterpiece:1.3), best", [("masterpiece", 1.3), ("best", None)]),
        ("(one, two:1.2)", [("one", 1.2), ("two", 1.2)]),
        ("(a:1.2, b:0.8)", [("a:1.2", 0.8), ("b", 0.8)]),
        ("((very)), [less]", [("very", 1.21), ("less", 0.9091)]),
        ("{{cat, hat}}, {red} hair", [("cat", 1.1025), ("hat", 1.1025), ("red hair", None)]),
        ("(outer (inner:1.5):1.2)", [("outer inner", 1.2)]),
        ("((inner:1.5):2), ((none:2):0)", [("inner", 3.0), ("none", 0.0)]),
        ("(b:-0.5), (smile:+1.2), (c :1.3 ), (d:.5)", [("b", -0.5), ("smile", 1.2), ("c", 1.3), ("d", 0.5)]),
        ("<lora:detail:0.8> cat <hypernet:x:1>", [("cat", None)]),
        ("cat BREAK dog AND cow, BREAKFAST", [("cat", None), ("dog", None), ("cow", None), ("BREAKFAST", None)]),
        ("sky ADDCOL tree ADDROW grass", [("sky", None), ("tree", None), ("grass", None)]),
        (r"saber \(fate\), \[x\], a\b", [("saber (fate)", None), ("[x]", None), (r"a\b", None)]),
        (r"(saber \(fate\))", [("saber (fate)", 1.1)]),
        ("(red) and (blue)", [("red and blue", None)]),
        ("((a)", [("a", 1.1)]),
        ("(broken, one", [("broken", None), ("one", None)]),
        ("(broken [one), two]", [("broken one", 1.1), ("two", None)]),
        ("closed) early, x", [("closed early", None), ("x", None)]),
        ("(dots:.), (more:1.2.3)", [("dots:.", 1.1), ("more:1.2.3", 1.1)]),
        (":3, >_<, rating:explicit, a:1.2", [(":3", None), (">_<", None), ("rating:explicit", None), ("a:1.2", None)]),
        ("(at 12:30", [("at 12:30", None)]),
        ("", []),
    ],
)
def test_most_prompts_weigh_by_brackets_and_by_numbers_inside_them(prompt, expected):
    assert taken(prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("[cat:dog:0.5], x", [("cat", None), ("dog", None), ("x", None)]),
        ("[dog::0.3], [bird: 7], [cow:0]", [("dog", None), ("bird", None), ("cow", None)]),
        ("([cat:[dog:cow:0.5]:3], hat:1.2)", [("cat", 1.2), ("dog", 1.2), ("cow", 1.2), ("hat", 1.2)]),
        ("[(cat:1.3):(dog:0.7):0.5]", [("cat", 1.3), ("dog", 0.7)]),
        ("[x|y|(z)], {red|blue}", [("x", None), ("y", None), ("z", 1.1), ("red", None), ("blue", None)]),
        ("a [cat:dog:0.5] house", [("a cat dog house", None)]),
        ("[x:y], (a|b)", [("x:y", 0.9091), ("a|b", 1.1)]),
    ],
)
def test_words_that_change_while_the_picture_is_made_are_told_without_weight(prompt, expected):
    assert taken(prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat AND a dog :0.7", [("a cat", None), ("a dog", 0.7)]),
        ("a cat, (hat:2) :-1.2 AND a dog", [("a cat", -1.2), ("hat", -2.4), ("a dog", None)]),
        ("a cat:0.5 AND dog: 2 AND cow", [("a cat", 0.5), ("dog", 2), ("cow", None)]),
        ("a cat :0.7", [("a cat :0.7", None)]),
        ("(a AND b:0.7)", [("a", 0.7), ("b", 0.7)]),
    ],
)
def test_the_parts_between_and_are_weighed_as_a_whole(prompt, expected):
    assert taken(prompt) == expected


COMMA, STOP, LISTED, SEMICOLON = "\uff0c", "\u3002", "\u3001", "\uff1b"


@pytest.mark.parametrize("generator", DIALECTS)
def test_phrases_end_at_what_separates_them_in_chinese_and_japanese(generator):
    words = ["一个女孩", "红色裙子", "蓝天", "白云", "杰作"]
    prompt = "".join(word + mark for word, mark in zip(words, (COMMA, LISTED, STOP, SEMICOLON, ""), strict=True))
    assert taken(prompt, generator) == [(word, None) for word in words]


def test_brackets_and_colons_of_chinese_and_japanese_count_where_they_give_a_number():
    assert taken(f"1girl{COMMA}(red dress:1.2){COMMA}\uff08smile\uff1a1.3\uff09{COMMA}\uff08画\uff09 时\uff1a分") == [
        ("1girl", None),
        ("red dress", 1.2),
        ("smile", 1.3),
        ("画 时\uff1a分", None),
    ]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("1.5::rain, night::, -2::hat::", [("rain", 1.5), ("night", 1.5), ("hat", -2.0)]),
        ("1.5::rain, night, ::sea", [("rain", 1.5), ("night", 1.5), ("sea", None)]),
        (
            "1.5::rain, 2::sea:: fog, 0.5::to the, end",
            [("rain", 1.5), ("sea fog", None), ("to the", 0.5), ("end", 0.5)],
        ),
        ("[bad], {{good, nice}}, {1.5::x::}", [("bad", 0.9524), ("good", 1.1025), ("nice", 1.1025), ("x", 1.575)]),
        ("saber (fate), (a:1.2)", [("saber (fate)", None), ("(a:1.2)", None)]),
        ("sea :: | girl, hat", [("sea", None), ("girl", None), ("hat", None)]),
    ],
)
def test_novelai_weighs_by_numbers_that_reach_to_their_end(prompt, expected):
    assert taken(prompt, "NovelAI") == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("(medieval)1.3, (a, b)0.5", [("medieval", 1.3), ("a", 0.5), ("b", 0.5)]),
        ("(medieval)1.3 castle, blue sky+", [("medieval castle", None), ("blue sky", None)]),
        ("sky++, fog-, (a b)-, (c)++", [("sky", 1.21), ("fog", 0.9), ("a b", 0.9), ("c", 1.21)]),
        ("((a)+, (b)2)1.5", [("a", 1.65), ("b", 3.0)]),
        ("low-res, a - b, c+d, (plain), (a:1.2)",
         [("low-res", None), ("a - b", None), ("c+d", None), ("plain", None), ("a:1.2", None)]),
        (r"cat\(x\)+", [("cat(x)", 1.1)]),
    ],
)  # fmt: skip
def test_invokeai_weighs_by_what_stands_behind_a_word_or_bracket(prompt, expected):
    assert taken(prompt, "InvokeAI") == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ('("a", "b").and(1, 0.5)', [("a", 1.0), ("b", 0.5)]),
        ('("a, b", "c").blend(1, 0.25)', [("a", 1.0), ("b", 1.0), ("c", 0.25)]),
        ('("a", "b++").and()', [("a", None), ("b", 1.21)]),
        ('("a", (big "b")1.2).blend(0.5, 0.5)', [("a", 0.5), ("big b", 0.6)]),
        ("cat.swap(dog), hat", [("dog", None), ("hat", None)]),
        ('a (red cat).swap("blue dog", s_end=0.3) in rain', [("a blue dog in rain", None)]),
        ('"cat".swap("dog")', [("dog", None)]),
        (".swap(dog)", [("dog", None)]),
        ("withLora(x, 0.5) cat, withLoRA(y)", [("cat", None)]),
        ('"tall man"++, "hat"', [("tall man", 1.21), ("hat", None)]),
        ('a 24" screen, ("open, end', [('a 24" screen', None), ("open", None), ("end", None)]),
        ("well-lit--, c++ , man-eating", [("well-lit", 0.81), ("c", 1.21), ("man-eating", None)]),
    ],
)
def test_functions_and_quotes_of_invoke_are_no_words(prompt, expected):
    assert taken(prompt, "InvokeAI") == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("cat::2 dog::1", [("cat", 2.0), ("dog", 1.0)]),
        ("cat, hat::2 (dog):: bird, x::-.5 rest", [("cat", 2), ("hat", 2), ("(dog)", None), ("bird", -0.5), ("x", -0.5),
                                                    ("rest", None)]),
        ("a [cat], b:1.2", [("a [cat]", None), ("b:1.2", None)]),
    ],
)  # fmt: skip
def test_midjourney_weighs_what_stands_before_the_number(prompt, expected):
    assert taken(prompt, "Midjourney") == expected


HARD = {
    "opened": "(" * 40_000,
    "all opened": "([{\uff081.5::" * 5_000,
    "opened and closed": "(" * 16_000 + "x" + ")" * 16_000,
    "crossed": "([{" * 5_000 + ")]}" * 5_000,
    "closed": ")]}::" * 8_000,
    "many groups": "(a:1.2)" * 5_000,
    "many open groups": ("(" * 19 + "a, ") * 1_500,
    "numbers": "1" * 40_000,
    "parts": "a::2 " * 8_000,
    "ands": ":1 AND " * 5_000,
    "colons and spaces": (":" + " " * 100) * 400,
    "spaces": ":1" + " " * 32_000,
    "signs": "+-" * 16_000,
    "signed words": "a+ " * 11_000,
    "one long word": "a" * 32_000 + "+",
    "many plus": "(a)" + "+" * 32_000,
    "less": "<" * 32_000,
    "less and words": "<a b " * 7_000,
    "escapes": "\\(" * 16_000,
    "choices": "{a|" * 5_000 + "b" + "}" * 5_000,
    "commas": "," * 32_000,
    "commas in brackets": "(" * 15 + "," * 16_000 + ")" * 15,
}


@pytest.mark.parametrize("generator", DIALECTS)
@pytest.mark.parametrize("name", HARD)
def test_no_prompt_holds_the_reader_up(name, generator):
    with at_most(1):
        found = list(split_phrases(HARD[name], generator))
    assert all(weight is None or math.isfinite(weight) for _, weight in found)


SYNTAX = st.lists(
    st.sampled_from([*"()[]{}:+-|\\<>,. \nab1", "::", " AND ", "1.5::", ":1.2)", ")1.3", COMMA, "\uff08", "\uff09"])
).map("".join)
WORDS = st.lists(st.from_regex(r"[a-z]{1,6}( [a-z]{1,6}){0,3}", fullmatch=True), min_size=1, max_size=20)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(SYNTAX | st.text(), st.sampled_from(DIALECTS))
def test_any_prompt_gives_words_of_its_own_and_finite_weights(prompt, generator):
    for text, weight in split_phrases(prompt, generator):
        assert set(text) <= set(prompt) | {" "}
        assert weight is None or math.isfinite(weight)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(WORDS, st.sampled_from(DIALECTS), st.sampled_from([", ", ",", "\n", COMMA]))
def test_a_prompt_without_weights_is_its_phrases(words, generator, between):
    assert [text for text, weight in split_phrases(between.join(words), generator) if weight is None] == words
