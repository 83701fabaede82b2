"""What every answer carries, where the old addresses lead, and whether the server says that it is well."""

import pytest


def test_every_answer_carries_the_security_headers(door):
    door.whole("photos/made")
    paths = (
        "/ingest-v2",
        "/",
        "/login",
        "/static/page/ingest.js",
        "/static/nonsense.js",
        "/api/summary",
        "/api/ingest/status/x",
        "/api/library/thumbnail?path=photos/made/lake.png",
        "/healthz",
    )
    for path in paths:
        headers = door.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        rules = dict(rule.strip().partition(" ")[::2] for rule in headers["content-security-policy"].split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
        assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert "server" not in headers


def test_the_page_holds_no_inline_script_or_style(door):
    import re

    for path in ("/ingest-v2", "/login"):
        page = door.client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page), path
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page), path


@pytest.mark.parametrize("path", ["/", "/ingest"])
def test_old_addresses_lead_to_the_page(door, path):
    answer = door.client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (307, "/ingest-v2")


def test_everything_that_the_page_names_is_there(door):
    import re

    page = door.client.get("/ingest-v2")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    named = set(re.findall(r"(?:src|href)=\"(/static/[^\"?#]+)", page.text))
    assert len(named) > 3
    for path in named:
        assert door.client.get(path).status_code == 200, path


def test_alive_and_ready(door):
    assert door.get("/healthz") == {"status": "ok"}
    assert door.get("/readyz") == {"status": "ok", "database": "ok", "state_folder": "ok"}


def test_a_library_that_is_gone_or_a_state_folder_that_cannot_be_made_is_not_ready(door):
    import shutil

    shutil.rmtree(door.state)
    door.state.write_text("in the way")
    problem = door.get("/readyz", 503)
    assert (problem["cause"], str(door.state) in problem["detail"]) == ("lock_lost", True)
    assert door.get("/healthz") == {"status": "ok"}


def test_a_server_whose_runner_has_died_is_not_ready(door, monkeypatch):
    monkeypatch.setattr(type(door.house.records.runner), "alive", False)
    problem = door.get("/readyz", 503)
    assert (problem["cause"], problem["detail"]) == (
        "internal_error",
        "The thread that takes files in has died: restart the server.",
    )
    assert door.get("/healthz") == {"status": "ok"}


def test_the_api_describes_itself(door):
    paths = door.get("/api/openapi.json")["paths"]
    assert {"/api/ingest/plan", "/api/ingest/process", "/api/ingest/events/{session_id}"} <= paths.keys()
