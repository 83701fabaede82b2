"""Which phrases of prompts become keywords: prompts as people write them, taken apart as the stage does."""

import pytest

from app.analysis.prompts.phrases import split_phrases
from app.library.proposing.phrases import keyword_of, keywords_of_prompt

PROMPTS = {
    "masterpiece, best quality, 8k, (red dress:1.3), 1girl, long_hair, <lora:ink_v2:0.8>, beach BREAK sunset": [
        *("red dress", "1girl", "long hair", "beach", "sunset"),
    ],
    "a quiet lake, mist": ["quiet lake", "mist"],
    "A photo of a cat sitting on a bench in the park, autumn leaves": ["autumn leaves"],
    "score_9, score_8_up, score_7_up, rating_safe, source_anime, wolf, snow": ["wolf", "snow"],
    "(masterpiece), ((cinematic lighting)), ultra-detailed, extremely detailed CG unity 8k wallpaper": [
        "cinematic lighting"
    ],
    "RAW photo, Kodak Portra 400, film grain, f/1.8, 85mm lens, ISO 100, golden hour, 8k uhd": [
        *("Kodak Portra 400", "film grain", "golden hour"),
    ],
    "castle on a hill, trending on artstation, unreal engine 5, octane render, highly detailed": ["castle on a hill"],
    "lighthouse AND storm :0.7": ["lighthouse", "storm"],
    "owl, Owl, OWL, (owl:1.4)": ["owl"],
    "harbour, no people, without text, [fog]": ["harbour", "fog"],
    "美丽的风景\uff0c山\uff0c湖泊": ["美丽的风景", "山", "湖泊"],
    "一个女孩站在海边看着日落和飞鸟": [],
    "The wind whispers through the ancient trees. Light falls on moss, and a fox waits.": [],
    "__colour__ car, $style, C:\\fonts, https://example.com/a.png, #ff00aa": [],
    "^_^, :d, 1:1, 12345, ...": [],
    "embedding:easynegative, EasyNegative, bad-hands-5, very aesthetic, absurdres, year 2023, newest": [],
    '"quoted words", (open bracket, half]': ["quoted words", "open bracket", "half"],
    "cafe\N{COMBINING ACUTE ACCENT}, Straße in Rom": ["café", "Straße in Rom"],
    "": [],
}
GRAMMARS = {
    "NovelAI": ("{{fox}}, [tail], 1.5::moon, stars::", {"fox": 1.1025, "tail": 0.9524, "moon": 1.5, "stars": 1.5}),
    "Midjourney": ("owl::2 fog::-0.5 night forest --ar 16:9 --v 6.1", {"owl": 2.0, "night forest": 1.0}),
    "InvokeAI": ("(harbour)1.3, boats++", {"harbour": 1.3, "boats": 1.21}),
    None: ("(fox:1.2), [tail], (nothing:0), moon", {"fox": 1.2, "tail": 0.9091, "moon": 1.0}),
}


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_prompt_gives_the_phrases_that_name_what_is_seen(prompt):
    assert [text for text, _ in keywords_of_prompt(split_phrases(prompt))] == PROMPTS[prompt]


@pytest.mark.parametrize("generator", GRAMMARS)
def test_weights_are_those_of_the_grammar_and_what_is_weighed_away_is_no_keyword(generator):
    prompt, keywords = GRAMMARS[generator]
    assert dict(keywords_of_prompt(split_phrases(prompt, generator))) == pytest.approx(keywords)


@pytest.mark.parametrize("phrase", ["one two three four", "x" * 40, "山" * 10, "1girl", "b&w", "rock 'n' roll"])
def test_a_phrase_up_to_the_limits_is_a_keyword(phrase):
    assert keyword_of(phrase) == phrase


@pytest.mark.parametrize(
    "phrase", ["one two three four five", "x" * 41, "山" * 11, "x", "1234x", "", "!!", "BEST QUALITY"]
)
def test_prose_signs_and_praise_are_none(phrase):
    assert keyword_of(phrase) is None
