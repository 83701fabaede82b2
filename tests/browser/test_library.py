"""The library as a person uses it: the list by keyboard and scrollbar, searches, filters, files that come meanwhile."""

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import looks_well, some_of_everything
from tests.samples import photo, write_many
from tests.support.server import Server

pytestmark = pytest.mark.browser
IN_MAY = datetime(2024, 5, 3, 12)  # noqa: DTZ001 - the clock of a camera
LEAP_DAY = datetime(2024, 2, 29, 12)  # noqa: DTZ001 - the clock of a camera


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with 300 files in its library: most are alike, of three more is known, 40 have a folder of their own."""
    folder = tmp_path_factory.mktemp("library")
    root = some_of_everything(folder / "photos")
    write_many(root / "many", 196, prefix="other-", size=(16, 12))
    photo(root / "many" / "dated.jpg", size=(32, 24), seed=8, taken_at=LEAP_DAY)
    photo(root / "trip" / "a.jpg", size=(320, 240), seed=9, taken_at=IN_MAY)
    photo(root / "trip" / "day one" / "b.jpg", size=(320, 240), keywords=["sea wall"], rating=4, taken_at=IN_MAY)
    for number in range(40):
        write_many(root / "wide" / f"{number:02} x", 1, prefix=f"wide-{number}-", size=(16, 12))
    (folder / "late").mkdir()
    with Server(folder / "server", {"photos": root, "late": folder / "late"}) as running:
        running.wait_for(running.begin("photos"), "completed")
        yield running


def opened(page: Page, server: Server, search: str = "") -> None:
    page.goto(f"{server.address}/library{search}")
    expect(page.locator("#grid")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#found")).to_have_text(re.compile(r"^[\d,]+ files?$"))


def test_the_list_is_walked_and_selected_by_keyboard(page: Page, server: Server, said: list[str]) -> None:
    page.route("**/*thumbnail*b.jpg*", lambda route: route.abort())
    opened(page, server, "?q=root:photos&sort=name&order=asc")
    expect(page.locator("#grid .stand-in", has_text="b.jpg")).to_contain_text("Its picture did not come")
    assert looks_well(page)
    page.unroute_all(behavior="wait")
    assert all("ERR_FAILED" in each for each in said)
    said.clear()
    page.focus("#grid")
    page.keyboard.press("End")
    expect(page.locator("#grid")).to_have_attribute("aria-activedescendant", "file-299")
    last = page.locator("#file-299")
    expect(last).to_have_attribute("aria-label", "wide-9-00000.png")
    assert (last.get_attribute("aria-posinset"), last.get_attribute("aria-setsize")) == ("300", "300")
    page.keyboard.press("Space")
    expect(page.locator("#selected-count")).to_have_text("1 file selected")
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#selected-count")).to_have_text("4 files selected")
    expect(page.locator("#file-2")).to_have_attribute("aria-selected", "true")
    assert looks_well(page)
    page.focus("#grid")
    page.keyboard.press("Escape")
    expect(page.locator("#selected")).to_be_hidden()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#selected-count")).to_have_text("2 files selected")  # from here, not from before Escape
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/file\?path=photos%2Ftrip%2Fa\.jpg"))


def test_a_search_is_the_address_and_back_leads_to_the_one_before(page: Page, server: Server) -> None:
    opened(page, server, "?filters=")
    page.locator(".facets button", has_text="sea wall").click()
    expect(page.locator("#found")).to_have_text("1 file")
    expect(page).to_have_url(re.compile(r"q=keyword%3A%22sea\+wall%22"))
    expect(page.locator(".facets button", has_text="sea wall")).to_have_attribute("aria-pressed", "true")
    page.fill("#q", "sample root:photos")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_have_text("60 files")
    assert looks_well(page)
    page.go_back()
    expect(page.locator("#q")).to_have_value('keyword:"sea wall"')
    expect(page.locator("#found")).to_have_text("1 file")
    page.reload()
    expect(page.locator("#found")).to_have_text("1 file")


@pytest.mark.parametrize("cached", [False, True])
def test_who_comes_back_from_a_file_finds_the_list_as_it_was_left(page: Page, server: Server, cached: bool) -> None:
    """With and without the browser's copy of the page; whoever went on to another file finds that one marked."""
    if not cached:
        page.add_init_script("addEventListener('unload', () => {})")  # such a page is not kept
    opened(page, server, "?q=folder:photos/many&sort=name&order=asc")
    page.focus("#grid")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    grid = page.locator("#grid")
    expect(grid).to_have_attribute("aria-activedescendant", "file-255")
    expect(page.locator("#file-255")).to_have_attribute("aria-label", "sample-00058.png")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer-position")).to_have_text("256 of 257")
    page.keyboard.press("Escape")
    expect(grid).to_have_attribute("aria-activedescendant", "file-255")
    expect(page.locator("#file-255")).to_have_attribute("aria-label", "sample-00058.png")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer-position")).to_have_text("256 of 257")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#viewer-position")).to_have_text("255 of 257")
    page.go_back()
    expect(grid).to_have_attribute("aria-activedescendant", "file-254")
    page.goto(f"{server.address}/library?q=folder:photos/many&sort=name&order=asc")
    expect(grid).to_have_attribute("aria-activedescendant", "file-0")


