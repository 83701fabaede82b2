"""Searches that are saved on the page of the library, by keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import looks_well
from tests.support.server import Server

pytestmark = pytest.mark.browser


def test_a_search_is_saved_found_again_and_deleted(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/library?q=kind%3Aimage&sort=size&order=asc")
    saved = page.get_by_role("button", name="Saved")
    saved.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#saved-none")).to_be_visible()
    page.get_by_label("Save this search as").fill("Small ones")
    page.keyboard.press("Enter")
    expect(page.locator("#saved-list a")).to_have_text("Small ones")
    assert looks_well(page)
    page.keyboard.press("Escape")
    page.goto(f"{server.address}/library?size=l")
    saved.click()
    page.locator("#saved-list a").click()
    expect(page.locator("#saved")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"\?q=kind%3Aimage&sort=size&order=asc&size=l"))
    saved.click()
    page.get_by_role("button", name="Delete Small ones").click()
    expect(page.locator("#saved-none")).to_be_visible()
