"""What nodes do with texts: put words in place of a part, fill a form, or what nobody follows and so is said."""

import pytest

from app.metadata import PromptVerdict
from tests.analysis.prompts.graphs import Drawing, encoded, node, read, read_drawn, sampled, texts

FOX = node("PrimitiveString", value="a red fox in the snow")
LINK, OTHER = ["u", 0], ["v", 0]


def made_of(kind, more=None, **inputs):
    made = read(sampled(**texts(kind, behind=FOX, **inputs)) | (more or {}))
    return made.prompt, made.verdict


FOLLOWED = {
    "a form": (("StringFormat", {"f_string": "{a}, {b:.1f} of {{x}}", "values.a": LINK, "values.b": 5}),
               "a red fox in the snow, 5 of {x}"),
    "a word for a word": (("Text Find and Replace", {"text": LINK, "find": "red", "replace": "blue"}),
                          "a blue fox in the snow"),
    "several": (("easy promptReplace", {"prompt": LINK, "find1": "red", "replace1": "blue", "find2": "snow",
                                        "replace2": "sun", "find3": "", "replace3": ""}),
                "a blue fox in the sun"),
    "by an action": (("StringFunction|pysssss", {"action": "replace", "text_a": LINK, "text_b": "red",
                                                 "text_c": "blue"}),
                     "a blue fox in the snow"),
    "a pattern for itself": (("RegexReplace", {"string": "see {x}!", "regex_pattern": "{x}", "replace": LINK}),
                                         "see a red fox in the snow!"),
    "its marks escaped": (("RegexReplace", {"string": "see (x)!", "regex_pattern": "\\(x\\)", "replace": LINK}),
                          "see a red fox in the snow!"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLLOWED)
def test_changes_that_can_be_followed_are(name):
    (kind, inputs), expected = FOLLOWED[name]
    assert made_of(kind, **inputs) == (expected, PromptVerdict.PARSED)


LOST = {
    "a place that stays open": ("StringFormat", {"f_string": "{a} and {b}", "values.a": LINK}),
    "a pattern": ("RegexReplace", {"string": LINK, "regex_pattern": "r.d", "replace": "blue"}),
    "a part": ("StringSubstring", {"string": LINK, "start": 0, "end": 5}),
    "a field": ("JsonExtractString", {"json_string": LINK, "key": "prompt"}),
    "another language": ("DeepTranslatorTextNode", {"text": LINK, "to_translate": "en"}),
    "what a model put there": ("StringReplace", {"string": LINK, "find": "red", "replace": OTHER}),
}


@pytest.mark.parametrize("name", LOST)
def test_changes_that_cannot_be_followed_are_said(name):
    kind, inputs = LOST[name]
    more = {"v": node("OllamaGenerate", prompt="What colour has it?")}
    assert made_of(kind, more, **inputs)[1] == PromptVerdict.PARTLY


def test_a_form_grows_no_longer_than_is_kept():
    graph = {"u0": node("PrimitiveString", value="ab" * 600)}
    for number in range(20):
        graph[f"u{number + 1}"] = node("StringFormat", f_string="{a}{a}", **{"values.a": [f"u{number}", 0]})
    assert len(read(sampled(p=encoded(["u20", 0])) | graph).prompt) <= 64 * 1024


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("Griptape Create: Text", {"STRING": "Describe a fox in the snow"}),
        ("GPT4 Vision", {"prompt": "Write a prompt for this picture"}),
        ("Gemini_API_S_Zho", {"prompt": "Write a prompt for this picture"}),
        ("IF_ChatPrompt", {"prompt": "Write a prompt for this picture"}),
        ("Joy_caption_two", {"caption_type": "Descriptive", "caption_length": "long"}),
        ("Some Node", {"text": "Write a prompt for this picture", "temperature": 0.7, "max_tokens": 300}),
    ],
)
def test_a_question_to_a_model_is_never_understood_wholly(kind, inputs):
    assert made_of(kind, **inputs)[1] == PromptVerdict.PARTLY


@pytest.mark.parametrize(
    "kind", ["OpenAIGPTImage9", "GeminiImage2Node", "CLIPTextEncodeChat", "MZ_ChatGLM3_V2", "GemmaTextEncode"]
)
def test_a_service_that_draws_and_an_encoder_ask_nothing(kind):
    graph = {
        "save": node("SaveImage", images=["scaled", 0]),
        "scaled": node("Some Scaler", picture=["made", 0]),
        "made": node(kind, prompt="a fox in the snow", seed=5),
    }
    assert read(graph).prompt == "a fox in the snow"


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("Text Input Switch", {"boolean": False, "text_a": LINK, "text_b": OTHER}),
        ("easy ifElse", {"boolean": False, "on_true": LINK, "on_false": OTHER}),
        ("ImpactConditionalBranch", {"cond": False, "tt_value": LINK, "ff_value": OTHER}),
    ],
)
def test_switches_give_the_side_they_are_set_to(kind, inputs):
    other = {"v": node("PrimitiveString", value="a hut")}
    assert made_of(kind, other, **inputs) == ("a hut", PromptVerdict.PARSED)


def test_a_form_in_a_drawing_is_filled():
    drawing = Drawing()
    fox = drawing.add("PrimitiveString", "a fox", outputs=("STRING",))
    form = drawing.add("StringFormat", "{a} in the snow", outputs=("STRING",), **{"values.a": (fox, 0, "STRING")})
    drawing.sampled(drawing.encoded("", text=(form, 0, "STRING"), widgets=("text",)), drawing.encoded("fog"))
    assert read_drawn(drawing.written()).prompt == "a fox in the snow"


def test_what_was_chosen_from_a_list_that_a_person_wrote_is_a_part_of_the_words():
    combo = {"v": node("CustomCombo", choice="9:16", index=1, option1="16:9", option2="9:16")}
    joined = {"string_a": "a fox, ratio ", "string_b": OTHER, "delimiter": ""}
    assert made_of("StringConcatenate", combo, **joined) == ("a fox, ratio 9:16", PromptVerdict.PARSED)


def test_a_song_is_described_by_its_style_and_not_by_its_lyrics():
    song = node("Song Writer", style="slow jazz, a deep voice", lyrics="[Verse] Stay with me", clip=["model", 1])
    assert read(sampled(p=song)).prompt == "slow jazz, a deep voice"


@pytest.mark.parametrize("kind", ["ImpactStringSelector", "easy promptLine", "Text Random Line", "Prompt Selector"])
def test_of_lines_of_which_one_is_chosen_nobody_says_all(kind):
    made = made_of(kind, text="a fox\na hut\na lake", index=1)
    assert made == (None, PromptVerdict.PARTLY)
    assert made_of(kind, text="a fox", index=0)[0] == "a fox"


def test_what_a_schedule_does_not_want_is_cut_from_each_of_its_prompts():
    text = '"0": "a fox --neg a hat",\n"30": "a lake --neg fog"'
    assert made_of("BatchPromptSchedule", text=text) == ('"0": "a fox",\n"30": "a lake"', PromptVerdict.PARSED)


def test_words_that_are_built_of_many_choices_are_known_in_part():
    chosen = {"shot": "Head portrait", "gender": "Woman", "face": "Oval", "hair": "Long", "eyes": "Green"}
    assert made_of("PortraitMaster", prompt_start="raw photo", **chosen) == ("raw photo", PromptVerdict.PARTLY)
    few = {"mode": "wildcard", "encoding": "utf", "case": "lower"}
    assert made_of("Some Text", text="raw photo", **few) == ("raw photo", PromptVerdict.PARSED)
