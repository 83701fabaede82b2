"""A shelf to compare with."""

import pytest

from app.library.library import Library
from tests.compare.shelf import Shelf


@pytest.fixture
def shelf(tmp_path, sqlite_url):
    library = Library(sqlite_url)
    yield Shelf(tmp_path, library)
    library.close()
