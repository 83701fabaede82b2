"""How a person types the program."""

import os
import shutil
import sys
from pathlib import Path


def command_as_typed() -> str:
    """How a person types the program: `.venv/bin/media-ingest` in a checkout, its path where no shell would find it."""
    beside = Path(sys.executable).with_name("media-ingest")
    checkout = Path(__file__).resolve().parents[1]
    if not beside.exists():
        return "media-ingest"
    if beside.is_relative_to(checkout):
        return str(beside.relative_to(checkout))
    found = shutil.which("media-ingest")
    return "media-ingest" if found and os.path.samefile(found, beside) else str(beside)
