"""Keywords: where they come from, their weights and their limits."""

import pytest

from app.analysis.metadata import keywords
from app.analysis.metadata.keywords import gather_keywords
from app.analysis.prompts.phrases import split_phrases
from app.media import Keyword


def gathered(**parts):
    return gather_keywords(**({"embedded": {}, "iptc": {}, "sidecar": {}, "prompt": None} | parts))


def test_every_source_is_named():
    found = gathered(
        embedded={"dc:subject": ("sea",)},
        iptc={"Keywords": ("harbour",)},
        sidecar={"dc:subject": ("boat",)},
        prompt="fog",
    )
    assert [(keyword.text, keyword.source) for keyword in found] == [
        ("sea", "xmp"),
        ("harbour", "iptc"),
        ("boat", "sidecar"),
        ("fog", "prompt"),
    ]


def test_what_a_picture_was_not_to_show_is_marked_and_never_what_it_was_to_show():
    found = gathered(prompt="(fog:1.2), Red  hat", negative_prompt="(rain:1.4), red hat, FOG, rain")
    assert found == (
        Keyword("fog", "prompt", 1.2),
        Keyword("Red hat", "prompt"),
        Keyword("rain", "negative_prompt", 1.4),
    )
    many = gathered(prompt=", ".join(map(str, range(150))), negative_prompt="149, 150")
    assert [keyword.text for keyword in many if keyword.source == "negative_prompt"] == ["150"]


def test_paths_people_and_the_words_of_windows_are_keywords_too():
    regions = {
        "mwg-rs:Regions/mwg-rs:RegionList/mwg-rs:Name": ("Ada", "Rex", "12345"),
        "mwg-rs:Regions/mwg-rs:RegionList/mwg-rs:Type": ("Face", "Pet", "BarCode"),
        "Iptc4xmpExt:PersonInImage": ("Grace",),
        "lr:hierarchicalSubject": ("places|Norway|Bergen",),
        "acdsee:keywords": ("harbour",),
    }
    found = gathered(
        embedded=regions, exif={"Image XPKeywords": "fjord; rain;\0x".encode("utf-16-le")}, people=("Alan",)
    )
    assert [(keyword.text, keyword.source) for keyword in found] == [
        ("places|Norway|Bergen", "xmp"),
        ("Grace", "xmp"),
        ("Ada", "xmp"),
        ("harbour", "xmp"),
        ("fjord", "exif"),
        ("rain", "exif"),
        ("Alan", "takeout"),
    ]
    del regions["mwg-rs:Regions/mwg-rs:RegionList/mwg-rs:Type"]
    assert {"Ada", "Rex"} <= {keyword.text for keyword in gathered(sidecar=regions)}, "which is which cannot be told"


def test_each_source_lists_a_keyword_once_whatever_its_case():
    found = gathered(embedded={"dc:subject": ("Sea", "sea", " SEA ", "")}, iptc={"Keywords": ("sea",)})
    assert found == (Keyword("Sea", "xmp"), Keyword("sea", "iptc"))


def test_keywords_are_cleaned_capped_in_number_and_too_long_ones_left_out():
    many = tuple(f"word {n}" for n in range(keywords.KEYWORDS + 1))
    found = gathered(embedded={"dc:subject": ("a\0b \n c", "x" * 201, *many)}, prompt=", ".join(many))
    assert found[0].text == "ab c"
    assert [keyword.source for keyword in found] == ["xmp"] * keywords.KEYWORDS + ["prompt"] * keywords.PHRASES


@pytest.mark.parametrize("negative", [None, "", "rain"])
def test_a_prompt_is_taken_apart_once(negative, monkeypatch):
    taken, of = [], split_phrases
    monkeypatch.setattr(keywords, "split_phrases", lambda text, *rest: taken.append(text) or of(text, *rest))
    gathered(prompt="fog", negative_prompt=negative)
    assert taken == ["fog", negative or ""]


def test_a_prompt_is_weighed_as_its_generator_does():
    found = gathered(prompt="1.5::fog, night::", negative_prompt="[rain]", generator="NovelAI")
    assert found == (
        Keyword("fog", "prompt", 1.5),
        Keyword("night", "prompt", 1.5),
        Keyword("rain", "negative_prompt", 0.9524),
    )


def test_a_prompt_of_brackets_without_end_is_no_trouble():
    assert [keyword.text for keyword in gathered(prompt="(" * 9_000 + "x" + ")" * 9_000)] == ["x"]
    assert gathered(prompt="(" * 500_000 + "x" + ")" * 500_000) == ()


CATEGORIES = (
    '<Categories><Category Assigned="0">People<Category Assigned="1">for_mom<Category Assigned="1"> deep </Category>'
    '</Category><Category Assigned="0">nobody</Category></Category><Category Assigned="1">Sea &amp; sky</Category>'
    "</Categories>"
)


def texts(found):
    return [keyword.text for keyword in found]


@pytest.mark.parametrize("source", ["embedded", "sidecar"])
def test_the_categories_of_acdsee_and_the_sets_of_iview_count_where_nothing_else_does(source):
    assert texts(gathered(**{source: {"acdsee:categories": (CATEGORIES,)}})) == [
        "People|for_mom",
        "People|for_mom|deep",
        "Sea & sky",
    ]
    sets = {"mediapro:CatalogSets": ("People|for_mom", "Sea")}
    assert texts(gathered(**{source: sets})) == ["People|for_mom", "Sea"]
    everything = sets | {"acdsee:categories": (CATEGORIES,), "dc:subject": ("for_mom",)}
    assert texts(gathered(**{source: everything})) == ["for_mom"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "People",
        "<Categories>",
        "<Categories/>",
        '<!DOCTYPE a [<!ENTITY b "c">]><Categories><Category Assigned="1">&b;</Category></Categories>',
        "<Categories>" + "<Category>" * 3_000 + "</Category>" * 3_000 + "</Categories>",
    ],
)
def test_categories_that_cannot_be_read_are_none(text):
    assert gathered(embedded={"acdsee:categories": (text,)}) == ()


def test_a_letter_in_two_characters_is_the_same_keyword_as_in_one():
    found = gathered(embedded={"dc:subject": ("cafe\u0301", "caf\u00e9", "CAF\u00c9")}, prompt="cre\u0300me")
    assert texts(found) == ["caf\u00e9", "cr\u00e8me"]
