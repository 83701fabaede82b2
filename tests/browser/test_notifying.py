"""Notifications on *Settings*: a test of the targets, the log of deliveries, and one sent anew."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.conftest import looks_well
from tests.samples import photo
from tests.support.fake_targets import SECRET, FakeTarget
from tests.support.server import Server, until


def test_targets_are_tried_and_what_was_told_is_told_again(browser: Browser, tmp_path: Path) -> None:
    photo(tmp_path / "photos" / "a.jpg", seed=1)
    with FakeTarget() as target, FakeTarget("refused") as dead:
        named = {"INGEST_NOTIFY": f"{target.url},{dead.url}", "INGEST_NOTIFY_SECRET": SECRET}
        with Server(tmp_path / "server", {"photos": tmp_path / "photos"}, **named) as server:
            server.wait_for(server.begin("photos"), "completed")
            page = browser.new_page()
            page.goto(f"{server.address}/settings")
            page.get_by_role("button", name="Send a test").click()
            expect(page.locator("#notify-tried li").first).to_contain_text("it was taken.")
            expect(page.locator("#notify-tried li").last).to_contain_text("It refused the connection.")
            until(lambda: states(server) == {"sent", "failed"}, what="both ends")
            page.reload()
            sent = page.locator("[data-notification]", has_text="Sent")
            expect(sent).to_contain_text("photos: completed with 1 file: 1 added.")
            expect(page.locator("[data-notification]", has_text="Not yet taken")).to_contain_text("refused")
            assert looks_well(page)
            sent.get_by_role("button", name="Replay").click()
            until(lambda: len(target.requests) == 3, what="the replay")
            page.close()


def states(server: Server) -> set[str]:
    return {each["state"] for each in server.get("/api/notifications").json()["notifications"]}
