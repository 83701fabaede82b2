"""What the page shows at any moment is one status of the session, and what the log says up to its last event."""

import random
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.agreement import Driver
from tests.support.server import query, until
from tests.support.sums import counted_in

pytestmark = pytest.mark.browser

KEEP_STATUSES = """
const parse = JSON.parse;
window.statuses = [];
JSON.parse = (...given) => {
  const value = parse(...given);
  if (value?.session_id && value.stages && "last_event_id" in value) statuses.push(value);
  return value;
};
"""
SHOWN = """() => {
  const read = (element) => {
    const text = element.textContent.replaceAll(",", "").replace("/", "").trim();
    return /^[0-9]+$/.test(text) ? Number(text) : null;
  };
  const figures = (within) => [...within.querySelectorAll("strong")].map(read).sort((one, other) => one - other);
  const step = ["process", "complete"].find((id) => !document.getElementById(id).hidden) ?? null;
  const names = ["total", "processed", "committed", "unchanged", "failed", "vanished", "incomplete"];
  const within = [".n strong", ".n span", ".failed button", ".skipped", ".not-reached"];
  return {
    statuses,
    step,
    stats: names.concat("metadata", "keywords", "scores").map((name) => read(document.getElementById(`stat-${name}`))),
    sums: [...document.querySelectorAll("#complete-sum .sum")].map(figures),
    cards: Object.fromEntries(
      [...document.querySelectorAll(".stage-card")].map(
        (card) => [card.dataset.stage, within.map((selector) => read(card.querySelector(selector)))],
      ),
    ),
  };
}"""


OPTIONAL = {"barcodes": "read_barcodes", "detect": "detect_objects", "describe": "describe"}
"""Stages that have a card only where they were asked for, and the parameters that ask."""


def numbers_of(status: dict[str, Any], step: str) -> dict[str, Any]:
    """What the page is to show of a status: on *Process* its figures, on *Complete* its sums; and its cards."""
    outcomes, stats, committed = status["outcomes"], status["stats"], status["committed_files"]
    unchanged, failed, vanished = (outcomes[name] for name in ("unchanged", "failed", "vanished"))
    names = ("total", "done", "failed", "skipped", "not_reached")
    unasked = {stage for stage, switch in OPTIONAL.items() if not status["parameters"][switch]}
    counts = ((name, stage) for name, stage in status["stages"].items() if name not in unasked)
    stages = {name: [stage[each] for each in names] for name, stage in counts}
    stages["commit"] = [status["total_files"] or 0, committed, failed, unchanged, vanished]
    cards = {name: [done, total, *rest] for name, (total, done, *rest) in stages.items()}
    if step == "complete":
        return {"sums": sums_of(status), "cards": cards if status["total_files"] else None}
    found = [stats[name] for name in ("metadata_extracted", "keywords_added", "scores_imported")]
    processed = [status["processed_files"], committed, unchanged, failed, vanished, stats["incomplete"]]
    return {"stats": [status["total_files"], *processed, *found], "cards": cards}


def sums_of(status: dict[str, Any]) -> list[list[int]]:
    """The numbers of each sum of an ended session, in their order; a term of 0 is left out unless it is the first."""
    outcomes, total, committed = status["outcomes"], status["total_files"], status["committed_files"]
    found = [[status["discovered"], total, *filter(None, status["skipped"].values())]]
    if status["pending"]:
        found.append([total, status["processed_files"], status["pending"]])
    if status["processed_files"]:
        rest = (outcomes[name] for name in ("unchanged", "failed", "vanished"))
        found.append([status["processed_files"], committed, *filter(None, rest)])
    if committed:
        rest = [*(outcomes[name] for name in ("added", "updated", "moved")), status["stats"]["incomplete"]]
        found.append([committed, *filter(None, rest)])
    return [sorted(numbers) for numbers in found]


class Watched(Driver):
    """A driver who has a page open."""

    page: Page
    seen = 0

    def check(self, session_id: str, *, quiet: bool = True) -> None:
        super().check(session_id, quiet=quiet)
        if not self.page.url.endswith(session_id):
            self.page.goto(f"{self.server.address}/sessions/{session_id}")
        self.seen += 1
        status = until(lambda: self.shown(session_id), what="a session on the page")
        if quiet:
            newest = self.server.status(session_id)
            status = until(lambda: self.is_shown(newest), what=f"event {newest['last_event_id']} on the page")
        rows = query(
            self.server.database,
            "SELECT id, kind FROM ingest_events WHERE session_id = ? AND id <= ?",
            session_id,
            status["last_event_id"],
        )
        assert self.told(session_id, rows, quiet=False) == counted_in(status)

    def is_shown(self, newest: dict[str, Any]) -> dict[str, Any] | None:
        status = self.shown(newest["session_id"])
        return status if status and counted_in(status) == counted_in(newest) else None

    def shown(self, session_id: str) -> dict[str, Any] | None:
        """The status that the page shows, all of its numbers being those of one; None where it shows no session yet."""
        shown = self.page.evaluate(SHOWN)
        of_session = [status for status in shown["statuses"] if status["session_id"] == session_id]
        if shown["step"] is None or not of_session or (shown["step"] == "complete" and not shown["sums"]):
            return None  # the sums of an end are drawn by a module that is fetched only then
        for status in reversed(of_session):
            numbers = numbers_of(status, shown["step"])
            if all(numbers[name] in (None, shown[name]) for name in numbers):
                return status
        pytest.fail(f"{shown} is none of the statuses that it had: {numbers_of(of_session[-1], shown['step'])}")


@pytest.mark.parametrize(("seed", "moments"), [(1, 4), pytest.param(2, 20, marks=pytest.mark.faults)])
def test_the_page_contradicts_nothing(browser: Browser, tmp_path: Path, capsys: Any, seed: int, moments: int) -> None:
    driver = Watched(tmp_path, random.Random(seed), capsys)
    context = browser.new_context()
    context.add_init_script(KEEP_STATUSES)
    driver.page = context.new_page()
    driver.drive(moments)
    context.close()
    print(f"{driver.seen} moments in Chromium, {driver.kills} kills")
