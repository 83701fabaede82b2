"""The page of one file of the library: its picture large, on through the search, and what can be taken from it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import PngImagePlugin
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import in_both_schemes, looks_well, watch
from tests.samples import ai_image, film, landscape, photo, settled, write_many
from tests.support.server import Server

pytestmark = pytest.mark.browser
SEED = 2**64 - 1
LIST = "q=folder:pictures&sort=name&order=asc"
SCALE = "new DOMMatrix(getComputedStyle(document.getElementById('viewer-picture')).transform).a"
FITS = "(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)(document.querySelector('.scrolls'))"
SHOWN = "document.getElementById('viewer-picture').src.match(/library\\/(\\w+)/)?.[1]"
GRAPH = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "m.safetensors"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red barn", "clip": ["1", 1]}},
    "3": {
        "class_type": "KSampler",
        "inputs": {"seed": 7, "steps": 20, "model": ["1", 0], "positive": ["2", 0], "negative": ["2", 0]},
    },
    "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}},
}


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a picture that the browser shows, one by a preview, an AI image, and a film that it cannot play."""
    folder = tmp_path_factory.mktemp("item")
    root = folder / "pictures"
    photo(root / "a.jpg", size=(1600, 1000), title="On the beach", gps=(41.9, -12.5, 20.0))
    photo(root / "b.tif", size=(2400, 1200), seed=2)
    ai_image(root / "c.png", prompt="a (quiet:1.3) valley, [fog]", negative="people", Seed=SEED)
    text = PngImagePlugin.PngInfo()
    text.add_text("prompt", json.dumps(GRAPH))
    landscape("valley", (64, 64)).save(root / "d.png", pnginfo=text)
    settled(root / "d.png")
    film(root / "e.mp4", [landscape("dunes", (320, 180), seed) for seed in range(8)])
    photo(root / "f.webp", size=(300, 200), orientation=6)
    (root / "a.txt").write_text("0 0.25 0.75 0.2 0.1 0.9\n")
    (root / "classes.txt").write_text("tree\n")
    settled(root / "a.txt")
    write_many(folder / "other", 1)
    with Server(folder / "server", {"pictures": root, "other": folder / "other"}) as running:
        running.wait_for(running.begin("pictures", read_barcodes=True), "completed")
        running.wait_for(running.begin("other"), "completed")
        yield running


def opened(page: Page, server: Server, name: str, asked: str = LIST) -> None:
    """The page of a file, with its picture drawn."""
    page.goto(f"{server.address}/file?path=pictures/{name}&{asked}")
    expect(page.locator("#viewer-picture")).to_be_visible()
    expect(page.locator("#viewer-picture")).to_have_js_property("complete", value=True)


def test_arrows_lead_through_the_search_and_escape_back_to_it(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/library?{LIST}")
    expect(page.get_by_role("option", name="a.jpg")).to_be_visible()
    page.locator("#grid").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#viewer-position")).to_have_text("1 of 6")
    expect(page.get_by_role("heading", name="a.jpg", level=1)).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="b.tif", level=1)).to_be_visible()
    expect(page.locator("#viewer-position")).to_have_text("2 of 6")
    assert "path=pictures%2Fb.tif" in page.url
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#known-made .prompt").first).to_contain_text("quiet")
    page.reload()
    expect(page.locator("#viewer-position")).to_have_text("3 of 6")
    page.keyboard.press("Escape")
    expect(page.locator("#q")).to_have_value("folder:pictures")
    assert "sort=name" in page.url
    opened(page, server, "a.jpg", "q=folder:other")
    expect(page.locator("#viewer-position")).to_be_empty()
    expect(page.get_by_role("link", name="Next")).to_have_count(0)
    page.get_by_role("link", name="← Library").click()
    expect(page.locator("#q")).to_have_value("folder:other")


