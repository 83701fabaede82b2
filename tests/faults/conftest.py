"""What the tests of broken surroundings share: photos, and what a run over them leaves when nothing goes wrong."""

from pathlib import Path

import pytest
from PIL import Image

from tests.faults.answers import make_old
from tests.samples import photo, write_many
from tests.support.leftovers import Left, what_is_left
from tests.support.server import Server


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """150 small files, some with keywords and a rating, some broken."""
    folder = tmp_path_factory.mktemp("photos")
    write_many(folder / "plain", 120)
    for number in range(25):
        picture = Image.new("RGB", (64, 48), (number * 9, 90, 160))
        photo(
            folder / "tagged" / f"{number:02d}.jpg", picture=picture, keywords=["sea", f"{number}"], rating=number % 6
        )
    (folder / "broken").mkdir()
    for number in range(5):
        (folder / "broken" / f"empty-{number}.png").write_bytes(b"")
    make_old(folder)
    return folder


@pytest.fixture(scope="session")
def undisturbed(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Left:
    """What a run over the photos leaves when nothing goes wrong."""
    with Server(tmp_path_factory.mktemp("undisturbed"), {"photos": photos}) as server:
        return what_is_left(server, server.begin("photos"))
