"""What is known of a file stands in its line, and what is not known is empty there."""

import csv
import io
import json
import zipfile

import pytest

from app.errors import InvalidRequest
from app.export.lines import COLUMNS, ExportFormat, check_room, pieces
from app.library.values import as_file
from app.media import Place
from tests.export.conftest import AI


def content(format_, selection):
    return b"".join(pieces(format_, selection))


def table(selection):
    text = content(ExportFormat.CSV, selection).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_row_of_a_table_has_what_is_known_and_nothing_where_it_is_not(shelf):
    words = [("black cat", "xmp"), ("sea", "person"), ("sea", "xmp"), ("fish", "negative_prompt")]
    shelf.put(
        "a.jpg", keywords=words, score=-1, nsfw_probability=0.9, generation=AI, prompt="=1+1", width=64, height=48
    )
    shelf.put("b.jpg")
    known, unknown = table(shelf.selection())
    assert tuple(known) == COLUMNS
    assert {name: known[name] for name in ("path", "keywords", "loras", "seed", "steps", "cfg", "score", "prompt")} == {
        "path": "m/a.jpg", "keywords": "black cat; sea", "loras": "a; b; c", "seed": "18446744073709551617",
        "steps": "20", "cfg": "7.0", "score": "-1", "prompt": "'=1+1",
    }  # fmt: skip
    assert (known["is_nsfw"], known["nsfw_probability"], known["incomplete"]) == ("true", "0.9", "false")
    filled = {name for name, value in unknown.items() if value}
    assert filled == {"path", "kind", "format", "size", "sha256", "ingested_at", "updated_at", "incomplete"}


def test_a_line_of_json_is_what_is_told_of_the_file_without_the_tags_as_read(shelf):
    other = shelf.put("b.mov", kind="video")
    shelf.put("a.jpg", keywords=[("b", "xmp"), ("a", "xmp")], pair_id=other, generation=AI, raw={"EXIF": 1})
    told = [json.loads(line) for line in content(ExportFormat.JSONL, shelf.selection(2, 1)).splitlines()]
    rows = [shelf.library.file(Place("m", path)) for path in (b"a.jpg", b"b.mov")]
    assert told == [{name: value for name, value in as_file(row, 0.8).items() if name != "raw"} for row in rows]
    assert told[0]["pair"] == {"path": "m/b.mov", "kind": "live_photo"}


def test_files_come_in_order_over_slices_and_without_those_that_are_gone(plain_shelf, monkeypatch):
    monkeypatch.setattr("app.export.selection.SLICE", 2)
    for name in ("a", "b", "c"):
        plain_shelf.put(f"{name}.jpg")
    assert [row["path"] for row in table(plain_shelf.selection(3, 9, 1, 2))] == ["m/c.jpg", "m/a.jpg", "m/b.jpg"]


def test_a_workbook_has_numbers_and_truths_and_no_formula(plain_shelf):
    plain_shelf.put("a.jpg", prompt="=1+1", size=5)
    with zipfile.ZipFile(io.BytesIO(content(ExportFormat.XLSX, plain_shelf.selection()))) as book:
        sheet = book.read("xl/worksheets/sheet2.xml").decode()
        assert "<v>5</v>" in sheet
        assert 't="b"><v>0</v>' in sheet
        assert ">=1+1<" in sheet
        assert "<f>" not in sheet


def test_a_setting_that_is_no_number_of_a_table_costs_only_its_cell(plain_shelf):
    made = [{"steps": 10**400, "cfg": 10**400}, {"steps": True, "cfg": "7"}, {"steps": [20], "cfg": 2**70}]
    for number, generation in enumerate(made):
        plain_shelf.put(f"{number}.png", generation=generation)
    told = table(plain_shelf.selection())
    assert [(line["steps"], line["cfg"]) for line in told] == [("", ""), ("", ""), ("", str(float(2**70)))]
    assert b"xl/worksheets" in content(ExportFormat.XLSX, plain_shelf.selection())


def test_more_files_than_a_sheet_has_rows_are_refused():
    check_room(ExportFormat.XLSX, 1_048_575)
    check_room(ExportFormat.CSV, 10**9)
    with pytest.raises(InvalidRequest, match="A sheet of XLSX holds 1,048,575 files, and these are 1,048,576"):
        check_room(ExportFormat.XLSX, 1_048_576)
