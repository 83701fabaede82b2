"""What the page's pure modules say, called in the browser that runs them."""

import json
from itertools import zip_longest
from typing import Any

import pytest
from playwright.sync_api import Page

from app.web.activity import standing
from app.web.templating import duration, readable, words
from tests.support.server import Server

pytestmark = pytest.mark.browser

OUTCOMES = ("added", "updated", "moved", "unchanged", "failed", "vanished")
SKIPS = ("fresh", "filtered", "unsupported", "failed_before", "beyond_max_files")


def call(page: Page, server: Server, module: str, function: str, cases: list[Any]) -> list[Any]:
    """What an exported function answers for each case, a list of its arguments."""
    if not page.url.startswith(server.address):
        page.goto(f"{server.address}/login")
    script = (
        f"import('/static/{module}').then((module) => {json.dumps(cases)}.map((case_) => module.{function}(...case_)))"
    )
    return page.evaluate(script)


def session(status: str = "completed", *, incomplete: int = 0, retry: bool = False, **counts: int) -> dict[str, Any]:
    """A status with these outcomes and skips."""
    outcomes = {name: counts.get(name, 0) for name in OUTCOMES}
    skipped = {name: counts.get(name, 0) for name in SKIPS}
    pending = counts.get("pending", 0)
    return {
        "status": status,
        "outcomes": outcomes,
        "committed_files": outcomes["added"] + outcomes["updated"] + outcomes["moved"],
        "processed_files": sum(outcomes.values()),
        "skipped": skipped,
        "pending": pending,
        "discovered": sum(outcomes.values()) + sum(skipped.values()) + pending,
        "stats": {"errors": outcomes["failed"], "incomplete": incomplete},
        "parameters": {"skip_existing": True, "retry_of": "an-id" if retry else None},
    }


ENDS = [
    (session(added=3), "Completed", "good", "3 files committed to the library."),
    (session(added=1, fresh=4), "Completed", "good", "1 file committed to the library."),
    (
        session(added=3, incomplete=1),
        "Completed",
        "good",
        "3 files committed to the library, 1 of them without one part.",
    ),
    (session(added=500, updated=25, failed=108), "Completed with failures", "warn", "525 taken in, 108 failed."),
    (session(added=1, failed=1, unchanged=2), "Completed with failures", "warn", "1 taken in, 1 failed, 2 unchanged."),
    (session(failed=5), "Nothing taken in", "bad", "All 5 files failed. The reasons are below."),
    (session(failed=1, retry=True), "Nothing taken in", "bad", "The one file failed. The reasons are below."),
    (
        session(failed=1, unchanged=2),
        "Nothing taken in",
        "warn",
        "Nothing was taken in: 2 unchanged and 1 failed.",
    ),
    (
        session(fresh=16),
        "Nothing taken in",
        "plain",
        "There was nothing to do: all 16 files were in the library already.",
    ),
    (session(unchanged=2), "Nothing taken in", "plain", "There was nothing to do: 2 unchanged."),
    (session(), "Nothing taken in", "plain", "There was nothing to do: the folder holds no files."),
    (session(retry=True), "Nothing taken in", "plain", "None of the files is there any more."),
    (
        session("cancelled", added=2, pending=1),
        "Cancelled",
        "warn",
        "2 files committed to the library. 1 file not processed; what is committed stays.",
    ),
    (
        session("cancelled", pending=9),
        "Cancelled",
        "warn",
        "Cancelled before anything was committed. 9 files not processed.",
    ),
]


def test_a_session_has_one_of_three_ends_and_its_first_sentence_says_so(page: Page, server: Server) -> None:
    said = call(page, server, "session/ending.js", "ending", [[status] for status, *_ in ENDS])
    assert [(end["title"], end["tone"], end["lead"]) for end in said] == [tuple(words) for _, *words in ENDS]
    assert [standing(status).word for status, *_ in ENDS] == [end["title"] for end in said]  # as the history has it


SHOWN_TWICE = """async () => {
  const { FolderTree } = await import("/static/configure/tree.js");
  const counts = { total_files: 0, ingested_files: 0, failed_files: 0, damaged_files: 0 };
  const directories = [{ name: "m", path: "m", has_children: false, ingest_stats: counts }];
  const waiting = [];
  const load = () => new Promise((resolve) => waiting.push(() => resolve({ directories, next: null })));
  const list = document.body.appendChild(document.createElement("ul"));
  const tree = new FolderTree(list, { load, changed() {}, enter() {}, failed() {} });
  const shown = [tree.show([]), tree.show(["m"])];
  for (const answer of waiting) answer();
  await Promise.all(shown);
  return list.children.length;
}"""


