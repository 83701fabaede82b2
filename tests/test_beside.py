"""What Google Takeout calls the JSON beside a file."""

import pytest

from app.beside import as_taken, takeout_names

LONG = "n" * 60 + ".jpg"


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("a.jpg", ["a.jpg.supplemental-metadata.json", "a.jpg.json"]),
        (
            "a(1).jpg",
            [
                "a.jpg.supplemental-metadata(1).json",
                "a.jpg(1).json",
                "a(1).jpg.supplemental-metadata.json",
                "a(1).jpg.json",
            ],
        ),
        (
            "a name of twenty-nine.jpg",
            ["a name of twenty-nine.jpg.supplemental-metadat.json", "a name of twenty-nine.jpg.json"],
        ),
        (LONG, ["n" * 46 + ".json"]),
        (
            "a-edited.jpg",
            [
                "a-edited.jpg.supplemental-metadata.json",
                "a-edited.jpg.json",
                "a.jpg.supplemental-metadata.json",
                "a.jpg.json",
            ],
        ),
        ("-edited.jpg", ["-edited.jpg.supplemental-metadata.json", "-edited.jpg.json"]),
        ("without", ["without.supplemental-metadata.json", "without.json"]),
    ],
)
def test_the_names_in_the_order_in_which_they_speak(name, names):
    assert [told.decode() for told in takeout_names(name.encode())] == names


def test_a_name_that_is_not_utf8_is_cut_off_between_characters():
    assert takeout_names(b"caf\xe9.jpg")[1] == b"caf\xe9.jpg.json"
    assert takeout_names(("\u00e9" * 60 + ".jpg").encode()) == (("\u00e9" * 46 + ".json").encode(),)


def test_an_edited_picture_with_a_number_has_the_json_of_the_one_with_that_number():
    assert [name for name in takeout_names(b"a-edited(2).jpg") if b"edited" not in name][:2] == [
        b"a.jpg.supplemental-metadata(2).json",
        b"a.jpg(2).json",
    ]


@pytest.mark.parametrize("suffix", [b".MP4", b".mov", b".m4v"])
def test_a_video_has_its_own_json_first_then_that_of_the_still_of_its_name(suffix):
    names = takeout_names(b"IMG_1" + suffix)
    assert names[:2] == (b"IMG_1" + suffix + b".supplemental-metadata.json", b"IMG_1" + suffix + b".json")
    assert {b"IMG_1.HEIC.json", b"IMG_1.jpg.supplemental-metadata.json"} <= set(names)
    assert b"IMG_1.HEIC(1).json" in takeout_names(b"IMG_1(1)" + suffix)
    assert len(takeout_names(b"clip.webm")) == 2


@pytest.mark.parametrize(
    ("name", "original"),
    [(b"a-edited.jpg", b"a.jpg"), (b"a-edited(1).jpg", b"a(1).jpg"), (b"a-edited-b.jpg", None), (b"-edited.jpg", None)],
)
def test_the_picture_that_an_edited_one_was(name, original):
    assert as_taken(name) == (original or name)
