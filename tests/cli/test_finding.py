"""The commands that find files and take them away."""

import json

import pytest

from app.ingest.session.store import IngestionState
from tests.support.commands import refused
from tests.support.server import everything_in


@pytest.fixture
def place(place_with_photos):
    assert place_with_photos.run("run", "photos").returncode == 0
    return place_with_photos


# -- search ------------------------------------------------------------------------------------------------------


def test_search_prints_a_path_a_line_and_what_it_covers_beside_them(place):
    found = place.run("search", "keyword:sea", "or", "score>=5")
    assert (found.returncode, found.stdout) == (0, "photos/trip/a.jpg\n")
    assert found.stderr == "1 file found. 4 of 4 searched\n"
    every = place.run("search", "", "--sort", "name", "--order", "asc").stdout.splitlines()
    assert len(every) == 4
    assert every[0] == "photos/trip/a.jpg"
    last_first = place.run("search", "", "--sort", "name", "--limit", "2").stdout.splitlines()
    assert last_first == every[::-1][:2]


def test_a_term_that_is_negated_is_no_option(place):
    assert place.run("search", "-keyword:sea").stdout.count("\n") == 3
    assert place.run("search", "kind:image", "-folder:photos/trip", "--limit", "9").stdout.count("\n") == 3
    assert place.run("search", "-(keyword:sea or keyword:none)").stdout == ""
    assert place.run("search", '-"a.jpg"', "-Score>=5").stdout.count("\n") == 3
    assert place.run("search", "not", "sea").stdout.count("\n") == 3
    assert place.run("search", "--limit", "9", "--", "-sea").stdout.count("\n") == 3


@pytest.mark.parametrize("command", ["search", "export"])
def test_what_looks_like_an_option_is_no_term(place, command):
    refused(place.run(command, "-j"), "-j is no option. Without a word: not j, or all of the query behind --")
    refused(place.run(command, "cat", "-n5"), "-n5 is no option")
    refused(place.run(command, "-colour:red"), "-colour:red is no option")


def test_search_in_json_has_files_total_and_coverage(place):
    told = place.json("search", "nsfw:yes or keyword:sand", "--limit", "1")
    assert [file["path"] for file in told["files"]] == ["photos/trip/a.jpg"]
    assert (told["files"][0]["score"], told["total"]) == (4, 1)
    assert told["coverage"] == {"searched": 0, "of": 4, "missing": {"nsfw_not_run": 4}}


def test_a_search_that_cannot_be_read_is_pointed_at(place):
    refused = place.run("search", "東京", "colour:red")
    assert (refused.returncode, refused.stdout) == (2, "")
    sentence, query, mark = refused.stderr.splitlines()
    assert sentence.startswith("media-ingest: There is no field 'colour'")
    assert query == "  東京 colour:red"
    assert mark == "  " + " " * len("2 4  ") + "^"  # each of the two is two wide


def test_searching_changes_no_file_goes_beside_a_server_and_needs_a_library(place):
    server = IngestionState(place.state)
    server.acquire("http://127.0.0.1")
    before = everything_in(place.folder)
    assert place.run("search", "sea").stdout == "photos/trip/a.jpg\n"
    assert everything_in(place.folder) == before
    server.release()
    refused(place.run("search", "sea", DATABASE_URL="none"), "Database functionality is disabled.")


# -- export ------------------------------------------------------------------------------------------------------


def test_export_writes_a_table_lines_or_a_folder(place):
    assert place.run("export", "keyword:sea").stdout.splitlines()[1].startswith("photos/trip/a.jpg,image,jpeg,")
    kept, folder = place.folder / "sea.jsonl", place.folder / "taken" / "sea"
    assert place.run("export", "keyword:sea", "--format", "jsonl", "-o", str(kept)).returncode == 0
    assert json.loads(kept.read_text())["path"] == "photos/trip/a.jpg"
    done = place.run("export", "score:4", "--format", "imagefolder", "-o", str(folder), "--link", "hard", "--captions")
    assert (done.returncode, done.stdout) == (0, f"1 file in {folder}.\n")
    assert (folder / "photos/trip/a.jpg").samefile(place.media / "trip/a.jpg")


def test_options_and_their_values_may_be_one_argument(place):
    assert place.run("export", "keyword:sea", "-osea.csv").stdout == ""
    assert (place.folder / "sea.csv").read_text("utf-8-sig").splitlines()[1].startswith("photos/trip/a.jpg")
    assert place.run("export", "-keyword:sea", "-oname:sea.csv").stdout == "", "name:… is a field, o is the option"
    assert len((place.folder / "name:sea.csv").read_text().splitlines()) == 4


def test_nothing_is_written_inside_a_media_root_whatever_leads_there(place):
    before = everything_in(place.media)
    (place.folder / "aside").symlink_to(place.media / "trip")
    session = place.json("sessions")[0]["session_id"]
    for asked in (
        ("export", "", "--format", "imagefolder", "-o", str(place.media / "new" / "folder")),
        ("export", "", "--format", "imagefolder", "-o", "aside/new"),
        ("export", "", "-o", "photos/trip/a.jpg"),
        ("report", session, "-o", "photos/report.csv"),
        ("verify", "-o", "photos/../photos/report.csv"),
        ("compare", "photos/trip", "-o", "aside/report.csv"),
    ):
        refused(place.run(*asked), "lies inside the media root 'photos', where files are only read")
    assert everything_in(place.media) == before


def test_an_export_without_all_of_the_originals_exits_with_1(place):
    (place.media / "trip" / "a.jpg").unlink()
    done = place.run("export", "keyword:sea", "--format", "imagefolder", "-o", str(place.folder / "out"))
    assert done.returncode == 1
    assert done.stdout.splitlines()[1].startswith("1 are not there as they were taken in: ")
    assert done.stdout.splitlines()[1].endswith("/out/missing.txt names them.")


def test_an_export_that_makes_no_sense_is_refused(place):
    refused(place.run("export", "", "--format", "imagefolder"), "An imagefolder is a folder: name it with -o")
    refused(place.run("export", "", "--captions"), "--link and --captions are for --format imagefolder")
    refused(place.run("export", "", "-o", "nowhere/a.csv"), "The export nowhere/a.csv cannot be written")