def test_a_picture_is_zoomed_and_moved_by_keys_wheel_and_drag(page: Page, server: Server) -> None:
    opened(page, server, "a.jpg")
    assert page.evaluate(SHOWN) == "original"
    fit = page.evaluate(SCALE)
    level = page.locator("#zoom-level")
    assert fit == pytest.approx(page.evaluate("document.getElementById('viewer-stage').clientWidth / 1600"), rel=0.01)
    page.keyboard.press("z")
    expect(level).to_have_text("100 %")
    place = page.locator("#viewer-picture").bounding_box()
    page.keyboard.press("Shift+ArrowRight")
    moved = page.locator("#viewer-picture").bounding_box()
    assert place
    assert moved
    assert moved["x"] < place["x"]
    stage = page.locator("#viewer-stage").bounding_box()
    assert stage
    page.mouse.move(stage["x"] + 200, stage["y"] + 200)
    page.mouse.down()
    page.mouse.move(stage["x"] + 260, stage["y"] + 210)
    page.mouse.up()
    dragged = page.locator("#viewer-picture").bounding_box()
    assert dragged
    assert dragged["x"] == pytest.approx(moved["x"] + 60, abs=1)
    page.mouse.wheel(0, -200)
    expect(level).not_to_have_text("100 %")
    assert page.evaluate(SCALE) > 1
    page.keyboard.press("f")
    assert page.evaluate(SCALE) == pytest.approx(fit)
    page.get_by_role("button", name="Larger").click()
    assert page.evaluate(SCALE) == pytest.approx(fit * 1.25)
    for _ in range(3):
        page.keyboard.press("-")
    expect(page.get_by_role("button", name="Fit")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(SCALE) == pytest.approx(fit)


def test_regions_stay_where_they_are_in_the_picture_and_a_key_leaves_them_out(page: Page, server: Server) -> None:
    opened(page, server, "a.jpg")
    box, picture, switch = (
        page.locator("#viewer-boxes li"),
        page.locator("#viewer-picture"),
        page.locator("#viewer-regions"),
    )

    def is_in_place() -> bool:
        inner, outer = box.bounding_box(), picture.bounding_box()
        assert inner is not None
        assert outer is not None
        middle = (inner["x"] + inner["width"] / 2 - outer["x"], inner["y"] + inner["height"] / 2 - outer["y"])
        return abs(middle[0] - 0.25 * outer["width"]) < 3 and abs(middle[1] - 0.75 * outer["height"]) < 3

    expect(box).to_have_text("tree 90 %")
    expect(box.locator("span")).to_have_attribute("title", "tree (yolo, 90 %)")
    looked_for = re.compile("Barcodes were looked for by zxing-cpp")
    expect(page.locator("#known-regions li")).to_have_text([re.compile("tree.*object, yolo, 90 %"), looked_for])
    assert is_in_place()
    assert looks_well(page)
    page.locator("#viewer-stage").focus()
    for key in ("+", "+", "+", "+", "+", "+", "Shift+ArrowLeft", "Shift+ArrowUp"):
        page.keyboard.press(key)
        assert is_in_place()
    page.keyboard.press("r")
    expect(box).to_be_hidden()
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.click()
    expect(box).to_be_visible()
    opened(page, server, "f.webp")
    expect(switch).to_be_hidden()
    expect(page.locator("#known-regions li")).to_have_text(looked_for)  # though it found nothing
    for path, shown in (("/regions", "tree"), ("/expected", "Nothing is expected yet")):
        page.goto(f"{server.address}{path}?refresh=30")
        expect(page.locator("#dashboard")).to_contain_text(shown)
        expect(page.locator("#dashboard-every")).to_have_value("30")
        assert looks_well(page)
    page.goto(f"{server.address}/regions")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate(FITS)
    page.evaluate("document.styleSheets[0].insertRule('.scrolls table { min-width: 60rem }')")  # as of many columns
    page.evaluate(
        "() => { const table = document.querySelector('.scrolls'); table.focus(); table.scrollTo(40, 0);"
        " table.querySelector('tbody th').textContent = 'older'; }"
    )
    page.evaluate("document.getElementById('dashboard-refresh').click()")
    expect(page.locator(".scrolls tbody")).not_to_contain_text("older")
    assert page.evaluate("[document.activeElement.className, document.activeElement.scrollLeft]") == ["scrolls", 40]
    page.select_option("#dashboard-every", "60")
    expect(page.locator("form.narrow input[name=refresh]")).to_have_value("60")
    rows = [{"q": "kind:image", "label": f"tree {number}", "expected": 1} for number in range(101)]
    assert server.client.put("/api/planograms", json=rows).status_code == 200
    page.goto(f"{server.address}/expected?refresh=60")
    assert page.evaluate(FITS)
    page.get_by_role("link", name="101 unknown").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(100)
    assert looks_well(page)
    page.get_by_role("link", name="Next page").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#dashboard-every")).to_have_value("60")


def test_two_fingers_zoom_and_one_wipes_to_the_next(browser: Browser, server: Server, said: list[str]) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    watch(page, said)
    opened(page, server, "a.jpg")
    fit = page.evaluate(SCALE)
    box = page.locator("#viewer-stage").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": left, "y": top, "id": number} for number, (left, top) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", (x - 20, y), (x + 20, y))
    touch("touchMove", (x - 60, y), (x + 60, y))
    touch("touchEnd")
    assert page.evaluate(SCALE) == pytest.approx(3 * fit, rel=0.05)
    page.get_by_role("button", name="Fit").click()
    touch("touchStart", (x + 100, y))
    touch("touchMove", (x + 20, y))
    touch("touchMove", (x - 80, y))
    touch("touchEnd")
    expect(page.get_by_role("heading", name="b.tif", level=1)).to_be_visible()
    context.close()


