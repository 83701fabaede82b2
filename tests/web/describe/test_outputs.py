"""What was said of the files of a session is given as a zip."""

import io
import json
import zipfile

import docx
import pytest
from sqlalchemy import update

from app.library.describing.tables import RUNS
from app.media import Place
from tests.export.descriptions.made import run


@pytest.fixture
def session_id(door):
    """A session that took pictures in, two of which were described."""
    ended = door.whole("photos/trip")["session_id"]
    for number, path in enumerate((b"trip/shore.jpg", b"trip/north/ice.jpg"), start=1):
        describe(door, ended, number, path)
    return ended


def describe(door, session_id, number, path):
    """Lets a file be described, as a session would."""
    library = door.house.records.library
    row = library.known_file(Place("photos", path))
    made = run(number, sha256=row["sha256"], output={"title": f"Number {number}", "keywords": ["a", "b"]})
    library.runs.add([made], session_id=session_id, place=Place("photos", path))
    about = update(RUNS).where(RUNS.c.run == made.run).values(media_id=row["id"])
    library._engines.write(lambda connection: connection.execute(about))


def zip_of(door, session_id, formats=None):
    asked = {} if formats is None else {"formats": formats}
    answer = door.client.get(f"/api/ingest/sessions/{session_id}/outputs.zip", params=asked)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="descriptions-{session_id[:8]}.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as made:
        assert made.testzip() is None
        return {name: made.read(name) for name in made.namelist()}


def width_in(document):
    """Of the picture in a document, in pixels."""
    made = docx.Document(io.BytesIO(document))
    (picture,) = (part.image for part in made.part.related_parts.values() if hasattr(part, "image"))
    return picture.px_width


def test_a_zip_has_a_file_for_each_description_and_format_and_outlives_the_server(door, session_id):
    found = zip_of(door, session_id, "json,docx")
    assert [*found] == ["shore.jpg.json", "shore.jpg.docx", "ice.jpg.json", "ice.jpg.docx"]
    told = json.loads(found["shore.jpg.json"])
    assert (told["path"], told["title"], told["keywords"]) == (
        "photos/trip/shore.jpg",
        "Number 1",
        ["a", "b"],
    )
    assert (told["file"]["width"], told["file"]["camera_model"]) == (640, "M1")
    assert width_in(found["shore.jpg.docx"]) == 640
    describe(door, session_id, 3, b"trip/shore.jpg")
    door.reopen()
    again = zip_of(door, session_id)
    assert [*again] == ["ice.jpg.json", "shore.jpg.json"]
    assert json.loads(again["shore.jpg.json"])["title"] == "Number 3"


def test_the_zip_has_the_names_of_the_folder(door, session_id):
    listed = [("shore (2).jpg", "photos/trip/shore.jpg"), ("ice.jpg", "photos/elsewhere/ice.jpg")]
    folder = door.house.settings.describe_dir / session_id
    folder.mkdir(parents=True)
    lines = "".join(json.dumps({"name": name, "path": path}) + "\n" for name, path in listed)
    (folder / "files.jsonl").write_text(lines + '{"name": "cut')
    assert [*zip_of(door, session_id)] == ["shore (2).jpg.json", "ice (2).jpg.json"]
    assert (folder / "files.jsonl").read_text().endswith("cut")


def test_a_file_that_is_gone_is_shown_by_its_thumbnail(door, session_id):
    door.house.folders.roots.clear()
    assert width_in(zip_of(door, session_id, "docx")["shore.jpg.docx"]) == 320


def test_what_cannot_be_given_is_refused_before_a_byte_is_sent(door, session_id):
    other = door.whole("photos/made")["session_id"]
    for asked, formats, code, cause in (
        (other, "json", 404, "nothing_described"),
        ("0" * 8 + session_id[8:], "json", 404, "unknown_session"),
        ("none", "json", 422, "bad_session_id"),
        (session_id, "pdf", 422, "invalid_parameter"),
        (session_id, "", 422, "invalid_parameter"),
    ):
        refused = door.get(f"/api/ingest/sessions/{asked}/outputs.zip", code, params={"formats": formats})
        assert refused["cause"] == cause
