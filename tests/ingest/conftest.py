"""A place to take files in: media, a library and a state folder of its own, with nothing running."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.builders import Workplace, workplace


@pytest.fixture
def place(tmp_path: Path, sqlite_url: str) -> Iterator[Workplace]:
    with workplace(tmp_path, sqlite_url) as made:
        yield made
