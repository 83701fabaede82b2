"""What Google Takeout calls the JSON beside a file, and the stamps of the files beside one."""

import os

import pytest

from app.beside.sidecars import Sidecar, Stamps, as_taken, bare_names, sidecar_names, takeout_names
from app.formats import is_pixel_film, promised, suffix_of
from app.media import Stage
from app.metadata import Source

LONG = "n" * 60 + ".jpg"


@pytest.mark.parametrize(
    ("name", "names"),
    [
        (
            "a.jpg",
            ["a.jpg.supplemental-metadata.json", "a.jpg.json", "a.supplemental-metadata.json", "a.json"],
        ),
        (
            "a(1).jpg",
            [
                "a.jpg.supplemental-metadata(1).json",
                "a.jpg(1).json",
                "a(1).jpg.supplemental-metadata.json",
                "a(1).jpg.json",
                "a.supplemental-metadata(1).json",
                "a(1).json",
                "a(1).supplemental-metadata.json",
            ],
        ),
        (
            "a name of twenty-nine.jpg",
            [
                "a name of twenty-nine.jpg.supplemental-metadata.json",
                "a name of twenty-nine.jpg.supplemental-metadat.json",
                "a name of twenty-nine.jpg.json",
                "a name of twenty-nine.supplemental-metadata.json",
                "a name of twenty-nine.json",
            ],
        ),
        (
            LONG,
            [
                f"{LONG}.supplemental-metadata.json",
                "n" * 46 + ".json",
                f"{LONG}.json",
                f"{LONG[:-4]}.supplemental-metadata.json",
                f"{LONG[:-4]}.json",
            ],
        ),
        (
            "a-edited.jpg",
            [
                "a-edited.jpg.supplemental-metadata.json",
                "a-edited.jpg.json",
                "a.jpg.supplemental-metadata.json",
                "a.jpg.json",
                "a-edited.supplemental-metadata.json",
                "a-edited.json",
                "a.supplemental-metadata.json",
                "a.json",
            ],
        ),
        (
            "-edited.jpg",
            [
                "-edited.jpg.supplemental-metadata.json",
                "-edited.jpg.json",
                "-edited.supplemental-metadata.json",
                "-edited.json",
            ],
        ),
        ("without", ["without.supplemental-metadata.json", "without.json"]),
    ],
)
def test_the_names_in_the_order_in_which_they_speak(name, names):
    assert [told.decode() for told in takeout_names(name.encode())] == names


def test_a_name_that_is_not_utf8_is_cut_off_between_characters():
    assert takeout_names(b"caf\xe9.jpg")[1] == b"caf\xe9.jpg.json"
    assert takeout_names(("\u00e9" * 60 + ".jpg").encode())[1] == ("\u00e9" * 46 + ".json").encode()


@pytest.mark.parametrize(
    ("name", "cut"),
    [
        ("\U0001f98a" * 20 + ".jpg", "\U0001f98a" * 20 + ".jpg.s"),
        ("\U0001f98a" * 30 + ".jpg", "\U0001f98a" * 23),
        ("x" + "\U0001f98a" * 30 + ".jpg", "x" + "\U0001f98a" * 22),
    ],
)
def test_a_name_is_cut_off_by_units_of_utf16_and_no_letter_is_halved(name, cut):
    assert f"{cut}.json".encode() in takeout_names(name.encode())


def test_an_edited_picture_with_a_number_has_the_json_of_the_one_with_that_number():
    assert [name for name in takeout_names(b"a-edited(2).jpg") if b"edited" not in name][:2] == [
        b"a.jpg.supplemental-metadata(2).json",
        b"a.jpg(2).json",
    ]


def test_a_second_edit_of_a_picture_that_there_is_once_has_its_json_last():
    names = takeout_names(b"a-edited(1).jpg")
    assert names.index(b"a.jpg(1).json") < names.index(b"a.jpg.json")


@pytest.mark.parametrize(
    "name", [b"PXL_1.MP", b"PXL_1.MP~2", b"PXL_1.MV", b"PXL_1.RAW-01.MP.COVER", b"MVIMG_20180722_120942"]
)
def test_the_film_of_a_pixel_has_the_json_of_the_picture_beside_it(name):
    assert name + b".jpg.supplemental-metadata.json" in takeout_names(name)
    assert promised(name).name == "mp4"
    assert suffix_of(name) == b".mp4"


def test_a_pixel_s_film_has_the_json_of_the_picture_with_its_number_and_of_the_one_without_its_mark():
    assert b"PXL_1.MP.jpg.supplemental-metadata(1).json" in takeout_names(b"PXL_1.MP(1)")
    names = takeout_names(b"PXL_1.MP")
    assert names.index(b"PXL_1.MP.jpg.json") < names.index(b"PXL_1.jpg.json")


@pytest.mark.parametrize("name", [b"figure.mp", b"MVIMG_1", b"MVIMG_20180722_120942_x", b"a.MPO", b".MP", b"a.mv"])
def test_what_other_programs_call_so_is_no_film_of_a_pixel(name):
    assert not is_pixel_film(name)


