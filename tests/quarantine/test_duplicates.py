"""Which file of a group is kept, which of the others go, and what is one file under several names."""

import os

import pytest

from app.errors import InvalidRequest
from app.ingest.disk.folders import Folders
from app.library.alike.near import By
from app.quarantine.duplicates import Duplicates
from tests.library.alike.test_codes import coded
from tests.library.finding.stock import add, file, link, mark

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


def test_of_as_many_pixels_the_file_that_says_when_and_by_what_it_was_taken_is_kept(duplicates, library):
    untold = {"taken_at": None, "camera_make": None, "camera_model": None}
    at, camera = {"taken_at": "2024-05-12T10:00:00"}, {"camera_make": "NIKON", "camera_model": "E950"}
    add(library, [alike(1, size=99, **untold), alike(2, size=9, **untold | at), alike(3, size=10, **untold)])
    assert kept(duplicates) == 2
    add(library, [alike(4, size=5, **untold | at | camera)])
    assert kept(duplicates) == 4


def test_an_original_is_kept_before_a_turned_copy_with_more_pixels(duplicates, library):
    turned = {"width": 90, "height": 90, "taken_at": None, "camera_make": None, "camera_model": None}
    add(library, [alike(1, **turned), alike(2, **turned | {"width": 40}, generation={"seed": 7})])
    assert kept(duplicates) == 2
    at, camera = {"taken_at": "2024-05-12T10:00:00"}, {"camera_make": "NIKON", "camera_model": "E950"}
    add(library, [alike(3, **turned | at | camera | {"width": 50}), alike(4, **turned | at)])
    assert kept(duplicates) == 3


def test_of_equal_copies_the_one_of_which_more_is_said_is_kept(duplicates, library):
    add(library, [alike(1), alike(2)], [(2, "sea", "xmp")])
    assert kept(duplicates) == 2
    add(library, [alike(3, caption="At the sea"), alike(4)])
    assert kept(duplicates) == 3
    add(library, [alike(5, title="Sea"), alike(6)])
    assert kept(duplicates) == 5
    mark(library, [(6, "boat", "object")])
    assert kept(duplicates) == 6


def test_of_files_that_are_all_rejected_one_is_kept(duplicates, library):
    add(library, [alike(1, score=-1), alike(2, score=-1, size=2)])
    assert kept(duplicates) == 2


def test_what_only_others_join_with_the_file_that_is_kept_is_not_like_it(duplicates, library):
    hashes = {1: 0b11, 2: 0b111111, 3: 0b1111111111, 4: 0b10}
    add(library, [alike(number, picture_sha256=None, phash=f"{hash_:016x}") for number, hash_ in hashes.items()])
    found = duplicates.found(By.PHASH)
    assert (found.ids(0)[0], duplicates.surplus(found)[1]) == ([1, 2, 3, 4], {2: 1, 3: None, 4: 1})
    assert duplicates.surplus(duplicates.found(By.PHASH, 1))[1] == {4: 1}


def test_files_that_are_chosen_stay_whatever_they_are_worth(duplicates, library):
    add(library, [alike(1, size=9), alike(2), alike(3), alike(4, picture_sha256="e" * 64)])
    add(library, [alike(5, picture_sha256="e" * 64, size=9)])
    found = duplicates.found(By.PICTURE)
    assert duplicates.surplus(found)[1] == {2: 1, 3: 1, 4: 5}
    assert duplicates.surplus(found, [2])[1] == {1: 2, 3: 2, 4: 5}
    assert duplicates.surplus(found, [3, 2])[1] == {1: 2, 4: 5}, "several of one group all stay"
    assert duplicates.surplus(found, [1, 2, 3], found.holding([3]))[1] == {}
    assert [found.holding(ids) for ids in ([], [4], [5, 2, 3], [99])] == [[], [1], [0, 1], []]
    assert duplicates.surplus(found, (), found.holding([4]))[1] == {4: 5}
    assert [found.beside(number) for number in (4, 2, 99)] == [[5], [1, 3], []]


def test_a_file_goes_for_any_chosen_one_that_it_is_like(duplicates, library):
    hashes = {1: 0b11, 2: 0b111111, 3: 0b1111111111}
    add(library, [alike(number, picture_sha256=None, phash=f"{hash_:016x}") for number, hash_ in hashes.items()])
    found = duplicates.found(By.PHASH)
    assert duplicates.surplus(found, [1, 3])[1] == {2: 1}
    assert duplicates.surplus(found, [3])[1] == {1: None, 2: 3}


def test_codes_that_only_others_join_are_not_near(duplicates, library):
    codes = {5: range(0), 6: range(200), 7: range(400)}
    add(library, [coded(number, *bits) | {"sha256": f"{number}" * 64} for number, bits in codes.items()])
    found = duplicates.found(By.FEATURES)
    assert (found.ids(0)[0], duplicates.surplus(found, (), [0])[1]) == ([5, 6, 7], {6: 5, 7: None})


def test_by_features_only_groups_that_are_chosen_go(duplicates, library):
    codes = {1: range(0), 2: range(9), 5: range(500, 1000), 6: range(500, 1009)}
    add(library, [coded(number, *bits) | {"sha256": f"{number}" * 64} for number, bits in codes.items()])
    found = duplicates.found(By.FEATURES)
    assert found.groups.number == 2
    with pytest.raises(InvalidRequest) as refused:
        duplicates.surplus(found)
    assert (refused.value.cause, refused.value.field) == ("no_group_chosen", "groups_of")
    assert duplicates.surplus(found, [2])[1] == {1: 2}
    assert duplicates.surplus(found, [2], [1])[1] == {6: 5}
    assert duplicates.surplus(found, (), [])[1] == {}


def test_one_file_that_two_roots_show_is_no_duplicate(library, tmp_path):
    """As of a folder that is mounted twice: one inode, and one link."""
    (tmp_path / "photos").mkdir()
    for name in ("a", "b"):
        (tmp_path / "photos" / name).write_bytes(b"same")
    (tmp_path / "again").symlink_to("photos")
    folders = Folders({"m": tmp_path / "photos", "n": tmp_path / "again"})
    assert os.stat(folders.absolute(folders.files(["n/a"])[0])).st_nlink == 1
    rows = [(1, "m", b"a"), (2, "n", b"a"), (3, "m", b"b")]
    add(library, [file(number, root=root, sha256="1" * 64) | {"path": path} for number, root, path in rows])
    found = Duplicates(library, folders).found(By.BYTES)
    assert found.ids(0)[0] == [1, 3]
