"""A metadata field is declared in one place, and is everywhere that it has to be: what is missing is named."""

import json
import re
import sqlite3
from pathlib import Path
from typing import get_type_hints

import pytest

from app.cli import looking
from app.library.library import Library
from app.library.saying.editing import FIELDS, Edit
from app.library.tables import MEDIA
from app.library.values import as_file
from app.media import Place
from app.metadata import DECLARED, Metadata, Precision, PromptVerdict, Shown, precision_of
from app.web import page
from tests.analysis import reading
from tests.ingest.builders import SESSION, analysis

PROJECT = Path(__file__).resolve().parents[1]
KNOWN_JS = (PROJECT / "app/web/static/file/known.js").read_text("utf-8")
VALUES = {
    str | None: "words",
    PromptVerdict | None: PromptVerdict.PARTLY,
    Precision | None: Precision.DAY,
    int | None: 7,
    float | None: 0.5,
}
WHOLE = Metadata(**{name: VALUES.get(type_, {"key": "entry"}) for name, type_ in get_type_hints(Metadata).items()})
NOT_DECLARED = {"score", "keywords", "nsfw"}  # what a person may set beside the fields of `Metadata`


@pytest.fixture(scope="module")
def columns(migrated_sqlite):
    """The columns of `media_files` as the migrations make them."""
    with sqlite3.connect(migrated_sqlite) as connection:
        return {row[1] for row in connection.execute("PRAGMA table_info(media_files)")}


@pytest.fixture(scope="module")
def read():
    """The fields of which `tests/analysis/reading.py` has a value in one of its files."""
    kept = json.loads(reading.KEPT.read_text("utf-8"))
    return {name for said in kept["metadata"]["files"].values() for name in said}


def missing(name, declared, columns, read):
    """Where a field is missing, as sentences."""
    checks = {
        "app/metadata.py: what people call it": bool(declared.label),
        "alembic/versions: a migration that makes its column": name in columns,
        "app/analysis/metadata: a reader, or tests/analysis/reading.py: a file that has it": name in read,
        "app/web/static/file/known.js: the line that it is shown in, else give it one": declared.shown
        not in (Shown.WITHIN, Shown.MADE)
        or re.search(rf"\b{name}\b", KNOWN_JS),
        "app/library/saying/editing.py: what a person may write": not declared.editable or name in Edit.model_fields,
    }
    return [place for place, there in checks.items() if not there]


@pytest.mark.parametrize("name", DECLARED)
def test_a_field_is_missing_nowhere(name, columns, read):
    places = missing(name, DECLARED[name], columns, read)
    assert not places, f"the field {name} is missing. " + "; ".join(places)


def test_where_a_field_is_missing_is_named():
    new = Metadata.__dataclass_fields__["title"].metadata["declared"]
    assert missing("city", new, set(), set()) == [
        "alembic/versions: a migration that makes its column",
        "app/analysis/metadata: a reader, or tests/analysis/reading.py: a file that has it",
        "app/library/saying/editing.py: what a person may write",
    ]


def test_nobody_may_set_what_is_not_declared_so():
    declared = {name for name, one in DECLARED.items() if one.editable}
    assert set(FIELDS) - NOT_DECLARED == declared


def test_every_field_is_kept_answered_and_shown(sqlite_url, capsys):
    library = Library(sqlite_url)
    library.commit_single_file_to_database(SESSION, analysis(metadata=WHOLE), nsfw_threshold=0.8)
    row = library.file(Place("m", b"a.jpg"))
    library.close()
    answer = as_file(row, 0.8)
    looking._print_known(answer, "")
    shown = set(re.findall(r"^(\w+)", capsys.readouterr().out, re.MULTILINE))
    assert {name: row[name] for name in DECLARED} == {name: getattr(WHOLE, name) for name in DECLARED}
    assert answer.keys() >= DECLARED.keys()
    assert shown >= DECLARED.keys()


def test_the_columns_are_as_wide_as_declared():
    assert str(MEDIA.c.taken_at.type) == f"VARCHAR({DECLARED['taken_at'].characters})"
    assert str(MEDIA.c.embedded_video_bytes.type) == "BIGINT"
    assert str(MEDIA.c.raw.type) == "JSON"
    assert all(MEDIA.c[name].nullable for name in DECLARED)


def test_the_page_is_told_of_every_line_with_its_label():
    lines = [name for name, declared in DECLARED.items() if declared.shown is Shown.LINE]
    assert [(line["name"], line["label"]) for line in page.FIELDS_SHOWN] == [
        (name, DECLARED[name].label) for name in lines
    ]
    made_by_hand = set(re.findall(r"^  (\w+): ?", KNOWN_JS.split("TOGETHER = {", 1)[1].split("};", 1)[0], re.MULTILINE))
    assert made_by_hand <= set(lines), "known.js puts together a line that no field has"


@pytest.mark.parametrize(
    ("at", "precision"),
    [
        (None, None),
        ("1985", Precision.YEAR),
        ("1985-06", Precision.MONTH),
        ("1985-06-07", Precision.DAY),
        ("1985-06-07T10:11:12", Precision.SECOND),
        ("1985-06-07T10:11:12.250000+02:00", Precision.SECOND),
    ],
)
def test_how_far_a_date_goes_is_told(at, precision):
    assert precision_of(at) == precision