def test_what_the_browser_cannot_show_or_play_is_shown_by_a_preview_that_says_so(page: Page, server: Server) -> None:
    message = page.locator("#viewer-message")
    opened(page, server, "b.tif")
    expect(message).to_have_text("A preview of 2,048 \u00d7 1,024 px, of 2,400 \u00d7 1,200.")
    assert page.evaluate(SHOWN) == "preview"
    opened(page, server, "e.mp4")
    expect(message).to_have_text("This browser cannot play mjpeg in MP4: this is a picture of it.")
    assert looks_well(page)
    opened(page, server, "f.webp")
    assert page.evaluate(SHOWN) == "preview", "Chromium does not turn a WebP upright"
    assert page.evaluate("document.getElementById('viewer-picture').naturalWidth") == 300


def test_prompt_seed_path_workflow_and_place_are_taken_by_a_click(page: Page, server: Server, tmp_path: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, server, "c.png")
    expect(page.locator("#known-made .weight.more")).to_have_text("(quiet:1.3)")
    expect(page.locator("#known-made .weight.more")).to_have_attribute("title", "\u00d71.3")
    expect(page.locator("#known-made .weight.less")).to_have_text("[fog]")
    copied = {"path": "pictures/c.png", "prompt": "a (quiet:1.3) valley, [fog]", "negative prompt": "people"}
    for what, text in (copied | {"seed": str(SEED)}).items():
        page.get_by_role("button", name=f"Copy {what}", exact=True).click()
        expect(page.locator("#taken")).to_have_text(f"Copied the {what}.")
        assert page.evaluate("navigator.clipboard.readText()") == text
    assert looks_well(page)
    opened(page, server, "d.png")
    with page.expect_download() as download:
        page.get_by_role("button", name="Workflow").click()
    assert download.value.suggested_filename == "d.workflow.json"
    download.value.save_as(tmp_path / "workflow.json")
    assert json.loads((tmp_path / "workflow.json").read_text()) == GRAPH
    opened(page, server, "a.jpg")
    link = page.get_by_role("link", name="Map")
    expect(link).to_have_attribute("href", re.compile(r"^https://www\.openstreetmap\.org/\?mlat=41\.9\d*&mlon=-12\.5"))
    expect(link).to_have_attribute("rel", "noreferrer")


