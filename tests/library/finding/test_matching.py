"""Words find the same files on both engines: those in which the words stand."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from app.library.finding.lookup import matching
from app.library.finding.runs import sought_by
from app.library.finding.words.wording import texts_of, words_by_field
from app.library.tables import MEDIA
from app.query.fields import FREE
from app.query.tree import Run, Words
from app.query.words import runs_of
from tests.library.finding.stock import TEXTS, add, add_in, file, found, stands_in

AI = {"model": "sd_xl base", "sampler": "Euler a", "seed": 18446744073709551617, "loras": [{"name": "ink-v2"}]}
EXAMPLES = [
    file(1, name="red_dress-2.JPG", folder="Sommer/Đà Nẵng".encode(), title="Straße in Rome", camera_make="FUJIFILM"),
    file(2, caption="東京タワーと桜, дом; cafe\N{COMBINING ACUTE ACCENT}", camera_model="X100V", lens_model="XF 35mm"),
    file(3, prompt="a dress, red", negative_prompt="blurry red dress", generation=AI, creator="Zoë Ł."),
]
KEYWORDS = [(1, "black cat", "xmp"), (1, "dog house", "xmp"), (2, "cat", "person"), (3, "fish", "negative_prompt")]
WANTED = [
    ("red dress", "", [1, 3]),
    ('"red dress"', "", [1]),
    ("dress", "name", [1]),
    ("da nang", "", [1]),
    ("strasse", "title", [1]),
    ("strasse", "caption", []),
    ("STRASSE rome fujifilm", "", [1]),  # each in a field of its own
    ("東京", "", [2]),
    ("タ", "", [2]),
    ("ー", "", [2]),
    ('"東京タワー"', "caption", [2]),
    ("京東", "", []),
    ("ДОМ", "", [2]),
    ("CAFÉ", "caption", [2]),
    ("cat", "", [1, 2]),
    ('"cat dog"', "", []),  # the end of one keyword, and the beginning of the next
    ("fish", "", []),  # what the picture was not to show
    ("blurry", "", []),
    ("blurry", "negative", [3]),
    ("x100v", "camera", [2]),
    ("35mm", "lens", [2]),
    ("zoe l", "creator", [3]),
    ("xl", "model", [3]),
    ("ink", "lora", [3]),
    ("euler", "sampler", [3]),
    ("18446744073709551617", "seed", [3]),
    ("m", "folder", [1, 2, 3]),
    ("!?", "", []),
    ("red", "colour", []),
]


def test_words_find_files_by_field_phrase_and_script(library):
    add(library, EXAMPLES, KEYWORDS)
    assert library.indexing.catch_up() == 0
    assert [(text, field, found(library, text, field)) for text, field, _ in WANTED] == WANTED


NAMES = ("name", "title", "caption", "prompt", "creator")
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, TEXTS)), min_size=1, max_size=6)
ASKED = st.lists(st.tuples(st.sampled_from(["", *NAMES]), TEXTS, st.booleans(), st.booleans()), min_size=6, max_size=12)


def test_any_texts_are_found_by_what_stands_in_them(library):
    """Against words compared one by one; on either engine, so both find the same."""

    @settings(max_examples=25)
    @given(ROWS, ASKED)
    def holds(rows, asked):
        files = [
            file(number, **{name: text.replace("\0", "") for name, text in row.items()})
            for number, row in enumerate(rows, start=1)
        ]
        library._engines.write(lambda connection: [connection.execute(delete(MEDIA)), add_in(connection, files)])
        assert library.indexing.catch_up() == 0
        worded = {row["id"]: words_by_field(texts_of(SimpleNamespace(**row), ())) for row in files}
        for field, text, phrase, goes_on in asked:
            runs = runs_of(text, phrase=phrase)
            if goes_on and runs:  # as with a star behind the last word
                runs = (*runs[:-1], Run(runs[-1].words, prefix=True))
            leaf, fields = Words(field, runs, text), [field] if field else FREE
            wanted = [
                number
                for number, words in worded.items()
                if runs and all(any(stands_in(run, words.get(name, [])) for name in fields) for run in runs)
            ]
            assert library._engines.read(lambda c, leaf=leaf: matching(c, sought_by(leaf))).tolist() == wanted, leaf

    holds()


def test_what_is_too_long_is_cut_where_both_engines_can_keep_it(library):
    many = " ".join(f"w{number}" for number in range(20_000))
    wide = "".join(chr(0x4E00 + number % 20_000) for number in range(65_536))
    often = "same " * 300 + "same end"
    files = [file(1, title="short", prompt=many, caption=wide), file(2, title="often", prompt=often)]
    add(library, files)
    assert library.indexing.catch_up() == 0
    assert found(library, "short w1") == [1]
    assert found(library, "w15999", "prompt") == [1]
    assert found(library, "w16000", "prompt") == []
    assert found(library, "often same end") == [2]
    assert found(library, '"same end"', "prompt") == []  # far behind the first places of the word


def test_no_row_has_more_words_than_postgresql_takes(library):
    """1 MB with all that belongs to them."""
    wide = " ".join(chr(0x400 + number % 48) * 90 + str(number) for number in range(2_500))
    add(library, [file(1, title="short", caption=wide, prompt=wide)])
    assert library.indexing.catch_up() == 0
    assert found(library, "short") == [1]


@pytest.mark.parametrize(
    "generation", [None, [], "text", {"loras": 5, "seed": 0}, {"loras": ["x", {"weight": 1}], "model": ["a", 2]}]
)
def test_settings_of_any_shape_have_words(generation):
    """A row that none could be taken from would hold up all others."""
    texts = texts_of(SimpleNamespace(**file(1, generation=generation)), ())
    assert texts["name"] == ["x"]
    assert words_by_field(texts).get("seed") == (
        ["0"] if isinstance(generation, dict) and "seed" in generation else None
    )
