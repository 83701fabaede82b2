"""What commits a file to a library."""

from collections.abc import Callable
from typing import Any

import pytest

from app.library.library import Library
from tests.ingest.builders import SESSION


@pytest.fixture
def commit(library: Library) -> Callable[..., Any]:
    def committed(result: Any, session_id: str = SESSION, nsfw_threshold: float = 0.8) -> Any:
        return library.commit_single_file_to_database(session_id, result, nsfw_threshold=nsfw_threshold)

    return committed
