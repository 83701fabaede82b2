"""What every answer carries, where the old addresses lead, and whether the server says that it is well."""

import gzip
import re
from pathlib import Path

import pytest

from app.web import activity, page

PAGES = sorted(  # what shows one, or leads to one: a new page is held to what holds for all
    route.path
    for router in (page.router, activity.router)
    for route in router.routes
    if "GET" in route.methods and not route.include_in_schema and not route.path.startswith("/api/")
)


def address_of(path, door):
    """The address of a page; of one about a session, with that of a session."""
    return path.format(session_id=door.whole("photos/made")["session_id"]) if "{" in path else path


def test_every_answer_carries_the_security_headers(door):
    door.whole("photos/made")
    paths = (
        *PAGES,
        "/static/page/ingest.js",
        "/static/nonsense.js",
        "/api/summary",
        "/api/ingest/status/x",
        "/api/library/thumbnail?path=photos/made/lake.png",
        "/healthz",
    )
    for path in (address_of(path, door) for path in paths):
        headers = door.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        rules = dict(rule.strip().partition(" ")[::2] for rule in headers["content-security-policy"].split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
        assert rules["frame-ancestors"] == rules["base-uri"] == "'none'"
        assert "unsafe" not in headers["content-security-policy"]
        assert "server" not in headers


@pytest.mark.parametrize("path", PAGES)
def test_a_page_holds_no_inline_script_or_style(door, path):
    text = door.client.get(address_of(path, door), follow_redirects=True).text
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)


def test_a_page_that_cannot_be_shown_is_a_page_like_the_others(door, monkeypatch):
    def fault(*_):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("app.web.library.dashboard.library_sums", fault)
    for path, code in (("/nonsense", 404), ("/dashboard?nonsense=1", 422), ("/dashboard", 500)):
        answer = door.client.get(path, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.headers["content-type"]) == (code, "text/html; charset=utf-8")
        assert re.findall(r'<li><a href="([^"]+)">', answer.text) == [
            "/ingest-v2",
            "/library",
            "/sessions",
            "/dashboard",
            "/settings",
        ]
        assert 'class="card problem"' in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/ingest"])
def test_old_addresses_lead_to_the_page(door, path):
    answer = door.client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (307, "/ingest-v2")


@pytest.mark.parametrize("path", PAGES)
def test_everything_that_a_page_names_is_there(door, path):
    answer = door.client.get(address_of(path, door), follow_redirects=True)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    named = set(re.findall(r"(?:src|href)=\"(/static/[^\"?#]+)", answer.text))
    assert len(named) > 3
    assert {file for file in named if door.client.get(file).status_code != 200} == set()


def modules(entry: Path) -> set[Path]:
    """A module and all that it imports when it is loaded, themselves or by others."""
    found, ahead = set(), [entry]
    while ahead:
        module = ahead.pop()
        if module not in found:
            found.add(module)
            named = re.findall(r"^(?:import|export)[^;]*? from \"(\.[^\"]+)\"", module.read_text("utf-8"), re.MULTILINE)
            ahead += [(module.parent / name).resolve() for name in named]
    return found


def test_the_page_weighs_at_most_120_kb_compressed_with_its_chart(door):
    static = Path(page.__file__).parent / "static"
    text = door.client.get("/ingest-v2").text
    files = modules(static / "page/ingest.js") | {static / name for name in re.findall(r'"/static/([^"]+\.css)"', text)}
    files |= set((static / "vendor").glob("uPlot.*.*"))
    parts = [text.encode(), *(file.read_bytes() for file in files)]
    assert sum(len(gzip.compress(part)) for part in parts) <= 120_000


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
