"""What the pure modules of what a person says of files do, called in the browser: keys, held files, shifts, texts."""

import random
from typing import Any

import pytest
from playwright.sync_api import Page

from app.library.saying.deciding import KEYWORD_OF_THE_FILE, TOO_MANY_KEYWORDS
from app.library.saying.edits import UNKNOWN_FILE, WAITING_FOR_WORDS
from app.library.saying.times import NotTold
from tests.browser.words.test_words import call
from tests.support.server import Server

pytestmark = pytest.mark.browser


def pressed(key: str, *modifiers: str) -> dict[str, Any]:
    names = ("shiftKey", "ctrlKey", "metaKey", "altKey")
    return (
        {"key": key} | {name: name.removesuffix("Key") in modifiers for name in names} | {"repeat": "held" in modifiers}
    )


def test_a_key_says_one_thing_and_nothing_with_a_modifier(page: Page, server: Server) -> None:
    said = {
        "1": {"set": {"score": 1}},
        "5": {"set": {"score": 5}},
        "0": {"set": {"score": None}},
        "x": {"set": {"score": -1}},
        "X": {"set": {"score": -1}},
        "n": {"set": {"nsfw": True}},
    }
    for function, cases in {
        "wordsOf": [(pressed(key), words) for key, words in said.items()]
        + [(pressed("N", "shift"), {"set": {"nsfw": False}}), (pressed("n", "shift"), {"set": {"nsfw": False}})]
        + [(pressed(key), None) for key in ("6", "-1", "", "Enter", "F1", "é", "10")]
        + [(pressed(key, modifier), None) for key in "1xn" for modifier in ("ctrl", "meta", "alt")]
        + [(pressed(key, "held"), None) for key in "1xn"],
        "isUndo": [
            (pressed("z", "ctrl"), True),
            (pressed("Z", "meta"), True),  # with caps lock
            (pressed("z", "ctrl", "shift"), False),  # that is a redo
            (pressed("z", "ctrl", "meta"), False),
            (pressed("z", "ctrl", "alt"), False),
            (pressed("z"), False),
            (pressed("z", "ctrl", "held"), False),
        ],
    }.items():
        answers = call(page, server, "saying/keys.js", function, [[event] for event, _ in cases])
        assert answers == [wanted for _, wanted in cases], function


def test_a_shift_is_read_and_told_in_the_same_units(page: Page, server: Server) -> None:
    def form(sign: str, days: str = "", hours: str = "", minutes: str = "", seconds: str = "") -> list[dict[str, str]]:
        return [{"sign": sign, "days": days, "hours": hours, "minutes": minutes, "seconds": seconds}]

    shifts = [
        (form("+", hours="1"), 3_600, "+1 h"),
        (form("-", days="1", hours="2", minutes="3", seconds="4"), -93_784, "\u22121 d 2 h 3 min 4 s"),
        (form("+", minutes=" 90 "), 5_400, "+1 h 30 min"),
        (form("-"), 0, ""),
    ]
    assert call(page, server, "saying/shift.js", "secondsOf", [told for told, *_ in shifts]) == [
        seconds for _, seconds, _ in shifts
    ]
    assert call(page, server, "saying/shift.js", "shiftInWords", [[seconds] for _, seconds, _ in shifts]) == [
        words for *_, words in shifts
    ]
    unreadable = [form("+", hours="-1"), form("+", days="1.5"), form("+", minutes="1e3"), form("-", seconds="ten")]
    assert call(page, server, "saying/shift.js", "secondsOf", unreadable) == [None] * len(unreadable)


