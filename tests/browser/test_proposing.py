"""Proposals on their page: from a selection, ticked and edited by keyboard, committed in one go and taken back."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import in_both_schemes, looks_well
from tests.browser.words.test_words import call
from tests.samples import ai_image, landscape, photo
from tests.support.server import Server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose library holds a tagged picture, a smaller one of it in a folder of Rome, and one that was made."""
    folder = tmp_path_factory.mktemp("proposing")
    root, picture = folder / "photos", landscape("dunes", (640, 400), 1)
    photo(root / "originals" / "one.jpg", picture=picture, keywords=["Sea", "dune"])
    photo(root / "2024-05-12 Rome" / "100CANON" / "two.jpg", picture=picture.resize((320, 200)), quality=60)
    ai_image(root / "2024-05-12 Rome" / "made.png", prompt="masterpiece, (red dress:1.3), sea", negative="fog")
    with Server(folder / "server", {"photos": root}) as running:
        running.wait_for(running.begin("photos"), "completed")
        yield running


def keywords(server: Server, path: str) -> set[str]:
    told = server.get("/api/library/file", params={"path": f"photos/{path}"}).json()["keywords"]
    return {word["text"] for word in told if word["source"] == "person"}


def test_words_are_previewed_edited_committed_in_one_go_and_taken_back(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/propose")
    expect(page.locator("#nothing-chosen")).to_be_visible()
    page.goto(f"{server.address}/library?q=folder:%22photos/2024-05-12%20Rome%22")
    expect(page.locator("#found")).to_have_text("2 files")
    page.focus("#grid")
    page.keyboard.press("Control+a")
    page.get_by_role("button", name="Propose tags").click()
    expect(page.locator("#proposing-progress")).to_have_text("4 words proposed.")
    words = page.locator("#words > li")
    assert [text.split("\n")[0] for text in words.all_inner_texts()] == ["Rome", "Sea", "dune", "red dress"]
    two, made = (page.locator(f"tr[data-file$='{name}']") for name in ("two.jpg", "made.png"))
    expect(page.locator("#commit-button")).to_be_disabled()
    assert looks_well(page)

    page.get_by_role("checkbox", name="Rome: 0 of 2 files").focus()
    page.keyboard.press("Space")
    expect(page.locator("#commit-button")).to_have_text("Commit to 2 files")
    expect(page.get_by_role("checkbox", name="Rome: 2 of 2 files")).to_be_focused()
    page.get_by_role("button", name="Edit Rome").press("Enter")
    page.keyboard.type("Roma")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Edit Roma")).to_be_focused()
    two.get_by_label("dune").check()
    page.locator("#origins").get_by_label("folder").uncheck()
    expect(made.get_by_label("Roma")).to_be_checked()  # what is ticked is never hidden
    page.get_by_label("Add a word to made.png").fill("  evening   light ")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Add a word to made.png")).to_be_focused()
    page.get_by_role("button", name="Give evening light to all 2 files").click()
    two.get_by_label("evening light").uncheck()
    expect(page.locator("#commit-sum")).to_have_text("4 words ticked")
    assert in_both_schemes(page) == []

    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Back to the library").click()
    expect(page).to_have_url(re.compile("/propose$"))
    assert asked == ["beforeunload"]
    page.locator("#commit-button").press("Enter")
    expect(page.locator("#commit-done")).to_have_text("Committed to 2 files.")
    assert keywords(server, "2024-05-12 Rome/made.png") == {"Roma", "evening light"}
    assert keywords(server, "2024-05-12 Rome/100CANON/two.jpg") == {"Roma", "dune"}
    expect(two.locator(".has")).to_have_text("Has dune, Roma")
    assert looks_well(page)
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#commit-done")).to_contain_text("Taken back from 2 files")
    assert keywords(server, "2024-05-12 Rome/made.png") == keywords(server, "2024-05-12 Rome/100CANON/two.jpg") == set()
    expect(page.locator("#commit-button")).to_have_text("Commit to 2 files")
    page.get_by_role("button", name="Tick none").click()
    page.get_by_role("link", name="Back to the library").click()
    expect(page).to_have_url(re.compile("/library"))


def test_a_word_in_two_spellings_is_one_and_a_new_name_joins_what_is_there(page: Page, server: Server) -> None:
    def proposal(text: str, source: str, by: str | None = None) -> dict[str, object]:
        return {"text": text, "source": source, "confidence": 0.5, "by": by, "like": None}

    def board_after(step: str, *arguments: object) -> list[object]:
        (after,) = call(page, server, "proposing/board.js", step, [[board, *arguments]])
        return [[(word["text"], word["origins"], word["ticked"]) for word in file["words"]] for file in after]

    sea = [proposal("Sea", "similar", "bytes"), proposal("sea", "prompt"), proposal("fog", "folder")]
    files = [
        {"path": "m/a", "is_nsfw": None, "has_thumbnail": False, "keywords": ["Mist"], "proposed": sea},
        {
            "path": "m/b",
            "is_nsfw": None,
            "has_thumbnail": False,
            "keywords": [],
            "proposed": [proposal("sea", "folder")],
        },
    ]
    (board,) = call(page, server, "proposing/board.js", "boardOf", [[files]])
    both, fog, only = ("Sea", ["copy", "prompt"], False), ("fog", ["folder"], False), ("sea", ["folder"], False)
    assert board_after("tick", "SEA", True, "m/a") == [[(*both[:2], True), fog], [only]]
    assert board_after("add", "  the   coast ", "m/b") == [[both, fog], [only, ("the coast", ["own"], True)]]
    assert board_after("add", "mist") == [[both, fog], [only, ("mist", ["own"], True)]]  # who has it does not get it
    assert board_after("add", " ") == [[both, fog], [only]]
    assert board_after("rename", "fog", "Sea") == [[("Sea", ["folder", "copy", "prompt"], False)], [only]]
    assert board_after("rename", "fog", "mist") == [[both], [only]]
    assert board_after("rename", "sea", "ocean") == [[("ocean", both[1], False), fog], [("ocean", ["folder"], False)]]
