"""A state folder."""

from pathlib import Path

import pytest

from app.ingest.session.store import IngestionState


@pytest.fixture
def store(tmp_path: Path) -> IngestionState:
    made = IngestionState(tmp_path / "state")
    made.prepare()
    return made
