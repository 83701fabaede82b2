"""Requests to vision models, as tests make them up."""

from decimal import Decimal
from typing import Any

from app.descriptions import Run, RunStatus, Usage


def run(number: int, cost: str | None = "0.0004", **others: Any) -> Run:
    """The request of this number, about bytes of its own unless `sha256` is given; its cost in USD, None: unknown."""
    answered = others.get("status", RunStatus.ANSWERED) is RunStatus.ANSWERED
    values: dict[str, Any] = {
        "run": f"{number:08x}-0000-4000-8000-000000000000",
        "sha256": f"{number:016x}".ljust(64, "0"),
        "provider": "default",
        "model": "a-model",
        "template": "caption",
        "template_sha256": "c" * 64,
        "status": RunStatus.ANSWERED,
        "at": f"2026-11-30T10:{number // 60 % 60:02}:{number % 60:02}.000+00:00",
        "seconds": 0.5,
        "usage": Usage(1_000, 100),
        "cost": None if cost is None else Decimal(cost),
        "output": {"title": "A red car"} if answered else None,
        "reason": None if answered else "The answer is not JSON.",
    }
    return Run(**(values | others))
