"""Runs and descriptions as tests want them."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from app.descriptions import Run, RunStatus, Usage
from app.export.descriptions.described import Described

SAID = {"title": "Red car", "description": "A red car on a quay.", "keywords": ["car", "sea"], "material": "steel"}
FACTS = {
    "taken_at": "2024-05-03T10:11:12+02:00",
    "taken_at_precision": "second",
    "camera_make": "FUJIFILM",
    "camera_model": "X-T5",
    "lens_model": "XF23mm",
    "creator": None,
    "copyright": None,
    "format": "jpeg",
    "size": 2_412_345,
    "generator": None,
    "prompt": None,
    "negative_prompt": None,
    "width": 4032,
    "height": 3024,
}


def run(number: int = 1, *, output: Any = SAID, **others: Any) -> Run:
    """A request that was answered, the one of this number."""
    given = {
        "sha256": "0" * 64,
        "provider": "default",
        "model": "m-mini",
        "template": "catalogue",
        "template_sha256": "b" * 64,
        "status": RunStatus.ANSWERED,
        "at": "2026-11-30T18:21:33.123+00:00",
        "seconds": 2.5,
        "usage": Usage(1_200, 210),
        "cost": Decimal("0.0004"),
    }
    return Run(run=str(UUID(int=number)), output=output, **(given | others))


def described(path: str = "photos/a/IMG_1.jpg", **others: Any) -> Described:
    """A description of the file at a path."""
    given = {
        "name": path.rpartition("/")[2],
        "session_id": str(UUID(int=7)),
        "title": "Red car",
        "description": "A red car on a quay.",
        "keywords": ("car", "sea"),
        "said": SAID,
        "facts": FACTS,
        "run": run(),
    }
    return Described(path=path, **(given | others))
