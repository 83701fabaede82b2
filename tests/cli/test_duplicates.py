"""The command `duplicates`, and its plan run by a real shell."""

import json
import shutil
import subprocess

import pytest

from tests.samples import settled
from tests.support.commands import refused


@pytest.fixture
def place(place_with_photos):
    trip = place_with_photos.folder / "photos" / "trip"
    shutil.copy2(trip / "a.jpg", trip / "-copy of 'a'.jpg")
    settled(trip / "-copy of 'a'.jpg")
    assert place_with_photos.run("run", "photos").returncode == 0
    return place_with_photos


def test_groups_are_listed_and_their_plan_moves_the_copies(place):
    told = place.run("duplicates")
    assert told.stdout == "photos/trip/a.jpg\n  photos/trip/-copy of 'a'.jpg\n"
    assert told.stderr == "1 group of 2 files; 5 files compared.\n"
    told = place.json("duplicates", "--by", "bytes")
    assert (told["total"], told["files"], told["groups"][0]["keep"]) == (1, 2, "photos/trip/a.jpg")
    assert place.json("duplicates", "--by", "features")["coverage"]["missing"] == {"nsfw_not_run": 5}

    script = place.folder / "plan.sh"
    assert place.run("duplicates", "--plan", "sh", "-o", str(script)).returncode == 0
    done = subprocess.run(["sh", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "moved: 1, stay: 0\n")
    assert not (place.folder / "photos" / "trip" / "-copy of 'a'.jpg").exists()
    assert "move,photos" not in place.run("duplicates", "--plan", "csv").stdout


def test_what_cannot_be_planned_is_refused(place):
    refused(place.run("duplicates", "--json", "--plan", "sh"), "cannot both go to standard output")
    refused(place.run("duplicates", "-o", "x"), "are for --plan")
    refused(place.run("duplicates", "--plan", "sh", "--folder", "away"), "needs a whole path")
    refused(place.run("duplicates", "--by", "features", "--plan", "sh"), "no proof")
    assert json.loads(place.run("duplicates", "--json").stdout)["total"] == 1
