"""The dashboard in Chromium: it follows what happens, by itself or when asked, and loses neither place nor focus."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import looks_well
from tests.samples import photo
from tests.support.server import Server


def open_on(page: Page, server: Server, root: str, more: str = "") -> None:
    page.goto(f"{server.address}/dashboard?root={root}{more}")
    expect(page.locator("#dashboard-age")).to_have_text("Updated just now")


def images(page: Page):
    return page.locator(".figures div", has_text="Images").locator("a")


def test_the_numbers_follow_a_session_and_keep_place_and_focus(page: Page, server: Server):
    server.wait_for(server.begin("counted"), "completed")
    open_on(page, server, "counted")
    before = int(images(page).inner_text().split()[0])
    expect(page.locator("#days-chart canvas")).to_be_visible()
    assert looks_well(page)
    page.locator("#days summary").click()  # of one day the list is open
    page.locator("[data-part='scores'] a").first.focus()
    photo(server.folder.parent / "counted" / "come.jpg", size=(64, 48), seed=77)
    server.wait_for(server.begin("counted"), "completed")
    expect(images(page)).to_have_text(re.compile(rf"^{before + 1:,}"), timeout=15_000)
    assert page.evaluate("document.activeElement.closest('[data-part]')?.dataset.part") == "scores"
    assert not page.evaluate("document.querySelector('#days details').open")


def test_it_looks_again_when_told_or_every_so_many_seconds_which_the_address_keeps(page: Page, server: Server):
    open_on(page, server, "tree")
    with page.expect_request(lambda request: "/dashboard?" in request.url):
        page.click("#dashboard-refresh")
    with page.expect_request(lambda request: "refresh=5" in request.url, timeout=15_000):
        page.select_option("#dashboard-every", "5")
    page.reload()
    expect(page.locator("#dashboard-every")).to_have_value("5")


def test_a_server_that_is_gone_is_said_and_its_return_is_seen(page: Page, server: Server, said: list[str]):
    open_on(page, server, "tree")
    page.context.set_offline(True)
    page.click("#dashboard-refresh")
    expect(page.locator("#dashboard-message")).to_contain_text("The server does not answer")
    page.context.set_offline(False)
    expect(page.locator("#dashboard-message")).to_be_hidden(timeout=15_000)
    assert all("ERR_INTERNET_DISCONNECTED" in each for each in said)
    said.clear()


def test_a_number_leads_to_its_list_and_a_root_is_chosen_with_the_keyboard(page: Page, server: Server):
    server.wait_for(server.begin("tree"), "completed")
    page.goto(f"{server.address}/dashboard")
    page.focus("#dashboard-root")
    page.keyboard.press("End")
    page.wait_for_url("**/dashboard?root=*")
    assert page.url.endswith("root=tree")
    open_on(page, server, "tree")
    found = images(page).inner_text().split()[0]
    images(page).press("Enter")
    page.wait_for_url("**/library?q=root*")
    expect(page.locator("#found")).to_contain_text(found)
