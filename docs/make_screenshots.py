"""Makes the pictures of README.md from the real pages: a session at work and the library, light and dark.

    python docs/make_screenshots.py        writes docs/{screenshot,library}.png and their dark ones; needs Chromium

The pictures on it are drawn from seeded numbers, so it shows the same library each time; times and rates differ.
"""

import re
import shutil
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.samples import SCENES, photo, settled, truncated
from tests.support.server import PROJECT, Server

SCHEMES: dict[Literal["light", "dark"], str] = {"light": ".png", "dark": "-dark.png"}
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
            for scheme, ending in SCHEMES.items():
                with Server(folder / scheme, {"photos": folder / "photos"}, new=True) as server:
                    page = browser.new_page(viewport=SIZE, color_scheme=scheme)
                    for name, show in (("screenshot", show_session), ("library", show_library)):
                        show(page, server)
                        page.screenshot(path=folder / f"{name}.png")
                        taken = (
                            Image.open(folder / f"{name}.png")
                            .convert("RGB")
                            .quantize(COLOURS, dither=Image.Dither.NONE)
                        )
                        taken.save(PROJECT / "docs" / f"{name}{ending}", optimize=True)
            browser.close()


def draw_photos(folder: Path) -> None:
    """Landscapes in folders of years, one of them damaged."""
    scenes = sorted(SCENES)
    for number in range(FILES):
        path = folder / str(2021 + number % 5) / f"IMG_{1_000 + number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        taken_at = datetime(2021 + number % 5, 1 + number % 12, 1 + number % 28, 12, number % 60)  # noqa: DTZ001 - a clock
        words = ["sea", "summer", "night", "walk"][: number % 4]
        scene, rating = scenes[number % len(scenes)], number % 9 if number % 9 in range(1, 6) else None
        model = ("X100V", "EOS R5")[number % 2]
        photo(
            path,
            size=(640, 480),
            scene=scene,
            seed=number,
            taken_at=taken_at,
            keywords=words,
            rating=rating,
            model=model,
        )
        settled(path)
    truncated(folder / "2021" / "IMG_0999.jpg")


def show_session(page: Page, server: Server) -> None:
    """The page in the middle of a session."""
    page.goto(f"{server.address}/ingest-v2")
    page.fill("#directory", "photos")
    page.click("#start")
    expect(page.locator("#percent")).to_have_text(re.compile("^[5-9][0-9]%$"), timeout=60_000)


def show_library(page: Page, server: Server) -> None:
    """The library when the session has ended, with its filters."""
    expect(page.locator("#complete-sum")).to_be_visible(timeout=60_000)
    page.goto(f"{server.address}/library?filters=")
    expect(page.locator(".facets summary").first).to_be_visible()
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    main()
