"""Which files speak for all pictures of a folder, and that a change of one is noticed."""

import os

from app.beside.datasets import ANNOTATIONS, find_dataset_files, labels_folder, labels_name
from app.beside.sidecars import Stamps
from app.ingest.disk.folders import Folders
from app.media import Place, Stage
from tests.ingest.builders import tree


def test_the_names_that_makers_give():
    for name in (
        b"_annotations.coco.json",
        b"annotations.json",
        b"instances_val2017.json",
        b"instances.json",
        b"labels.json",
        b"result.json",
        b"label_studio.json",
        b"project-1-at-2024-05-01-10-11-abcdef01.json",
    ):
        assert ANNOTATIONS.fullmatch(name)
    for name in (b"a.json", b"package.json", b"captions_val2017.json", b"a.jpg.json", b"annotations.xml"):
        assert not ANNOTATIONS.fullmatch(name)


def test_the_nearest_folder_counts_and_annotations_may_have_one_of_their_own(tmp_path):
    tree(tmp_path, "labels.json", "data.yaml", "set/annotations/instances_a.json", "set/a/x.jpg", "b/x.jpg")
    root = os.fsencode(tmp_path)
    inner = find_dataset_files(root, b"set/a")
    assert (inner.annotations, inner.classes) == ((b"set/annotations/instances_a.json",), b"data.yaml")
    assert find_dataset_files(root, b"b").annotations == (b"labels.json",)
    assert find_dataset_files(root, b"gone").annotations == (b"labels.json",)


def test_of_several_exports_of_one_project_the_newest_counts_and_is_never_one_too_many(tmp_path):
    old = [f"set/project-1-at-2024-05-{day:02}-10-11-abcdef01.json" for day in range(1, 10)]
    others = ["set/project-2-at-2023-01-01-00-00-00000000.json", "set/labels.json"]
    newest = "set/annotations/project-1-at-2024-05-10-09-00-00000000.json"
    tree(tmp_path, *old, *others, newest, "set/x.jpg")
    found = find_dataset_files(os.fsencode(tmp_path), b"set").annotations
    assert {name.decode() for name in found} == {newest, *others}


def test_the_last_folder_of_images_has_labels_and_their_classes_beside_it(tmp_path):
    assert labels_folder(b"images/set/images/train") == b"images/set/labels/train"
    assert (labels_folder(b"images"), labels_folder(b""), labels_folder(b"my images")) == (b"labels", None, None)
    assert (labels_name(b"a.b.jpg"), labels_name(b"a")) == (b"a.b.txt", b"a.txt")
    tree(tmp_path, "set/images/train/x.jpg", "set/labels/classes.txt", "data.yaml")
    assert find_dataset_files(os.fsencode(tmp_path), b"set/images/train").classes == b"set/labels/classes.txt"


def stamps(folders, folder):
    return {entry.name: entry.sidecar for entry in folders.read(folder).entries if entry.size}


def test_a_picture_is_stamped_by_what_speaks_for_its_folder(tmp_path):
    tree(tmp_path, "set/a.jpg", "set/b.jpg", "set/b.txt", "set/c.mp4")
    for path in tmp_path.rglob("*.*"):
        path.write_bytes(b"content")
    folders, folder = Folders({"m": tmp_path}), Place("m", b"set")
    before = stamps(folders, folder)
    (tmp_path / "annotations.json").write_text("{}")
    (tmp_path / "classes.txt").write_text("cat")
    after = stamps(folders, folder)
    assert (before[b"a.jpg"], after[b"c.mp4"]) == ("", "")
    assert [stamp.partition("=")[0] for stamp in after[b"a.jpg"].split()] == ["annotations"]
    assert [stamp.partition("=")[0] for stamp in after[b"b.jpg"].split()] == ["txt", "annotations", "classes"]
    (tmp_path / "annotations.json").write_text("{ }")
    assert stamps(folders, folder)[b"a.jpg"] != after[b"a.jpg"]


def test_a_picture_is_stamped_by_its_labels_in_a_folder_of_their_own(tmp_path):
    tree(
        tmp_path,
        "images/train/caf\u00e9.jpg",
        "images/train/b.jpg",
        "labels/train/cafe\u0301.txt",
        "labels/classes.txt",
    )
    folders, folder = Folders({"m": tmp_path}), Place("m", b"images/train")
    for path in tmp_path.rglob("*.jpg"):
        path.write_bytes(b"content")
    before = stamps(folders, folder)
    kinds = [stamp.partition("=")[0] for stamp in before["caf\u00e9.jpg".encode()].split()]
    assert (kinds, before[b"b.jpg"]) == (["labels", "classes"], "")
    (tmp_path / "labels/train/b.txt").write_text("0 0.5 0.5 0.1 0.1")
    after = stamps(folders, folder)
    assert Stamps(before[b"b.jpg"]).stages_changed(after[b"b.jpg"]) == {Stage.METADATA}
