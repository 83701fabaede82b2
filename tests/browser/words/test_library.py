"""What the pure modules of the library page say, called in the browser: layout, selection, columns, texts and terms."""

from calendar import monthcalendar

import pytest
from playwright.sync_api import Page

from app.library.finding.counting import Facet
from app.query.reading import read
from tests.browser.words.test_words import call
from tests.support.facets import term_of
from tests.support.server import Server

pytestmark = pytest.mark.browser


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
