"""Reports: every file of a session once, in every format, and nothing that a spreadsheet would run."""

import csv
import io
import json
import os
import zipfile
from collections import Counter

import pytest
from defusedxml import ElementTree

from app.ingest.session.state import Status
from app.reports import COLUMNS, Format, guarded, lines_of, named, of_session, written
from tests.ingest.builders import assert_sums_close, parameters, tree, workplace

HOSTILE = ("=1+1.jpg", "+a.jpg", "-a.jpg", "@a.jpg", "\ta.jpg", 'quote"d, comma.jpg', "new\nline.jpg", "Zoë 🌊.jpg")


@pytest.fixture
def place(tmp_path, sqlite_url):
    with workplace(tmp_path, sqlite_url) as opened:
        opened.recover()
        yield opened


def report(place, session, format_):
    return b"".join(written(format_, of_session(session, place.ingestor)))


def session_with_everything(place):
    """One that answered for some, skipped some for each reason, and was stopped before the last."""
    tree(place.media, "a.jpg", "b.jpg")
    place.run()
    tree(place.media, "broken.jpg", "c.jpg", "d.jpg", "notes.txt", ".hidden.jpg", *HOSTILE)
    odd = os.fsencode(place.media) + b"/caf\xe9.jpg"
    with open(odd, "wb") as file:
        file.write(b"x")
    gate = place.gate(b"c.jpg")
    session = place.runner.start(parameters("m", max_files=9))
    gate.arrived()
    place.runner.pause(session.session_id)
    gate.open()
    stopped = place.until(session.session_id, Status.PAUSED)
    assert stopped.pending
    return stopped


def test_every_file_is_in_a_report_once_and_its_classes_are_the_sums(place):
    session = session_with_everything(place)
    lines = list(lines_of(session, place.ingestor))
    paths = [line["path"] for line in lines]
    assert len(set(paths)) == len(paths) == session.plan.discovered
    classes = Counter(line["class"] for line in lines)
    skipped = {name: count for name, count in session.plan.skipped.items() if count}
    assert classes == skipped | {"answered": session.processed_files, "pending": session.pending}
    outcomes = Counter(line["outcome"] for line in lines if line["class"] == "answered")
    assert outcomes == {name: count for name, count in session.outcomes.items() if count}
    assert "m/caf\\xe9.jpg" in paths
    assert_sums_close(session)


def test_the_formats_say_the_same(place):
    session = session_with_everything(place)
    lines = [{name: line[name] for name in COLUMNS} for line in lines_of(session, place.ingestor)]
    whole = json.loads(report(place, session, Format.JSON))
    assert whole["session"]["session_id"] == session.session_id
    as_json = [{name: line[name] for name in COLUMNS} for line in whole["files"]]
    as_lines = [json.loads(line) for line in report(place, session, Format.JSONL).splitlines()]
    assert as_json == [{name: line[name] for name in COLUMNS} for line in as_lines] == lines
    table = list(csv.DictReader(io.StringIO(report(place, session, Format.CSV).decode("utf-8-sig"), newline="")))
    plain = [{name: "" if line[name] is None else str(guarded(line[name])) for name in COLUMNS} for line in lines]
    assert table == plain
    assert sheet_cells(report(place, session, Format.XLSX)) >= {line["path"] for line in lines}


def sheet_cells(content):
    """Every text in a workbook, and no formula."""
    found = set()
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in book.namelist():
            if name.startswith("xl/worksheets/"):
                sheet = ElementTree.fromstring(book.read(name))
                assert not [element for element in sheet.iter() if element.tag.endswith("}f")]
                found |= {"".join(element.itertext()) for element in sheet.iter() if element.tag.endswith("}is")}
    return {text.replace("_x000D_", "\r") for text in found}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_of_a_csv_is_a_formula(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("value", ["m/a.jpg", "", None, 5, -5])
def test_other_cells_are_as_they_are(value):
    assert guarded(value) == value


def test_a_session_that_is_not_planned_yet_has_a_report_of_what_is_there(place):
    tree(place.media, "a.jpg")
    session = place.run()
    assert named(session, Format.CSV) == f"media-ingest-{session.session_id[:8]}.csv"
    assert len(report(place, session, Format.JSONL).splitlines()) == 1
