"""The directory browser: what is on disk now, and how much of it the library holds."""

import os

import pytest

from app.errors import NoSuchDirectory, OutsideRoots
from app.ingest.disk.folders import Folders
from app.ingest.plan import badges as badges_module
from app.ingest.plan.badges import Badges
from app.media import Place, Stage
from tests.ingest.builders import SESSION, analysis, tree


@pytest.fixture
def place(place):
    place.recover()
    return place


@pytest.fixture
def badges(place):
    return Badges(place.folders, place.library)


def stats(badges: Badges, folder: Place, folders: Folders) -> tuple[int, int, int]:
    counts = badges.get_directory_ingest_stats(folders.read(folder))
    return counts["total_files"], counts["ingested_files"], counts["failed_files"]


def test_a_badge_counts_the_media_files_of_the_folder_itself(place, badges):
    tree(place.media, "a.jpg", "b.png", "notes.txt", ".c.jpg", "sub/d.jpg")
    assert stats(badges, Place("m"), place.folders) == (2, 0, 0)
    place.run()
    assert stats(badges, Place("m"), place.folders) == (2, 2, 0)
    assert stats(badges, Place("m", b"sub"), place.folders) == (1, 1, 0)


def test_changed_gone_and_failed_files_are_not_ingested(place, badges):
    tree(place.media, "a.jpg", "b.jpg", "broken.jpg", "gone.jpg")
    place.run()
    assert stats(badges, Place("m"), place.folders) == (4, 3, 1)
    (place.media / "gone.jpg").unlink()
    os.utime(place.media / "b.jpg", ns=(1, 1))
    assert stats(badges, Place("m"), place.folders) == (3, 1, 1)
    os.utime(place.media / "broken.jpg", ns=(1, 1))
    assert stats(badges, Place("m"), place.folders) == (3, 1, 0)


def test_without_a_path_the_roots_are_listed(place, badges):
    tree(place.media, "a.jpg", "sub/b.jpg")
    answer = badges.browse(None, recursive=True, cursor=None)
    assert (answer["path"], answer["parent"], answer["next"]) == (None, None, None)
    [root] = answer["directories"]
    assert (root["name"], root["path"], root["has_children"]) == ("m", "m", True)
    assert root["ingest_stats"]["total_files"] == 1
    assert root["recursive_stats"]["total_files"] == 2


def test_a_folder_is_listed_with_its_parent_and_children(place, badges):
    tree(place.media, "sub/a.jpg", "sub/deep/b.jpg", "sub/deep/deeper/c.jpg", "sub/.hidden/d.jpg", "sub/empty/x.txt")
    place.run()
    answer = badges.browse("m/sub", recursive=True, cursor=None)
    assert (answer["path"], answer["parent"]) == ("m/sub", "m")
    assert answer["ingest_stats"] == {
        "total_files": 1,
        "ingested_files": 1,
        "failed_files": 0,
        "damaged_files": 0,
    }
    assert [child["name"] for child in answer["directories"]] == ["deep", "empty"]
    deep, empty = answer["directories"]
    assert (deep["has_children"], empty["has_children"]) == (True, False)
    assert (deep["recursive_stats"]["total_files"], deep["recursive_stats"]["ingested_files"]) == (2, 2)
    assert badges.browse("m", recursive=False, cursor=None)["parent"] is None
    assert "recursive_stats" not in badges.browse("m/sub", recursive=False, cursor=None)["directories"][0]


def test_every_page_is_reached_by_its_cursor(place, badges, monkeypatch):
    monkeypatch.setattr(badges_module, "PAGE", 3)
    names = [b"a", b"a-b", b"a0", b"caf\xe9", b"tail ", b"z"]
    tree(place.media, *(name + b"/x.jpg" for name in names))
    seen, cursor = [], None
    for _ in range(4):
        answer = badges.browse("m", recursive=False, cursor=cursor)
        seen += [child["path"] for child in answer["directories"]]
        if (cursor := answer["next"]) is None:
            break
    assert seen == [Place("m", name).shown for name in sorted(names)]
    for path in seen:
        assert badges.browse(path, recursive=False, cursor=None)["ingest_stats"]["total_files"] == 1


def test_counts_that_take_too_long_are_left_out(place, badges, monkeypatch):
    monkeypatch.setattr(badges_module, "RECURSIVE_SECONDS", -1.0)
    tree(place.media, "sub/a.jpg")
    answer = badges.browse("m", recursive=True, cursor=None)
    assert "recursive_stats" not in answer["directories"][0]


@pytest.mark.parametrize(("path", "error"), [("m/nowhere", NoSuchDirectory), ("m/..", OutsideRoots)])
def test_a_bad_path_is_refused(badges, path, error):
    with pytest.raises(error):
        badges.browse(path, recursive=False, cursor=None)


def test_without_a_database_nothing_is_ingested(place):
    tree(place.media, "a.jpg")
    assert stats(Badges(place.folders, None), Place("m"), place.folders) == (1, 0, 0)


def test_a_folder_that_cannot_be_read_says_so(place, monkeypatch):
    tree(place.media, "sub/a.jpg")
    real = os.scandir

    def scandir(path):
        if os.path.basename(path) == b"sub":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr("app.ingest.disk.folders.os.scandir", scandir)
    badges = Badges(place.folders, None)
    assert badges.browse("m", recursive=False, cursor=None)["directories"][0]["warning"].endswith("Permission denied.")
    assert badges.browse("m/sub", recursive=False, cursor=None)["warning"] == "m/sub cannot be read: Permission denied."


def test_damaged_files_are_in_the_library_and_counted_apart(place, badges):
    tree(place.media, "a.jpg", "b.jpg")
    place.run()
    damaged = analysis(place.folders.found(Place("m", b"b.jpg")), failed={Stage.THUMBNAIL: "truncated_image"})
    place.library.commit_single_file_to_database(SESSION, damaged, asked=frozenset(Stage), nsfw_threshold=0.8)
    counts = badges.get_directory_ingest_stats(place.folders.read(Place("m")))
    assert (counts["ingested_files"], counts["failed_files"], counts["damaged_files"]) == (2, 0, 1)
    os.utime(place.media / "b.jpg", ns=(1, 1))
    assert badges.get_directory_ingest_stats(place.folders.read(Place("m")))["damaged_files"] == 0
