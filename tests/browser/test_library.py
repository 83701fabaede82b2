"""The library as a person uses it: the list by keyboard and scrollbar, searches, filters, files that come meanwhile."""

import re
from calendar import monthcalendar
from collections.abc import Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Page, Route, expect

from app.library.finding.counting import Facet
from app.query.reading import read
from tests.browser.conftest import looks_well, some_of_everything
from tests.browser.test_words import call
from tests.samples import photo, write_many
from tests.support.facets import term_of
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


def test_the_list_is_walked_and_selected_by_keyboard(page: Page, server: Server) -> None:
    opened(page, server, "?q=root:photos&sort=name&order=asc")
    assert looks_well(page)
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


FEBRUARY_2027 = [[f"2027-02-{day + week:02}" for day in range(1, 8)] for week in (0, 7, 14, 21)]
CALENDAR = [
    ("weeksOf", ["2027-02"], FEBRUARY_2027),  # from a Monday to a Sunday
    ("monthOf", [["2023-01", "2024-05"], "2023-01"], "2023-01"),
    ("monthOf", [["2023-01", "2024-05"], "2022-01"], "2024-05"),
    ("monthOf", [[], "2022-01"], ""),
    ("shadeOf", [1, 1], 4),
    ("shadeOf", [1, 100_000], 1),
    ("shadeOf", [500, 1_000], 4),
    ("brief", [999], "999"),
    ("brief", [1_499], "1k"),
    ("brief", [999_499], "999k"),
    ("brief", [999_500], "1M"),
]


def test_a_calendar_has_every_day_of_a_month_once(page: Page, server: Server) -> None:
    for name in ("weeksOf", "monthOf", "shadeOf", "brief"):
        cases = [(told, wanted) for function, told, wanted in CALENDAR if function == name]
        said = call(page, server, "library/calendar.js", name, [told for told, _ in cases])
        assert said == [wanted for _, wanted in cases]
    months = [f"{year:04}-{month:02}" for year in (1, 1900, 2023, 2024, 9999) for month in range(1, 13)]
    said = call(page, server, "library/calendar.js", "weeksOf", [[month] for month in months])
    for month, weeks in zip(months, said, strict=True):
        year, number = map(int, month.split("-"))
        wanted = [[f"{month}-{day:02}" if day else None for day in week] for week in monthcalendar(year, number)]
        assert weeks == wanted


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


# -- a million files ---------------------------------------------------------------------------------------------

VIEWS = [
    {"width": width, "height": 800, "total": total, "size": size}
    for width in (320, 1_000, 1_900)
    for size in ("s", "m", "l", "table")
    for total in (0, 1, 7, 1_000_000)
]