def test_a_tree_that_is_opened_again_while_it_loads_holds_each_folder_once(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/login")
    assert page.evaluate(SHOWN_TWICE) == 1


DURATIONS = {0.42: "0.4 s", 12.4: "12 s", 59.6: "1 min 0 s", 192: "3 min 12 s", 7500: "2 h 5 min"}
NAMES = {
    "a\u202eb\nc": "a\u2039U+202E\u203ab⏎c",
    "a\r\nb\rc": "a⏎b⏎c",
    "a\u200db": "a\u2039U+200D\u203ab",
    "\u200d": "\u2039U+200D\u203a",
    "\u0645\u06cc\u200c\u062e": "\u0645\u06cc\u200c\u062e",
    "\U0001f468\u200d\U0001f469.jpg": "\U0001f468\u200d\U0001f469.jpg",
}


def test_values_read_to_a_person_the_same_with_and_without_a_script(page: Page, server: Server) -> None:
    for function, wanted in ((duration, DURATIONS), (readable, NAMES)):
        assert [function(value) for value in wanted] == [*wanted.values()]
        assert call(page, server, "lib/words.js", function.__name__, [[value] for value in wanted]) == [
            *wanted.values()
        ]


FAILED_IN = [
    ({"stage": "metadata", "stages": {"metadata": {"status": "failed"}, "score": {"status": "failed"}}}, True),
    ({"stage": "metadata", "stages": {"metadata": {"status": "failed"}, "score": {"status": "done"}}}, False),
    ({"stage": "score", "stages": {}}, True),
    ({"stage": "metadata", "stages": {}}, False),
]


def test_a_file_is_listed_for_each_stage_that_failed(page: Page, server: Server) -> None:
    said = call(page, server, "shared/counted.js", "failedIn", [[file, "score"] for file, _ in FAILED_IN])
    assert said == [wanted for _, wanted in FAILED_IN]


def test_the_classes_of_files_are_called_the_same_with_and_without_a_script(page: Page, server: Server) -> None:
    names = (*SKIPS, *OUTCOMES)
    assert call(page, server, "lib/words.js", "classLabel", [[name] for name in names]) == [*map(words, names)]


def test_numbers_of_a_session_close(page: Page, server: Server) -> None:
    (counts,) = call(
        page, server, "lib/counts.js", "countsOf", [[session(added=5, moved=1, unchanged=2, failed=3, vanished=4)]]
    )
    assert counts == {
        "processed": 15,
        "committed": 6,
        "unchanged": 2,
        "failed": 3,
        "vanished": 4,
        "incomplete": 0,
    }


def folder(own: tuple[int, ...], everything: tuple[int, ...] | None, *, deeper: bool = True) -> dict[str, Any]:
    """A folder with its counts: of all files, of those in the library, of those that failed, and that are damaged."""
    names = ("total_files", "ingested_files", "failed_files", "damaged_files")
    stats = {"recursive_stats": dict(zip_longest(names, everything, fillvalue=0))} if everything else {}
    return {"ingest_stats": dict(zip_longest(names, own, fillvalue=0)), "has_children": deeper, **stats}


BADGES = [
    (folder((2, 0, 0), (8, 0, 0)), None),
    (folder((2, 2, 0), (2, 2, 0), deeper=False), ("(2/2)", "Complete: 2 of 2 ingested here")),
    (folder((2, 2, 0), (8, 2, 0)), ("(2/2), 0/6 below", "2 of 2 ingested here, 0 of 6 ingested in the folders below")),
    (
        folder((2, 2, 0), (8, 8, 0)),
        ("(2/2), 6/6 below", "Complete: 2 of 2 ingested here, 6 of 6 ingested in the folders below"),
    ),
    (folder((0, 0, 0), (6, 6, 0)), ("6/6 below", "Complete: 6 of 6 ingested in the folders below")),
    (
        folder((2, 1, 0), (8, 4, 1)),
        ("(1/2), 3/6 below, 1 failed", "1 of 2 ingested here, 3 of 6 ingested in the folders below, 1 failed"),
    ),
    (folder((5, 5, 0, 1), (5, 5, 0, 1), deeper=False), ("(5/5), 1 damaged", "5 of 5 ingested here, 1 damaged")),
    (folder((2, 2, 0), None), ("(2/2)", "2 of 2 ingested here")),  # what is below was not counted in time
]


def test_a_badge_is_whole_only_where_everything_here_and_below_is_in_the_library(page: Page, server: Server) -> None:
    said = call(page, server, "configure/badges.js", "badgeOf", [[one] for one, _ in BADGES])
    assert [found and (found["shown"], found["words"]) for found in said] == [told for _, told in BADGES]
    assert [found["whole"] for found in said if found] == [told[1].startswith("Complete") for _, told in BADGES if told]


def test_a_folder_of_which_nothing_is_in_says_what_it_holds(page: Page, server: Server) -> None:
    folders = [
        folder((2, 0, 0), (8, 0, 0)),
        folder((0, 0, 0), (8, 0, 0)),
        folder((2, 0, 0), None),
        folder((0, 0, 0), None),
    ]
    said = call(page, server, "configure/badges.js", "mediaOf", [[one] for one in folders])
    assert said == ["2 media, 6 below", "8 media below", "2 media", None]


def test_suffixes_are_taken_for_the_pattern_that_they_stand_for(page: Page, server: Server) -> None:
    meant = {
        "jpg": "*.jpg",
        ".JPG": "*.JPG",
        "*.jpg, *.png": "*.jpg|*.png",
        "jpg png": "*.jpg|*.png",
        "*.jpg|*.png": None,
        "*": None,
        "IMG_*": None,
        "holiday.jpg": None,
    }
    assert call(page, server, "configure/pattern.js", "meantPattern", [[typed] for typed in meant]) == [*meant.values()]


FORMATS = {
    "jpeg": {"files": 3, "bytes": 30, "pattern": "*.jpeg|*.jpg"},
    "png": {"files": 2, "bytes": 20, "pattern": "*.png"},
    "mp4": {"files": 1, "bytes": 90, "pattern": "*.mp4"},
}


def test_what_is_chosen_of_the_formats_and_the_pattern_say_the_same(page: Page, server: Server) -> None:
    chosen = {("jpeg", "png", "mp4"): "*", ("jpeg", "mp4"): "*.jpeg|*.jpg|*.mp4", ("png",): "*.png"}
    patterns = call(page, server, "configure/formats.js", "patternOf", [[FORMATS, [*names]] for names in chosen])
    assert patterns == [*chosen.values()]
    again = call(page, server, "configure/formats.js", "chosenBy", [[FORMATS, pattern] for pattern in patterns])
    assert again == [list(names) for names in chosen]
    others = ["*.jpg", "IMG_*", "*.jpeg|*.jpg|*.gif"]  # a part of a format, something else, and more than is there
    assert call(page, server, "configure/formats.js", "chosenBy", [[FORMATS, one] for one in others]) == [None] * 3


def stage(total: int, **counts: int) -> dict[str, Any]:
    """How far a stage is, all its files asked for."""
    known = {name: counts.get(name, 0) for name in ("done", "failed", "skipped", "not_reached")}
    return {"total": total, **known, "pending": total - sum(known.values()), "seconds": counts.get("seconds", 0)}


def test_cards_say_how_each_stage_stands_and_their_numbers_close(page: Page, server: Server) -> None:
    running = session("processing", added=6, failed=2, unchanged=1, pending=91) | {
        "total_files": 100,
        "active_seconds": 18,
        "unavailable": {"nsfw": "NSFW detection is unavailable: there are no weights."},
        "stages": {
            "identify": stage(100, done=9, seconds=3),
            "metadata": stage(100, done=6, failed=1, not_reached=2),
            "keywords": stage(100),
            "score": stage(100, done=100),
            "thumbnail": stage(0),
            "nsfw": stage(100, skipped=9),
        },
    }
    switches = ("extract_metadata", "extract_keywords", "import_scores", "enable_nsfw_detection")
    running["parameters"] |= dict.fromkeys(switches, True) | {"generate_thumbnails": False}
    paused = running | {"status": "paused"}
    cards, later = (
        {card["name"]: card for card in found}
        for found in call(page, server, "session/stages.js", "cardsOf", [[running], [paused]])
    )
    assert {name: card["word"] for name, card in cards.items()} == {
        "identify": "processing",
        "metadata": "processing",
        "keywords": "processing",
        "score": "complete",
        "thumbnail": "switched off",
        "nsfw": "unavailable",
        "commit": "processing",
    }
    assert (later["identify"]["word"], later["keywords"]["word"]) == ("paused", "waiting")
    assert cards["nsfw"]["why"] == running["unavailable"]["nsfw"]
    assert (cards["identify"]["ms"], cards["keywords"]["ms"], cards["commit"]["ms"]) == (3000 / 9, None, 2000)
    for card in cards.values():
        parts = ("done", "failed", "skipped", "notReached", "pending")
        assert card["total"] == sum(card[part] for part in parts), card["name"]


def test_the_pace_of_a_session_becomes_points_and_never_too_many(page: Page, server: Server) -> None:
    pace = {"began_at": "2026-11-20T00:00:00+00:00", "seconds": 2, "files": [10, 0, 5]}
    (points,) = call(page, server, "session/chart.js", "pointsOf", [[pace]])
    assert points == {"at": [1795132800, 1795132802, 1795132804], "rate": [5, 0, 2.5]}
    (half,) = call(page, server, "session/chart.js", "halved", [[points]])
    assert half == {"at": [1795132800, 1795132804], "rate": [2.5, 2.5]}


def test_a_long_name_keeps_its_end_where_copies_differ(page: Page, server: Server) -> None:
    long = "photos/" + "a" * 100 + " (2).jpg"
    cases = [(long, "photos/" + "a" * 39 + "…" + "a" * 12 + " (2).jpg"), ("photos/short.jpg", "photos/short.jpg")]
    shown = call(page, server, "duplicates/groups.js", "shortened", [[path] for path, _ in cases])
    assert shown == [wanted for _, wanted in cases]
