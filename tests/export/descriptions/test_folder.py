"""Files of descriptions in a folder: whole, named once, and never inside a media root."""

import json
import os
import sys

import pytest

from app.errors import InvalidRequest, NeedsAttention, Unavailable
from app.export.descriptions import folder as module
from app.export.descriptions.folder import LIST, DescriptionFolder, names_in_folder
from app.export.descriptions.formats import OutputFormat, parse_formats
from tests.export.descriptions.made import described

BOTH = (OutputFormat.JSON, OutputFormat.DOCX)


@pytest.fixture
def out(tmp_path):
    (tmp_path / "photos").mkdir()
    return DescriptionFolder(tmp_path / "out", lambda: {"photos": tmp_path / "photos"})


def anew(out):
    return DescriptionFolder(out._folder, out._roots)


def title_in(path):
    return json.loads(path.read_bytes())["title"]


def names_in(path):
    return sorted(os.listdir(path))


def test_a_description_is_written_under_the_name_of_its_file_and_replaced_when_it_comes_again(out):
    json_file, docx_file = out.write(described(), BOTH)
    assert (json_file.name, docx_file.name) == ("IMG_1.jpg.json", "IMG_1.jpg.docx")
    assert json_file.parent == out.of(described().session_id)
    other = out.write(described("photos/b/IMG_1.jpg", title="other"), BOTH)
    assert [path.name for path in other] == ["IMG_1 (2).jpg.json", "IMG_1 (2).jpg.docx"]
    for again in (out, anew(out)):
        assert again.write(described("photos/b/IMG_1.jpg", title="again"), BOTH) == other
        assert (title_in(json_file), title_in(other[0])) == ("Red car", "again")
    assert anew(out).write(described("photos/c/IMG_1.jpg"), BOTH)[0].name == "IMG_1 (3).jpg.json"
    apart = out.write(described(session_id="t" * 36), BOTH)[0]
    assert (apart.name, apart.parent.name) == ("IMG_1.jpg.json", "t" * 36)


def test_what_a_kill_leaves_is_mended_by_the_next_write(out):
    folder = out.write(described(), BOTH)[0].parent
    (folder / ".IMG_1.jpg.json.0123.tmp").write_bytes(b"half")
    with (folder / LIST).open("ab") as listed:
        listed.write(b'{"name": "named.jpg", "path": "photos/named.jpg"}\n')  # and no file yet
        listed.write(b'{"name": "ha')
    assert anew(out).write(described("photos/x/named.jpg"), BOTH)[0].name == "named (2).jpg.json"
    assert anew(out).write(described("photos/named.jpg"), BOTH)[0].name == "named.jpg.json"
    assert not any(name.startswith(".") for name in names_in(folder))
    listed = [json.loads(line)["name"] for line in (folder / LIST).read_text().splitlines()]
    assert listed == ["IMG_1.jpg", "named.jpg", "named (2).jpg"]


def test_whoever_may_look_into_the_folder_may_read_the_files(tmp_path, out):
    private = out.write(described(), BOTH)[0]
    assert (private.stat().st_mode & 0o777, private.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o755)
    shared = DescriptionFolder(tmp_path / "shared", dict).write(described(), BOTH)[0]
    assert (shared.stat().st_mode & 0o777, shared.parent.stat().st_mode & 0o777) == (0o644, 0o755)


@pytest.mark.parametrize("place", ["photos", "photos/below", "."])
def test_nothing_is_written_inside_a_media_root_nor_around_it(tmp_path, out, place):
    within = DescriptionFolder(tmp_path / place, out._roots)
    assert "INGEST_DESCRIBE_DIR" in within.why_not()
    with pytest.raises(NeedsAttention, match="media root 'photos'") as refused:
        within.write(described(), BOTH)
    assert refused.value.cause == "outputs_unwritable"
    assert names_in(tmp_path / "photos") == []
    assert out.why_not() is None


def test_a_root_that_comes_or_a_link_that_leads_into_one_stops_the_next_write(tmp_path):
    roots = {"photos": tmp_path / "photos"}
    out = DescriptionFolder(tmp_path / "out", lambda: roots)
    out.write(described(), BOTH)
    (tmp_path / "photos").mkdir()
    (tmp_path / "out" / ("t" * 36)).symlink_to(tmp_path / "photos")
    with pytest.raises(NeedsAttention, match="media root 'photos'"):
        out.write(described(session_id="t" * 36), BOTH)
    assert names_in(tmp_path / "photos") == []
    roots["more"] = tmp_path / "out"
    with pytest.raises(NeedsAttention, match="media root 'more'"):
        out.write(described("photos/b.jpg"), BOTH)


def test_files_are_counted_that_are_there_and_names_told_without_a_change(tmp_path, out):
    session_id = described().session_id
    assert (out.written(session_id, BOTH), names_in(tmp_path)) == ({"json": 0, "docx": 0}, ["photos"])
    kept = out.write(described(), BOTH)
    out.write(described("photos/b/IMG_1.jpg"), [OutputFormat.JSON])
    kept[0].unlink()
    (out.of(session_id) / "mine.json").write_bytes(b"{}")
    assert anew(out).written(session_id, BOTH) == {"json": 1, "docx": 1}
    assert names_in_folder(out.of(session_id)).of("photos/b/IMG_1.jpg") == "IMG_1 (2).jpg"
    assert names_in_folder(tmp_path / "nothing").of("photos/b/IMG_1.jpg") is None


def test_a_disk_that_refuses_is_told_and_the_next_write_goes_on(tmp_path, out, monkeypatch):
    (tmp_path / "out").write_bytes(b"no folder")
    with pytest.raises(NeedsAttention, match="cannot be written") as refused:
        out.write(described(), BOTH)
    assert refused.value.cause == "outputs_unwritable"
    (tmp_path / "out").unlink()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_append", full)
        with pytest.raises(NeedsAttention, match="free some space") as refused:
            out.write(described(), BOTH)
    assert refused.value.cause == "disk_full"
    assert out.write(described(), BOTH)[0].name == "IMG_1.jpg.json"


def test_formats_are_named_with_commas_and_others_refused():
    assert parse_formats("docx, json,docx") == (OutputFormat.DOCX, OutputFormat.JSON)
    for wrong in ("pdf", "", "json,", "JSON"):
        with pytest.raises(InvalidRequest) as refused:
            parse_formats(wrong)
        assert (refused.value.cause, refused.value.field) == ("invalid_parameter", "formats")


def test_documents_without_what_makes_them_are_refused_in_a_sentence(out, monkeypatch):
    monkeypatch.setitem(sys.modules, "docx", None)
    monkeypatch.delitem(sys.modules, "app.export.descriptions.document", raising=False)
    assert out.write(described(), [OutputFormat.JSON])
    with pytest.raises(Unavailable, match="extra 'describe'") as refused:
        out.write(described(), BOTH)
    assert refused.value.cause == "docx_not_installed"
