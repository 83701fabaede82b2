"""Deals the tests in an order that a seed decides, so that none can rest on what another has left behind.

Folders are dealt among themselves, then the files of a folder, then the tests of a file: what a file or a folder shares
is still made once. The place of a test depends on the seed and on its own name alone, so that a few tests run in the
order that they have among all of them, and so that every process of a run deals the same.
"""

from hashlib import sha256
from pathlib import PurePath

import pytest

DEFAULT_SEED = 1
AS_WRITTEN = 0


class Order:
    """Orders the collected tests by a seed; AS_WRITTEN leaves them alone."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def pytest_report_header(self) -> str:
        return f"order: seed {self._seed}" if self._seed else "order: as written"

    @pytest.hookimpl(tryfirst=True)  # pytest then brings together what shares a parametrized fixture
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._seed != AS_WRITTEN:
            items.sort(key=lambda item: self.place(item.nodeid))

    def place(self, name: str) -> tuple[bytes, ...]:
        """Where a test of this name stands: its folder's place, its file's and its own."""
        file = PurePath(name.partition("::")[0])
        return tuple(sha256(f"{self._seed} {part}".encode()).digest() for part in (file.parent, file, name))