@pytest.mark.parametrize("suffix", [b".MP4", b".mov", b".m4v"])
def test_a_video_has_its_own_json_first_then_that_of_the_still_of_its_name(suffix):
    names = takeout_names(b"IMG_1" + suffix)
    assert names[:2] == (b"IMG_1" + suffix + b".supplemental-metadata.json", b"IMG_1" + suffix + b".json")
    assert {b"IMG_1.HEIC.json", b"IMG_1.jpg.supplemental-metadata.json"} <= set(names)
    assert b"IMG_1.HEIC(1).json" in takeout_names(b"IMG_1(1)" + suffix)
    assert len(takeout_names(b"clip.webm")) == 4


@pytest.mark.parametrize(
    ("name", "original"),
    [
        ("a-edited.jpg", "a.jpg"),
        ("a-edited(1).jpg", "a(1).jpg"),
        ("a-EDITED.jpg", "a.jpg"),
        ("a-bearbeitet.jpg", "a.jpg"),
        ("a-modifi\u00e9.jpg", "a.jpg"),
        ("a-modifie\u0301.jpg", "a.jpg"),
        ("a-ha editado(2).JPG", "a(2).JPG"),
        ("a-\u7de8\u96c6\u6e08\u307f.jpg", "a.jpg"),
        ("a-EFFECTS.jpg", "a.jpg"),
        ("caf\udce9-edited.jpg", "caf\udce9.jpg"),
        ("a-edited-b.jpg", None),
        ("a-edi.jpg", None),
        ("a-.jpg", None),
        ("-edited.jpg", None),
        ("a-edited", None),
    ],
)
def test_the_picture_that_an_edited_one_was(name, original):
    assert as_taken(os.fsencode(name)) == os.fsencode(original or name)


@pytest.mark.parametrize("stem", ["x" * 40, "y-" * 20 + "z", "\u00e9" * 43, "x" * 46])
@pytest.mark.parametrize("word", ["-edited", "-bearbeitet", "-ha editado", "-modifi\u00e9"])
@pytest.mark.parametrize("number", ["", "(3)"])
def test_an_edited_picture_whose_name_was_cut_off_in_the_last_word(stem, word, number):
    cut = (stem + word)[:47]
    assert as_taken(f"{cut}{number}.jpg".encode()) == f"{stem}{number}.jpg".encode()
    assert as_taken(f"{cut[1:-1]}{number}.jpg".encode()) == f"{cut[1:-1]}{number}.jpg".encode()


def test_the_names_that_have_no_suffix():
    assert bare_names(b"a.jpg") == (b"a.supplemental-metadata.json", b"a.json")
    assert bare_names(b"a") == ()


XMP, TAKEOUT, SCORE = "xmp=3:1", "takeout=4:1", "score=5:1"


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("", {Source.SIDECAR, Source.TAKEOUT, Source.JSON, Source.TXT, Source.SCORES}),
        (XMP, {Source.TAKEOUT, Source.JSON, Source.TXT, Source.SCORES}),
        (f"{XMP} xmp=gone {TAKEOUT} {SCORE}", {Source.TXT}),
        ("json=1:1 txt=2:2", {Source.SIDECAR, Source.TAKEOUT, Source.SCORES}),
    ],
)
def test_stamps_say_which_sources_have_no_file_beside(text, silent):
    assert Stamps(text).silent == silent


@pytest.mark.parametrize(
    ("before", "after", "stages"),
    [
        (f"{XMP} {SCORE}", f"{XMP} {SCORE}", set()),
        (f"{XMP} {SCORE}", f"{XMP} score=5:2", {Stage.SCORE}),
        (XMP, "", {Stage.METADATA, Stage.KEYWORDS, Stage.SCORE}),
        ("", TAKEOUT, {Stage.METADATA, Stage.KEYWORDS, Stage.SCORE}),
        ("", "txt=2:2", {Stage.METADATA, Stage.KEYWORDS}),
    ],
)
def test_a_change_of_stamps_concerns_the_stages_that_read_those_sidecars(before, after, stages):
    assert Stamps(before).stages_changed(after) == stages


def test_stamps_are_stored_as_one_text():
    """It is what every library holds: another text would make each file with a sidecar pending."""
    stamps = [(Sidecar.XMP, "3:1"), (Sidecar.XMP, "gone"), (Sidecar.TAKEOUT, "4:1"), (Sidecar.SCORE, "5:1")]
    assert Stamps.of(stamps).text == "xmp=3:1 xmp=gone takeout=4:1 score=5:1"
    assert Stamps.of([]).text == ""


def test_the_sidecars_of_a_file_by_what_they_are_called():
    told = list(sidecar_names("cafe\u0301.jpg".encode()))
    names = {kind: [key.decode() for one, key in told if one is kind] for kind in Sidecar}
    assert names[Sidecar.XMP] == ["caf\u00e9.jpg.xmp", "caf\u00e9.xmp"]
    assert names[Sidecar.TXT] == ["caf\u00e9.jpg.txt", "caf\u00e9.txt"]
    assert names[Sidecar.JSON] == ["caf\u00e9.swarm.json"]
    assert {"caf\u00e9.jpg.json", "caf\u00e9.json"} <= set(names[Sidecar.TAKEOUT])
    assert [kind for kind, _ in sidecar_names(b"a.jpg", (b".txt",))] == [Sidecar.TXT] * 2
