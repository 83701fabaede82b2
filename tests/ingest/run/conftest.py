"""Sessions that run, stand at a file, or are paused."""

import pytest


@pytest.fixture
def running(place):
    """A workplace whose runner is at work."""
    place.recover()
    return place
