"""A plan on the terminal: what a session would do, in words."""

from functools import partial

from app.cli.terminal import BACK, out
from app.currency import money
from app.ingest.plan.planner import DescribeEstimate, Plan, Planner
from app.ingest.plan.survey import READ_AGAIN, NothingKnown
from app.ingest.run.describing import estimated
from app.texts import class_words, counted
from app.wiring import House

_REASONS = {
    "only_nsfw": "need only NSFW",
    "read_again": "to read again",
    "returned": BACK,
    "words_wait": "to get your words back",
    "failed_before": "failed before, to try again",
}


def planner_of(house: House, *, fresh: bool) -> Planner:
    """What counts; where there is no library yet, nothing is known, and no database need be made."""
    if not fresh:
        return house.records.planner
    ingestor = house.records.ingestor
    return Planner(house.folders, NothingKnown(), ingestor.recipe_for, cost=partial(estimated, ingestor.take, None))


def print_plan(counts: Plan, budget_usd: float | None = None) -> None:
    """The counts of a plan, and what its descriptions would cost within a budget in USD."""
    out.print(f"{counts['pending']:,} of {counted(counts['discovered'], 'file')} would be processed.")
    for name, count in counts["pending_by"].items():
        out.print(f"  {count:,} {_REASONS.get(name, name.replace('_', ' '))}")
        if name == READ_AGAIN:
            for why, files in counts["read_again"].items():
                out.print(f"    {files:,} because {why}", markup=False)
    for name, count in counts["skipped"].items():
        if count:
            out.print(f"  {count:,} skipped: {class_words(name)}")
    for sentence in dict.fromkeys((*counts["unavailable"].values(), *counts["limited"].values())):
        out.print(f"  {sentence}", markup=False)
    if counts["describe_estimate"] is not None:
        out.print(estimate_in_words(counts["describe_estimate"], budget_usd), markup=False)


def estimate_in_words(estimate: DescribeEstimate, budget_usd: float | None) -> str:
    """What descriptions would cost: `12 descriptions, $0.0100 to $0.0200, at most $5.00; 2 pictures left out ...`."""
    cost = "cost unknown" if estimate["usd"] is None else _cost_in_words(**estimate["usd"])
    limit = "" if budget_usd is None else f", at most {money(budget_usd)}"
    left = estimate["left_out"]
    out_of_it = f"; {counted(left, 'picture')} left out because they are or may be NSFW" if left else ""
    return f"{counted(estimate['requests'], 'description')}, {cost}{limit}{out_of_it}."


def _cost_in_words(low: float, high: float) -> str:
    if not high:
        return "no cost"
    if not low:
        return f"up to {money(high)}"
    return money(high) if money(low) == money(high) else f"{money(low)} to {money(high)}"
