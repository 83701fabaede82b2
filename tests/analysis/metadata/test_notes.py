"""What other programs write beside a picture, by what it holds: tags, captions, settings, labels."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.metadata.notes import parse_json_notes, parse_text_notes
from app.analysis.metadata.sidecars import read_json_sidecar, read_text_sidecar, read_xmp_sidecar
from app.media import FoundFile, Stage
from tests import samples
from tests.analysis.formats.packets import packet
from tests.analysis.pictures.pictures import analysed, saved
from tests.analysis.prompts.graphs import sampled

INFOTEXT = samples.a1111_parameters("a red fox in snow", "blurry", Seed=9)
EASY = {"prompt": "a red fox", "seed": 9, "negative_prompt": "blurry", "use_stable_diffusion_model": "foxmix"}
SWARM = {"sui_image_params": {"prompt": "a red fox", "negativeprompt": "blurry", "seed": 9, "model": "foxmix"}}
EASY_LINES = "Prompt: a red fox\nSeed: 9\nNegative Prompt: blurry\nStable Diffusion model: foxmix"


def tags(notes):
    return notes.properties.get("dc:subject")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("red fox\nsnow\ncreator:someone\n", ("red fox", "snow", "creator:someone")),
        ("red fox\r\n\r\n snow \r\n", ("red fox", "snow")),
        (
            "1girl, solo, long hair, looking at viewer, outdoors",
            ("1girl", "solo", "long hair", "looking at viewer", "outdoors"),
        ),
        ("fox,snow,\n", ("fox", "snow")),
        ("red fox", ("red fox",)),
    ],
)
def test_tags_on_lines_or_between_commas(text, found):
    notes = parse_text_notes(text)
    assert (tags(notes), notes.source, notes.made) == (found, "txt", None)


@pytest.mark.parametrize(
    "text",
    [
        "A red fox stands in deep snow and looks at us.",
        "a red fox in deep snow",
        "A photo of a red fox, standing in the snow, with a row of trees behind it",
        "A red fox.\nIt stands in the snow, and looks at us.",
    ],
)
def test_sentences_are_a_caption(text):
    notes = parse_text_notes(text)
    assert (notes.properties, notes.made) == ({"dc:description": (text,)}, None)


@pytest.mark.parametrize(
    "text",
    [
        "0 0.5 0.5 0.25 0.25",
        "0 0.5 0.5 0.25 0.25\n12 0.1 0.2 0.3 0.4 0.5 0.6\n",
        "3 5.0e-1 0.5 0.25 1",
        "",
        " \n\n",
        '{"shapes": []}',
        "word " * 20_000,
    ],
)
def test_labels_and_what_is_no_text_for_people_is_nothing(text):
    assert parse_text_notes(text) is None


@pytest.mark.parametrize("text", [INFOTEXT, EASY_LINES, json.dumps(EASY), json.dumps(SWARM), json.dumps(sampled())])
def test_settings_of_a_picture_are_told_from_tags(text):
    notes = parse_text_notes(text)
    assert notes.made.prompt
    assert notes.properties == {}


@pytest.mark.parametrize("told", [EASY, SWARM, sampled()])
@pytest.mark.parametrize("whole_name", [True, False])
def test_settings_in_json_are_believed_under_either_name(told, whole_name):
    notes = parse_json_notes(json.dumps(told), whole_name=whole_name)
    assert (notes.source, bool(notes.made.prompt)) == ("json", True)


@pytest.mark.parametrize(
    ("told", "properties"),
    [
        (
            {"category": "danbooru", "tags": ["fox", "snow"], "description": "In winter.", "artist": ["ada"]},
            {"dc:subject": ("fox", "snow"), "dc:description": ("In winter.",), "dc:creator": ("ada",)},
        ),
        ({"category": "moebooru", "tags": "red_fox snow"}, {"dc:subject": ("red_fox", "snow")}),
        ({"category": "x", "tags": "red fox, snow"}, {"dc:subject": ("red fox", "snow")}),
        ({"category": "e621", "tags": {"general": ["fox"], "artist": ["ada"]}}, {"dc:subject": ("fox", "ada")}),
        ({"tags": [{"name": "fox"}, 3], "user": {"name": "Ada"}}, {"dc:subject": ("fox",), "dc:creator": ("Ada",)}),
        ({"category": "pixiv", "title": "Fox", "caption": " "}, {"dc:title": ("Fox",)}),
    ],
)
def test_what_gallery_dl_wrote_counts_under_the_whole_name_alone(told, properties):
    assert parse_json_notes(json.dumps(told), whole_name=True).properties == properties
    assert parse_json_notes(json.dumps(told), whole_name=False) is None


def test_what_exiftool_wrote_is_read_by_the_names_of_its_tags():
    told = {
        "SourceFile": "a.jpg",
        "XMP:Subject": ["fox", 7],
        "Title": "Fox",
        "EXIF:DateTimeOriginal": "2024:05:01 10:11:12",
        "GPSLatitude": "48 deg 51' 29.90\" N",
        "GPSLongitude": 2.25,
        "Rating": 4,
        "FileSize": "5 kB",
    }
    for whole_name in (True, False):
        notes = parse_json_notes(json.dumps([told]), whole_name=whole_name)
        assert notes.properties == {
            "dc:subject": ("fox", "7"),
            "dc:title": ("Fox",),
            "exif:DateTimeOriginal": ("2024:05:01 10:11:12",),
            "exif:GPSLatitude": ("48,51,29.90N",),
            "exif:GPSLongitude": ("2.25",),
            "xmp:Rating": ("4",),
        }


@pytest.mark.parametrize("text", ["", "{", "3", "[]", "[{}]", "{}", '{"version": 2}', "[" * 100_000, '{"tags": 5}'])
def test_json_of_no_program_that_is_known_is_nothing(text):
    assert parse_json_notes(text, whole_name=True) is None


@given(st.text(max_size=60))
def test_any_text_gives_an_answer(text):
    parse_text_notes(text)
    parse_json_notes(text, whole_name=True)


# -- beside a picture --------------------------------------------------------------------------------------------

STAGES = frozenset({Stage.IDENTIFY, Stage.METADATA, Stage.KEYWORDS, Stage.SCORE})


def taken_in(folder, name, *, content=None, **beside):
    (folder / name).write_bytes(content or saved())
    for other, text in beside.items():
        (folder / other).write_text(text if isinstance(text, str) else json.dumps(text))
    return analysed(folder / name, STAGES)


@pytest.mark.parametrize(
    ("sidecar", "text", "source"),
    [
        ("a.txt", INFOTEXT, "txt"),
        ("a.txt", EASY_LINES, "txt"),
        ("a.json", EASY, "json"),
        ("a.jpg.json", EASY, "json"),
        ("a.swarm.json", SWARM, "json"),
    ],
)
def test_how_a_picture_was_made_is_read_beside_it(tmp_path, sidecar, text, source):
    found = taken_in(tmp_path, "a.jpg", **{sidecar: text})
    assert (found.metadata.negative_prompt, found.metadata.generation["seed"]) == ("blurry", 9)
    assert found.metadata.sources["prompt"] == source
    assert {word.source for word in found.keywords} == {"prompt", "negative_prompt"}


def test_what_the_picture_says_itself_counts_first(tmp_path):
    own = saved(comment=samples.a1111_parameters("a boat", "people", Seed=3).encode())
    found = taken_in(tmp_path, "a.jpg", content=own, **{"a.txt": INFOTEXT})
    assert (found.metadata.prompt, found.metadata.sources["prompt"]) == ("a boat", "prompt")


@pytest.mark.parametrize("sidecar", ["a.txt", "a.jpg.txt"])
def test_tags_and_captions_have_a_source_of_their_own(tmp_path, sidecar):
    found = taken_in(tmp_path, "a.jpg", **{sidecar: "fox, snow"})
    assert [(word.text, word.source) for word in found.keywords] == [("fox", "txt"), ("snow", "txt")]
    found = taken_in(tmp_path, "a.jpg", **{sidecar: "A fox in the snow."})
    assert (found.metadata.caption, found.metadata.sources["caption"]) == ("A fox in the snow.", "txt")


def test_what_others_noted_is_read_field_by_field(tmp_path):
    told = {
        "SourceFile": "a.jpg",
        "Keywords": ["fox"],
        "Description": "A fox.",
        "DateTimeOriginal": "2024:05:01 10:11:12+02:00",
        "GPSLatitude": 41.9,
        "GPSLongitude": 12.5,
        "Rating": 4,
        "Model": "X100",
    }
    found = taken_in(tmp_path, "a.jpg", **{"a.jpg.json": [told]})
    said = found.metadata
    assert (said.caption, said.camera_model, said.latitude) == ("A fox.", "X100", 41.9)
    assert said.taken_at == "2024-05-01T10:11:12+02:00"
    assert {said.sources[name] for name in ("caption", "camera_model", "latitude", "taken_at")} == {"json"}
    assert (found.rating.score, found.rating.source) == (4, "json")
    assert said.raw["json"]["Model"] == "X100"


def test_texts_that_exiftool_writes_without_quotes_are_read_as_they_were_written():
    notes = parse_json_notes('[{"SourceFile": "a.jpg", "Title": 1E3, "Subject": [1.50, true, 1e400]}]', whole_name=True)
    assert notes.properties == {"dc:title": ("1E3",), "dc:subject": ("1.50", "true", "1e400")}


def test_takeout_and_what_others_noted_may_lie_side_by_side(tmp_path):
    takeout = {"title": "a.jpg", "photoTakenTime": {"timestamp": "1212162961"}, "people": [{"name": "Ada"}]}
    (tmp_path / "a.jpg.supplemental-metadata.json").write_text(json.dumps(takeout))
    found = taken_in(tmp_path, "a.jpg", **{"a.jpg.json": {"category": "x", "tags": ["fox"]}})
    assert {(word.text, word.source) for word in found.keywords} == {("Ada", "takeout"), ("fox", "json")}


def found_file(name):
    return FoundFile("r", name.encode(), 1, 1)


@pytest.mark.parametrize(("one", "other"), [("\u00e9", "e\u0301"), ("e\u0301", "\u00e9")])
def test_sidecars_are_read_however_their_letters_are_composed(tmp_path, one, other):
    root, file = os.fsencode(tmp_path), found_file(f"caf{one}.jpg")
    (tmp_path / f"caf{other}.jpg.xmp").write_bytes(packet("<xmp:Label>Red</xmp:Label>"))
    (tmp_path / f"caf{other}.jpg.json").write_text('{"people": [{"name": "Ada"}], "title": "x"}')
    (tmp_path / f"caf{other}.txt").write_text("fox, snow")
    assert read_xmp_sidecar(root, file) == {"xmp:Label": ("Red",)}
    assert read_json_sidecar(root, file)[0].people == ("Ada",)
    assert tags(read_text_sidecar(root, file)) == ("fox", "snow")


@pytest.mark.parametrize("extension", ["CR2", "cr2", ".CR2"])
def test_a_sidecar_that_names_one_of_several_files_speaks_for_that_one(tmp_path, extension):
    root = os.fsencode(tmp_path)
    said = f"<photoshop:SidecarForExtension>{extension}</photoshop:SidecarForExtension><xmp:Label>Red</xmp:Label>"
    (tmp_path / "a.xmp").write_bytes(packet(said))
    (tmp_path / "a.jpg").touch()
    assert read_xmp_sidecar(root, found_file("a.jpg"))["xmp:Label"] == ("Red",), "there is no other"
    (tmp_path / "a.CR2").touch()
    assert read_xmp_sidecar(root, found_file("a.jpg")) is None
    assert read_xmp_sidecar(root, found_file("a.CR2"))["xmp:Label"] == ("Red",)
    (tmp_path / "a.jpg.xmp").write_bytes(packet(said))
    assert read_xmp_sidecar(root, found_file("a.jpg"))["xmp:Label"] == ("Red",), "its own name says more"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_sidecars_are_read_in_each_way_in_which_windows_writes_texts(tmp_path, encoding):
    mark = "\ufeff" if encoding == "utf-16-be" else ""  # the others bring their own
    told = json.dumps([{"SourceFile": "a.jpg", "Title": "Übung"}], ensure_ascii=False)
    (tmp_path / "a.jpg.json").write_bytes((mark + told).encode(encoding))
    (tmp_path / "a.txt").write_bytes((mark + "blüte, sky").encode(encoding))
    file = found_file("a.jpg")
    root = os.fsencode(tmp_path)
    assert read_json_sidecar(root, file)[1].properties["dc:title"] == ("Übung",)
    assert read_text_sidecar(root, file).properties["dc:subject"] == ("blüte", "sky")


def test_a_text_in_the_code_page_of_windows_is_read_as_such(tmp_path):
    (tmp_path / "a.txt").write_bytes("A lake \u2013 it\u2019s cold.".encode("cp1252"))
    said = read_text_sidecar(os.fsencode(tmp_path), found_file("a.jpg"))
    assert said.properties["dc:description"] == ("A lake \u2013 it\u2019s cold.",)
