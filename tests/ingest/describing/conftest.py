"""A workplace whose pictures a vision model describes, with its runner at work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.builders import Workplace, workplace
from tests.ingest.describing.models import Model


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def url(sqlite_url: str) -> str:
    """The library's; a module that needs both engines has its own."""
    return sqlite_url


@pytest.fixture
def place(tmp_path: Path, url: str, model: Model) -> Iterator[Workplace]:
    with workplace(tmp_path, url) as place:
        place.take = model.take
        place.recover()
        yield place
