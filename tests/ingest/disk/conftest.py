"""A media root, and the folders that lead to it."""

from pathlib import Path

import pytest

from app.ingest.disk.folders import Folders


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def folders(root: Path) -> Folders:
    return Folders({"m": root})
