"""Pictures described from the command line, within a budget, and what `doctor` says of vision models."""

import pytest

from app.cli.doctor import examine
from app.settings import Settings
from tests.support.answering import Answering
from tests.support.commands import refused


@pytest.fixture
def findings(tmp_path, monkeypatch):
    """What is found of settings, by name."""
    monkeypatch.chdir(tmp_path)

    def look(**settings):
        configured = Settings(database_url="none", ingest_state_dir=tmp_path / "state", **settings)
        return {finding.name.removeprefix("INGEST_DESCRIBE_"): finding for finding in examine(configured)}

    return look


def test_a_key_is_told_as_set_and_a_price_by_what_is_known(findings):
    there = {"ingest_describe_base_url": "http://localhost:1/v1", "ingest_describe_api_key": "sk-secret"}
    found = findings(**there, ingest_describe_model="gpt-4o")
    assert (found["API_KEY"].value, found["BASE_URL"].verdict) == ("set", "ok")
    assert "sk-secret" not in str(found)
    assert "gpt-4o costs 2.5 USD in, 10 out, for a million tokens." in found["BASE_URL"].sentence
    assert "What llava costs is not known" in findings(**there, ingest_describe_model="llava")["BASE_URL"].sentence
    priced = {"ingest_describe_price_in": 1, "ingest_describe_price_out": 1, "ingest_describe_model": "llava"}
    assert "a budget needs INGEST_DESCRIBE_MAX_INPUT_TOKENS" in findings(**there, **priced)["BASE_URL"].sentence
    assert findings(**there)["BASE_URL"].verdict == "wrong"
    assert (findings()["BASE_URL"].verdict, findings()["API_KEY"].value) == ("ok", "none")


def test_files_of_providers_and_templates_are_looked_at(findings, tmp_path):
    file, folder = tmp_path / "providers.toml", tmp_path / "templates"
    folder.mkdir()
    file.write_text('[providers.a]\nbase_url = "http://a"\nmodel = "m"\n')
    given = {"ingest_describe_providers": file, "ingest_describe_templates": folder}
    found = findings(**given)
    assert found["PROVIDERS"].sentence == "1 provider can be asked."
    assert found["TEMPLATES"].sentence == "3 templates can be used."
    file.write_text('[providers.a]\nbase_url = "http://a"\n')
    (folder / "b.toml").write_text("title = 3")
    found = findings(**given)
    assert (found["PROVIDERS"].verdict, found["TEMPLATES"].verdict) == ("wrong", "wrong")
    assert found["PROVIDERS"].sentence == "providers.a.model is needed."
    assert found["TEMPLATES"].sentence == "b.toml: title must be a text."
    file.write_text("[")
    assert findings(**given)["PROVIDERS"].verdict == "wrong"


def test_the_provider_default_may_be_one_of_the_file_unless_the_settings_name_it(findings, tmp_path):
    (file := tmp_path / "providers.toml").write_text('[providers.default]\nbase_url = "http://a"\nmodel = "m"\n')
    assert findings(ingest_describe_providers=file)["PROVIDERS"].sentence == "1 provider can be asked."
    named = {"ingest_describe_base_url": "http://localhost:1/v1", "ingest_describe_model": "llava"}
    twice = findings(ingest_describe_providers=file, **named)["PROVIDERS"]
    assert twice.verdict == "wrong"
    assert twice.sentence == "providers.default: INGEST_DESCRIBE_BASE_URL is that provider already."
    file.write_text('[providers.default]\nbase_url = "http://a"\n')
    assert findings(ingest_describe_providers=file)["PROVIDERS"].sentence == "providers.default.model is needed."


@pytest.fixture
def model(monkeypatch):
    answering = Answering()
    answering.install(monkeypatch)
    return answering


def test_describe_stops_at_its_budget_and_goes_on_with_a_larger_one(place_with_photos, model):
    place = place_with_photos
    planned = place.run("describe", "photos", "--budget", "0.035", "--dry-run", "--no-recursive")
    assert "3 descriptions, up to $0.0600, at most $0.0350." in planned.stdout
    assert (planned.returncode, model.asked, place.database.exists()) == (0, [], False)
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


def test_the_end_counts_the_files_that_are_there_and_descriptions_that_failed(place_with_photos, model):
    place = place_with_photos
    model.refuses = 1
    done = place.run("describe", "photos", "--write", "docx", "--write", "json", "--no-nsfw", "--workers", "1")
    assert done.returncode == 1, done.stderr
    assert "3/4 described, 3 Word files in " in done.stdout
    session_id = done.stdout.partition("Session ")[2][:36]
    folder = place.state / "descriptions" / session_id
    assert f", 3 JSON files in {folder}, 4 runs recorded, $0.0400, session file " in done.stdout
    assert len(list(folder.glob("*.docx"))) == 3
    again = place.run("retry", session_id, "--cause", "description_refused")
    assert (again.returncode, "1/1 described, 1 Word file in " in again.stdout) == (0, True)


def test_a_search_needs_a_library(place_with_photos, model):
    refused(place_with_photos.run("describe", "--query", "kind:image", "--dry-run"), "no library")


def test_what_cannot_be_priced_is_told_and_refused_with_a_budget(place_with_photos, model):
    place = place_with_photos
    done = place.run("describe", "photos", "--provider", "unpriced")
    assert (done.returncode, "4/4 described, 4 runs recorded, 4 of unknown cost, session" in done.stdout) == (0, True)
    refused(place.run("describe", "photos", "--provider", "unpriced", "--budget", "1"), "No price")


@pytest.mark.parametrize("arguments", [[], ["photos", "--query", "kind:image"]], ids=["neither", "both"])
def test_describe_is_about_folders_or_a_search(place, arguments):
    refused(place.run("describe", *arguments), "either directories or --query")


def test_without_a_provider_describe_says_so(place_with_photos):
    refused(place_with_photos.run("describe", "photos"), "INGEST_DESCRIBE_BASE_URL")
