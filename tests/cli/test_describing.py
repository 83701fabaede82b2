"""What `doctor` says of vision models: of the provider, its price, and files of providers and templates."""

import pytest

from app.cli.doctor import examine
from app.settings import Settings


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
