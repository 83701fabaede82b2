"""What a folder is told to hold: its files, its sidecars, its folders."""

import os
import stat

import pytest

from app.ingest.disk.folders import EntryKind, Folders
from app.ingest.disk.ignoring import is_hidden
from app.media import MAX_PATH_BYTES, Place
from tests.ingest.builders import far_future, leave_socket, tree


def looks(folders: Folders) -> dict[bytes, EntryKind]:
    return {entry.name: entry.kind for entry in folders.read(Place("m")).entries}


# -- one folder --------------------------------------------------------------------------------------------------


def test_a_listing_has_files_and_folders_in_the_order_of_their_bytes(folders, root):
    tree(root, "b.jpg", "B.jpg", "\u00e9.jpg", b"\xe9.jpg", "a-b/x", "a/x", "a0/x")
    listing = folders.read(Place("m"))
    names = [entry.name for entry in listing.entries]
    assert names == sorted(names)
    assert listing.folders == (b"a-b", b"a", b"a0")
    assert listing.warning is None


def test_media_have_size_and_time_and_the_others_do_not(folders, root):
    tree(root, "a.JPG", "notes.txt", ".hidden.jpg", "noext")
    os.utime(root / "a.JPG", ns=(1, 1_234_567_891))
    by_name = {entry.name: entry for entry in folders.read(Place("m")).entries}
    assert (by_name[b"a.JPG"].size, by_name[b"a.JPG"].mtime_ns) == (5, 1_234_567_891)
    assert {name: entry.kind for name, entry in by_name.items()} == {
        b"a.JPG": EntryKind.MEDIA,
        b"notes.txt": EntryKind.UNSUPPORTED,
        b"noext": EntryKind.UNSUPPORTED,
        b".hidden.jpg": EntryKind.IGNORED,
    }


def test_special_files_and_links_are_unsupported_and_never_opened(folders, root):
    tree(root, "a.jpg", "folder/x.jpg")
    os.mkfifo(root / "pipe.jpg")
    (root / "link.jpg").symlink_to("a.jpg")
    (root / "broken.jpg").symlink_to("nothing")
    (root / "linked").symlink_to("folder")
    leave_socket(root, "socket.jpg")
    assert stat.S_ISSOCK((root / "socket.jpg").stat().st_mode)
    seen = looks(folders)
    assert seen.pop(b"a.jpg") is EntryKind.MEDIA
    assert seen == dict.fromkeys(
        (b"pipe.jpg", b"link.jpg", b"broken.jpg", b"linked", b"socket.jpg"), EntryKind.UNSUPPORTED
    )


