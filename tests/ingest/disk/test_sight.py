"""What a folder holds at first sight, where other files have the suffix of media, too; and how seldom it is opened."""

import os

import pytest

from app.compare.tree import Thing, Tree
from app.formats import FORMAT_OF_NAME
from app.ingest.disk.folders import EntryKind, Folders
from app.media import Place
from tests.support.server import Opens

STREAM = (b"G" + bytes(187)) * 4
CAMERA = b"".join(bytes(4) + b"G" + bytes(187) for _ in range(4))
TYPESCRIPT = b"import { a } from './a';\n" * 40
FILES = {
    "module.ts": TYPESCRIPT, "module.mts": TYPESCRIPT, "Great.ts": b"G" * 40, "empty.mts": b"", "module.json": b"{}",
    "a.ts": STREAM, "a.xmp": b"", "camera.m2ts": CAMERA, "camera.MTS": CAMERA,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "link.ts").symlink_to("a.ts")
    return tmp_path


def looks(folder):
    """The names of a folder that are media, and those that count by themselves without being any."""
    entries = Folders({"m": folder}).read(Place("m")).entries
    return tuple(
        {entry.name.decode() for entry in entries if entry.kind is kind}
        for kind in (EntryKind.MEDIA, EntryKind.UNSUPPORTED)
    )


def test_typescript_is_no_transport_stream_wherever_a_folder_is_looked_at(folder):
    media = {"a.ts", "camera.m2ts", "camera.MTS"}
    assert looks(folder) == (media, FILES.keys() - media - {"a.xmp"} | {"link.ts"})
    found = {found.path.decode(): found.thing for found in Tree(os.fsencode(folder), "card")}
    assert {name for name, thing in found.items() if thing is Thing.MEDIA} == media
    assert (found["a.xmp"], found["module.json"]) == (Thing.SIDECAR, Thing.FILE), "beside TypeScript it is no sidecar"


def test_what_only_its_beginning_tells_is_opened_once_until_it_changes(folder):
    assert looks(folder)[0]
    with Opens(folder) as opens:
        looks(folder)
        list(Tree(os.fsencode(folder), "card"))
        assert opens.since_last_asked() == []
        (folder / "module.ts").write_bytes(STREAM)
        (folder / "camera.MTS").rename(folder / "renamed.MTS")
        opens.since_last_asked()
        assert looks(folder)[0] == {"a.ts", "camera.m2ts", "renamed.MTS", "module.ts"}
        assert os.fsencode(folder / "module.ts") in opens.since_last_asked()


def test_what_a_suffix_promises_that_other_files_have_is_told_by_magics_with_places():
    doubtful = [format_ for format_ in FORMAT_OF_NAME.values() if format_.doubtful]
    assert doubtful
    assert all(place is not None for format_ in doubtful for magic in format_.magics for place in magic)
