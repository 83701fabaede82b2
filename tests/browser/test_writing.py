"""Write metadata on the page: the differences first, then the button, then its undo; for a file and for a search."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import looks_well
from tests.samples import photo
from tests.support.server import Server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two photos, of which a person said something."""
    folder = tmp_path_factory.mktemp("writing")
    root = folder / "pictures"
    photo(root / "a.jpg", size=(640, 400))
    photo(root / "b.jpg", size=(640, 400), seed=2)
    with Server(folder / "server", {"pictures": root}) as running:
        running.wait_for(running.begin("pictures"), "completed")
        for name in ("a.jpg", "b.jpg"):
            words = {"score": 4, "title": "The long beach in the evening", "keywords": ["own", "sea"]}
            path = {"path": f"pictures/{name}"}
            assert running.client.patch("/api/library/file", params=path, json=words).status_code == 200
        yield running


def sidecars(server: Server) -> list[str]:
    return sorted(path.name for path in (server.state / "sidecars").rglob("*.xmp"))


def test_the_differences_come_first_then_the_writing_then_its_undo(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/file?path=pictures/a.jpg")
    page.get_by_role("button", name="Write metadata…").press("Enter")
    dialog = page.get_by_role("dialog", name="Write metadata")
    expect(dialog.get_by_role("row")).to_have_count(4)
    expect(dialog.get_by_role("row").nth(2)).to_contain_text("The long beach in the evening")
    expect(dialog.locator("#write-dir")).to_contain_text("sidecars")
    assert sidecars(server) == []
    assert looks_well(page)
    dialog.get_by_role("button", name="Write 1 file").press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("1 file written.")
    assert sidecars(server) == ["a.jpg.xmp"]
    dialog.get_by_role("button", name="Undo the last write (1 file)").click()
    expect(dialog.get_by_role("status")).to_have_text("1 file as before.")
    assert sidecars(server) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert "/file" in page.url


def test_what_a_search_finds_can_be_written(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/library?q=name:b")
    expect(page.get_by_role("option", name="b.jpg")).to_be_visible()
    page.get_by_role("button", name="Take away").click()
    page.get_by_role("button", name="Write metadata…").click()
    dialog = page.get_by_role("dialog", name="Write metadata")
    dialog.get_by_label("An .xmp beside each file").check()
    expect(dialog.get_by_role("row").nth(1)).to_contain_text("pictures/b.jpg")
    dialog.get_by_role("button", name="Write 1 file").click()
    expect(dialog.get_by_role("status")).to_have_text("1 file written.")
    assert looks_well(page)
    dialog.get_by_role("button", name="Undo the last write (1 file)").click()
    expect(dialog.get_by_role("status")).to_have_text("1 file as before.")