def test_folders_are_opened_level_by_level_and_a_wide_one_in_parts(page: Page, server: Server) -> None:
    opened(page, server, "?filters=&q=root:photos")
    levels = page.locator("[data-facet=folder] .levels")
    expect(levels.locator("> li")).to_have_count(1)  # the only root is open
    expect(levels.locator("> li > ul > li .value")).to_have_text(
        [re.compile(text) for text in ("^many257", "^trip3", "^wide40")]
    )
    wide = page.get_by_role("button", name="Folders in photos/wide")
    wide.focus()
    page.keyboard.press("Enter")
    expect(wide).to_have_attribute("aria-expanded", "true")
    inside = levels.locator("li", has=wide).last.locator("> ul > li")
    expect(inside).to_have_count(21)
    inside.last.locator("button").press("Enter")
    expect(inside).to_have_count(40)
    expect(inside.nth(20).locator("button")).to_be_focused()
    assert looks_well(page)
    inside.nth(39).locator("button").press("Enter")
    expect(page.locator("#found")).to_have_text("1 file")
    chosen = page.locator("[data-facet=folder] .value[aria-pressed=true]")
    expect(chosen).to_have_text(re.compile("^39 x"))
    expect(chosen).to_be_focused()  # although all filters were made anew
    chosen.press("Enter")
    expect(page.locator("#found")).to_have_text("300 files")
    expect(inside).to_have_count(40)
    wide.click()
    expect(inside).to_have_count(0)
    opened(page, server, "?filters=&q=folder:photos/trip")
    expect(chosen).to_have_text(re.compile("^trip"))  # what the search speaks of is to be seen


def test_numbers_that_are_not_there_yet_say_so(page: Page, server: Server) -> None:
    behind, held = [True], []

    def as_if_reading(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | ({"total_is": "counting"} if behind[0] else {}))

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/library/files?**", as_if_reading)
    page.goto(f"{server.address}/library?filters=&q=root:photos")
    expect(page.locator("#found")).to_have_text("300 files so far, counting")
    expect(page.locator(".counting")).to_be_visible()
    assert looks_well(page)
    page.focus("#grid")
    page.keyboard.press("Control+a")
    expect(page.locator("#selected-count")).to_have_text("300 files selected, of those so far")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_request(re.compile(r"/files\?.*limit=1&until=")):  # it looks for new files less often
        pass
    assert [url for url in asked if "limit=120" in url] == []  # other files would have the numbers
    behind[0] = False
    page.click("#selected-clear")
    expect(page.locator("#found")).to_have_text("300 files")
    expect(page.locator(".counting")).to_be_hidden()
    page.route("**/api/library/facets?**", hold)
    page.locator("[data-facet=folder] .value", has_text="trip").click()
    expect(page.locator(".counting")).to_be_visible()
    expect(page.locator("[data-facet=folder]")).to_be_visible()  # what was there stays until then
    held[0].continue_()
    expect(page.locator(".counting")).to_be_hidden()


def test_days_are_chosen_in_a_calendar(page: Page, server: Server) -> None:
    opened(page, server, "?filters=&q=root:photos")
    page.locator("[data-facet=day] summary").press("Enter")
    calendar = page.locator(".calendar")
    month = calendar.get_by_role("combobox", name="Month")
    expect(month.locator("option")).to_have_text(["May 2024 (2)", "February 2024 (1)"])
    day = calendar.get_by_role("button", name="3 May 2024, 2 files")
    expect(day).to_be_visible()
    calendar.get_by_role("button", name="February 2024").press("Enter")
    expect(month).to_have_value("2024-02")
    expect(month).to_be_focused()  # before it there is none to go to
    expect(calendar.get_by_role("button", name="29 February 2024, 1 file")).to_be_visible()
    assert looks_well(page)
    month.select_option("2024-05")
    day.click()
    expect(page).to_have_url(re.compile(r"q=root%3Aphotos\+taken%3A2024-05-03"))
    expect(page.locator("#found")).to_have_text("2 files")
    expect(day).to_have_attribute("aria-pressed", "true")
    expect(month.locator("option")).to_have_text(["May 2024 (2)"])  # it follows the search
    assert looks_well(page)
    opened(page, server, "?filters=&q=taken:none")
    expect(page.locator("[data-facet=folder]")).to_have_count(1)
    expect(page.locator("[data-facet=day]")).to_have_count(0)


