"""The history and the failures as a person uses them: addresses, Back and forward, and what the buttons do."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import choose, looks_well, some_of_everything
from tests.samples import photo, unidentifiable, write_many
from tests.support.server import Server


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """A server with a few sessions behind it: one with failures, one without, one that found nothing new."""
    folder = tmp_path_factory.mktemp("activity")
    root = some_of_everything(folder / "photos")
    long = "a folder with a name that is far longer than anybody would like it to be, and then some"
    write_many(root / long, 2)
    for number in range(3):
        unidentifiable(root / "damaged" / f"{number}.jpg", seed=number)
    with Server(folder / "server", {"photos": root}, INGEST_INBOX="photos/inbox") as running:
        for directory in (f"photos/{long}", "photos/trip", "photos/damaged"):
            whole(running, directory)
        yield running


def whole(server: Server, directory: str) -> str:
    session_id = server.post("/api/ingest/process", {"directory": directory}).json()["session_id"]
    server.wait_for(session_id, "completed")
    server.post("/api/ingest/dismiss", {"session_id": session_id})  # or a fresh page would open on it
    return session_id


def test_the_history_looks_well_and_leads_to_each_session(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/sessions")
    damaged = page.locator(".history > li", has_text="photos/damaged")
    expect(damaged).to_contain_text("Nothing taken in")
    assert looks_well(page)
    damaged.get_by_role("link").click()
    expect(page.locator("#complete-title")).to_be_visible()
    assert "/sessions/" in page.url
    page.locator("[data-stage='commit'] .failed button").click()
    expect(page.locator("#files-title")).to_have_text("3 failed")
    expect(page.locator("#files > li")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("list="))  # which takes the dialog out of the history
    page.go_back()
    expect(damaged).to_be_visible()


def test_back_and_forward_lead_from_a_session_to_configure_and_again(page: Page, server: Server) -> None:
    choose(page, server, "photos/many")
    page.click("#start")
    expect(page.locator("#complete-title")).to_be_visible(timeout=30_000)
    address = page.url
    assert "/sessions/" in address
    page.go_back()
    expect(page.locator("#configure")).to_be_visible()
    assert page.url.endswith("/ingest-v2")
    page.go_forward()
    expect(page.locator("#complete-title")).to_be_visible()
    assert page.url == address
    page.reload()
    expect(page.locator("#complete-title")).to_be_visible()

    page.go_back()
    expect(page.locator("#configure")).to_be_visible()
    held = []
    page.route("**/api/ingest/status/*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright takes no builtin
    with page.expect_request("**/api/ingest/status/*"):
        page.evaluate("history.forward()")
    page.evaluate("history.back()")  # before the session of the way forward has come
    page.wait_for_url("**/ingest-v2")
    with page.expect_response("**/api/ingest/status/*"):
        held[0].continue_()
    page.evaluate("fetch('/healthz').then((answer) => answer.text())")  # what follows that answer has been done then
    expect(page.locator("#configure")).to_be_visible()
    assert page.url.endswith("/ingest-v2")


def test_dialogs_close_with_back_open_with_forward_and_can_be_kept(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/sessions")
    page.locator(".history > li", has_text="photos/trip").first.get_by_role("link").click()
    page.locator("#complete-sum .added").click()
    files, file = page.locator("#files-dialog"), page.locator("#explain-dialog")
    files.get_by_text("a.jpg").click()
    expect(file).to_be_visible()
    kept, entries = page.url, page.evaluate("history.length")
    assert kept.partition("?")[2] == "list=added&file=photos%2Ftrip%2Fa.jpg"
    page.go_back()
    expect(file).to_be_hidden()
    expect(files).to_be_visible()
    page.keyboard.press("Escape")
    expect(files).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/sessions/[0-9a-f-]+$"))
    page.go_forward()
    expect(files).to_be_visible()
    page.go_forward()
    expect(file).to_be_visible()
    page.reload()
    expect(file).to_be_visible()
    file.get_by_label("Close").click()
    expect(file).to_be_hidden()
    assert (page.evaluate("history.length"), page.url.partition("?")[2]) == (entries, "list=added")
    page.goto(f"{server.address}/ingest-v2")
    page.goto(kept)
    expect(file).to_be_visible()
    page.go_back()
    page.go_back()
    expect(files).to_be_hidden()
    expect(page.locator("#complete-title")).to_be_visible()


def test_a_session_is_run_again_undone_and_forgotten(page: Page, server: Server) -> None:
    root = Path(server.folder).parent / "photos" / "again"
    write_many(root, 3)
    whole(server, "photos/again")
    page.goto(f"{server.address}/sessions")
    first = page.locator(".history > li").first
    first.get_by_role("button", name="Undo").click()
    expect(page.locator("#confirm-text")).to_contain_text("3 files that only this session added")
    assert looks_well(page)
    page.click("#confirm-yes")
    expect(page.locator("#activity-note")).to_contain_text("the library forgot 3 files")
    first.get_by_role("button", name="Undo").click()
    expect(page.locator("#activity-note")).to_contain_text("Nothing to undo")
    first.get_by_role("button", name="Run again").click()
    expect(page.locator("#complete-title")).to_be_visible(timeout=30_000)
    expect(page.locator("#complete-lead")).to_contain_text("3 files")
    images = server.get("/api/summary").json()["images"]
    expect(page.locator("#total-images")).to_have_text(str(images))
    page.click("#undo")
    expect(page.locator("#confirm-text")).to_contain_text("3 files that only this session added")
    page.click("#confirm-yes")
    expect(page.locator("#undo-note")).to_contain_text("the library forgot 3 files")
    expect(page.locator("#total-images")).to_have_text(str(images - 3))
    page.goto(f"{server.address}/sessions")
    number = page.locator(".history > li").count()
    page.locator(".history > li").first.get_by_role("button", name="Forget").click()
    page.click("#confirm-yes")
    expect(page.locator(".history > li")).to_have_count(number - 1)


def test_failures_are_chosen_and_set_aside_and_opened_again(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/failures")
    assert looks_well(page)
    page.get_by_role("link", name="Show 4 files").click()
    page.get_by_label("Choose photos/damaged/1.jpg").check()
    page.get_by_label("Choose photos/damaged/2.jpg").check()
    expect(page.locator("#failed-count")).to_have_text("2 files chosen")
    assert looks_well(page)
    page.locator("#failed-chosen").get_by_role("button", name="Mark as reviewed").click()
    expect(page.locator(".failed-files > li")).to_have_count(2)
    page.locator(".causes").get_by_role("button", name="Ignore until changed").click()
    page.click("#confirm-yes")
    expect(page.get_by_text("No file with this cause is left here.")).to_be_visible()
    page.get_by_role("link", name="Ignored 2").click()
    assert looks_well(page)
    page.get_by_role("button", name="Open again").click()
    expect(page.get_by_text("No file is ignored.")).to_be_visible()
    page.get_by_role("link", name="Open 2").click()
    page.get_by_role("button", name="Retry all 2").click()
    expect(page.locator("#complete-title")).to_be_visible(timeout=30_000)


def test_what_is_not_there_says_so(page: Page, server: Server, said: list[str]) -> None:
    page.goto(f"{server.address}/sessions/00000000-0000-4000-8000-000000000000")
    expect(page.get_by_text("There is no session")).to_be_visible()
    assert looks_well(page)
    page.get_by_role("link", name="All sessions").click()
    expect(page.locator(".history")).to_be_visible()
    said[:] = [line for line in said if "404" not in line]  # the browser notes the page itself


def test_without_a_script_everything_can_be_read(browser, server: Server) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.address}/sessions")
    page.click(".history > li:last-child h2 a")
    expect(page.get_by_role("heading", name="Complete")).to_be_visible()
    expect(page.get_by_role("link", name="CSV")).to_be_visible()
    expect(page.locator("#configure")).to_be_hidden()
    page.goto(f"{server.address}/failures")
    page.get_by_role("link", name="Show").first.click()
    expect(page.locator(".failed-files > li").first).to_be_visible()
    context.close()


def test_a_file_has_a_page_of_its_own_that_is_read_without_a_script_too(browser, page: Page, server: Server) -> None:
    page.goto(f"{server.address}/failures?cause=truncated_image")
    page.get_by_role("link", name="photos/trip/cut.jpg").click()
    expect(page.get_by_role("heading", name="cut.jpg", level=1)).to_be_visible()
    expect(page.locator("#explain-failures")).to_contain_text("What to do")
    assert looks_well(page)
    page.goto(f"{server.address}/file?path=photos/trip/a.jpg")
    expect(page.locator("#known-values")).to_be_visible()
    expect(page.locator("#viewer-picture")).to_be_visible()
    assert looks_well(page)
    page.click("#explain-events button")
    expect(page.locator("#complete-title")).to_be_visible()
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{server.address}/file")
    plain.get_by_label("Its name, or its path").fill("cut.jpg")
    plain.get_by_role("button", name="Tell me").click()
    expect(plain.get_by_role("heading", name="cut.jpg")).to_be_visible()
    expect(plain.locator("article li").first).to_contain_text("Failed")
    answer = plain.goto(f"{server.address}/file?path=photos/nothing.jpg")
    assert answer is not None
    assert answer.status == 404
    expect(plain.locator(".problem p").first).to_contain_text("nothing.jpg")
    context.close()


def test_a_folder_is_added_and_removed_and_its_files_are_forgotten(
    page: Page, server: Server, said: list[str], tmp_path: Path
) -> None:
    write_many(tmp_path / "album", 2)
    page.goto(f"{server.address}/settings")
    assert looks_well(page)
    page.fill("#root-path", "album")
    page.get_by_role("button", name="Add folder").click()
    expect(page.locator("#root-path-error")).to_contain_text("whole path")
    assert looks_well(page)
    said[:] = [line for line in said if "422" not in line]  # the browser notes the refusal itself
    page.fill("#root-path", str(tmp_path / "album"))
    expect(page.locator("#root-name")).to_have_value("album")
    page.get_by_role("button", name="Add folder").click()
    expect(page.locator(".kept > li", has_text=str(tmp_path))).to_contain_text("0 files in the library")
    whole(server, "album")
    page.reload()
    page.locator("[data-root=album]").get_by_role("button", name="Remove").click()
    expect(page.locator("#confirm-text")).to_contain_text("keeps what it knows of its 2 files")
    page.click("#confirm-yes")
    page.get_by_role("button", name="Forget its files").click()
    page.click("#confirm-yes")
    expect(page.locator("[data-root=album]")).to_have_count(0)


def test_presets_are_listed_and_deleted(page: Page, server: Server) -> None:
    server.post("/api/ingest/presets", {"name": "Raw only", "parameters": {"pattern": "*.dng"}})
    page.goto(f"{server.address}/settings")
    expect(page.locator("[data-preset]")).to_contain_text("*.dng")
    expect(page.locator("main")).to_contain_text("go to photos/inbox")
    page.locator("[data-preset]").get_by_role("button", name="Delete").click()
    page.click("#confirm-yes")
    expect(page.locator("[data-preset]")).to_have_count(0)


def test_the_nsfw_threshold_is_set(page: Page, server: Server, said: list[str]) -> None:
    page.goto(f"{server.address}/settings")
    page.get_by_label("Threshold").fill("7")
    page.keyboard.press("Enter")
    expect(page.locator("#threshold-error")).to_contain_text("must be at most 1")
    assert looks_well(page)
    said[:] = [line for line in said if "422" not in line]  # the browser notes the refusal itself
    page.get_by_label("Threshold").fill("0.65")
    page.get_by_role("button", name="Set threshold").click()
    expect(page.locator("main")).to_contain_text("an NSFW probability of at least 0.65")


def test_files_that_are_added_or_dropped_are_taken_in(
    page: Page, server: Server, said: list[str], tmp_path: Path
) -> None:
    page.goto(f"{server.address}/ingest-v2")
    photo(tmp_path / "beach.jpg", seed=41)
    (tmp_path / "notes.txt").write_text("no media")
    (tmp_path / "empty.png").touch()
    expect(page.locator("#drop-choose")).to_be_enabled()
    page.set_input_files("#drop-files", [tmp_path / name for name in ("beach.jpg", "notes.txt", "empty.png")])
    expect(page.locator("#complete-lead")).to_contain_text("1 file", timeout=30_000)
    expect(page.locator("#complete-folder")).to_have_text("photos/inbox")
    said[:] = [line for line in said if "422" not in line]  # the browser notes the refusals itself
    expect(page.locator("#notice")).to_contain_text("notes.txt is no image or video")
    expect(page.locator("#notice")).to_contain_text("empty.png: The file has 0 bytes.")
    page.click("#start-another")
    expect(page.locator("#drop-error")).to_contain_text("notes.txt is no image or video")
    page.locator(".drop").scroll_into_view_if_needed()
    page.evaluate(
        """bytes => {
          const files = new DataTransfer();
          files.items.add(new File([Uint8Array.from(bytes)], "dropped.jpg"));
          const how = { dataTransfer: files, bubbles: true, cancelable: true };
          document.body.dispatchEvent(new DragEvent("dragover", how));
          document.body.dispatchEvent(new DragEvent("drop", how));
        }""",
        list(photo(tmp_path / "dropped.jpg", seed=42).read_bytes()),
    )
    expect(page.locator("#complete-lead")).to_contain_text("1 file", timeout=30_000)
    assert looks_well(page)
    page.click("#start-another")
    twin = {"detail": "The same request is paused already.", "cause": "already_active", "session_id": "x"}
    page.route("**/api/ingest/process", lambda route: route.fulfill(status=409, json=twin))
    page.set_input_files("#drop-files", [tmp_path / "beach.jpg"])
    expect(page.locator("#drop-error")).to_contain_text("The files are in the inbox. A session over it has not ended")
    said[:] = [line for line in said if "409" not in line]
