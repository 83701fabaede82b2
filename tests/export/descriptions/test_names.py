"""The names of files of descriptions: each once, on every system, the same for the same path."""

from app.export.descriptions.names import MOST_BYTES, GivenNames


def given(*paths):
    names = GivenNames()
    return [names.take(path.rpartition("/")[2]) for path in paths]


def test_of_several_files_with_one_name_the_later_ones_get_a_number():
    paths = ("m/a/1.jpg", "m/b/1.jpg", "m/c/1.JPG", "m/d/1 (2).jpg")
    assert given(*paths) == ["1.jpg", "1 (2).jpg", "1 (3).JPG", "1 (2) (2).jpg"]


def test_a_name_is_one_that_every_system_takes_and_shows():
    assert given("m/e\u0301.jpg", "m/b/\u00e9.jpg") == ["e\u0301.jpg", "\u00e9 (2).jpg"]  # one name to some systems
    assert given("m/a\u202egpj.docx\x9b.jpg") == ["a_gpj.docx_.jpg"]
    assert given("m/a:b\n.jpg", "m/\\xff.jpg", "m/.hidden", "m/CON.jpg", "m/\ud800.jpg", "m/none.") == [
        "a_b_.jpg",
        "_xff.jpg",
        "_hidden",
        "_CON.jpg",
        "\ufffd.jpg",
        "none_",
    ]


def test_a_long_name_is_cut_and_keeps_its_suffix():
    long = given("m/" + "é" * 300 + ".jpeg", "m/b/" + "é" * 299 + ".jpeg", "m/" + "x" * 300, "m/a." + "y" * 300)
    assert [len(name.encode()) <= MOST_BYTES + 4 for name in long] == [True] * 4
    assert long[0].endswith("é.jpeg")
    assert long[1] == long[0].replace(".jpeg", " (2).jpeg")
