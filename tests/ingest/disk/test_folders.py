"""Media roots: nothing outside them is found, and every name that is listed works when it is sent back."""

import os
from pathlib import Path

import pytest

from app.errors import InvalidRequest, NoSuchDirectory, NotADirectory, OutsideRoots
from app.ingest.disk.folders import Folders
from app.media import Place
from tests.ingest.builders import tree

# -- containment -------------------------------------------------------------------------------------------------


def test_a_root_and_what_lies_in_it_are_found_by_either_name(folders, root):
    tree(root, "a/b/x.jpg")
    assert folders.resolve("m") == folders.resolve("m/") == folders.resolve(str(root)) == Place("m")
    inner = Place("m", b"a/b")
    for text in ("m/a/b", "m/a/b/", "m/a//b", "m/a/./b", "m/a/../a/b", str(root / "a" / "b")):
        assert folders.resolve(text) == inner
    assert folders.absolute(inner) == os.fsencode(root / "a" / "b")


@pytest.fixture
def neighbour(root: Path) -> Path:
    """A folder whose path begins with that of the root."""
    folder = root.with_name("root-other")
    tree(folder, "secret.jpg", "deep/secret.jpg")
    return folder


@pytest.mark.parametrize(
    "text",
    [
        "m/..",
        "m/../root-other",
        "m/a/../../root-other",
        "m/link",
        "m/link/deep",
        "{root}-other",
        "{root}/../root-other",
        "{root}/link",
        "/",
        "/etc",
        "m//etc",
        "other",
        "M",
        "..",
        "../root",
        ".",
        "m\\..\\..",
        "~",
        "m\ud800",
        "m/\udce9",
    ],
)
def test_nothing_outside_the_roots_can_be_named(folders, root, neighbour, text):
    (root / "link").symlink_to(neighbour)
    tree(root, "a/x.jpg")
    with pytest.raises(OutsideRoots) as caught:
        folders.resolve(text.format(root=root))
    assert (caught.value.field, caught.value.cause) == ("directory", "outside_roots")
    caught.value.sentence.encode()


@pytest.mark.parametrize("text", ["", "  ", "m/a\0b", "\0"])
def test_no_directory_and_names_with_nul_are_refused(folders, text):
    with pytest.raises(InvalidRequest) as caught:
        folders.resolve(text)
    assert caught.value.field == "directory"


def test_a_link_that_stays_inside_leads_to_where_it_points(folders, root):
    tree(root, "real/x.jpg")
    (root / "link").symlink_to("real")
    assert folders.resolve("m/link") == Place("m", b"real")


def test_a_root_may_itself_be_a_link(root):
    link = root.with_name("link")
    link.symlink_to(root)
    tree(root, "a/x.jpg")
    folders = Folders({"m": link})
    assert folders.resolve("m/a") == folders.resolve(str(link / "a")) == folders.resolve(str(root / "a"))


def test_a_directory_that_is_not_there_is_named(folders):
    with pytest.raises(NoSuchDirectory, match=r"There is no directory m/nowhere\.") as caught:
        folders.resolve("m/nowhere")
    assert caught.value.field == "directory"
    with pytest.raises(NoSuchDirectory):
        folders.resolve("m/" + "long" * 200)


def test_a_root_that_is_not_there_is_named(folders, root):
    root.rmdir()
    with pytest.raises(NoSuchDirectory, match="media root 'm' is not there") as caught:
        folders.resolve("m")
    assert caught.value.cause == "root_missing"


def test_a_file_instead_of_a_folder_is_named(folders, root):
    tree(root, "a/x.jpg")
    with pytest.raises(NotADirectory, match=r"m/a/x\.jpg is a file") as caught:
        folders.resolve("m/a/x.jpg")
    assert caught.value.field == "directory"


@pytest.mark.parametrize(
    "name",
    [
        b"caf\xe9",
        b"new\nline",
        b"back\\xe9slash",
        b"\\x5c",
        " \u00e9".encode(),
        b" both ",
        b"tail ",
        b"a\tb\n",
        b"%2e",
        b"-rf",
    ],
    ids=ascii,
)
def test_every_listed_name_works_when_it_is_sent_back(folders, root, name):
    tree(root, name + b"/inner/x.jpg", name + b"/" + name + b".jpg")
    [listed] = folders.read(Place("m")).folders
    folder = Place("m").below(listed)
    assert folders.resolve(folder.shown) == folder
    assert folders.resolve(folder.below(b"inner").shown) == folder.below(b"inner")
    [file] = folders.read(folder).files()
    assert folders.file(file.shown) == file.place
    assert folders.files([file.shown, file.shown]) == [file.place, file.place]
    assert folders.found(file.place) == file


def test_spaces_around_a_typed_path_do_not_matter(folders, root):
    tree(root, "a/x.jpg")
    assert folders.resolve("  m/a \n") == Place("m", b"a")


# -- several folders ---------------------------------------------------------------------------------------------


def test_overlapping_folders_count_once(folders, root):
    tree(root, "a/b/x.jpg", "a-b/x.jpg", "c/x.jpg")
    texts = ("m/c", "m/a/b", "m/a", "m/a/", "m/a-b", "m/c")
    shown = [folder.shown for folder in folders.resolve_all(texts, recursive=True)]
    assert shown == ["m/a-b", "m/a", "m/c"]
    assert folders.resolve_all(("m/a", "m"), recursive=True) == (Place("m"),)


def test_without_recursion_a_folder_and_the_one_inside_it_are_two(folders, root):
    tree(root, "a/b/x.jpg")
    chosen = folders.resolve_all(("m/a/b", "m/a"), recursive=False)
    assert [folder.shown for folder in chosen] == ["m/a", "m/a/b"]


# -- files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "m",
        "m/",
        "m/..",
        "m/.",
        "m/a/..",
        "m/../root-other/secret.jpg",
        "m/link/secret.jpg",
        "x/y.jpg",
        "m/a\0.jpg",
        "m/\ud800.jpg",
        "m\ud800/x.jpg",
        "",
        "/",
        "m/a\0/x.jpg",
    ],
    ids=ascii,
)
def test_a_file_outside_the_roots_cannot_be_named(folders, root, neighbour, text):
    (root / "link").symlink_to(neighbour)
    with pytest.raises(InvalidRequest) as caught:
        folders.file(text)
    caught.value.sentence.encode()
    with pytest.raises(InvalidRequest):
        folders.files(["m/a.jpg", "m/a/x.jpg", text])


def test_found_is_none_for_what_is_no_regular_file(folders, root):
    tree(root, "a.jpg")
    os.mkfifo(root / "pipe.jpg")
    (root / "link.jpg").symlink_to("a.jpg")
    (root / "folder.jpg").mkdir()
    assert folders.found(Place("m", b"a.jpg")).size == 5
    for name in (b"pipe.jpg", b"link.jpg", b"folder.jpg", b"nothing.jpg", b"x" * 300):
        assert folders.found(Place("m", name)) is None
