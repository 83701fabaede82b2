import pytest

from tests.support.commands import CommandFolder


@pytest.fixture
def place(tmp_path, monkeypatch, capsys):
    return CommandFolder(tmp_path, monkeypatch, capsys)


@pytest.fixture
def place_with_photos(place):
    return place.with_photos()
