"""The page as a person uses it: the whole flow, the folder dialog, a refresh at every moment."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import violations, watch
from tests.server import Server

pytestmark = pytest.mark.browser


def choose(page: Page, server: Server, directory: str) -> None:
    """Opens the page and names a directory."""
    page.goto(f"{server.address}/ingest-v2")
    page.fill("#directory", directory)


def fits(page: Page) -> bool:
    """Whether nothing sticks out to the right."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whole_flow_from_choosing_a_folder_to_the_closed_sum(page: Page, server: Server, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    choose(page, server, "pictures/trip")
    expect(page.locator("#start")).to_have_text(re.compile("🚀 Start Processing 4 files"))
    expect(page.locator("#plan")).to_contain_text("4 new")
    expect(page.locator("#plan")).to_contain_text("1 unsupported")
    expect(page.locator("#nsfw-unavailable")).to_contain_text("weights not found")
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)

    page.click("#start")
    expect(page.locator("#complete-sum")).to_be_visible(timeout=30_000)
    expect(page.locator("#complete-sum")).to_contain_text("5 discovered")
    expect(page.locator("#complete-sum")).to_contain_text("3 added")
    expect(page.locator("#complete-sum")).to_contain_text("1 failed")
    expect(page.locator("#step-complete")).to_have_attribute("aria-current", "step")
    expect(page.locator("#total-images")).to_have_text("3")
    assert fits(page)
    assert violations(page) == []

    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name=re.compile("3 added")).click()
    files = page.locator("#files-dialog")
    expect(files.get_by_text("painted <b>bold<b> name.png")).to_be_visible()
    expect(files.locator("li")).to_have_count(3)
    for image in files.locator("img").all():
        expect(image).to_have_js_property("complete", value=True)
        assert image.evaluate("image => image.naturalWidth") > 0
    assert violations(page) == []
    page.keyboard.press("Escape")

    page.click("#start-another")
    page.fill("#directory", "pictures/trip")
    expect(page.locator("#plan")).to_contain_text("3 fresh")
    expect(page.locator("#plan")).to_contain_text("1 failed before")
    expect(page.locator("#start")).to_be_disabled()


def test_folder_dialog_shows_badges_follows_the_keyboard_and_selects(page: Page, server: Server) -> None:
    session = server.begin("pictures/trip", recursive=False)
    server.wait_for(session, "completed")
    server.post("/api/ingest/dismiss", {"session_id": session})
    page.goto(f"{server.address}/ingest-v2")
    page.click("#browse")
    dialog = page.locator("#browse-dialog")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("Your own folder")
    expect(dialog).to_contain_text("serve --root NAME=/path/to/folder")
    dialog.get_by_text("pictures", exact=True).first.click()
    expect(dialog.get_by_text("(2/3)")).to_be_visible()
    expect(dialog).to_contain_text("1 failed")
    assert violations(page) == []

    dialog.locator("#folders .folder").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog.locator("#breadcrumb")).to_contain_text("trip")
    page.keyboard.press("Backspace")
    expect(dialog.locator("#breadcrumb")).not_to_contain_text("trip")
    dialog.get_by_text("many", exact=True).click()
    page.click("#select-directory")
    expect(dialog).not_to_be_visible()
    expect(page.locator("#directory")).to_have_value("pictures/many")
    expect(page.locator("#start")).to_contain_text("60 files")


def test_refresh_new_tab_and_server_restart_show_the_same_session(page: Page, server: Server) -> None:
    choose(page, server, "pictures")
    page.click("#start")
    expect(page.locator("#process")).to_be_visible()
    page.click("#pause")
    expect(page.locator("#resume")).to_be_visible()
    (session,) = re.findall(r"[0-9a-f-]{36}", page.evaluate("JSON.stringify(sessionStorage)"))
    server.wait_for(session, "paused", "completed")
    processed = server.status(session)["processed_files"]

    page.reload()
    expect(page.locator("#stat-processed")).to_have_text(str(processed), timeout=1_000)
    said: list[str] = []
    other = page.context.new_page()
    watch(other, said)
    other.goto(f"{server.address}/ingest-v2")
    expect(other.locator("#stat-processed")).to_have_text(str(processed), timeout=1_000)
    assert violations(other) == []
    other.close()
    assert said == []

    page.click("#resume")
    expect(page.locator("#complete-sum")).to_be_visible(timeout=30_000)
    total = server.status(session)["total_files"]
    assert server.status(session)["processed_files"] == total
    page.reload()
    expect(page.locator("#complete-sum")).to_contain_text(f"{total} ", timeout=1_000)


def test_bad_input_is_one_sentence_beside_its_field(page: Page, server: Server, said: list[str]) -> None:
    for directory, sentence in {
        "elsewhere": "is not inside a media root",
        "pictures/nowhere": "There is no directory",
        "pictures/trip/a.jpg": "is a file, not a directory",
    }.items():
        choose(page, server, directory)
        expect(page.locator("#directory-error")).to_contain_text(sentence)
        expect(page.locator("#directory")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#start")).to_be_disabled()
    choose(page, server, "pictures")
    page.fill("#pattern", "a[b")
    expect(page.locator("#pattern-error")).to_contain_text("opens a [")
    expect(page.locator("#start")).to_be_disabled()
    assert all("422" in line for line in said), said  # Chromium notes every refused request
    said.clear()
