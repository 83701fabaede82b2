"""The page where nothing comes through: a stream that is held back, a server that is gone, many tabs, no storage."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import in_both_schemes, watch
from tests.support.server import Server, until

pytestmark = pytest.mark.browser

NO_STORAGE = """
for (const name of ["sessionStorage", "localStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
"""
NO_LOCKS = "Object.defineProperty(navigator, 'locks', { value: undefined })"


@pytest.fixture
def running(server: Server) -> str:
    """A session that takes a while."""
    session = server.begin("long", skip_existing=False)
    server.wait_for(session, "processing")
    return session


@contextmanager
def held_back(page: Page) -> Iterator[list[Route]]:
    """As behind a proxy that buffers: streams are opened, and nothing comes."""
    held: list[Route] = []
    page.route("**/api/ingest/events/*", lambda route, _: held.append(route))
    yield held
    page.unroute_all()


def processed(page: Page) -> int:
    return int(page.locator("#stat-processed").inner_text().replace(",", ""))


def test_page_polls_while_its_stream_is_held_back_and_goes_back_to_it(page: Page, server: Server, running: str) -> None:
    page.clock.install()
    connection = page.locator("#connection")
    with held_back(page) as held:
        page.goto(f"{server.address}/ingest-v2")
        until(lambda: page.evaluate("1") and held, what="the stream")
        expect(connection).to_have_text("connecting")
        page.clock.run_for(6_000)
        expect(connection).to_have_text("live by polling")
        before = processed(page)
        until(lambda: server.status(running)["processed_files"] > before, what="more files")
        page.clock.run_for(2_000)
        expect(page.locator("#stat-processed")).not_to_have_text(f"{before:,}")
    page.clock.run_for(16_000)
    expect(connection).to_have_text("live")
    server.post("/api/ingest/pause", {"session_id": running})
    expect(page.locator("#resume")).to_be_visible()
    until(lambda: connection.inner_text() == "live")


def test_a_quiet_stream_is_not_taken_for_a_blocked_one(page: Page, server: Server, running: str) -> None:
    server.post("/api/ingest/pause", {"session_id": running})
    server.wait_for(running, "paused")
    page.add_init_script(
        "window.asked = []; const real = window.fetch;"
        "window.fetch = (to, ...more) => { window.asked.push(String(to)); return real(to, ...more); };"
        "window.beats = 0; const Source = window.EventSource; window.EventSource = class extends Source {"
        "  constructor(...given) { super(...given); this.addEventListener('heartbeat', () => window.beats++); } };"
    )
    page.goto(f"{server.address}/ingest-v2")
    expect(page.locator("#connection")).to_have_text("live")
    page.evaluate("window.asked.length = 0")
    until(lambda: page.evaluate("window.beats") >= 2, what="two heartbeats")
    assert not any("/status/" in asked or "/healthz" in asked for asked in page.evaluate("window.asked"))


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({}, "live"),
        ({"begun": False}, "connecting"),
        ({"troubled": True}, "reconnecting"),
        ({"quietMs": 4_999}, "live"),
        ({"quietMs": 5_000, "answered": True}, "polling"),
        ({"quietMs": 5_000, "answered": True, "troubled": True}, "polling"),
        ({"quietMs": 5_000}, "reconnecting"),
        ({"answered": True, "gone": True}, "gone"),
    ],
)
def test_connection_is_told_by_what_is_heard(page: Page, server: Server, known: dict[str, object], state: str) -> None:
    page.goto(f"{server.address}/login")
    usual = {"gone": False, "quietMs": 0, "begun": True, "troubled": False, "answered": False}
    asked = f"import('/static/lib/events.js').then(({{ connectionOf }}) => connectionOf({json.dumps(usual | known)}))"
    assert page.evaluate(asked) == state


def assert_said_to_be_gone(page: Page, banner: Locator) -> None:
    expect(banner).to_contain_text("The server does not answer. Nothing committed is lost; reconnecting", timeout=5_000)
    expect(page).to_have_title("No answer - Media Ingest")
    expect(page.locator("#process-title")).to_have_text("No answer")
    expect(page.locator("#connection")).to_contain_text("no answer since")
    expect(page.locator("[data-stage='commit'] .word")).to_have_text("no answer")
    for gone in ("#speed", "#eta", "#current-file", "#close-tab"):
        expect(page.locator(gone)).not_to_be_visible()
    for button in ("#pause", "#cancel"):
        expect(page.locator(button)).to_be_disabled()
        expect(page.locator(button)).to_have_accessible_description(banner.inner_text())
    page.locator("#cancel").click(force=True)
    expect(page.locator("#confirm-dialog")).not_to_be_visible()
    assert in_both_schemes(page) == []


def test_a_dead_server_is_said_within_five_seconds_and_over_when_it_is_back(
    page: Page, server: Server, running: str, said: list[str]
) -> None:
    page.goto(f"{server.address}/ingest-v2")
    expect(page.locator("#speed")).to_contain_text("files/s")
    server.env["INGEST_PORT"] = server.address.rpartition(":")[2]
    server.kill()
    banner = page.locator("#server-banner")
    try:
        assert_said_to_be_gone(page, banner)
    finally:
        server.start()  # others need it
    expect(banner).not_to_be_visible(timeout=10_000)
    expect(page.locator("#connection")).to_have_text("live", timeout=10_000)
    expect(page.locator("#pause")).to_be_enabled()
    expect(page).not_to_have_title("No answer - Media Ingest")
    assert [line for line in said if "ERR_" not in line and "preload" not in line] == []  # axe asks for style sheets
    said.clear()


def test_more_tabs_than_connections_share_one_stream_and_the_next_one_leads_when_a_tab_closes(
    page: Page, server: Server, running: str, said: list[str]
) -> None:
    until(lambda: server.status(running)["processed_files"] >= 20, what="twenty files")
    server.post("/api/ingest/pause", {"session_id": running})
    server.wait_for(running, "paused")
    streams: list[str] = []
    page.context.on("request", lambda asked: streams.append(asked.url) if "/events/" in asked.url else None)
    tabs = [page, *(page.context.new_page() for _ in range(5))]
    for tab in tabs[1:]:
        watch(tab, said)
    for tab in tabs:
        tab.goto(f"{server.address}/ingest-v2")
    for tab in tabs:
        expect(tab.locator("#connection")).to_have_text("live")
        expect(tab.locator("[data-stage='commit'] .line")).to_have_count(20)
    assert len(streams) == 1
    seventh = page.context.new_page()
    seventh.goto(f"{server.address}/ingest-v2")
    expect(seventh.locator("#connection")).to_have_text("live")
    page.goto("about:blank")  # it led
    tabs[1].click("#resume")
    before = processed(tabs[1])
    for tab in (tabs[1], seventh):
        expect(tab.locator("#stat-processed")).not_to_have_text(f"{before:,}")
        expect(tab.locator("#connection")).to_have_text("live")
    assert len(streams) == 2
    seventh.click("#pause")
    expect(tabs[5].locator("#resume")).to_be_visible()


def test_without_locks_only_a_tab_that_is_seen_has_a_stream(page: Page, server: Server, running: str) -> None:
    page.add_init_script(NO_LOCKS)
    page.goto(f"{server.address}/ingest-v2")
    expect(page.locator("#connection")).to_have_text("live")
    with page.expect_request("**/api/ingest/events/*"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#connection")).to_have_text("live")


def test_a_browser_that_keeps_nothing_finds_its_session_again(page: Page, server: Server, running: str) -> None:
    page.add_init_script(NO_STORAGE)
    page.goto(f"{server.address}/ingest-v2")
    expect(page.locator("#connection")).to_have_text("live")
    page.click("#configure-another")
    page.fill("#directory", "flow")
    expect(page.locator("#start")).to_be_enabled()
    page.reload()
    expect(page.locator("#process")).to_be_visible()
    expect(page.locator("#connection")).to_have_text("live")