@pytest.mark.parametrize("letter", [b"d", "\u00e9".encode(), b"\xe9"], ids=["ascii", "two bytes", "not UTF-8"])
def test_a_path_longer_than_the_longest_is_unsupported(root, letter):
    """To the byte, and counted in bytes: neither in characters nor as a path is shown."""
    folders, part = Folders({"name": root}), letter * (200 // len(letter))
    above = b"/".join([part] * 12)
    room = MAX_PATH_BYTES - len(b"name/" + above + b"/")
    fits, too_long = b"x" * (room - 4) + b".jpg", b"x" * (room - 3) + b".jpg"
    tree(root, above + b"/" + fits, above + b"/" + too_long, above + b"/a.jpg", above + b"/" + too_long + b".xmp")
    seen = {entry.name: entry.kind for entry in folders.read(Place("name", above)).entries}
    assert seen == {fits: EntryKind.MEDIA, too_long: EntryKind.UNSUPPORTED, b"a.jpg": EntryKind.MEDIA}
    longest = max(len(b"name/" + file.path) for file in folders.read(Place("name", above)).files())
    assert longest == MAX_PATH_BYTES


def test_in_the_root_itself_a_name_may_be_as_long_as_the_system_allows(folders, root):
    tree(root, b"x" * 251 + b".jpg")
    assert set(looks(folders).values()) == {EntryKind.MEDIA}


def test_a_time_that_no_database_can_hold_is_the_last_one_that_they_can(folders, root):
    tree(root, "a.jpg")
    far = far_future(root / "a.jpg")
    [file] = folders.read(Place("m")).files()
    assert file.mtime_ns == folders.found(Place("m", b"a.jpg")).mtime_ns == 2**63 - 1 < far


def test_a_folder_named_like_a_picture_is_a_folder(folders, root):
    tree(root, "a.jpg/x.jpg")
    assert folders.read(Place("m")).folders == (b"a.jpg",)
    assert looks(folders) == {}


def test_in_a_hidden_folder_everything_is_hidden(folders, root):
    tree(root, ".trash/a.jpg", ".trash/notes.txt", ".trash/a.xmp", ".trash/deep/b.jpg")
    listing = folders.read(Place("m", b".trash"))
    assert {entry.kind for entry in listing.entries} == {EntryKind.IGNORED}
    assert len(listing.entries) == 3
    assert listing.folders == (b"deep",)
    assert list(listing.files()) == []


@pytest.mark.parametrize("name", [b".git", b"@eaDir", b"lost+found", b"$RECYCLE.BIN", b".a.jpg"])
def test_what_systems_keep_for_themselves_is_hidden(name):
    assert is_hidden(name)
    assert not is_hidden(b"a" + name)


def test_a_folder_that_cannot_be_read_is_empty_with_a_warning(folders):
    listing = folders.read(Place("m", b"gone"))
    assert (listing.entries, listing.folders) == ((), ())
    assert listing.warning == "m/gone cannot be read: No such file or directory."


# -- sidecars ----------------------------------------------------------------------------------------------------


def test_a_sidecar_counts_with_its_picture(folders, root):
    tree(root, "a.jpg", "a.xmp", "b.png", "b.png.XMP", "lonely.xmp", "notes.txt.xmp", ".scores/a.jpg.json")
    assert looks(folders) == {
        b"a.jpg": EntryKind.MEDIA,
        b"b.png": EntryKind.MEDIA,
        b"lonely.xmp": EntryKind.UNSUPPORTED,
        b"notes.txt.xmp": EntryKind.UNSUPPORTED,
    }


def stamp_of(folders: Folders, name: bytes) -> str:
    return next(entry.sidecar for entry in folders.read(Place("m")).entries if entry.name == name)


def test_the_json_of_takeout_counts_with_its_picture(folders, root):
    names = ("a.jpg.json", "a.jpg.supplemental-metadata.json", "a.jpg(1).json", "x" * 46 + ".json")
    tree(root, "a.jpg", "a(1).jpg", "x" * 60 + ".mp4", "notes.json", "b.jpg.json", *names)
    assert looks(folders) == {
        b"a.jpg": EntryKind.MEDIA,
        b"a(1).jpg": EntryKind.MEDIA,
        b"x" * 60 + b".mp4": EntryKind.MEDIA,
        b"notes.json": EntryKind.UNSUPPORTED,
        b"b.jpg.json": EntryKind.UNSUPPORTED,
    }
    assert stamp_of(folders, b"a.jpg").count("takeout=") == 2
    assert stamp_of(folders, b"a(1).jpg").count("takeout=") == 1


def test_an_edited_picture_and_the_video_of_a_live_photo_count_with_the_json_of_the_picture(folders, root):
    tree(root, "a-edited.jpg", "b.MP4", "a.jpg.json", "b.HEIC.supplemental-metadata.json", "c.jpg.json")
    assert looks(folders) == {
        b"a-edited.jpg": EntryKind.MEDIA,
        b"b.MP4": EntryKind.MEDIA,
        b"c.jpg.json": EntryKind.UNSUPPORTED,
    }
    assert stamp_of(folders, b"a-edited.jpg").startswith("takeout=")
    assert stamp_of(folders, b"b.MP4").startswith("takeout=")


BESIDE = ["caf{}.jpg.xmp", "caf{}.xmp", "caf{}.jpg.json", "caf{}.txt", "caf{}.swarm.json", ".scores/caf{}.jpg.json"]


@pytest.mark.parametrize("sidecar", BESIDE)
@pytest.mark.parametrize(("one", "other"), [("\u00e9", "e\u0301"), ("e\u0301", "\u00e9")])
def test_a_sidecar_counts_with_its_picture_however_its_letters_are_composed(folders, root, sidecar, one, other):
    tree(root, f"caf{one}.jpg", sidecar.format(other))
    assert looks(folders) == {f"caf{one}.jpg".encode(): EntryKind.MEDIA}
    assert stamp_of(folders, f"caf{one}.jpg".encode()).count("=") == 1
    assert folders.read(Place("m", b".scores")).entries == ()


def test_texts_and_settings_count_with_their_picture(folders, root):
    tree(root, "a.jpg", "a.txt", "a.jpg.txt", "a.swarm.json", "a.json", "readme.txt", "b.swarm.json")
    assert looks(folders) == {
        b"a.jpg": EntryKind.MEDIA,
        b"readme.txt": EntryKind.UNSUPPORTED,
        b"b.swarm.json": EntryKind.UNSUPPORTED,
    }
    stamp = stamp_of(folders, b"a.jpg")
    assert [stamp.count(f"{kind}=") for kind in ("txt", "json", "takeout")] == [2, 1, 1]


def test_the_films_of_pixels_are_media_whatever_they_are_called(folders, root):
    names = ("PXL_1.MP", "PXL_1.MP~2", "PXL_1.MV", "MVIMG_20180722_120942")
    tree(root, *names, "PXL_1.MP.jpg.supplemental-metadata.json", "figure.mp", "README")
    found = looks(folders)
    assert {name for name, kind in found.items() if kind is EntryKind.MEDIA} == {name.encode() for name in names}
    assert stamp_of(folders, b"PXL_1.MP").startswith("takeout=")


CHANGING = ["a.xmp", "a.jpg.xmp", "a.XMP", ".scores/a.jpg.json", "a.jpg.json", "a.txt", "a.jpg.txt", "a.swarm.json"]


@pytest.mark.parametrize("sidecar", CHANGING)
def test_the_stamp_changes_when_a_sidecar_comes_changes_or_goes(folders, root, sidecar):
    tree(root, "a.jpg", "other.jpg")
    stamps = [stamp_of(folders, b"a.jpg")]
    tree(root, sidecar)
    stamps.append(stamp_of(folders, b"a.jpg"))
    (root / sidecar).write_text("longer than before, by far")
    stamps.append(stamp_of(folders, b"a.jpg"))
    os.utime(root / sidecar, ns=(5, 5))
    stamps.append(stamp_of(folders, b"a.jpg"))
    assert len(set(stamps)) == 4
    assert stamp_of(folders, b"other.jpg") == ""
    (root / sidecar).unlink()
    assert stamp_of(folders, b"a.jpg") == stamps[0] == ""


def test_all_sidecars_of_a_picture_are_in_its_stamp(folders, root):
    tree(root, "a.jpg", "a.xmp", "a.jpg.xmp", ".scores/a.jpg.json", ".scores/notes.txt")
    assert stamp_of(folders, b"a.jpg").count("xmp=") == 2
    assert stamp_of(folders, b"a.jpg").count("score=") == 1


def test_scores_without_their_picture_are_hidden_files(folders, root):
    tree(root, "a.jpg", ".scores/a.jpg.json", ".scores/gone.jpg.json", ".scores/readme.json", ".scores/x.jpg")
    listing = folders.read(Place("m", b".scores"))
    assert [entry.name for entry in listing.entries] == [b"gone.jpg.json", b"readme.json", b"x.jpg"]


def test_a_file_named_like_the_folder_of_scores_is_only_hidden(folders, root):
    tree(root, "a.jpg", ".scores")
    assert looks(folders) == {b"a.jpg": EntryKind.MEDIA, b".scores": EntryKind.IGNORED}
    assert stamp_of(folders, b"a.jpg") == ""
