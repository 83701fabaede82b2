"""NSFW on the page: weights and their download, the library's probabilities behind the threshold, blurred pictures."""

import contextlib
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import choose, fits, in_both_schemes
from tests.samples import photo
from tests.support.server import Server

pytestmark = pytest.mark.browser

NOWHERE = "http://127.0.0.1:9"  # a proxy that nobody is: no test downloads anything, whatever network there is
PROBABILITIES = (0.93, 0.8055, 0.42, 0.013, 0.012, 0.011, 0.01, None)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with eight photos and without weights."""
    (tmp_path / "pics").mkdir()
    for number in range(len(PROBABILITIES)):
        photo(tmp_path / "pics" / f"{number}.jpg", size=(320, 240), seed=number)
    with Server(tmp_path / "server", {"pics": tmp_path / "pics"}, https_proxy=NOWHERE) as running:
        yield running


def put(weights: Path, server: Server) -> None:
    """Puts weights where the server looks for them, whole at once."""
    place = Path(server.env["INGEST_NSFW_WEIGHTS"])
    place.with_name("link").symlink_to(weights)
    place.with_name("link").rename(place)


def ingest(server: Server, **parameters: Any) -> str:
    """Takes all photos in, so that a fresh page does not open on the session."""
    session = server.begin("pics", **parameters)
    server.wait_for(session, "completed")
    server.post("/api/ingest/dismiss", {"session_id": session})
    return session


def judge(server: Server) -> None:
    """Gives the photos their probabilities, as a model would have."""
    with contextlib.closing(sqlite3.connect(server.database)) as database, database:
        for number, probability in enumerate(PROBABILITIES):
            values = probability, f"{number}.jpg".encode()
            database.execute("UPDATE media_files SET nsfw_probability = ? WHERE path = ?", values)


def nsfw(server: Server, **changed: Any) -> dict[str, Any]:
    """What the server says of the model, with some of it changed."""
    return server.get("/api/nsfw").json() | changed


def tell(page: Page, status: dict[str, Any]) -> None:
    """Reloads the page, which hears that the session stands like this."""
    frame = f"event: session\ndata: {json.dumps(status)}\n\n"
    page.route("**/api/ingest/events/*", lambda route: route.fulfill(content_type="text/event-stream", body=frame))
    page.route("**/api/ingest/status/*", lambda route: route.fulfill(json=status))
    page.reload()


def test_missing_weights_are_offered_and_a_failed_download_can_be_tried_again(page: Page, server: Server) -> None:
    choose(page, server, "pics")
    expect(page.locator("#nsfw-unavailable")).to_contain_text("there is no weights file at")
    with page.expect_request(lambda asked: '"enable_nsfw_detection":false' in (asked.post_data or "")):
        page.uncheck("#enable_nsfw_detection")  # a person can say no
    page.check("#enable_nsfw_detection")
    expect(page.locator("#nsfw-model")).not_to_be_visible()
    button = page.locator("#nsfw-fetch")
    expect(button).to_have_text("Download the model (24 MB)")
    expect(page.locator("#nsfw-source")).to_have_text("from github.com")
    expect(page.locator("#nsfw-bars")).not_to_be_visible()
    expect(page.locator("#nsfw-spread")).not_to_be_visible()
    assert in_both_schemes(page) == []

    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#nsfw-fetch-error")).to_contain_text("does not lead to github.com", timeout=30_000)
    expect(page.locator("#nsfw-fetch-help")).to_contain_text(f"save it as {server.env['INGEST_NSFW_WEIGHTS']}")
    expect(page.locator("#nsfw-unavailable")).to_contain_text("there is no weights file at")
    expect(button).to_have_text("Try again")
    expect(button).to_be_focused()
    assert in_both_schemes(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)
    with page.expect_request("**/api/nsfw/fetch"):
        page.keyboard.press("Enter")


def test_download_is_offered_only_where_it_helps_and_a_limit_is_said(page: Page, server: Server) -> None:
    packages = "NSFW detection is unavailable: openvino cannot be imported; pip install 'media-ingest[nsfw]' brings it."
    page.route("**/api/nsfw", lambda route: route.fulfill(json=nsfw(server, sentence=packages, fetching_helps=False)))
    with page.expect_response("**/api/nsfw"):
        page.goto(f"{server.address}/ingest-v2")
    expect(page.locator("#nsfw-unavailable")).to_be_visible()
    expect(page.locator("#nsfw-download")).not_to_be_visible()

    limit = "NSFW detection does not look into videos: av cannot be imported."
    changed = {"unavailable": {}, "limited": {"nsfw": limit}, "pending": 2, "pending_by": {"only_nsfw": 2}}

    def limited(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | changed)

    page.route("**/api/ingest/plan*", limited)
    page.fill("#directory", "pics")
    expect(page.locator("#nsfw-limited")).to_have_text(limit)
    expect(page.locator("#nsfw-missing")).not_to_be_visible()
    expect(page.locator("#plan")).to_contain_text("2 need only NSFW")
    expect(page.locator("#plan")).to_contain_text("2 are in the library already")
    assert in_both_schemes(page) == []
    page.unroute_all(behavior="ignoreErrors")


def test_weights_that_come_by_another_tab_make_detection_usable_at_once(
    page: Page, server: Server, nsfw_weights: Path
) -> None:
    ingest(server)
    download = {"running": True, "received_bytes": 9_300_000, "total_bytes": 24_220_000, "sentence": ""}
    under_way = nsfw(server, download=download)
    page.route("**/api/nsfw", lambda route: route.fulfill(json=under_way))
    choose(page, server, "pics")
    expect(page.locator("#nsfw-source")).to_have_text("9.3 MB of 24.2 MB from github.com")
    expect(page.locator("#nsfw-progress")).to_be_visible()
    expect(page.locator("#nsfw-fetch")).to_be_disabled()
    assert in_both_schemes(page) == []
    page.locator("#nsfw-fetch").focus()

    shutil.copytree(nsfw_weights.parent / "models", server.state / "models")
    put(nsfw_weights, server)
    page.unroute_all(behavior="wait")
    expect(page.locator("#plan")).to_contain_text("8 need only NSFW", timeout=15_000)
    expect(page.locator("#nsfw-missing")).not_to_be_visible()
    expect(page.locator("#enable_nsfw_detection")).to_be_enabled()
    expect(page.locator("#enable_nsfw_detection")).to_be_focused()
    expect(page.locator("#nsfw-model")).to_contain_text("Available: opennsfw2 0.19.0, weights ")

    page.click("#start")
    expect(page.locator("#complete-facts")).to_contain_text(re.compile(r"8 checked / \d detected"), timeout=60_000)

    (session,) = re.findall(r"[0-9a-f-]{36}", page.evaluate("JSON.stringify(sessionStorage)"))
    tell(page, server.status(session) | {"status": "planning", "activity": "Preparing the NSFW model, once"})
    expect(page.locator("#progress-text")).to_contain_text("Preparing the NSFW model, once")
    expect(page.locator("#process-title")).to_have_text("Getting ready")
    limit = {"nsfw": "NSFW detection does not look into videos."}
    tell(page, server.status(session) | {"status": "paused", "limited": limit})
    expect(page.locator("#stat-nsfw")).to_have_text(re.compile(r"8 checked / \d detected"))
    expect(page.locator("#stages-notes")).to_have_text(limit["nsfw"])
    page.unroute_all(behavior="ignoreErrors")


def test_threshold_of_a_settled_library_is_put_to_use_though_nothing_is_to_process(page: Page, server: Server) -> None:
    ingest(server, nsfw_threshold=0.6)
    judge(server)
    choose(page, server, "pics")
    expect(page.locator("#start")).to_be_disabled()
    page.fill("#nsfw_threshold", "0.4")  # without a model, too
    expect(page.locator("#start")).to_have_text("Use 0.4 as the threshold")
    page.click("#start")
    expect(page.locator("#complete-sum")).to_contain_text("0 to process")
    assert server.get("/api/library/nsfw").json()["threshold"] == 0.4


def test_probabilities_of_the_library_stand_behind_the_threshold(
    page: Page, server: Server, nsfw_weights: Path
) -> None:
    ingest(server, nsfw_threshold=0.6)
    judge(server)
    put(nsfw_weights, server)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if "/plan" in request.url else None)
    page.goto(f"{server.address}/ingest-v2")
    sentence = page.locator("#nsfw-spread")
    expect(sentence).to_have_text("At 0.60: 2 of 7 checked files count as NSFW · 1 not checked")
    expect(page.locator("#nsfw_threshold")).to_have_value("0.6")
    expect(page.locator("#nsfw-bars path")).to_have_count(3)
    expect(page.get_by_label("NSFW threshold, slider")).to_have_accessible_description(sentence.inner_text())
    expect(page.locator("#plan")).to_contain_text("8 need only NSFW")
    page.wait_for_load_state("networkidle")
    assert "directories" in sent[-1]
    assert "nsfw_threshold" not in sent[-1], "nobody chose one: the library's stays"

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "plan" in request.url else None)
    above = page.locator("#nsfw-bars .above")
    drawn = above.get_attribute("d")
    page.focus("#nsfw_threshold_slider")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(sentence).to_have_text("At 0.80: 2 of 7 checked files count as NSFW · 1 not checked")
    page.keyboard.press("ArrowRight")
    expect(sentence).to_have_text("At 0.81: 1 of 7 checked files counts as NSFW · 1 not checked")
    assert above.get_attribute("d") != drawn
    page.wait_for_timeout(400)  # longer than the page waits before it asks for a plan
    assert asked == []

    page.fill("#nsfw_threshold", "0.805")
    expect(sentence).to_contain_text("At 0.805: up to 2 of 7")
    page.fill("#nsfw_threshold", "")
    expect(sentence).to_have_text("7 checked files · 1 not checked")
    page.fill("#nsfw_threshold", "0.4")
    expect(sentence).to_contain_text("At 0.40: 3 of 7")
    assert in_both_schemes(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)
    slider, bars = (page.locator(name).bounding_box() for name in ("#nsfw_threshold_slider", "#nsfw-bars"))
    assert slider
    assert bars
    assert bars["x"] - slider["x"] == pytest.approx(10, abs=0.5)  # half a thumb
    assert slider["width"] - bars["width"] == pytest.approx(20, abs=0.5)

    page.reload()
    expect(page.locator("#nsfw_threshold")).to_have_value("0.4")  # what a person chose stays
    expect(sentence).to_contain_text("At 0.40: 3 of 7")


def files_of_library(page: Page, server: Server) -> Locator:
    """The list of the photos that are in the library."""
    choose(page, server, "pics")
    page.get_by_role("button", name="8 up to date", exact=True).click()
    files = page.locator("#files-dialog")
    expect(files.locator("li")).to_have_count(8)
    return files


def test_pictures_that_may_be_nsfw_are_veiled_as_one_switch_of_all_pages_says(page: Page, server: Server) -> None:
    page.emulate_media(reduced_motion="reduce")
    ingest(server)
    judge(server)
    library = page.context.new_page()
    library.goto(f"{server.address}/library")
    expect(library.locator("#found")).to_have_text("8 files")
    expect(library.locator(".tile[data-nsfw]:not([hidden])")).to_have_count(3)

    files = files_of_library(page, server)
    veiled = files.get_by_role("img", name=re.compile("blurred as"))
    expect(veiled).to_have_count(3)
    expect(veiled.last).to_have_accessible_name("7.jpg: blurred as it was not checked for NSFW, shown while focused")
    first = veiled.first
    expect(first.locator("img")).to_have_css("filter", re.compile("blur"))
    files.locator("#files").focus()
    page.keyboard.press("Tab")
    expect(first).to_be_focused()
    expect(first).to_have_css("outline-style", "solid")
    expect(first.locator("img")).to_have_css("filter", "none")
    expect(veiled.last.locator("img")).to_have_css("filter", re.compile("blur"))
    expect(files.locator("li").nth(0)).to_contain_text("NSFW 0.93")
    expect(files.locator("li").nth(2)).not_to_contain_text("NSFW")
    expect(files.locator("li").nth(7)).to_contain_text("NSFW not checked")
    assert in_both_schemes(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert fits(page)

    switch = files.locator("#files-nsfw")
    switch.select_option("hide")
    expect(files.get_by_role("img", name=re.compile("hidden as"))).to_have_count(3)
    expect(files.locator("li").nth(0).locator("img")).to_be_hidden()
    expect(files.locator("li [tabindex]")).to_have_count(0)
    assert in_both_schemes(page) == []
    expect(library.locator("#found")).to_have_text("5 files, 3 hidden")  # in the other tab at once
    expect(library.locator("#nsfw")).to_have_value("hide")
    library.goto(f"{server.address}/library?q=-nsfw:no")
    expect(library.locator("#nothing")).to_contain_text(
        "The NSFW switch hides all 3 files found, as NSFW or as not checked."
    )
    assert in_both_schemes(library) == []
    library.get_by_role("button", name="Show them blurred").click()
    expect(library.locator("#found")).to_have_text("3 files")

    library.locator("#nsfw").select_option("show")
    expect(switch).to_have_value("show")
    expect(files.locator("li").nth(0).locator("img")).to_have_css("filter", "none")
    expect(files.get_by_role("img", name=re.compile("blurred|hidden"))).to_have_count(0)

    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('no storage'); } })")
    page.reload()
    files = files_of_library(page, server)
    expect(files.get_by_role("img", name=re.compile("blurred"))).to_have_count(3)
    files.locator("#files-nsfw").select_option("show")
    expect(files.get_by_role("img", name=re.compile("blurred"))).to_have_count(0)

    rule = "async asked => (await import('/static/shared/veil.js')).veilFor(...asked)"
    for asked, veil in {
        (None, None): "blur",
        (None, 1): "blur",
        (None, 0): "show",  # everything would be blurred
        ("blur", 0): "blur",
        ("hide", 0): "hide",
        ("show", 1): "show",
    }.items():
        assert page.evaluate(rule, list(asked)) == veil, asked
