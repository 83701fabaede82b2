"""The originals and what is known of them, as a zip and as a folder: whole, and only what is as it was taken in."""

import io
import json
import os
import zipfile

import pytest

from app.errors import CannotStart, InvalidRequest
from app.export import imagefolder
from app.export.folder import ImageFolder, Link
from app.export.imagefolder import zipped


def lines(text):
    return {line["file_name"]: line for line in map(json.loads, text.splitlines())}


def unzipped(shelf, pieces=None):
    content = b"".join(pieces or zipped(shelf.selection(), shelf.folders))
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        assert made.testzip() is None
        return {name: made.read(name) for name in made.namelist()}


def in_folder(shelf, *, link=Link.COPY, captions=False):
    told = ImageFolder(shelf.out, link, captions).write(shelf.selection(), shelf.folders)
    found = {str(path.relative_to(shelf.out)): path.read_bytes() for path in shelf.out.rglob("*") if path.is_file()}
    return told, found


@pytest.fixture
def shelf(plain_shelf):
    """A picture with a caption, one with a prompt, a film, and files that are not what they were."""
    plain_shelf.put("a.jpg", b"picture", caption="at sea", keywords=[("sea", "xmp")])
    plain_shelf.put("b/a.png", b"made", prompt="a lake", nsfw_probability=0.1)
    plain_shelf.put("film.mp4", b"film" * 9, kind="video", format="mp4")
    plain_shelf.put("gone.jpg")
    plain_shelf.put("changed.jpg")
    plain_shelf.put("link.jpg")
    plain_shelf.put("other.jpg", root="removed")
    (plain_shelf.root / "gone.jpg").unlink()
    (plain_shelf.root / "changed.jpg").write_bytes(b"longer")
    (plain_shelf.root / "link.jpg").unlink()
    (plain_shelf.root / "link.jpg").symlink_to("/etc/hostname")
    return plain_shelf


FILES = {"m/a.jpg": b"picture", "m/b/a.png": b"made", "m/film.mp4": b"film" * 9}
LISTINGS = {"metadata.jsonl", "videos.jsonl", "missing.txt"}


def check(found):
    """What a zip and a folder of the shelf have to hold."""
    assert {name: content for name, content in found.items() if name not in LISTINGS} == FILES
    pictures = lines(found["metadata.jsonl"])
    assert {
        name: (line["path"], line["text"], line["keywords"], line["is_nsfw"]) for name, line in pictures.items()
    } == {
        "m/a.jpg": ("m/a.jpg", "at sea", ["sea"], None),
        "m/b/a.png": ("m/b/a.png", "a lake", [], False),
    }
    assert lines(found["videos.jsonl"]).keys() == {"m/film.mp4"}
    assert found["missing.txt"].decode().splitlines() == [
        "m/gone.jpg: The file was gone when its turn came.",
        "m/changed.jpg: It is not what was taken in: its size or time is another.",
        "m/link.jpg: It is a symbolic link, and links are not followed.",
        "removed/other.jpg: Its media root is not one any more.",
    ]


@pytest.mark.parametrize("in_memory", [100, 10])
def test_a_zip_holds_the_originals_and_names_what_is_missing(shelf, monkeypatch, in_memory):
    monkeypatch.setattr(imagefolder, "_IN_MEMORY", in_memory)
    check(unzipped(shelf))


def test_a_folder_holds_the_originals_and_names_what_is_missing(shelf):
    told, found = in_folder(shelf)
    check(found)
    assert (told.files, told.missing, told.copied) == (3, 4, 0)
    assert (shelf.out / "m/a.jpg").stat().st_mtime_ns == (shelf.root / "a.jpg").stat().st_mtime_ns


def test_a_large_file_that_changes_while_it_is_sent_is_not_in_the_zip(plain_shelf, monkeypatch):
    monkeypatch.setattr(imagefolder, "_IN_MEMORY", 10)
    monkeypatch.setattr(imagefolder, "PIECE_BYTES", 10)
    plain_shelf.put("a.mp4", b"x" * 40, kind="video")
    plain_shelf.put("b.jpg", b"y")
    sent = zipped(plain_shelf.selection(), plain_shelf.folders)
    pieces = [next(sent), next(sent)]  # the head, and the first bytes
    os.truncate(plain_shelf.root / "a.mp4", 20)
    found = unzipped(plain_shelf, [*pieces, *sent])
    assert found.keys() == {"m/b.jpg", "metadata.jsonl", "missing.txt"}
    assert found["missing.txt"].startswith(b"m/a.mp4: The file changed while it was read")


def test_nothing_found_is_an_empty_list(plain_shelf):
    plain_shelf.put("a.jpg")
    assert unzipped(plain_shelf, list(zipped(plain_shelf.selection(9), plain_shelf.folders))) == {"metadata.jsonl": b""}


def test_hard_links_are_other_names_of_the_originals_and_symbolic_ones_lead_to_them(shelf):
    in_folder(shelf, link=Link.HARD)
    assert (shelf.out / "m/a.jpg").samefile(shelf.root / "a.jpg")
    assert not (shelf.out / "m/a.jpg").is_symlink()
    shelf.out = shelf.out.with_name("again")
    in_folder(shelf, link=Link.SYM)
    assert os.readlink(shelf.out / "m/b/a.png") == str(shelf.root / "b/a.png")
    assert not (shelf.out / "m/gone.jpg").is_symlink()


def test_across_disks_files_are_copied_and_that_is_told(shelf, monkeypatch):
    def refuse(*_, **__):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    told, found = in_folder(shelf, link=Link.HARD)
    check(found)
    assert (told.copied, told.why) == (3, {"Invalid cross-device link"})


def test_captions_lie_beside_the_pictures_that_have_one(shelf):
    shelf.put("a.png", b"the same stem")
    shelf.put("b/A.webp", b"and folded", caption="folded")
    _, found = in_folder(shelf, captions=True)
    texts = {name: text.decode() for name, text in found.items() if name.startswith("m/") and name.endswith(".txt")}
    assert texts == {"m/a.txt": "at sea", "m/b/a.txt": "a lake", "m/b/A (2).txt": "folded"}
    assert (found["m/a (2).png"], found["m/b/A (2).webp"]) == (b"the same stem", b"and folded")


def test_nothing_is_written_over(shelf):
    shelf.out.mkdir()
    (shelf.out / "mine.txt").write_text("mine")
    with pytest.raises(InvalidRequest, match="is not empty"):
        in_folder(shelf)
    assert os.listdir(shelf.out) == ["mine.txt"]
    shelf.out = shelf.out / "mine.txt"
    with pytest.raises(CannotStart, match="cannot be written: File exists"):
        in_folder(shelf)
