"""What a model said, on its page and on that of a file: judged by keyboard, one after the other and all at once."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from app.library.library import Library
from tests.browser.conftest import fits, looks_well
from tests.samples import landscape, photo
from tests.support.describing import describe
from tests.support.server import Server

pytestmark = pytest.mark.browser
NAMES = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose library holds four pictures that a model described."""
    folder = tmp_path_factory.mktemp("describing")
    for seed, name in enumerate(NAMES):
        photo(folder / "photos" / f"{name}.jpg", picture=landscape("dunes", (640, 400), seed))
    with Server(folder / "server", {"photos": folder / "photos"}) as running:
        running.wait_for(running.begin("photos"), "completed")
        library = Library(f"sqlite:///{folder}/server/library.db")
        for name in NAMES:
            said = {"title": f"Dunes {name}", "description": f"Sand under the sky, {name}.", "keywords": ["sand", name]}
            describe(library, f"photos/{name}.jpg", **said, mood="calm")
        library.close()
        yield running


def told(server: Server, name: str) -> tuple[str | None, set[str]]:
    """The title of a file, and the keywords that are a person's."""
    file = server.get("/api/library/file", params={"path": f"photos/{name}.jpg"}).json()
    return file["title"], {word["text"] for word in file["keywords"] if word["source"] == "person"}


def test_descriptions_are_judged_by_keyboard_and_taken_back(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/library?q=dunes")
    page.get_by_role("link", name="Descriptions").click()
    expect(page.locator("#review-q")).to_have_value("dunes")
    place, name = page.locator("#review-place"), page.locator("#review-name")
    expect(place).to_have_text("1 of 4")
    expect(name).to_have_text("a.jpg")
    expect(page.locator("#review-title")).to_have_value("Dunes a")
    expect(page.locator("#review-others")).to_contain_text("calm")
    expect(page.locator("#review-others")).to_contain_text("vision-1 at default, template caption, 2026-11-20: $0.0100")
    assert looks_well(page)
    page.set_viewport_size({"width": 1920, "height": 1000})
    assert fits(page)

    page.locator("#keys-dialog [data-close]").dispatch_event("keydown", {"key": "?"})  # the focus, right after Esc
    expect(page.locator("#keys-dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys-dialog")).to_be_hidden()
    page.keyboard.press("a")
    expect(page.locator("#toast-text")).to_have_text("Accepted title, caption and keywords: a.jpg")
    expect(name).to_have_text("b.jpg")
    assert told(server, "a") == ("Dunes a", {"sand", "a"})
    page.keyboard.press("r")
    expect(page.locator("#toast-text")).to_have_text("Rejected title, caption and keywords: b.jpg")
    expect(name).to_have_text("c.jpg")
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("My dunes")
    page.locator("#review-keywords").fill("sand")
    page.keyboard.press("Control+Enter")
    expect(name).to_have_text("d.jpg")
    expect(page.locator("#toast-text")).to_contain_text("c.jpg")
    assert told(server, "c") == ("My dunes", {"sand"})
    page.locator("#review-keywords").press("Escape")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#review-state")).to_have_text("Accepted")
    expect(page.locator("#review-title")).to_have_value("My dunes")
    page.keyboard.press("Control+z")
    expect(page.locator("#toast-text")).to_contain_text("Undone")
    page.keyboard.press("Control+z")
    expect(name).to_have_text("b.jpg")
    expect(page.locator("#review-title")).to_have_value("Dunes b")
    assert told(server, "c") == (None, set())
    all_are_accepted_in_one_go(page, server)


def all_are_accepted_in_one_go(page: Page, server: Server) -> None:
    """With many files it takes a while, which is said."""
    page.get_by_role("button", name="Accept all 3").click()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/library/files", hold)
    page.get_by_role("button", name="Accept for 3 files").click()
    expect(page.locator("#toast-text")).to_contain_text("Saving…")
    expect(page.locator("#review-all")).to_have_class(re.compile("moving"))
    held[0].continue_()
    expect(page.locator("#review-none")).to_be_visible()
    assert {told(server, name)[0] for name in NAMES} == {f"Dunes {name}" for name in NAMES}
    page.keyboard.press("Control+z")
    expect(page.locator("#review-place")).to_have_text("1 of 3")


def test_a_file_is_found_by_what_is_proposed_and_judged_on_its_page(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/library?q=%22the%20sky%20d%22")
    tile = page.get_by_role("option", name="found by what a model proposes")
    expect(tile).to_have_count(1)
    tile.dblclick()
    described = page.locator("#described")
    expect(described).to_contain_text("Sand under the sky, d.")
    described.get_by_role("button", name="Accept").click()
    expect(page.locator("#described-acts")).to_be_hidden()
    assert told(server, "d") == ("Dunes d", {"sand", "d"})
    assert looks_well(page)
    page.keyboard.press("Control+z")
    expect(page.locator("#described-acts")).to_be_visible()
    assert told(server, "d") == (None, set())
