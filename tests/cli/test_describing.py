"""Pictures described from the command line, within a budget."""

import pytest

from tests.support.commands import refused
from tests.support.describing import Answering


@pytest.fixture
def model(monkeypatch):
    answering = Answering()
    answering.install(monkeypatch)
    return answering


def test_describe_stops_at_its_budget_and_goes_on_with_a_larger_one(place_with_photos, model):
    place = place_with_photos
    place.run("migrate")
    planned = place.run("describe", "photos", "--budget", "0.035", "--dry-run", "--no-recursive")
    assert "3 descriptions, up to $0.0600, at most $0.0350." in planned.stdout
    assert (planned.returncode, model.asked) == (0, [])
    stopped = place.run("describe", "photos", "--budget", "0.035")
    assert stopped.returncode == 2
    assert "2/4 described, 2 runs recorded, $0.0200, session file " in stopped.stdout
    session_id = stopped.stdout.partition("Session ")[2][:36]
    assert f"resume {session_id} --budget USD" in stopped.stdout
    done = place.run("resume", session_id, "--budget", "1")
    assert done.returncode == 0, done.stderr
    assert f"4/4 described, 4 runs recorded, $0.0400, session file {place.state}/{session_id}.json" in done.stdout
    again = place.json("describe", "--query", "kind:image", "--dry-run")
    assert (again["pending"], again["describe_estimate"]["requests"]) == (0, 0)


def test_what_cannot_be_priced_is_told_and_refused_with_a_budget(place_with_photos, model):
    place = place_with_photos
    done = place.run("describe", "photos", "--provider", "unpriced")
    assert (done.returncode, "4/4 described, 4 runs recorded, 4 of unknown cost, session" in done.stdout) == (0, True)
    refused(place.run("describe", "photos", "--provider", "unpriced", "--budget", "1"), "No price")


@pytest.mark.parametrize("arguments", [[], ["photos", "--query", "kind:image"]], ids=["neither", "both"])
def test_describe_is_about_folders_or_a_search(place, arguments):
    refused(place.run("describe", *arguments), "either directories or --query")


def test_without_a_provider_describe_says_so(place_with_photos):
    refused(place_with_photos.run("describe", "photos"), "Nobody can be asked")
