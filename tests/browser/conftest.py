"""The page in the system's Chromium, watched: a message in the console or a request that fails is a failed test.

Its headless shell is taken where it is installed: without windows, tabs and menus, which no test looks at, the tests
take a fifth less of the processor.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.samples import ai_image, photo, unidentifiable, write_many
from tests.support.server import Server

CHROMIUM = Path(__file__).parents[1] / "support" / "chromium.sh"
AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
HOW_TO_GET_IT = "no Chromium found: install the system's package (Debian and Ubuntu: apt-get install chromium)"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Two pages of the browser's own, behind the field for addresses: each new window took longer for them than for ours
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        if os.environ.get("MEDIA_INGEST_REQUIRE_BROWSER"):
            pytest.fail(HOW_TO_GET_IT)
        pytest.skip(HOW_TO_GET_IT)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, env={**os.environ, "CHROMIUM": found}
        )
        yield chromium
        chromium.close()


def some_of_everything(root: Path) -> Path:
    """A folder with photos, AI images, a broken copy, a note, folders below."""
    (root / "trip" / "day one").mkdir(parents=True)
    (root / "many").mkdir()
    photo(root / "trip" / "a.jpg", size=(320, 240), seed=1)
    photo(root / "trip" / "day one" / "b.jpg", size=(320, 240), seed=2)
    ai_image(root / "trip" / "painted <b>bold<b> name.png", seed=3)
    unidentifiable(root / "trip" / "cut.jpg")
    (root / "trip" / "notes.txt").write_text("no media")
    write_many(root / "many", 60)
    return root


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests: each has a root of its own, and `long` is what takes some time."""
    folder = tmp_path_factory.mktemp("browser")
    roots = {name: some_of_everything(folder / name) for name in ("flow", "tree", "refresh", "input")}
    write_many(folder / "long" / "many", 3_000)
    write_many(folder / "late", 2)
    write_many(folder / "counted", 3)
    others = {name: folder / name for name in ("long", "late", "counted")}
    with Server(folder / "server", roots | others) as running:
        yield running


@pytest.fixture
def server(shared_server: Server) -> Iterator[Server]:
    """The server, without a session that a fresh page would open on."""
    yield shared_server
    for session in shared_server.get("/api/ingest/sessions").json()["sessions"]:
        if session["status"] not in {"completed", "cancelled"}:
            shared_server.post("/api/ingest/cancel", {"session_id": session["session_id"]})
            shared_server.wait_for(session["session_id"], "completed", "cancelled")
        shared_server.post("/api/ingest/dismiss", {"session_id": session["session_id"]})


@pytest.fixture
def said() -> list[str]:
    """What the console said, and which requests failed."""
    return []


@pytest.fixture
def page(browser: Browser, server: Server, said: list[str]) -> Iterator[Page]:
    """A fresh page on the server; what the console said must be nothing at the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    watch(opened, said)
    yield opened
    context.close()
    assert said == []


def watch(page: Page, said: list[str]) -> None:
    """Notes every warning and error of the console and every request that failed on its own."""
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))


def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds on the page as it stands, by these rules or by all: rule, help and the elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    only = {"runOnly": list(rules)} if rules else {}
    run = "async options => (await axe.run(document, options)).violations"
    found = page.evaluate(run, {"resultTypes": ["violations"], **only})
    return [f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']]}" for one in found]


def choose(page: Page, server: Server, directory: str) -> None:
    """Opens the page and names a directory."""
    page.goto(f"{server.address}/ingest-v2")
    page.fill("#directory", directory)


def fits(page: Page) -> bool:
    """Whether nothing sticks out to the right."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def in_both_schemes(page: Page) -> list[str]:
    """What axe finds; in the dark only colours can differ."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found = violations(page, "color-contrast")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found + violations(page)


def looks_well(page: Page) -> bool:
    """Whether axe stays silent in both schemes, and nothing sticks out on a small screen."""
    assert in_both_schemes(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    small = fits(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    return small
