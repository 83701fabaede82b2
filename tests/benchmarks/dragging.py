"""Dragging the scrollbar of the library through all of its files, in the system's Chromium.

Each tile has a picture: a few thumbnails stand for those of all files, each by a hard link for every file of the stock.
"""

import itertools
import os
import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from app.library.engine import Engines
from app.library.tables import MEDIA
from tests.benchmarks.figures import report

SECONDS = 6
LONGEST_TASK_MS = 100
FRAMES_A_SECOND = {1: 50, 2: 25}
"""By device pixels to a CSS pixel; without a GPU."""
WIDTHS, HEIGHT = (1440, 360), 900
_MOVES_A_SECOND = 120
_LINKS = 30_000  # of one file: ext4 takes 65,000
_SIDE = 320
_LOOK = """() => {
    window.tasks = [];
    const note = (list) => window.tasks.push(...list.getEntries().map((entry) => entry.duration));
    new PerformanceObserver(note).observe({ type: "longtask", buffered: false });
    window.frames_at = [];
    const next = (at) => { window.frames_at.push(at); requestAnimationFrame(next); };
    requestAnimationFrame(next);
}"""
_PICTURES = """() => {
    const images = [...document.querySelectorAll(".tile img")].filter((image) => image.checkVisibility());
    return images.length > 0 && images.every((image) => image.complete);
}"""

_REACHED = "tiles => tiles.some((tile) => tile.checkVisibility() && tile.ariaPosInSet === tile.ariaSetSize)"


class Seen(NamedTuple):
    """What one drag was like: how many frames a second, and the tasks of the page longer than 50 ms, in ms."""

    frames: float
    tasks: list[float]


def hang_pictures(state: Path, url: str) -> None:
    """Gives each file of a library a thumbnail in a state folder, unless that was done."""
    folder = state / "thumbnails"
    if folder.exists():
        return
    engines = Engines(url)
    hashes = engines.read(lambda connection: connection.execute(select(MEDIA.c.sha256).distinct()).scalars().all())
    engines.close()
    making = state / "making"
    shutil.rmtree(making, ignore_errors=True)
    for byte in range(256):
        (making / f"{byte:02x}").mkdir(parents=True)
    names = [making / sha256[:2] / f"{sha256}.webp" for sha256 in hashes]
    for first in range(0, len(names), _LINKS):
        Image.effect_noise((_SIDE, _SIDE * 3 // 4), 60).convert("RGB").save(names[first], quality=80)
        for name in names[first + 1 : first + _LINKS]:
            os.link(names[first], name)
    making.rename(folder)


def measure(address: str) -> bool:
    """Drags from the first file to the last on each kind of screen."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("dragging is measured in Chromium, which is not there")
        return True
    passed = []
    with sync_playwright() as playwright:
        for ratio, width in itertools.product(FRAMES_A_SECOND, WIDTHS):
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            seen = _dragged(browser, address, ratio, width)
            browser.close()
            name = f"dragged at {width} px, {ratio} device pixels each"
            longest = max(seen.tasks, default=0)
            passed.append(report(f"{name}: frames a second", seen.frames, FRAMES_A_SECOND[ratio], at_least=True))
            passed.append(report(f"{name}: longest task of the page", longest, LONGEST_TASK_MS, " ms"))
    return all(passed)


def _dragged(browser: Browser, address: str, ratio: int, width: int) -> Seen:
    page = browser.new_context(viewport={"width": width, "height": HEIGHT}, device_scale_factor=ratio).new_page()
    page.goto(f"{address}/library")
    page.wait_for_function(_PICTURES)
    bar, thumb = _box(page, "#grid-bar"), _box(page, ".grid-thumb")
    x, first = thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2
    way = bar["y"] + bar["height"] - thumb["height"] / 2 - first
    page.evaluate(_LOOK)
    page.mouse.move(x, first)
    page.mouse.down()
    began = time.perf_counter()
    while (part := (time.perf_counter() - began) / SECONDS) < 1:
        page.mouse.move(x, first + way * part)
        time.sleep(1 / _MOVES_A_SECOND)
    page.mouse.move(x, first + way + 5)  # beyond the end
    page.mouse.up()
    tasks, frames = page.evaluate("() => [window.tasks, window.frames_at]")
    last = page.locator(".tile[aria-posinset][aria-setsize]").evaluate_all(_REACHED)
    assert last, "the last file is not reached"
    return Seen(1000 * (len(frames) - 1) / (frames[-1] - frames[0]), tasks)


def _box(page: Page, selector: str) -> Any:
    return page.locator(selector).bounding_box()