def test_what_cannot_be_read_is_pointed_at(page: Page, server: Server, said: list[str]) -> None:
    opened(page, server, "?filters=")
    listed = page.locator(".tile:visible, .facets details, #found:not(:empty)")
    expect(page.locator(".facets details").first).to_be_visible()
    page.fill("#q", "sea colour:red")
    page.keyboard.press("Enter")
    expect(page.locator("#q-message")).to_contain_text("There is no field 'colour'")
    expect(page.locator("#q-message mark")).to_have_text("c")
    expect(listed).to_have_count(0)  # what the search before found is no answer to this one
    assert looks_well(page)
    page.go_back()
    expect(page.locator("#found")).to_have_text(re.compile("files"))
    expect(page.locator(".facets details").first).to_be_visible()
    said.clear()  # the refusal itself


def test_a_search_is_completed_by_keyboard(page: Page, server: Server) -> None:
    opened(page, server)
    page.focus("#q")
    page.route("**/completions?*", lambda _: None)  # the server takes its time
    with page.expect_request("**/completions?*"):
        page.keyboard.type("sea")
    with page.expect_event("requestfailed", lambda request: "/completions?" in request.url):
        page.keyboard.press("Enter")  # what is sent needs no completion any more
    expect(page.locator("#q-choices")).to_be_hidden()
    page.unroute("**/completions?*")
    page.fill("#q", "")
    page.keyboard.type("sco")
    expect(page.locator("#q-choices li")).to_have_text(["score:"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#q")).to_have_value("score:")
    page.keyboard.type("4 keyword:se")
    expect(page.locator("#q-choices li")).to_have_text([re.compile('^"sea wall"')])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_have_text("1 file")


def test_files_that_come_meanwhile_are_offered_and_the_list_does_not_jump(
    page: Page, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    opened(page, server, "?q=root:late")
    expect(page.locator("#nothing")).to_contain_text("Nothing is found")
    write_many(next(tmp_path_factory.getbasetemp().glob("library*/late")), 2)
    server.wait_for(server.begin("late"), "completed")
    expect(page.locator("#new-files")).to_have_text("2 new", timeout=10_000)
    expect(page.locator("#found")).to_have_text("0 files")
    page.click("#new-files")
    expect(page.locator("#found")).to_have_text("2 files")
    expect(page.locator("#new-files")).to_be_hidden()
    page.fill("#q", "nowhere")
    page.keyboard.press("Enter")
    expect(page.locator("#nothing")).to_contain_text("Nothing is found.")
    assert looks_well(page)
    page.get_by_role("button", name="Show all").press("Enter")
    expect(page.locator("#found")).to_have_text("302 files")
    expect(page.locator("#grid")).to_be_focused()


def test_the_columns_of_the_table_are_chosen_by_keyboard_and_stay(page: Page, server: Server) -> None:
    opened(page, server, "?q=sea&size=table")
    expect(page.locator("#grid-titles > *")).to_have_text(["Name", "Taken ↓", "Size", "Dimensions", "Score", "NSFW"])
    page.focus("#columns-button")
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="Folder").press("Space")
    left = page.get_by_role("button", name="Move Folder left")
    for number in range(7, 2, -1):
        expect(left).to_have_accessible_name(f"Move Folder left, column {number} of 7")
        left.press("Enter")
        expect(left).to_be_focused()
    left.press("Enter")
    expect(left).to_be_disabled()  # there is no column before it
    right = page.get_by_role("button", name="Move Folder right")
    expect(right).to_be_focused()
    page.keyboard.press("Enter")
    keywords = page.get_by_role("checkbox", name="Keywords")
    keywords.focus()
    page.keyboard.press("Space")
    assert looks_well(page)
    page.keyboard.press("Escape")
    line = page.locator("#file-0")
    expect(line.locator(".cells > span").nth(1)).to_have_text("photos/trip/day one")
    expect(line).to_have_attribute("aria-label", re.compile("^b.jpg, photos/trip/day one.*, sea wall$"))
    page.reload()
    expect(page.locator("#grid-titles > *")).to_have_count(8)
    page.click("#grid-titles [data-sort=name]")
    expect(page).to_have_url(re.compile("sort=name&order=asc"))
    assert looks_well(page)
