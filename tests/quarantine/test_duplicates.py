"""Which file of a group is kept, which of the others go, and what is one file under several names."""

import pytest

from app.ingest.disk.folders import Folders
from app.library.alike.near import By
from app.quarantine.duplicates import Duplicates
from tests.library.finding.stock import add, file, link

NOTHING = {"picture_sha256": "f" * 64, "score": None, "score_source": None, "nsfw_said": None}


@pytest.fixture
def duplicates(library, tmp_path):
    return Duplicates(library, Folders({"m": tmp_path}))


def alike(number: int, **columns: object) -> dict[str, object]:
    """A file of its own bytes, the picture of which is that of all others."""
    return file(number, sha256=f"{number}" * 64, **NOTHING | columns)


def kept(duplicates: Duplicates) -> int:
    """The file that is kept of the one group."""
    found = duplicates.found(By.PICTURE)
    (keeper,) = {*duplicates.surplus(found)[1].values()}
    return keeper


def test_what_is_rejected_is_not_kept_and_a_film_and_a_persons_word_go_before_pixels(duplicates, library):
    add(library, [alike(1), alike(2, size=9), alike(3, size=99, score=-1, score_source="person")])
    assert kept(duplicates) == 2
    add(library, [alike(4, nsfw_said=False)])
    assert kept(duplicates) == 4
    film = alike(6, picture_sha256=None, kind="video", format="mov")
    add(library, [alike(5), film])
    link(library, 5, 6)
    assert kept(duplicates) == 5


def test_of_files_that_are_all_rejected_one_is_kept(duplicates, library):
    add(library, [alike(1, score=-1), alike(2, score=-1, size=2)])
    assert kept(duplicates) == 2
