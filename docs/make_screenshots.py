"""Makes the pictures of README.md from the real page: a session at work, light and dark.

    python docs/make_screenshots.py        writes docs/screenshot.png and docs/screenshot-dark.png; needs Chromium

The pictures on it are drawn from seeded numbers, so it shows the same library each time; times and rates differ.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from tests.samples import SCENES, landscape, settled, truncated
from tests.support.server import PROJECT, Server

SCHEMES = {"light": "screenshot.png", "dark": "screenshot-dark.png"}
SIZE = {"width": 1180, "height": 900}
FILES = 240
COLOURS = 192  # of the palette: half the bytes, and no difference that an eye would see


def main() -> None:
    """Writes both pictures."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        draw_photos(folder / "photos")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for scheme, name in SCHEMES.items():
                with Server(folder / scheme, {"photos": folder / "photos"}, new=True) as server:
                    taken = take(browser, server, scheme, folder / name)
                    taken.quantize(COLOURS, dither=Image.Dither.NONE).save(PROJECT / "docs" / name, optimize=True)
            browser.close()


def draw_photos(folder: Path) -> None:
    """Landscapes in folders of years, one of them damaged."""
    scenes = sorted(SCENES)
    for number in range(FILES):
        path = folder / str(2021 + number % 5) / f"IMG_{1_000 + number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        landscape(scenes[number % len(scenes)], (640, 480), seed=number).save(path, quality=85)
        settled(path)
    truncated(folder / "2021" / "IMG_0999.jpg")


def take(browser: Browser, server: Server, scheme: str, path: Path) -> Image.Image:
    """The page in the middle of a session, as a picture."""
    page = browser.new_page(viewport=SIZE, color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{server.address}/ingest-v2")
    page.fill("#directory", "photos")
    page.click("#start")
    expect(page.locator("#percent")).to_have_text(re.compile("^[5-9][0-9]%$"), timeout=60_000)
    page.screenshot(path=path)
    page.close()
    return Image.open(path).convert("RGB")


if __name__ == "__main__":
    main()
