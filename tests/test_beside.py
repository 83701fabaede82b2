"""What Google Takeout calls the JSON beside a file."""

import pytest

from app.beside import takeout_names

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
        ("without", ["without.supplemental-metadata.json", "without.json"]),
    ],
)
def test_the_names_in_the_order_in_which_they_speak(name, names):
    assert [told.decode() for told in takeout_names(name.encode())] == names


def test_a_name_that_is_not_utf8_is_cut_off_between_characters():
    assert takeout_names(b"caf\xe9.jpg")[1] == b"caf\xe9.jpg.json"
    assert takeout_names(("\u00e9" * 60 + ".jpg").encode()) == (("\u00e9" * 46 + ".json").encode(),)
