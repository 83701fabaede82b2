"""Ratings: who may give one, whose word counts, and what is no rating."""

import json
import os

import pytest

from app.analysis.formats.xmp import parse_xmp
from app.analysis.metadata import score, sidecars
from app.analysis.metadata.score import choose_rating, parse_scores, read_exif_stars, read_xmp_stars
from app.analysis.metadata.sidecars import read_xmp_sidecar
from app.errors import CannotRead
from app.media import FoundFile, Rating
from tests.analysis.formats.packets import packet


@pytest.mark.parametrize("value", [-1, 0, 1, 5, None])
def test_a_score_file_holds_a_whole_number_from_minus_one_to_five_or_null(value):
    assert parse_scores(json.dumps({"score": value}).encode()) == value


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"score": 6}',
        b'{"score": -2}',
        b'{"score": 2.5}',
        b'{"score": true}',
        b'{"score": "3"}',
        b"\xff",
    ],
)
def test_a_score_file_of_another_form_is_damaged(content):
    with pytest.raises(CannotRead) as caught:
        parse_scores(content)
    assert caught.value.cause == "damaged_sidecar"


@pytest.mark.parametrize(
    ("text", "stars"),
    [
        ("-1", -1),
        ("0", score.UNRATED),
        ("0.0", score.UNRATED),
        ("", None),
        ("3", 3),
        ("5.0", 5),
        ("6", None),
        ("2.5", 3),
        ("4.4", 4),
        ("0.4", None),
        ("5.1", None),
        ("-0.6", None),
        ("good", None),
        ("nan", None),
    ],
)
def test_xmp_zero_is_unrated_and_nonsense_says_nothing(text, stars):
    assert read_xmp_stars({"xmp:Rating": (text,)}) == stars


def test_exif_rating_is_read_from_its_tag():
    assert read_exif_stars({"Image Rating": (4,)}) == 4
    assert read_exif_stars({"Image Rating": ()}) is None
    assert read_exif_stars({"Image Rating": (7,)}) is None
    assert read_exif_stars({}) is None


def test_exif_zero_is_unrated_whatever_percent_was_left_behind():
    assert read_exif_stars({"Image Rating": (0,), "Image RatingPercent": (99,)}) == score.UNRATED
    assert read_exif_stars({"Image Rating": (0,)}) == score.UNRATED
    assert read_exif_stars({"Image Rating": (7,), "Image RatingPercent": (99,)}) == 5


@pytest.mark.parametrize(("percent", "stars"), [(0, None), (1, 1), (25, 2), (50, 3), (75, 4), (99, 5), (101, None)])
def test_windows_rates_in_percent(percent, stars):
    assert read_exif_stars({"Image RatingPercent": (percent,)}) == stars
    assert read_xmp_stars({"MicrosoftPhoto:Rating": (str(percent),)}) == stars


def test_acdsee_rates_where_nothing_else_in_the_packet_does():
    assert read_xmp_stars({"acdsee:rating": ("4",)}) == 4
    assert read_xmp_stars({"acdsee:rating": ("0",)}) is None, "it writes this of every file"
    assert read_xmp_stars({"acdsee:rating": ("4",), "MicrosoftPhoto:Rating": ("25",)}) == 2
    assert read_xmp_stars({"acdsee:rating": ("4",), "xmp:Rating": ("0",)}) == score.UNRATED


def test_the_first_source_with_a_rating_wins_and_the_rest_is_not_asked():
    def never():
        raise AssertionError

    assert choose_rating({"scores": lambda: 0, "xmp": never}) == (Rating(0, "scores"), None)
    assert choose_rating({"scores": lambda: None, "xmp": lambda: 2, "exif": never}) == (Rating(2, "xmp"), None)
    assert choose_rating({"sidecar": lambda: score.UNRATED, "exif": never}) == (Rating(None, "sidecar"), None)
    assert choose_rating({"scores": lambda: None}) == (Rating(), None)


def test_a_source_that_cannot_be_read_is_passed_over_and_named():
    damaged = CannotRead("It is torn.", cause="damaged_sidecar")

    def torn():
        raise damaged

    assert choose_rating({"sidecar": torn, "xmp": lambda: 3}) == (Rating(3, "xmp"), damaged)
    assert choose_rating({"sidecar": torn}) == (Rating(), damaged)


@pytest.mark.parametrize("slash", ["/", ""])
@pytest.mark.parametrize("name", ["Rating", "RatingPercent"])
def test_windows_rating_is_known_by_both_of_its_names_and_namespaces(slash, name):
    attributes = f'xmlns:M="http://ns.microsoft.com/photo/1.0{slash}" M:{name}="75"'
    assert read_xmp_stars(parse_xmp(packet("", attributes))) == 4
    assert read_xmp_stars(parse_xmp(packet("", f'{attributes} xmp:Rating="0"'))) == score.UNRATED


PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="%d"/></rdf:RDF></x:xmpmeta>'
)


def rating_beside(folder, name=b"a.jpg"):
    properties = read_xmp_sidecar(os.fsencode(folder), FoundFile("r", name, 1, 1))
    return properties and read_xmp_stars(properties)


def test_the_sidecar_named_after_the_whole_file_speaks_before_that_of_its_stem(tmp_path):
    assert rating_beside(tmp_path) is None
    (tmp_path / "a.XMP").write_text(PACKET % 2)
    assert rating_beside(tmp_path) == 2
    (tmp_path / "a.jpg.xMp").write_text(PACKET % 4)
    assert rating_beside(tmp_path) == 4


def test_a_file_without_a_suffix_has_a_sidecar_too(tmp_path):
    (tmp_path / "a.xmp").write_text(PACKET % 1)
    assert rating_beside(tmp_path, b"a") == 1


@pytest.mark.parametrize("content", ["<broken", " " * (sidecars.SIDECAR_BYTES + 1)])
def test_a_sidecar_that_is_broken_or_too_large_is_damaged_and_named(tmp_path, content):
    (tmp_path / "a.xmp").write_text(content)
    with pytest.raises(CannotRead, match=r"The sidecar a\.xmp cannot be read") as caught:
        rating_beside(tmp_path)
    assert caught.value.cause == "damaged_sidecar"


def test_a_sidecar_that_is_a_link_or_a_pipe_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text(PACKET % 5)
    (tmp_path / "a.xmp").symlink_to(tmp_path / "secret")
    with pytest.raises(CannotRead, match="symbolic link") as caught:
        rating_beside(tmp_path)
    assert caught.value.cause == "damaged_sidecar"
    os.mkfifo(tmp_path / "b.xmp")
    with pytest.raises(CannotRead, match="special file"):
        rating_beside(tmp_path, b"b.jpg")


def test_a_sidecar_that_vanishes_between_two_looks_was_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(os.path, "lexists", lambda path: True)
    assert rating_beside(tmp_path) is None
