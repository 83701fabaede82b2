"""The promise of closed accounting, as every status of a session has to keep it at every moment."""

from collections.abc import Mapping
from typing import Any

STATUSES = ("done", "failed", "skipped", "not_reached")


def assert_sums_close(status: Mapping[str, Any]) -> None:
    """Each file that was found counts once, in the whole and for each stage that was asked for."""
    outcomes = sum(status["outcomes"].values())
    assert status["discovered"] == status["total_files"] + sum(status["skipped"].values())
    assert status["total_files"] == outcomes + status["pending"]
    assert status["processed_files"] == outcomes
    assert status["committed_files"] == sum(status["outcomes"][name] for name in ("added", "updated", "moved"))
    for stage in status["stages"].values():
        assert stage["total"] in (0, status["total_files"])
        ended = sum(stage[end] for end in STATUSES)
        assert ended == (outcomes if stage["total"] else 0)
        assert stage["total"] == ended + stage["pending"]


def counted_in(status: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a status that follow from the events."""
    return {
        "outcomes": status["outcomes"],
        "errors": status["stats"]["errors"],
        "incomplete": status["stats"]["incomplete"],
        "stages": {name: {end: stage[end] for end in STATUSES} for name, stage in status["stages"].items()},
    }
