"""Descriptions on the pages: what a search finds is described, within a budget that is raised on the way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.settings import Settings
from tests.browser.conftest import looks_well
from tests.samples import write_many
from tests.support.answering import Answering
from tests.web.conftest import Door, Turnstile

pytestmark = pytest.mark.browser


@pytest.fixture
def describing(tmp_path: Path, sqlite_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """A server with a vision model and four pictures, served from this process."""
    Answering().install(monkeypatch)
    turnstile = Turnstile()
    monkeypatch.setattr("app.wiring.PoolExecutor", lambda *_: turnstile)
    write_many(tmp_path / "media", 4)
    settings = {
        "database_url": f"sqlite:///{sqlite_file}",
        "ingest_media_roots": {"media": tmp_path / "media"},
        "ingest_state_dir": tmp_path / "state",
        "ingest_nsfw_weights": tmp_path / "no-weights.h5",
    }
    door = Door(tmp_path, Settings(_env_file=None, **settings), turnstile)
    yield door
    door.close()


def test_what_a_search_finds_is_described_and_the_budget_raised(describing: Door, page: Page, said: list[str]) -> None:
    describing.whole("media")
    page.goto(f"{describing.address}/library?q=name%3Asample")
    page.get_by_role("button", name="Describe").click()
    expect(page.locator(".searched code")).to_have_text("name:sample")
    expect(page.locator(".estimate")).to_have_text("4 descriptions, up to $0.08.")
    page.get_by_label("Provider").select_option("unpriced")
    expect(page.locator(".estimate")).to_have_text("4 descriptions, cost unknown.")
    expect(page.get_by_label("NSFW pictures, too")).to_be_hidden()
    page.get_by_label("Budget").fill("0.025")
    expect(page.locator("#describe-budget-error")).to_have_text("No price of vision-2 is known.")
    page.get_by_label("Budget").fill("a lot")
    expect(page.locator("#describe-budget-error")).to_have_text("The budget must be a number.")
    assert looks_well(page)
    page.get_by_label("Provider").select_option("default")
    page.get_by_label("Budget").fill("0.025")
    expect(page.locator(".estimate")).to_have_text("4 descriptions, up to $0.08, at most $0.025.")
    page.reload()
    expect(page.locator(".estimate")).to_have_text("4 descriptions, up to $0.08, at most $0.025.")
    said[:] = [line for line in said if "422" not in line]  # the browser notes the refusals
    page.get_by_role("button", name="Start Processing").click()
    budget = page.get_by_label("New budget in USD")
    expect(budget).to_have_value("0.05")
    expect(page.locator("#state-text")).not_to_contain_text("by itself")
    expect(page.locator("#money dd").nth(1)).to_have_text("$0.0100")
    assert looks_well(page)
    budget.fill("1")
    budget.press("Enter")
    expect(page.locator(".described")).to_contain_text("4/4 described, 4 runs recorded, $0.0400, session file ")
    page.reload()
    expect(page.get_by_role("button", name="Word files (zip)")).to_be_visible()


def test_folders_are_described_without_leaving_the_page_and_the_switch_outlives_a_refresh(
    describing: Door, page: Page
) -> None:
    page.goto(f"{describing.address}/ingest-v2?q=kind%3Aimage")
    page.get_by_role("button", name="Choose folders instead").click()
    expect(page.locator("#directory")).to_be_focused()
    expect(page.locator(".estimate")).to_have_text("4 descriptions, up to $0.08.")
    page.goto(f"{describing.address}/ingest-v2")
    expect(page.get_by_label("Describe pictures")).to_be_checked()
    expect(page.locator(".estimate")).to_have_text("4 descriptions, up to $0.08.")
    page.get_by_text("Describe pictures").click()
    expect(page.locator(".estimate")).to_have_count(0)
    expect(page.get_by_label("Template")).to_be_hidden()
