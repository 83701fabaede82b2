"""Which tags of a file are written, and how they are asked of exiftool."""

import html

import pytest

from app.writing.tags import arguments, escaped
from app.writing.words import TAKEN_BACK

PRESENT = ("iptc Keywords", "exif Image Artist", "exif Image Rating", "exif Image RatingPercent")


def plain(lines):
    return [html.unescape(line) for line in lines]


def test_iptc_and_old_tags_are_kept_in_step_where_they_are_and_never_begun():
    words = {"title": "T", "creator": "Ada; Grace", "score": 5, "keywords": ("a|b",)}
    alone = plain(arguments(words, (), digest=True))
    assert alone == [
        "-XMP-dc:Title=T",
        "-XMP-dc:Creator=Ada",
        "-XMP-dc:Creator=Grace",
        "-XMP-xmp:Rating=5",
        "-XMP-dc:Subject-=b",
        "-XMP-dc:Subject+=b",
        "-XMP-lr:HierarchicalSubject-=a|b",
        "-XMP-lr:HierarchicalSubject+=a|b",
    ]
    more = set(plain(arguments(words, PRESENT, digest=True))) - set(alone)
    assert more == {
        "-IPTC:ObjectName=T",
        "-IPTC:By-line=Ada",
        "-IPTC:By-line=Grace",
        "-IFD0:Artist=Ada; Grace",
        "-IFD0:Rating=5",
        "-IFD0:RatingPercent=99",
        "-IPTC:Keywords-=b",
        "-IPTC:Keywords+=b",
        "-Photoshop:IPTCDigest=new",
    }
    assert "-Photoshop:IPTCDigest=new" not in arguments(words, PRESENT, digest=False)


def test_a_keyword_that_was_taken_back_goes_wherever_it_was_written():
    words = {"keywords": (), TAKEN_BACK: ("b", "a|b")}
    assert plain(arguments(words, PRESENT, digest=False)) == [
        f"-{tag}-={word}"
        for tag in ("XMP-dc:Subject", "XMP-lr:HierarchicalSubject", "IPTC:Keywords")
        for word in ("b", "a|b")
    ]


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2001-02-03T04:05:06-02:00", ["2001:02:03 04:05:06-02:00", "2001:02:03 04:05:06", "-02:00", ""]),
        ("2001-02-03T04:05:06.250000", ["2001:02:03 04:05:06.250000", "2001:02:03 04:05:06", "", "250000"]),
        ("2001-02-03", ["2001:02:03", "", "", ""]),
        ("2001", ["2001", "", "", ""]),
        (None, ["", "", "", ""]),
    ],
)
def test_exif_says_whole_times_and_nothing_of_a_date_that_is_none(at, told):
    lines = [line.partition("=")[2] for line in plain(arguments({"taken_at": at}, (), digest=True))]
    assert lines == [told[0], *told]


def test_what_iptc_has_no_room_for_is_cut_at_a_letter():
    lines = plain(arguments({"title": "é" * 40}, PRESENT, digest=True))
    assert f"-IPTC:ObjectName={'é' * 32}" in lines


def test_no_text_can_be_more_than_a_value():
    assert escaped("a\n-execute\n@file") == "a&#10;&#45;execute&#10;&#64;file"
    assert all("\n" not in line for line in arguments({"caption": "x\n-o\ny"}, (), digest=True))


@pytest.mark.parametrize(
    ("words", "present", "begins"),
    [
        ({"title": "日本"}, PRESENT, False),
        ({"title": "é", "keywords": ("日本",)}, PRESENT, False),
        ({"title": "日本"}, (*PRESENT, "iptc utf-8"), True),
        ({"title": "é€", "keywords": ("日|b",), "label": "日本"}, PRESENT, True),
    ],
)
def test_iptc_is_left_alone_where_it_has_no_letters_for_a_text(words, present, begins):
    lines = arguments(words, present, digest=True)
    assert any(line.startswith("-IPTC:") for line in lines) == begins
    assert ("-Photoshop:IPTCDigest=new" in lines) == begins
