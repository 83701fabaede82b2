"""The cards of the stages while a session runs and after it: numbers, events, what the server sent, pictures, pace."""

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import looks_well
from tests.support.server import Server, until

pytestmark = pytest.mark.browser


def test_each_stage_has_a_card_whose_events_open_what_the_server_sent(page: Page, server: Server) -> None:
    session = server.begin("long", skip_existing=False)
    until(lambda: server.status(session)["processed_files"] >= 20, what="twenty files")
    page.goto(f"{server.address}/ingest-v2")
    cards = page.locator("#stages-list > li")
    expect(cards.locator("h4")).to_have_text(
        ["Identify", "Metadata", "Keywords", "Score", "Thumbnail", "NSFW", "Commit"]
    )
    commit = page.locator("[data-stage='commit']")
    expect(commit.locator(".word")).to_have_text("processing")
    expect(page.locator("[data-stage='nsfw'] .word")).to_have_text("unavailable")
    expect(page.locator("[data-stage='nsfw'] .why")).to_contain_text("There is no weights file at")
    expect(commit.locator(".line")).to_have_count(20)
    expect(page.locator("#strip-list img").first).to_be_visible()
    page.locator("#strip-list li").first.hover()
    under = page.locator("#strip-list li").first.get_attribute("title")
    until(lambda: sum(server.get(f"/api/ingest/sessions/{session}/pace").json()["files"]) > 40, what="a pace")
    expect(page.locator("#pace canvas")).to_be_visible(timeout=10_000)
    assert page.locator("#strip-list li").first.get_attribute("title") == under  # it rests under the pointer
    page.mouse.move(0, 0)
    expect(page.locator("#strip-list li").first).not_to_have_attribute("title", under or "", timeout=10_000)
    assert looks_well(page)

    page.click("#pause")
    expect(page.locator("#resume")).to_be_visible()
    expect(commit.locator(".word")).to_have_text("paused")
    expect(page.locator("#strip")).not_to_be_visible()
    assert looks_well(page)

    line = commit.locator(".line").first
    expect(line.locator("time")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    line.click()
    expect(page.locator("#payload-json")).to_contain_text("{")  # it is asked for when the dialog opens
    payload = json.loads(page.locator("#payload-json").inner_text())
    assert payload["path"].startswith("long/many/")
    assert payload["outcome"]
    page.keyboard.press("Escape")


def test_cards_of_a_session_that_has_ended_show_its_last_events_and_its_pace(page: Page, server: Server) -> None:
    session = server.begin("tree/many", skip_existing=False)
    server.wait_for(session, "completed")
    page.clock.install()
    page.goto(f"{server.address}/ingest-v2")
    commit = page.locator("#complete [data-stage='commit']")
    expect(commit.locator(".word")).to_have_text("complete")
    expect(commit.locator(".n")).to_have_text("60 / 60")
    expect(commit.locator(".line")).to_have_count(20)
    pace = server.get(f"/api/ingest/sessions/{session}/pace").json()
    assert sum(pace["files"]) == 60
    assert looks_well(page)
    line = page.locator("#complete [data-stage='identify'] .line").first
    line.dispatch_event("pointerdown", {"bubbles": True})
    begins = {"name": "stage_start", "data": {"stage": "identify", "total_files": 7}}
    page.evaluate("frame => import('/static/session/cards.js').then(cards => cards.takeEvent(frame))", begins)
    page.clock.run_for(5_000)
    expect(line).to_contain_text("ends: 60 done")  # what is pressed stays under the finger
    line.dispatch_event("pointerup", {"bubbles": True})
    page.clock.run_for(5_000)
    expect(line).to_contain_text("begins: 7 in all")


def test_events_of_a_session_that_ended_before_its_stream_was_heard_are_shown(page: Page, server: Server) -> None:
    session = server.begin("tree/many", skip_existing=False)

    def hold(route: Route) -> None:
        server.wait_for(session, "completed")
        route.continue_()

    page.route("**/api/ingest/events/**", hold)
    page.goto(f"{server.address}/sessions/{session}")
    expect(page.locator("#complete [data-stage='commit'] .line")).to_have_count(20)
    expect(page.locator("#complete [data-stage='identify'] .line").first).to_contain_text("ends: 60 done")
