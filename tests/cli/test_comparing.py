"""The command `compare`: what it says, what it names, and the exit code that a script goes by."""

import csv
import io
import json
import shutil

import pytest

from tests.compare.shelf import flip, write
from tests.support.commands import refused
from tests.support.server import everything_in


@pytest.fixture
def place(place_with_photos):
    return place_with_photos


@pytest.fixture
def card(place, tmp_path):
    """A card whose pictures are all in, with a sidecar and without what is no picture."""
    card = tmp_path / "card"
    write(place.media / "trip" / "a.jpg.xmp", b"<x/>")
    shutil.copytree(place.media, card, ignore=shutil.ignore_patterns("*.txt"))
    place.run("run", "photos")
    return card


def test_a_card_may_be_wiped_when_every_copy_was_read_again(place, card):
    before = everything_in(place.folder)
    done = place.run("compare", "--rehash", str(card))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"4 files in {card}: 4 in library, and 1 sidecar with them\nSafe to wipe: 4 files" in done.stdout
    told = place.json("compare", "--rehash", "card")
    assert (told["safe"], told["files"], told["in_library"], told["read_again"], told["not_in"]) == (True, 4, 4, 4, [])
    looked = place.run("compare", str(card))
    assert looked.returncode == 1
    assert "not re-read" in looked.stdout
    assert place.json("compare", str(card), code=1)["safe"] is False
    assert everything_in(place.folder) == before


def test_what_would_be_lost_is_named_and_the_exit_says_so(place, card, tmp_path):
    write(card / "new.jpg", b"new")
    write(card / "notes.txt", b"no picture")
    flip(place.media / "trip" / "a.jpg")
    done = place.run("compare", "--rehash", str(card))
    assert done.returncode == 1
    assert f"  {card}/new.jpg: Its content is no image or video that is known here. (not_in_library)" in done.stdout
    assert "photos/trip/a.jpg: Its bytes are others now" in done.stdout
    assert "3 in library, 1 file missing, 1 not in library, 1 not media, and 1 sidecar with them" in done.stdout
    assert "Do not wipe it: 3 of 6 files are not safely in." in done.stdout
    kept = tmp_path / "report.json"
    told = place.json("compare", "--rehash", str(card), "-o", str(kept), "--format", "json", code=1)
    whole = json.loads(kept.read_bytes())
    not_in = told.pop("not_in")
    assert whole["comparison"] == told
    assert [file for file in whole["files"] if file["class"] != "in_library"] == not_in
    assert len(whole["files"]) == told["files"] == 6
    printed = place.run("compare", "--rehash", str(card), "--format", "csv").stdout
    table = csv.DictReader(io.StringIO(printed.removeprefix("\ufeff")))
    assert sorted(row["class"] for row in table) == sorted(file["class"] for file in whole["files"])


def test_a_folder_of_the_library_is_compared_by_either_name_of_it_and_is_never_safe(place, card):
    for name in ("photos", str(place.media)):
        told = place.json("compare", "--rehash", name, code=1)
        assert (told["directory"], told["in_library"], told["file_missing"]) == ("photos", 0, 4)
        reasons = {file["class"]: file["reason"] for file in told["not_in"]}
        assert reasons["file_missing"].endswith("It lies inside the folder itself.")


def test_more_than_a_screen_of_files_is_counted_and_an_empty_folder_is_not_safe(place, card):
    for number in range(25):
        write(card / f"{number}.jpg", b"new %d" % number)
    done = place.run("compare", "--rehash", str(card))
    assert done.stdout.count("(not_in_library)") == 20
    assert "and 5 more, which a report names" in done.stdout
    shutil.rmtree(card)
    card.mkdir()
    done = place.run("compare", "--rehash", str(card))
    assert done.returncode == 1
    assert "No file is there" in done.stdout


def test_compare_refuses_what_it_cannot_do(place, card):
    refused(place.run("compare", str(card / "nowhere")), "There is no directory", "card/nowhere")
    refused(place.run("compare", "photos/nowhere"), "There is no directory photos/nowhere")
    refused(place.run("compare", str(write(card / "x", b""))), "is a file, not a directory")
    refused(place.run("compare", "--json", "--format", "csv", str(card)), "cannot both go to standard output")
    refused(place.run("compare", str(card), DATABASE_URL="none"), "Database functionality is disabled.")
    refused(place.run("compare", str(card), DATABASE_URL="sqlite:///other.db"), "There is no library at")