def test_an_edit_is_told_in_one_line(page: Page, server: Server) -> None:
    told = [
        ([{"set": {"score": 4}}, {"changed": 12, "left": []}, None], "★ 4 for 12 files"),
        ([{"set": {"score": None}}, {"changed": 1, "left": []}, "a.jpg"], "Not rated: a.jpg"),
        (
            [{"set": {"score": -1}}, {"changed": 0, "left": []}, "a.jpg"],
            "Rejected: nothing changed, it was so already.",
        ),
        ([{"set": {"nsfw": False}}, {"changed": 1_234, "left": []}, None], "Not NSFW for 1,234 files"),
        (
            [{"set": {"title": "x", "label": "Red", "caption": None}}, {"changed": 2, "left": []}, None],
            "Title, label Red, no caption for 2 files",
        ),
        (
            [{"add_keywords": ["sea", "sun"], "remove_keywords": ["fog"]}, {"changed": 2, "left": []}, None],
            "+sea, +sun, \u2212fog for 2 files",
        ),
        (
            [{"shift_taken_at": -60, "release": ["score", "nsfw"]}, {"changed": 1, "left": []}, None],
            "Time \u22121 min, score and NSFW given back for 1 file",
        ),
        (
            [{"zone": "+02:00"}, {"changed": 3, "left": [{"cause": "no_time", "files": 1}]}, None],
            "Zone +02:00 for 3 files, left out: 1 file without a time",
        ),
        (
            [{"set": {"score": 1}}, {"changed": 0, "left": [{"cause": "unknown_file", "files": 2}]}, None],
            "★ 1: nothing changed, left out: 2 files not in the library any more.",
        ),
    ]
    assert call(page, server, "saying/told.js", "saidInWords", [given for given, _ in told]) == [
        text for _, text in told
    ]
    causes = [*NotTold, UNKNOWN_FILE, WAITING_FOR_WORDS, KEYWORD_OF_THE_FILE, TOO_MANY_KEYWORDS]
    every = call(page, server, "saying/told.js", "leftInWords", [[[{"cause": one, "files": 1}]] for one in causes])
    assert not [text for text in every if "(" in text]
    left = [{"cause": "some_cause", "files": 1_000}, {"cause": "no_clock", "files": 1}]
    assert call(page, server, "saying/told.js", "leftInWords", [[left], [[]]]) == [
        "1,000 files (some cause), 1 file with a day and no time of it",
        "",
    ]
    undone = [
        ["★ 4: a.jpg", {"sentence": "x", "files": 1}],
        [None, {"sentence": "A person set score.", "files": 1_000}],
    ]
    assert call(page, server, "saying/told.js", "undoneInWords", undone) == [
        "Undone: ★ 4: a.jpg",
        "Undone: set score, 1,000 files",
    ]
    before = {"score": None, "taken_at": "2024-05-03T12:00:00", "keywords": [], "nsfw": True}
    after = {"score": -1, "taken_at": None, "keywords": ["a", "b"], "nsfw": False}
    lines = call(page, server, "saying/told.js", "linesOf", [[{"path": "a", "before": before, "after": after}]])[0]
    assert [tuple(line.values()) for line in lines] == [
        ("Score", "Not rated", "Rejected"),
        ("Time", "2024-05-03 12:00:00", "none"),
        ("Keywords", "none", "a, b"),
        ("NSFW", "yes", "no"),
    ]


def test_a_file_that_is_not_found_any_more_is_shown_as_it_is_now(page: Page, server: Server) -> None:
    file = {"path": "a", "score": 2, "title": "t", "taken_at": None, "is_nsfw": None, "keywords": ["a", "b"]}
    words = [
        ({"set": {"score": None, "title": ""}}, {"score": None, "title": None}),
        ({"set": {"nsfw": False}}, {"is_nsfw": False}),
        ({"add_keywords": ["b", "c"], "remove_keywords": ["a"]}, {"keywords": ["b", "c"]}),
        ({"release": ["score"]}, {"score": None}),
        ({"shift_taken_at": 60}, {}),
    ]
    said = call(page, server, "saying/after.js", "afterWords", [[file, given] for given, _ in words])
    assert said == [file | changed for _, changed in words]


HELD = """
async (cases) => {
  const { heldAfter, offsetOf, placed } = await import("/static/saying/held.js");
  return cases.map(({ list, steps, size }) => {
    const seen = list.map((path) => path);
    let held = new Map();
    for (const { changed, found } of steps) {
      for (let from = 0; from < seen.length; from += size) {
        const here = changed.filter(([index]) => from <= index && index < from + size);
        const at = Math.max(0, offsetOf(from, held));
        const answer = found.slice(at, at + size + held.size + changed.length).map((path) => ({ path }));
        if (here.length) held = heldAfter(held, new Map(here.map(([index, path]) => [index, { path }])), answer);
      }
    }
    const found = steps.at(-1).found;
    const shown = [];
    for (let from = 0; from < seen.length; from += size) {
      const length = Math.min(size, seen.length - from);
      const at = Math.max(0, offsetOf(from, held));
      const answer = found.slice(at, at + length + held.size).map((path) => ({ path }));
      shown.push(...placed(from, length, answer, held));
    }
    return { shown: shown.map((file) => file?.path), held: [...held.keys()].sort((a, b) => a - b) };
  });
}
"""


def test_a_list_stays_as_it_is_whatever_leaves_the_search_and_comes_back(page: Page, server: Server) -> None:
    """Any slice that is fetched again later has the files that stood there, whichever were edited and undone."""
    chance = random.Random(15)
    cases, wanted = [], []
    for _ in range(200):
        paths = [f"{number:03}" for number in range(chance.randint(1, 40))]
        gone: set[str] = set()
        steps = []
        for _ in range(chance.randint(1, 6)):
            edited = chance.sample(paths, chance.randint(1, len(paths)))
            gone = gone - set(edited) if chance.random() < 0.4 else gone | set(edited)
            changed = [(paths.index(path), path) for path in edited]
            steps.append({"changed": changed, "found": [path for path in paths if path not in gone]})
        cases.append({"list": paths, "steps": steps, "size": chance.randint(1, 12)})
        wanted.append({"shown": paths, "held": sorted(map(int, gone))})
    page.goto(f"{server.address}/login")
    assert page.evaluate(HELD, cases) == wanted
