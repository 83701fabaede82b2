"""Nothing is lost: failures by cause and their retry, missing files, copies and moves, and one path explained."""

import contextlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import looks_well
from tests.samples import photo, unidentifiable, write_many
from tests.support.server import Server, until

pytestmark = pytest.mark.browser

SETTLED_AT = 1_600_000_000  # in seconds: a file that was written just now is waited for


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests here; each makes what its own root holds."""
    folder = tmp_path_factory.mktemp("nothing-lost")
    roots = {name: folder / name for name in ("broken", "paused", "gone", "twins", "asked")}
    for root in roots.values():
        root.mkdir()
    with Server(folder / "server", roots) as running:
        yield running


def root_of(server: Server, name: str) -> Path:
    return server.folder.with_name(name)


def settle(root: Path) -> None:
    """Makes every file look as if it had been written long ago."""
    for path in root.rglob("*"):
        os.utime(path, (SETTLED_AT, SETTLED_AT))


def ingest(server: Server, name: str, *wanted: str) -> str:
    """Takes a root in, up to a status; a fresh page opens on the session."""
    settle(root_of(server, name))
    session = server.begin(name)
    server.wait_for(session, *(wanted or ["completed"]))
    return session


def test_failures_stand_by_cause_and_are_retried_chosen_by_cause_or_all(
    page: Page, server: Server, said: list[str]
) -> None:
    root = root_of(server, "broken")
    cut = [unidentifiable(root / f"cut{number}.jpg", size=(320, 240), seed=number) for number in range(3)]
    for number in range(2):
        (root / f"empty{number}.png").touch()
    ingest(server, "broken")
    page.goto(f"{server.address}/ingest-v2")
    groups = page.locator("#failures-list > li")
    expect(groups).to_have_count(2)
    expect(groups.first).to_contain_text("3")
    expect(groups.first).to_contain_text("The image ends before its data does; it is taken in if its size can be read")
    expect(groups.first).to_contain_text("What to do: Copy the file again from where it came from")
    expect(page.locator("#retry-all")).to_have_text("Retry all 5")
    expect(page.locator("#retry-all")).to_have_class("plain")  # it would not help: the files are as they were
    expect(page.locator("#complete-title")).to_have_text("Nothing taken in")
    page.click("#look-failures")
    expect(page.locator("#failures-title")).to_be_focused()
    assert looks_well(page)

    refusal = {"detail": "The session is processing: retry its failed files when it has ended.", "cause": "conflict"}
    page.route("**/api/ingest/retry", lambda route: route.fulfill(status=409, json=refusal))
    page.get_by_role("button", name="Retry these: empty file").click()
    expect(groups.last.get_by_role("alert")).to_have_text(refusal["detail"])
    page.unroute_all()
    assert all("409" in line for line in said), said
    said.clear()

    page.get_by_role("button", name="Show 3 files: truncated image").click()
    files = page.locator("#files-dialog")
    expect(page.locator("#act-on-chosen")).to_be_disabled()
    files.get_by_label("Choose broken/cut1.jpg").check()
    expect(page.locator("#act-on-chosen")).to_have_text("Retry chosen (1)")
    expect(page.locator("#choose-all")).to_have_js_property("indeterminate", value=True)
    files.get_by_label("All that are shown").check()
    expect(page.locator("#act-on-chosen")).to_have_text("Retry chosen (3)")
    files.get_by_label("Choose broken/cut2.jpg").uncheck()
    assert looks_well(page)
    page.click("#act-on-chosen")
    expect(files).not_to_be_visible()
    expect(page.locator("#complete-retry")).to_contain_text(
        "A retry of chosen files that failed in an earlier session."
    )
    expect(page.locator("#complete-sum")).to_contain_text("2 failed")

    page.get_by_role("button", name="Show that session").click()
    expect(page.locator("#retry-all")).to_have_text("Retry all 5")
    page.get_by_role("button", name="Retry these: empty file").click()
    expect(page.locator("#complete-retry")).to_contain_text(
        "A retry of the files that failed in an earlier session (empty file)."
    )

    page.get_by_role("button", name="Show that session").click()
    expect(page.locator("#retry-all")).to_have_text("Retry all 5")
    for number, path in enumerate(cut):
        photo(path, size=(320, 240), seed=number)
    settle(root)
    page.click("#retry-all")
    expect(page.locator("#complete-lead")).to_have_text("3 taken in, 2 failed.")
    expect(page.locator("#complete-retry")).to_contain_text("A retry of the files that failed in an earlier session.")
    expect(page.locator("#failures")).to_contain_text("empty file")
    assert looks_well(page)


def test_failures_of_a_paused_session_stand_by_cause(page: Page, server: Server) -> None:
    root = root_of(server, "paused")
    (root / "a-cut.png").touch()
    write_many(root, 1_500)
    settle(root)
    session = server.begin("paused")
    until(lambda: server.status(session)["outcomes"]["failed"], what="the failure")
    page.goto(f"{server.address}/ingest-v2")
    expect(page.locator("#errors-card")).to_be_visible()
    expect(page.locator("#failures")).not_to_be_visible()
    page.click("#pause")
    expect(page.locator("#failures")).to_contain_text("The file has 0 bytes.")
    expect(page.locator("#retry-all")).to_have_text("Retry it")
    expect(page.locator("#errors-card")).not_to_be_visible()
    assert looks_well(page)

    waiting = server.status(session) | {
        "status": "processing",
        "activity": "waiting for 3 files to be written completely",
    }
    frame = f"event: session\ndata: {json.dumps(waiting)}\n\n"
    page.route("**/api/ingest/events/*", lambda route: route.fulfill(content_type="text/event-stream", body=frame))
    page.route("**/api/ingest/status/*", lambda route: route.fulfill(json=waiting))
    page.reload()
    expect(page.locator("#current-file")).to_have_text("Waiting for 3 files to be written completely…")
    expect(page.locator("#failures")).not_to_be_visible()
    page.unroute_all(behavior="ignoreErrors")


def test_files_that_may_be_on_another_disk_are_marked_missing_only_when_confirmed(page: Page, server: Server) -> None:
    root = root_of(server, "gone")
    files = write_many(root, 10)
    server.post("/api/ingest/dismiss", {"session_id": ingest(server, "gone")})
    away = [path.rename(server.folder / path.name) for path in files[:5]]
    ingest(server, "gone", "attention")
    page.goto(f"{server.address}/ingest-v2")
    expect(page.locator("#state")).to_contain_text("The library knows 10 files in these folders of 'gone'")
    expect(page.locator("#resume")).to_have_text("Look again")
    assert looks_well(page)
    with page.expect_request("**/api/ingest/resume") as looked:
        page.click("#resume")
    assert "confirm" not in looked.value.post_data_json
    expect(page.locator("#mark-missing")).to_be_visible()
    expect(page.locator("#resume")).to_be_focused()

    page.get_by_role("button", name="Show the files").click()
    expect(page.locator("#files li")).to_have_count(5)
    assert looks_well(page)
    page.keyboard.press("Escape")
    mark = page.get_by_role("button", name="They are really gone: mark them missing")
    mark.click()
    page.get_by_role("button", name="Not yet").click()
    expect(mark).to_be_visible()
    mark.click()
    assert looks_well(page)
    page.get_by_role("button", name="Mark them missing", exact=True).click()
    page.get_by_role("button", name="5 files of the library are gone from disk: kept, and marked missing").click()
    expect(page.locator("#files li", has_text="gone/")).to_have_count(5)  # among those of all roots
    expect(page.locator("#files")).to_contain_text("Missing since")
    assert looks_well(page)
    page.get_by_role("button", name="What became of gone/sample-00000.png?").click()
    expect(page.locator("#explain-sentence")).to_contain_text("gone/sample-00000.png is gone from the disk")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")

    for path in away:
        path.rename(root / path.name)
    page.click("#start-another")
    page.fill("#directory", "gone")
    expect(page.locator("#plan")).to_contain_text("5 missing before and back")
    page.click("#start")
    page.locator("#findings").get_by_role("button", name="5 missing before and back").click()
    expect(page.locator("#files li")).to_have_count(5)
    assert looks_well(page)


def test_copies_and_moves_that_a_session_found_are_told_and_lead_to_their_files(page: Page, server: Server) -> None:
    root = root_of(server, "twins")
    for number in range(8):
        photo(root / f"other{number}.jpg", size=(160, 120), seed=number)
    one = photo(root / "one.jpg", size=(320, 240), seed=11)
    two = shutil.copy(one, root / "two.jpg")
    moving = photo(root / "before.jpg", size=(320, 240), seed=12)
    ingest(server, "twins")
    page.goto(f"{server.address}/ingest-v2")
    page.get_by_role("button", name="2 have the same bytes as another file").click()
    files = page.locator("#files-dialog")
    expect(files.locator("#files > li")).to_have_count(1)
    expect(files).to_contain_text("2 files of")
    expect(files.get_by_role("button", name="What became of twins/two.jpg?")).to_be_visible()
    expect(files.locator("img")).to_have_js_property("complete", value=True)
    assert files.locator("img").evaluate("image => image.naturalWidth") > 0
    assert looks_well(page)

    moving.rename(root / "after.jpg")
    one.rename(root / "three.jpg")
    two.unlink()
    ingest(server, "twins")
    page.evaluate("sessionStorage.clear()")
    page.reload()
    expect(page.locator("#findings li")).to_have_count(3)
    expect(page.locator("#findings")).to_contain_text("2 files of the library are gone from disk")
    assert looks_well(page)
    page.get_by_role("button", name="1 was moved").click()
    expect(files).to_contain_text("It was twins/before.jpg.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="1 may have been moved").click()
    expect(files.locator("li")).to_have_count(1)
    expect(files).to_contain_text("It has the bytes of twins/one.jpg, twins/two.jpg")
    assert looks_well(page)


def test_what_became_of_a_file_is_told_for_every_path_and_every_name_on_the_page(
    page: Page, server: Server, said: list[str]
) -> None:
    root = root_of(server, "asked")
    photo(root / "good.jpg", size=(320, 240), seed=13)
    shutil.copy(root / "good.jpg", root / "twin.jpg")
    unidentifiable(root / "cut.jpg", size=(320, 240), seed=14)
    session = ingest(server, "asked")
    with contextlib.closing(sqlite3.connect(server.database)) as database, database:
        database.execute("UPDATE media_files SET nsfw_probability = 0.95 WHERE path = ?", (b"twin.jpg",))
    page.goto(f"{server.address}/ingest-v2")
    field, dialog = page.get_by_label("What became of a file?"), page.locator("#explain-dialog")
    field.fill(" ")
    field.press("Enter")
    expect(page.locator("#explain-error")).to_contain_text("Give a path to explain")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert looks_well(page)
    assert all("422" in line for line in said), said
    said.clear()

    field.fill("asked/nowhere.jpg")
    expect(page.locator("#explain-error")).not_to_be_visible()
    field.press("Enter")
    expect(dialog.locator("#explain-sentence")).to_contain_text("There is nothing at asked/nowhere.jpg")
    expect(dialog.locator("li")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(field).to_be_focused()

    page.get_by_role("button", name=re.compile("^2 added")).click()
    page.get_by_role("button", name="What became of asked/good.jpg?").click()
    expect(dialog).to_contain_text("asked/good.jpg was taken in on")
    expect(dialog.locator("#explain-events li")).to_have_count(1)
    expect(dialog.locator("img")).to_have_js_property("complete", value=True)
    assert dialog.locator("img").evaluate("image => image.naturalWidth") > 0
    assert looks_well(page)
    dialog.get_by_role("button", name="What became of asked/twin.jpg?").click()
    expect(dialog.locator("#explain-title")).to_have_text("twin.jpg")
    expect(dialog.get_by_role("img", name=re.compile("blurred as NSFW"))).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")

    page.click("#start-another")
    field.fill("asked/cut.jpg")
    page.get_by_role("button", name="Tell me").click()
    expect(dialog.locator("#explain-failures")).to_contain_text("What to do: Copy the file again")
    assert looks_well(page)
    dialog.get_by_role("button", name=session[:8]).click()
    expect(dialog).not_to_be_visible()
    expect(page.locator("#complete-sum")).to_contain_text("1 failed")
