"""What Google Takeout writes beside a photo, and what other programs write under the same name."""

import json

import pytest

from app.analysis.metadata import sidecars, takeout
from app.analysis.metadata.sidecars import read_json_sidecar
from app.analysis.metadata.takeout import parse_takeout
from app.errors import CannotRead
from app.media import FoundFile

TOLD = {
    "title": "shore.jpg",
    "description": " at the sea ",
    "photoTakenTime": {"timestamp": "1212162961", "formatted": "30 May 2008"},
    "geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0},
    "geoDataExif": {"latitude": -33.85, "longitude": 151.2, "altitude": 12.5},
    "people": [{"name": "Ada"}, {"nick": "x"}, "y"],
}


def parsed(**changed):
    return parse_takeout(json.dumps(TOLD | changed).encode())


def test_time_place_description_and_people_are_read():
    found = parsed()
    assert found.taken_at == "2008-05-30T15:56:01+00:00"
    assert (found.latitude, found.longitude, found.altitude_m) == (-33.85, 151.2, 12.5)
    assert (found.caption, found.people, found.raw["title"]) == ("at the sea", ("Ada",), "shore.jpg")


@pytest.mark.parametrize(
    "changed",
    [
        {"photoTakenTime": None, "geoData": [], "geoDataExif": 3, "people": "Ada", "description": 5},
        {"photoTakenTime": {"timestamp": "9" * 30}, "geoDataExif": {"latitude": 91, "longitude": 0}, "people": None},
        {"photoTakenTime": {"timestamp": "0"}, "geoData": None, "geoDataExif": None, "people": []},
        {"photoTakenTime": {"timestamp": "soon"}, "geoDataExif": {"latitude": "1", "longitude": 0}, "people": []},
    ],
)
def test_nonsense_is_not_known(changed):
    found = parsed(**changed)
    assert (found.taken_at, found.latitude, found.altitude_m, found.people) == (None, None, None, ())


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"category": "gallery", "date": "2020"}', b"3"])
def test_json_of_another_kind_is_passed_over(content):
    assert parse_takeout(content) == takeout.NO_TAKEOUT


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_damaged(content):
    with pytest.raises(CannotRead) as caught:
        parse_takeout(content)
    assert caught.value.cause == "damaged_sidecar"


def read(folder, name):
    return read_json_sidecar(str(folder).encode(), FoundFile("r", name.encode(), 1, 1))[0]


@pytest.mark.parametrize(
    ("name", "json_name"),
    [
        ("shore.jpg", "shore.jpg.json"),
        ("shore.jpg", "shore.jpg.supplemental-metadata.json"),
        ("shore(2).jpg", "shore.jpg(2).json"),
        ("shore(2).jpg", "shore.jpg.supplemental-metadata(2).json"),
        ("a name of twenty-nine letters.jpg", "a name of twenty-nine letters.jpg.supplemental.json"),
    ],
)
def test_the_json_is_found_under_every_name_that_takeout_gives_it(tmp_path, name, json_name):
    title = name.replace("(2)", "")
    (tmp_path / json_name).write_text(json.dumps(TOLD | {"title": title}))
    assert read(tmp_path, name).people == ("Ada",)


@pytest.mark.parametrize(
    ("name", "json_name"),
    [
        ("shore-edited.jpg", "shore.jpg.json"),
        ("shore-edited(2).jpg", "shore.jpg.supplemental-metadata(2).json"),
        ("shore-bearbeitet.jpg", "shore.jpg.json"),
        ("shore-modifi\u00e9(2).jpg", "shore.jpg(2).json"),
        ("shore.MP4", "shore.JPG.json"),
        ("shore.mov", "shore.HEIC.supplemental-metadata.json"),
    ],
)
def test_what_takeout_writes_no_json_for_has_that_of_the_picture(tmp_path, name, json_name):
    (tmp_path / json_name).write_text(json.dumps(TOLD))
    assert read(tmp_path, name).people == ("Ada",)
    (tmp_path / f"{name}.json").write_text(json.dumps(TOLD | {"people": [{"name": "Eve"}]}))
    assert read(tmp_path, name).people == ("Eve",), "its own speaks first"


def test_a_name_that_was_cut_off_is_believed_only_with_the_right_title(tmp_path):
    name = "x" * 60 + "_{}.jpg"
    (tmp_path / ("x" * 46 + ".json")).write_text(json.dumps(TOLD | {"title": name.format(1)}))
    assert read(tmp_path, name.format(1)).people == ("Ada",)
    assert read(tmp_path, name.format(2)) == takeout.NO_TAKEOUT


def test_a_picture_whose_title_has_no_suffix_has_the_json_of_that_name(tmp_path):
    (tmp_path / "20030616.json").write_text(json.dumps(TOLD | {"title": "20030616"}))
    assert read(tmp_path, "20030616.jpg").people == ("Ada",)
    assert read(tmp_path, "20030616-edited.jpg").people == ("Ada",)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        json.dumps({"shapes": [1]}),
        json.dumps(TOLD | {"title": "a.png"}),
        json.dumps(TOLD | {"title": "ab"}),
        json.dumps({name: value for name, value in TOLD.items() if name != "title"}),
        " " * (sidecars.SIDECAR_BYTES + 1),
    ],
    ids=["damaged", "of another program", "of a PNG", "of another", "without a title", "large"],
)
def test_json_of_the_name_alone_is_mostly_of_other_programs_and_then_passed_over(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    assert read(tmp_path, "a.jpg") == takeout.NO_TAKEOUT


def test_a_damaged_one_is_named(tmp_path):
    (tmp_path / "a.jpg.json").write_text("{")
    with pytest.raises(CannotRead, match=r"The sidecar a\.jpg\.json cannot be read: it is not JSON"):
        read(tmp_path, "a.jpg")
    assert read(tmp_path, "b.jpg") == takeout.NO_TAKEOUT
