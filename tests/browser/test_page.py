"""The page as a person uses it: the whole flow, the folder dialog, a refresh at every moment."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import choose, fits, in_both_schemes, violations, watch
from tests.samples import photo, settled
from tests.support.server import Server, until

pytestmark = pytest.mark.browser


def number(page: Page, selector: str) -> int:
    return int(page.locator(selector).inner_text().replace(",", ""))


def test_whole_flow_from_choosing_a_folder_to_the_closed_sum(page: Page, server: Server) -> None:
    choose(page, server, "flow/trip")
    expect(page.locator("#start")).to_have_text(re.compile("🚀 Start Processing 4 files"))
    expect(page.locator("#plan")).to_contain_text("4 new")
    expect(page.locator("#plan")).to_contain_text("1 of other kinds")
    expect(page.locator("#nsfw-unavailable")).to_contain_text("there is no weights file at")
    assert in_both_schemes(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)
    expect(page.locator("#start")).to_be_in_viewport(ratio=1)

    images = number(page, "#total-images")
    page.click("#start")
    expect(page.locator("#complete-sum")).to_be_visible(timeout=30_000)
    expect(page.locator("#complete-sum")).to_contain_text("5 discovered")
    expect(page.locator("#complete-sum")).to_contain_text("3 added")
    expect(page.locator("#complete-sum")).to_contain_text("1 failed")
    expect(page.locator("#complete-title")).to_have_text("Completed with failures")
    expect(page.locator("#complete-lead")).to_have_text("3 taken in, 1 failed.")
    expect(page.locator("#step-complete")).to_have_attribute("aria-current", "step")
    assert Path(page.locator("#complete-file").inner_text()).stem == page.locator("#complete-id").inner_text()
    assert Path(page.locator("#complete-file").inner_text()).exists()
    expect(page.locator("#total-images")).to_have_text(f"{images + 3:,}")
    session_id = page.locator("#complete-id").inner_text()
    expect(page.locator("#show-came-in")).to_have_attribute("href", f"/library?q=session%3A{session_id}")
    assert fits(page)
    assert in_both_schemes(page) == []

    page.set_viewport_size({"width": 1280, "height": 900})
    page.click("[data-stage='identify'] summary")
    ends = page.locator("[data-stage='identify'] .line").filter(has_text="ends: ")
    expect(ends.locator("time")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"), timeout=30_000)
    page.get_by_role("button", name=re.compile("^3 committed")).click()
    files = page.locator("#files-dialog")
    expect(files.get_by_text("painted <b>bold<b> name.png")).to_be_visible()
    expect(files.locator("li")).to_have_count(3)
    for image in files.locator("img").all():
        expect(image).to_have_js_property("complete", value=True)
        assert image.evaluate("image => image.naturalWidth") > 0
    assert in_both_schemes(page) == []
    page.keyboard.press("Escape")

    other = page.get_by_role("button", name="1 of other kinds")
    expect(other).to_have_attribute("title", "unsupported")
    other.click()
    expect(page.locator("#files-title")).to_have_text("Of other kinds")
    expect(page.locator("#files-note")).to_have_text("1 file then. The list shows which ones it would be now.")
    expect(files.locator("li")).to_have_count(1)
    page.keyboard.press("Escape")

    page.click("#start-another")
    page.fill("#directory", "flow/trip")
    expect(page.locator("#plan")).to_contain_text("3 up to date")
    expect(page.locator("#plan")).to_contain_text("1 failed before")
    expect(page.locator("#start")).to_be_disabled()


def test_what_an_old_walk_says_is_corrected_and_never_keeps_anybody_from_starting(page: Page, server: Server) -> None:
    session = server.begin("late")
    server.wait_for(session, "completed")
    server.post("/api/ingest/dismiss", {"session_id": session})
    page.clock.install()
    choose(page, server, "late")
    expect(page.locator("#plan")).to_contain_text("0 of 2 files to process")
    expect(page.locator("#start")).to_be_disabled()

    root = server.folder.with_name("late")
    settled(photo(root / "second.jpg", size=(320, 240), seed=5))
    page.reload()
    expect(page.locator("#plan")).to_contain_text("1 of 3 files to process")
    settled(photo(root / "third.jpg", size=(320, 240), seed=6))
    page.clock.run_for(6_000)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("#plan")).to_contain_text("2 of 4 files to process")
    page.click("#start")
    expect(page.locator("#complete-lead")).to_contain_text("2 ")

    page.click("#start-another")
    expect(page.locator("#start-reason")).to_have_text("Everything here is in the library already.")
    expect(page.locator("#start")).to_be_disabled()
    page.clock.run_for(6_000)
    expect(page.locator("#start-reason")).to_contain_text("Start looks again.")
    page.click("#start")
    expect(page.locator("#start")).to_be_disabled()
    page.clock.run_for(6_000)
    settled(photo(root / "fourth.jpg", size=(320, 240), seed=7))
    page.click("#start")
    expect(page.locator("#complete-lead")).to_contain_text("1 ")


def test_folder_tree_shows_badges_follows_the_keyboard_and_selects_several(page: Page, server: Server) -> None:
    session = server.begin("tree/trip", recursive=False)
    server.wait_for(session, "completed")
    server.post("/api/ingest/dismiss", {"session_id": session})
    page.goto(f"{server.address}/ingest-v2")
    page.fill("#directory", "tree/trip")
    page.click("#browse")
    dialog = page.locator("#browse-dialog")
    expect(dialog).to_contain_text("Your own folder")
    expect(dialog).to_contain_text("serve --root NAME=/path/to/folder")
    trip = dialog.locator('[data-path="tree/trip"]')
    expect(trip).to_be_focused()
    expect(trip).to_have_attribute("aria-selected", "true")
    expect(trip.locator(".badge .visually-hidden").first).to_have_text(re.compile("^2 of 3 ingested here, .*1 failed$"))
    assert in_both_schemes(page) == []

    page.keyboard.press("ArrowLeft")
    tree = dialog.locator('[data-path="tree"]')
    expect(tree).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(tree).to_have_attribute("aria-expanded", "false")
    expect(trip).not_to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(dialog.locator('[data-path="tree/many"]')).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#browse-here")).to_have_text("tree/trip, tree/many")
    page.keyboard.press("Home")
    page.keyboard.type("lo")
    expect(dialog.locator('[data-path="long"]')).to_be_focused()
    page.keyboard.press("End")
    expect(dialog.locator("[role=treeitem]").last).to_be_focused()
    page.click("text=Select 2 Directories")
    expect(dialog).not_to_be_visible()
    expect(page.locator("#beside")).to_contain_text("tree/trip")
    expect(page.locator("#directory")).to_have_value("tree/many")
    expect(page.locator("#plan")).to_contain_text("of 65 files")

    page.click("#beside .take-away")
    expect(page.locator("#plan")).to_contain_text("of 60 files")
    page.click("#browse")
    dialog.locator('[data-path="tree/trip"]').get_by_text("trip", exact=True).click()
    page.keyboard.press("Enter")
    expect(page.locator("#directory")).to_have_value("tree/trip")


def test_types_are_toggles_and_what_they_choose_is_the_pattern(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/ingest-v2")
    page.fill("#directory", "input")
    before = number(page, "#plan .plan-headline strong")
    page.click("#formats [data-format=png]")
    expect(page.locator("#pattern")).not_to_have_value("*")
    expect(page.locator("#formats [data-format=png]")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#formats [data-format=png]")).to_be_focused()
    expect(page.locator("#plan .plan-headline strong")).not_to_have_text(str(before))
    page.click("#formats [data-format=png]")
    expect(page.locator("#pattern")).to_have_value("*")
    page.click(".advanced summary")
    page.fill("#pattern", "png")
    expect(page.locator("#formats-note")).to_be_visible()
    page.click("#pattern-use")
    expect(page.locator("#pattern")).to_have_value("*.png")
    expect(page.locator("#formats [data-format=png]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#formats [data-format=png]")).to_be_disabled()
    page.fill("#min_mb", "1")
    expect(page.locator("#plan .plan-headline")).to_contain_text("0 of")
    assert in_both_schemes(page) == []


def test_a_preset_is_kept_on_the_server_and_fills_the_form_of_another_browser(
    page: Page, server: Server, said: list[str]
) -> None:
    page.goto(f"{server.address}/ingest-v2")
    page.fill("#directory", "input/trip")
    page.uncheck("#extract_keywords")
    page.click(".advanced summary")
    page.fill("#max_mb", "2.5")
    page.fill("#pattern", "*.jpg")
    page.click("#save-preset")
    expect(page.locator("#preset-error")).to_contain_text("needs a name")
    said[:] = [line for line in said if "422" not in line]  # the browser notes the refusal
    page.fill("#preset-name", "Phone <b>pictures</b>")
    page.click("#save-preset")
    expect(page.locator("#preset")).to_have_value("Phone <b>pictures</b>")
    page.evaluate("sessionStorage.clear()")
    page.reload()
    expect(page.locator("#pattern")).to_have_value("*")
    page.select_option("#preset", "Phone <b>pictures</b>")
    expect(page.locator("#directory")).to_have_value("input/trip")
    expect(page.locator("#extract_keywords")).not_to_be_checked()
    expect(page.locator("#max_mb")).to_have_value("2.5")
    expect(page.locator("#pattern")).to_have_value("*.jpg")
    assert in_both_schemes(page) == []
    server.client.delete("/api/ingest/presets", params={"name": "Phone <b>pictures</b>"})


def test_idle_tab_follows_a_session_that_a_program_started(page: Page, server: Server) -> None:
    page.clock.install()
    page.goto(f"{server.address}/ingest-v2")
    expect(page.locator("#totals")).to_be_visible()
    images = number(page, "#total-images")
    page.click("#browse")
    badge = page.locator('#folders [data-path="long"] > .folder .badge [aria-hidden]')
    expect(page.locator("#folders")).to_contain_text("long")
    session = server.begin("long")
    until(lambda: server.status(session)["committed_files"], what="the first commit")
    page.clock.fast_forward(1_000)
    expect(badge).to_have_text(re.compile("below"))
    before = badge.inner_text()
    page.clock.fast_forward(1_000)
    expect(badge).not_to_have_text(before)
    page.keyboard.press("Escape")
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("#notice")).to_contain_text("A session is running")
    page.click("#notice-show")
    expect(page.locator("#process")).to_be_visible()
    # The header is never more than a second behind the session, and exact when it rests.
    committed = number(page, "#stat-committed")
    page.clock.fast_forward(1_000)
    until(lambda: number(page, "#total-images") - images >= committed, what="the header")
    page.click("#pause")
    expect(page.locator("#resume")).to_be_visible()
    until(lambda: number(page, "#total-images") - images == number(page, "#stat-committed"), what="equal numbers")


def test_queued_session_offers_cancel_and_the_keyboard_keeps_its_place(page: Page, server: Server) -> None:
    first = server.begin("long", skip_existing=False)
    server.wait_for(first, "processing")
    second = server.begin("long", skip_existing=False, pattern="*.png")
    page.add_init_script(f"sessionStorage.setItem('media-ingest-session', '{second}')")
    page.goto(f"{server.address}/ingest-v2")
    expect(page.locator("#state")).to_contain_text("Waiting for its turn: another session is running")
    expect(page.locator("#cancel")).to_be_visible()
    expect(page.locator("#pause")).not_to_be_visible()
    expect(page.locator("#progress")).not_to_be_visible()
    expect(page.locator("#stat-nsfw")).to_have_text("\N{EN DASH}")
    assert in_both_schemes(page) == []

    server.post("/api/ingest/cancel", {"session_id": first})
    expect(page.locator("#process-title")).to_have_text("Processing")
    page.focus("#pause")
    page.keyboard.press("Enter")
    expect(page.locator("#resume")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#pause")).to_be_focused()

    page.goto(f"{server.address}/sessions/{first}")
    sums = page.locator("#complete-sum")
    expect(sums).to_contain_text("to process")
    expect(sums.get_by_role("button", name=re.compile("to process"))).to_have_count(0)  # its list lacks what is pending


def test_pause_while_planning_says_when_it_comes(page: Page, server: Server) -> None:
    session = server.begin("long", skip_existing=False)
    planning = server.status(session) | {"status": "planning", "total_files": None, "discovered": None}
    frame = f"event: session\ndata: {json.dumps(planning)}\n\n"
    page.route("**/api/ingest/events/*", lambda route: route.fulfill(content_type="text/event-stream", body=frame))
    for call in ("status/*", "pause"):
        page.route(f"**/api/ingest/{call}", lambda route: route.fulfill(json=planning))
    page.goto(f"{server.address}/ingest-v2")
    expect(page.locator("#process-title")).to_have_text("Looking through the folders")
    expect(page.locator("#progress-text")).to_have_text("Looking…")
    page.click("#pause")
    expect(page.locator("#pausing")).to_have_text("Pausing when planning is done")
    expect(page.locator("#pause")).to_be_disabled()
    page.unroute_all()


def test_outage_and_a_missing_root_are_said_and_over_when_they_are(page: Page, server: Server, said: list[str]) -> None:
    session = server.begin("long", skip_existing=False)
    page.goto(f"{server.address}/ingest-v2")
    expect(page.locator("#connection")).to_have_text("live")
    server.env["INGEST_PORT"] = server.address.rpartition(":")[2]
    server.kill()
    page.click("#pause")
    expect(page.locator("#action-error")).to_contain_text("The server does not answer")
    server.start()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("#connection")).to_have_text("live", timeout=10_000)
    expect(page.locator("#action-error")).not_to_be_visible()
    assert all("ERR_" in line for line in said), said
    said.clear()

    root = Path(server.folder).with_name("long")
    server.post("/api/ingest/pause", {"session_id": session})
    expect(page.locator("#resume")).to_be_visible()
    away = root.rename(root.with_name("away"))
    page.click("#resume")
    expect(page.locator("#state")).to_contain_text("is not there")
    away.rename(root)
    page.click("#resume")
    expect(page.locator("#pause")).to_be_visible()


def test_refresh_and_new_tab_show_the_same_session(page: Page, server: Server) -> None:
    choose(page, server, "refresh")
    page.click("#start")
    expect(page.locator("#process")).to_be_visible()
    page.click("#pause")
    expect(page.locator("#resume")).to_be_visible()
    (session,) = re.findall(r"[0-9a-f-]{36}", page.evaluate("JSON.stringify(sessionStorage)"))
    server.wait_for(session, "paused", "completed")
    processed = server.status(session)["processed_files"]

    page.reload()
    expect(page.locator("#stat-processed")).to_have_text(str(processed), timeout=1_000)
    said: list[str] = []
    other = page.context.new_page()
    watch(other, said)
    other.goto(f"{server.address}/ingest-v2")
    expect(other.locator("#stat-processed")).to_have_text(str(processed), timeout=1_000)
    assert violations(other) == []
    other.close()
    assert said == []

    page.click("#resume")
    expect(page.locator("#complete-sum")).to_be_visible(timeout=30_000)
    total = server.status(session)["total_files"]
    assert server.status(session)["processed_files"] == total
    page.reload()
    expect(page.locator("#complete-sum")).to_contain_text(f"{total} ", timeout=1_000)


def test_bad_input_is_one_sentence_beside_its_field(page: Page, server: Server, said: list[str]) -> None:
    choose(page, server, "input")
    for directory, sentence in {
        "elsewhere": "is not inside a media root",
        "input/nowhere": "There is no directory",
        "input/trip/a.jpg": "is a file, not a directory",
    }.items():
        page.fill("#directory", directory)
        expect(page.locator("#directory-error")).to_contain_text(sentence)
        expect(page.locator("#directory")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#start")).to_be_disabled()
    page.fill("#directory", "input")
    page.get_by_text("Advanced", exact=True).click()
    page.fill("#max_files", "0")
    expect(page.locator("#max_files-error")).to_have_text("The number of files must be at least 1.")
    page.fill("#max_files", "")
    expect(page.locator("#start")).to_be_enabled()
    with page.expect_request("**/api/ingest/plan*"):
        page.press("#directory", "Enter")
    expect(page.locator("#start")).to_be_enabled()
    page.fill("#pattern", "a[b")
    expect(page.locator("#pattern-error")).to_contain_text("opens a [")
    expect(page.locator("#start")).to_be_disabled()
    assert all("422" in line for line in said), said  # Chromium notes every refused request
    said.clear()
