"""Files judged by keys and edited many at once: told, undone, and the list stays as it is."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import looks_well
from tests.samples import photo, write_many
from tests.support.server import Server

pytestmark = pytest.mark.browser
FILES = 260
"""More than two slices of a list."""
UNRATED = "?q=folder:photos/many+score:none&sort=name&order=asc"
NOON = datetime(2024, 5, 3, 12)  # noqa: DTZ001 - the clock of a camera


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with 260 files of which nothing is known, two that were taken at noon, and one that nobody can date."""
    folder = tmp_path_factory.mktemp("judging")
    write_many(folder / "photos" / "many", FILES, size=(16, 12))
    trip = folder / "photos" / "trip"
    for name in ("a.jpg", "b.jpg"):
        photo(trip / name, size=(320, 240), taken_at=NOON, keywords=["sea wall", "fog"])
    photo(trip / "c.jpg", size=(320, 240))
    with Server(folder / "server", {"photos": folder / "photos"}) as running:
        running.wait_for(running.begin("photos"), "completed")
        yield running


def opened(page: Page, server: Server, search: str) -> None:
    page.goto(f"{server.address}/library{search}")
    expect(page.locator("#grid")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#found")).to_have_text(re.compile(r"^\d+ files$"))
    page.focus("#grid")


def score_of(server: Server, path: str) -> int | None:
    return server.get("/api/library/file", params={"path": path}).json()["score"]


def undo_all(server: Server) -> None:
    """Takes back whatever other tests said, the newest first."""
    for edit in server.get("/api/library/edits").json()["edits"]:
        if edit["undone_at"] is None:
            assert server.post("/api/library/undo", {"undo": edit["id"]}).status_code == 200


def test_keys_judge_while_the_list_stays_and_undo_goes_back_over_a_reload(page: Page, server: Server) -> None:
    undo_all(server)
    found, told, first = page.locator("#found"), page.locator("#toast-text"), page.locator("#file-0")
    opened(page, server, f"{UNRATED}&filters=")
    page.keyboard.press("3")
    expect(told).to_have_text("★ 3: sample-00000.png")
    expect(found).to_have_text(f"{FILES - 1} files, 1 held")
    expect(first).to_have_attribute("aria-label", re.compile(r"sample-00000.png.*score 3, stays here until"))
    expect(page.locator("[data-facet=folder] .value", has_text="many")).to_have_text(re.compile(f"{FILES - 1}"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("x")
    expect(told).to_have_text("Rejected for 2 files")
    expect(found).to_have_text(f"{FILES - 3} files, 3 held")
    expect(page.locator("#selected-count")).to_have_text("2 files selected")
    assert looks_well(page)
    page.focus("#grid")
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    last = page.locator(f"#file-{FILES - 1}")
    expect(last).to_have_attribute("aria-label", f"sample-{FILES - 1:05}.png")  # none is skipped, none comes twice
    page.keyboard.press("0")
    expect(found).to_have_text(f"{FILES - 3} files, 3 held")  # a word that there is none leaves it in this search
    page.keyboard.press("Control+z")
    expect(told).to_have_text(re.compile("^Undone: Not rated: sample-"))
    page.keyboard.press("Control+z")
    expect(told).to_have_text("Undone: Rejected for 2 files")
    expect(found).to_have_text(f"{FILES - 1} files, 1 held")
    page.fill("#q", "5")
    page.keyboard.press("x")  # in a field it is a letter
    page.keyboard.press("Control+z")
    assert score_of(server, "photos/many/sample-00000.png") == 3
    page.reload()
    page.focus("#grid")
    expect(found).to_have_text(f"{FILES - 1} files")
    page.keyboard.press("Control+z")
    expect(told).to_have_text("Undone: set score, 1 file")
    expect(found).to_have_text(f"{FILES} files")
    page.keyboard.press("Home")
    expect(first).to_have_attribute("aria-label", "sample-00000.png")
    page.keyboard.press("Control+z")
    expect(told).to_have_text("There is nothing to undo.")


def test_next_after_scoring_and_the_names_of_all_keys(page: Page, server: Server) -> None:
    opened(page, server, UNRATED)
    page.get_by_role("button", name="View").press("Enter")
    page.get_by_role("switch", name="Next after scoring").press("Space")
    page.keyboard.press("Escape")
    page.focus("#grid")
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    grid = page.locator("#grid")
    expect(grid).to_have_attribute("aria-activedescendant", "file-2")
    expect(page.locator("#toast-text")).to_have_text("Undone: ★ 1: sample-00000.png")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    page.keyboard.press("4")
    assert looks_well(page)
    page.keyboard.press("Escape")
    expect(grid).to_be_focused()
    assert score_of(server, "photos/many/sample-00002.png") is None
    page.reload()
    expect(page.locator("#next")).to_be_checked()


def test_the_page_of_a_file_takes_the_keys_and_newer_words_stand(page: Page, server: Server, said: list[str]) -> None:
    told, path = page.locator("#toast-text"), "photos/trip/a.jpg"
    page.goto(f"{server.address}/file?path={path}&q=folder:photos/trip+score:none&sort=name&order=asc")
    expect(page.locator("#viewer-position")).to_have_text("1 of 3")
    page.keyboard.press("4")
    expect(told).to_have_text("★ 4: a.jpg")
    expect(page.locator('#known-values [data-field="score"]')).to_contain_text("you")
    assert looks_well(page)
    server.client.patch("/api/library/file", params={"path": path}, json={"score": 5})
    page.locator("#toast-undo").press("Enter")
    expect(told).to_have_text(re.compile("^Newer words stand in photos/trip/a.jpg"))
    assert score_of(server, path) == 5
    said.clear()  # the refusal itself
    page.keyboard.press("Control+z")
    expect(told).to_have_text("Undone: set score, 1 file")
    page.keyboard.press("Control+z")
    expect(told).to_have_text("Undone: ★ 4: a.jpg")
    page.locator("#nsfw").select_option("blur")
    page.focus("#viewer-stage")
    page.keyboard.press("n")
    expect(page.locator('#known-values [data-field="is_nsfw"]')).to_contain_text("yes")
    expect(page.locator("#viewer-veil")).to_contain_text("You said that this is NSFW.")
    page.keyboard.press("Shift+N")
    expect(page.locator("#viewer-veil")).to_be_hidden()
    page.keyboard.press("e")
    expect(page.locator("#edit-score")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("x5")
    page.keyboard.press("Escape")
    expect(page.locator("#edit-error")).to_have_text("Save what you wrote, or cancel it, first.")
    page.get_by_role("button", name="Cancel").press("Enter")
    assert score_of(server, path) is None
    page.keyboard.press("ArrowRight")  # what was said does not lead away from the search
    expect(page.get_by_role("heading", name="b.jpg", level=1)).to_be_visible()


def test_keys_that_come_early_mean_the_files_that_are_meant_in_the_end(page: Page, server: Server) -> None:
    told, waiting = page.locator("#toast-text"), list[Route]()

    def hold(route: Route) -> None:
        """Lets the first request wait; the others pass."""
        route.fallback() if waiting else waiting.append(route)

    opened(page, server, UNRATED)
    page.route("**/api/library/files", hold)
    with page.expect_request("**/api/library/files"):
        page.keyboard.press("3")
    page.keyboard.press("End")
    page.keyboard.press("x")  # its file is not there, and the edit before moves it in the search
    held = waiting[0]
    held.fulfill(response=held.fetch())
    expect(told).to_have_text(f"Rejected: sample-{FILES - 1:05}.png")
    expect(page.locator(f"#file-{FILES - 1}")).to_have_attribute("aria-label", re.compile("rejected"))
    assert score_of(server, "photos/many/sample-00000.png") == 3
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(told).to_have_text("Undone: ★ 3: sample-00000.png")

    a, b = "photos/trip/a.jpg", "photos/trip/b.jpg"
    waiting.clear()
    page.route("**/api/library/neighbours?*", hold)
    page.goto(f"{server.address}/file?path={a}&q=folder:photos/trip&sort=name&order=asc")
    expect(page.get_by_role("heading", name="What it says")).to_be_visible()
    page.focus("#viewer-stage")
    page.keyboard.press("2")  # which files are one picture with it is not known yet
    held = waiting[0]
    beside = held.fetch().json()
    held.fulfill(json=beside | {"pairs": [{"path": b, "kind": "live_photo"}]})
    expect(told).to_have_text("★ 2 for 2 files")
    assert (score_of(server, a), score_of(server, b)) == (2, 2)
    page.keyboard.press("Control+z")
    expect(told).to_have_text("Undone: ★ 2 for 2 files")


def test_many_are_edited_by_keyboard_after_a_preview(page: Page, server: Server) -> None:
    opened(page, server, "?q=folder:photos/trip&sort=name&order=asc&size=table")
    page.get_by_role("button", name="Edit all").press("Enter")
    dialog = page.get_by_role("dialog", name="Edit 3 files")
    expect(page.locator("#bulk-score")).to_be_focused()
    dialog.get_by_role("button", name="Preview").press("Enter")
    expect(page.locator("#bulk-error")).to_have_text("Choose what is to change first.")
    page.locator("#bulk-score").select_option("5")
    page.focus("#bulk-add-word")
    page.keyboard.type("sea w")
    expect(page.locator("#bulk-words option")).to_have_attribute("value", "sea wall")
    page.fill("#bulk-add-word", "blue hour")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Leave out blue hour")).to_be_visible()
    page.get_by_role("checkbox", name="Label").press("Space")
    expect(page.get_by_role("combobox", name="Label")).to_be_focused()
    page.keyboard.type("Red")
    page.get_by_label("Time taken").select_option("+")
    page.get_by_label("Hours").fill("1")
    page.keyboard.press("Enter")
    expect(page.locator("#bulk-sum")).to_contain_text("3 files would change. Left out: 1 file without a time.")
    assert page.locator("#bulk-lines th").all_inner_texts() == ["a.jpg", "b.jpg", "c.jpg"]
    moved = page.locator("#bulk-lines tr", has_text="Time").first
    expect(moved).to_contain_text("2024-05-03 12:00:00")
    expect(moved.locator(".then")).to_have_text("2024-05-03 13:00:00")
    assert looks_well(page)
    page.get_by_label("Hours").press("Backspace")
    expect(page.locator("#bulk-preview")).to_be_hidden()  # it is not what the form says any more
    page.get_by_label("Hours").fill("2")
    page.keyboard.press("Enter")
    edit = dialog.get_by_role("button", name="Edit 3 files")
    edit.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#grid")).to_be_focused()
    told = page.locator("#toast-text")
    expect(told).to_have_text("★ 5, label Red, +blue hour, time +2 h for 3 files, left out: 1 file without a time")
    expect(page.locator("#file-0 .cells")).to_contain_text("2024-05-03 14:00")
    page.keyboard.press("Control+z")
    expect(told).to_have_text(re.compile("^Undone: ★ 5, label Red"))
    expect(page.locator("#file-0 .cells")).to_contain_text("2024-05-03 12:00")
