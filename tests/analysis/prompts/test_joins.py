"""Nodes of classes that nobody knows, which join typed texts to those that links bring."""

import pytest

from app.metadata import PromptVerdict
from tests.analysis.prompts.graphs import encoded, node, read, sampled, texts

FOX = node("Text Multiline", text="a fox")
FOX_LINK, OTHER_LINK = ["u", 0], ["v", 0]


def made_of(kind, more=None, **inputs):
    made = read(sampled(**texts(kind, behind=FOX, **inputs)) | (more or {}))
    return made.prompt, made.verdict


JOINED = {
    "letters": (("StringConcat", {"a": "first part", "b": FOX_LINK, "delimiter": ", "}), "first part, a fox"),
    "the other way round": (("StringConcat", {"b": FOX_LINK, "a": "snow", "delimiter": ", "}), "a fox, snow"),
    "one word by its place": (("MyNode", {"a": "snow", "b": FOX_LINK}), "snow\na fox"),
    "numbers": (("MyNode", {"part1": FOX_LINK, "part2": "snow", "separator": " + "}), "a fox + snow"),
    "sides": (("MyOwnJoinNode", {"left": "red snow", "right": FOX_LINK, "joiner": "; "}), "red snow; a fox"),
    "sides of an unknown class": (("Mine", {"left": FOX_LINK, "right": "red snow"}), "a fox\nred snow"),
    "before and after": (("Mine", {"before": FOX_LINK, "after": "red snow", "seperator": "-"}), "a fox-red snow"),
    "a named text, and one that is not": (
        ("Mine", {"text": FOX_LINK, "extra": "red snow, 8k", "delimiter": ", "}),
        "a fox, red snow, 8k",
    ),
    "with switches and modes": (
        ("Join", {"a": FOX_LINK, "b": "red snow", "clean": True, "mode": "two words", "case": "lower case"}),
        "a fox\nred snow",
    ),
    "another script": (("Mine", {"left": FOX_LINK, "right": "雪"}), "a fox\n雪"),
    "a delimiter that a link brings": (
        ("Mine", {"left": FOX_LINK, "right": "red snow", "delimiter": OTHER_LINK}),
        "a fox / red snow",
    ),
}


@pytest.mark.parametrize("name", JOINED)
def test_typed_texts_are_joined_to_those_that_links_bring_in_the_order_of_the_inputs(name):
    (kind, inputs), expected = JOINED[name]
    delimiter = {"v": node("PrimitiveString", value=" / ")}
    assert made_of(kind, delimiter, **inputs) == (expected, PromptVerdict.PARSED)


def test_joins_behind_joins_are_read_to_their_end():
    inner = {"v": node("Mine", left=FOX_LINK, right="red snow", delimiter=" in ")}
    assert made_of("Mine", inner, a="an oil painting of", b=OTHER_LINK, delimiter=" ") == (
        "an oil painting of a fox in red snow",
        PromptVerdict.PARSED,
    )


LEFT_OUT = {
    "one word that may be a choice": ("Mine", {"left": FOX_LINK, "right": "snow"}),
    "a text in a node that may do anything": ("Mine", {"text": FOX_LINK, "extra": "red snow"}),
    "a number that may choose": ("Mine", {"a": FOX_LINK, "b": "red snow", "n": 1}),
    "what is to be avoided": ("Mine", {"a": FOX_LINK, "avoid": "bad hands", "delimiter": ","}),
    "a replacement": ("MyReplacer", {"a": FOX_LINK, "b": "the fox", "c": "the owl"}),
    "a choice between two": ("Mine", {"a": FOX_LINK, "b": "red snow", "condition": "always so"}),
    "a name of another form": ("Mine", {"a": FOX_LINK, "b": ["u", 0], "ending": "red snow", "delimiter": ","}),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_text_that_may_be_no_part_is_left_out_and_the_verdict_says_so(name):
    kind, inputs = LEFT_OUT[name]
    prompt, verdict = made_of(kind, **inputs)
    assert set(prompt.replace(",", "\n").split("\n")) == {"a fox"}
    assert verdict == PromptVerdict.PARTLY


def test_a_join_of_nothing_but_typed_texts_beside_other_words_is_missed_aloud():
    inner = {"v": node("Mine", left="an owl", right="red snow", delimiter=", ")}
    assert made_of("Mine", inner, a=FOX_LINK, b=OTHER_LINK, delimiter=" ") == ("a fox", PromptVerdict.PARTLY)


NO_WORDS = {
    "a mode": {"mode": "first match"},
    "a file": {"left": "words.txt"},
    "a path": {"b": "styles/fantasy"},
    "a regex": {"b": r"(\w+) and \d+"},
    "a choice": {"seed_control": "fixed", "b": "randomize"},
    "a sampler": {"sampler_name": "dpmpp 2m", "scheduler": "karras"},
    "a delimiter": {"delimiter": " and also "},
    "signs": {"b": " -- "},
    "nothing": {"b": "  "},
    "a switched setting": {"linebreak_addition": "false"},
}


@pytest.mark.parametrize("name", NO_WORDS)
@pytest.mark.parametrize("linked", ["a", "text"])
def test_what_is_no_words_is_no_part_and_nothing_is_missed(name, linked):
    assert made_of("Mine", **{linked: FOX_LINK}, **NO_WORDS[name]) == ("a fox", PromptVerdict.PARSED)


def test_the_negative_has_its_typed_parts_and_the_prompt_none_of_them():
    graph = sampled(
        n=encoded(["j", 0]), j=node("Mine", left="bad hands", right=["t", 0], delimiter=", "), t=node("T", text="fog")
    )
    made = read(graph)
    assert (made.prompt, made.negative_prompt, made.verdict) == ("a boat", "bad hands, fog", PromptVerdict.PARSED)


@pytest.mark.parametrize("swapped", [False, True])
def test_a_node_that_gives_both_roles_does_not_mix_its_typed_texts(swapped):
    made = read(
        sampled(
            p=encoded(["t", int(swapped)]),
            n=encoded(["t", int(not swapped)]),
            t=node("Pair", left=["u", 0], right="bad hands"),
            u=FOX,
        )
    )
    assert (made.prompt, made.negative_prompt, made.verdict) == ("a fox", None, PromptVerdict.PARTLY)


def test_a_node_of_conditionings_or_a_model_joins_nothing():
    for inputs in ({"conditioning": ["e", 0]}, {"text": ["u", 0], "clip": ["model", 1]}):
        nodes = {"p": node("Mine", note="red snow", **inputs), "e": encoded("a fox"), "u": FOX}
        assert read(sampled(**nodes)).prompt == "a fox"