def test_the_emphasis_of_a_prompt_is_read_as_its_text_writes_it(page: Page, server: Server) -> None:
    page.goto(f"{server.address}/file")
    read = (
        "async text => (await import('/static/file/prompt.js')).weighted(text).map(({text, weight}) => [text, weight])"
    )
    for text, weights in {
        "": [],
        "plain": [1],
        "(a:1.3) b": [1.3, 1],
        "((a)) (b)": [1.1, 1.21, 1.1, 1, 1.1],
        "[a]": [0.91],
        "((a:1.2) b)": [1.1, 1.32, 1.1],
        r"\(a\) (b": [1],
        "[a) b]": [0.91],
        "a:1.3) (b:x) :)": [1, 1.1, 1],
        "(" * 3_000: [1],
        "[" * 60_000 + "]" * 60_000: [round(1.1**-depth, 2) for depth in (*range(1, 64), 64, *range(63, 0, -1))],
    }.items():
        pieces = page.evaluate(read, text)
        assert "".join(piece for piece, _ in pieces) == text
        assert [round(weight, 2) for _, weight in pieces] == weights, text


def test_what_may_be_nsfw_is_veiled_until_a_person_shows_it(page: Page, server: Server) -> None:
    veil = page.locator("#viewer-veil")

    def checked(*, nsfw: bool | None) -> None:
        page.route(
            "**/api/library/neighbours*",
            lambda route: route.fulfill(json=route.fetch().json() | {"nsfw_checked": 1}),
        )
        page.route(
            "**/api/library/file?*",
            lambda route: route.fulfill(
                json=route.fetch().json() | {"is_nsfw": nsfw, "nsfw_probability": None if nsfw is None else 0.93}
            ),
        )
        opened(page, server, "a.jpg")

    checked(nsfw=None)
    expect(veil).to_contain_text("Nobody has checked")
    expect(veil).to_have_css("backdrop-filter", re.compile("blur"))
    stage, covering = page.locator("#viewer-stage").bounding_box(), veil.bounding_box()
    assert stage == covering
    page.keyboard.press("z")
    expect(page.locator("#viewer-zoom")).to_be_hidden()
    assert in_both_schemes(page) == []
    page.get_by_role("button", name="Show it").click()
    expect(veil).to_be_hidden()
    expect(page.locator("#viewer-zoom")).to_be_visible()
    page.unroute_all(behavior="wait")
    checked(nsfw=True)
    expect(veil).to_contain_text("counts as NSFW (0.93)")
    switch = page.locator("#nsfw")
    switch.select_option("show")
    expect(veil).to_be_hidden()
    with page.expect_request("**/api/library/neighbours*nsfw%3Ano*"):  # what is hidden is not led to
        switch.select_option("hide")
    expect(veil).to_be_visible()
    expect(veil).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")
    switch.select_option("blur")
    page.unroute_all(behavior="wait")
    checked(nsfw=False)
    expect(veil).to_be_hidden()
    page.unroute_all(behavior="wait")
    page.evaluate("localStorage.clear()")
    opened(page, server, "a.jpg")
    expect(veil).to_be_hidden()


def test_the_page_fits_every_window_and_its_modules_are_loaded_by_no_other(page: Page, server: Server) -> None:
    opened(page, server, "a.jpg")
    expect(page.locator("#similar")).to_contain_text("f.webp")
    for width in (1920, 1000, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert in_both_schemes(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), width
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.address}/ingest-v2")
    page.goto(f"{server.address}/library")
    expect(page.locator("#found")).not_to_be_empty()
    of_the_item = ("item.js", "viewer", "stage.js", "zoom.js", "taking.js", "file/requests.js")
    assert not [url for url in asked if any(name in url.partition("/static/")[2] for name in of_the_item)]
