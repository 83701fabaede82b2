"""A folder against the library on its page: from where it is come to, its sum and lists, and how it is ended."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import choose, looks_well
from tests.browser.words.test_words import call
from tests.samples import photo, write_many
from tests.support.server import Server

pytestmark = pytest.mark.browser
FOLDERS = {
    "": "",
    "folder:card/DCIM": "card/DCIM",
    'cat folder:"my card/a \\"b\\""': 'my card/a "b"',
    "root:card -kind:video": "card",
    "folder:card or folder:kept": "",
    "-folder:card": "",
    "folder:ca*": "",
    "folder:none": "",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server whose library holds three files, copies of which are on a card with one more picture."""
    write_many(tmp_path / "kept", 3)
    shutil.copytree(tmp_path / "kept", tmp_path / "card" / "DCIM")
    photo(tmp_path / "card" / "DCIM" / "new.jpg", size=(320, 240), seed=9)
    with Server(tmp_path / "server", {"kept": tmp_path / "kept", "card": tmp_path / "card"}) as running:
        session = running.begin("kept")
        running.wait_for(session, "completed")
        running.post("/api/ingest/dismiss", {"session_id": session})
        yield running


def test_a_card_is_compared_its_numbers_open_their_lists_and_a_reload_finds_the_answer(
    page: Page, server: Server, tmp_path: Path, said: list[str]
) -> None:
    choose(page, server, "card/DCIM")
    page.click("#browse")
    page.get_by_role("link", name="Is this folder fully in? May I wipe it?").click()
    expect(page.locator("#compare-directory")).to_have_value("card/DCIM")
    page.get_by_role("button", name="Compare").click()
    answer = page.locator("#compared-answer")
    expect(answer).to_have_text("Do not wipe it: 1 of 4 files is not safely in.")
    numbers = page.locator("#compared-sum td").all_inner_texts()
    assert (numbers, page.locator("#compared-files").inner_text()) == (["3", "0", "0", "1", "0", "0"], "4")
    expect(page.locator("#compared-lists")).to_contain_text("new.jpg")
    assert looks_well(page)

    page.locator("[data-list='in_library']").click()
    files = page.locator("#files-dialog")
    expect(files.locator("li")).to_have_count(3)
    expect(files.locator("li").first).to_contain_text("Held against kept/")
    assert "list=in_library" in page.url
    page.go_back()
    expect(files).to_be_hidden()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "refresh=true" in request.url else None)
    page.reload()
    expect(answer).to_contain_text("Do not wipe it")
    assert asked == []

    (tmp_path / "card/DCIM/new.jpg").unlink()
    page.get_by_role("button", name="Compare").click()
    expect(answer).to_contain_text("Safe to wipe: 3 files")
    page.uncheck("#compare-rehash")
    page.get_by_role("button", name="Compare").click()
    expect(answer).to_contain_text("All are in, but not re-read")
    page.fill("#compare-directory", "card/nowhere")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#compare-error")).to_contain_text("card/nowhere")
    assert len(said) == 1
    assert "422" in said.pop()
    page.goto(f"{server.address}/library?q=folder:card/DCIM")
    link = page.get_by_role("link", name="Is this folder fully in?")
    expect(link).to_have_attribute("href", "/compare?directory=card%2FDCIM")
    read = "async q => (await import('/static/library/terms.js')).folderOf(q)"
    assert {q: page.evaluate(read, q) for q in FOLDERS} == FOLDERS
    sums = [[{"file_missing": missing, "only_here": here}] for missing, here in ((2, 0), (2, 2), (1_002, 2))]
    assert [dict(told)["file_missing"] for told in call(page, server, "compare/classes.js", "classesOf", sums)] == [
        "In the library, but its file is missing",
        "In the library, but only in this folder",
        "In the library, but its file is missing (1,000), or only in this folder (2)",
    ]


def test_a_comparison_says_how_far_it_is_and_can_be_cancelled(page: Page, server: Server) -> None:
    last = {"comparing": True, "directory": "card", "rehashed": True, "done": 120, "of": 345}

    def stands(route: Route) -> None:
        if route.request.method == "GET":
            route.fulfill(json={"last": last})
        elif route.request.method == "DELETE":
            route.continue_()
        else:
            route.fulfill(status=202, body=json.dumps(last), content_type="application/json")

    page.route(re.compile("/api/library/compare"), stands)
    page.goto(f"{server.address}/compare?directory=kept")
    expect(page.locator("#compare-note")).to_contain_text("card is being compared now")
    page.get_by_role("link", name="card", exact=True).click()
    expect(page.locator("#comparing-title")).to_have_text("Reading card")
    expect(page.locator("#comparing-text")).to_have_text("120 of 345 files")
    assert looks_well(page)
    last["done"] = 240
    expect(page.locator("#comparing-text")).to_have_text("240 of 345 files")
    with page.expect_request(lambda request: request.method == "DELETE" and "directory=card" in request.url):
        page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#compare-note")).to_have_text("The comparison was cancelled. Nothing was changed.")
    expect(page.locator("#comparing")).to_be_hidden()
    page.unroute_all(behavior="ignoreErrors")