def test_every_file_can_be_reached_by_the_scrollbar_and_by_keys(page: Page, server: Server) -> None:
    layouts = call(page, server, "library/layout.js", "layoutOf", [[view] for view in VIEWS])
    for layout in layouts:
        total, track = layout["total"], 700
        if not total:
            continue
        ends = [0, total // 2, total - 1]
        tops = call(page, server, "library/layout.js", "revealing", [[layout, 0, index] for index in ends])
        drawn = call(page, server, "library/layout.js", "drawn", [[layout, top] for top in tops])
        assert all(seen["first"] <= index < seen["end"] for index, seen in zip(ends, drawn, strict=True))
        assert all(seen["end"] - seen["first"] < 1_500 for seen in drawn)
        thumbs = call(page, server, "library/layout.js", "thumbOf", [[layout, track, top] for top in tops])
        assert all(0 <= thumb["y"] <= track - thumb["height"] + 1e-6 for thumb in thumbs)
        back = call(page, server, "library/layout.js", "topAt", [[layout, track, thumb["y"]] for thumb in thumbs])
        if layout["full"] > layout["view"]:
            assert back == pytest.approx(tops, abs=1e-3)
        scrolled = [[layout, top, active] for top in tops for active in ends]
        left = call(page, server, "library/layout.js", "leaving", scrolled)
        places = call(page, server, "library/layout.js", "placeOf", [[layout, one["first"]] for one in left])
        found = [[layout, min(at["y"], tops[-1]), one["index"]] for at, one in zip(places, left, strict=True)]
        again = call(page, server, "library/layout.js", "revealing", found)
        assert again == [top for _layout, top, _index in found]  # where it was scrolled to, wherever the mark is
        walked = call(
            page,
            server,
            "library/layout.js",
            "reached",
            [[layout, "End", 0], [layout, "Home", total - 1], [layout, "x", 0]],
        )
        assert walked == [total - 1, 0, None]


MOVES = [
    ("ArrowRight", 4, 5),
    ("ArrowLeft", 0, 0),
    ("ArrowRight", 9, 9),
    ("ArrowDown", 5, 9),
    ("ArrowDown", 6, 6),
    ("ArrowDown", 9, 9),
    ("ArrowUp", 2, 2),
    ("PageDown", 1, 9),
    ("PageUp", 9, 1),
]


def test_keys_move_by_rows_and_stay_in_the_list(page: Page, server: Server) -> None:
    """Ten files in rows of four, of which two are seen: 0-3, 4-7, 8 and 9."""
    layout = {"columns": 4, "tile": 100, "row": 100, "gap": 0, "total": 10, "view": 200, "full": 300}
    reached = call(page, server, "library/layout.js", "reached", [[layout, key, index] for key, index, _ in MOVES])
    assert reached == [wanted for *_, wanted in MOVES]


RANGES = [
    ("add", [[], [3, 5]], [[3, 5]]),
    ("add", [[[3, 5]], [8, 6]], [[3, 8]]),
    ("add", [[[1, 2], [9, 9]], [4, 5]], [[1, 2], [4, 5], [9, 9]]),
    ("add", [[[1, 2], [4, 5]], [3, 3]], [[1, 5]]),
    ("remove", [[[1, 5]], 3], [[1, 2], [4, 5]]),
    ("remove", [[[1, 1]], 1], []),
    ("toggle", [[[1, 5]], 9], [[1, 5], [9, 9]]),
    ("toggle", [[[1, 5]], 1], [[2, 5]]),
    ("size", [[[1, 5], [9, 9]]], 6),
]


@pytest.mark.parametrize("name", ["add", "remove", "toggle", "size"])
def test_a_selection_is_kept_as_ranges(page: Page, server: Server, name: str) -> None:
    cases = [(told, wanted) for function, told, wanted in RANGES if function == name]
    assert call(page, server, "library/selection.js", name, [told for told, _ in cases]) == [
        wanted for _, wanted in cases
    ]


def test_columns_are_kept_in_the_order_that_a_person_gave_them(page: Page, server: Server) -> None:
    """What nobody knows is passed over, and the name is always there."""
    cases = [None, "", "seed colour size seed", "session name folder constructor"]
    usual, none, some, others = call(page, server, "library/columns.js", "chosenOf", [[kept] for kept in cases])
    assert (usual[0], none, some, others) == (
        "name",
        ["name"],
        ["name", "seed", "size"],
        ["session", "name", "folder"],
    )
    changes = [[some, "kind", True], [some, "size", False], [some, "name", False], [some, "name", True]]
    assert call(page, server, "library/columns.js", "withColumn", changes) == [
        ["name", "seed", "size", "kind"],
        ["name", "seed"],
        some,
        some,
    ]
    moves = [[some, "size", -1], [some, "name", 1], [some, "name", -1], [some, "size", 1]]
    assert call(page, server, "library/columns.js", "moved", moves) == [
        ["name", "size", "seed"],
        ["seed", "name", "size"],
        some,
        some,
    ]


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


def test_the_page_says_how_much_is_found_and_how_much_was_searched(page: Page, server: Server) -> None:
    counted = [[1, 0, 0], [1_194, 40, 0], [5, 1, 12]]
    assert call(page, server, "library/told.js", "foundInWords", counted) == [
        "1 file",
        "1,234 files, 40 pairs shown as one",
        "6 files, 1 pair shown as one, 12 hidden",
    ]
    pictures = [
        (True, None),
        (True, "truncated_image"),
        (False, "truncated_image"),
        (False, "no_picture"),
        (False, None),
    ]
    unseen = [[{"has_thumbnail": seen, "thumbnail_cause": cause}] for seen, cause in pictures]
    assert call(page, server, "library/told.js", "noPictureInWords", unseen) == [
        "",
        "",
        "No picture: truncated image",
        "No picture in it",
        "No picture made",
    ]
    empty = [["", 0, "exact"], ["cat", 0, "exact"], ["cat", 1, "exact"], ["", 1_200, "exact"], ["cat", 0, "counting"]]
    said = call(page, server, "library/told.js", "nothingInWords", empty)
    assert [why and (why["why"], why["sentence"]) for why in said] == [
        ("empty", "The library is empty."),
        ("search", "Nothing is found."),
        ("hidden", "The NSFW switch hides the one file found, as NSFW or as not checked."),
        ("hidden", "The NSFW switch hides all 1,200 files found, as NSFW or as not checked."),
        None,
    ]
    told = [
        {"coverage": {"searched": searched, "of": 12_400, "missing": missing}, "coverage_in_words": "so"}
        for searched, missing in ((12_400, {}), (12_340, {"nsfw_not_run": 60}), (4_216, {"indexing": 8_184}))
    ]
    said = call(page, server, "library/told.js", "coverageInWords", [[one] for one in told])
    assert said == ["", "so.", "Indexing 34 %. so."]


TERMS = [
    ("withTerm", ["", "a:1"], "a:1"),
    ("withTerm", ["cat", "a:1"], "cat a:1"),
    ("withTerm", ["cat or dog", "a:1"], "(cat or dog) a:1"),
    ("withTerm", ['"this or that"', "a:1"], '"this or that" a:1'),
    ("withTerm", ['"this"or(that b)', "a:1"], '("this"or(that b)) a:1'),
    ("withTerm", ["(cat or dog) nor", "a:1"], "(cat or dog) nor a:1"),
    ("withoutTerm", ['cat keyword:"red dress" (a or b)', 'keyword:"red dress"'], "cat (a or b)"),
    ("withoutTerm", ["cat", "a:1"], "cat"),
    ("withoutTerm", ["cat and a:1 not a:1", "a:1"], "cat not a:1"),
    ("withoutTerm", ['keyword:"STRASSE" cat', "keyword:Straße"], "cat"),
    ("has", ["cat -is:raw", "is:raw"], False),
    ("has", ['keyword:"a b" cat', 'keyword:"a b"'], True),
    ("has", ['(x)and keyword:"Café"', "keyword:cafe"], True),
    ("has", ["cat or a:1", "a:1"], False),
    ("has", ["not a:1", "a:1"], False),
    ("termOf", ["camera", 'Say "x" *'], 'camera="Say \\"x\\" \\*"'),
    ("termOf", ["score", None], "score:none"),
    ("termOf", ["incomplete", False], "-is:incomplete"),
    ("termOf", ["folder", "photos/2024"], "folder:photos/2024"),
    ("termOf", ["keyword", "none"], 'keyword:"none"'),
]


def test_terms_are_added_to_a_search_and_taken_from_it(page: Page, server: Server) -> None:
    for name in ("withTerm", "withoutTerm", "has", "termOf"):
        cases = [(told, wanted) for function, told, wanted in TERMS if function == name]
        said = call(page, server, "library/terms.js", name, [told for told, _ in cases])
        assert said == [wanted for _, wanted in cases]


VALUES = [
    "cat",
    "Straße 7",
    "none",
    "Noné",
    "and",
    'say "x"',
    "a*b",
    "\\xff",
    "-1",
    "a/b c",
    "12:30",
    "東京",
    "A-1_b.c/d",
]


def test_what_a_filter_adds_to_a_search_is_what_the_search_language_means(page: Page, server: Server) -> None:
    texts = (Facet.KEYWORD, Facet.CAMERA, Facet.MODEL, Facet.LORA, Facet.SAMPLER, Facet.FOLDER, Facet.SESSION)
    asked = [(facet, value) for facet in texts for value in (*VALUES, None)]
    asked += [
        (Facet.SCORE, -1),
        (Facet.SCORE, None),
        (Facet.YEAR, "2024"),
        (Facet.MONTH, "2024-05"),
        (Facet.NSFW, "no"),
    ]
    asked += [(Facet.MISSING, True), (Facet.INCOMPLETE, False), (Facet.PROMPT_VERDICT, "parsed"), (Facet.KIND, "image")]
    said = call(page, server, "library/terms.js", "termOf", asked)
    assert [read(term) for term in said] == [read(term_of(facet, value)) for facet, value in asked]
