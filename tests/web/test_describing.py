"""Starting descriptions over HTTP and on the page: who can be asked, and a larger budget for a session that stopped."""

import re

import pytest

from tests.support.answering import Answering

DESCRIBE = {"template": "caption", "budget_usd": 0.025}


@pytest.fixture
def model(monkeypatch):
    answering = Answering()
    answering.install(monkeypatch)
    return answering


@pytest.fixture
def describing(model, door):
    """A door that was opened after the model was there."""
    door.reopen()
    return door


def test_without_a_provider_one_line_says_what_to_set(door):
    answer = door.get("/api/describe/providers")
    assert answer["providers"] == []
    page = door.client.get("/ingest-v2").text
    assert answer["missing"] in page
    assert 'id="describe"' not in page
    assert "data-offered" not in door.client.get("/library").text


def test_providers_are_listed_and_offered_on_the_page(describing):
    answer = describing.get("/api/describe/providers")
    assert answer["missing"] is None
    assert answer["providers"][0] == {"name": "default", "model": "vision-1", "local": False, "priced": True}
    assert 'id="describe"' in describing.client.get("/ingest-v2").text
    assert "data-offered" in describing.client.get("/library").text


def test_a_session_gets_a_larger_budget_where_it_stopped_at_the_last(describing):
    asked = {"directory": "photos", "describe": DESCRIBE}
    started = describing.post("/api/ingest/process", asked, 202)["session_id"]
    assert describing.wait_for(started, "attention")["attention"]["cause"] == "budget_reached"
    resume = "/api/ingest/resume"
    refused = describing.post(resume, {"session_id": started, "budget_usd": 0.01}, 422)
    assert refused["field"] == "budget_usd"
    for budget in (0, "much"):
        assert describing.post(resume, {"session_id": started, "budget_usd": budget}, 422)["field"] == "budget_usd"
    answer = describing.post(resume, {"session_id": started, "budget_usd": 1})
    assert (answer["resumed"], answer["parameters"]["describe"]["budget_usd"]) == (True, 1.0)
    assert describing.wait_for(started, "completed")["describe"]["budget_usd"] == 1.0


def test_a_session_over_a_search_is_named_by_it(describing):
    describing.whole("photos")
    started = describing.post("/api/ingest/process", {"q": "kind:image", "describe": {"template": "caption"}}, 202)
    describing.wait_for(started["session_id"], "completed")
    page = describing.client.get("/sessions").text
    assert "Search: kind:image" in page
    assert "with descriptions" in page
    assert re.search(r"\$0\.\d\d00 for \d+ descriptions", page)
