"""A disk beside the library, as a person's words go with its files."""

import pytest

from tests.library.disk import Disk


@pytest.fixture
def disk(library):
    return Disk(library)
