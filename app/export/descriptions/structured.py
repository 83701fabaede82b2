"""A description as JSON: for programs, with the same names in the same order whatever was said."""

import json
from typing import Any

from app.export.descriptions.described import Described
from app.texts import clean_json

VERSION = 1


def as_json(described: Described) -> bytes:
    """The description as JSON in UTF-8, indented, with a line feed at its end.

    `fields` is what the model said, `title`, `description` and `keywords` what stands of it; null is what is not known.
    """
    return json.dumps(clean_json(_told(described)), ensure_ascii=False, indent=2).encode() + b"\n"


def _told(described: Described) -> dict[str, Any]:
    run = described.run
    return {
        "version": VERSION,
        "path": described.path,
        "sha256": run.sha256,
        "title": described.title,
        "description": described.description,
        "keywords": list(described.keywords),
        "fields": described.said,
        "file": dict(described.facts) or None,
        "run": {
            "run": run.run,
            "session_id": described.session_id,
            **run.told,
        },
    }
