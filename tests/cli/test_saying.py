"""The commands by which a person says something of files, and takes it back."""

import json

import pytest

from app.cli import saying
from app.errors import DatabaseBusy
from app.library.saying.editing import parse_edit
from app.library.saying.edits import Asked, Edits
from tests.support.commands import refused


@pytest.fixture
def place(place_with_photos):
    assert place_with_photos.run("run", "photos").returncode == 0
    return place_with_photos


def found(place, *query):
    return place.run("search", *query).stdout.splitlines()


def test_what_a_search_finds_is_tagged_and_rated_and_both_are_taken_back(place):
    looked = place.run("tag", "keyword:sea", "--add", "holiday", "--remove", "sand", "--dry-run")
    assert looked.stdout.splitlines() == [
        "  photos/trip/a.jpg: keywords none -> holiday",
        "1 file would change.",
        "1 file left: a keyword is what the file itself says.",
    ]
    assert found(place, "keyword:holiday") == []
    tagged = place.json("tag", "keyword:sea", "--add", "holiday", "--add", "at the coast")
    assert (tagged["changed"], tagged["left"]) == (1, [])
    assert found(place, "keyword:holiday", 'keyword:"at the coast"') == ["photos/trip/a.jpg"]
    rated = place.run("rate", "-keyword:holiday", "-1")
    assert rated.stdout.startswith("3 files changed. ")
    assert rated.stdout.endswith(f"media-ingest undo {tagged['undo'] + 1} takes it back.\n")
    assert len(found(place, "score:-1")) == 3
    assert place.run("undo", str(tagged["undo"] + 1)).stdout == "3 files as before.\n"
    assert place.json("undo", str(tagged["undo"])) == {"changed": 1, "left": []}
    assert found(place, "is:person") == []
    refused(place.run("undo", str(tagged["undo"])), "undone already")


def test_a_score_may_be_none_and_is_nothing_else(place):
    assert place.json("rate", "keyword:sea", "none", "--dry-run")["preview"] == [
        {"path": "photos/trip/a.jpg", "before": {"score": 4}, "after": {"score": None}}
    ]
    refused(place.run("rate", "keyword:sea", "great"), "'great' is no score")
    refused(place.run("rate", "keyword:sea", "6"), "score must be at most 5")


def test_what_makes_no_sense_is_refused(place):
    refused(place.run("tag", "keyword:sea"), "--add WORD")
    assert place.run("tag", "colour:red", "--add", "x").returncode == 2
    refused(place.run("undo"), "--session")
    refused(place.run("undo", "7"), "There is no edit 7")
    refused(place.run("undo", "2147483647"), "There is no edit 2147483647")
    refused(place.run("undo", "w7"), "There is no write w7")
    for number in ("0", "2147483648", "9223372036854775808", "w0", "x", "7.0"):
        refused(place.run("undo", number), f"'{number}' is no edit")


def test_a_database_that_another_program_writes_is_waited_for(place, monkeypatch):
    monkeypatch.setattr(saying, "_WAIT_SECONDS", 0)
    write, tries = Edits.write, []

    def busy_twice(edits, asked):
        tries.append(asked)
        if len(tries) < 3:
            raise DatabaseBusy
        return write(edits, asked)

    monkeypatch.setattr(Edits, "write", busy_twice)
    assert json.loads(place.run("rate", "", "3", "--json").stdout)["changed"] == 4
    assert len(tries) == 3


def test_what_is_said_while_a_command_waits_is_not_overwritten(place, monkeypatch):
    monkeypatch.setattr(saying, "_WAIT_SECONDS", 0)
    write, tries = Edits.write, []

    def busy_once(edits, asked):
        tries.append(len(asked.ids))
        if len(tries) == 1:
            assert write(edits, Asked(asked.ids[:1], parse_edit({"score": 5}))).changed == 1
            raise DatabaseBusy
        return write(edits, asked)

    monkeypatch.setattr(Edits, "write", busy_once)
    assert place.json("rate", "score:none", "3")["changed"] == 2
    assert tries == [3, 2]
    assert [len(found(place, f"score:{score}")) for score in (3, 5)] == [2, 1]
